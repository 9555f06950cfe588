"""Payment intents as Stripe shows them."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Decline, Payment, PaymentStatus
from marketpay.testing.stripe_server.cards import any_method, why_declined
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.units import outwards, seconds
from marketpay.testing.stripe_server.world import World

ECHOED: Final = ("description", "receipt_email", "statement_descriptor_suffix", "shipping")
_NEVER: Final = (
    "application", "application_fee_amount", "customer_account", "excluded_payment_method_types",
    "on_behalf_of", "payment_method_configuration_details", "review", "setup_future_usage",
    "statement_descriptor", "transfer_data",
)  # fmt: skip
_REASONS: Final = (
    "abandoned", "automatic", "duplicate", "expired", "fraudulent", "requested_by_customer",
)  # fmt: skip


def payment_intent(world: World, payment: Payment) -> Json:
    """The payment intent."""
    id, currency = payment.id, payment.currency
    held = payment.status is PaymentStatus.REQUIRES_CAPTURE
    reason = payment.canceled_because
    return {
        **dict.fromkeys(_NEVER),
        "id": id,
        "object": "payment_intent",
        "allowed_payment_method_types": world.detail(id, "allowed_payment_method_types"),
        "amount": outwards(payment.amount, currency),
        "amount_capturable": outwards(payment.amount, currency) if held else 0,
        "amount_details": {"tip": {}},
        "amount_received": outwards(payment.captured, currency),
        "automatic_payment_methods": world.detail(id, "automatic_payment_methods"),
        "canceled_at": payment.canceled_at and seconds(payment.canceled_at),
        "cancellation_reason": reason if reason in _REASONS else None,
        "capture_method": capture_method(world, payment),
        "client_secret": payment.client_secret,
        "confirmation_method": "automatic",
        "created": seconds(payment.created),
        "currency": currency.lower(),
        "customer": payment.customer,
        "last_payment_error": _last_error(world, payment),
        "latest_charge": payment.charge,
        "livemode": False,
        "metadata": world.metadata(payment, payment.checkout),
        "next_action": _next_action(world, payment),
        "payment_method": chosen_method(world, payment),
        "payment_method_options": {"card": dict(_CARD_OPTIONS)},
        "payment_method_types": ["card"],
        "processing": {"type": "card"} if payment.status is PaymentStatus.PROCESSING else None,
        "status": _status(world, payment),
        "transfer_group": payment.group,
        **told(world, payment),
    }


def told(world: World, payment: Payment) -> Json:
    """What is only told of a payment; on a page to pay on, what the page was told."""
    page: Json = world.detail(payment.checkout or "", "payment_intent_data", {})
    return {name: world.detail(payment.id, name, page.get(name)) for name in ECHOED}


_CARD_OPTIONS: Final = {
    "installments": None,
    "mandate_options": None,
    "network": None,
    "request_three_d_secure": "automatic",
}


def capture_method(world: World, payment: Payment) -> str:
    """Whether a hold waits to be captured."""
    usual = "manual" if payment.checkout is None else "automatic_async"
    return str(world.detail(payment.id, "capture_method", usual))


def chosen_method(world: World, payment: Payment) -> str | None:
    """The card that was tried last, or will be once the payment is confirmed."""
    if payment.decline is not None:
        return None  # Stripe lets go of a card that was refused
    return payment.method or world.detail(payment.id, "chosen")


def _status(world: World, payment: Payment) -> str:
    waits = payment.status is PaymentStatus.REQUIRES_PAYMENT_METHOD and payment.decline is None
    if waits and chosen_method(world, payment):
        return "requires_confirmation"
    return payment.status.value


def decline_facts(decline: Decline) -> Json:
    """What an error says of a card that was refused."""
    facts = {"code": decline.code, "decline_code": decline.decline_code}
    known = {name: value for name, value in facts.items() if value}
    return {**known, "message": why_declined(decline.code, decline.decline_code)}


def _last_error(world: World, payment: Payment) -> Json | None:
    if payment.decline is None:
        return None
    facts = decline_facts(payment.decline)
    code = payment.decline.code
    error = {"doc_url": f"https://stripe.com/docs/error-codes/{code.replace('_', '-')}", **facts}
    if payment.charge is not None:
        error["charge"] = payment.charge
    if payment.method is not None:
        error["payment_method"] = any_method(world, payment.method)
    return {**error, "type": _kind_of(payment.decline)}


def _kind_of(decline: Decline) -> str:
    unproven = decline.code == "payment_intent_authentication_failure"
    return "invalid_request_error" if unproven else "card_error"


def _next_action(world: World, payment: Payment) -> Json | None:
    if payment.status is not PaymentStatus.REQUIRES_ACTION:
        return None
    page = challenge_page(world, payment)
    back = world.detail(payment.id, "return_url")
    if back is None:
        sdk = {"type": "three_d_secure_redirect", "stripe_js": page, "source": payment.id}
        return {"type": "use_stripe_sdk", "use_stripe_sdk": sdk}
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": back, "url": page},
    }


def challenge_page(world: World, payment: Payment) -> str:
    """Where the payer proves who they are."""
    return f"{world.url()}/_pages/challenge/{payment.id}/{payment.client_secret}"
