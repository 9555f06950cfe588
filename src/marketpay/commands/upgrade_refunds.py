"""Refunds of what was paid for upgrades: asked for here, or made at the gateway."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from marketpay.commands.base import PERSONAL, Command, Result, only_staff, only_system
from marketpay.commands.settling_sales import sale_refund_came_back, settle_sale_refund
from marketpay.domain import selling_back
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.errors import CurrencyMismatch, NotFound, Reason, Refused
from marketpay.domain.ids import TransactionId
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.money import Money
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.sale import Sale
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.validators import IdOf, Text, above_zero
from marketpay.ports.gateway import (
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
        if not sales:
            raise NotFound("Sale", self.purchase)
        [sale] = sales
        only_staff(self.by, "refund this upgrade")
        amount = sale.refundable if self.amount is None else self.amount
        if amount.currency != sale.amount.currency:
            raise CurrencyMismatch(amount.currency, sale.amount.currency)
        rules.limits(amount.currency).check_step(amount, "amount")
        if not amount.minor or amount > sale.refundable:
            raise Refused(Reason.NOT_REFUNDABLE)
        back = selling_back.take_back(
            sale, read.get(Upgrade, sale.upgrade), amount, self.by.role, at
        )
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
            return evolve(followed, waives=(*followed.waives, sale))
        if state.progress in GONE:
            return Decision(None, waives=(sale,))
        return self._recorded(sale, read, rules, at)

    def _recorded(
        self, sale: Sale, read: Reader, rules: Rules, at: datetime
    ) -> Decision[PaymentTransaction | None]:
        amount = min(self.state.amount, sale.refundable)
        upgrade = read.get(Upgrade, sale.upgrade)
        back = selling_back.take_back(sale, upgrade, amount, Role.SYSTEM, at)
        begun = selling_back.operation(sale, self.state.amount, rules, at, at)
        refund = begun.entity
        raised = incident(IncidentKind.REFUND_ELSEWHERE, sale.charge, refund.id, rules, at)
        settled = settle_sale_refund(refund, self._news(), rules, at)
        excess = selling_back.borne(refund, self.state.amount - amount)
        return Decision(
            settled.result,
            changes=(*back.changes, begun, *settled.changes, raised),
            waives=back.waives,
            entries=(*back.entries, *excess, *settled.entries),
            timers=back.timers,
        )

    def _followed(
        self, known: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Decision[PaymentTransaction]:
        news = self._news()
        if not known.is_settled:
            return settle_sale_refund(known, news, rules, at)
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
    """A customer's bank disputes what was paid for an upgrade: somebody should look at it."""

    state: ChargebackState

    def decide(self, read: Reader, rules: Rules) -> Decision[Sale | None]:
        """The sale, with one incident for each dispute; None where it is none of ours."""
        only_system(self.by, "note a chargeback of an upgrade")
        sales = read.find(Sale, gateway_payment=self.state.payment)
        if not sales:
            return Decision(None)
        [sale], kind = sales, IncidentKind.CHARGEBACK
        before = read.find(Incident, subject=sale.charge, kind=kind)
        if any(one.detail == self.state.gateway_id for one in before):
            return Decision(sale, waives=(sale, *before))
        raised = incident(kind, sale.charge, self.state.gateway_id, rules, rules.now())
        return Decision(sale, changes=(raised,), relies_on=(sale,), waives=before)
