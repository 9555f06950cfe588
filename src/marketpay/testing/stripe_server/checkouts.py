"""`/v1/checkout/sessions`: pages on which a payer pays at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from marketpay.testing.processor_values import Checkout, Customer
from marketpay.testing.stripe_server.checkout_object import checkout_session, line_items
from marketpay.testing.stripe_server.errors import invalid, missing_parameter
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import everything, lists, page, pages
from marketpay.testing.stripe_server.params import (
    anything,
    array,
    clearable,
    currency,
    metadata,
    moment,
    nested,
    one_of,
    positive,
    takes,
    text,
    unsimulated,
)
from marketpay.testing.stripe_server.payment_intents import no_types
from marketpay.testing.stripe_server.refusals import accepted
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.units import chargeable, inwards, outwards
from marketpay.testing.stripe_server.world import World, changed_metadata

_SHORTEST: Final = timedelta(minutes=30)
_LONGEST: Final = timedelta(hours=24)
_STATUS: Final = one_of("complete", "expired", "open")


def create(world: World, call: Call) -> Json:
    """A page that waits for its payer."""
    items = call.get("line_items")
    if not items:
        raise missing_parameter("line_items")
    if "success_url" not in call.params:
        raise missing_parameter("success_url")
    code, lines = _lines(items)
    total = sum(line["unit"] * line["quantity"] for line in lines)
    chargeable(outwards(total, code), code, "line_items")
    expires_at = call.get("expires_at")
    if expires_at is not None:
        _refuse_odd_end(world, expires_at)
    if call.get("customer") is not None:
        world.find(Customer, call.params["customer"], "customer", "customer")
    result = world.processor.open_checkout(
        amount=total,
        currency=code,
        payer=call.get("client_reference_id"),
        customer=call.get("customer"),
        description=lines[0]["description"],
        success_url=call.params["success_url"],
        cancel_url=call.get("cancel_url", ""),
        expires_at=expires_at,
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    made = accepted(world, result)
    world.note(
        made.id,
        line_items=lines,
        payment_intent_data=call.get("payment_intent_data", {}),
        **{name: call.get(name) for name in ("client_reference_id", "customer_email")},
    )
    return checkout_session(world, made)


def _lines(items: list[Json]) -> tuple[str, list[Json]]:
    codes = {item["price_data"]["currency"] for item in items}
    if len(codes) > 1:
        message = "All line items must have the same currency."
        raise invalid(message, param="line_items")
    code: str = codes.pop()
    lines: list[Json] = []
    for number, item in enumerate(items):
        price = item["price_data"]
        param = f"line_items[{number}][price_data][unit_amount]"
        unit = inwards(price["unit_amount"], code, param)
        name, quantity = price["product_data"]["name"], item.get("quantity", 1)
        lines.append({"description": name, "quantity": quantity, "unit": unit})
    return code, lines


def _refuse_odd_end(world: World, expires_at: Any) -> None:
    lasts = expires_at - world.now().replace(microsecond=0)
    if not _SHORTEST <= lasts <= _LONGEST:
        message = (
            "The `expires_at` timestamp must be at least 30 minutes and at most 24 hours from "
            "Checkout Session creation."
        )
        raise invalid(message, param="expires_at")


def retrieve(world: World, call: Call) -> Json:
    """A session as it is now."""
    return checkout_session(world, world.find(Checkout, call.id, "checkout.session"))


def update(world: World, call: Call) -> Json:
    """Change a session's metadata."""
    one = world.find(Checkout, call.id, "checkout.session")
    world.change_metadata(one, call.get("metadata"))
    return checkout_session(world, one)


def list_all(world: World, call: Call) -> Json:
    """Sessions, or those of a customer or a payment."""
    payment, customer, status = map(call.get, ("payment_intent", "customer", "status"))
    found = (
        one
        for one in everything(world, Checkout)
        if payment in (None, one.payment)
        and customer in (None, one.customer)
        and status in (None, one.status.value)
    )
    return page(call, found, lambda one: checkout_session(world, one), "checkout.session")


def list_lines(world: World, call: Call) -> Json:
    """What a session is about."""
    one = world.find(Checkout, call.id, "checkout.session")
    data = line_items(world, one)["data"][: call.get("limit", 10)]
    return {"object": "list", "data": data, "has_more": False, "url": call.path}


def expire(world: World, call: Call) -> Json:
    """Close a session before anybody has paid."""
    one = world.find(Checkout, call.id, "checkout.session")
    if not one.open:
        message = (
            'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
            f"Session has a status of {one.status.value}."
        )
        raise invalid(message)
    return checkout_session(world, accepted(world, world.processor.expire_checkout(one.id)))


_PRICE: Final = nested(
    "currency product_data unit_amount",
    currency=currency,
    unit_amount=positive,
    product_data=nested("name", name=text, description=clearable, images=anything,
                        metadata=metadata, tax_code=text, unit_label=text),
    tax_behavior=text,
    **unsimulated("product recurring unit_amount_decimal"),
)  # fmt: skip
_LINE: Final = nested(
    "price_data", price_data=_PRICE, quantity=positive, metadata=metadata,
    **unsimulated("adjustable_quantity dynamic_tax_rates price tax_rates"),
)  # fmt: skip
_PAYMENT: Final = nested(
    metadata=metadata, description=clearable, receipt_email=clearable,
    statement_descriptor_suffix=clearable, shipping=anything, transfer_group=text,
    **unsimulated("""application_fee_amount capture_method on_behalf_of setup_future_usage
        statement_descriptor transfer_data"""),
)  # fmt: skip
_CREATE: Final = takes(
    "mode",
    mode=one_of("payment"),
    line_items=array(_LINE),
    success_url=text,
    cancel_url=text,
    expires_at=moment,
    customer=text,
    customer_email=text,
    client_reference_id=text,
    payment_intent_data=_PAYMENT,
    payment_method_types=no_types,
    allowed_payment_method_types=array(text),
    metadata=metadata,
    ui_mode=one_of("hosted_page"),
    currency=currency,
    **dict.fromkeys(
        [
            "billing_address_collection",
            "branding_settings",
            "consent_collection",
            "custom_fields",
            "custom_text",
            "customer_creation",
            "excluded_payment_method_types",
            "locale",
            "name_collection",
            "payment_method_collection",
            "payment_method_options",
            "phone_number_collection",
            "submit_type",
            "integration_identifier",
            "origin_context",
            "wallet_options",
        ],
        anything,
    ),
    **unsimulated("""adaptive_pricing after_expiration allow_promotion_codes automatic_tax
        customer_account customer_update discounts invoice_creation managed_payments
        optional_items payment_method_configuration payment_method_data permissions
        redirect_on_completion return_url saved_payment_method_options setup_intent_data
        shipping_address_collection shipping_options subscription_data tax_id_collection"""),
)

ROUTES: Final = (
    Route("POST", "/v1/checkout/sessions", create, _CREATE),
    Route("GET", "/v1/checkout/sessions", list_all,
          lists(customer=text, payment_intent=text, status=_STATUS,
                **unsimulated("customer_account customer_details payment_link subscription"))),
    Route("GET", "/v1/checkout/sessions/{id}", retrieve, takes()),
    Route("POST", "/v1/checkout/sessions/{id}", update, takes(metadata=metadata)),
    Route("GET", "/v1/checkout/sessions/{id}/line_items", list_lines,
          pages()),
    Route("POST", "/v1/checkout/sessions/{id}/expire", expire, takes()),
)  # fmt: skip
