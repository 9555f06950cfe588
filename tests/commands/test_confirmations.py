"""Payments beside an offer that their customer should confirm: in time, late, and never."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    Actor,
    CancelJob,
    CancelMilestone,
    CompleteJob,
    ErasePerson,
    ExpireConfirmation,
    Forbidden,
    IncidentKind,
    JobPayment,
    Marketplace,
    MilestoneFunding,
    NotFound,
    PayExtra,
    Payment,
    PaymentDeclined,
    PaymentId,
    PaymentStatus,
    PayTip,
    Reason,
    Refused,
    RejectOffer,
    TransactionKind,
    TransactionStatus,
)
from marketpay.domain.timer import TimerKind
from marketpay.ports.gateway import Capture, LookUp, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    FOR_EVER,
    NONE_SUCH,
    SERVICE,
    books_are_right,
    heard,
    in_progress,
    nothing_changes,
    now,
    operations,
    send,
    usd,
)
from tests.hearing import hear, incidents, rest
from tests.milestones import fund, in_parts

SYSTEM = Actor.SYSTEM
KINDS = pytest.mark.parametrize("kind", ["extra", "tip", "milestone"])
Asked = JobPayment | MilestoneFunding


def asked_for(market: Marketplace, kind: str, *, key: str | None = None) -> Asked:
    """A payment beside an offer, which its customer should confirm."""
    if kind == "milestone":
        _, (_, second) = in_parts(market, "500", "50")
        paid: Asked = fund(market, second, payment_method=ASKING)
    else:
        job, pay = in_progress(market).job, PayTip if kind == "tip" else PayExtra
        command: Any = pay(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=ASKING)
        paid = market.execute(command, key=key)
    assert paid.payment.status is PaymentStatus.AWAITING_CONFIRMATION
    return paid


def timers_of(market: Marketplace, payment: Payment) -> list[str]:
    """What waits for the confirmation."""
    due = market.store.read(lambda records: records.due(FOR_EVER, limit=500))
    mine = (one for one in due if one.subject == payment.id)
    return [one.due_at.isoformat() for one in mine if one.kind is TimerKind.CONFIRMATION]


def how_it_came(market: Marketplace, payment: Payment) -> tuple[str, str | None]:
    """Its status, and why."""
    came = now(market, payment)
    return came.status.value, came.failure


@KINDS
def test_what_nobody_confirms_fails_after_a_day_and_is_let_go(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str
) -> None:
    payment = asked_for(market, kind).payment
    clock.advance(hours=23)
    rest(market)
    assert now(market, payment).status is PaymentStatus.AWAITING_CONFIRMATION
    clock.advance(hours=1)
    with heard(market) as told:
        rest(market)
    assert how_it_came(market, payment) == ("failed", "not_confirmed")
    assert told.names.count("payment.failed") == 1
    [hold] = operations(market, payment, TransactionKind.AUTHORIZE)
    [void] = operations(market, payment, TransactionKind.VOID)
    assert (hold.status, hold.failure) == (TransactionStatus.FAILED, "not_confirmed")
    assert void.status is TransactionStatus.SUCCESS
    assert timers_of(market, payment) == []
    books_are_right(market, gateway)

    looked = gateway.count(LookUp)
    clock.advance(days=30)
    rest(market)
    assert gateway.count(LookUp) == looked


@KINDS
def test_it_keeps_nobody_from_being_forgotten(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str
) -> None:
    payment = asked_for(market, kind).payment
    market.execute(CancelJob(by=ADMIN, job=payment.job))
    hear(market, gateway)
    clock.advance(days=1)
    hear(market, gateway)
    for person in (CONTRACTOR, CUSTOMER):
        market.execute(ErasePerson(by=SERVICE, person=person.id))
    books_are_right(market, gateway)


def test_a_milestone_can_be_funded_anew(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    asked = asked_for(market, "milestone")
    assert isinstance(asked, MilestoneFunding)
    clock.advance(days=1)
    with heard(market) as told:
        rest(market)
    assert "milestone.funding_failed" in told.names
    unpaid = now(market, asked.milestone)
    assert (unpaid.status.value, unpaid.payment) == ("pending", None)
    assert fund(market, unpaid).milestone.status == "funded"
    assert how_it_came(market, asked.payment) == ("failed", "not_confirmed")
    books_are_right(market, gateway)


@KINDS
def test_what_was_confirmed_in_time_stays(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str
) -> None:
    payment = asked_for(market, kind).payment
    gateway.confirm(payment.id)
    hear(market, gateway)
    paid = now(market, payment)
    assert paid.gateway_charge
    clock.advance(days=1)
    rest(market)
    assert now(market, payment) == paid
    assert timers_of(market, payment) == []
    assert market.execute(ExpireConfirmation(by=SYSTEM, payment=payment.id)) == paid
    assert operations(market, payment, TransactionKind.VOID) == []
    books_are_right(market, gateway)


@KINDS
def test_what_was_refused_stays_refused(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str
) -> None:
    payment = asked_for(market, kind).payment
    gateway.fail_confirmation(payment.id)
    hear(market, gateway)
    refused = now(market, payment)
    assert refused.status is PaymentStatus.FAILED
    clock.advance(days=1)
    rest(market)
    assert now(market, payment) == refused
    assert refused.failure != "not_confirmed"


@pytest.mark.parametrize("how", ["anew", "cancelled"])
def test_what_made_way_for_another_is_let_go_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, how: str
) -> None:
    asked = asked_for(market, "milestone")
    assert isinstance(asked, MilestoneFunding)
    if how == "anew":
        fund(market, asked.milestone)
    else:
        market.execute(CancelMilestone(by=CUSTOMER, milestone=asked.milestone.id))
    rest(market)
    clock.advance(days=1)
    hear(market, gateway)
    assert how_it_came(market, asked.payment) == ("canceled", None)
    assert len(operations(market, asked.payment, TransactionKind.VOID)) == 1
    assert now(market, asked.milestone).status == ("funded" if how == "anew" else "cancelled")
    books_are_right(market, gateway)


@KINDS
@pytest.mark.parametrize("is_told", [True, False])
def test_what_is_confirmed_too_late_is_let_go(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    kind: str,
    *,
    is_told: bool,
) -> None:
    payment = asked_for(market, kind).payment
    clock.advance(days=1)
    market.execute(ExpireConfirmation(by=SYSTEM, payment=payment.id))
    gateway.confirm(payment.id)  # before it is let go
    if is_told:
        hear(market, gateway)
    rest(market)
    assert how_it_came(market, payment) == ("failed", "not_confirmed")
    assert gateway.held("USD") == usd("0")
    assert gateway.effects(Capture) == 1
    books_are_right(market, gateway)


@KINDS
def test_what_is_captured_elsewhere_while_it_is_let_go_is_an_incident(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str
) -> None:
    payment = asked_for(market, kind).payment
    clock.advance(days=1)
    market.execute(ExpireConfirmation(by=SYSTEM, payment=payment.id))
    gateway.confirm(payment.id)
    gateway.capture_elsewhere(payment.id)
    hear(market, gateway)
    assert how_it_came(market, payment) == ("failed", "not_confirmed")
    [raised] = incidents(market, IncidentKind.VOID_FAILED)
    assert raised.subject == payment.id


@KINDS
def test_it_does_not_wait_for_a_gateway_that_will_not_let_go(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: str
) -> None:
    payment = asked_for(market, kind).payment
    gateway.script(Void, Outcome.DECLINE)
    clock.advance(days=1)
    rest(market)
    assert how_it_came(market, payment) == ("failed", "not_confirmed")
    [raised] = incidents(market, IncidentKind.VOID_FAILED)
    assert raised.subject == payment.id


def test_an_unwanted_one_that_the_gateway_did_not_let_go_of_ends_too(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    asked = asked_for(market, "milestone")
    assert isinstance(asked, MilestoneFunding)
    gateway.script(Void, Outcome.DECLINE)
    market.execute(CancelMilestone(by=CUSTOMER, milestone=asked.milestone.id))
    rest(market)
    assert now(market, asked.payment).status is PaymentStatus.AWAITING_CONFIRMATION
    clock.advance(days=1)
    rest(market)
    assert how_it_came(market, asked.payment) == ("failed", "not_confirmed")
    assert now(market, asked.milestone).status == "cancelled"
    assert len(incidents(market, IncidentKind.VOID_FAILED)) == 1


def test_an_extra_of_a_job_that_is_completed_meanwhile_ends_too(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = asked_for(market, "extra").payment
    market.execute(CompleteJob(by=CUSTOMER, job=payment.job))
    clock.advance(days=1)
    hear(market, gateway)
    assert how_it_came(market, payment) == ("failed", "not_confirmed")
    books_are_right(market, gateway)


def test_the_same_key_hears_that_it_was_not_confirmed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    asked = asked_for(market, "extra", key="extra 1")
    clock.advance(days=1)
    rest(market)
    again = PayExtra(by=CUSTOMER, job=asked.payment.job, amount=usd("50"), payment_method=ASKING)
    with pytest.raises(PaymentDeclined) as declined:
        market.execute(again, key="extra 1")
    assert declined.value.decline_code == "not_confirmed"


@on_one_store
def test_the_time_is_the_rules(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(confirm_within=timedelta(hours=1))
    payment = asked_for(market, "tip").payment
    later = open_market(confirm_within=timedelta(hours=3))
    clock.advance(hours=1)
    rest(later)  # the rules were changed meanwhile
    assert now(later, payment).status is PaymentStatus.AWAITING_CONFIRMATION
    assert timers_of(later, payment) == [(clock() + timedelta(hours=2)).isoformat()]
    clock.advance(hours=2)
    rest(later)
    assert how_it_came(later, payment) == ("failed", "not_confirmed")


def test_only_the_library_says_that_the_time_is_over(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = asked_for(market, "tip").payment
    for by in (CUSTOMER, CONTRACTOR, ADMIN, SERVICE):
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(ExpireConfirmation(by=by, payment=payment.id))
    nobody = ExpireConfirmation(by=SYSTEM, payment=PaymentId(f"pay_{NONE_SUCH}"))
    with nothing_changes(market, gateway), pytest.raises(NotFound):
        market.execute(nobody)


def test_an_offer_waits_until_one_of_its_parties_ends_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, payment_method=ASKING)
    clock.advance(days=30)
    hear(market, gateway)
    assert now(market, sent.payment).status is PaymentStatus.AWAITING_CONFIRMATION
    with pytest.raises(Refused) as refused:
        market.execute(ErasePerson(by=SERVICE, person=CONTRACTOR.id))
    assert refused.value.reason is Reason.PERSON_ACTIVE
    market.execute(RejectOffer(by=CONTRACTOR, offer=sent.offer.id))
    hear(market, gateway)
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    market.execute(ErasePerson(by=SERVICE, person=CONTRACTOR.id))
