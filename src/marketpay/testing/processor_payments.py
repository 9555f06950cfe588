"""Payments at the simulated processor: holds, captures and what becomes of them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from attrs import evolve

from marketpay.testing.processor_customers import Customers
from marketpay.testing.processor_records import new_id
from marketpay.testing.processor_refusals import NOT_NOW, no, wrong
from marketpay.testing.processor_values import (
    PLATFORM,
    Card,
    Charge,
    Decline,
    Movement,
    Payment,
    PaymentStatus,
    Record,
    Refusal,
)

HOLD_LASTS: Final = timedelta(days=7)
USUAL_METHOD: Final = "pm_card_visa"  # what a payer's client chooses when nobody says


class Payments(Customers):
    """Holds on cards, which are captured or let go of."""

    def authorize(
        self,
        *,
        amount: int,
        currency: str,
        payer: str | None = None,
        method: str | None = None,
        customer: str | None = None,
        reference: str | None = None,
        subject: str | None = None,
        group: str | None = None,
        metadata: Mapping[str, str] | None = None,
        card: Card | None = None,
    ) -> Payment | Refusal:
        """Open a payment and try to put its hold on `method`; it behaves as `card` if given.

        Without `method` the payer's client has to choose one.  `customer` is the id of a payer
        that the processor knows; a method that belongs to somebody else is refused.
        """
        id = new_id("pi")
        with self._up_to_date():
            payment = Payment(
                id=id,
                amount=amount,
                currency=currency,
                payer=payer,
                customer=customer,
                method=method,
                reference=reference,
                subject=subject,
                group=group,
                metadata=metadata or {},
                created=self._at(),
                client_secret=new_secret(id),
            )
            return self._open_payment(payment, card)

    def attempt(self, id: str, *, method: str) -> Payment | Refusal:
        """Try `method` on a payment that waits for one; the card may ask for a challenge."""
        with self._up_to_date():
            payment = self._get(Payment, id)
            if payment is None:
                return no("resource_missing")
            if not payment.waits_for_method:
                return no(NOT_NOW, payment)
            card = self._card(method, payment.customer, payment)
            if not isinstance(card, Card):
                return card
            return self._try_card(evolve(payment, method=method), card)

    def confirm(self, id: str, *, method: str | None = None) -> Payment | Refusal:
        """The payer's client passes the challenge, with `method` if it chose another one.

        After a refusal only another `method` helps.
        """
        with self._up_to_date():
            payment = self._get(Payment, id)
            if payment is None:
                return no("resource_missing")
            if not payment.waits_for_payer and not (payment.waits_for_method and method):
                return no(NOT_NOW, payment)
            method = method or payment.method or USUAL_METHOD
            card = self._card(method, payment.customer, payment)
            if not isinstance(card, Card):
                return card
            payment = evolve(payment, method=method)
            decline = card.decline or card.decline_after_challenge
            return self._refuse(payment, decline) if decline else self._hold(payment)

    def fail_confirmation(self, id: str) -> Payment | Refusal:
        """The payer's client fails the challenge, or gives up."""
        with self._up_to_date():
            payment = self._get(Payment, id)
            if payment is None:
                return no("resource_missing")
            if not payment.waits_for_payer:
                return no(NOT_NOW, payment)
            failed = payment.refuse(Decline("payment_intent_authentication_failure"), None)
            self._emit("payment_intent.payment_failed", failed)
            return self._put(failed)

    def capture(
        self, id: str, *, amount: int | None = None, currency: str | None = None
    ) -> Payment | Refusal:
        """Take `amount` of what is held, or all of it; the rest of the hold is let go."""
        with self._up_to_date() as shelf:
            payment = self._get(Payment, id)
            if payment is None:
                return no("resource_missing")
            if payment.status is not PaymentStatus.REQUIRES_CAPTURE:
                return no(NOT_NOW, payment)
            amount = payment.amount if amount is None else amount
            currency = payment.currency if currency is None else currency
            if problem := wrong(amount, currency, payment.amount, payment.currency):
                return no(problem, payment)
            shelf.tally("capture")
            charge = self._take(self._charge_of(payment), amount)
            self._emit("charge.captured", charge)
            return self._captured(payment, charge)

    def cancel(self, id: str, *, reason: str = "requested_by_customer") -> Payment | Refusal:
        """Let go of a hold, or of a payment that nobody confirmed."""
        with self._up_to_date() as shelf:
            canceled = self._let_go(id, reason)
            if isinstance(canceled, Payment):
                shelf.tally("cancel")
            return canceled

    def expire(self, id: str) -> Payment | Refusal:
        """The payer's bank lets go of a hold before its time."""
        with self._up_to_date():
            return self._let_go(id, "expired")

    def _fall_due(self, record: Record) -> None:
        if isinstance(record, Payment):
            self._let_go(record.id, "expired")
        else:
            super()._fall_due(record)

    def _open_payment(self, payment: Payment, card: Card | None) -> Payment | Refusal:
        if payment.amount <= 0:
            return no("parameter_invalid_integer")
        if card is None and payment.method is not None:
            found = self._card(payment.method, payment.customer)
            if not isinstance(found, Card):
                return found
            card = found
        self._emit("payment_intent.created", payment)
        opened = self._put(payment) if card is None else self._try_card(payment, card)
        if isinstance(opened, Payment):
            self._shelf.tally("authorize")
        return opened

    def _try_card(self, payment: Payment, card: Card) -> Payment | Refusal:
        if card.decline is not None:
            return self._refuse(payment, card.decline)
        if card.challenge:
            asked = evolve(payment, status=PaymentStatus.REQUIRES_ACTION, decline=None)
            self._emit("payment_intent.requires_action", asked)
            return self._put(asked)
        return self._hold(payment)

    def _hold(self, payment: Payment) -> Payment:
        until = self._at() + HOLD_LASTS
        charge = evolve(self._new_charge(payment), capture_before=until)
        self._emit("charge.succeeded", self._put(charge))
        held = payment.hold(charge.id, until)
        self._emit("payment_intent.amount_capturable_updated", held)
        return self._put(held)

    def _refuse(self, payment: Payment, decline: Decline) -> Refusal:
        charge = self._put(evolve(self._new_charge(payment), decline=decline))
        self._emit("charge.failed", charge)
        refused = self._put(payment.refuse(decline, charge.id))
        self._emit("payment_intent.payment_failed", refused)
        return Refusal(decline=decline, payment=refused)

    def _take(self, charge: Charge, amount: int) -> Charge:
        """Book the money of a charge."""
        fee = self.terms.fees.of(amount)
        card = self._behaviour(charge.method)
        wait = timedelta(0) if card.available_at_once else self.terms.settles_after
        booked = self._book(
            PLATFORM,
            amount,
            charge.currency,
            Movement.CHARGE,
            charge.id,
            fee=fee,
            available_on=self._at() + wait,
        )
        taken = evolve(
            charge,
            captured=amount,
            balance_transaction=booked.id,
            available_on=booked.available_on,
        )
        return self._put(taken)

    def _captured(self, payment: Payment, charge: Charge) -> Payment:
        """The payment of a charge whose money was taken."""
        status = PaymentStatus.SUCCEEDED
        done = evolve(payment, status=status, charge=charge.id, captured=charge.captured)
        self._emit("payment_intent.succeeded", self._put(done))
        if charge.available_on is not None and charge.available_on <= self._at():
            self._report_funds(PLATFORM, charge.currency)
        return done

    def _new_charge(self, payment: Payment) -> Charge:
        return Charge(
            id=new_id("ch"),
            payment=payment.id,
            amount=payment.amount,
            currency=payment.currency,
            customer=payment.customer,
            method=payment.method,
            group=payment.group,
            reference=payment.reference,
            metadata=payment.metadata,
            created=self._at(),
        )

    def _charge_of(self, payment: Payment) -> Charge:
        charge = self._get(Charge, payment.charge or "")
        assert charge is not None, payment.id
        return charge

    def _let_go(self, id: str, because: str) -> Payment | Refusal:
        payment = self._get(Payment, id)
        if payment is None:
            return no("resource_missing")
        if not payment.open or payment.status is PaymentStatus.PROCESSING:
            return no(NOT_NOW, payment)
        expired = because == "expired"
        if payment.status is PaymentStatus.REQUIRES_CAPTURE:
            charge = evolve(self._charge_of(payment), released=True, expired=expired)
            self._emit("charge.expired" if expired else "charge.refunded", self._put(charge))
        canceled = self._put(payment.cancel(because, self._at()))
        self._emit("payment_intent.canceled", canceled)
        return canceled


def new_secret(id: str) -> str:
    """What the payer's client shows to act on a payment."""
    return f"{id}_secret_{os.urandom(12).hex()}"
