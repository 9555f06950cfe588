"""What is paid beside an offer: extras and tips."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import Job, Money, PayExtra, PayTip
from tests.machine.machine import CARD, CARDS, NUMBER, Machine, said_by, there_is

AMOUNT = st.sampled_from((1, 7, 250, 1001)).map(lambda minor: Money.from_minor(minor, "USD"))


@there_is(Job)
@rule(number=NUMBER, role=said_by("customer"), amount=AMOUNT, card=CARD)
def pay_extra(machine: Machine, number: int, role: str, amount: Money, card: str) -> None:
    job = machine.prefer(Job, number, _is_assigned)
    by, method = machine.who(role, job), CARDS[card]
    machine.say(PayExtra(by=by, job=job.id, amount=amount, payment_method=method))


@there_is(Job)
@rule(number=NUMBER, role=said_by("customer"), amount=AMOUNT, card=CARD)
def pay_tip(machine: Machine, number: int, role: str, amount: Money, card: str) -> None:
    job = machine.prefer(Job, number, _is_assigned)
    by, method = machine.who(role, job), CARDS[card]
    machine.say(PayTip(by=by, job=job.id, amount=amount, payment_method=method))


def _is_assigned(job: Job) -> bool:
    return job.contractor is not None
