"""Pages on which a payer pays at once."""

from __future__ import annotations

import json
from typing import Any

import pytest

from marketpay.testing import StripeServer, VirtualClock
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.test_description import CHECKOUT

Json = dict[str, Any]
PATH = "/v1/checkout/sessions"


@pytest.fixture
def session(api: Client) -> Json:
    """A page that asks for USD 30.00."""
    more = {"metadata": {"listing": "7"}, "payment_intent_data": {"metadata": {"ref": "x"}},
            "client_reference_id": "ana", "cancel_url": "https://market.test/no",
            "success_url": "https://market.test/ok?session={CHECKOUT_SESSION_ID}"}  # fmt: skip
    return api.post(PATH, {**CHECKOUT, **more})


def told(server: StripeServer) -> list[str]:
    return [json.loads(each.payload)["type"] for each in server.webhooks()]


def test_a_page_waits_for_its_payer(session: Json) -> None:
    assert (session["status"], session["payment_status"]) == ("open", "unpaid")
    assert (session["amount_total"], session["currency"]) == (3000, "usd")
    assert session["payment_intent"] is None
    assert session["metadata"] == {"listing": "7"}
    assert session["expires_at"] == session["created"] + 24 * 3600


def test_a_click_pays(api: Client, session: Json, server: StripeServer) -> None:
    page = api.send("GET", "/_pages/" + session["url"].partition("/_pages/")[2])
    clicked = api.click(session["url"], "pay")

    assert "Premium listing: 3000 usd" in page.body
    back = f"https://market.test/ok?session={session['id']}"
    assert (clicked.status, clicked.headers["Location"]) == (303, back)
    done = api.get(f"{PATH}/{session['id']}", {"expand": ["payment_intent"]})
    assert (done["status"], done["payment_status"], done["url"]) == ("complete", "paid", None)
    payment = done["payment_intent"]
    assert (payment["status"], payment["amount_received"]) == ("succeeded", 3000)
    assert payment["metadata"] == {"ref": "x"}
    charge = api.get(f"/v1/charges/{payment['latest_charge']}")
    assert (charge["metadata"], charge["captured"]) == ({"ref": "x"}, True)
    assert told(server)[-1] == "checkout.session.completed"
    assert api.get(PATH, {"payment_intent": payment["id"]})["data"][0]["id"] == session["id"]
    assert api.click(session["url"], "pay").status == 404


def test_a_refused_card_leaves_the_page_open(api: Client, session: Json) -> None:
    refused = api.click(session["url"], "pay", payment_method="pm_card_chargeDeclined")

    assert (refused.status, "declined" in refused.body) == (402, True)
    assert api.get(f"{PATH}/{session['id']}")["status"] == "open"
    assert api.click(session["url"], "pay").status == 303


@pytest.mark.parametrize(
    ("act", "event", "paid"),
    [
        ("settle_checkout", "checkout.session.async_payment_succeeded", "paid"),
        ("fail_checkout", "checkout.session.async_payment_failed", "unpaid"),
    ],
)
def test_a_slow_payment_completes_the_page_unpaid(
    api: Client, session: Json, server: StripeServer, act: str, event: str, paid: str
) -> None:
    assert api.click(session["url"], "promise").status == 303
    waiting = api.get(f"{PATH}/{session['id']}", {"expand": ["payment_intent"]})
    assert (waiting["status"], waiting["payment_status"]) == ("complete", "unpaid")
    assert waiting["payment_intent"]["status"] == "processing"
    assert told(server)[-1] == "checkout.session.completed"

    api.send("POST", f"/_control/{act}/{session['id']}")

    assert api.get(f"{PATH}/{session['id']}")["payment_status"] == paid
    assert told(server)[-1] == event


def test_a_page_expires(
    api: Client, session: Json, server: StripeServer, clock: VirtualClock
) -> None:
    other = api.post(PATH, {**CHECKOUT, "expires_at": int(clock().timestamp()) + 1800})
    assert api.post(f"{PATH}/{session['id']}/expire")["status"] == "expired"

    clock.advance(minutes=30)
    server.tick()

    assert api.get(f"{PATH}/{other['id']}")["status"] == "expired"
    assert told(server) == ["checkout.session.expired"] * 2
    assert api.click(session["url"], "pay").status == 404
    again = api.ask("POST", f"{PATH}/{session['id']}/expire")
    assert (again.status, "status of expired" in again.error["message"]) == (400, True)


@pytest.mark.parametrize("seconds", [1799, 24 * 3600 + 1])
def test_a_page_is_open_for_half_an_hour_to_a_day(
    api: Client, clock: VirtualClock, seconds: int
) -> None:
    at = int(clock().timestamp()) + seconds

    answer = api.ask("POST", PATH, {**CHECKOUT, "expires_at": at})

    assert (answer.status, answer.error["param"]) == (400, "expires_at")


@pytest.mark.parametrize("missing", ["mode", "line_items", "success_url"])
def test_a_page_needs_to_know_what_for(api: Client, missing: str) -> None:
    params = {name: value for name, value in CHECKOUT.items() if name != missing}

    answer = api.ask("POST", PATH, params)

    assert (answer.status, answer.error["param"]) == (400, missing)


def test_lines_have_one_currency_and_no_tiny_sum(api: Client) -> None:
    def line(currency: str, amount: int) -> Json:
        data = {"name": "Premium"}
        price = {"currency": currency, "unit_amount": amount, "product_data": data}
        return {"quantity": 1, "price_data": price}

    mixed = [line("usd", 500), line("eur", 500)]
    assert api.ask("POST", PATH, {**CHECKOUT, "line_items": mixed}).status == 400
    tiny = api.ask("POST", PATH, {**CHECKOUT, "line_items": [line("usd", 49)]})
    assert tiny.error["code"] == "amount_too_small"
    both = api.post(PATH, {**CHECKOUT, "line_items": [line("usd", 500), line("usd", 700)]})
    lines = api.get(f"{PATH}/{both['id']}/line_items")["data"]
    assert [each["amount_total"] for each in lines] == [500, 700]


def test_a_payment_on_a_page_is_not_canceled_by_itself(api: Client, session: Json) -> None:
    api.click(session["url"], "pay", payment_method="pm_card_chargeDeclined")
    payment = api.get(f"{PATH}/{session['id']}")["payment_intent"]

    answer = api.ask("POST", f"/v1/payment_intents/{payment}/cancel")

    assert (answer.status, "expiring the Session" in answer.error["message"]) == (400, True)
