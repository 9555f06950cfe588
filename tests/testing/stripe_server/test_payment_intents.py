"""Payments over HTTP, with the real SDK and without."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from marketpay.testing import StripeServer, VirtualClock
from marketpay.testing.processor_values import PLATFORM, Customer, Payment
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.conftest import hold

Json = dict[str, Any]
OPEN: Json = {"amount": 5000, "currency": "usd", "capture_method": "manual"}


def test_a_hold_is_captured_with_the_sdk(sdk: stripe.StripeClient) -> None:
    payment = sdk.v1.payment_intents.create(
        {
            "amount": 100_000,
            "currency": "usd",
            "capture_method": "manual",
            "confirm": True,
            "off_session": True,
            "payment_method": "pm_card_visa",
            "allowed_payment_method_types": ["card"],
            "metadata": {"reference": "try-1"},
            "transfer_group": "job_7",
            "expand": ["latest_charge"],
        },
        {"idempotency_key": "one"},
    )

    assert (payment.status, payment.amount_capturable) == ("requires_capture", 100_000)
    assert isinstance(payment.latest_charge, stripe.Charge)
    details = payment.latest_charge.payment_method_details
    assert details is not None
    assert details.card is not None
    assert details.card.capture_before == payment.created + 7 * 24 * 3600
    assert payment.latest_charge.transfer_group == "job_7"
    assert payment.latest_charge.metadata["reference"] == "try-1"

    taken = sdk.v1.payment_intents.capture(
        payment.id, {"expand": ["latest_charge.balance_transaction"]}
    )

    assert (taken.status, taken.amount_received, taken.amount_capturable) == (
        "succeeded",
        100_000,
        0,
    )
    assert isinstance(taken.latest_charge, stripe.Charge)
    assert isinstance(taken.latest_charge.balance_transaction, stripe.BalanceTransaction)
    assert taken.latest_charge.balance_transaction.net == 100_000


def test_a_part_is_captured_and_the_rest_let_go(
    api: Client, held: Json, server: StripeServer
) -> None:
    taken = api.post(f"/v1/payment_intents/{held['id']}/capture", {"amount_to_capture": 60_000})

    assert (taken["amount"], taken["amount_received"]) == (100_000, 60_000)
    charge = api.get(f"/v1/charges/{taken['latest_charge']}")
    assert (charge["amount_captured"], charge["amount_refunded"]) == (60_000, 0)
    assert server.processor.balance(PLATFORM, "USD") == 60_000


def test_more_than_is_held_cannot_be_captured(api: Client, held: Json) -> None:
    path = f"/v1/payment_intents/{held['id']}/capture"

    answer = api.ask("POST", path, {"amount_to_capture": 100_001})

    assert answer.status == 400
    assert (answer.error["code"], answer.error["param"]) == (
        "amount_too_large",
        "amount_to_capture",
    )
    assert api.post(path)["status"] == "succeeded"


def test_a_hold_is_captured_once(api: Client, held: Json) -> None:
    path = f"/v1/payment_intents/{held['id']}/capture"
    api.post(path)

    again = api.ask("POST", path)

    assert again.status == 400
    assert again.error["code"] == "payment_intent_unexpected_state"
    assert again.error["payment_intent"]["status"] == "succeeded"


def test_a_canceled_hold_is_let_go(api: Client, held: Json) -> None:
    path = f"/v1/payment_intents/{held['id']}"

    canceled = api.post(f"{path}/cancel", {"cancellation_reason": "abandoned"})

    assert (canceled["status"], canceled["amount_capturable"]) == ("canceled", 0)
    assert canceled["cancellation_reason"] == "abandoned"
    assert api.ask("POST", f"{path}/capture").error["code"] == "payment_intent_unexpected_state"
    charge = api.get(f"/v1/charges/{held['latest_charge']}")
    assert (charge["captured"], charge["refunded"]) == (False, True)


def test_a_hold_lapses_after_seven_days(
    api: Client, held: Json, clock: VirtualClock, server: StripeServer
) -> None:
    clock.advance(days=7)

    assert server.tick() > 0
    lapsed = api.get(f"/v1/payment_intents/{held['id']}")

    assert (lapsed["status"], lapsed["cancellation_reason"]) == ("canceled", "expired")
    types = [event.type for event in server.processor.events()]
    assert types[-2:] == ["charge.expired", "payment_intent.canceled"]


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", None),
        ("pm_card_visa_chargeDeclinedLostCard", "card_declined", "lost_card"),
    ],
)
def test_a_refused_card_is_a_card_error(
    api: Client, card: str, code: str, decline_code: str | None
) -> None:
    answer = api.ask(
        "POST", "/v1/payment_intents", {**OPEN, "confirm": True, "payment_method": card}
    )

    assert answer.status == 402
    error = answer.error
    assert (error["type"], error["code"], error.get("decline_code")) == (
        "card_error",
        code,
        decline_code,
    )
    payment = error["payment_intent"]
    assert payment["status"] == "requires_payment_method"
    assert payment["last_payment_error"]["code"] == code
    assert error["doc_url"].endswith(code.replace("_", "-"))
    assert api.get(f"/v1/charges/{error['charge']}")["status"] == "failed"

    retried = api.post(
        f"/v1/payment_intents/{payment['id']}/confirm", {"payment_method": "pm_card_visa"}
    )
    assert retried["status"] == "requires_capture"


def test_the_sdk_raises_a_card_error(sdk: stripe.StripeClient) -> None:
    with pytest.raises(stripe.CardError) as caught:
        sdk.v1.payment_intents.create(
            {
                "amount": 1000,
                "currency": "usd",
                "confirm": True,
                "payment_method": "pm_card_chargeDeclinedInsufficientFunds",
            }
        )

    assert caught.value.error is not None
    assert caught.value.error.decline_code == "insufficient_funds"
    assert caught.value.request_id is not None
    assert caught.value.request_id.startswith("req_")


def test_a_payment_is_opened_first_and_confirmed_by_the_payers_client(
    api: Client, server: StripeServer
) -> None:
    opened = api.post("/v1/payment_intents", {**OPEN, "metadata": {"try": "1"}})
    assert opened["status"] == "requires_payment_method"
    browser = Client(api.connection, {"Authorization": f"Bearer {server.publishable_key}"})
    path = f"/v1/payment_intents/{opened['id']}"
    secret = opened["client_secret"]

    blind = browser.ask("GET", path)
    wrong = browser.ask("GET", path, {"client_secret": "guessed"})
    confirmed = browser.post(
        f"{path}/confirm", {"client_secret": secret, "payment_method": "pm_card_visa"}
    )

    assert blind.error["param"] == wrong.error["param"] == "client_secret"
    assert confirmed["status"] == "requires_capture"
    assert browser.ask("POST", f"{path}/capture").status == 401


def test_a_payment_with_its_card_waits_to_be_confirmed(api: Client) -> None:
    opened = api.post("/v1/payment_intents", {**OPEN, "payment_method": "pm_card_visa"})
    assert opened["status"] == "requires_confirmation"

    assert api.post(f"/v1/payment_intents/{opened['id']}/confirm")["status"] == "requires_capture"


def test_without_a_card_there_is_nothing_to_confirm(api: Client) -> None:
    opened = api.post("/v1/payment_intents", OPEN)

    answer = api.ask("POST", f"/v1/payment_intents/{opened['id']}/confirm")

    assert "missing a payment method" in answer.error["message"]
    answer = api.ask("POST", "/v1/payment_intents", {**OPEN, "confirm": True})
    assert answer.error["code"] == "parameter_missing"


@pytest.mark.parametrize("method", ["automatic", "automatic_async", None])
def test_without_manual_capture_the_money_is_taken_at_once(
    api: Client, server: StripeServer, method: str | None
) -> None:
    params = {"amount": 5000, "currency": "usd", "confirm": True, "payment_method": "pm_card_visa"}

    paid = api.post("/v1/payment_intents", params | ({"capture_method": method} if method else {}))

    assert paid["status"] == "succeeded"
    assert paid["capture_method"] == (method or "automatic_async")
    assert server.processor.balance(PLATFORM, "USD") == 5000


@pytest.mark.parametrize(
    ("choice", "status"), [("complete", "requires_capture"), ("fail", "requires_payment_method")]
)
def test_a_challenge_has_a_page(api: Client, choice: str, status: str) -> None:
    asked = hold(
        api,
        payment_method="pm_card_threeDSecure2Required",
        return_url="https://market.test/back?job=7",
    )
    assert asked["status"] == "requires_action"
    place = asked["next_action"]["redirect_to_url"]
    path = "/_pages/" + place["url"].partition("/_pages/")[2]

    page = api.send("GET", path)
    clicked = api.click(path, choice)

    assert "Your bank asks" in page.body
    back = f"https://market.test/back?job=7&payment_intent={asked['id']}"
    assert (clicked.status, clicked.headers["Location"]) == (303, back)
    assert api.get(f"/v1/payment_intents/{asked['id']}")["status"] == status


def test_a_payment_that_is_taken_at_once_is_so_after_a_challenge(api: Client) -> None:
    asked = hold(api, payment_method="pm_card_threeDSecure2Required", capture_method="automatic")
    page = asked["next_action"]["use_stripe_sdk"]["stripe_js"]

    assert "Thank you" in api.click(page, "complete").body

    assert api.get(f"/v1/payment_intents/{asked['id']}")["status"] == "succeeded"
    assert api.click(page, "fail").status == 404
    assert api.send("GET", "/_pages/" + page.partition("/_pages/")[2]).status == 404


def test_a_page_that_is_not_there_is_not_found(api: Client) -> None:
    for path in ("nothing/x", "challenge", "challenge/pi_x/secret", "onboarding/x", "checkout/x"):
        assert api.send("GET", f"/_pages/{path}").status == 404


def test_a_card_of_a_customer(api: Client) -> None:
    card = api.post("/v1/payment_methods", {"type": "card", "card": {"token": "tok_mastercard"}})
    assert card["card"]["brand"] == "mastercard"
    payer = api.post("/v1/customers", {"payment_method": "pm_card_visa"})["id"]
    [mine] = api.get("/v1/payment_methods", {"customer": payer})["data"]
    assert (mine["customer"], mine["card"]["last4"]) == (payer, "4242")
    assert hold(api, customer=payer, payment_method=card["id"])["status"] == "requires_capture"

    bad = api.ask("POST", "/v1/payment_methods/pm_card_chargeDeclined/attach", {"customer": payer})
    unknown = api.ask("GET", "/v1/payment_methods/pm_unknown")

    assert bad.error["code"] == "card_declined"
    assert unknown.status == 404
    held = hold(api, customer=payer, payment_method=mine["id"], expand=["payment_method"])
    assert held["payment_method"]["id"] == mine["id"]


def test_a_created_card_that_is_refused(api: Client) -> None:
    token = {"token": "tok_chargeDeclinedInsufficientFunds"}
    card = api.post("/v1/payment_methods", {"type": "card", "card": token})["id"]

    answer = api.ask(
        "POST", "/v1/payment_intents", {**OPEN, "confirm": True, "payment_method": card}
    )

    assert (answer.status, answer.error["decline_code"]) == (402, "insufficient_funds")


def test_without_a_return_url_the_challenge_is_the_sdks_business(api: Client) -> None:
    asked = hold(api, payment_method="pm_card_threeDSecure2Required")

    assert asked["next_action"]["type"] == "use_stripe_sdk"


@pytest.mark.parametrize("absent", ["off_session", "error_on_requires_action"])
def test_a_card_that_asks_for_its_owner_is_refused_without_them(api: Client, absent: str) -> None:
    asking = {"payment_method": "pm_card_authenticationRequired", absent: True}

    at_once = api.ask("POST", "/v1/payment_intents", {**OPEN, "confirm": True, **asking})
    opened = api.post("/v1/payment_intents", OPEN)
    later = api.ask("POST", f"/v1/payment_intents/{opened['id']}/confirm", asking)

    for answer in (at_once, later):
        assert answer.status == 402
        assert answer.error["code"] == "authentication_required"
        assert answer.error["payment_intent"]["status"] == "requires_payment_method"


def test_metadata_is_changed_key_by_key(api: Client) -> None:
    opened = api.post("/v1/payment_intents", {**OPEN, "metadata": {"a": "1", "b": "2"}})
    path = f"/v1/payment_intents/{opened['id']}"

    changed = api.post(path, {"metadata": {"a": "", "c": "3"}, "description": "Job 7"})
    assert (changed["metadata"], changed["description"]) == ({"b": "2", "c": "3"}, "Job 7")

    assert api.post(path, {"metadata": ""})["metadata"] == {}
    assert api.post(path, {"metadata": {"b": "4"}})["metadata"] == {"b": "4"}


def test_payments_are_listed_by_customer_and_by_date(
    api: Client, clock: VirtualClock, server: StripeServer
) -> None:
    payer = api.post("/v1/customers", {"name": "Ana"})["id"]
    mine = hold(api, customer=payer)
    clock.advance(days=1)
    other = hold(api)
    later = int(clock().timestamp())

    assert ids(api.get("/v1/payment_intents", {"customer": payer})) == [mine["id"]]
    since = api.get("/v1/payment_intents", {"created": {"gte": later}})
    assert ids(since) == [other["id"]]
    before = api.get("/v1/payment_intents", {"created": {"lt": later}})
    assert ids(before) == [mine["id"]]
    assert ids(api.get("/v1/payment_intents", {"created": later})) == [other["id"]]


def test_a_card_that_belongs_to_somebody_else_is_refused(api: Client) -> None:
    ana, bob = (api.post("/v1/customers", {"name": name})["id"] for name in ("Ana", "Bob"))
    card = api.post("/v1/payment_methods/pm_card_visa/attach", {"customer": ana})["id"]

    answer = api.ask(
        "POST",
        "/v1/payment_intents",
        {**OPEN, "confirm": True, "payment_method": card, "customer": bob},
    )

    assert answer.status == 400
    assert hold(api, payment_method=card, customer=ana)["payment_method"] == card


def test_an_unknown_object_is_not_found(api: Client) -> None:
    answer = api.ask("GET", "/v1/payment_intents/pi_unknown")
    assert answer.status == 404
    assert (answer.error["code"], answer.error["param"]) == ("resource_missing", "id")
    assert answer.error["message"] == "No such payment_intent: 'pi_unknown'"

    for params in ({"payment_method": "pm_unknown"}, {"customer": "cus_unknown"}):
        answer = api.ask("POST", "/v1/payment_intents", {**OPEN, **params})
        assert (answer.status, answer.error["code"]) == (400, "resource_missing")
        assert answer.error["param"] == next(iter(params))


def test_a_name_of_a_record_is_not_its_id(api: Client, server: StripeServer) -> None:
    server.processor.authorize(amount=500, currency="USD", reference="our-own-name")

    assert api.ask("GET", "/v1/payment_intents/our-own-name").status == 404


def test_what_http_did_is_seen_by_the_processor_and_the_other_way_round(
    api: Client, server: StripeServer
) -> None:
    payer = api.post("/v1/customers", {"metadata": {"who": "ana"}})["id"]
    held = hold(api, customer=payer, metadata={"reference": "x"})
    inside = server.processor.find(Payment, held["id"])
    assert inside is not None
    assert (inside.customer, dict(inside.metadata)) == (payer, {"reference": "x"})
    assert server.processor.find(Customer, payer) is not None

    made = server.processor.authorize(amount=700, currency="USD", method="pm_card_visa")

    assert isinstance(made, Payment)
    seen = api.get(f"/v1/payment_intents/{made.id}")
    assert (seen["status"], seen["capture_method"]) == ("requires_capture", "manual")


@pytest.mark.parametrize(
    ("currency", "outside", "inside"),
    [("isk", 500_00, 500), ("ugx", 500_00, 500), ("jpy", 500, 500), ("mga", 500, 50_000),
     ("kwd", 5_000, 5_000)],
)  # fmt: skip
def test_stripes_minor_units_are_not_always_isos(
    api: Client, server: StripeServer, currency: str, outside: int, inside: int
) -> None:
    held = hold(api, outside, currency=currency)

    assert held["amount"] == outside
    record = server.processor.find(Payment, held["id"])
    assert record is not None
    assert record.amount == inside


@pytest.mark.parametrize(
    ("currency", "amount", "code"),
    [
        ("usd", 49, "amount_too_small"),
        ("gbp", 29, "amount_too_small"),
        ("jpy", 49, "amount_too_small"),
        ("huf", 17_499, "amount_too_small"),
        ("usd", 10**12, "amount_too_large"),
        ("isk", 150, "parameter_invalid_integer"),
        ("kwd", 5_001, "parameter_invalid_integer"),
    ],
)
def test_an_amount_out_of_bounds_is_refused(
    api: Client, currency: str, amount: int, code: str
) -> None:
    answer = api.ask("POST", "/v1/payment_intents", {"amount": amount, "currency": currency})

    assert answer.status == 400
    assert (answer.error["code"], answer.error["param"]) == (code, "amount")


@pytest.mark.parametrize(("currency", "amount"), [("usd", 50), ("gbp", 30), ("jpy", 50)])
def test_the_smallest_amount_is_taken(api: Client, currency: str, amount: int) -> None:
    assert hold(api, amount, currency=currency)["status"] == "requires_capture"


def ids(listed: Json) -> list[str]:
    """Those of a list, in its order."""
    return [each["id"] for each in listed["data"]]
