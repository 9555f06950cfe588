"""Payment methods: the documented test cards, and those that belong to a customer."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Method
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.units import seconds
from marketpay.testing.stripe_server.world import World, derived_id

_BRANDS: Final = {
    "mastercard": "4444",
    "amex": "8431",
    "discover": "9424",
    "diners": "3222",
    "jcb": "0505",
    "unionpay": "0005",
    "visa": "4242",
}
_BILLING: Final = {"address": None, "email": None, "name": None, "phone": None, "tax_id": None}
_NO_ADDRESS: Final = dict.fromkeys(
    ("city", "country", "line1", "line2", "postal_code", "state"), None
)
_MESSAGES: Final = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": (
        "An error occurred while processing your card. Try again in a little bit."
    ),
    "authentication_required": (
        "Your card was declined. This transaction requires authentication."
    ),
    "payment_intent_authentication_failure": (
        "We are unable to authenticate your payment method. Please choose a different payment "
        "method and try again."
    ),
}


def brand(card: str) -> str:
    """The brand of a test card; most are of the same one."""
    return next((name for name in _BRANDS if name in card), "visa")


def card_facts(card: str) -> Json:
    """What both a payment method and a charge tell of a card."""
    return {
        "brand": brand(card),
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "pass",
        },
        "country": "US",
        "exp_month": 12,
        "exp_year": 2034,
        "fingerprint": "".join(filter(str.isalnum, card))[-16:],
        "funding": "credit",
        "last4": _BRANDS[brand(card)],
        "regulated_status": "unregulated",
        "wallet": None,
    }


def billing_details() -> Json:
    """Nobody has given any."""
    return {**_BILLING, "address": dict(_NO_ADDRESS)}


def payment_method(
    world: World, id: str, card: str, method: Method | None = None, created: int | None = None
) -> Json:
    """The payment method `id`, which behaves as the test card `card`."""
    at = seconds(method.created) if method else created or seconds(world.now())
    owner = method.owner if method and not method.detached else None
    facts = {**card_facts(card), "display_brand": brand(card), "generated_from": None}
    networks = {"available": [brand(card)], "preferred": None}
    return {
        "id": id,
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": billing_details(),
        "card": {**facts, "networks": networks, "three_d_secure_usage": {"supported": True}},
        "created": at,
        "customer": owner,
        "customer_account": None,
        "livemode": False,
        "metadata": world.detail(id, "metadata", {}),
        "type": "card",
    }


def any_method(world: World, id: str) -> Json:
    """The payment method with that id, which need not belong to anybody."""
    method = world.processor.find(Method, id)
    if method is not None and method.id == id:
        return payment_method(world, id, method.card, method)
    card = world.detail(id, "card", id)
    return payment_method(world, id, card, created=world.detail(id, "created"))


def card_behind(world: World, id: str | None) -> str:
    """The test card behind a payment method's id."""
    if id is None:
        return "pm_card_visa"
    method = world.processor.find(Method, id)
    return method.card if method is not None else str(world.detail(id, "card", id))


def why_declined(code: str, decline_code: str | None) -> str:
    """The sentence that a payer may read."""
    return _MESSAGES.get(decline_code or code) or _MESSAGES.get(code) or _MESSAGES["card_declined"]


def bank_account(account: str, currency: str, country: str) -> Json:
    """The one bank account that an onboarded account has."""
    return {
        "id": derived_id("ba", account),
        "object": "bank_account",
        "account": account,
        "account_holder_name": None,
        "account_holder_type": None,
        "account_type": None,
        "available_payout_methods": ["standard"],
        "bank_name": "STRIPE TEST BANK",
        "country": country,
        "currency": currency,
        "default_for_currency": True,
        "fingerprint": derived_id("fp", account)[3:19],
        "future_requirements": None,
        "last4": "6789",
        "metadata": {},
        "requirements": None,
        "routing_number": "110000000",
        "status": "new",
    }
