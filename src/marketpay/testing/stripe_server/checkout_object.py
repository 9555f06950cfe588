"""Checkout sessions and customers as Stripe shows them."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Final

from marketpay.testing.processor_values import Checkout, CheckoutStatus, Customer
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import sublist
from marketpay.testing.stripe_server.units import outwards, seconds
from marketpay.testing.stripe_server.world import World, derived_id

_NEVER: Final = (
    "adaptive_pricing", "after_expiration", "allow_promotion_codes", "billing_address_collection",
    "client_secret", "collected_information", "consent", "consent_collection",
    "currency_conversion", "customer_account", "customer_details", "invoice", "payment_link",
    "payment_method_configuration_details", "recovered_from", "saved_payment_method_options",
    "setup_intent", "shipping_address_collection", "shipping_cost", "submit_type", "subscription",
    "wallet_options", "origin_context", "permissions", "discounts", "locale",
)  # fmt: skip
_ALWAYS: Final[Json] = {
    "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
    "custom_fields": [],
    "custom_text": dict.fromkeys(
        ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
    ),
    "invoice_creation": {
        "enabled": False,
        "invoice_data": {
            **dict.fromkeys(("account_tax_ids", "custom_fields", "description", "footer")),
            **dict.fromkeys(("issuer", "rendering_options")),
            "metadata": {},
        },
    },
    "livemode": False,
    "mode": "payment",
    "payment_method_collection": "if_required",
    "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
    "payment_method_types": ["card"],
    "phone_number_collection": {"enabled": False},
    "shipping_options": [],
    "total_details": {"amount_discount": 0, "amount_shipping": 0, "amount_tax": 0},
    "ui_mode": "hosted_page",
}


def customer(world: World, one: Customer) -> Json:
    """The customer."""
    return {
        "id": one.id,
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": seconds(one.created),
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": world.detail(one.id, "description"),
        "discount": None,
        "email": one.email,
        "invoice_prefix": derived_id("X", one.id)[-8:].upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": world.metadata(one),
        "name": one.name,
        "next_invoice_sequence": 1,
        "phone": world.detail(one.id, "phone"),
        "preferred_locales": [],
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }


def line_items(world: World, one: Checkout) -> Json:
    """What is paid for."""
    items: list[Json] = world.detail(one.id, "line_items") or [
        {"description": one.description, "quantity": 1, "unit": one.amount}
    ]
    shown = [_line(one, number, item) for number, item in enumerate(items)]
    return sublist(f"/v1/checkout/sessions/{one.id}/line_items", shown)


def _line(one: Checkout, number: int, item: Json) -> Json:
    unit = outwards(item["unit"], one.currency)
    total, currency = unit * item["quantity"], one.currency.lower()
    price: dict[str, Any] = {
        "id": f"{derived_id('price', one.id)}{number}",
        "object": "price",
        "active": False,
        "billing_scheme": "per_unit",
        "created": seconds(one.created),
        "currency": currency,
        "custom_unit_amount": None,
        "livemode": False,
        "lookup_key": None,
        "metadata": {},
        "nickname": None,
        "product": f"{derived_id('prod', one.id)}{number}",
        "recurring": None,
        "tax_behavior": "unspecified",
        "tiers_mode": None,
        "transform_quantity": None,
        "type": "one_time",
        "unit_amount": unit,
        "unit_amount_decimal": str(unit),
    }
    return {
        "id": f"{derived_id('li', one.id)}{number}",
        "object": "item",
        "adjustable_quantity": None,
        "amount_discount": 0,
        "amount_subtotal": total,
        "amount_tax": 0,
        "amount_total": total,
        "currency": currency,
        "description": item["description"],
        "metadata": {},
        "price": price,
        "quantity": item["quantity"],
    }


def checkout_session(world: World, one: Checkout) -> Json:
    """The session."""
    total = outwards(one.amount, one.currency)
    open = one.status is CheckoutStatus.OPEN
    return {
        **dict.fromkeys(_NEVER),
        **deepcopy(_ALWAYS),
        "id": one.id,
        "object": "checkout.session",
        "amount_subtotal": total,
        "amount_total": total,
        "cancel_url": one.cancel_url or None,
        "client_reference_id": world.detail(one.id, "client_reference_id"),
        "created": seconds(one.created),
        "currency": one.currency.lower(),
        "customer": one.customer,
        "customer_creation": None if one.customer else "if_required",
        "customer_email": world.detail(one.id, "customer_email"),
        "expires_at": seconds(one.expires_at),
        "metadata": world.metadata(one),
        "payment_intent": one.payment,
        "payment_status": "paid" if one.paid else "unpaid",
        "status": one.status.value,
        "success_url": one.success_url or None,
        "url": f"{world.url()}/_pages/checkout/{one.id}" if open else None,
    }
