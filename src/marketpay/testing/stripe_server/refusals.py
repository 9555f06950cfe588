"""From what the processor refuses to what Stripe says then."""

from __future__ import annotations

from typing import Final, TypeVar

from attrs import evolve

from marketpay.testing.processor_values import Payment, Refusal
from marketpay.testing.stripe_server.cards import why_declined
from marketpay.testing.stripe_server.errors import Problem, Refused, invalid
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.payment_object import decline_facts, payment_intent
from marketpay.testing.stripe_server.world import World

T = TypeVar("T")

_STATE: Final = "payment_intent_unexpected_state"
_SENTENCES: Final = {
    "account_not_active": (
        "Your destination account needs to have at least one of the following capabilities "
        "enabled: transfers, crypto_transfers, legacy_payments"
    ),
    "amount_too_large": "The amount is larger than what is left.",
    "balance_insufficient": (
        "You have insufficient available funds in your Stripe account. Try adding funds "
        "directly to your available balance by creating Charges using the "
        "4000000000000077 test card. See: https://stripe.com/docs/testing#available-balance"
    ),
    "currency_mismatch": "The currency is not the one of the object.",
    "parameter_invalid_integer": "This value must be greater than or equal to 1.",
    "payment_method_not_holdable": (
        "The type of this PaymentMethod is not allowed for this PaymentIntent, which is to be "
        "captured later."
    ),
    "resource_missing": "No such object.",
}
# what Stripe calls some of what the processor refuses
_CODES: Final = {
    "account_not_active": "insufficient_capabilities_for_transfer",
    "amount_too_large": "amount_too_large",
    "currency_mismatch": None,
    "payment_method_not_holdable": "payment_intent_incompatible_payment_method",
}


def accepted(world: World, result: T | Refusal, doing: str = "") -> T:
    """The result; a refusal is raised.  `doing` completes "could not be ..."."""
    if isinstance(result, Refusal):
        raise refused(world, result, doing)
    return result


def refused(world: World, refusal: Refusal, doing: str) -> Refused:
    """The refusal as an error of Stripe's."""
    decline, payment = refusal.decline, refusal.payment
    if payment is not None and decline == payment.decline:
        return Refused(_declined(world, payment))
    shown = payment and payment_intent(world, payment)
    code = decline.code
    if code == _STATE and shown:
        return Refused(_unexpected(shown, doing))
    message = _SENTENCES.get(code, code.replace("_", " ").capitalize() + ".")
    return invalid(message, code=_CODES.get(code, code))


def _declined(world: World, payment: Payment) -> Problem:
    assert payment.decline is not None
    facts = decline_facts(payment.decline)
    return Problem(
        message=facts["message"],
        type="card_error",
        status=402,
        code=payment.decline.code,
        decline_code=payment.decline.decline_code,
        charge=payment.charge,
        payment_intent=payment_intent(world, payment),
    )


def unproven(world: World, payment: Payment) -> Refused:
    """A card that asks for its owner, who is not there."""
    code = "authentication_required"
    declined = _declined(world, payment)
    message = why_declined(code, None)
    return Refused(evolve(declined, message=message, code=code, decline_code=code))


def _unexpected(shown: Json, doing: str) -> Problem:
    message = (
        f"This PaymentIntent could not be {doing or 'changed'} because it has a status of "
        f"{shown['status']}."
    )
    return Problem(message=message, code=_STATE, payment_intent=shown)
