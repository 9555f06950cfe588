"""Adjustments among all that moves a contractor's money, more often than chance mixes them.

What is done is the money machine's, to one contractor, and what must hold in the end is too.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay import AdjustmentKind, CancellationPolicy
from marketpay.testing import Outcome
from tests.deals import CONTRACTOR
from tests.test_money_machine import BUDGET, CARDS, PARTS, MoneyMachine

Act = Callable[[MoneyMachine, list[Any], int], Any]
KINDS = AdjustmentKind


def _deal(machine: MoneyMachine, deals: list[Any], percent: int) -> None:
    card, minor = CARDS[0], 1_000 * percent
    deals.append(machine.strike_a_deal(CONTRACTOR, minor, card, started=True, done=True))


def _adjust(kind: AdjustmentKind) -> Act:
    return lambda machine, _deals, percent: machine.adjust(CONTRACTOR, kind, percent, waits=False)


def _failing(what: str, fate: Outcome) -> Act:
    return lambda machine, _deals, _percent: machine.something_will_fail(what, fate)


def _rests(machine: MoneyMachine, _deals: list[Any], percent: int) -> None:
    machine.settle()
    machine.clock.advance(hours=percent)
    machine.settle()


def _reversed_elsewhere(machine: MoneyMachine, _deals: list[Any], percent: int) -> None:
    machine.reverse_elsewhere(percent, percent)


def _lost(machine: MoneyMachine, deals: list[Any], percent: int) -> None:
    opened = machine.dispute(deals[-1], percent, "w")
    if isinstance(opened, str):
        machine.a_dispute_is_decided(opened, "lose")


ACTS: dict[str, Act] = {
    "a deal": _deal,
    "another deal": _deal,
    "a credit": _adjust(KINDS.CREDIT),
    "a debit": _adjust(KINDS.DEBIT),
    "a write-off": _adjust(KINDS.WRITE_OFF),
    "a refund": lambda machine, deals, percent: machine.refund(deals[-1], percent),
    "a loss": _lost,
    "a withdrawal": lambda machine, _deals, percent: machine.withdraw(CONTRACTOR, percent),
    "no withdrawal": lambda machine, _deals, _percent: machine.call_a_withdrawal_off(CONTRACTOR),
    "a payout elsewhere": lambda machine, _deals, part: machine.pay_out_elsewhere(CONTRACTOR, part),
    "a reversal elsewhere": _reversed_elsewhere,
    "a transfer refused": _failing("transfer", Outcome.DECLINE),
    "a transfer unanswered": _failing("transfer", Outcome.TIMEOUT_AFTER),
    "a payout refused": _failing("payout", Outcome.DECLINE),
    "some work": lambda machine, _deals, _percent: machine.work(),
    "some rest": _rests,
    "more rest": _rests,
}


@settings(max_examples=200, **BUDGET)
@given(
    acts=st.lists(st.tuples(st.sampled_from(sorted(ACTS)), PARTS), min_size=3, max_size=25),
    transfers=st.sampled_from(("on_release", "on_withdrawal", "scheduled")),
    liability=st.sampled_from(("contractor", "platform")),
    clears=st.sampled_from((0, 2)),
    is_rich=st.booleans(),
)
def test_everybody_gets_what_their_wallet_shows(
    acts: list[tuple[str, int]], transfers: str, liability: str, clears: int, is_rich: bool
) -> None:
    machine: Any = MoneyMachine()
    machine.open(
        transfers=transfers,
        settles=0,
        liability=liability,
        clears=clears,
        is_rich=is_rich,
        policy=CancellationPolicy(),
    )
    deals: list[Any] = []
    _deal(machine, deals, 100)
    for name, percent in acts:
        ACTS[name](machine, deals, percent)
        machine.the_ledger_holds()
        machine.nothing_is_below_zero()
    machine.teardown()
