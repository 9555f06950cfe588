"""Refunds of what was paid for upgrades: asked for here, or made at the gateway."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from marketpay.commands.base import PERSONAL, Command, Result, only_staff, only_system
from marketpay.commands.holdings import purse_of
from marketpay.commands.settling_sales import sale_refund_came_back, settle_sale_refund
from marketpay.domain import selling_back
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change
from marketpay.domain.errors import CurrencyMismatch, Reason, Refused
from marketpay.domain.ids import TransactionId
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.money import Money
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.sale import Sale
from marketpay.domain.sale_dispute import Taken
from marketpay.domain.selling_back import Sold
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.validators import IdOf, Text, above_zero
from marketpay.ports.gateway import (
    ChargebackStanding,
    ChargebackState,
    Declined,
    GatewayNews,
    Processing,
    Progress,
    Refunded,
    RefundState,
)
from marketpay.ports.store import Reader

GONE = (Progress.FAILED, Progress.CANCELED)


def _above_zero_or_all(instance: object, attribute: object, value: Money | None) -> None:
    if value is not None:
        above_zero(instance, attribute, value)


@frozen(kw_only=True)
class UpgradeRefund(Result):
    """The operation that pays back, and the upgrade as it is now.

    `next_action` is `Pending` while the gateway has not answered or not finished.
    """

    transaction: PaymentTransaction
    upgrade: Upgrade


@frozen(kw_only=True)
class RefundUpgrade(Command[UpgradeRefund]):
    """What a customer paid for an upgrade goes back: all that is left of it, or some.

    `purchase` is the charge (`Purchase.transaction`).  The upgrade ends earlier by what the
    amount had paid for.  Staff only.
    """

    purchase: TransactionId = field(validator=IdOf("PaymentTransaction"))
    amount: Money | None = field(default=None, validator=_above_zero_or_all)
    reason: str = field(default="", validator=Text(at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[UpgradeRefund]:
        """The refund on record; the gateway is asked for it at once."""
        sales, at = read.find(Sale, charge=self.purchase), rules.now()
        charge = None if sales else read.get(PaymentTransaction, self.purchase)
        only_staff(self.by, "refund this upgrade")
        if charge is not None:  # it is no charge, or was never paid
            raise Refused(Reason.NOT_REFUNDABLE)
        [sale] = sales
        amount = sale.refundable if self.amount is None else self.amount
        if amount.currency != sale.currency:
            raise CurrencyMismatch(amount.currency, sale.currency)
        rules.limits(amount.currency).check_step(amount, "amount")
        if sale.disputes:
            raise Refused(Reason.CHARGEBACK_OPEN)
        if not amount.minor or amount > sale.refundable:
            raise Refused(Reason.NOT_REFUNDABLE)
        back = selling_back.sell_back(_sold(sale, read), amount, self.by.role, at)
        sent = selling_back.operation(sale, amount, rules, at, at + rules.lease)
        return Decision(
            UpgradeRefund(transaction=sent.entity, upgrade=back.upgrade),
            changes=(*back.changes, sent),
            waives=back.waives,
            entries=back.entries,
            operations=(sent.entity,),
            timers=back.timers,
        )


@frozen(kw_only=True)
class RecordUpgradeRefund(Command[PaymentTransaction | None]):
    """What was paid for an upgrade was refunded at the gateway, and nobody here had asked."""

    state: RefundState

    def decide(self, read: Reader, rules: Rules) -> Decision[PaymentTransaction | None]:
        """The refund in the books, and the upgrade the shorter; None where it is none of ours."""
        only_system(self.by, "record a refund of an upgrade")
        state, at = self.state, rules.now()
        sales = read.find(Sale, gateway_payment=state.payment)
        if not sales:
            return Decision(None)
        [sale] = sales
        refunds = TransactionKind.REFUND
        known = read.find(PaymentTransaction, gateway_id=state.gateway_id, kind=refunds)
        if known:
            followed = self._followed(known[0], read, rules, at)
            is_changed = sale.id in followed.latest()
            return followed if is_changed else evolve(followed, waives=(*followed.waives, sale))
        if state.progress in GONE:
            return Decision(None, waives=(sale,))
        return self._recorded(sale, read, rules, at)

    def _recorded(
        self, sale: Sale, read: Reader, rules: Rules, at: datetime
    ) -> Decision[PaymentTransaction | None]:
        purse = purse_of(read, sale.customer, sale.currency, rules)
        back = selling_back.sold_back_elsewhere(_sold(sale, read), self.state.amount, purse, at)
        begun = selling_back.operation(sale, self.state.amount, rules, at, at)
        refund = begun.entity
        raised = incident(IncidentKind.REFUND_ELSEWHERE, sale.charge, refund.id, rules, at)
        settled = settle_sale_refund(refund, self._news(), read, rules, at)
        return Decision(
            settled.result,
            changes=(*back.changes, begun, *settled.changes, raised),
            waives=back.waives,
            entries=(*back.entries, *settled.entries),
            timers=back.timers,
        )

    def _followed(
        self, known: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Decision[PaymentTransaction]:
        news = self._news()
        if not known.is_settled:
            return settle_sale_refund(known, news, read, rules, at)
        if isinstance(news, Declined) and known.failure is None:
            return sale_refund_came_back(known, news.code, read, rules, at)
        return Decision(known, waives=(known,))

    def _news(self) -> GatewayNews:
        id, progress = self.state.gateway_id, self.state.progress
        if progress in GONE:
            return Declined(code=self.state.failure or progress.value, gateway_id=id)
        if progress is Progress.SUCCEEDED:
            return Refunded(gateway_id=id, amount=self.state.amount)
        return Processing(gateway_id=id)


@frozen(kw_only=True)
class NoteUpgradeChargeback(Command[Sale | None]):
    """A customer's bank disputes what was paid for an upgrade, or has decided.

    Somebody should look at it.  What is disputed or lost cannot be refunded.  What was taken of
    the platform's balance, and comes back, is in the books, with the fee.
    """

    state: ChargebackState

    def decide(self, read: Reader, rules: Rules) -> Decision[Sale | None]:
        """The sale, with one incident for each dispute; None where it is none of ours."""
        only_system(self.by, "note a chargeback of an upgrade")
        sales, at = read.find(Sale, gateway_payment=self.state.payment), rules.now()
        if not sales:
            return Decision(None)
        [sale], kind, id = sales, IncidentKind.CHARGEBACK, self.state.gateway_id
        before = read.find(Incident, subject=sale.charge, kind=kind)
        is_new = all(one.detail != id for one in before)
        raised = (incident(kind, sale.charge, id, rules, at),) if is_new else ()
        after = self._after(sale, at)
        if after is not None:
            entries = sale.booked(after.entity, id)
            return Decision(after.entity, changes=(after, *raised), waives=before, entries=entries)
        relied, waived = ((sale,), ()) if is_new else ((), (sale,))
        return Decision(sale, changes=raised, relies_on=relied, waives=(*waived, *before))

    def _after(self, sale: Sale, at: datetime) -> Change[Sale] | None:
        """What is told in another currency cannot be booked: then it is all disputed."""
        state, amount, zero = self.state, self.state.amount, Money.zero(sale.currency)
        told = Taken(dispute=state.gateway_id, withdrawn=state.withdrawn, fee=state.fee)
        if {amount.currency, told.withdrawn.currency, told.fee.currency} != {sale.currency}:
            amount, told = sale.amount, evolve(told, withdrawn=zero, fee=zero)
        match state.standing:
            case ChargebackStanding.NEEDS_RESPONSE | ChargebackStanding.UNDER_REVIEW:
                return sale.dispute(amount, told, at)
            case ChargebackStanding.LOST:
                return sale.lose(amount, told, at)
            case _:  # an inquiry takes nothing yet
                return sale.win(amount, told, at)


def _sold(sale: Sale, read: Reader) -> Sold:
    others = [one for one in read.find(Sale, upgrade=sale.upgrade) if one.id != sale.id]
    return Sold(upgrade=read.get(Upgrade, sale.upgrade), sale=sale, others=others)
