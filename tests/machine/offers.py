"""Offers are sent, paid, negotiated, accepted, turned down."""

from datetime import timedelta
from operator import attrgetter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    AcceptOffer,
    Actor,
    Application,
    CounterOffer,
    Job,
    JobStatus,
    Money,
    Offer,
    Payment,
    PaymentStatus,
    PayOffer,
    RejectOffer,
    ReviseOffer,
    SendOffer,
    WithdrawOffer,
)
from tests.machine.machine import (
    CARD,
    CARDS,
    CONTRACTORS,
    CUSTOMERS,
    NUMBER,
    Machine,
    said_by,
    there_is,
)

PRICE = st.sampled_from((1, 3, 99, 1001, 3335, 100_000)).map(lambda n: Money.from_minor(n, "USD"))
is_open = attrgetter("is_open")
HOURS = st.sampled_from((None, None, None, 1, 30, 24 * 9))


@there_is(Job, status=JobStatus.OPEN)
@rule(number=NUMBER, to=st.sampled_from(CONTRACTORS), price=PRICE, card=CARD, hours=HOURS)
def send_offer(
    machine: Machine, number: int, to: Actor, price: Money, card: str, hours: int | None
) -> None:
    job = machine.pick(Job, number, status=JobStatus.OPEN)
    until = None if hours is None else machine.clock() + timedelta(hours=hours)
    machine.say(
        SendOffer(
            by=machine.who("customer", job), job=job.id, contractor=to.id, price=price,
            payment_method=CARDS[card], expires_at=until,
        )
    )  # fmt: skip


@there_is(Application)
@rule(number=NUMBER, price=PRICE, card=CARD, role=said_by("customer"))
def offer_to_applicant(machine: Machine, number: int, price: Money, card: str, role: str) -> None:
    application = machine.pick(Application, number)
    job = machine.sight.get(Job, application.job)
    machine.say(
        SendOffer(
            by=machine.who(role, job), job=job.id, application=application.id, price=price,
            payment_method=CARDS[card],
        )
    )  # fmt: skip


@there_is(Offer)
@rule(number=NUMBER, card=CARD, role=said_by("customer"))
def pay_offer(machine: Machine, number: int, card: str, role: str) -> None:
    offer = machine.prefer(Offer, number, is_open)
    command = PayOffer(by=machine.who(role, offer), offer=offer.id, payment_method=CARDS[card])
    machine.say(command)


@there_is(Payment, status=PaymentStatus.AWAITING_CONFIRMATION)
@rule(number=NUMBER, passes=st.sampled_from((True, True, False)), is_heard=st.booleans())
def confirm_payment(machine: Machine, number: int, passes: bool, is_heard: bool) -> None:
    paid = machine.pick(Payment, number, status=PaymentStatus.AWAITING_CONFIRMATION)
    machine.happens("confirm" if passes else "fail_confirmation", paid)
    if is_heard:
        machine.settle()


@there_is(Offer)
@rule(number=NUMBER, role=said_by("contractor"), price=PRICE)
def counter_offer(machine: Machine, number: int, role: str, price: Money) -> None:
    offer = machine.prefer(Offer, number, is_open)
    machine.say(CounterOffer(by=machine.who(role, offer), offer=offer.id, price=price))


@there_is(Offer)
@rule(number=NUMBER, role=said_by("customer"), price=PRICE, card=CARD, hours=HOURS)
def revise_offer(
    machine: Machine, number: int, role: str, price: Money, card: str, hours: int | None
) -> None:
    """To what the contractor asks for, if they do, in their parts."""
    offer = machine.prefer(Offer, number, is_open)
    parts = () if offer.counter_plan is None else offer.counter_plan.parts
    until = None if hours is None else machine.clock() + timedelta(hours=hours)
    machine.say(
        ReviseOffer(
            by=machine.who(role, offer), offer=offer.id, price=offer.counter or price,
            milestones=parts, payment_method=CARDS[card], expires_at=until,
        )
    )  # fmt: skip


@there_is(Offer)
@rule(number=NUMBER, role=said_by("contractor"))
def accept_offer(machine: Machine, number: int, role: str) -> None:
    offer = machine.prefer(Offer, number, is_open)
    machine.say(AcceptOffer(by=machine.who(role, offer), offer=offer.id))


@there_is(Offer)
@rule(number=NUMBER, what=st.sampled_from((RejectOffer, WithdrawOffer)), is_right=st.booleans())
def end_offer(machine: Machine, number: int, what: Any, is_right: bool) -> None:
    offer = machine.prefer(Offer, number, is_open)
    role = "contractor" if is_right is (what is RejectOffer) else "customer"
    machine.say(what(by=machine.who(role, offer), offer=offer.id))


@there_is(Payment, status=PaymentStatus.AUTHORIZED)
@rule(number=NUMBER, is_canceled=st.booleans())
def hold_is_let_go(machine: Machine, number: int, is_canceled: bool) -> None:
    """By the payer's bank, or at the processor's own pages."""
    held = machine.pick(Payment, number, status=PaymentStatus.AUTHORIZED)
    machine.happens("cancel_elsewhere" if is_canceled else "expire", held)


@rule(
    by=st.sampled_from(CUSTOMERS),
    to=st.sampled_from(CONTRACTORS),
    price=PRICE,
    card=CARD,
    steps=st.integers(1, 5),
)
def strike_a_deal(
    machine: Machine, by: Actor, to: Actor, price: Money, card: str, steps: int
) -> None:
    """A deal as most are, as far as it goes: that many steps, if the card is good."""
    machine.strike(by, to, price, CARDS[card], steps)
