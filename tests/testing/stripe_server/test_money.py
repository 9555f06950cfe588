"""Refunds, disputes and the balance."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import stripe

from marketpay.testing import StripeServer, VirtualClock
from marketpay.testing.processor_values import PLATFORM, Dispute
from marketpay.testing.terms import Fees, Terms
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.conftest import hold

Json = dict[str, Any]


@pytest.fixture
def paid(api: Client) -> Json:
    """A payment of USD 1000.00."""
    return hold(api, capture_method="automatic")


def test_a_payment_is_refunded_in_parts(api: Client, paid: Json, server: StripeServer) -> None:
    first = api.post("/v1/refunds", {"payment_intent": paid["id"], "amount": 30_000,
                                     "reason": "requested_by_customer"})  # fmt: skip
    assert (first["status"], first["charge"]) == ("succeeded", paid["latest_charge"])
    partly = api.get(f"/v1/charges/{paid['latest_charge']}")
    assert (partly["amount_refunded"], partly["refunded"]) == (30_000, False)

    rest = api.post("/v1/refunds", {"charge": paid["latest_charge"], "metadata": {"a": "b"}})
    assert (rest["amount"], rest["metadata"]) == (70_000, {"a": "b"})
    assert api.get(f"/v1/charges/{paid['latest_charge']}")["refunded"] is True
    assert server.processor.balance(PLATFORM, "USD") == 0
    assert len(api.get("/v1/refunds", {"payment_intent": paid["id"]})["data"]) == 2


def test_no_more_is_refunded_than_was_paid(api: Client, paid: Json) -> None:
    of = {"payment_intent": paid["id"]}
    api.post("/v1/refunds", {**of, "amount": 60_000})

    more = api.ask("POST", "/v1/refunds", {**of, "amount": 40_001})
    api.post("/v1/refunds", of)
    again = api.ask("POST", "/v1/refunds", of)

    assert "is greater than unrefunded amount on charge (40000 usd)" in more.error["message"]
    assert "code" not in more.error
    assert (again.status, again.error["code"]) == (400, "charge_already_refunded")


def test_a_hold_is_not_refunded_but_canceled(api: Client, held: Json) -> None:
    answer = api.ask("POST", "/v1/refunds", {"payment_intent": held["id"]})

    assert answer.status == 400
    assert "You must cancel the PaymentIntent" in answer.error["message"]


@pytest.mark.parametrize(
    ("params", "param"),
    [({}, "payment_intent"), ({"payment_intent": "pi_x"}, "payment_intent"),
     ({"charge": "ch_x"}, "charge")],
)  # fmt: skip
def test_a_refund_is_of_something(api: Client, params: Json, param: str) -> None:
    answer = api.ask("POST", "/v1/refunds", params)

    assert (answer.status, answer.error["param"]) == (400, param)


def test_refunds_of_an_unknown_charge_are_not_listed(api: Client) -> None:
    assert api.ask("GET", "/v1/refunds", {"charge": "ch_x"}).error["param"] == "charge"
    assert api.ask("GET", "/v1/balance_transactions/txn_x").status == 404


def test_what_nobody_paid_is_not_refunded(api: Client) -> None:
    opened = api.post("/v1/payment_intents", {"amount": 500, "currency": "usd"})

    answer = api.ask("POST", "/v1/refunds", {"payment_intent": opened["id"]})

    assert "does not have a successful charge" in answer.error["message"]


def test_a_refund_waits_for_money(api: Client, paid: Json, server: StripeServer) -> None:
    api.post("/v1/payouts", {"amount": 100_000, "currency": "usd"})

    refund = api.post("/v1/refunds", {"payment_intent": paid["id"]})
    assert (refund["status"], refund["pending_reason"]) == ("pending", "insufficient_funds")

    server.processor.top_up(100_000, "USD")
    assert api.get(f"/v1/refunds/{refund['id']}")["status"] == "succeeded"


def test_a_refund_fails_later(api: Client, clock: VirtualClock) -> None:
    paid = hold(api, capture_method="automatic", payment_method="pm_card_refundFail")
    refund = api.post("/v1/refunds", {"payment_intent": paid["id"]})
    assert refund["status"] == "succeeded"
    clock.advance(hours=1)

    failed = api.get(f"/v1/refunds/{refund['id']}", {"expand": ["failure_balance_transaction"]})

    assert (failed["status"], failed["failure_reason"]) == ("failed", "unknown")
    assert failed["failure_balance_transaction"]["type"] == "refund_failure"
    assert api.get(f"/v1/charges/{paid['latest_charge']}")["amount_refunded"] == 0


def test_a_dispute_takes_the_money_and_a_fee(api: Client, paid: Json, server: StripeServer) -> None:
    opened = server.processor.open_dispute(paid["id"])
    assert isinstance(opened, Dispute)

    dispute = api.get(f"/v1/disputes/{opened.id}", {"expand": ["charge"]})

    assert (dispute["status"], dispute["amount"]) == ("needs_response", 100_000)
    assert dispute["charge"]["disputed"] is True
    [taken] = dispute["balance_transactions"]
    assert (taken["amount"], taken["fee"], taken["reporting_category"]) == (
        -100_000, 1500, "dispute",
    )  # fmt: skip
    assert api.get("/v1/disputes", {"payment_intent": paid["id"]})["data"][0]["id"] == opened.id
    answer = api.ask("POST", "/v1/refunds", {"payment_intent": paid["id"], "amount": 100})
    assert (answer.status, answer.error["code"]) == (400, "charge_disputed")


def test_evidence_is_kept_and_submitted(api: Client, paid: Json, server: StripeServer) -> None:
    opened: Any = server.processor.open_dispute(paid["id"])
    path = f"/v1/disputes/{opened.id}"

    draft = api.post(path, {"evidence": {"product_description": "A logo"}, "submit": False})
    assert (draft["status"], draft["evidence"]["product_description"]) == (
        "needs_response", "A logo",
    )  # fmt: skip
    sent = api.post(path, {"evidence": {"customer_name": "Ana"}})
    assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert sent["evidence"]["product_description"] == "A logo"

    server.processor.win_dispute(opened.id)
    won = api.get(path)
    assert (won["status"], len(won["balance_transactions"])) == ("won", 2)
    assert api.ask("POST", path, {"submit": True}).error["code"] == "dispute_closed"
    assert api.ask("POST", f"{path}/close").status == 400


def test_a_dispute_that_is_closed_is_lost(api: Client, paid: Json, server: StripeServer) -> None:
    opened: Any = server.processor.open_dispute(paid["id"])

    assert api.post(f"/v1/disputes/{opened.id}/close")["status"] == "lost"


@pytest.fixture
def dear(clock: VirtualClock) -> Iterator[StripeServer]:
    """A server that takes fees, and its time."""
    terms = Terms(fees=Fees(fixed=30), settles_after=timedelta(days=2))
    with StripeServer(now=clock, terms=terms) as server:
        yield server


def test_money_settles_after_a_while(dear: StripeServer, clock: VirtualClock) -> None:
    api = Client.at(dear.url, dear.api_key)
    paid = hold(api, capture_method="automatic", expand=["latest_charge.balance_transaction"])
    booked = paid["latest_charge"]["balance_transaction"]
    assert (booked["fee"], booked["net"], booked["status"]) == (30, 99_970, "pending")
    balance = api.get("/v1/balance")
    assert (balance["available"][0]["amount"], balance["pending"][0]["amount"]) == (0, 99_970)

    clock.advance(days=2)

    assert api.get(f"/v1/balance_transactions/{booked['id']}")["status"] == "available"
    assert api.get("/v1/balance")["available"][0]["amount"] == 99_970
    assert api.get("/v1/events")["data"][0]["type"] == "balance.available"
    api.connection.close()


def test_changes_of_the_balance_can_be_narrowed_down(
    api: Client, paid: Json, clock: VirtualClock
) -> None:
    clock.advance(days=1)
    later = int(clock().timestamp())
    refund = api.post("/v1/refunds", {"payment_intent": paid["id"], "amount": 500})
    path = "/v1/balance_transactions"

    def types(**filters: Any) -> list[str]:
        return [each["type"] for each in api.get(path, filters)["data"]]

    assert types() == ["refund", "charge"]
    assert types(created={"gte": later}) == ["refund"]
    assert types(created={"lt": later}) == ["charge"]
    assert types(type="charge") == ["charge"]
    assert types(source=refund["id"]) == ["refund"]
    assert types(currency="eur") == []
    [shown] = api.get(path, {"type": "refund", "expand": ["data.source"]})["data"]
    assert shown["source"]["payment_intent"] == paid["id"]


def test_a_payout_of_the_platforms_own(api: Client, paid: Json) -> None:
    payout = api.post("/v1/payouts", {"amount": 100, "currency": "usd"})

    listed = api.get("/v1/balance_transactions", {"payout": payout["id"]})["data"]

    assert [(each["type"], each["net"]) for each in listed] == [("payout", -100)]


def test_a_balance_without_money_has_a_currency(sdk: stripe.StripeClient) -> None:
    balance = sdk.v1.balance.retrieve()

    assert [(each.amount, each.currency) for each in balance.available] == [(0, "usd")]
