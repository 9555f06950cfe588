"""`/v1/customers` and `/v1/payment_methods`."""

from __future__ import annotations

from typing import Any, Final

from marketpay.testing.cards import CARDS
from marketpay.testing.processor_values import Customer, Method
from marketpay.testing.stripe_server.cards import any_method, card_behind, payment_method
from marketpay.testing.stripe_server.checkout_object import customer
from marketpay.testing.stripe_server.errors import invalid, no_such
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import everything, lists, page, pages
from marketpay.testing.stripe_server.params import (
    anything,
    clearable,
    metadata,
    nested,
    one_of,
    takes,
    text,
    unsimulated,
)
from marketpay.testing.stripe_server.payment_intents import no_raw_card
from marketpay.testing.stripe_server.refusals import accepted
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.units import seconds
from marketpay.testing.stripe_server.world import World, changed_metadata, secret

_CUSTOMER: Final[dict[str, Any]] = {
    "name": clearable,
    "email": clearable,
    "description": clearable,
    "phone": clearable,
    "metadata": metadata,
    "address": anything,
    "shipping": anything,
    "preferred_locales": anything,
    "individual_name": clearable,
    "business_name": clearable,
}


def create_customer(world: World, call: Call) -> Json:
    """A payer with an id."""
    made = world.processor.open_customer(
        name=call.get("name"),
        email=call.get("email"),
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    world.note(made.id, description=call.get("description"), phone=call.get("phone"))
    if call.get("payment_method"):
        accepted(world, world.processor.attach(call.params["payment_method"], made.id))
    return customer(world, made)


def retrieve_customer(world: World, call: Call) -> Json:
    """A customer as it is now."""
    return customer(world, world.find(Customer, call.id, "customer"))


def list_customers(world: World, call: Call) -> Json:
    """Customers, or those with an e-mail address."""
    email = call.get("email")
    found = (each for each in everything(world, Customer) if email in (None, each.email))
    return page(call, found, lambda each: customer(world, each), "customer")


def list_methods_of(world: World, call: Call) -> Json:
    """The payment methods of a customer."""
    id = call.ids[0] if call.ids else call.get("customer")
    world.find(Customer, id, "customer", "id" if call.ids else "customer")
    found = [each for each in world.processor.find_all(Method, id) if not each.detached]
    shown = found if call.get("type", "card") == "card" else []
    return page(call, shown, lambda each: any_method(world, each.id), "PaymentMethod")


_token = nested("token", token=text)


def _card(value: object, name: str) -> str:
    """The test card of a token like `tok_visa`; the number of a card is refused."""
    if not isinstance(value, dict) or set(value) != {"token"}:
        no_raw_card(value, name)
    token = str(_token(value, name)["token"])
    card = "pm_card_" + token.removeprefix("tok_")
    if card not in CARDS:
        raise no_such("token", token, f"{name}[token]")
    return card


def create_method(world: World, call: Call) -> Json:
    """A payment method that behaves as a test card."""
    id = secret("pm")
    world.note(
        id,
        card=call.params["card"],
        created=seconds(world.now()),
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    return any_method(world, id)


def retrieve_method(world: World, call: Call) -> Json:
    """A payment method; a test card by its name, too."""
    _known(world, call.id)
    return any_method(world, call.id)


def attach(world: World, call: Call) -> Json:
    """Give a payment method to a customer."""
    _known(world, call.id)
    world.find(Customer, call.params["customer"], "customer", "customer")
    card = card_behind(world, call.id)
    behaviour = CARDS.get(card)
    if behaviour is not None and behaviour.decline is not None and "CustomerFail" not in card:
        raise invalid("Your card was declined.", code=behaviour.decline.code)
    method = card if world.detail(call.id, "card") else call.id
    attached = accepted(world, world.processor.attach(method, call.params["customer"]))
    return payment_method(world, attached.id, attached.card, attached)


def detach(world: World, call: Call) -> Json:
    """Take a payment method away from its customer, for good."""
    _known(world, call.id)
    detached = accepted(world, world.processor.detach(call.id))
    return payment_method(world, detached.id, detached.card, detached)


def _known(world: World, id: str) -> None:
    if id not in CARDS and world.detail(id, "card") is None:
        world.find(Method, id, "PaymentMethod")


ROUTES: Final = (
    Route("POST", "/v1/customers", create_customer,
          takes(payment_method=text, **_CUSTOMER, **unsimulated("""balance cash_balance
                invoice_prefix invoice_settings next_invoice_sequence source tax tax_exempt
                tax_id_data test_clock"""))),
    Route("GET", "/v1/customers", list_customers, lists(email=text, **unsimulated("test_clock"))),
    Route("GET", "/v1/customers/{id}", retrieve_customer, takes()),
    Route("GET", "/v1/customers/{id}/payment_methods", list_methods_of, pages(type=text)),
    Route("POST", "/v1/payment_methods", create_method,
          takes("type card", type=one_of("card"), card=_card, metadata=metadata,
                billing_details=anything)),
    Route("GET", "/v1/payment_methods", list_methods_of,
          pages(customer=text, type=text)),
    Route("GET", "/v1/payment_methods/{id}", retrieve_method, takes()),
    Route("POST", "/v1/payment_methods/{id}/attach", attach, takes("customer", customer=text)),
    Route("POST", "/v1/payment_methods/{id}/detach", detach, takes()),
)  # fmt: skip
