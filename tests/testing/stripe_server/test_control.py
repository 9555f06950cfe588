"""What happens outside, asked for by HTTP."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from marketpay.testing import StripeServer
from marketpay.testing.stripe_server.control import ACTS
from tests.testing.stripe_server.client import Answer, Client
from tests.testing.stripe_server.conftest import hold
from tests.testing.stripe_server.test_description import CHECKOUT


def control(api: Client, path: str, /, **params: Any) -> Answer:
    return api.send("POST", f"/_control/{path}", params)


@pytest.mark.parametrize(
    ("act", "shown"), [("activate", True), ("restrict", False), ("reject", False)]
)
def test_an_account_is_judged(api: Client, act: str, shown: bool) -> None:
    account = api.post("/v1/accounts")["id"]

    assert control(api, f"{act}/{account}").body == {"id": account, "done": act}
    assert api.get(f"/v1/accounts/{account}")["payouts_enabled"] is shown


def test_a_payment_is_disputed_and_the_dispute_decided(api: Client) -> None:
    paid = hold(api, capture_method="automatic")
    control(api, f"dispute/{paid['id']}")
    [dispute] = api.get("/v1/disputes")["data"]

    control(api, f"win_dispute/{dispute['id']}")

    assert api.get(f"/v1/disputes/{dispute['id']}")["status"] == "won"


def test_a_payer_fails_the_challenge(api: Client) -> None:
    asked = hold(api, payment_method="pm_card_threeDSecure2Required")

    assert control(api, f"fail_confirmation/{asked['id']}").status == 200
    shown = api.get(f"/v1/payment_intents/{asked['id']}")
    assert shown["last_payment_error"]["code"] == "payment_intent_authentication_failure"


def test_a_page_is_paid(api: Client) -> None:
    session = api.post("/v1/checkout/sessions", CHECKOUT)["id"]

    control(api, f"pay_checkout/{session}")

    assert api.get(f"/v1/checkout/sessions/{session}")["payment_status"] == "paid"


def test_the_clock_is_put_forward(api: Client) -> None:
    with StripeServer() as server:
        client = Client.at(server.url, server.api_key)
        held = hold(client)
        assert control(client, "advance", days=7).body["happened"] == 1
        assert client.get(f"/v1/payment_intents/{held['id']}")["status"] == "canceled"
        assert control(client, "advance", seconds=-5).status == 400
        client.connection.close()


def test_a_virtual_clock_is_put_forward(api: Client, held: dict[str, Any]) -> None:
    assert control(api, "tick").body == {"happened": 0}
    assert control(api, "advance", days=6, hours=24).body["happened"] == 1


def test_a_clock_that_cannot_be_put_forward_says_so() -> None:
    with StripeServer(now=lambda: datetime(2026, 1, 1, tzinfo=UTC)) as server:
        client = Client.at(server.url, server.api_key)
        assert control(client, "advance", days=1).status == 400
        client.connection.close()


def test_faults_are_asked_for(api: Client) -> None:
    asked = control(
        api, "fault", method="GET", path="/v1/balance", faults="rate_limit,slow:0,conflict"
    )

    assert asked.status == 200
    assert [api.ask("GET", "/v1/balance").status for _ in range(4)] == [429, 200, 409, 200]


def test_webhooks_are_asked_for(api: Client, server: StripeServer) -> None:
    assert control(api, "webhooks", url="http://127.0.0.1:9/x", connected="true").status == 200
    api.post("/v1/accounts")
    [event] = api.get("/v1/events", Stripe_Account=api.get("/v1/accounts")["data"][0]["id"])["data"]
    assert event["pending_webhooks"] == 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "nothing", 400), ("POST", "activate/acct_unknown", 400), ("POST", "fault", 400),
        ("POST", "win_dispute/du_unknown", 400), ("GET", "tick", 405), ("POST", "webhooks", 400),
        ("POST", "advance?days=many", 400), ("POST", "advance?eons=1", 400),
        ("POST", "fault?method=GET&path=/&faults=x", 400),
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_said(api: Client, method: str, path: str, status: int) -> None:
    answer = api.send(method, f"/_control/{path}")

    assert answer.status == status
    assert answer.body["error"]


@pytest.mark.parametrize("act", ACTS)
def test_every_act_needs_something_to_act_on(api: Client, act: str) -> None:
    answer = control(api, f"{act}/x_unknown")

    assert (answer.status, "x_unknown" in answer.body["error"]) == (400, True)
