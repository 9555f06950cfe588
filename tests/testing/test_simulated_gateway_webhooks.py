"""Webhooks of the simulated gateway: what they tell, who is believed, and what networks do."""

import json
from collections import Counter
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.errors import WebhookRejected
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountState,
    Authorize,
    Authorized,
    Capture,
    GatewayEvent,
    OpenAccount,
    PayOut,
    ReadsWebhooks,
    RefundPayment,
    StartCheckout,
    Topic,
    Transfer,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.processor_values import Charge
from marketpay.testing.webhooks import HEADER, SECRET, TOLERANCE, sealed, topic_of, unordered

PRICE, PART = Money("1000", "USD"), Money("300", "USD")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def gateway(clock: VirtualClock) -> SimulatedGateway:
    return SimulatedGateway(now=clock)


def captured(gateway: SimulatedGateway, n: int = 1) -> str:
    request = Authorize(
        reference=f"ptx_{n}",
        subject=f"pay_{n}",
        amount=PRICE,
        payer="cus_17",
        payment_method="pm_card_visa",
        group="job_1",
    )
    reply = gateway.perform(request, key=f"a{n}")
    assert isinstance(reply, Authorized)
    gateway.perform(Capture(gateway_id=reply.gateway_id, amount=PRICE), key=f"c{n}")
    return reply.gateway_id


def read(gateway: SimulatedGateway) -> list[GatewayEvent]:
    return [gateway.read_webhook(one.payload, one.headers) for one in gateway.webhooks()]


def told(gateway: SimulatedGateway) -> dict[str, GatewayEvent]:
    """The last event of each type."""
    return {event.type: event for event in read(gateway)}


# ------------------------------------------------------------------------- what they tell


def test_it_is_a_gateway_that_reports() -> None:
    assert isinstance(SimulatedGateway(), ReadsWebhooks)


def test_each_event_is_told_once_and_in_order(gateway: SimulatedGateway) -> None:
    captured(gateway)
    first = read(gateway)
    assert [event.type for event in first][-2:] == ["payment_intent.succeeded", "balance.available"]
    assert len({event.id for event in first}) == len(first)
    assert gateway.webhooks() == []
    captured(gateway, 2)
    assert {event.payment for event in read(gateway)} - {None} != {first[0].payment}


def test_what_is_due_has_happened_before_the_webhooks_are_taken(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    request = StartCheckout(
        reference="ptx_c",
        subject="lst_1",
        amount=PRICE,
        payer="cus_17",
        description="A listing",
        success_url="",
        cancel_url="",
    )
    gateway.perform(request, key="s")
    closes = clock() + timedelta(days=1)
    clock.advance(days=5)
    [event] = read(gateway)
    assert (event.type, event.at) == ("checkout.session.expired", closes)
    assert (event.topic, event.reference) == (Topic.CHECKOUT, "ptx_c")


def test_what_happens_to_a_payment_is_told_of_the_payment(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    id = captured(gateway)
    events = told(gateway)
    for type in ("payment_intent.succeeded", "charge.captured", "charge.succeeded"):
        assert events[type] == GatewayEvent(
            gateway="simulated",
            id=events[type].id,
            type=type,
            topic=Topic.PAYMENT,
            subject=id,
            payment=id,
            reference="ptx_1",
            at=clock(),
        )
    balance = events["balance.available"]
    assert (balance.topic, balance.subject, balance.payment) == (Topic.BALANCE, None, None)


def test_what_comes_of_a_payment_is_told_by_its_own_id(gateway: SimulatedGateway) -> None:
    id = captured(gateway)
    refund = RefundPayment(reference="ptx_r", gateway_id=id, amount=PART)
    gateway.perform(refund, key="r")
    dispute, warning = gateway.dispute(id, amount=PART), gateway.warn(id)
    events = told(gateway)
    refunded = events["refund.created"]
    assert (refunded.topic, refunded.reference, refunded.payment) == (Topic.REFUND, "ptx_r", id)
    assert str(refunded.subject).startswith("re_sim_")
    assert events["charge.refunded"].topic is Topic.PAYMENT
    opened = events["charge.dispute.created"]
    assert (opened.topic, opened.subject, opened.payment) == (Topic.CHARGEBACK, dispute.id, id)
    assert opened.reference is None
    warned = events["radar.early_fraud_warning.created"]
    assert (warned.topic, warned.subject, warned.payment) == (Topic.WARNING, warning.id, id)


def test_what_happens_on_an_account_says_on_which(gateway: SimulatedGateway) -> None:
    charge = gateway.processor.find(Charge, captured(gateway))
    assert charge is not None
    opened = gateway.perform(OpenAccount(reference="pac_1", owner="ctr_42"), key="o")
    assert isinstance(opened, AccountState)
    account = opened.gateway_id
    gateway.activate("pac_1")
    transfer = Transfer(
        reference="ptx_t", account=account, amount=PART, source=charge.id, group="job_1"
    )
    gateway.perform(transfer, key="t")
    gateway.perform(PayOut(reference="ptx_p", account=account, amount=PART), key="p")
    gateway.fail_payout("ptx_p")
    events = told(gateway)
    for type in ("account.updated", "capability.updated"):
        event = events[type]
        assert (event.topic, event.subject, event.account) == (Topic.ACCOUNT, account, account)
        assert event.reference == "pac_1"
    moved = events["transfer.created"]
    assert (moved.topic, moved.account, moved.reference) == (Topic.TRANSFER, None, "ptx_t")
    for type in ("payout.created", "payout.failed"):
        event = events[type]
        assert (event.topic, event.account, event.reference) == (Topic.PAYOUT, account, "ptx_p")


def test_what_was_done_elsewhere_has_no_reference(gateway: SimulatedGateway) -> None:
    refund = gateway.refund_elsewhere(captured(gateway), PART)
    event = told(gateway)["refund.created"]
    assert (event.subject, event.reference) == (refund.id, None)


def test_a_customer_is_none_of_our_topics(gateway: SimulatedGateway) -> None:
    customer = gateway.processor.open_customer(reference="cus_17")
    [event] = read(gateway)
    assert (event.topic, event.subject) == (Topic.UNKNOWN, customer.id)


@pytest.mark.parametrize(
    ("type", "topic"),
    [
        ("charge.dispute.closed", Topic.CHARGEBACK),
        ("charge.expired", Topic.PAYMENT),
        ("account.application.deauthorized", Topic.ACCOUNT),
        ("review.opened", Topic.WARNING),
        ("transfer.reversed", Topic.TRANSFER),
        ("invoice.paid", Topic.UNKNOWN),
        ("", Topic.UNKNOWN),
    ],
)
def test_the_topic_is_in_the_type(type: str, topic: Topic) -> None:
    assert topic_of(type) is topic


def test_processes_that_share_a_file_tell_each_event_once(
    tmp_path: Path, clock: VirtualClock
) -> None:
    one, other = (SimulatedGateway(tmp_path / "gateway.db", now=clock) for _ in range(2))
    captured(one)
    sent = other.webhooks()
    assert (len(sent) > 0, one.webhooks()) == (True, [])
    assert one.read_webhook(sent[0].payload, sent[0].headers).reference == "ptx_1"
    one.close()
    other.close()


# ---------------------------------------------------------------------------- who is believed


def test_only_the_gateway_is_believed(gateway: SimulatedGateway, clock: VirtualClock) -> None:
    captured(gateway)
    webhook = gateway.webhooks()[0]
    stranger = SimulatedGateway(now=clock, webhook_secret="whsec_other")
    with pytest.raises(WebhookRejected, match="signature is wrong"):
        stranger.read_webhook(webhook.payload, webhook.headers)
    with pytest.raises(WebhookRejected, match="signature is wrong"):
        gateway.read_webhook(webhook.payload + b" ", webhook.headers)
    with pytest.raises(WebhookRejected, match="no header"):
        gateway.read_webhook(webhook.payload, {"Content-Type": "application/json"})


def test_the_name_of_the_header_may_be_in_any_case(gateway: SimulatedGateway) -> None:
    captured(gateway)
    webhook = gateway.webhooks()[0]
    for name in (HEADER.lower(), HEADER.upper()):
        headers = {"Host": "market.example", name: webhook.headers[HEADER]}
        assert gateway.read_webhook(webhook.payload, headers).topic is Topic.PAYMENT


def test_one_good_signature_among_others_is_enough(gateway: SimulatedGateway) -> None:
    captured(gateway)
    webhook = gateway.webhooks()[0]
    time, _, mac = webhook.headers[HEADER].partition(",")
    rolled = {HEADER: f"{time}, v1=00, v0=xx, {mac}"}
    assert gateway.read_webhook(webhook.payload, rolled).topic is Topic.PAYMENT


@pytest.mark.parametrize("by", [timedelta(seconds=TOLERANCE), timedelta(seconds=-TOLERANCE)])
def test_a_webhook_is_good_for_five_minutes_both_ways(
    gateway: SimulatedGateway, clock: VirtualClock, by: timedelta
) -> None:
    captured(gateway)
    payload = gateway.webhooks()[0].payload
    sent = sealed(payload, secret=SECRET, now=clock() + by)
    assert gateway.read_webhook(sent.payload, sent.headers).topic is Topic.PAYMENT
    second = timedelta(seconds=1 if by > timedelta(0) else -1)
    late = sealed(payload, secret=SECRET, now=clock() + by + second)
    with pytest.raises(WebhookRejected, match="too far"):
        gateway.read_webhook(late.payload, late.headers)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=",
        "t=x,v1=0",
        "v1=0",
        "t=1",
        "t=1,t=2,v1=0",
        "t=\u0661,v1=0",
        "t=-1,v1=0",
        "t=" + "9" * 99,
    ],
)
def test_a_header_that_makes_no_sense_is_rejected(gateway: SimulatedGateway, header: str) -> None:
    with pytest.raises(WebhookRejected):
        gateway.read_webhook(b"{}", {HEADER: header})


@given(st.binary(), st.dictionaries(st.text(), st.text()), st.text())
def test_whatever_comes_is_rejected_and_breaks_nothing(
    payload: bytes, headers: dict[str, str], header: str
) -> None:
    with pytest.raises(WebhookRejected):
        SimulatedGateway().read_webhook(payload, {**headers, HEADER: header})


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON.map(lambda value: json.dumps(value).encode()) | st.binary())
def test_whatever_the_gateway_itself_signs_is_an_event_or_rejected(payload: bytes) -> None:
    clock = VirtualClock()
    sent = sealed(payload, secret=SECRET, now=clock())
    with pytest.raises(WebhookRejected, match="no event"):
        SimulatedGateway(now=clock).read_webhook(sent.payload, sent.headers)


@pytest.mark.parametrize("name", ["id", "type", "created", "subject", "account", "payment"])
@pytest.mark.parametrize("value", [7, ["x"], {}, "yesterday"])
def test_an_event_whose_parts_are_no_text_is_rejected(
    gateway: SimulatedGateway, clock: VirtualClock, name: str, value: object
) -> None:
    captured(gateway)
    body = json.loads(gateway.webhooks()[0].payload)
    sent = sealed(json.dumps(body | {name: value}).encode(), secret=SECRET, now=clock())
    if value == "yesterday" and name != "created":
        assert getattr(gateway.read_webhook(sent.payload, sent.headers), name) == value
        return
    with pytest.raises(WebhookRejected, match="no event"):
        gateway.read_webhook(sent.payload, sent.headers)


def test_a_time_without_a_zone_and_a_part_that_is_missing_are_rejected(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    captured(gateway)
    body = json.loads(gateway.webhooks()[0].payload)
    short = {name: value for name, value in body.items() if name != "subject"}
    deep = b"[" * 100_000
    broken = [json.dumps(body | {"created": "2026-01-01T00:00:00"}).encode()]
    for payload in [*broken, json.dumps(short).encode(), deep, b"\xff", b"{}", b""]:
        sent = sealed(payload, secret=SECRET, now=clock())
        with pytest.raises(WebhookRejected, match="no event"):
            gateway.read_webhook(sent.payload, sent.headers)


# ------------------------------------------------------------------------- what networks do


def test_a_network_mixes_webhooks_and_brings_some_twice(gateway: SimulatedGateway) -> None:
    for n in range(10):
        captured(gateway, n)
    sent = gateway.webhooks()
    mixed = unordered(sent, Random(1), doubled=0.5)
    seen = Counter(webhook.payload for webhook in mixed)
    assert set(seen) == {webhook.payload for webhook in sent}
    assert set(seen.values()) == {1, 2}
    assert [one for one in mixed if one in sent][: len(sent)] != sent
    assert mixed == unordered(sent, Random(1), doubled=0.5)
    assert mixed != unordered(sent, Random(2), doubled=0.5)


def test_a_network_may_bring_each_webhook_once(gateway: SimulatedGateway) -> None:
    captured(gateway)
    sent = gateway.webhooks()
    mixed = unordered(sent, Random(1), doubled=0)
    assert sorted(one.payload for one in mixed) == sorted(one.payload for one in sent)


def test_a_webhook_that_is_sent_again_is_signed_anew(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    captured(gateway)
    webhook = gateway.webhooks()[0]
    clock.advance(days=1)
    with pytest.raises(WebhookRejected, match="too far"):
        gateway.read_webhook(webhook.payload, webhook.headers)
    again = gateway.resend(webhook)
    assert again == evolve(webhook, headers=again.headers)
    event = gateway.read_webhook(again.payload, again.headers)
    assert event.at == clock() - timedelta(days=1)
