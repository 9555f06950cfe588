"""A Django project with a marketplace in its database; run by `test_django.py` with a URL."""

import sys
from contextlib import suppress
from typing import Any

import django  # type: ignore[import-untyped]  # it has no types
from django.conf import settings  # type: ignore[import-untyped]
from sqlalchemy import make_url

URL = make_url(sys.argv[1])
ENGINES = {"sqlite": "sqlite3", "postgresql": "postgresql"}
settings.configure(
    DATABASES={
        "default": {
            "ENGINE": f"django.db.backends.{ENGINES[URL.get_backend_name()]}",
            "NAME": URL.database,
            "USER": URL.username or "",
            "HOST": URL.host or "",
            "PORT": URL.port or "",
        }
    },
    USE_TZ=True,
)
django.setup()

from django.db import connection, models, transaction  # type: ignore[import-untyped]  # noqa: E402

from marketpay import (  # noqa: E402
    AcceptOffer,
    ConfigurationError,
    Marketplace,
    Pending,
    PostJob,
    Refused,
)
from marketpay.ports.gateway import Authorize  # noqa: E402
from marketpay.testing import SimulatedGateway  # noqa: E402
from tests.deals import CONTRACTOR, CUSTOMER, books_are_right, everything, offering  # noqa: E402
from tests.hosts import GoneWrong  # noqa: E402


class Order(models.Model):  # type: ignore[misc]  # Django has no types of its own
    """An order of the host's own."""

    job = models.CharField(max_length=40)
    ordered_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        app_label = "shop"


POST = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")


def both_are_committed(market: Marketplace, gateway: SimulatedGateway) -> None:
    with transaction.atomic():
        part = market.within(connection.connection)
        job = part.execute(POST)
        Order.objects.create(job=job.id)
        sent = part.execute(offering(job))
        assert isinstance(sent.next_action, Pending)
        assert Order.objects.get().ordered_at is not None
        transaction.on_commit(market.work)
        assert gateway.calls == ()
    assert [order.job for order in Order.objects.all()] == [job.id]
    assert gateway.count(Authorize) == gateway.effects(Authorize) == 1
    books_are_right(market, gateway)


def both_are_rolled_back(market: Marketplace, gateway: SimulatedGateway) -> None:
    before, calls, orders = everything(market), gateway.calls, Order.objects.count()
    with suppress(GoneWrong), transaction.atomic():
        part = market.within(connection.connection)
        part.execute(offering(part.execute(POST)))
        Order.objects.create(job="none")
        transaction.on_commit(market.work)
        raise GoneWrong
    market.work()
    assert (everything(market), gateway.calls, Order.objects.count()) == (before, calls, orders)


def an_inner_block_is_rolled_back_alone(market: Marketplace, _: SimulatedGateway) -> None:
    orders = Order.objects.count()
    with transaction.atomic():
        part = market.within(connection.connection)
        kept = part.execute(POST)
        with suppress(GoneWrong), transaction.atomic():
            gone = part.execute(POST)
            Order.objects.create(job=gone.id)
            raise GoneWrong
        Order.objects.create(job=kept.id)
    assert Order.objects.count() == orders + 1
    stored = [job.id for job in everything(market)["Job"]]
    assert kept.id in stored
    assert gone.id not in stored


def a_refusal_leaves_the_transaction_usable(market: Marketplace, _: SimulatedGateway) -> None:
    orders = Order.objects.count()
    with transaction.atomic():
        part = market.within(connection.connection)
        sent = part.execute(offering(part.execute(POST)))
        try:
            part.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
        except Refused:
            Order.objects.create(job=sent.offer.job)
        else:
            raise AssertionError("there is no hold yet")
    assert Order.objects.count() == orders + 1


def outside_of_a_transaction_it_is_refused(market: Marketplace, _: SimulatedGateway) -> None:
    connection.ensure_connection()
    before = everything(market)
    try:
        market.within(connection.connection).execute(POST)
    except ConfigurationError:
        assert everything(market) == before
    else:
        raise AssertionError("every statement would have been committed by itself")


SCENES: tuple[Any, ...] = (
    both_are_committed,
    both_are_rolled_back,
    an_inner_block_is_rolled_back_alone,
    a_refusal_leaves_the_transaction_usable,
    outside_of_a_transaction_it_is_refused,
)


def main() -> None:
    """Play all scenes."""
    gateway = SimulatedGateway()
    url = URL.render_as_string(hide_password=False)
    with Marketplace.connect(url, gateway=gateway) as market:
        with connection.schema_editor() as editor:
            editor.create_model(Order)
        for scene in SCENES:
            scene(market, gateway)
            sys.stdout.write(f"{scene.__name__}\n")
    connection.close()


if __name__ == "__main__":
    main()
