"""Receiving: verified, stored once, answered, and applied now or later."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from math import ceil
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    GatewayUnavailable,
    GetWebhook,
    IncidentKind,
    ListWebhooks,
    Marketplace,
    PaymentStatus,
    Received,
    ReplayWebhook,
    Rules,
    Webhook,
    WebhookId,
    WebhookRejected,
    WebhookStatus,
)
from marketpay.delivery.webhooks import without_secrets
from marketpay.ports.gateway import GatewayReply, GatewayRequest, Inspect, LookUp
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from marketpay.testing.webhooks import HEADER, SECRET, sealed
from marketpay.testing.webhooks import Webhook as Told
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    ADMIN,
    ASKING,
    NONE_SUCH,
    books_are_right,
    in_progress,
    journal,
    now,
    payment_of,
    send,
)
from tests.hearing import hear, incidents, receive, rest

W = WebhookStatus


def stored(market: Marketplace, status: WebhookStatus | None = None) -> list[Webhook]:
    return list(market.query(ListWebhooks(status=status, limit=500)).items)


def as_stored(market: Marketplace, received: Received) -> Webhook:
    return market.query(GetWebhook(received.id))


def told(gateway: SimulatedGateway, clock: VirtualClock, **body: Any) -> Told:
    """A webhook of the gateway's, about whatever is said."""
    fields = {
        "id": "evt_1",
        "type": "charge.succeeded",
        "created": clock().isoformat(),
        "account": None,
        "subject": "pi_of_another",
        "reference": None,
        "payment": None,
    }
    return sealed(json.dumps(fields | body).encode(), secret=SECRET, now=clock())


def receive_one(market: Marketplace, webhook: Told, **how: bool) -> Received:
    return receive(market, [webhook], **how)[0]


def confirmed(market: Marketplace, gateway: SimulatedGateway) -> tuple[Any, Told]:
    """A payment that its customer has confirmed, and the webhook that says so."""
    payment = send(market, payment_method=ASKING).payment
    gateway.webhooks()
    gateway.confirm(payment)
    return payment, gateway.webhooks()[-1]


@pytest.mark.covers("A031")
def test_it_is_stored_and_applied_at_once(market: Marketplace, gateway: SimulatedGateway) -> None:
    payment, webhook = confirmed(market, gateway)
    received = receive_one(market, webhook)

    assert (received.status, received.is_duplicate) == (W.APPLIED, False)
    kept = as_stored(market, received)
    assert (kept.status, kept.attempts, kept.due_at, kept.failure) == (W.APPLIED, 1, None, None)
    assert kept.event_type == json.loads(webhook.payload)["type"]
    assert json.loads(kept.body) == json.loads(webhook.payload)
    assert now(market, payment).status is PaymentStatus.AUTHORIZED


def test_the_names_of_headers_are_read_in_any_case(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, webhook = confirmed(market, gateway)
    headers = {"HOST": "x", HEADER.upper(): webhook.headers[HEADER]}
    assert market.receive(webhook.payload, headers).status is W.APPLIED


@pytest.mark.covers("A133")
@pytest.mark.parametrize("spoiled", ["body", "signature", "time", "none", "not json"])
def test_what_is_not_the_gateways_is_rejected_and_not_stored(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, spoiled: str
) -> None:
    payment, webhook = confirmed(market, gateway)
    before = len(journal(market))
    payload, headers = webhook.payload, webhook.headers
    match spoiled:
        case "body":
            payload = payload.replace(b"payment_intent", b"payment_Intent")
        case "signature":
            headers = sealed(payload, secret="whsec_another", now=clock()).headers
        case "time":
            clock.advance(seconds=301)
        case "none":
            headers = {}
        case _:
            spoilt = sealed(b"no json", secret=SECRET, now=clock())
            payload, headers = spoilt.payload, spoilt.headers

    with pytest.raises(WebhookRejected):
        market.receive(payload, headers)
    assert stored(market) == []
    assert len(journal(market)) == before
    assert now(market, payment).status is PaymentStatus.AWAITING_CONFIRMATION


@pytest.mark.covers("B028")
@pytest.mark.parametrize("at_once", [False, True])
def test_the_same_event_is_stored_once_and_told_again_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, *, at_once: bool
) -> None:
    _, webhook = confirmed(market, gateway)
    first = receive_one(market, webhook, at_once=at_once)
    written, calls = journal(market), len(gateway.calls)
    clock.advance(seconds=60)
    again = sealed(webhook.payload, secret=SECRET, now=clock())  # a retry is signed anew
    second = receive_one(market, again, at_once=True)

    assert second == evolve(first, is_duplicate=True)
    assert len(stored(market)) == 1
    assert journal(market) == written
    assert len(gateway.calls) == calls


@pytest.mark.covers("B066")
def test_one_event_id_of_two_accounts_is_two_events(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    of_platform = receive_one(market, told(gateway, clock))
    of_account = receive_one(market, told(gateway, clock, account="acct_1"))

    assert of_account.is_duplicate is False
    assert of_account.id != of_platform.id
    assert {one.delivery for one in stored(market)} == {
        "simulated::evt_1",
        "simulated:acct_1:evt_1",
    }


@pytest.mark.covers("A146", "A154")
def test_left_to_the_worker_it_is_stored_and_applied_by_work(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment, webhook = confirmed(market, gateway)
    calls = len(gateway.calls)
    received = receive_one(market, webhook, at_once=False)

    assert received.status is W.RECEIVED
    assert len(gateway.calls) == calls
    assert now(market, payment).status is PaymentStatus.AWAITING_CONFIRMATION
    assert market.work().webhooks == 1
    assert as_stored(market, received).status is W.APPLIED
    assert now(market, payment).status is PaymentStatus.AUTHORIZED


@pytest.mark.covers("A166")
@pytest.mark.parametrize(
    "body",
    [
        {"type": "tax.settings.updated", "subject": "tx_1"},
        {"type": "payment_intent.succeeded"},
        {"type": "charge.refunded", "subject": None},
        {"type": "refund.updated", "subject": "re_1"},
        {"type": "refund.updated", "subject": "re_1", "reference": "order-17"},
        {"type": "transfer.reversed", "subject": "tr_1"},
        {"type": "payout.paid", "subject": "po_1", "account": "acct_1"},
        {"type": "account.updated", "subject": "acct_1", "account": "acct_1"},
        {"type": "charge.dispute.created", "subject": "dp_1", "payment": "pi_of_another"},
        {"type": "radar.early_fraud_warning.created", "payment": "pi_of_another"},
        {"type": "balance.available", "subject": None},
        {"type": "checkout.session.completed", "subject": "cs_1"},
    ],
    ids=lambda body: body["type"],
)
@on_both_stores
def test_what_is_none_of_ours_is_ignored_and_kept(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, body: dict[str, Any]
) -> None:
    before = len(journal(market))
    received = receive_one(market, told(gateway, clock, **body))

    assert received.status is W.IGNORED
    kept = as_stored(market, received)
    assert (kept.event_type, kept.failure, kept.due_at) == (body["type"], None, None)
    assert len(journal(market)) == before
    assert not market.work().webhooks


@pytest.mark.parametrize(
    "type", ["payment_intent.succeeded", "refund.updated", "transfer.created", "payout.paid"]
)
@on_both_stores
def test_what_bears_our_reference_and_is_not_here_is_tried_again_until_it_is_dead(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, type: str
) -> None:
    early = told(gateway, clock, type=type, subject="x_1", reference=f"ptx_{NONE_SUCH}")
    received = receive_one(market, early)
    assert received.status is W.DEFERRED
    assert as_stored(market, received).due_at is not None

    attempts = [as_stored(market, received).attempts]
    while clock() < as_stored(market, received).created_at + market.rules.webhook_window:
        assert as_stored(market, received).status is W.DEFERRED
        clock.advance(hours=2)
        market.work()
        attempts.append(as_stored(market, received).attempts)

    assert attempts == sorted(attempts)
    assert attempts[-1] >= 30
    rest(market)
    dead = as_stored(market, received)
    assert (dead.status, dead.due_at) == (W.DEAD, None)
    [raised] = incidents(market, IncidentKind.WEBHOOK_DEAD)
    assert (raised.subject, raised.detail) == (dead.id, type)
    assert receive_one(market, sealed(early.payload, secret=SECRET, now=clock())).status is W.DEAD


@pytest.mark.covers("A155")
def test_it_is_tried_again_ever_later(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    early = told(gateway, clock, reference=f"ptx_{NONE_SUCH}")
    received = receive_one(market, early)
    waits: list[timedelta] = []
    for _ in range(12):
        kept = as_stored(market, received)
        assert kept.due_at is not None
        assert kept.due_at > clock()
        assert market.work().webhooks == 0
        assert as_stored(market, received).attempts == kept.attempts  # it is not its time
        waits.append(kept.due_at - clock())
        clock.advance(seconds=ceil(waits[-1].total_seconds()))
        market.work()

    assert waits == sorted(waits)
    assert waits[-1] <= market.rules.retry_cap


def test_the_window_can_be_shorter(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(webhook_window=timedelta(minutes=10))
    received = receive_one(market, told(gateway, clock, reference=f"ptx_{NONE_SUCH}"))
    clock.advance(minutes=11)
    rest(market)

    assert as_stored(market, received).status is W.DEAD


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.ERROR_500])
def test_a_gateway_that_does_not_answer_never_reaches_the_sender(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    payment, webhook = confirmed(market, gateway)
    gateway.script(LookUp, outcome)
    received = receive_one(market, webhook)

    assert received.status is W.DEFERRED
    kept = as_stored(market, received)
    assert kept.failure is not None
    assert "GatewayUnavailable" in kept.failure
    assert "Traceback" in kept.failure
    assert now(market, payment).status is PaymentStatus.AWAITING_CONFIRMATION
    clock.advance(minutes=1)
    rest(market)
    kept = as_stored(market, received)
    assert (kept.status, kept.failure) == (W.APPLIED, None)
    assert now(market, payment).status is PaymentStatus.AUTHORIZED


def test_a_chargeback_that_could_not_be_looked_at_is_applied_later(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = in_progress(market).payment
    hear(market, gateway)
    gateway.dispute(payment)
    gateway.script(Inspect, *[Outcome.TIMEOUT_BEFORE] * 2)
    received = receive(market, gateway.webhooks())
    assert {one.status for one in received} == {W.DEFERRED, W.IGNORED} or all(
        one.status is W.DEFERRED for one in received
    )
    clock.advance(minutes=1)
    rest(market)

    assert now(market, payment).status is PaymentStatus.CHARGED_BACK
    assert not stored(market, W.DEFERRED)
    books_are_right(market, gateway)


class Broken:
    """A gateway whose answers are not worth much."""

    def __init__(self, gateway: SimulatedGateway) -> None:
        self.gateway = gateway
        self.read_webhook = gateway.read_webhook
        self.error: Exception | None = None

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if self.error is not None:
            raise self.error
        return self.gateway.perform(request, key=key)


@pytest.mark.covers("A158", "A167")
@pytest.mark.parametrize(
    "error", [ValueError("a bug"), KeyError("x"), GatewayUnavailable("it is down")], ids=repr
)
def test_whatever_a_gateway_raises_is_on_record_and_not_the_senders(error: Exception) -> None:
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    broken = Broken(gateway)
    market = Marketplace(gateway=broken, rules=Rules(now=clock))
    payment, webhook = confirmed(market, gateway)
    broken.error = error
    received = receive_one(market, webhook)
    clock.advance(minutes=1)
    market.work()

    kept = as_stored(market, received)
    assert (kept.status, kept.attempts) == (W.DEFERRED, 2)
    assert type(error).__name__ in str(kept.failure)
    broken.error = None
    clock.advance(hours=1)
    rest(market)
    assert as_stored(market, received).status is W.APPLIED
    assert now(market, payment).status is PaymentStatus.AUTHORIZED


def test_one_that_fails_keeps_no_other_from_being_applied(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    early = told(gateway, clock, reference=f"ptx_{NONE_SUCH}")
    receive_one(market, early, at_once=False)
    payment, webhook = confirmed(market, gateway)
    receive_one(market, webhook, at_once=False)
    market.work(limit=5)

    assert now(market, payment).status is PaymentStatus.AUTHORIZED
    assert [one.status for one in stored(market)] == [W.APPLIED, W.DEFERRED]


def test_what_a_crashed_process_left_is_applied_once_its_lease_is_over(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment, webhook = confirmed(market, gateway)
    received = receive_one(market, webhook, at_once=False)
    kept = as_stored(market, received)
    taken = evolve(kept, due_at=clock() + market.rules.lease, sent_at=clock())
    market.store.run(lambda work: work.put(taken))
    assert market.work().webhooks == 0

    clock.advance(seconds=int(market.rules.lease.total_seconds()))
    rest(market)
    assert as_stored(market, received).status is W.APPLIED
    assert now(market, payment).status is PaymentStatus.AUTHORIZED


@on_both_stores
def test_one_that_cannot_be_read_any_more_stops_nothing_else(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    received = receive_one(market, told(gateway, clock, reference="ptx_1"), at_once=False)
    kept = as_stored(market, received)
    other = WebhookId(kept.id[:-4] + "zzzz")
    spoilt = evolve(kept, id=other, version=0, delivery="x", event='{"topic":"gift_card"}')
    market.store.run(lambda work: work.put(spoilt))
    payment, webhook = confirmed(market, gateway)
    receive_one(market, webhook, at_once=False)
    market.work()

    assert now(market, payment).status is PaymentStatus.AUTHORIZED


def test_many_at_once_are_stored_once(gateway: SimulatedGateway, clock: VirtualClock) -> None:
    market = Marketplace(gateway=gateway, rules=Rules(now=clock))
    payment, webhook = confirmed(market, gateway)
    with ThreadPoolExecutor(8) as pool:
        received = list(pool.map(lambda _: receive_one(market, webhook), range(32)))

    assert [one.is_duplicate for one in received].count(False) == 1
    assert len({one.id for one in received}) == 1
    assert len(stored(market)) == 1
    assert now(market, payment).status is PaymentStatus.AUTHORIZED


@pytest.mark.parametrize(
    "body",
    [
        '{"client_secret":"pi_1_secret_2"}',
        '{ "client_secret" : "pi_1_secret_2" }',
        '{"a":[{"b":{"client_secret":"pi_1_secret_2"}}]}',
        '{"secret":"pi_1_secret_2"}',
        '{"ephemeral_key_secret":"pi_1_secret_2"}',
        '{"client_secret":\n\t"pi_1_secret_2","x":"y"}',
    ],
)
def test_secrets_are_not_kept(body: str) -> None:
    kept = without_secrets(body.encode())

    assert "pi_1_secret_2" not in kept
    assert json.loads(kept)


@pytest.mark.parametrize(
    "body",
    [
        '{"clientSecret":"pi_1_secret_2"}',
        '{"client-secret":"pi_1_secret_2"}',
        '{"CLIENT_SECRET":"pi_1_secret_2"}',
        '{"client_secrets":["pi_1_secret_2"]}',
        r'{"client_secret":"quoted\"pi_1_secret_2"}',
        r'{"inner":"{\"client_secret\":\"pi_1_secret_2\"}"}',
        r'{"client\u005fsecret":"pi_1_secret_2"}',
    ],
)
def test_secrets_are_not_kept_however_they_are_spelt(body: str) -> None:
    assert "pi_1_secret_2" not in without_secrets(body.encode())


def test_the_rest_of_a_body_is_kept_as_it_came() -> None:
    body = '{"id":"evt_1", "secretary": "Ann", "amount": 1000.00, "x": null, "é": "ü"}'
    kept = json.loads(without_secrets(body.encode()))
    assert {**kept, "secretary": "Ann"} == json.loads(body)
    assert "\x00" not in without_secrets(b'{"a":"\x00"}')
    assert without_secrets(b"\xff\xfe") == "��"


def test_a_secret_in_the_payload_is_nowhere_in_the_store(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    webhook = told(gateway, clock, data={"object": {"client_secret": "pi_1_secret_2"}})
    received = receive_one(market, webhook)

    kept = as_stored(market, received)
    assert "pi_1_secret_2" not in kept.body + kept.event + repr(kept)
    assert json.loads(kept.body)["data"] == {"object": {"client_secret": None}}


def test_a_gateway_without_webhooks_says_so(gateway: SimulatedGateway) -> None:
    class Mute:
        def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
            return gateway.perform(request, key=key)

    market = Marketplace(gateway=Mute())
    with pytest.raises(Exception, match="read_webhook"):
        market.receive(b"{}", {})


def test_a_replayed_webhook_is_applied_again_by_work(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    received = receive_one(market, told(gateway, clock, reference=f"ptx_{NONE_SUCH}"))
    clock.advance(days=4)
    rest(market)
    assert as_stored(market, received).status is W.DEAD
    market.execute(ReplayWebhook(by=ADMIN, webhook=received.id))
    assert as_stored(market, received).status is W.RECEIVED
    rest(market)

    assert as_stored(market, received).status is W.DEFERRED  # it is as unknown as before
    clock.advance(days=4)
    rest(market)
    assert as_stored(market, received).status is W.DEAD


def test_nobody_waits_in_vain_for_an_offer_whose_news_was_late(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, payment_method=ASKING)
    gateway.confirm(sent.payment)
    late = gateway.webhooks()
    clock.advance(minutes=4)
    market.work()
    assert payment_of(market, sent.offer).status is PaymentStatus.AUTHORIZED  # webhook never
    assert {one.status for one in receive(market, late)} <= {W.APPLIED, W.IGNORED}
    assert payment_of(market, sent.offer).status is PaymentStatus.AUTHORIZED
