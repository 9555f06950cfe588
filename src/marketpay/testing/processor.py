"""A simulated payment processor, in the manner of Stripe and with state of its own.

It knows nothing of marketpay: it has holds, charges, refunds, connected accounts, transfers,
payouts, balances in minor units, and keys that make a repeated request safe.  Nothing is
created or destroyed: what was captured lies on the platform's balance or on a connected one,
or was refunded or paid out.  A definite no is a value (`Refusal`); no money moved.
"""

from __future__ import annotations

import os
from datetime import timedelta
from typing import Final

from attrs import evolve

from marketpay.testing.cards import GOOD, card_named
from marketpay.testing.processor_records import ProcessorRecords, new_id
from marketpay.testing.processor_values import (
    PLATFORM,
    Account,
    Card,
    Decline,
    Movement,
    Payment,
    PaymentStatus,
    Payout,
    Refund,
    Refusal,
    Standing,
    Transfer,
)

HOLD_LASTS: Final = timedelta(days=7)
USUAL_METHOD: Final = "pm_card_visa"  # what a payer's client chooses when nobody says


class Processor(ProcessorRecords):
    """Every method is one effect, whole or not at all; any number of threads may call it."""

    def authorize(
        self,
        *,
        amount: int,
        currency: str,
        payer: str,
        method: str | None,
        reference: str,
        subject: str,
        group: str,
        card: Card | None = None,
    ) -> Payment | Refusal:
        """Open a payment and try to put its hold on `method`; it behaves as `card` if given.

        Without `method` the payer's client has to choose one.
        """
        behaviour = card or (GOOD if method is None else card_named(method))
        if amount <= 0:
            return _no("parameter_invalid_integer")
        if behaviour is None:
            return _no("resource_missing")
        id = new_id("pi")
        payment = Payment(
            id=id,
            amount=amount,
            currency=currency,
            payer=payer,
            method=method,
            reference=reference,
            subject=subject,
            group=group,
            created=self.now(),
            client_secret=f"{id}_secret_{os.urandom(12).hex()}",
        )
        with self._shelf:
            return self._try_card(payment, behaviour)

    def confirm(self, id: str, *, method: str | None = None) -> Payment | Refusal:
        """The payer's client passes the challenge, with `method` if it chose another one.

        After a refusal only another `method` helps.
        """
        with self._shelf:
            payment = self.find(Payment, id)
            if payment is None:
                return _no("resource_missing")
            if not payment.waits_for_payer and not (payment.waits_for_method and method):
                return _no("payment_intent_unexpected_state", payment)
            method = method or payment.method or USUAL_METHOD
            card = card_named(method)
            if card is None:
                return _no("resource_missing", payment)
            payment = evolve(payment, method=method)
            decline = card.decline or card.decline_after_challenge
            if decline is not None:
                return self._refuse(payment, decline)
            return self._put(payment.hold(self.now() + HOLD_LASTS))

    def fail_confirmation(self, id: str) -> Payment | Refusal:
        """The payer's client fails the challenge, or gives up."""
        with self._shelf:
            payment = self.find(Payment, id)
            if payment is None:
                return _no("resource_missing")
            if not payment.waits_for_payer:
                return _no("payment_intent_unexpected_state", payment)
            failed = payment.refuse(Decline("payment_intent_authentication_failure"))
            return self._put(failed)

    def capture(self, id: str, *, amount: int, currency: str) -> Payment | Refusal:
        """Take `amount` of what is held; the rest of the hold is let go."""
        with self._shelf as shelf:
            payment = self.find(Payment, id)
            if payment is None:
                return _no("resource_missing")
            if payment.status is not PaymentStatus.REQUIRES_CAPTURE:
                return _no("payment_intent_unexpected_state", payment)
            if wrong := _wrong(amount, currency, payment.amount, payment.currency):
                return _no(wrong, payment)
            shelf.tally("capture")
            self._book(PLATFORM, amount, currency, Movement.CHARGE, payment.id)
            return self._put(evolve(payment, status=PaymentStatus.SUCCEEDED, captured=amount))

    def cancel(self, id: str) -> Payment | Refusal:
        """Let go of a hold, or of a payment that nobody confirmed."""
        with self._shelf as shelf:
            canceled = self._let_go(id, "requested_by_customer")
            if isinstance(canceled, Payment):
                shelf.tally("cancel")
            return canceled

    def expire(self, id: str) -> Payment | Refusal:
        """The payer's bank lets go of a hold before its time."""
        with self._shelf:
            return self._let_go(id, "expired")

    def refund(self, id: str, *, amount: int, currency: str, reference: str) -> Refund | Refusal:
        """Give back `amount` of what was captured, from the platform's balance."""
        with self._shelf as shelf:
            payment = self.find(Payment, id)
            if payment is None:
                return _no("resource_missing")
            if payment.status is not PaymentStatus.SUCCEEDED:
                return _no("payment_intent_unexpected_state", payment)
            left = payment.captured - payment.refunded
            if left == 0:
                return _no("charge_already_refunded", payment)
            if wrong := _wrong(amount, currency, left, payment.currency):
                return _no(wrong, payment)
            if amount > shelf.balance(PLATFORM, currency):
                return _no("balance_insufficient", payment)
            refund = Refund(
                id=new_id("re"),
                payment=payment.id,
                amount=amount,
                currency=currency,
                reference=reference,
                created=self.now(),
            )
            shelf.tally("refund")
            self._book(PLATFORM, -amount, currency, Movement.REFUND, refund.id)
            self._put(evolve(payment, refunded=payment.refunded + amount))
            return self._put(refund)

    def open_account(self, *, owner: str, reference: str) -> Account:
        """A connected account, pending until its owner has been checked."""
        account = Account(id=new_id("acct"), owner=owner, reference=reference, created=self.now())
        with self._shelf as shelf:
            shelf.tally("open_account")
            return self._put(account)

    def set_standing(self, id: str, standing: Standing) -> Account | Refusal:
        """The processor makes up its mind about a connected account."""
        with self._shelf:
            account = self.find(Account, id)
            if account is None:
                return _no("resource_missing")
            return self._put(evolve(account, standing=standing))

    def transfer(
        self,
        *,
        account: str,
        amount: int,
        currency: str,
        source: str | None,
        reference: str,
        group: str,
    ) -> Transfer | Refusal:
        """Move `amount` from the platform to `account`, out of the charge `source` if given.

        The transfers out of one charge are together at most what was captured.
        """
        with self._shelf as shelf:
            to = self.find(Account, account)
            charge = None if source is None else self.find(Payment, source)
            if to is None or (charge is None and source is not None):
                return _no("resource_missing")
            if to.standing is not Standing.ACTIVE:
                return _no("account_not_active")
            left = amount if charge is None else charge.captured - charge.transferred
            if wrong := _wrong(amount, currency, left, charge.currency if charge else currency):
                return _no(wrong)
            if amount > shelf.balance(PLATFORM, currency):
                return _no("balance_insufficient")
            transfer = Transfer(
                id=new_id("tr"),
                account=to.id,
                amount=amount,
                currency=currency,
                source=source,
                reference=reference,
                group=group,
                created=self.now(),
            )
            if charge is not None:
                self._put(evolve(charge, transferred=charge.transferred + amount))
            return self._move(transfer)

    def pay_out(
        self, account: str, *, amount: int, currency: str, reference: str
    ) -> Payout | Refusal:
        """Send `amount` from a connected account to its owner's bank."""
        with self._shelf as shelf:
            of = self.find(Account, account)
            if of is None:
                return _no("resource_missing")
            if of.standing is not Standing.ACTIVE:
                return _no("account_not_active")
            if amount <= 0:
                return _no("parameter_invalid_integer")
            if amount > shelf.balance(of.id, currency):
                return _no("balance_insufficient")
            payout = Payout(
                id=new_id("po"),
                account=of.id,
                amount=amount,
                currency=currency,
                reference=reference,
                created=self.now(),
            )
            shelf.tally("pay_out")
            self._book(of.id, -amount, currency, Movement.PAYOUT, payout.id)
            return self._put(payout)

    def _move(self, transfer: Transfer) -> Transfer:
        amount, currency, id = transfer.amount, transfer.currency, transfer.id
        self._shelf.tally("transfer")
        self._book(PLATFORM, -amount, currency, Movement.TRANSFER, id)
        self._book(transfer.account, amount, currency, Movement.TRANSFER, id)
        return self._put(transfer)

    def _try_card(self, payment: Payment, card: Card) -> Payment | Refusal:
        if card.decline is not None:
            return self._refuse(payment, card.decline)
        self._shelf.tally("authorize")
        if card.challenge:
            return self._put(evolve(payment, status=PaymentStatus.REQUIRES_ACTION))
        if payment.method is None:
            return self._put(payment)
        return self._put(payment.hold(payment.created + HOLD_LASTS))

    def _let_go(self, id: str, because: str) -> Payment | Refusal:
        payment = self.find(Payment, id)
        if payment is None:
            return _no("resource_missing")
        if not payment.open:
            return _no("payment_intent_unexpected_state", payment)
        return self._put(payment.cancel(because))

    def _refuse(self, payment: Payment, decline: Decline) -> Refusal:
        return Refusal(decline=decline, payment=self._put(payment.refuse(decline)))


def _no(code: str, payment: Payment | None = None) -> Refusal:
    return Refusal(decline=Decline(code), payment=payment)


def _wrong(amount: int, currency: str, most: int, in_currency: str) -> str | None:
    """What is wrong with an amount of which there is `most` in `in_currency`, if anything."""
    if currency != in_currency:
        return "currency_mismatch"
    if amount <= 0:
        return "parameter_invalid_integer"
    return "amount_too_large" if amount > most else None
