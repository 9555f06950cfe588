"""What `work()` does when something of it fails."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AcceptOffer,
    Actor,
    Commission,
    CompleteJob,
    GatewayError,
    GetPayment,
    GetWallet,
    IncidentKind,
    InvalidInput,
    JournalOf,
    ListIncidents,
    ListWebhooks,
    Marketplace,
    MemoryPublisher,
    MemoryStore,
    Money,
    Offer,
    OfferFunding,
    OfferStatus,
    OpenPayoutAccount,
    Payment,
    PaymentDeclined,
    PaymentStatus,
    PostJob,
    RejectOffer,
    Rules,
    SendOffer,
    StartJob,
    TransactionStatus,
    WebhookStatus,
    WorkReport,
)
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.ports.gateway import (
    Capture,
    Captured,
    Declined,
    GatewayReply,
    GatewayRequest,
    Refunded,
    Transfer,
    Void,
)
from marketpay.testing import SimulatedGateway, VirtualClock

CUSTOMER = Actor.customer("cus_17")
PRICE = Money("1000", "USD")


class Faulty(SimulatedGateway):
    """A gateway with a fault in one kind of request, for one payment."""

    fault: type[Any] | None = None
    at: str = ""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        is_at = getattr(request, "gateway_id", "") == self.at or not self.at
        if self.fault is not None and isinstance(request, self.fault) and is_at:
            raise ConnectionError("the line is dead")
        return super().perform(request, key=key)


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def gateway(clock: VirtualClock) -> Faulty:
    return Faulty(now=clock)


@pytest.fixture
def market(clock: VirtualClock, gateway: Faulty) -> Marketplace:
    return Marketplace(gateway=gateway, rules=Rules(now=clock), publisher=MemoryPublisher())


def rejected(market: Marketplace, contractor: str) -> Payment:
    """An offer that was rejected, so that its hold is to be let go."""
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    sent = market.execute(
        SendOffer(
            by=CUSTOMER,
            job=job.id,
            contractor=contractor,
            price=PRICE,
            payment_method="pm_card_visa",
        )
    )
    market.execute(RejectOffer(by=Actor.contractor(contractor), offer=sent.offer.id))
    return sent.payment


@pytest.mark.covers("A158")
def test_a_fault_at_one_operation_stops_no_other(market: Marketplace, gateway: Faulty) -> None:
    payments = [rejected(market, name) for name in ("ann", "ben", "cid")]
    gateway.fault, gateway.at = Void, str(payments[0].gateway_payment)

    report = market.work()

    assert [type(failure.error) for failure in report.failures] == [ConnectionError]
    statuses = [market.query(GetPayment(payment.id)).status for payment in payments]
    assert statuses == [PaymentStatus.AUTHORIZED, PaymentStatus.CANCELED, PaymentStatus.CANCELED]


def test_what_failed_comes_up_again(
    market: Marketplace, gateway: Faulty, clock: VirtualClock
) -> None:
    payment = rejected(market, "ann")
    gateway.fault = Void
    assert market.work().failures

    gateway.fault = None
    clock.advance(minutes=5)
    market.work()

    assert market.query(GetPayment(payment.id)).status is PaymentStatus.CANCELED


def test_a_fault_at_one_timer_stops_no_other(market: Marketplace, clock: VirtualClock) -> None:
    sent = []
    for name in ("ann", "ben"):
        job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
        until = clock() + timedelta(hours=1)
        offer = SendOffer(
            by=CUSTOMER,
            job=job.id,
            contractor=name,
            price=PRICE,
            payment_method="pm_card_visa",
            expires_at=until,
        )
        sent.append(market.execute(offer).offer)
    entities = market.store._tables.entities  # type: ignore[attr-defined]
    lost = entities[Offer].pop(sent[0].id)  # as after a mistaken DELETE
    clock.advance(hours=2)

    report = market.work()

    assert [failure.subject for failure in report.failures] == [lost.id]
    assert entities[Offer][sent[1].id].status is OfferStatus.EXPIRED


def test_timers_that_always_fail_do_not_starve_others_and_come_up_again_later(
    market: Marketplace, clock: VirtualClock
) -> None:
    sent = []
    for hours, name in enumerate(("ann", "ben", "cid", "dan"), start=1):
        job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
        offer = SendOffer(
            by=CUSTOMER,
            job=job.id,
            contractor=name,
            price=PRICE,
            payment_method="pm_card_visa",
            expires_at=clock() + timedelta(hours=hours),
        )
        sent.append(market.execute(offer).offer)
    entities = market.store._tables.entities  # type: ignore[attr-defined]
    lost = {one.id: entities[Offer].pop(one.id) for one in sent[:3]}
    clock.advance(hours=5)

    report = market.work(limit=2)
    assert {failure.subject for failure in report.failures} == lost.keys()
    assert entities[Offer][sent[3].id].status is OfferStatus.EXPIRED
    assert market.work().failures == ()  # not at once
    clock.advance(minutes=5)
    assert len(market.work().failures) == 3

    entities[Offer].update(lost)
    clock.advance(minutes=5)
    assert market.work().failures == ()
    assert {entities[Offer][id].status for id in lost} == {OfferStatus.EXPIRED}


class Wrong(SimulatedGateway):
    """Answers to a capture what is no answer to one."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = super().perform(request, key=key)
        if isinstance(reply, Captured):
            return self.instead(reply)
        return reply

    def instead(self, reply: Captured) -> GatewayReply:
        return Refunded(gateway_id=reply.gateway_id, amount=reply.amount)


class Short(Wrong):
    """Takes another amount than it was asked to."""

    def instead(self, reply: Captured) -> GatewayReply:
        return evolve(reply, amount=Money("999.99", "USD"))


def sent_with(market: Marketplace) -> OfferFunding:
    """An offer to Ann, and its hold."""
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    return market.execute(
        SendOffer(
            by=CUSTOMER,
            job=job.id,
            contractor="ann",
            price=PRICE,
            payment_method="pm_card_visa",
        )
    )


def test_an_answer_that_does_not_fit_is_told_and_is_as_good_as_none(clock: VirtualClock) -> None:
    gateway = Wrong(now=clock)
    market = Marketplace(gateway=gateway, rules=Rules(now=clock))
    sent = sent_with(market)

    with pytest.raises(GatewayError, match="Refunded is no answer to capture"):
        market.execute(AcceptOffer(by=Actor.contractor("ann"), offer=sent.offer.id))

    [capture] = market.store.read(lambda r: r.find(PaymentTransaction, kind="capture"))
    assert (capture.status, capture.attempts) == (TransactionStatus.UNKNOWN, 1)
    for _ in range(30):
        clock.advance(hours=1)
        market.work()
    assert gateway.count(Capture) == 1  # looked for, and never taken twice
    [capture] = market.store.read(lambda r: r.find(PaymentTransaction, kind="capture"))
    assert capture.status is TransactionStatus.UNKNOWN


def test_another_amount_than_was_asked_for_is_refused_and_an_incident(clock: VirtualClock) -> None:
    gateway = Short(now=clock)
    market = Marketplace(gateway=gateway, rules=Rules(now=clock))
    sent = sent_with(market)

    with pytest.raises(PaymentDeclined, match="captured_elsewhere"):
        market.execute(AcceptOffer(by=Actor.contractor("ann"), offer=sent.offer.id))
    market.work()

    assert gateway.count(Capture) == 1
    assert market.query(GetPayment(sent.payment.id)).status is PaymentStatus.FAILED
    [raised] = market.query(ListIncidents()).items
    assert (raised.kind, raised.subject) == (IncidentKind.CAPTURED_ELSEWHERE, sent.payment.id)


@pytest.mark.parametrize("rates", [("1", "0"), ("0", "1"), ("0.5", "0.5")])
def test_a_contractor_who_is_owed_nothing_keeps_nobody_waiting(
    clock: VirtualClock, rates: tuple[str, str]
) -> None:
    gateway, publisher = SimulatedGateway(now=clock), MemoryPublisher()
    rules = Rules(now=clock, commission=Commission(*rates))
    market = Marketplace(gateway=gateway, rules=rules, publisher=publisher)
    ann = Actor.contractor("ann")
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    send = SendOffer(
        by=CUSTOMER, job=job.id, contractor="ann", price=PRICE, payment_method="pm_card_visa"
    )
    sent = market.execute(send)
    market.execute(AcceptOffer(by=ann, offer=sent.offer.id))
    market.execute(StartJob(by=ann, job=job.id))

    done = market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    gateway.activate(market.execute(OpenPayoutAccount(by=ann)))
    report = market.work()

    assert done.payment.transfer_blocked is None
    assert not report.failures
    assert "wallet.credited" not in publisher.names
    assert market.revenue("USD").total == PRICE
    assert market.verify().ok


def test_a_limit_is_a_number_above_zero(market: Marketplace) -> None:
    with pytest.raises(InvalidInput):
        market.work(limit=0)
    with pytest.raises(TypeError):
        market.work(limit="all")  # type: ignore[arg-type]


def test_memory_is_not_used_up_by_questions() -> None:
    store = MemoryStore()
    market = Marketplace(store=store, gateway=SimulatedGateway())
    for number in range(50):
        market.query(GetWallet(owner=f"ctr_{number}", currency="USD"))
        market.query(JournalOf(subject=f"job_{number}"))

    assert len(store._tables.index) == len(store._tables.subjects) == 0


def test_no_more_is_done_than_was_asked_for(market: Marketplace) -> None:
    for name in ("ann", "ben", "cid"):
        rejected(market, name)

    assert [market.work(limit=1).operations for _ in range(4)] == [1, 1, 1, 0]


def test_a_stored_webhook_is_applied_and_counted_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = rejected(market, "ann")
    while market.work():
        pass
    told = gateway.webhooks()
    for webhook in told:
        market.receive(webhook.payload, webhook.headers, at_once=False)

    assert [market.work(limit=1).webhooks for _ in range(len(told))] == [1] * len(told)
    report = market.work()
    assert (bool(report), report.webhooks) == (False, 0)
    statuses = {webhook.status for webhook in market.query(ListWebhooks()).items}
    assert WebhookStatus.APPLIED in statuses
    assert statuses <= {WebhookStatus.APPLIED, WebhookStatus.IGNORED}
    assert market.query(GetPayment(payment.id)).status is PaymentStatus.CANCELED


@pytest.mark.parametrize(
    "count", ["webhooks", "operations", "timers", "sequenced", "published", "folded"]
)
def test_a_report_is_true_if_anything_was_done(count: str) -> None:
    did: dict[str, Any] = {count: 1}

    assert WorkReport(**did)
    assert not WorkReport()


class Stubborn(SimulatedGateway):
    """Says that an account is active, and will not pay into it."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, Transfer):
            self.refused += 1
            return Declined(code=self.why)
        return super().perform(request, key=key)

    refused: int = 0
    why: str = "account_not_active"


@pytest.mark.parametrize("why", ["account_not_active", "something_else", "abandoned"])
def test_a_transfer_that_is_always_refused_is_tried_ever_more_seldom(
    clock: VirtualClock, why: str
) -> None:
    gateway = Stubborn(now=clock)
    gateway.why = why
    market = Marketplace(gateway=gateway, rules=Rules(now=clock))
    ann = Actor.contractor("ann")
    gateway.activate(market.execute(OpenPayoutAccount(by=ann)))
    market.work()
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    send = SendOffer(
        by=CUSTOMER, job=job.id, contractor="ann", price=PRICE, payment_method="pm_card_visa"
    )
    market.execute(AcceptOffer(by=ann, offer=market.execute(send).offer.id))
    market.execute(StartJob(by=ann, job=job.id))
    done = market.execute(CompleteJob(by=CUSTOMER, job=job.id))

    for _ in range(5):  # no time passes
        market.work()
    assert gateway.refused == 1

    counts = []
    for _ in range(10):
        for _ in range(96):
            clock.advance(minutes=15)
            market.work()
        counts.append(gateway.refused)
    assert 5 < counts[0] < 20
    assert counts[-1] - counts[0] <= 10  # once a day
    blocked = market.query(GetPayment(done.payment.id)).transfer_blocked
    assert blocked == (why if why == "account_not_active" else "refused")


def test_what_is_refused_keeps_nobody_else_waiting(clock: VirtualClock) -> None:
    gateway = Stubborn(now=clock)
    market = Marketplace(gateway=gateway, rules=Rules(now=clock))
    ann = Actor.contractor("ann")
    for _ in range(53):
        job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
        send = SendOffer(
            by=CUSTOMER, job=job.id, contractor="ann", price=PRICE, payment_method="pm_card_visa"
        )
        market.execute(AcceptOffer(by=ann, offer=market.execute(send).offer.id))
        market.execute(StartJob(by=ann, job=job.id))
        market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    gateway.why = "something_else"
    gateway.activate(market.execute(OpenPayoutAccount(by=ann)))
    for _ in range(4):
        market.work(limit=200)

    assert gateway.refused == 53  # each once, the last three too
