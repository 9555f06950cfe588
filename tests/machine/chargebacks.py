"""The payer's bank wants its money back, and the card network decides."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import Chargeback, Payment
from tests.machine.house import House
from tests.machine.machine import NUMBER, PERCENT, Machine, part_of, there_is
from tests.machine.refunds import taken

BEGUN: dict[str, dict[str, Any]] = {
    "asks": {"inquiry": True},
    "takes": {},
    "will take": {"withdrawn": False},
}
ENDS = ("win", "lose", "close_inquiry")


@there_is(Payment)
@rule(number=NUMBER, percent=PERCENT, how=st.sampled_from([*BEGUN]), is_heard=st.booleans())
def bank_disputes(machine: Machine, number: int, percent: int, how: str, is_heard: bool) -> None:
    paid = taken(machine, number)
    amount = part_of(paid.amount, percent)
    machine.happens("dispute", paid, amount=amount, **BEGUN[how])
    if is_heard:
        machine.both(House.hear)


@there_is(Chargeback)
@rule(number=NUMBER, what=st.sampled_from(("escalate", "withdraw", "review", *ENDS * 2)))
def chargeback_goes_on(machine: Machine, number: int, what: Any) -> None:
    """`lose`, then `win`: it was decided, and is overturned."""
    taken_back = machine.prefer(Chargeback, number, lambda one: not one.is_decided)
    machine.outside(lambda house: decided(house, taken_back, what))


def decided(house: House, chargeback: Chargeback, what: str) -> None:
    """The bank does it, to what this house's processor calls so."""
    name = house.get(Chargeback, chargeback.id).gateway_id
    getattr(house.gateway, what)(name)
