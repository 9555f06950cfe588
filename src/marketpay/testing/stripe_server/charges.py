"""`/v1/charges` and `/v1/refunds`."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Charge, Payment, PaymentStatus, Refund
from marketpay.testing.stripe_server.charge_object import charge, refund
from marketpay.testing.stripe_server.errors import invalid, missing_parameter, no_such
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import everything, lists, page
from marketpay.testing.stripe_server.params import (
    metadata,
    one_of,
    positive,
    takes,
    text,
    unsimulated,
)
from marketpay.testing.stripe_server.refusals import accepted
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.units import inwards, outwards
from marketpay.testing.stripe_server.world import World, changed_metadata


def retrieve_charge(world: World, call: Call) -> Json:
    """A charge as it is now."""
    return charge(world, world.find(Charge, call.id, "charge"))


def list_charges(world: World, call: Call) -> Json:
    """Charges, or those of a customer, a payment, a group."""
    payment, customer, group = map(call.get, ("payment_intent", "customer", "transfer_group"))
    found = (
        one
        for one in everything(world, Charge)
        if payment in (None, one.payment)
        and customer in (None, one.customer)
        and group in (None, one.group)
    )
    return page(call, found, lambda one: charge(world, one), "charge")


def create_refund(world: World, call: Call) -> Json:
    """Give back a charge, or a part of it."""
    one = _refunded(world, call)
    amount = call.get("amount")
    if amount is not None:
        amount = inwards(amount, one.currency)
    _refuse_too_much(one, amount)
    result = world.processor.refund(
        one.id,
        amount=amount,
        reason=call.get("reason"),
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    return refund(world, accepted(world, result, "refunded"))


def _refunded(world: World, call: Call) -> Charge:
    by_charge, by_payment = call.get("charge"), call.get("payment_intent")
    if by_charge is not None:
        return world.find(Charge, by_charge, "charge", "charge")
    if by_payment is None:
        raise missing_parameter("payment_intent")
    payment = world.find(Payment, by_payment, "payment_intent", "payment_intent")
    if payment.charge is None:
        message = f"This PaymentIntent ({payment.id}) does not have a successful charge to refund."
        raise invalid(message, code="payment_intent_unexpected_state", param="payment_intent")
    if payment.status is PaymentStatus.REQUIRES_CAPTURE:
        message = (
            "This uncaptured Charge was created by a PaymentIntent, and it cannot be refunded. "
            "You must cancel the PaymentIntent instead."
        )
        raise invalid(message, code="charge_not_refundable", param="payment_intent")
    return world.find(Charge, payment.charge, "charge", "charge")


def _refuse_too_much(one: Charge, amount: int | None) -> None:
    left = one.captured - one.refunded
    if one.captured and left == 0:
        message = f"Charge {one.id} has already been refunded."
        raise invalid(message, code="charge_already_refunded")
    if amount is not None and amount > left:
        asked, there = outwards(amount, one.currency), outwards(left, one.currency)
        message = (
            f"Refund amount ({asked} {one.currency.lower()}) is greater than unrefunded amount "
            f"on charge ({there} {one.currency.lower()})"
        )
        raise invalid(message, param="amount")


def retrieve_refund(world: World, call: Call) -> Json:
    """A refund as it is now."""
    return refund(world, world.find(Refund, call.id, "refund"))


def update_refund(world: World, call: Call) -> Json:
    """Change a refund's metadata."""
    one = world.find(Refund, call.id, "refund")
    world.change_metadata(one, call.get("metadata"))
    return refund(world, one)


def list_refunds(world: World, call: Call) -> Json:
    """Refunds, or those of a charge or a payment."""
    of_charge, of_payment = call.get("charge"), call.get("payment_intent")
    if of_charge is not None and world.processor.find(Charge, of_charge) is None:
        raise no_such("charge", of_charge, "charge")
    found = (
        one
        for one in everything(world, Refund)
        if of_charge in (None, one.charge) and of_payment in (None, one.payment)
    )
    return page(call, found, lambda one: refund(world, one), "refund")


_REASONS: Final = one_of("duplicate", "fraudulent", "requested_by_customer")

ROUTES: Final = (
    Route("GET", "/v1/charges", list_charges,
          lists(customer=text, payment_intent=text, transfer_group=text)),
    Route("GET", "/v1/charges/{id}", retrieve_charge, takes()),
    Route("POST", "/v1/refunds", create_refund,
          takes(charge=text, payment_intent=text, amount=positive, reason=_REASONS,
                metadata=metadata, **unsimulated("""currency customer instructions_email origin
                refund_application_fee reverse_transfer"""))),
    Route("GET", "/v1/refunds", list_refunds, lists(charge=text, payment_intent=text)),
    Route("GET", "/v1/refunds/{id}", retrieve_refund, takes()),
    Route("POST", "/v1/refunds/{id}", update_refund, takes(metadata=metadata)),
)  # fmt: skip
