"""Administrators adjust wallets and take credit back, two of them at a time."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    Actor,
    Adjustment,
    AdjustmentKind,
    AdjustmentStatus,
    ApproveAdjustment,
    Credit,
    Money,
    ProposeAdjustment,
    RejectAdjustment,
    Wallet,
)
from tests.machine.machine import (
    ADMIN,
    CONTRACTORS,
    CUSTOMERS,
    NOBODY,
    NUMBER,
    PERCENT,
    Machine,
    part_of,
    said_by,
    there_is,
)

CHECKER = Actor.admin("adm_2")
KINDS = AdjustmentKind
SOME = Money("500", "USD")


@rule(
    owner=st.sampled_from((*CONTRACTORS, *CUSTOMERS)),
    kind=st.sampled_from(KINDS),
    percent=PERCENT,
    is_approved=st.sampled_from((True, True, False)),
)
def propose_adjustment(
    machine: Machine, owner: Actor, kind: AdjustmentKind, percent: int, is_approved: bool
) -> None:
    """Some of what they have or owe, or some dollars; mostly the other one agrees at once."""
    bases = dict.fromkeys(KINDS, SOME)
    for wallet in machine.sight.of(Wallet, owner=owner.id, currency="USD"):
        bases[KINDS.DEBIT] = max(wallet.available, Money("50", "USD"))
        bases[KINDS.WRITE_OFF] = wallet.receivable
    for credit in machine.sight.of(Credit, customer=owner.id, currency="USD"):
        bases[KINDS.TAKE_CREDIT] = max(credit.available, Money("1", "USD"))
    amount = part_of(bases[kind], percent)
    proposal = ProposeAdjustment(by=ADMIN, owner=owner.id, amount=amount, kind=kind, reason="Fair")
    if machine.say(proposal) == "ok" and is_approved:
        newest = machine.pick(Adjustment, 0)
        machine.say(ApproveAdjustment(by=CHECKER, adjustment=newest.id))


@there_is(Adjustment)
@rule(number=NUMBER, agrees=st.booleans(), role=said_by("admin"), is_other=st.booleans())
def decide_adjustment(
    machine: Machine, number: int, agrees: bool, role: str, is_other: bool
) -> None:
    adjustment = machine.prefer(Adjustment, number, _waits)
    by = CHECKER if is_other else ADMIN if role == "admin" else NOBODY
    if agrees:
        machine.say(ApproveAdjustment(by=by, adjustment=adjustment.id))
    else:
        machine.say(RejectAdjustment(by=by, adjustment=adjustment.id, reason="No"))


def _waits(adjustment: Adjustment) -> bool:
    return adjustment.status is AdjustmentStatus.PROPOSED
