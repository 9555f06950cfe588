"""Paying for more than was agreed, and thanking with a tip."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, Result
from marketpay.domain import operations
from marketpay.domain.commission import Commission
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import CurrencyMismatch, IllegalTransition, Reason, Refused
from marketpay.domain.ids import JobId, PaymentId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, PAYMENT, JobStatus
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, Text, above_zero, is_payment_method
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class JobPayment(Result):
    """What a customer paid for a job beyond its offer.

    `next_action` as that of `OfferFunding`.
    """

    job: Job
    offer: Offer  # the one that was accepted
    payment: Payment


@frozen(kw_only=True)
class PayExtra(Command[JobPayment]):
    """The customer pays for more than was agreed, while the job goes on.

    It is captured at once, with the commission of today, and released with the job.
    """

    job: JobId = field(validator=IdOf("Job"))
    amount: Money = field(validator=above_zero)
    payment_method: str | None = field(default=None, validator=is_payment_method)
    reason: str = field(default="", validator=Text(at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[JobPayment]:
        """A payment of its own; its hold is asked for, and captured as soon as it stands."""
        going_on = (JobStatus.ASSIGNED, JobStatus.IN_PROGRESS, JobStatus.SUBMITTED)
        charge = _Charge(PaymentPurpose.EXTRA, rules.commission, going_on)
        return _paid(self, charge, read, rules)


@frozen(kw_only=True)
class PayTip(Command[JobPayment]):
    """The customer gives the contractor something more, while the job goes on or after it.

    It is captured at once and released at once, with `Rules.tip_commission`: none by default.
    Not to a contractor who was forgotten.
    """

    job: JobId = field(validator=IdOf("Job"))
    amount: Money = field(validator=above_zero)
    payment_method: str | None = field(default=None, validator=is_payment_method)
    message: str = field(default="", validator=Text(at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[JobPayment]:
        """A payment of its own; its hold is asked for, and captured as soon as it stands."""
        worked = (JobStatus.IN_PROGRESS, JobStatus.SUBMITTED, JobStatus.COMPLETED)
        charge = _Charge(PaymentPurpose.TIP, rules.tip_commission, worked)
        return _paid(self, charge, read, rules)


@frozen
class _Charge:
    """What is paid for, what the platform keeps of it, and while the job is what."""

    purpose: PaymentPurpose
    commission: Commission
    during: tuple[JobStatus, ...]


def _paid(
    command: PayExtra | PayTip, charge: _Charge, read: Reader, rules: Rules
) -> Decision[JobPayment]:
    at = rules.now()
    rules.limits(command.amount.currency).check(command.amount, "amount")
    if command.payment_method:
        read.expect(PayerAccount, customer=command.by.id)
    deal = read.deal(job=command.job)
    job, event = deal.job, PAYMENT.begin.event
    permit(command.by, PAYMENT, event, "pay for this job", customer=job.customer)
    if command.amount.currency != job.currency:
        raise CurrencyMismatch(command.amount.currency, job.currency)
    if any(one.disputed.minor for one in deal.payments):
        raise Refused(Reason.CHARGEBACK_OPEN)
    if job.contractor_erased_at is not None:
        raise Refused(Reason.PERSON_ERASED)
    if job.status not in charge.during:
        raise IllegalTransition(JOB.name, job.id, job.status.value, event.name)
    offer = deal.claimed
    assert offer is not None  # a job that was ever assigned has its accepted offer
    payment = _payment(command.amount, charge, offer, rules, at)
    method = command.payment_method
    payers = read.find(PayerAccount, customer=job.customer) if method else []
    hold = operations.authorize(payment, method, payers[0] if payers else None, rules, at)
    return Decision(
        JobPayment(job=job, offer=offer, payment=payment),
        changes=(payment.begun(at), hold),
        relies_on=(job,),
        waives=(*deal.rest(job), *payers),
        operations=(hold.entity,),
    )


def _payment(amount: Money, charge: _Charge, offer: Offer, rules: Rules, at: datetime) -> Payment:
    return Payment(
        id=PaymentId(rules.new_id("pay")),
        offer=offer.id,
        job=offer.job,
        customer=offer.customer,
        contractor=offer.contractor,
        amount=amount,
        purpose=charge.purpose,
        split=charge.commission.split(amount),
        created_at=at,
    )
