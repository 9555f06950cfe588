"""Money back: by the staff, at the processor's own pages, and back again from the bank."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import ClearPayment, IssueRefund, Payment, PaymentStatus, Refund
from tests.machine.house import House
from tests.machine.machine import ADMIN, NUMBER, PERCENT, Machine, part_of, said_by, there_is

HELD = (PaymentStatus.CAPTURED, PaymentStatus.RELEASED)


def taken(machine: Machine, number: int) -> Payment:
    """A payment that was captured, if there is one."""
    return machine.prefer(Payment, number, lambda one: one.status in HELD)


@there_is(Payment)
@rule(number=NUMBER, role=said_by("admin", "service"), percent=PERCENT)
def issue_refund(machine: Machine, number: int, role: str, percent: int) -> None:
    paid = taken(machine, number)
    amount = part_of(paid.amount, percent)
    machine.say(IssueRefund(by=machine.who(role, paid), payment=paid.id, amount=amount))


@there_is(Payment)
@rule(number=NUMBER, percent=PERCENT)
def refund_elsewhere(machine: Machine, number: int, percent: int) -> None:
    paid = taken(machine, number)
    amount = part_of(paid.amount, percent)
    machine.happens("refund_elsewhere", paid, amount=amount)


@there_is(Refund)
@rule(number=NUMBER, is_fine=st.booleans())
def bank_answers_refund(machine: Machine, number: int, is_fine: bool) -> None:
    """The payer's bank sends it back, or has it."""
    refund = machine.pick(Refund, number)

    def act(house: House) -> None:
        name = house.get(Refund, refund.id).gateway_id
        if name is not None:
            (house.gateway.settle_refund if is_fine else house.gateway.fail_refund)(name)

    machine.outside(act)


@there_is(Payment)
@rule(number=NUMBER)
def warn_of_fraud(machine: Machine, number: int) -> None:
    """The issuer of the card has its doubts."""
    machine.happens("warn", taken(machine, number))


@there_is(Payment)
@rule(number=NUMBER)
def clear_payment(machine: Machine, number: int) -> None:
    """Somebody has looked at what was flagged."""
    paid = machine.prefer(Payment, number, lambda one: one.flagged is not None)
    machine.say(ClearPayment(by=ADMIN, payment=paid.id))
