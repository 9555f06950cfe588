"""Whatever is asked of the simulated processor, no money is made or lost: a random walk."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay.testing.processor_values import (
    PLATFORM,
    Charge,
    Checkout,
    Dispute,
    Movement,
    Payment,
    PaymentStatus,
    Payout,
    PayoutStatus,
    Record,
    Refund,
    RefundStatus,
    Settlement,
    Transfer,
)
from marketpay.testing.terms import Fees
from tests.processors import Bank

CARDS = ("visa", "pendingRefund", "refundFail", "createDispute", "chargeDeclined", "bypassPending")
Step = tuple[str, int, int, bool]


class Walk:
    """A processor, and whatever somebody might do to it, sensible or not."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.accounts = [bank.account(f"ctr_{n}").id for n in range(2)]

    def take(self, step: Step) -> None:
        """Do one thing to one of the last few that there are."""
        what, amount, pick, flag = step
        getattr(self, f"do_{what}")(amount, pick, flag)

    def some(self, kind: type[Record], pick: int) -> str:
        """The id of one of that kind, or of nothing."""
        found = self.bank.page(kind, limit=4)
        return found[pick % len(found)].id if found else "nothing"

    def do_hold(self, amount: int, pick: int, flag: bool) -> None:
        card = f"pm_card_{CARDS[pick % len(CARDS)]}"
        held = self.bank.authorize(amount=amount, currency="USD", method=card)
        if flag and isinstance(held, Payment):
            self.bank.capture(held.id)

    def do_capture(self, amount: int, pick: int, flag: bool) -> None:
        part = amount if flag else None
        self.bank.capture(self.some(Payment, pick), amount=part, currency="USD")

    def do_cancel(self, amount: int, pick: int, flag: bool) -> None:
        self.bank.cancel(self.some(Payment, pick))

    def do_refund(self, amount: int, pick: int, flag: bool) -> None:
        self.bank.refund(self.some(Payment, pick), amount=amount if flag else None)

    def do_fail_refund(self, amount: int, pick: int, flag: bool) -> None:
        self.bank.fail_refund(self.some(Refund, pick))

    def do_transfer(self, amount: int, pick: int, flag: bool) -> None:
        source = self.some(Charge, pick) if flag else None
        to = self.accounts[pick % 2]
        self.bank.transfer(account=to, amount=amount, currency="USD", source=source)

    def do_reverse(self, amount: int, pick: int, flag: bool) -> None:
        self.bank.reverse(self.some(Transfer, pick), amount=amount if flag else None)

    def do_pay_out(self, amount: int, pick: int, flag: bool) -> None:
        of = PLATFORM if flag else self.accounts[pick % 2]
        self.bank.pay_out(of, amount=amount, currency="USD")

    def do_fail_payout(self, amount: int, pick: int, flag: bool) -> None:
        act = self.bank.fail_payout if flag else self.bank.cancel_payout
        act(self.some(Payout, pick))

    def do_dispute(self, amount: int, pick: int, flag: bool) -> None:
        part, withdrawn = amount if flag else None, amount % 2 == 0
        inquiry = amount % 3 == 0
        self.bank.open_dispute(
            self.some(Charge, pick), amount=part, inquiry=inquiry, withdrawn=withdrawn
        )

    def do_decide(self, amount: int, pick: int, flag: bool) -> None:
        bank = self.bank
        acts: Sequence[Callable[[str], Any]] = (
            lambda one: bank.win_dispute(one, fee_returned=flag),
            bank.lose_dispute,
            bank.escalate,
            bank.close_inquiry,
            bank.withdraw_dispute,
            bank.review_dispute,
        )
        acts[amount % len(acts)](self.some(Dispute, pick))

    def do_checkout(self, amount: int, pick: int, flag: bool) -> None:
        self.bank.open_checkout(amount=amount, currency="USD")
        page = self.some(Checkout, pick)
        act = (self.bank.pay_checkout, self.bank.promise_checkout, self.bank.expire_checkout)
        act[pick % 3](page)

    def do_settle(self, amount: int, pick: int, flag: bool) -> None:
        act = self.bank.settle_checkout if flag else self.bank.fail_checkout
        act(self.some(Checkout, pick))

    def do_wait(self, amount: int, pick: int, flag: bool) -> None:
        self.bank.clock.advance(hours=6 * pick)


ACTS = sorted(name.removeprefix("do_") for name in vars(Walk) if name.startswith("do_"))
STEPS = st.lists(
    st.tuples(st.sampled_from(ACTS), st.integers(-1, 40), st.integers(0, 9), st.booleans()),
    max_size=50,
)


def check_money(bank: Bank) -> None:
    """Platform, connected, refunded, paid out, disputed and fees are what was captured."""
    moved: Counter[Movement] = Counter()
    fees = 0
    for change in bank.transactions():
        moved[change.movement] += change.amount
        fees += change.fee
    accounts = {change.account for change in bank.transactions()}
    kept = sum(bank.balance(account, "USD") for account in accounts)
    refunded = -moved[Movement.REFUND] - moved[Movement.REFUND_FAILURE]
    back = moved[Movement.PAYOUT_FAILURE] + moved[Movement.PAYOUT_CANCEL]
    disputed = -moved[Movement.DISPUTE] - moved[Movement.DISPUTE_REVERSAL]
    paid_out = -moved[Movement.PAYOUT] - back
    assert kept + refunded + paid_out + disputed + fees == moved[Movement.CHARGE]
    assert moved[Movement.TRANSFER] == moved[Movement.TRANSFER_REVERSAL] == 0
    check_records(bank, refunded=refunded, paid_out=paid_out, disputed=disputed)


def everything(bank: Bank, kind: Any) -> Sequence[Any]:
    """All of that kind."""
    return bank.page(kind, limit=10_000)


def check_records(bank: Bank, *, refunded: int, paid_out: int, disputed: int) -> None:
    """What the records say is what was booked."""
    charges = everything(bank, Charge)
    assert sum(one.captured for one in charges) == sum(
        one.captured for one in everything(bank, Payment)
    )
    live = [one for one in everything(bank, Refund) if one.status is not RefundStatus.FAILED]
    assert sum(one.refunded for one in charges) == sum(one.amount for one in live)
    assert refunded == sum(one.amount for one in live if not one.waits_for_balance)
    gone = (PayoutStatus.FAILED, PayoutStatus.CANCELED)
    payouts = [one for one in everything(bank, Payout) if one.status not in gone]
    assert paid_out == sum(one.amount for one in payouts)
    assert disputed == sum(one.withdrawn for one in everything(bank, Dispute))
    transfers = everything(bank, Transfer)
    for charge in charges:
        out = sum(one.amount for one in transfers if one.source == charge.id)
        assert charge.transferred == out
        assert 0 <= charge.refunded <= charge.captured <= charge.amount
        assert 0 <= charge.transferred <= charge.captured
        assert 0 <= charge.disputed <= charge.captured


def check_balances(bank: Bank, accounts: Sequence[str]) -> None:
    """No connected account owes anything, and what is pending is what has not settled."""
    for account in accounts:
        assert 0 <= bank.available(account, "USD") <= bank.balance(account, "USD")
    pending = sum(one.net for one in everything(bank, Settlement) if one.open)
    total = sum(bank.balance(account, "USD") for account in (PLATFORM, *accounts))
    available = sum(bank.available(account, "USD") for account in (PLATFORM, *accounts))
    assert total - available == pending
    held = [p for p in everything(bank, Payment) if p.status is PaymentStatus.REQUIRES_CAPTURE]
    assert bank.held("USD") == sum(payment.amount for payment in held)


def check_events(bank: Bank) -> None:
    """They are numbered without gaps, and time goes on."""
    events = bank.events()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert sorted(event.created for event in events) == [event.created for event in events]


TERMS: dict[str, Any] = {
    "fees": Fees(Decimal("0.1"), 1),
    "settles_after": timedelta(hours=30),
    "dispute_fee": 3,
}


@given(STEPS, st.sampled_from([{}, TERMS]))
def test_whatever_happens_no_money_is_made_or_lost(
    steps: list[Step], terms: dict[str, Any]
) -> None:
    walk = Walk(Bank(**terms))
    for step in steps:
        walk.take(step)
    check_money(walk.bank)
    check_balances(walk.bank, walk.accounts)
    check_events(walk.bank)


@settings(max_examples=15, deadline=None)
@given(STEPS)
def test_a_file_does_the_same_as_memory(steps: list[Step]) -> None:
    with TemporaryDirectory() as folder:
        seen = []
        for place in ("memory", "file"):
            bank = Bank(place, Path(folder), **TERMS)
            walk = Walk(bank)
            for step in steps:
                walk.take(step)
            check_money(bank)
            check_events(bank)
            changes = [(one.movement, one.amount, one.fee) for one in bank.transactions()]
            events = [(event.type, event.created) for event in bank.events()]
            seen.append((changes, events, bank.funds(PLATFORM), bank.held("USD")))
            bank.close()
    assert seen[0] == seen[1]
