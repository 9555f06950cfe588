"""Refunds: asked for here, or made at the gateway by somebody else."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, Result, only_staff, only_system
from marketpay.commands.holdings import held, purse_of
from marketpay.domain import events as e
from marketpay.domain import paying_back, refunding
from marketpay.domain.actor import Role
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.decision import Decision
from marketpay.domain.disputing import check_undisputed
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import CurrencyMismatch
from marketpay.domain.ids import PaymentId
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import PaymentStatus, RefundStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse
from marketpay.domain.timer import Timer
from marketpay.domain.validators import IdOf, Text, above_zero
from marketpay.ports.gateway import Progress, RefundState
from marketpay.ports.store import Reader

TAKEN = (
    PaymentStatus.CAPTURED,
    PaymentStatus.RELEASED,
    PaymentStatus.REFUNDED,
    PaymentStatus.CHARGED_BACK,
)


@frozen(kw_only=True)
class RefundIssued(Result):
    """A refund, and the payment it is of.

    `next_action` is `Pending` while the gateway has not answered or not finished.
    """

    refund: Refund
    payment: Payment


@frozen(kw_only=True)
class IssueRefund(Command[RefundIssued]):
    """Some of a captured payment goes back to the customer, before or after its release.

    Every part of the frozen split gives its share.  After the release the contractor's share
    is taken from their wallet, and owed by them where it is not there.  Staff only.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))
    amount: Money = field(validator=above_zero)
    reason: str = field(default="", validator=Text(at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[RefundIssued]:
        """The refund on record; the gateway is asked for it at once."""
        payment, at = read.get(Payment, self.payment), rules.now()
        only_staff(self.by, "refund this payment")
        if self.amount.currency != payment.currency:
            raise CurrencyMismatch(self.amount.currency, payment.currency)
        rules.limits(payment.currency).check_step(self.amount, "amount")
        check_undisputed(payment)
        refunding.check_refundable(payment, self.amount)
        taken_from = held(read, payment, rules)
        begun = refunding.begin(
            payment, self.amount, taken_from, self.by.role, rules, at, self.reason
        )
        sent = refunding.sent(begun, rules, at)
        changes = (*begun.changes, *sent)
        return Decision(
            RefundIssued(refund=begun.refund, payment=begun.payment),
            changes=changes,
            waives=taken_from.rest(*(change.entity for change in changes)),
            entries=begun.entries,
            operations=tuple(change.entity for change in sent),
            timers=begun.timers,
        )


@frozen(kw_only=True)
class RecordRefund(Command[Refund | None]):
    """A refund that somebody made at the gateway itself is in the books too."""

    state: RefundState

    def decide(self, read: Reader, rules: Rules) -> Decision[Refund | None]:
        """The refund with all that follows; None where the payment is none of ours."""
        only_system(self.by, "record a refund")
        at, state = rules.now(), self.state
        payments = read.find(Payment, gateway_payment=state.payment)
        if not payments:
            return Decision(None)
        [payment] = payments
        if payment.status not in TAKEN:  # what was not booked as taken is not booked as given back
            return Decision(None, waives=(payment,))
        known = read.find(Refund, gateway_id=state.gateway_id)
        others = [one for one in read.find(Refund, payment=payment.id) if one not in known]
        if known:
            return _followed(known[0], payment, others, state, read, rules, at)
        if state.progress in (Progress.FAILED, Progress.CANCELED):
            return Decision(None, waives=(payment, *others))
        return self._recorded(payment, others, read, rules, at)

    def _recorded(
        self, payment: Payment, others: list[Refund], read: Reader, rules: Rules, at: datetime
    ) -> Decision[Refund | None]:
        offset, rest = _offset(self.state.amount, others, at)
        amount = min(rest, _left(payment))
        changes: list[Change[Entity]] = []
        entries: list[LedgerEntry] = []
        timers: tuple[Timer, ...] = ()
        taken_from = held(read, payment, rules)
        purse = taken_from.purse or purse_of(read, payment.customer, payment.currency, rules)
        purse = purse.expire(at)
        excess = rest - amount + _spent(self.state.amount - rest, purse)
        refund = self._refund(payment, excess, rules, at)
        if amount.minor:
            begun = refunding.begin(payment, amount, taken_from, Role.SYSTEM, rules, at)
            changes += [one for one in begun.changes if one.entity.id != begun.refund.id]
            entries += begun.entries
            timers, payment = begun.timers, begun.payment
        purse, taken = _taken_over(refund, amount, purse, at)
        *new, pending = self._begun(refund, rules, at)
        entries += taken
        changes += [*offset, *new, pending, *purse.changes]
        if self.state.progress is Progress.SUCCEEDED:
            changes.append(pending.entity.become(e.RefundSucceeded, Role.SYSTEM, at))
            entries += paying_back.left_processor(refund)
            if amount.minor:
                changes.append(paying_back.give_back(payment, others, at))
        entities = [change.entity for change in changes]
        is_changed = any(one.id == payment.id for one in entities)
        unused = (*taken_from.rest(*entities), *purse.unused(*entities))
        return Decision(
            pending.entity,
            changes=changes,
            relies_on=() if is_changed else (payment,),
            waives=(*_unchanged(others, entities), *unused),
            entries=tuple(entries),
            timers=timers,
        )

    def _begun(
        self, refund: Refund, rules: Rules, at: datetime
    ) -> tuple[Change[Entity], Change[Refund], Change[Refund]]:
        id = self.state.gateway_id
        raised = incident(IncidentKind.REFUND_ELSEWHERE, refund.payment, refund.id, rules, at)
        pending = refund.become(e.RefundPending, Role.SYSTEM, at, gateway_id=id)
        return raised, refund.begun(at), pending

    def _refund(self, payment: Payment, excess: Money, rules: Rules, at: datetime) -> Refund:
        return Refund(
            id=refunding.new_id(rules),
            payment=payment.id,
            customer=payment.customer,
            amount=self.state.amount,
            excess=excess,
            created_at=at,
        )


def _unchanged(refunds: list[Refund], changed: list[Entity]) -> list[Refund]:
    ids = {entity.id for entity in changed}
    return [one for one in refunds if one.id not in ids]


def _left(payment: Payment) -> Money:
    """What of the payment a refund can still be taken from."""
    is_whole = payment.status is PaymentStatus.REFUNDED
    if is_whole:
        return Money.zero(payment.currency)
    return min(payment.refundable, payment.chargeable_back)


def _offset(
    excess: Money, others: list[Refund], at: datetime
) -> tuple[list[Change[Refund]], Money]:
    """What the customer has as credit of a refund that failed, they have had otherwise now."""
    changes: list[Change[Refund]] = []
    for other in others:
        part = min(excess, other.covered)
        if part.minor > 0 and other.status is RefundStatus.FAILED:
            more = other.excess + part
            changes.append(other.become(e.RefundOffset, Role.SYSTEM, at, excess=more))
            excess -= part
    return changes, excess


def _spent(due: Money, purse: Purse) -> Money:
    """What of the credit that a customer should not have is not there any more."""
    return max(due - purse.available, Money.zero(due.currency))


def _taken_over(
    refund: Refund, taken: Money, purse: Purse, at: datetime
) -> tuple[Purse, tuple[LedgerEntry, ...]]:
    """More than was `taken` from the payment is taken from the customer's credit, where that
    is of the same money and still there, and borne by the platform beyond that.
    """
    loss = Account(AccountKind.BAD_DEBT, refund.currency)
    transit = Account(AccountKind.REFUNDS_IN_TRANSIT, refund.currency)
    after = purse.recover(refund.covered - taken, transit, refund.payment, at)
    return after, (*after.entries, *move(loss, transit, refund.excess, refund.payment))


def _followed(
    refund: Refund,
    payment: Payment,
    others: list[Refund],
    state: RefundState,
    read: Reader,
    rules: Rules,
    at: datetime,
) -> Decision[Refund | None]:
    """What has become of a recorded refund since."""
    is_over = state.progress in (Progress.FAILED, Progress.CANCELED)
    was_pending = refund.status in (RefundStatus.REQUESTED, RefundStatus.PENDING)
    is_open = payment.status is not PaymentStatus.REFUNDED
    returned = paying_back.give_back(payment, others, at) if was_pending and is_open else None
    if is_over and refund.status is not RefundStatus.FAILED and not refund.is_held_back:
        code = state.failure or state.progress.value
        taken_back = read.find(Chargeback, payment=payment.id)
        purse = purse_of(read, refund.customer, refund.currency, rules)
        after = paying_back.instead(refund, taken_back, purse, code, rules, at)
        back = () if was_pending else paying_back.came_back(refund)
        return Decision(
            after.refund,
            changes=(*after.changes, *([returned] if returned else [])),
            relies_on=() if returned else (payment,),
            waives=(*others, *after.waives),
            entries=(*back, *after.entries),
        )
    if state.progress is not Progress.SUCCEEDED or not was_pending:
        return Decision(refund, waives=(refund, payment, *others))
    settled = refund.become(e.RefundSucceeded, Role.SYSTEM, at)
    return Decision(
        settled.entity,
        changes=(settled, *([returned] if returned else [])),
        waives=(*others, *(() if returned else (payment,))),
        entries=paying_back.left_processor(refund),
    )
