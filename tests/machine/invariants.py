"""What holds after every step: of the ledger, of each payment, of wallets, jobs and disputes."""

from collections.abc import Callable, Collection
from typing import Any, Final

from marketpay import (
    AccountKind,
    Chargeback,
    Dispute,
    Job,
    JobStatus,
    LedgerEntry,
    Money,
    Offer,
    OfferStatus,
    Payment,
    PaymentPurpose,
    PaymentStatus,
    Refund,
    RefundStatus,
    Wallet,
    Withdrawal,
    WithdrawalStatus,
)
from tests.machine.sight import Sight

K = AccountKind
WALLET: Final = (K.WALLET_PENDING, K.WALLET_AVAILABLE, K.WALLET_RESERVED)
OWNERS: Final = (*WALLET, K.RECEIVABLE)
FEES: Final = (K.PLATFORM_FEE, K.SERVICE_FEE)
PARTS: Final = (K.ESCROW, *FEES, *OWNERS)  # where a price can be
CLOSED: Final = (PaymentStatus.REFUNDED, PaymentStatus.RELEASED)
ON_THE_WAY: Final = (RefundStatus.REQUESTED, RefundStatus.PENDING)
SET_ASIDE: Final = (
    WithdrawalStatus.REQUESTED,
    WithdrawalStatus.APPROVED,
    WithdrawalStatus.PROCESSING,
)
OVER: Final = (JobStatus.COMPLETED, JobStatus.CANCELLED)


def moved(entries: Collection[LedgerEntry], out_of: Collection[K], into: Collection[K]) -> int:
    """What went from some kinds of accounts to others, in minor units, less what came back."""
    total = 0
    for one in entries:
        if one.debit.kind in out_of and one.credit.kind in into:
            total += one.amount.minor
        if one.debit.kind in into and one.credit.kind in out_of:
            total -= one.amount.minor
    return total


def accounts_are_their_entries(sight: Sight) -> None:
    for total in sight.totals:
        assert total.kept == total.summed, total


def a_payment_is_captured_once_and_whole(sight: Sight) -> None:
    for paid in sight.of(Payment):
        taken = [one for one in sight.entries[paid.id] if one.credit.kind is K.ESCROW]
        charged = [one.amount for one in taken if one.debit.kind is K.PROCESSOR]
        assert charged in ([], [paid.charged]), paid
        assert bool(charged) == (paid.status in _TAKEN), paid
        credit = [one.amount for one in taken if one.debit.kind is K.CREDIT_RESERVED]
        assert credit == ([paid.credit] if charged and paid.credit.minor else []), paid


def escrow_has_what_has_not_gone(sight: Sight) -> None:
    """The frozen held part less what was released and what was taken back; never below 0."""
    for paid in sight.of(Payment):
        left = 0
        for one in sight.entries[paid.id]:
            left -= one.amount.minor if one.debit.kind is K.ESCROW else 0
            left += one.amount.minor if one.credit.kind is K.ESCROW else 0
            assert left >= 0, (paid, one)
        if paid.status not in _TAKEN or paid.is_released:
            assert left == 0, paid
        else:
            assert paid.split is not None
            assert left == (paid.split.held - _held_part(paid)).minor, paid
        if paid.status in CLOSED:
            assert left == 0, paid


def no_more_goes_back_than_was_taken(sight: Sight) -> None:
    for paid in sight.of(Payment):
        entries = sight.entries[paid.id]
        refunded = moved(entries, PARTS, (K.REFUNDS_IN_TRANSIT,))
        assert refunded == paid.refunded.minor, paid
        taken_back = moved(entries, PARTS, (K.DISPUTED,))
        lost = taken_back + moved(entries, (K.CHARGEBACK_LOSS,), (K.DISPUTED,))
        assert lost == sum(one.lost.minor for one in sight.of(Chargeback, payment=paid.id)), paid
        assert refunded + taken_back <= paid.amount.minor, paid
        assert (paid.refunded + paid.disputed + paid.lost + paid.kept) <= paid.amount, paid


def a_contractor_gets_no_more_than_their_part(sight: Sight) -> None:
    """Released less clawed back is at most what was captured less the commission."""
    for paid in sight.of(Payment):
        if paid.split is None:
            continue
        got = moved(sight.entries[paid.id], (K.ESCROW, K.REFUNDS_IN_TRANSIT, K.DISPUTED), OWNERS)
        assert 0 <= got <= paid.split.payout.minor, paid
        assert got <= (paid.amount - paid.split.commission).minor, paid


def what_is_under_way_is_on_record(sight: Sight) -> None:
    """Refunds in transit and disputed money are of refunds and chargebacks that go on."""
    for paid in sight.of(Payment):
        entries = sight.entries[paid.id]
        waits = [one for one in sight.of(Refund, payment=paid.id) if one.status in ON_THE_WAY]
        inward = _balance(entries, K.REFUNDS_IN_TRANSIT)
        assert inward == sum(one.charged.minor for one in waits), paid
        taken = sight.of(Chargeback, payment=paid.id)
        open_ = sum((one.withdrawn - one.lost).minor for one in taken)
        assert -_balance(entries, K.DISPUTED) == open_, paid
        assert paid.disputed == _sum((one.covered for one in taken if not one.lost), paid), paid


def wallets_are_the_ledgers(sight: Sight) -> None:
    for kind in OWNERS:
        name = kind.value.removeprefix("wallet.")
        rows = {(one.owner, one.currency): getattr(one, name).minor for one in sight.of(Wallet)}
        assert all(minor >= 0 for minor in rows.values()), rows
        summed = {
            (total.account.owner, total.account.currency): total.summed
            for total in sight.totals
            if total.account.kind is kind and total.summed
        }
        assert {key: minor for key, minor in rows.items() if minor} == summed, kind


def wallets_say_what_waits_and_what_is_set_aside(sight: Sight) -> None:
    for one in sight.of(Wallet):
        mine = [paid for paid in sight.of(Payment) if paid.contractor == one.owner]
        asked = [w for w in sight.of(Withdrawal, contractor=one.owner) if w.status in SET_ASIDE]
        taken = sight.of(Chargeback, contractor=one.owner)
        assert one.pending.minor == sum(paid.clearing.minor for paid in mine), one
        reserved = sum(w.amount.minor for w in asked) + sum(c.reserved.minor for c in taken)
        assert one.reserved.minor == reserved, one


def a_job_has_one_contractor_who_is_paid_for(sight: Sight) -> None:
    offers, payments = sight.of(Offer), {one.id: one for one in sight.of(Payment)}
    for job in sight.of(Job):
        mine = [one for one in offers if one.job == job.id]
        claiming = [one for one in mine if one.status in _CLAIMING]
        assert len(claiming) <= 1, claiming
        accepted = [one for one in claiming if one.status is OfferStatus.ACCEPTED]
        was_assigned = job.contractor is not None
        assert bool(accepted) == was_assigned, job
        if job.status in _ASSIGNED:
            assert was_assigned, job
        if job.status is not JobStatus.OPEN:
            assert not any(one.is_open for one in mine), job
        for offer in accepted:
            paid = payments[offer.payment]
            assert (job.contractor, paid.amount) == (offer.contractor, offer.to_hold), job
            assert paid.status in _TAKEN, paid


def a_payment_is_contested_by_its_one_open_dispute(sight: Sight) -> None:
    for paid in sight.of(Payment):
        going_on = [one.id for one in sight.of(Dispute, payment=paid.id) if not one.is_over]
        assert going_on == ([] if paid.contested is None else [paid.contested]), paid


def what_is_contested_waits_and_so_does_its_job(sight: Sight) -> None:
    for paid in sight.of(Payment):
        if paid.contested is None:
            continue
        assert not paid.is_released or paid.is_clearing, paid
        if paid.purpose is PaymentPurpose.OFFER and not paid.is_released:
            assert sight.get(Job, paid.job).status not in OVER, paid


_TAKEN: Final = (
    PaymentStatus.CAPTURED,
    PaymentStatus.RELEASED,
    PaymentStatus.REFUNDED,
    PaymentStatus.CHARGED_BACK,
)
_CLAIMING: Final = (OfferStatus.ACCEPTING, OfferStatus.ACCEPTED)
_ASSIGNED: Final = (
    JobStatus.ASSIGNED,
    JobStatus.IN_PROGRESS,
    JobStatus.SUBMITTED,
    JobStatus.COMPLETED,
)


def _held_part(paid: Payment) -> Money:
    """What escrow gave of all that is gone."""
    assert paid.split is not None
    return paid.split.refund(paid.gone).held if paid.gone.minor else paid.gone


def _balance(entries: Collection[LedgerEntry], kind: K) -> int:
    credits_ = sum(one.amount.minor for one in entries if one.credit.kind is kind)
    return credits_ - sum(one.amount.minor for one in entries if one.debit.kind is kind)


def _sum(amounts: Any, paid: Payment) -> Money:
    return sum(amounts, Money.zero(paid.currency))


INVARIANTS: Final[tuple[Callable[[Sight], None], ...]] = (
    accounts_are_their_entries,
    a_payment_is_captured_once_and_whole,
    escrow_has_what_has_not_gone,
    no_more_goes_back_than_was_taken,
    a_contractor_gets_no_more_than_their_part,
    what_is_under_way_is_on_record,
    wallets_are_the_ledgers,
    wallets_say_what_waits_and_what_is_set_aside,
    a_job_has_one_contractor_who_is_paid_for,
    a_payment_is_contested_by_its_one_open_dispute,
    what_is_contested_waits_and_so_does_its_job,
)
