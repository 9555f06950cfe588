"""Customers are given credit, pay with it, and redeem points for more."""

from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    Actor,
    Credit,
    GrantCredit,
    Job,
    JobStatus,
    Money,
    Offer,
    RedeemPoints,
    ReviseOffer,
    SendOffer,
)
from tests.credits import pts
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
from tests.machine.offers import is_open

CREDIT = st.sampled_from((None, None, 1, 50, 100))  # percent of what there is
PRICE = st.sampled_from((2, 99, 1001, 3335, 100_000))
GIVEN = st.sampled_from((1, 500, 4000, 33_333)).map(lambda minor: Money.from_minor(minor, "USD"))


def some_credit(machine: Machine, customer: str, price: int, percent: int | None) -> Money | None:
    """That part of what they have, or of what it may pay; a cent where they have nothing."""
    if percent is None or price < 2:
        return None
    mine = machine.sight.of(Credit, customer=customer, currency="USD")
    there = mine[0].available.minor if mine else 0
    return Money.from_minor(max(min(there, price - 1) * percent // 100, 1), "USD")


@rule(
    to=st.sampled_from(CUSTOMERS),
    amount=GIVEN,
    days=st.sampled_from((None, None, 1, 3, 8)),
    role=said_by("admin", "service"),
)
def grant_credit(machine: Machine, to: Actor, amount: Money, days: int | None, role: str) -> None:
    until = None if days is None else machine.clock() + timedelta(days=days)
    by = machine.who(role, machine.pick(Job, 0))
    given = GrantCredit(by=by, customer=to.id, amount=amount, reason="Welcome", expires_at=until)
    machine.say(given)


@there_is(Job, status=JobStatus.OPEN)
@rule(
    number=NUMBER, to=st.sampled_from(CONTRACTORS), cents=PRICE, card=CARD,
    percent=st.sampled_from((1, 50, 100)),
)  # fmt: skip
def offer_with_credit(
    machine: Machine, number: int, to: Actor, cents: int, card: str, percent: int
) -> None:
    job = machine.pick(Job, number, status=JobStatus.OPEN)
    machine.say(
        SendOffer(
            by=machine.who("customer", job), job=job.id, contractor=to.id,
            price=Money.from_minor(cents, "USD"), payment_method=CARDS[card],
            credit=some_credit(machine, job.customer, cents, percent),
        )
    )  # fmt: skip


@there_is(Offer)
@rule(number=NUMBER, role=said_by("customer"), cents=PRICE, card=CARD, percent=CREDIT)
def revise_with_credit(
    machine: Machine, number: int, role: str, cents: int, card: str, percent: int | None
) -> None:
    offer = machine.prefer(Offer, number, is_open)
    machine.say(
        ReviseOffer(
            by=machine.who(role, offer), offer=offer.id, payment_method=CARDS[card],
            price=Money.from_minor(cents, "USD"),
            credit=some_credit(machine, offer.customer, cents, percent),
        )
    )  # fmt: skip


@rule(
    by=st.sampled_from(CUSTOMERS),
    to=st.sampled_from(CONTRACTORS),
    cents=PRICE,
    steps=st.sampled_from((1, 2, 3, 5)),
    card=st.sampled_from(("good", "good", "lost refund", "slow refund", "asking")),
)
def strike_with_credit(
    machine: Machine, by: Actor, to: Actor, cents: int, steps: int, card: str
) -> None:
    """All at once, as otherwise few would ever be hired."""
    credit, price = some_credit(machine, by.id, cents, 50), Money.from_minor(cents, "USD")
    machine.strike(by, to, price, CARDS[card], steps, credit=credit)


@rule(by=st.sampled_from(CUSTOMERS), points=st.sampled_from((1, 70, 2000)))
def redeem_points(machine: Machine, by: Actor, points: int) -> None:
    machine.say(RedeemPoints(by=by, points=pts(points), currency="USD"))
