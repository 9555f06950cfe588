"""Payers, their banks and the dashboard: what happens to payments at the simulated gateway."""

from __future__ import annotations

from marketpay.domain.errors import GatewayError
from marketpay.domain.money import Money
from marketpay.testing import processor_values as sim
from marketpay.testing.outside import HasId, Outside, done, minor
from marketpay.testing.processor_payments import USUAL_METHOD
from marketpay.testing.processor_values import PaymentStatus


class OutsidePayments(Outside):
    """What payers do, and what is done to their payments without us."""

    def confirm(self, payment: str | HasId) -> None:
        """The payer does what is asked (3-D Secure, choosing a card): the hold then stands.

        A card that is refused after its challenge is refused.  Confirming what is confirmed
        already has no effect.
        """
        found = self._found(sim.Payment, "payment", payment)
        if found.status in (PaymentStatus.REQUIRES_CAPTURE, PaymentStatus.SUCCEEDED):
            return
        if not found.waits_for_payer:
            raise GatewayError(f"{found.id} is {found.status}: there is nothing to confirm")
        self.processor.confirm(found.id)

    def fail_confirmation(self, payment: str | HasId) -> None:
        """The payer fails the challenge or gives up: the payment is refused."""
        found = self._found(sim.Payment, "payment", payment)
        if isinstance(self.processor.fail_confirmation(found.id), sim.Refusal):
            raise GatewayError(f"{found.id} is {found.status}: there is nothing to confirm")

    def expire(self, payment: str | HasId) -> None:
        """The payer's bank lets go of the hold before its time."""
        found = self._found(sim.Payment, "payment", payment)
        if found.status is PaymentStatus.CANCELED:
            return
        if isinstance(self.processor.expire(found.id), sim.Refusal):
            raise GatewayError(f"{found.id} is {found.status}: there is no hold to expire")

    def capture_elsewhere(self, payment: str | HasId, amount: Money | None = None) -> sim.Payment:
        """Somebody captures a hold at the gateway's own dashboard, whole if nothing is said."""
        id = self._found(sim.Payment, "payment", payment).id
        return done(self.processor.capture(id, amount=minor(amount)), id)

    def cancel_elsewhere(self, payment: str | HasId) -> sim.Payment:
        """Somebody cancels a payment at the dashboard."""
        id = self._found(sim.Payment, "payment", payment).id
        return done(self.processor.cancel(id), id)

    def refund_elsewhere(self, payment: str | HasId, amount: Money | None = None) -> sim.Refund:
        """Somebody refunds a payment at the dashboard, all that is left if nothing is said."""
        id = self._found(sim.Payment, "payment", payment).id
        return done(self.processor.refund(id, amount=minor(amount)), id)

    def fail_refund(self, refund: str | HasId, reason: str = "lost_or_stolen_card") -> sim.Refund:
        """The payer's bank sends a refund back, whether or not it had succeeded."""
        id = self._found(sim.Refund, "refund", refund).id
        return done(self.processor.fail_refund(id, reason), id)

    def settle_refund(self, refund: str | HasId) -> sim.Refund:
        """The payer's bank confirms a refund that is pending."""
        id = self._found(sim.Refund, "refund", refund).id
        return done(self.processor.settle_refund(id), id)

    def pay_checkout(self, checkout: str | HasId, *, card: str = USUAL_METHOD) -> sim.Checkout:
        """The payer pays on the page; a card that is refused leaves it open, as an error says."""
        id = self._found(sim.Checkout, "checkout", checkout).id
        return done(self.processor.pay_checkout(id, method=card), id)

    def promise_checkout(self, checkout: str | HasId) -> sim.Checkout:
        """The payer chooses a slow way to pay: the page is complete, and not paid."""
        id = self._found(sim.Checkout, "checkout", checkout).id
        return done(self.processor.promise_checkout(id), id)

    def settle_checkout(self, checkout: str | HasId) -> sim.Checkout:
        """The money of a slow way to pay has come."""
        id = self._found(sim.Checkout, "checkout", checkout).id
        return done(self.processor.settle_checkout(id), id)

    def fail_checkout(self, checkout: str | HasId) -> sim.Checkout:
        """The money of a slow way to pay will not come."""
        id = self._found(sim.Checkout, "checkout", checkout).id
        return done(self.processor.fail_checkout(id), id)

    def expire_checkout(self, checkout: str | HasId) -> sim.Checkout:
        """Somebody closes the page at the dashboard."""
        id = self._found(sim.Checkout, "checkout", checkout).id
        return done(self.processor.expire_checkout(id), id)
