"""Refunds at the simulated processor: at once, in a while, or when there is money for them."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from marketpay.testing.processor_customers import Customers
from marketpay.testing.processor_records import new_id
from marketpay.testing.processor_refusals import NOT_NOW, no, wrong
from marketpay.testing.processor_values import (
    PLATFORM,
    Charge,
    Dispute,
    DisputeStatus,
    Movement,
    Payment,
    PaymentStatus,
    Record,
    Refund,
    RefundStatus,
    Refusal,
)


class Refunds(Customers):
    """Captured money that goes back to the payer, from what the platform has available."""

    def refund(
        self,
        id: str,
        *,
        amount: int | None = None,
        currency: str | None = None,
        reference: str | None = None,
        reason: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Refund | Refusal:
        """Give back `amount` of a payment (or charge), or all that is left of it.

        It is pending while the platform has not enough available, and served in turn.
        """
        with self._up_to_date() as shelf:
            charge = self._charge_named(id)
            payment = self._get(Payment, charge.payment if charge else id)
            if payment is None:
                return no("resource_missing")
            if payment.status is not PaymentStatus.SUCCEEDED or charge is None:
                return no(NOT_NOW, payment)
            amount = charge.captured - charge.refunded if amount is None else amount
            if problem := self._unfit(charge, amount, currency or charge.currency):
                return no(problem, payment)
            refund = Refund(
                id=new_id("re"),
                payment=payment.id,
                charge=charge.id,
                amount=amount,
                currency=charge.currency,
                reference=reference,
                reason=reason,
                metadata=metadata or {},
                created=self._at(),
            )
            shelf.tally("refund")
            return self._start_refund(refund, charge)

    def fail_refund(self, id: str, reason: str = "lost_or_stolen_card") -> Refund | Refusal:
        """The payer's bank sends the money back, to the platform's balance."""
        with self._up_to_date():
            refund = self._get(Refund, id)
            if refund is None:
                return no("resource_missing")
            if refund.status is RefundStatus.FAILED:
                return no("refund_already_failed")
            return self._fail_refund(refund, reason)

    def settle_refund(self, id: str) -> Refund | Refusal:
        """The payer's bank confirms a pending refund."""
        with self._up_to_date():
            refund = self._get(Refund, id)
            if refund is None:
                return no("resource_missing")
            if refund.status is not RefundStatus.PENDING or refund.waits_for_balance:
                return no("refund_not_pending")
            return self._succeed(refund)

    def _fall_due(self, record: Record) -> None:
        if not isinstance(record, Refund):
            super()._fall_due(record)
        elif record.will_fail is not None:
            self._fail_refund(record, record.will_fail)
        else:
            self._succeed(record)

    def _serve_who_waits(self) -> None:
        super()._serve_who_waits()
        stuck: set[str] = set()
        for refund in self._shelf.open(Refund):
            if not refund.waits_for_balance or refund.currency in stuck:
                continue
            if refund.amount > self._available(PLATFORM, refund.currency):
                stuck.add(refund.currency)
                continue
            self._emit("refund.updated", self._put(self._pay_refund(refund)))

    def _start_refund(self, refund: Refund, charge: Charge) -> Refund:
        if self._must_wait(refund):
            refund = evolve(refund, status=RefundStatus.PENDING, waits_for_balance=True)
        else:
            refund = self._pay_refund(refund)
        self._emit("refund.created", self._put(refund))
        charge = evolve(charge, refunded=charge.refunded + refund.amount)
        self._emit("charge.refunded", self._put(charge))
        return refund

    def _pay_refund(self, refund: Refund) -> Refund:
        """Take its money from the balance; its card says what then becomes of it."""
        amount, currency = -refund.amount, refund.currency
        booked = self._book(PLATFORM, amount, currency, Movement.REFUND, refund.id)
        refund = evolve(
            refund,
            status=RefundStatus.SUCCEEDED,
            waits_for_balance=False,
            balance_transaction=booked.id,
        )
        charge = self._shelf.get(Charge, refund.charge)
        card = self._behaviour(charge.method if charge else None)
        later = self._at() + self.terms.refund_takes
        if card.refund_pends:
            return evolve(refund, status=RefundStatus.PENDING, settles_at=later)
        if card.refund_fails:
            return evolve(refund, settles_at=later, will_fail="unknown")
        return refund

    def _must_wait(self, refund: Refund) -> bool:
        currency = refund.currency
        in_front = any(
            other.waits_for_balance and other.currency == currency
            for other in self._shelf.open(Refund)
        )
        return in_front or refund.amount > self._available(PLATFORM, currency)

    def _succeed(self, refund: Refund) -> Refund:
        settles_at = refund.settles_at if refund.will_fail else None
        done = evolve(refund, status=RefundStatus.SUCCEEDED, settles_at=settles_at)
        self._emit("refund.updated", self._put(done))
        return done

    def _fail_refund(self, refund: Refund, reason: str) -> Refund:
        back = None
        if not refund.waits_for_balance:
            amount, currency = refund.amount, refund.currency
            back = self._book(PLATFORM, amount, currency, Movement.REFUND_FAILURE, refund.id).id
        failed = evolve(
            refund,
            status=RefundStatus.FAILED,
            failure=reason,
            failure_balance_transaction=back,
            waits_for_balance=False,
            settles_at=None,
            will_fail=None,
        )
        charge = self._get(Charge, refund.charge)
        if charge is not None:
            self._put(evolve(charge, refunded=charge.refunded - refund.amount))
        self._put(failed)
        self._emit("refund.updated", failed)
        self._emit("refund.failed", failed)
        return failed

    def _unfit(self, charge: Charge, amount: int, currency: str) -> str | None:
        """Why not so much of this charge can be given back."""
        disputes = self._shelf.named(Dispute, charge.id)
        if any(dispute.open and not dispute.inquiry for dispute in disputes):
            return "charge_disputed"
        left = charge.captured - charge.refunded
        if left == 0:
            return "charge_already_refunded"
        lost = sum(one.amount for one in disputes if one.status is DisputeStatus.LOST)
        if left <= lost:
            return "charge_disputed"
        return wrong(amount, currency, left - lost, charge.currency)
