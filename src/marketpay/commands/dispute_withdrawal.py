"""Taking a dispute back."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import Command
from marketpay.commands.disputes import clearance_of, permit_party
from marketpay.commands.holdings import held, wallet_of
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.dispute import Dispute
from marketpay.domain.disputing import check_divisible
from marketpay.domain.dividing import Parties, divide
from marketpay.domain.entity import Change
from marketpay.domain.errors import Forbidden, Reason, Refused
from marketpay.domain.ids import DisputeId
from marketpay.domain.lifecycles import JOB, DisputeStatus, JobStatus, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class WithdrawDispute(Command[Dispute]):
    """Who opened it is content after all: the deal goes on as if it had not been.

    Where the job has ended meanwhile, the payment goes where the job went.
    """

    dispute: DisputeId = field(validator=IdOf("Dispute"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Dispute]:
        """The dispute, withdrawn; its payment is free again."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        event, what = e.DisputeWithdrawn, "withdraw this dispute"
        permit_party(self.by, dispute, event, what)
        if self.by != dispute.opener:
            raise Forbidden(self.by.id, self.by.role.value, what, "who opened it")
        if dispute.status is DisputeStatus.WITHDRAWN:
            return Decision(dispute, waives=(dispute,))
        withdrawn = dispute.become(event, self.by.role, at, closed_at=at)
        deal = read.deal(payment=dispute.payment)
        payment = deal.payment(dispute.payment)
        freed = payment.become(e.PaymentFreed, Role.SYSTEM, at, contested=None)
        is_over = deal.job.status in JOB.final
        if is_over and payment.disputed.minor and not payment.is_released:
            raise Refused(Reason.CHARGEBACK_OPEN)  # nobody would look at it afterwards
        is_left = payment.status is PaymentStatus.CAPTURED and payment.refundable.minor > 0
        if is_left and is_over:
            return _following(withdrawn, freed, deal, read, rules, at)
        return Decision(
            withdrawn.entity,
            changes=(withdrawn, freed),
            relies_on=(deal.job,),
            waives=deal.rest(payment, deal.job),
            timers=tuple(clearance_of(freed.entity, at)),
        )


def _following(
    withdrawn: Change[Dispute],
    freed: Change[Payment],
    deal: Deal,
    read: Reader,
    rules: Rules,
    at: datetime,
) -> Decision[Dispute]:
    """Released as a completed job's, or back to the customer of a cancelled one."""
    payment = freed.entity
    earned = Shares.between(Money.zero(payment.currency), payment.refundable)
    is_done = deal.job.status is JobStatus.COMPLETED
    shares = earned if is_done else Shares.whole(payment.refundable)
    check_divisible(payment, shares)
    parties = Parties(
        held=held(read, payment, rules),
        wallet=wallet_of(read, payment.contractor, payment.currency, rules),
        accounts=read.find(PayoutAccount, contractor=payment.contractor),
    )
    done = divide(payment, shares, parties, Role.SYSTEM, rules, at, withdrawn.entity.id)
    changes = (withdrawn, freed, *done.changes)
    return Decision(
        withdrawn.entity,
        changes=changes,
        relies_on=(deal.job,),
        waives=(*deal.rest(payment, deal.job), *parties.unused(*(one.entity for one in changes))),
        entries=done.entries,
        operations=done.operations,
        timers=done.timers,
    )
