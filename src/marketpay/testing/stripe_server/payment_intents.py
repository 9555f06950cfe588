"""`/v1/payment_intents`: holds, captures, and payments that are taken at once."""

from __future__ import annotations

from typing import Any, Final, NoReturn

from marketpay.testing.cards import CARDS, GOOD, card_named
from marketpay.testing.processor_values import (
    Card,
    Customer,
    Decline,
    Method,
    Payment,
    PaymentStatus,
)
from marketpay.testing.stripe_server.cards import card_behind
from marketpay.testing.stripe_server.errors import invalid, missing_parameter
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import everything, lists, page
from marketpay.testing.stripe_server.params import (
    anything,
    array,
    boolean,
    clearable,
    currency,
    metadata,
    nested,
    one_of,
    positive,
    takes,
    text,
    unsimulated,
)
from marketpay.testing.stripe_server.payment_object import (
    ECHOED,
    capture_method,
    chosen_method,
    payment_intent,
)
from marketpay.testing.stripe_server.refusals import accepted, unproven
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.units import chargeable, inwards
from marketpay.testing.stripe_server.world import World, changed_metadata

_UNPROVEN: Final = Card(decline=Decline("authentication_required", "authentication_required"))
_WHAT: Final = "payment_intent"


def no_types(value: object, name: str) -> NoReturn:  # noqa: ARG001 - whatever it is
    """Refuse the parameter that Stripe has done away with."""
    message = (
        f"The `{name}` parameter is no longer supported in this API version. Use "
        "`automatic_payment_methods`, `allowed_payment_method_types` or "
        "`excluded_payment_method_types` instead."
    )
    raise invalid(message, code="payment_method_types_no_longer_supported", param=name)


def no_raw_card(value: object, name: str) -> NoReturn:  # noqa: ARG001 - whatever it is
    """Refuse the number of a card."""
    message = (
        "Sending credit card numbers directly to the Stripe API is generally unsafe. We suggest "
        "you use test tokens that map to the test card you are using, see "
        "https://stripe.com/docs/testing."
    )
    raise invalid(message, param=name)


_ABOUT: Final[dict[str, Any]] = {
    "description": clearable,
    "receipt_email": clearable,
    "shipping": anything,
    "statement_descriptor_suffix": clearable,
    "metadata": metadata,
    "payment_method": text,
    "payment_method_options": anything,
    "payment_method_types": no_types,
    "payment_method_data": no_raw_card,
    "allowed_payment_method_types": array(text),
    "excluded_payment_method_types": anything,
    "setup_future_usage": one_of("off_session", "on_session"),
    "payment_details": anything,
    "amount_details": anything,
}
_CONFIRMING: Final[dict[str, Any]] = {
    "error_on_requires_action": boolean,
    "off_session": boolean,
    "return_url": text,
    "use_stripe_sdk": boolean,
    "radar_options": anything,
}
_METHODS: Final = one_of("automatic", "automatic_async", "manual")
_RARE: Final = "hooks mandate mandate_data confirmation_token"
_CREATE: Final = takes(
    "amount currency",
    **unsimulated(f"""{_RARE} application_fee_amount confirmation_method customer_account
        on_behalf_of payment_method_configuration statement_descriptor transfer_data"""),
    amount=positive,
    currency=currency,
    customer=text,
    capture_method=_METHODS,
    confirm=boolean,
    transfer_group=text,
    automatic_payment_methods=nested(
        "enabled", enabled=boolean, allow_redirects=one_of("always", "never")
    ),
    **_ABOUT,
    **_CONFIRMING,
)
_UPDATE: Final = takes(
    **unsimulated("""amount application_fee_amount capture_method currency customer
        customer_account hooks payment_method_configuration statement_descriptor transfer_data
        transfer_group"""),
    **_ABOUT,
)
_CONFIRM: Final = takes(
    **unsimulated(f"{_RARE} amount_to_confirm capture_method"),
    client_secret=text,
    **{name: reader for name, reader in _ABOUT.items() if name not in ("metadata", "description",
       "statement_descriptor_suffix")},
    **_CONFIRMING,
)  # fmt: skip
_CAPTURE: Final = takes(
    **unsimulated("""application_fee_amount hooks statement_descriptor transfer_data"""),
    amount_to_capture=positive,
    final_capture=boolean,
    metadata=metadata,
    amount_details=anything,
    payment_details=anything,
    statement_descriptor_suffix=clearable,
)
_CANCEL: Final = takes(
    cancellation_reason=one_of("abandoned", "duplicate", "fraudulent", "requested_by_customer")
)


def create(world: World, call: Call) -> Json:
    """Open a payment; with `confirm` try its card at once."""
    code, method = call.params["currency"], _method(world, call)
    amount = chargeable(call.params["amount"], code)
    customer = call.get("customer")
    if customer is not None:
        world.find(Customer, customer, "customer", "customer")
    if call.get("confirm") and method is None:
        raise missing_parameter("payment_method")
    result = world.processor.authorize(
        amount=amount,
        currency=code,
        payer=customer,
        customer=customer,
        method=method if call.get("confirm") else None,
        group=call.get("transfer_group"),
        metadata=changed_metadata({}, call.get("metadata", {})),
        card=_UNPROVEN if call.get("confirm") and _lacks_payer(world, call, method) else None,
    )
    payment = result if isinstance(result, Payment) else result.payment
    if payment is not None:
        world.note(payment.id, capture_method="automatic_async")
        _note(world, payment, call)
    opened = accepted(world, result)
    return payment_intent(world, _taken_if_automatic(world, opened))


def update(world: World, call: Call) -> Json:
    """Change what is only told of a payment, and the card that is to be tried."""
    payment = world.find(Payment, call.id, _WHAT)
    _method(world, call)
    world.change_metadata(payment, call.get("metadata"))
    _note(world, payment, call)
    return payment_intent(world, payment)


def confirm(world: World, call: Call) -> Json:
    """Try the card."""
    payment = _visible(world, call)
    method = _method(world, call) or chosen_method(world, payment)
    if method is None and payment.waits_for_method:
        message = (
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken."
        )
        raise invalid(message, code="payment_intent_unexpected_state")
    _note(world, payment, call)
    result = world.processor.attempt(payment.id, method=method or "")
    tried = accepted(world, result, "confirmed")
    if tried.status is PaymentStatus.REQUIRES_ACTION and _lacks_payer(world, call, method):
        raise unproven(world, accepted(world, world.processor.fail_confirmation(payment.id)))
    return payment_intent(world, _taken_if_automatic(world, tried))


def capture(world: World, call: Call) -> Json:
    """Take what is held, or a part of it."""
    payment = world.find(Payment, call.id, _WHAT)
    if call.get("final_capture") is False:
        message = "This payment cannot be captured more than once."
        raise invalid(message, param="final_capture")
    amount = call.get("amount_to_capture")
    if amount is not None:
        amount = inwards(amount, payment.currency, "amount_to_capture")
        if amount > payment.amount and payment.status is PaymentStatus.REQUIRES_CAPTURE:
            message = "The amount_to_capture is greater than the amount that is capturable."
            raise invalid(message, code="amount_too_large", param="amount_to_capture")
    captured = accepted(world, world.processor.capture(payment.id, amount=amount), "captured")
    world.change_metadata(captured, call.get("metadata"))
    return payment_intent(world, captured)


def cancel(world: World, call: Call) -> Json:
    """Let go of what is held, and of the payment."""
    payment = world.find(Payment, call.id, _WHAT)
    if payment.checkout is not None and payment.status is not PaymentStatus.REQUIRES_CAPTURE:
        message = "A PaymentIntent of a Checkout Session is canceled by expiring the Session."
        raise invalid(message, code="payment_intent_unexpected_state")
    reason = call.get("cancellation_reason", "")
    canceled = world.processor.cancel(payment.id, reason=reason)
    return payment_intent(world, accepted(world, canceled, "canceled"))


def retrieve(world: World, call: Call) -> Json:
    """A payment as it is now."""
    return payment_intent(world, _visible(world, call))


def list_all(world: World, call: Call) -> Json:
    """Payments, or those of a customer."""
    customer = call.get("customer")
    found = (
        payment for payment in everything(world, Payment) if customer in (None, payment.customer)
    )
    return page(call, found, lambda payment: payment_intent(world, payment), _WHAT)


def _visible(world: World, call: Call) -> Payment:
    payment = world.find(Payment, call.id, _WHAT)
    given = call.get("client_secret")
    if given not in (None, payment.client_secret) or (call.public and given is None):
        message = "The client_secret provided does not match any associated PaymentIntent."
        raise invalid(message, code="payment_intent_invalid_parameter", param="client_secret")
    return payment


def _method(world: World, call: Call) -> str | None:
    """The card to try, if it is known."""
    method: str | None = call.get("payment_method")
    if method is None:
        return None
    card = card_behind(world, method)
    if method not in CARDS and card == method:
        world.find(Method, method, "PaymentMethod", "payment_method")
    is_special = world.detail(method, "card") is not None and card_named(card) != GOOD
    return card if is_special else method  # the processor knows such cards by their names alone


def _lacks_payer(world: World, call: Call, method: str | None) -> bool:
    """Whether the card asks for the payer, who is not there."""
    absent = call.get("off_session") or call.get("error_on_requires_action")
    card = card_named(card_behind(world, method))
    return bool(absent and card is not None and card.challenge)


def _note(world: World, payment: Payment, call: Call) -> None:
    names = (*ECHOED, "capture_method", "return_url", "automatic_payment_methods",
             "allowed_payment_method_types")  # fmt: skip
    world.note(payment.id, chosen=call.get("payment_method"),
               **{name: call.get(name) for name in names})  # fmt: skip


def _taken_if_automatic(world: World, payment: Payment) -> Payment:
    held = payment.status is PaymentStatus.REQUIRES_CAPTURE
    if held and capture_method(world, payment) != "manual":
        return accepted(world, world.processor.capture(payment.id))
    return payment


ROUTES: Final = (
    Route("POST", "/v1/payment_intents", create, _CREATE),
    Route("GET", "/v1/payment_intents", list_all,
          lists(customer=text, **unsimulated("customer_account"))),
    Route("GET", "/v1/payment_intents/{id}", retrieve, takes(client_secret=text), public=True),
    Route("POST", "/v1/payment_intents/{id}", update, _UPDATE),
    Route("POST", "/v1/payment_intents/{id}/confirm", confirm, _CONFIRM, public=True),
    Route("POST", "/v1/payment_intents/{id}/capture", capture, _CAPTURE),
    Route("POST", "/v1/payment_intents/{id}/cancel", cancel, _CANCEL),
)  # fmt: skip
