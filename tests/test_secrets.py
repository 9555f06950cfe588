"""What nobody may see: no card data anywhere, and no secret where it could be read."""

import importlib
import inspect
import re
import sqlite3
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

import marketpay
import marketpay.adapters.stripe as stripe_adapter
import marketpay.testing as kit
from marketpay import (
    AcceptOffer,
    ClientAction,
    Event,
    GatewayError,
    GatewayUnavailable,
    JournalOf,
    ListWebhooks,
    MarketpayError,
    Marketplace,
    MemoryPublisher,
    PaymentDeclined,
    Rules,
    WebhookRejected,
)
from marketpay.domain import errors
from marketpay.ports import (
    gateway,
    gateway_events,
    gateway_replies,
    gateway_requests,
    journal,
    publisher,
    store,
)
from marketpay.ports.gateway import ActionRequired, Authorize, Capture, GatewayReply, GatewayRequest
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from marketpay.testing.webhooks import sealed
from tests.deals import ASKING, CONTRACTOR, CUSTOMER, assigned, post, send
from tests.deals import journal as journal_of
from tests.hearing import hear, rest

API_KEY, SIGNING = "sk_test_51TopSecretApiKey", "whsec_top_secret_of_the_endpoint"
SECRET = "pi_3_secret_topsecret"
# Parts of a name, as they are put together with underscores or capitals.
CARD_DATA = re.compile(
    r"(^|_)(card_?number|cc_?number|number_of_card|pan|cvc|cvc2|cvv|cvv2|csc|security_code"
    r"|card_expiry|exp_month|exp_year|expiration|expiration_date|track_?data|pin|iban|account_number"
    r"|routing_number|ssn|tax_id|date_of_birth|dob)($|_)|^expiry$"
)


def public() -> Iterator[tuple[str, Any]]:
    """Every public name of the library, with what it stands for."""
    for package in (marketpay, kit, stripe_adapter):
        for name in package.__all__:
            yield f"{package.__name__}.{name}", getattr(package, name)
    for module in (
        gateway,
        gateway_events,
        gateway_replies,
        gateway_requests,
        journal,
        publisher,
        store,
    ):
        for name, thing in vars(module).items():
            if inspect.isclass(thing) and thing.__module__ == module.__name__:
                yield f"{module.__name__}.{name}", thing


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def names_in(thing: Any) -> Iterator[str]:
    """The names of its fields, attributes, methods and of all their parameters."""
    if not inspect.isclass(thing):
        if inspect.isfunction(thing):
            yield from inspect.signature(thing).parameters
        return
    if attrs.has(thing):
        yield from (one.name for one in attrs.fields(thing))
    for name, member in inspect.getmembers(thing):
        if name.startswith("_") and name != "__init__":
            continue
        yield name
        if inspect.isfunction(member):
            yield from inspect.signature(member).parameters


THINGS = dict(public())


def test_there_is_something_to_look_at() -> None:
    assert len(THINGS) > 200
    assert {"marketpay.Payment", "marketpay.testing.SimulatedGateway"} <= set(THINGS)
    assert "payment_method" in set(names_in(marketpay.SendOffer))
    assert "client_secret" in set(names_in(ClientAction))
    for name in ("cardNumber", "card_number", "cvc", "CVV", "pan", "exp_month", "expiry"):
        assert CARD_DATA.search(snake(name)), name
    for name in ("company", "expand", "expires_at", "spin", "payment_method", "PaymentExpired"):
        assert not CARD_DATA.search(snake(name)), name


@pytest.mark.covers("A132")
@pytest.mark.parametrize("name", sorted(THINGS))
def test_no_public_thing_has_a_place_for_card_data(name: str) -> None:
    found = [one for one in names_in(THINGS[name]) if CARD_DATA.search(snake(one))]
    assert found == []


SECRETIVE = re.compile(r"secret|api_key|password|^url$")
WITH_SECRETS = {
    name: [one.name for one in attrs.fields(thing) if SECRETIVE.search(one.name)]
    for name, thing in THINGS.items()
    if inspect.isclass(thing)
    and attrs.has(thing)
    and any(SECRETIVE.search(one.name) for one in attrs.fields(thing))
}


def test_the_classes_with_secrets_are_known() -> None:
    assert {"marketpay.ClientAction", "marketpay.ActionRequired", "marketpay.Link"} <= set(
        WITH_SECRETS
    )


@pytest.mark.parametrize("name", sorted(n for n in WITH_SECRETS if "CheckoutOpen" not in n))
def test_a_secret_is_not_in_the_repr(name: str) -> None:
    kind = THINGS[name]
    shown = {one.name: one.repr for one in attrs.fields(kind)}
    assert [one for one in WITH_SECRETS[name] if shown[one]] == []


@pytest.mark.parametrize(
    "value",
    [
        ActionRequired(gateway_id="pi_1", client_secret=SECRET),
        ClientAction(payment="pay_1", gateway_payment="pi_1", client_secret=SECRET),  # type: ignore[arg-type]
    ],
    ids=lambda value: type(value).__name__,
)
def test_a_clients_secret_is_there_and_not_shown(value: Any) -> None:
    assert value.client_secret == SECRET
    for text in (repr(value), str(value), f"{value}", f"{[value]}", repr({"x": value})):
        assert SECRET not in text


def test_a_gateway_does_not_show_its_keys() -> None:
    simulated = SimulatedGateway(webhook_secret=SIGNING)
    configured: list[Any] = [simulated]
    for name in ("StripeGateway", "AsyncStripeGateway"):
        kind = getattr(stripe_adapter, name, None)
        if kind is not None:
            configured.append(_made(kind))
    for one in configured:
        for text in (repr(one), str(one), repr(Marketplace(gateway=simulated))):
            assert API_KEY not in text
            assert SIGNING not in text
    assert len(configured) > 1


def _made(kind: Any) -> Any:
    wanted = inspect.signature(kind).parameters
    given: dict[str, Any] = {}
    for name in wanted:
        if "key" in name:
            given[name] = API_KEY
        elif "webhook" in name and "secret" in name:
            given[name] = SIGNING
    return kind(**given)


class Talkative:
    """A gateway whose payments have a known secret, and whose faults can be told to be any."""

    def __init__(self, gateway: SimulatedGateway) -> None:
        self.gateway = gateway
        self.read_webhook = gateway.read_webhook

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        if isinstance(reply, ActionRequired):
            return attrs.evolve(reply, client_secret=SECRET)
        return reply


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[tuple[Marketplace, SimulatedGateway, Path, MemoryPublisher]]:
    clock = VirtualClock()
    simulated = SimulatedGateway(now=clock)
    heard = MemoryPublisher()
    path = tmp_path / "market.db"
    market = Marketplace.connect(
        f"sqlite:///{path}", gateway=Talkative(simulated), rules=Rules(now=clock), publisher=heard
    )
    yield market, simulated, path, heard
    market.close()


def dump(path: Path) -> str:
    """Every cell of every table."""
    with sqlite3.connect(path) as connection:
        return "\n".join(connection.iterdump())


def test_nothing_of_a_confirmation_is_stored_or_published(
    stored: tuple[Marketplace, SimulatedGateway, Path, MemoryPublisher],
) -> None:
    market, simulated, path, heard = stored
    sent = send(market, payment_method=ASKING)
    assert isinstance(sent.next_action, ClientAction)
    assert sent.next_action.client_secret == SECRET
    again = market.client_action(sent.payment)
    assert again is not None
    assert again.client_secret == SECRET
    for webhook in simulated.webhooks():
        body = webhook.payload.replace(b"{", b'{"client_secret": "%s", ' % SECRET.encode(), 1)
        told = sealed(body, secret="whsec_simulated", now=market.rules.now())
        market.receive(told.payload, told.headers)
    market.execute(_keyed(market), key="once")
    simulated.confirm(sent.payment)
    hear(market, simulated)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    rest(market)

    written = dump(path)
    assert "webhook" in written
    assert sent.payment.id in written
    assert SECRET not in written
    assert "secret_topsecret" not in repr(heard.events)
    assert SECRET not in repr(sent) + repr(again) + repr(market.query(ListWebhooks(limit=500)))
    assert SECRET not in repr(market.query(JournalOf(subject=sent.payment.id)))
    assert SECRET not in repr(journal_of(market))
    raw = path.read_bytes()
    for more in path.parent.glob("market.db-*"):
        raw += more.read_bytes()
    assert SECRET.encode() not in raw


def _keyed(market: Marketplace) -> Any:
    from marketpay import SendOffer

    job = post(market)
    return SendOffer(
        by=CUSTOMER,
        job=job.id,
        contractor=CONTRACTOR.id,
        price=marketpay.Money("10", "USD"),
        payment_method=ASKING,
    )


def test_no_event_has_a_place_for_a_secret() -> None:
    assert len(Event.kinds) > 40
    for kind in Event.kinds.values():
        fields = [one.name for one in attrs.fields(kind)]
        assert not [name for name in fields if re.search(r"secret|key|url|token", name)], kind


def test_an_error_says_nothing_that_nobody_may_see() -> None:
    clock = VirtualClock()
    simulated = SimulatedGateway(now=clock, webhook_secret=SIGNING)
    market = Marketplace(gateway=Talkative(simulated), rules=Rules(now=clock))
    texts: list[str] = []
    with pytest.raises(PaymentDeclined) as declined:
        send(market, payment_method="pm_card_chargeDeclined")
    texts += ["".join(traceback.format_exception(declined.value))]
    sent = send(market, payment_method=ASKING)
    with pytest.raises(MarketpayError) as refused:
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    texts += ["".join(traceback.format_exception(refused.value)), repr(refused.value)]
    for headers in ({}, {"Simulated-Signature": "t=1,v1=00"}):
        with pytest.raises(WebhookRejected) as rejected:
            market.receive(b'{"client_secret":"%s"}' % SECRET.encode(), headers)
        texts += ["".join(traceback.format_exception(rejected.value)), repr(rejected.value)]

    for text in texts:
        assert SECRET not in text
        assert SIGNING not in text


def test_an_answer_that_does_not_fit_is_not_shown() -> None:
    clock = VirtualClock()
    simulated = SimulatedGateway(now=clock)

    class Confused(Talkative):
        def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
            if isinstance(request, Capture):
                return ActionRequired(gateway_id="pi_1", client_secret=SECRET)
            return super().perform(request, key=key)

    market = Marketplace(gateway=Confused(simulated), rules=Rules(now=clock))
    with pytest.raises(GatewayError) as fault:
        assigned(market)

    shown = "".join(traceback.format_exception(fault.value)) + repr(fault.value)
    assert "ActionRequired" in shown
    assert SECRET not in shown


def test_every_error_of_the_library_can_be_shown() -> None:
    kinds = [one for _, one in inspect.getmembers(errors, inspect.isclass)]
    public_ones = [one for one in kinds if issubclass(one, MarketpayError)]
    assert GatewayUnavailable in public_ones
    for one in public_ones:
        assert not [name for name in names_in(one) if re.search(r"secret|api_key", name)], one


def test_no_source_file_prints() -> None:
    for name in (
        "marketpay.marketplace",
        "marketpay.delivery.webhooks",
        "marketpay.delivery.flows",
    ):
        source = inspect.getsource(importlib.import_module(name))
        assert not re.search(r"\bprint\(|\blogging\b|\blogger\b", source), name


def test_an_unanswered_request_shows_nothing_of_what_was_asked() -> None:
    simulated = SimulatedGateway(now=VirtualClock())
    simulated.script(Authorize, Outcome.TIMEOUT_BEFORE)
    market = Marketplace(gateway=simulated)
    sent = send(market, payment_method="pm_1TopSecretMethod")

    assert "pm_1TopSecretMethod" not in repr(sent.next_action)
