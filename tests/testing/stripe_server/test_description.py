"""Every endpoint, each answer and each event held against Stripe's own description."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest

from marketpay.testing import StripeServer, VirtualClock
from marketpay.testing.processor_values import Standing
from marketpay.testing.stripe_server.route import Route
from marketpay.testing.stripe_server.server import ROUTES
from marketpay.testing.terms import Fees, Terms
from tests.testing.stripe_server import spec
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.conftest import check_webhooks, hold

Json = dict[str, Any]
CHECKOUT: Json = {
    "mode": "payment",
    "success_url": "https://market.test/ok",
    "line_items": [
        {
            "quantity": 2,
            "price_data": {
                "currency": "usd", "unit_amount": 1500, "product_data": {"name": "Premium listing"},
            },
        }
    ],
}  # fmt: skip
ACCOUNT: Json = {
    "country": "US",
    "email": "bob@market.test",
    "controller": {
        "fees": {"payer": "application"},
        "losses": {"payments": "application"},
        "stripe_dashboard": {"type": "express"},
    },
    "capabilities": {"transfers": {"requested": True}},
    "settings": {"payouts": {"schedule": {"interval": "manual"}}},
    "metadata": {"owner": "bob"},
}


def described(route: Route) -> tuple[str, str]:
    """The endpoint as the description names it."""
    return route.method, spec.pattern_of(route.path.replace("{id}", "x"))


def route_name(route: Route) -> str:
    return f"{route.method} {route.path}"


@pytest.mark.parametrize("route", ROUTES, ids=route_name)
def test_an_endpoint_takes_no_parameter_that_stripe_has_not(route: Route) -> None:
    method, pattern = described(route)
    unknown = set(route.params.fields) - spec.parameters_of(method, pattern)
    assert not unknown


LEFT_OUT = {"customer_details", "transfer_data", "customer_account", "expand"}
CREATING = [route for route in ROUTES if route.method == "POST" and "{id}" not in route.path]


@pytest.mark.parametrize(
    "route", [each for each in CREATING if "payment_methods" not in each.path], ids=route_name
)
def test_what_makes_something_knows_every_parameter_that_stripe_has(route: Route) -> None:
    method, pattern = described(route)
    missing = spec.parameters_of(method, pattern) - set(route.params.fields) - {"expand"}
    assert not missing - LEFT_OUT - {"bank_account"}  # which Stripe has done away with


def test_what_is_not_as_described_is_noticed(api: Client) -> None:
    payment = hold(api)
    check = spec.validator("payment_intent")
    assert not spec.faults_of(check, payment)

    assert spec.faults_of(check, {**payment, "status": "held"})
    assert spec.faults_of(check, {**payment, "colour": "red"})
    assert spec.faults_of(check, {**payment, "amount": "100.00"})
    assert spec.faults_of(check, {**payment, "currency": None})
    assert spec.faults_of(check, {key: payment[key] for key in payment if key != "created"})


class Tour:
    """Everything that a marketplace does with Stripe, step by step."""

    def __init__(self, server: StripeServer, clock: VirtualClock, api: Client) -> None:
        self.server, self.clock, self.api = server, clock, api

    def run(self) -> None:
        payer = self.meet_payer()
        payment = self.pay(payer)
        account = self.meet_payee()
        self.meet_payee_by_v2()
        self.move(payment, account)
        self.dispute()
        self.sell_listing()
        self.look_back(account)

    def meet_payer(self) -> str:
        api = self.api
        payer: str = api.post("/v1/customers", {"name": "Ana", "email": "ana@market.test"})["id"]
        api.get(f"/v1/customers/{payer}")
        api.get("/v1/customers", {"email": "ana@market.test"})
        card = api.post("/v1/payment_methods", {"type": "card", "card": {"token": "tok_visa"}})
        api.get(f"/v1/payment_methods/{card['id']}")
        api.get("/v1/payment_methods/pm_card_mastercard")
        mine = api.post("/v1/payment_methods/pm_card_visa/attach", {"customer": payer})
        api.get(f"/v1/customers/{payer}/payment_methods")
        api.get("/v1/payment_methods", {"customer": payer, "type": "card"})
        hold(api, customer=payer, payment_method=mine["id"])
        api.post(f"/v1/payment_methods/{mine['id']}/detach")
        return payer

    def pay(self, payer: str) -> Json:
        api = self.api
        asked = hold(api, payment_method="pm_card_threeDSecure2Required")
        api.post(f"/v1/payment_intents/{asked['id']}/cancel", {"cancellation_reason": "abandoned"})
        open = api.post("/v1/payment_intents", {"amount": 5000, "currency": "eur",
                        "capture_method": "manual", "customer": payer,
                        "automatic_payment_methods": {"enabled": True}})  # fmt: skip
        api.post(f"/v1/payment_intents/{open['id']}", {"metadata": {"job": "7"}})
        answer = api.ask("POST", f"/v1/payment_intents/{open['id']}/confirm",
                         {"payment_method": "pm_card_chargeDeclined"})  # fmt: skip
        assert answer.status == 402
        api.post(f"/v1/payment_intents/{open['id']}/confirm", {"payment_method": "pm_card_visa"})
        api.get(f"/v1/payment_intents/{open['id']}", {"expand": ["latest_charge", "customer"]})
        taken: Json = api.post(
            f"/v1/payment_intents/{open['id']}/capture",
            {"amount_to_capture": 4000, "expand": ["latest_charge.balance_transaction"]},
        )
        api.get("/v1/payment_intents", {"customer": payer})
        api.get(f"/v1/charges/{taken['latest_charge']['id']}", {"expand": ["refunds"]})
        api.get("/v1/charges", {"payment_intent": taken["id"], "expand": ["data.refunds"]})
        return taken

    def meet_payee(self) -> str:
        api = self.api
        account: str = api.post("/v1/accounts", ACCOUNT)["id"]
        api.post("/v1/account_links", {
            "account": account, "type": "account_onboarding",
            "refresh_url": "https://market.test/again", "return_url": "https://market.test/back",
        })  # fmt: skip
        for standing in (Standing.RESTRICTED, Standing.REJECTED, Standing.ACTIVE):
            self.server.processor.set_standing(account, standing)
            api.get(f"/v1/accounts/{account}")
        api.post(f"/v1/accounts/{account}", {"metadata": {"owner": ""}})
        manual = {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}
        api.post("/v1/balance_settings", manual, Stripe_Account=account)
        api.get("/v1/balance_settings")
        api.get("/v1/accounts")
        return account

    def meet_payee_by_v2(self) -> None:
        api = self.api
        everything = [
            "configuration.customer", "configuration.merchant", "configuration.recipient",
            "defaults", "future_requirements", "identity", "requirements",
        ]  # fmt: skip
        transfers = {"stripe_balance": {"stripe_transfers": {"requested": True}}}
        account = api.post("/v2/core/accounts", {
            "contact_email": "eva@market.test", "identity": {"country": "us"},
            "configuration": {"recipient": {"capabilities": transfers}}, "include": everything,
        })["id"]  # fmt: skip
        for standing in (Standing.RESTRICTED, Standing.REJECTED, Standing.ACTIVE):
            self.server.processor.set_standing(account, standing)
            api.get(f"/v2/core/accounts/{account}", {"include": everything})
        api.get("/v2/core/accounts", {"limit": 1})
        event = api.get("/v2/core/events", {"object_id": account})["data"][0]
        api.get(f"/v2/core/events/{event['id']}")
        api.post("/v2/core/account_links", {"account": account, "use_case": {
            "type": "account_onboarding", "account_onboarding": {
                "refresh_url": "https://market.test/again",
            }}})  # fmt: skip

    def move(self, payment: Json, account: str) -> None:
        api, charge = self.api, payment["latest_charge"]["id"]
        sent = api.post("/v1/transfers", {
            "amount": 3000, "currency": "eur", "destination": account, "source_transaction": charge,
            "description": "Job 7", "metadata": {"job": "7"},
        })  # fmt: skip
        path = f"/v1/transfers/{sent['id']}"
        api.post(path, {"metadata": {"job": "8"}})
        self.clock.advance(days=3)  # so that the money is there
        back = api.post(f"{path}/reversals", {"amount": 500, "expand": ["transfer"]})
        api.get(path, {"expand": ["source_transaction", "destination", "balance_transaction"]})
        api.get(f"{path}/reversals")
        api.get(f"{path}/reversals/{back['id']}")
        api.get("/v1/transfers", {"destination": account})
        refund = api.post("/v1/refunds", {"payment_intent": payment["id"], "amount": 700})
        api.get(f"/v1/refunds/{refund['id']}", {"expand": ["charge", "balance_transaction"]})
        api.post(f"/v1/refunds/{refund['id']}", {"metadata": {"why": "late"}})
        api.get("/v1/refunds", {"charge": charge})
        self.pay_out(account)

    def pay_out(self, account: str) -> None:
        api, of = self.api, {"Stripe_Account": account}
        for end in (None, "cancel", "fail"):
            paid = api.post("/v1/payouts", {"amount": 700, "currency": "eur"}, **of)
            path = f"/v1/payouts/{paid['id']}"
            if end == "cancel":
                api.post(f"{path}/cancel", **of)
            self.clock.advance(days=1)
            api.post(path, {"metadata": {"week": "1"}}, **of)
            self.clock.advance(days=2)
            if end == "fail":
                self.server.processor.fail_payout(paid["id"])
            api.get(path, {"expand": ["balance_transaction"]}, **of)
        api.get("/v1/payouts", **of)
        api.get("/v1/balance", **of)
        api.get("/v1/balance_transactions", {"expand": ["data.source"]}, **of)
        self.server.processor.fail_refund(api.get("/v1/refunds")["data"][0]["id"])
        api.get("/v1/refunds")

    def dispute(self) -> None:
        api, processor = self.api, self.server.processor
        taken: Json = {}
        for end in ("evidence", "close", "win", "inquiry"):
            taken = hold(api, capture_method="automatic")
            opened: Any = processor.open_dispute(taken["id"], inquiry=end == "inquiry")
            path = f"/v1/disputes/{opened.id}"
            if end == "evidence":
                api.post(path, {"evidence": {"product_description": "A logo"}, "submit": True})
            elif end == "close":
                api.post(f"{path}/close")
            elif end == "win":
                processor.win_dispute(opened.id, fee_returned=True)
            api.get(path, {"expand": ["charge", "payment_intent"]})
        processor.warn(taken["id"])
        listed = api.get("/v1/radar/early_fraud_warnings")["data"]
        api.get(f"/v1/radar/early_fraud_warnings/{listed[0]['id']}")
        api.get("/v1/disputes")

    def sell_listing(self) -> None:
        api, processor = self.api, self.server.processor
        path = ""
        for end in ("pay", "decline", "promise", "settle", "fail", "expire", "lapse"):
            id = api.post("/v1/checkout/sessions", CHECKOUT)["id"]
            path = f"/v1/checkout/sessions/{id}"
            if end == "pay":
                processor.pay_checkout(id)
            elif end == "decline":
                processor.pay_checkout(id, method="pm_card_chargeDeclined")
            elif end in ("promise", "settle", "fail"):
                processor.promise_checkout(id)
                api.get("/v1/payment_intents")
            if end == "settle":
                processor.settle_checkout(id)
            elif end == "fail":
                processor.fail_checkout(id)
            elif end == "expire":
                api.post(f"{path}/expire")
            elif end == "lapse":
                self.clock.advance(days=1)
            api.post(path, {"metadata": {"listing": end}})
            api.get(path, {"expand": ["line_items", "payment_intent.latest_charge"]})
        api.get(f"{path}/line_items")
        api.get("/v1/checkout/sessions", {"status": "expired"})

    def look_back(self, account: str) -> None:
        api = self.api
        hold(api)
        self.clock.advance(days=8)
        self.server.processor.top_up(5000, "USD")
        api.get("/v1/balance")
        listed = api.get("/v1/balance_transactions", {"limit": 100, "expand": ["data.source"]})
        api.get(f"/v1/balance_transactions/{listed['data'][0]['id']}")
        api.get("/v1/charges", {"limit": 100})
        self.server.processor.deauthorize(account)
        event = api.get("/v1/events", {"limit": 100})["data"][0]
        api.get(f"/v1/events/{event['id']}")


def test_every_answer_and_every_event_is_as_stripe_describes_it(clock: VirtualClock) -> None:
    terms = Terms(fees=Fees(fixed=30), settles_after=timedelta(days=2))
    with StripeServer(now=clock, terms=terms) as server:
        api = Client.at(server.url, server.api_key)
        Tour(server, clock, api).run()
        api.connection.close()
        check_webhooks(server)

        assert {described(route) for route in ROUTES} - api.seen == set()
        told = {event.type for event in server.processor.events()}
        assert len(told) > 25
        assert all(re.fullmatch(r"[a-z_]+(\.[a-z_]+)+", type) for type in told)
