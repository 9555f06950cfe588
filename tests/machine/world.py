"""Time passes, workers work, webhooks arrive, answers are lost."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay.ports.gateway import (
    Authorize,
    Capture,
    OpenAccount,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Void,
)
from marketpay.testing import Outcome
from tests.machine.house import House
from tests.machine.machine import Machine

LOST = (Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER)
FATES = {
    **dict.fromkeys(
        (Authorize, RefundPayment, Transfer, ReverseTransfer, PayOut, OpenAccount, StartCheckout),
        (*LOST, Outcome.DECLINE),
    ),
    Capture: (*LOST, Outcome.DECLINE, Outcome.HOLD_GONE),
    Void: (*LOST, Outcome.HOLD_GONE),
}
TROUBLE = [(request, fate) for request, fates in FATES.items() for fate in fates]


@rule(trouble=st.sampled_from(TROUBLE))
def something_will_fail(machine: Machine, trouble: Any) -> None:
    """The next request of that kind."""
    request, fate = trouble
    machine.both(lambda house: house.gateway.script(request, fate))


@rule(hours=st.sampled_from((1, 25, 49, 24 * 8)), is_worked=st.booleans())
def time_passes(machine: Machine, hours: int, is_worked: bool) -> None:
    machine.clock.advance(hours=hours)
    if is_worked:
        machine.settle()


@rule()
def work(machine: Machine) -> None:
    machine.both(House.work)


@rule()
def hear(machine: Machine) -> None:
    machine.both(House.hear)


@rule()
def all_goes_well_for_some_days(machine: Machine) -> None:
    for _ in range(3):
        machine.settle()
        machine.clock.advance(days=1)
    machine.settle()
