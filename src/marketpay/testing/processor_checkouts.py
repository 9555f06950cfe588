"""Checkout sessions at the simulated processor: pages on which a payer pays at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from attrs import evolve

from marketpay.testing.processor_payments import USUAL_METHOD, Payments, new_secret
from marketpay.testing.processor_records import new_id
from marketpay.testing.processor_refusals import no
from marketpay.testing.processor_values import (
    Card,
    Charge,
    Checkout,
    CheckoutStatus,
    Customer,
    Decline,
    Payment,
    PaymentStatus,
    Record,
    Refusal,
)

CHECKOUT_LASTS: Final = timedelta(days=1)


class Checkouts(Payments):
    """Pages to pay on.  What is paid on them is captured at once."""

    def open_checkout(
        self,
        *,
        amount: int,
        currency: str,
        payer: str | None = None,
        customer: str | None = None,
        reference: str | None = None,
        subject: str | None = None,
        description: str = "",
        success_url: str = "",
        cancel_url: str = "",
        expires_at: datetime | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Checkout | Refusal:
        """A page that waits for its payer until `expires_at`, a day if nothing is said.

        Its payment has the same reference, subject and metadata.
        """
        with self._up_to_date():
            now = self._at()
            checkout = Checkout(
                id=new_id("cs"),
                amount=amount,
                currency=currency,
                payer=payer,
                customer=customer,
                reference=reference,
                subject=subject,
                description=description,
                success_url=success_url,
                cancel_url=cancel_url,
                expires_at=expires_at or now + CHECKOUT_LASTS,
                metadata=metadata or {},
                created=now,
            )
            return self._open_checkout(checkout)

    def pay_checkout(self, id: str, *, method: str = USUAL_METHOD) -> Checkout | Refusal:
        """The payer pays with `method`, and passes its challenge if there is one.

        A card that is refused leaves the page open for another one.
        """
        with self._up_to_date():
            checkout = self._payable(id)
            if not isinstance(checkout, Checkout):
                return checkout
            card = self._card(method, checkout.customer)
            if not isinstance(card, Card):
                return card
            payment = self._payment_on(checkout, method)
            checkout = self._put(evolve(checkout, payment=payment.id))
            if decline := card.decline or card.decline_after_challenge:
                return evolve(self._refuse(payment, decline), checkout=checkout)
            self._take_at_once(payment)
            return self._complete(checkout, "checkout.session.completed", paid=True)

    def promise_checkout(self, id: str) -> Checkout | Refusal:
        """The payer chooses a slow way to pay: the page is done with, the money on its way."""
        with self._up_to_date():
            checkout = self._payable(id)
            if not isinstance(checkout, Checkout):
                return checkout
            payment = self._payment_on(checkout, None)
            waiting = self._put(evolve(payment, status=PaymentStatus.PROCESSING))
            self._emit("payment_intent.processing", waiting)
            checkout = evolve(checkout, payment=payment.id)
            return self._complete(checkout, "checkout.session.completed", paid=False)

    def settle_checkout(self, id: str) -> Checkout | Refusal:
        """Money that was on its way has come."""
        with self._up_to_date():
            found = self._promised(id)
            if isinstance(found, Refusal):
                return found
            checkout, payment = found
            self._take_at_once(payment)
            return self._complete(checkout, "checkout.session.async_payment_succeeded", paid=True)

    def fail_checkout(self, id: str) -> Checkout | Refusal:
        """Money that was on its way will not come."""
        with self._up_to_date():
            found = self._promised(id)
            if isinstance(found, Refusal):
                return found
            checkout, payment = found
            decline = Decline("payment_intent_payment_attempt_failed")
            self._refuse(payment, decline)
            checkout = evolve(checkout, failure=decline.code)
            return self._complete(checkout, "checkout.session.async_payment_failed", paid=False)

    def expire_checkout(self, id: str) -> Checkout | Refusal:
        """Close a page before anybody has paid on it."""
        with self._up_to_date() as shelf:
            checkout = self._payable(id)
            if isinstance(checkout, Checkout):
                shelf.tally("expire_checkout")
                return self._expire_checkout(checkout)
            return checkout

    def _fall_due(self, record: Record) -> None:
        if isinstance(record, Checkout):
            self._expire_checkout(record)
        else:
            super()._fall_due(record)

    def _open_checkout(self, checkout: Checkout) -> Checkout | Refusal:
        if checkout.amount <= 0 or checkout.expires_at <= checkout.created:
            return no("parameter_invalid_integer")
        if checkout.customer is not None and self._shelf.get(Customer, checkout.customer) is None:
            return no("resource_missing")
        self._shelf.tally("open_checkout")
        return self._put(checkout)

    def _payable(self, id: str) -> Checkout | Refusal:
        checkout = self._get(Checkout, id)
        if checkout is None:
            return no("resource_missing")
        if not checkout.open:
            return evolve(no("checkout_session_not_open"), checkout=checkout)
        return checkout

    def _promised(self, id: str) -> tuple[Checkout, Payment] | Refusal:
        checkout = self._get(Checkout, id)
        if checkout is None:
            return no("resource_missing")
        payment = self._get(Payment, checkout.payment or "")
        if payment is None or payment.status is not PaymentStatus.PROCESSING:
            return evolve(no("checkout_session_not_processing"), checkout=checkout)
        return checkout, payment

    def _payment_on(self, checkout: Checkout, method: str | None) -> Payment:
        id = new_id("pi")
        payment = Payment(
            id=id,
            amount=checkout.amount,
            currency=checkout.currency,
            payer=checkout.payer,
            customer=checkout.customer,
            method=method,
            reference=checkout.reference,
            subject=checkout.subject,
            metadata=checkout.metadata,
            checkout=checkout.id,
            created=self._at(),
            client_secret=new_secret(id),
        )
        self._emit("payment_intent.created", payment)
        return self._put(payment)

    def _take_at_once(self, payment: Payment) -> None:
        charge: Charge = self._take(self._new_charge(payment), payment.amount)
        self._emit("charge.succeeded", charge)
        self._captured(payment, charge)

    def _complete(self, checkout: Checkout, type: str, *, paid: bool) -> Checkout:
        done = self._put(evolve(checkout, status=CheckoutStatus.COMPLETE, paid=paid))
        self._emit(type, done)
        return done

    def _expire_checkout(self, checkout: Checkout) -> Checkout:
        expired = self._put(evolve(checkout, status=CheckoutStatus.EXPIRED))
        self._emit("checkout.session.expired", expired)
        return expired
