"""The ledger against itself."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen

from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.payment import Payment
from marketpay.ports.store import Records
from marketpay.queries.base import Question

BATCH = 1000
HOLDING = (PaymentStatus.CAPTURED, PaymentStatus.CHARGED_BACK)


@frozen(kw_only=True)
class Verification:
    """`ok`, or each thing that is wrong, in a sentence."""

    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every sum is as it must be."""
        return not self.problems


@frozen(kw_only=True)
class Verify(Question[Verification]):
    """Every account equals the sum of its entries, assets equal what they are owed for, and
    each payment's escrow is what its frozen split says, never below zero and zero once closed.
    """

    def answer(self, records: Records) -> Verification:
        """See `Question.answer`."""
        return Verification(problems=(*_accounts(records), *_escrow(records)))


def _accounts(records: Records) -> Iterator[str]:
    sides: dict[str, int] = {}
    for total in records.accounts():
        account = total.account
        if total.kept != total.summed:
            yield f"{account} {account.currency}: kept {total.kept}, entries sum to {total.summed}."
        signed = total.kept if account.is_debit else -total.kept
        sides[account.currency] = sides.get(account.currency, 0) + signed
    for currency, rest in sides.items():
        if rest:
            yield f"{currency}: debits and credits differ by {rest}."


def _escrow(records: Records) -> Iterator[str]:
    after: str | None = None
    while batch := records.escrow(after=after, limit=BATCH):
        for id, held in batch:
            payment = records.get(Payment, id)
            expected = _expected_escrow(payment)
            if held != expected:
                yield f"escrow of {id}: {held} by its entries, {expected} by the payment."
        after = batch[-1][0]


def _expected_escrow(payment: Payment) -> int:
    if payment.status not in HOLDING or payment.is_released:
        return 0
    return payment.remains().held.minor
