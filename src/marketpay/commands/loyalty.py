"""Loyalty points: earned by paying, and redeemed for credit."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import evolve, field, frozen

from marketpay.commands.base import Command, Result, only_system
from marketpay.commands.credits import new_grant
from marketpay.commands.holdings import purse_of
from marketpay.domain.actor import Role
from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant, GrantSource
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Entity
from marketpay.domain.errors import CurrencyMismatch, Forbidden, InvalidInput
from marketpay.domain.ids import PaymentId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JobStatus, MilestoneStatus
from marketpay.domain.loyalty import Loyalty
from marketpay.domain.milestone import Milestone
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf, above_zero, is_currency
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class EarnPoints(Command[CreditGrant | None]):
    """A payment was released: its customer has points for what they paid of it by card.

    Once its clearance is over, where there is one: until then its parties can dispute it, and
    settle that all of it goes back.  Not for what was refunded by then, nor for a job or a
    milestone that was called off; once.  Neither for a tip nor where a bank took anything back:
    two who know each other could make points of nothing.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[CreditGrant | None]:
        """The points; None where there are none to earn, or none yet.

        It comes again by itself: at the end of the clearance, or after a while where a bank has to
        decide.
        """
        only_system(self.by, "earn points")
        payment, at = read.get(Payment, self.payment), rules.now()
        job = read.get(Job, payment.job)
        before = read.find(CreditGrant, payment=payment.id)
        parts = read.find(Milestone, payment=payment.id)
        read_ = (payment, job, *parts, *before)
        is_earned = _is_cleared(payment) and _is_for_work(payment, job, parts)
        if rules.loyalty is None or before or not is_earned:
            return Decision(before[0] if before else None, waives=read_)
        if payment.disputed.minor:
            later = rules.later(payment.released_at or at, at)
            timers = (Timer(TimerKind.POINTS, payment.id, later),)
            return Decision(None, waives=read_, timers=timers)
        points = rules.loyalty.points(payment.chargeable_back)
        if not points.minor:
            return Decision(None, waives=read_)
        return self._earned(payment, (job, *parts), points, rules.loyalty, read, rules)

    def _earned(
        self,
        payment: Payment,
        others: tuple[Entity, ...],
        points: Money,
        loyalty: Loyalty,
        read: Reader,
        rules: Rules,
    ) -> Decision[CreditGrant | None]:
        at, lasts = rules.now(), loyalty.expires_after
        purse = purse_of(read, payment.customer, points.currency, rules)
        grant = new_grant(purse, points, GrantSource.LOYALTY, rules, at)
        until = None if lasts is None else at + lasts
        grant = evolve(grant, payment=payment.id, expires_at=until)
        after = purse.grant(grant, at)
        return Decision(
            grant,
            changes=after.changes,
            relies_on=(payment,),
            waives=(*others, *after.unused()),
            entries=after.entries,
            timers=grant.timers(),
        )


def _is_cleared(payment: Payment) -> bool:
    """Whether its parties can take none of it back any more; what they dispute is clearing."""
    return payment.is_released and not payment.is_clearing


def _is_for_work(payment: Payment, job: Job, parts: Sequence[Milestone]) -> bool:
    """Whether it paid for what was done; whatever becomes of its job after that."""
    if payment.purpose is PaymentPurpose.TIP or payment.lost.minor:
        return False
    if parts or payment.purpose is PaymentPurpose.MILESTONE:
        return any(one.status is MilestoneStatus.RELEASED for one in parts)
    return job.status is not JobStatus.CANCELLED


@frozen(kw_only=True)
class Redemption(Result):
    """What a customer has for their points, and the points that they have left."""

    grant: CreditGrant
    points: Credit


@frozen(kw_only=True)
class RedeemPoints(Command[Redemption]):
    """The customer gives up points for credit, by `Rules.loyalty`, rounded down.

    Points that are not needed for what they are worth stay theirs.
    """

    points: Money = field(validator=above_zero)
    currency: str = field(validator=is_currency)

    def decide(self, read: Reader, rules: Rules) -> Decision[Redemption]:
        """Fewer points, and more credit."""
        at, loyalty = rules.now(), rules.loyalty
        if loyalty is None:
            raise InvalidInput("There are no points here: no `loyalty` in the rules.")
        if self.points.currency != loyalty.currency:
            raise CurrencyMismatch(self.points.currency, loyalty.currency)
        taken, worth = loyalty.redeemed(self.points, self.currency)
        if self.by.role is not Role.CUSTOMER:
            raise Forbidden(self.by.id, self.by.role.value, "redeem points", "a customer")
        mine = purse_of(read, self.by.id, loyalty.currency, rules).expire(at).redeem(taken, at)
        purse = purse_of(read, self.by.id, self.currency, rules)
        grant = new_grant(purse, worth, GrantSource.REDEMPTION, rules, at)
        after = purse.grant(grant, at)
        return Decision(
            Redemption(grant=grant, points=mine.credit),
            changes=(*mine.changes, *after.changes),
            waives=(*mine.unused(), *after.unused()),
            entries=(*mine.entries, *after.entries),
        )
