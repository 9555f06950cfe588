"""Incidents: raised once each, resolved by an administrator; flags and debts."""

from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    ClearPayment,
    CompleteJob,
    Forbidden,
    GetWebhook,
    IncidentKind,
    IncidentStatus,
    InvalidInput,
    IssueRefund,
    ListIncidents,
    Marketplace,
    NotFound,
    PaymentStatus,
    Refused,
    RequestWithdrawal,
    ResolveIncident,
    TransactionKind,
)
from marketpay.commands.incidents import FlagPayment
from marketpay.ports.gateway import Capture, Inspect, LookUp
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    NONE_SUCH,
    assigned,
    books_are_right,
    completed,
    declined,
    heard,
    in_progress,
    nothing_changes,
    now,
    operations,
    payee,
    payment_of,
    send,
    usd,
)
from tests.hearing import hear, incidents, rest
from tests.money import adjusted

K = IncidentKind


def make(kind: IncidentKind, market: Marketplace, gateway: SimulatedGateway) -> Any:
    """What an incident of this kind is about, once it has happened."""
    account = payee(market, gateway)
    match kind:
        case K.CHARGEBACK:
            payment = completed(market).payment
            gateway.dispute(payment)
            return payment.id
        case K.FRAUD_WARNING:
            payment = assigned(market).payment
            gateway.warn(payment)
            return payment.id
        case K.CAPTURED_ELSEWHERE:
            held = send(market).payment
            gateway.capture_elsewhere(held)
            return held.id
        case K.REFUND_ELSEWHERE:
            payment = assigned(market).payment
            gateway.refund_elsewhere(payment, usd("10"))
            return payment.id
        case K.REVERSED_ELSEWHERE:
            payment = completed(market).payment
            rest(market)
            gateway.reverse_elsewhere(operations(market, payment, TransactionKind.TRANSFER)[0].id)
            return payment.id
        case K.PAYOUT_ELSEWHERE:
            completed(market)
            rest(market)
            gateway.pay_out_elsewhere(account, usd("50"))
            return None
        case K.REFUND_FAILED:
            payment = assigned(market, payment_method="pm_card_refundFail").payment
            issued = market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("10")))
            return issued.refund.id
        case _:
            raise AssertionError(kind)


@pytest.mark.covers("A153")
@pytest.mark.parametrize(
    "kind",
    [
        K.CHARGEBACK,
        K.FRAUD_WARNING,
        K.CAPTURED_ELSEWHERE,
        K.REFUND_ELSEWHERE,
        K.REVERSED_ELSEWHERE,
        K.PAYOUT_ELSEWHERE,
        K.REFUND_FAILED,
    ],
)
@on_both_stores
def test_each_kind_is_raised_once_however_often_it_is_told(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: IncidentKind
) -> None:
    with heard(market) as told:
        subject = make(kind, market, gateway)
        for _ in range(2):
            webhooks = gateway.webhooks()
            for webhook in (*webhooks, *reversed(webhooks)):
                market.receive(webhook.payload, webhook.headers)
            rest(market)
            clock.advance(hours=2)

    [raised] = market.query(ListIncidents(limit=500)).items
    assert (raised.kind, raised.status, raised.note) == (kind, IncidentStatus.OPEN, "")
    assert raised.subject == subject or subject is None
    assert told.names.count("incident.raised") == 1


def test_an_operation_that_is_stuck_is_an_incident_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    gateway.script(Capture, *[Outcome.TIMEOUT_BEFORE] * 500)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    for _ in range(60):
        clock.advance(hours=1)
        rest(market)

    [raised] = incidents(market, K.OPERATION_STUCK)
    assert raised.subject == operations(market, sent.payment, TransactionKind.CAPTURE)[0].id
    assert raised.detail == "capture"
    assert gateway.count(LookUp) > 30


def test_an_administrator_resolves_it_with_a_note(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    make(K.CHARGEBACK, market, gateway)
    hear(market, gateway)
    [raised] = market.query(ListIncidents()).items
    with heard(market) as told:
        resolved = market.execute(
            ResolveIncident(by=ADMIN, incident=raised.id, note="Evidence was sent.")
        )

    assert (resolved.status, resolved.note) == (IncidentStatus.RESOLVED, "Evidence was sent.")
    assert told.names == ["incident.resolved"]
    assert market.query(ListIncidents(status=IncidentStatus.OPEN)).items == ()
    with heard(market) as told:
        again = market.execute(ResolveIncident(by=ADMIN, incident=raised.id, note="Once more."))
    assert told.names == []
    assert again.note == "Evidence was sent."


@pytest.mark.parametrize("note", ["", " ", "x" * 2_001])
@on_one_store
def test_a_note_says_something(market: Marketplace, gateway: SimulatedGateway, note: str) -> None:
    make(K.CHARGEBACK, market, gateway)
    hear(market, gateway)
    [raised] = market.query(ListIncidents()).items

    with pytest.raises(InvalidInput):
        market.execute(ResolveIncident(by=ADMIN, incident=raised.id, note=note))
    assert now(market, raised).status is IncidentStatus.OPEN


@pytest.mark.parametrize("by", [a for a in EVERYBODY if a != ADMIN], ids=lambda a: a.id)
@on_one_store
def test_nobody_but_an_administrator_resolves_or_clears(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    payment = make(K.FRAUD_WARNING, market, gateway)
    hear(market, gateway)
    [raised] = market.query(ListIncidents()).items
    commands: list[Any] = [
        ResolveIncident(by=by, incident=raised.id, note="Fine."),
    ]
    if by != Actor.SYSTEM:
        commands.append(ClearPayment(by=by, payment=payment))
    for command in commands:
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(command)


def test_what_is_not_there_cannot_be_resolved(market: Marketplace) -> None:
    missing: Any = f"inc_{NONE_SUCH}"
    with pytest.raises(NotFound):
        market.execute(ResolveIncident(by=ADMIN, incident=missing, note="Which?"))


def test_a_flagged_payment_is_not_released_until_somebody_has_looked(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    warning = gateway.warn(accepted.payment)
    hear(market, gateway)
    flagged = now(market, accepted.payment)
    assert flagged.flagged == warning.id
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    assert refused.value.reason == "payment_under_review"

    with heard(market) as told:
        cleared = market.execute(ClearPayment(by=ADMIN, payment=flagged.id))
    assert (cleared.flagged, told.names) == (None, ["payment.cleared"])
    with heard(market) as told:
        assert market.execute(ClearPayment(by=ADMIN, payment=flagged.id)) == cleared
    assert told.names == []
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    assert now(market, flagged).status is PaymentStatus.RELEASED
    books_are_right(market, gateway)


def test_the_same_warning_does_not_flag_what_was_cleared(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = assigned(market).payment
    gateway.warn(payment)
    told = gateway.webhooks()
    for webhook in told:
        market.receive(webhook.payload, webhook.headers)
    flagged = now(market, payment)
    market.execute(ClearPayment(by=ADMIN, payment=payment.id))
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=payment.id, detail=str(flagged.flagged)))

    assert now(market, payment).flagged is None
    assert len(incidents(market, K.FRAUD_WARNING)) == 1


def test_another_warning_flags_it_again(market: Marketplace, gateway: SimulatedGateway) -> None:
    payment = assigned(market).payment
    first = gateway.warn(payment)
    hear(market, gateway)
    market.execute(ClearPayment(by=ADMIN, payment=payment.id))
    second = gateway.warn(payment)
    hear(market, gateway)

    assert now(market, payment).flagged == second.id
    assert {one.detail for one in incidents(market, K.FRAUD_WARNING)} == {first.id, second.id}


@on_both_stores
def test_a_second_warning_while_it_is_flagged_is_not_forgotten(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = assigned(market).payment
    gateway.warn(payment)
    hear(market, gateway)
    second = gateway.warn(payment)
    hear(market, gateway)

    assert second.id in {one.detail for one in incidents(market, K.FRAUD_WARNING)}


@on_both_stores
def test_a_review_that_ends_well_does_not_clear_another_warning(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    flag = FlagPayment(by=Actor.SYSTEM, payment=accepted.payment.id, detail="prv_1")
    market.execute(flag)
    gateway.warn(accepted.payment)
    hear(market, gateway)
    clear = ClearPayment(by=Actor.SYSTEM, payment=accepted.payment.id, detail="prv_1")
    with heard(market) as told:
        market.execute(clear)
    with nothing_changes(market, gateway):
        market.execute(clear)

    assert told.names == ["payment.still_flagged"]
    with pytest.raises(Refused):
        market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    market.execute(ClearPayment(by=ADMIN, payment=accepted.payment.id))
    assert market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id)).job.status == "completed"


def test_a_warning_of_what_is_released_is_an_incident_and_no_flag(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    gateway.warn(payment)
    hear(market, gateway)

    assert now(market, payment).flagged is None
    assert [one.subject for one in incidents(market, K.FRAUD_WARNING)] == [payment.id]


@on_both_stores
def test_a_flagged_payment_that_is_all_lost_does_not_keep_its_job_open(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    gateway.warn(accepted.payment)
    gateway.lose(gateway.dispute(accepted.payment).id)
    hear(market, gateway)
    market.execute(ClearPayment(by=ADMIN, payment=accepted.payment.id))

    assert market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id)).job.status == "completed"


def test_what_was_never_held_is_cleared_without_effect(market: Marketplace) -> None:
    payment = payment_of(market, declined(market))
    with heard(market) as told:
        assert market.execute(ClearPayment(by=ADMIN, payment=payment.id)) == payment
    assert told.names == []


@on_both_stores
def test_what_was_written_off_is_not_asked_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    payment = completed(market).payment
    rest(market)
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
    rest(market)
    clock.advance(days=3)
    hear(market, gateway)
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("500")))
    hear(market, gateway)
    adjusted(market, "write_off", "350")
    completed(market)
    hear(market, gateway)
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("10")))
    hear(market, gateway)

    assert market.wallet(CONTRACTOR.id, "USD").available == usd("693")
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("693")


def test_a_dead_webhook_is_an_incident_of_that_webhook(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.dispute(assigned(market).payment)
    gateway.script(Inspect, *[Outcome.TIMEOUT_BEFORE] * 10)
    [opened] = [one for one in gateway.webhooks() if b"dispute.created" in one.payload]
    received = market.receive(opened.payload, opened.headers)
    clock.advance(days=4)
    market.work()

    [raised] = incidents(market, K.WEBHOOK_DEAD)
    assert raised.subject == received.id
    assert "GatewayUnavailable" in str(market.query(GetWebhook(received.id)).failure)
