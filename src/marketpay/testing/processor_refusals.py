"""How the simulated processor refuses: in Stripe's words, where Stripe has one."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Decline, Payment, Refusal

NOT_NOW: Final = "payment_intent_unexpected_state"


def no(code: str, payment: Payment | None = None) -> Refusal:
    """A refusal with that code."""
    return Refusal(decline=Decline(code), payment=payment)


def wrong(amount: int, currency: str, most: int, in_currency: str) -> str | None:
    """What is wrong with an amount of which there is `most` in `in_currency`, if anything."""
    if currency != in_currency:
        return "currency_mismatch"
    if amount <= 0:
        return "parameter_invalid_integer"
    return "amount_too_large" if amount > most else None
