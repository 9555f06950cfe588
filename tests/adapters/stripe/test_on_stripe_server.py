from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay.adapters.stripe import StripeGateway
from marketpay.domain.errors import GatewayUnavailable
from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import (
    ActionRequired,
    Authorized,
    Captured,
    ChargebackStanding,
    Declined,
    GatewayReply,
    GatewayRequest,
    Inspect,
    LookUp,
    Topic,
)
from marketpay.testing import VirtualClock
from marketpay.testing.processor_values import Standing
from marketpay.testing.stripe_server import Fault, StripeServer
from tests.adapters.stripe.requests import AUTHORIZE, PRICE, START


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def server(clock: VirtualClock) -> Iterator[StripeServer]:
    with StripeServer(now=clock) as server:
        yield server


@pytest.fixture
def gateway(server: StripeServer, clock: VirtualClock) -> Iterator[StripeGateway]:
    secrets = (server.webhook_secret, server.connect_webhook_secret)
    gateway = StripeGateway(
        server.api_key,
        base_url=server.url,
        webhook_secrets=secrets,
        accounts="v1",
        max_network_retries=0,
        now=clock,
    )
    yield gateway
    gateway.close()


def send(gateway: StripeGateway, request: GatewayRequest) -> GatewayReply:
    return gateway.perform(request, key=new_id("ptx"))


def held(gateway: StripeGateway, method: str | None = "pm_card_visa") -> Any:
    request = evolve(AUTHORIZE, reference=new_id("ptx"), payment_method=method)
    return send(gateway, request)


def taken(gateway: StripeGateway) -> Captured:
    capture = port.Capture(gateway_id=held(gateway).gateway_id, amount=PRICE)
    reply = send(gateway, capture)
    assert isinstance(reply, Captured)
    return reply


def test_a_hold_lasts_until_stripe_says(gateway: StripeGateway, clock: VirtualClock) -> None:
    reply = held(gateway)

    assert isinstance(reply, Authorized)
    assert reply.expires_at is not None
    assert timedelta(days=4) < reply.expires_at - clock() <= timedelta(days=7)


def test_a_hold_that_ran_out_is_gone(
    gateway: StripeGateway, server: StripeServer, clock: VirtualClock
) -> None:
    id = held(gateway).gateway_id
    clock.advance(days=8)
    server.tick()

    reply = send(gateway, port.Capture(gateway_id=id, amount=PRICE))

    assert reply == port.HoldGone(gateway_id=id)
    assert send(gateway, port.Void(gateway_id=id)) == port.Voided(gateway_id=id)


def test_a_card_whose_bank_wants_its_owner_is_a_next_step(gateway: StripeGateway) -> None:
    reply = held(gateway, "pm_card_authenticationRequired")

    assert isinstance(reply, ActionRequired)
    assert reply.client_secret


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
    ],
)
def test_a_bank_says_why_it_refuses(gateway: StripeGateway, method: str, code: str) -> None:
    reply = held(gateway, method)

    assert isinstance(reply, Declined)
    assert reply.code == code
    assert reply.gateway_id is not None


def test_a_request_whose_answer_was_lost_is_found(
    gateway: StripeGateway, server: StripeServer, clock: VirtualClock
) -> None:
    request = evolve(AUTHORIZE, reference=new_id("ptx"))
    server.fault("POST", "/v1/payment_intents", Fault.DROP_AFTER)
    with pytest.raises(GatewayUnavailable):
        gateway.perform(request, key="k")

    found = send(gateway, LookUp(request=request, since=clock()))

    assert isinstance(found, Authorized)
    assert gateway.perform(request, key="k") == found


@pytest.mark.parametrize("fault", [Fault.RATE_LIMIT, Fault.CONFLICT, Fault.DROP_BEFORE])
def test_a_request_that_did_not_arrive_is_sent_again(
    gateway: StripeGateway, server: StripeServer, fault: Fault
) -> None:
    request = evolve(AUTHORIZE, reference=new_id("ptx"))
    server.fault("POST", "/v1/payment_intents", fault)
    with pytest.raises(GatewayUnavailable):
        gateway.perform(request, key="k")

    assert send(gateway, LookUp(request=request)) == port.NotThere()
    assert isinstance(gateway.perform(request, key="k"), Authorized)


@pytest.mark.covers("B005")
def test_a_page_that_was_paid_says_so(gateway: StripeGateway, server: StripeServer) -> None:
    start = evolve(START, reference=new_id("ptx"), expires_at=None)
    opened = send(gateway, start)
    assert isinstance(opened, port.CheckoutOpen)
    server.processor.pay_checkout(opened.gateway_id)

    paid = send(gateway, LookUp(request=start))

    assert isinstance(paid, port.CheckoutPaid)
    assert (paid.gateway_id, paid.amount) == (opened.gateway_id, PRICE)
    assert send(gateway, port.ExpireCheckout(gateway_id=opened.gateway_id)) == paid


def test_a_chargeback_takes_the_money_and_a_fee_and_gives_back_what_is_won(
    gateway: StripeGateway, server: StripeServer
) -> None:
    payment = taken(gateway).gateway_id
    dispute: Any = server.processor.open_dispute(payment)
    inspect = Inspect(topic=Topic.CHARGEBACK, gateway_id=dispute.id)

    state = send(gateway, inspect)
    assert isinstance(state, port.ChargebackState)
    assert (state.payment, state.amount, state.withdrawn) == (payment, PRICE, PRICE)
    assert state.fee == Money("15.00", "USD")
    assert state.standing is ChargebackStanding.NEEDS_RESPONSE

    server.processor.win_dispute(dispute.id)
    won = send(gateway, inspect)
    assert isinstance(won, port.ChargebackState)
    assert (won.standing, won.withdrawn) == (ChargebackStanding.WON, Money.zero("USD"))


def test_the_webhooks_that_follow_can_be_read(gateway: StripeGateway, server: StripeServer) -> None:
    payment = taken(gateway).gateway_id
    server.processor.open_dispute(payment)

    events = [gateway.read_webhook(one.payload, one.headers) for one in server.webhooks()]

    assert {event.topic for event in events} >= {Topic.PAYMENT, Topic.CHARGEBACK}
    assert {event.payment for event in events if event.payment} == {payment}
    authorized = next(e for e in events if e.type == "payment_intent.amount_capturable_updated")
    assert (authorized.subject, authorized.account) == (payment, None)
    assert authorized.reference is not None
    assert authorized.reference.startswith("ptx_")


def test_the_webhooks_of_connected_accounts_name_them(
    gateway: StripeGateway, server: StripeServer
) -> None:
    opening = port.OpenAccount(reference=new_id("pac"), owner="ctr_42")
    account = send(gateway, opening)
    assert isinstance(account, port.AccountState)
    server.webhooks()
    server.processor.set_standing(account.gateway_id, Standing.ACTIVE)

    events = [
        gateway.read_webhook(one.payload, one.headers) for one in server.webhooks(connected=True)
    ]

    assert {event.topic for event in events} == {Topic.ACCOUNT}
    assert {event.account for event in events} == {account.gateway_id}
    assert {event.subject for event in events} == {account.gateway_id}
