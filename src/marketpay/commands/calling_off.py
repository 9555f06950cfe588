"""What becomes of the money of a job that is called off, however that came about."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from marketpay.commands.base import Pending, Result
from marketpay.commands.holdings import held, wallet_of
from marketpay.domain.actor import Role
from marketpay.domain.cancelling import Parts
from marketpay.domain.closing import divided_with_job
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.disputing import at_issue, check_undisputed
from marketpay.domain.dividing import Parties, divide_all
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import WalletId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import REFUND
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.refunding import Held
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class Cancellation(Result):
    """A cancelled job; once it had been assigned, its payment and the refund, if there is one.

    The payment is that of the offer, or of its first part.  Where several are refunded, `refund`
    is the first of them.
    """

    job: Job
    payment: Payment | None = None
    refund: Refund | None = None


def divisible(deal: Deal) -> tuple[Payment, ...]:
    """What is in escrow for a job that was assigned, unless anybody disputes any of it."""
    check_undisputed(*deal.payments)
    paid = (one for one in (deal.paid, *deal.beside) if not deal.is_decided(one))
    if any(one.disputed.minor and not one.is_released for one in paid):
        raise Refused(Reason.CHARGEBACK_OPEN)
    return deal.divisible


def call_off(
    deal: Deal,
    cancelled: Change[Job],
    parts: Parts,
    by: Role,
    read: Reader,
    rules: Rules,
    at: datetime,
) -> Decision[Cancellation]:
    """What is left of each payment is divided; nothing, if all of it is gone already."""
    paid = deal.paid
    for one, part in parts:
        if part.to_contractor.minor and one.flagged is not None:
            raise Refused(Reason.PAYMENT_UNDER_REVIEW)
    parties = _parties(paid, [part for _, part in parts], read, rules, at)
    divided = divide_all(parts, parties, by, rules, at, deal.job.id)
    changes: list[Change[Entity]] = [cancelled, *divided_with_job(deal, parts, rules, at)]
    changes += [change for one in divided for change in one.changes]
    main = next((one for one in divided if one.payment.id == paid.id), None)
    result = Cancellation(job=cancelled.entity, payment=paid)
    if main is not None:
        result = evolve(result, payment=main.payment)
    refunds = (one.refund for one in divided if one.refund is not None)
    result = evolve(result, refund=next(refunds, None))
    changed = [change.entity for change in changes]
    beside = () if main else (paid,)
    relied = (*beside, *at_issue(deal, *beside, *changed))
    return Decision(
        result,
        changes=changes,
        relies_on=relied,
        waives=(*deal.rest(*relied, *changed), *parties.unused(*changed)),
        entries=tuple(entry for one in divided for entry in one.entries),
        operations=tuple(operation for one in divided for operation in one.operations),
        timers=tuple(timer for one in divided for timer in one.timers),
    )


def _parties(
    paid: Payment, shares: Sequence[Shares], read: Reader, rules: Rules, at: datetime
) -> Parties:
    """Looked for only where the contractor gets something."""
    taken_from = Held.nothing(paid.currency) if paid.is_released else held(read, paid, rules)
    if not any(one.to_contractor.minor for one in shares):
        wallet = Wallet.empty(WalletId(rules.new_id("wal")), paid.contractor, paid.currency, at)
        return Parties(held=taken_from, wallet=wallet, accounts=())
    read.expect(Wallet, owner=paid.contractor, currency=paid.currency)
    accounts = read.find(PayoutAccount, contractor=paid.contractor)
    wallet = wallet_of(read, paid.contractor, paid.currency, rules)
    return Parties(held=taken_from, wallet=wallet, accounts=accounts)


def repeated(deal: Deal, read: Reader) -> Decision[Cancellation]:
    """A job that was cancelled already, with what came of it."""
    result, claimed = Cancellation(job=deal.job), deal.claimed
    if claimed is None:
        return Decision(result, waives=deal.rest())
    payment = deal.payment(claimed.payment)
    refunds = read.find(Refund, payment=tuple(one.id for one in (payment, *deal.beside)))
    mine = (one for one in refunds if one.reason == deal.job.id)
    refund = min(mine, key=lambda one: one.id, default=None)
    result = evolve(result, payment=payment, refund=refund)
    if refund is None or refund.status in REFUND.final:
        return Decision(result, waives=(*deal.rest(), *refunds))
    sent = read.find(PaymentTransaction, payment=refund.payment, kind=TransactionKind.REFUND)
    for transaction in sent:
        if transaction.refund == refund.id:
            result = evolve(result, next_action=Pending(transaction=transaction.id))
    return Decision(result, waives=(*deal.rest(), *refunds, *sent))
