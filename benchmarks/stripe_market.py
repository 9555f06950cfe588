"""A Stripe server, in this process or in one of its own, and the main job before it."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final
from urllib.request import Request, urlopen

from attrs import frozen

from marketpay import (
    AcceptOffer,
    Actor,
    ApplyToJob,
    CompleteJob,
    FindPayoutAccount,
    Marketplace,
    Money,
    OpenPayoutAccount,
    PostJob,
    SendOffer,
    StartJob,
)
from marketpay.adapters.stripe import StripeGateway
from marketpay.testing import StripeServer

KEY: Final = "sk_test_marketpay"
PLATFORM_SECRET, CONNECT_SECRET = "whsec_marketpay", "whsec_marketpay_connect"
CARD: Final = "pm_card_visa"
PRICE: Final = Money("1000", "USD")
CUSTOMER, CONTRACTOR = Actor.customer("ana"), Actor.contractor("ben")


class NotActive(Exception):
    """The contractor cannot be paid: nothing of what follows would be the main job."""


@contextmanager
def in_this_process() -> Iterator[str]:
    """The address of a server that has threads of this process."""
    with StripeServer(api_key=KEY) as server:
        yield server.url


@contextmanager
def in_a_process_of_its_own() -> Iterator[str]:
    """The address of a server that shares nothing with this process but the machine."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours.recv()
    finally:
        ours.close()
        process.join()


def _serve(parent: Connection) -> None:
    """Until the other end is closed."""
    with in_this_process() as url:
        parent.send(url)
        with suppress(EOFError):
            parent.recv()


@frozen
class StripeMarket:
    """A marketplace on Stripe with one contractor who can be paid."""

    market: Marketplace
    account: str  # the gateway's id of the contractor's

    def deal(self, number: int) -> None:
        """From posting to the money on the contractor's account."""
        execute, title = self.market.execute, f"A booking website, number {number}"
        job = execute(PostJob(by=CUSTOMER, title=title, currency=PRICE.currency)).id
        applied = execute(ApplyToJob(by=CONTRACTOR, job=job)).id
        offer = SendOffer(
            by=CUSTOMER, job=job, application=applied, price=PRICE, payment_method=CARD
        )
        execute(AcceptOffer(by=CONTRACTOR, offer=execute(offer).offer.id))
        execute(StartJob(by=CONTRACTOR, job=job))
        execute(CompleteJob(by=CUSTOMER, job=job))
        self.market.work()


@contextmanager
def stripe_market(path: Path, url: str) -> Iterator[StripeMarket]:
    """On a fresh file at `path`, before the server at `url`."""
    secrets = (PLATFORM_SECRET, CONNECT_SECRET)
    gateway = StripeGateway(KEY, webhook_secrets=secrets, base_url=url)
    with Marketplace.connect(f"sqlite:///{path}", gateway=gateway) as market:
        account = market.execute(OpenPayoutAccount(by=CONTRACTOR)).gateway_account
        assert account is not None
        _activate(url, account)
        market.work()
        opened = market.query(FindPayoutAccount(contractor=CONTRACTOR.id))
        if opened is None or opened.status != "active":
            raise NotActive(account)
        yield StripeMarket(market, account)
    gateway.close()


def _activate(url: str, account: str) -> None:
    act = Request(f"{url}/_control/activate/{account}", data=b"", method="POST")  # noqa: S310
    urlopen(act, timeout=10).close()  # noqa: S310  # the server of our own
