"""Connected accounts, what is transferred to them, and what they are paid."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from marketpay.testing import StripeServer, VirtualClock
from marketpay.testing.processor_values import PLATFORM, Standing
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.conftest import hold

Json = dict[str, Any]
LINK: Json = {
    "type": "account_onboarding",
    "refresh_url": "https://market.test/again",
    "return_url": "https://market.test/back",
}


@pytest.fixture
def account(api: Client, server: StripeServer) -> str:
    """An account that can be paid."""
    id: str = api.post("/v1/accounts", {"capabilities": {"transfers": {"requested": True}}})["id"]
    server.processor.set_standing(id, Standing.ACTIVE)
    return id


@pytest.fixture
def charge(api: Client) -> str:
    """A charge of USD 1000.00."""
    return str(hold(api, capture_method="automatic")["latest_charge"])


def transfer(api: Client, to: str, amount: int = 70_000, **more: Any) -> Json:
    return api.post("/v1/transfers",
                    {"amount": amount, "currency": "usd", "destination": to, **more})  # fmt: skip


def test_an_account_is_pending_until_its_owner_was_there(api: Client) -> None:
    account = api.post("/v1/accounts", {
        "country": "DE", "email": "eva@market.test",
        "controller": {"stripe_dashboard": {"type": "express"}},
        "capabilities": {"transfers": {"requested": True}},
        "settings": {"payouts": {"schedule": {"interval": "manual"}}},
        "metadata": {"owner": "eva"},
    })  # fmt: skip
    assert (account["details_submitted"], account["payouts_enabled"]) == (False, False)
    assert account["capabilities"] == {"transfers": "inactive"}
    assert account["requirements"]["currently_due"]
    assert account["settings"]["payouts"]["schedule"]["interval"] == "manual"
    assert (account["country"], account["default_currency"]) == ("DE", "eur")

    link = api.post("/v1/account_links", {**LINK, "account": account["id"]})
    page = api.send("GET", "/_pages/" + link["url"].partition("/_pages/")[2])
    clicked = api.click(link["url"], "complete")

    assert account["id"] in page.body
    assert (clicked.status, clicked.headers["Location"]) == (303, LINK["return_url"])
    there = api.get(f"/v1/accounts/{account['id']}")
    assert (there["details_submitted"], there["payouts_enabled"]) == (True, True)
    assert there["capabilities"] == {"transfers": "active"}
    assert there["requirements"]["disabled_reason"] is None
    assert there["metadata"] == {"owner": "eva"}


def test_a_link_is_good_for_five_minutes(api: Client, clock: VirtualClock) -> None:
    account = api.post("/v1/accounts")["id"]
    link = api.post("/v1/account_links", {**LINK, "account": account})
    assert link["expires_at"] == int(clock().timestamp()) + 300
    clock.advance(minutes=5)

    assert api.click(link["url"], "complete").status == 404
    assert api.get(f"/v1/accounts/{account}")["details_submitted"] is False


@pytest.mark.parametrize(
    ("standing", "reason"),
    [(Standing.RESTRICTED, "requirements.past_due"), (Standing.REJECTED, "rejected.other")],
)
def test_an_account_that_is_not_active_says_why(
    api: Client, server: StripeServer, account: str, standing: Standing, reason: str
) -> None:
    server.processor.set_standing(account, standing)

    shown = api.get(f"/v1/accounts/{account}")

    assert shown["requirements"]["disabled_reason"] == reason
    assert (shown["payouts_enabled"], shown["details_submitted"]) == (False, True)


def test_a_revoked_account_is_out_of_reach(
    api: Client, sdk: stripe.StripeClient, server: StripeServer, account: str
) -> None:
    server.processor.deauthorize(account)

    answer = api.ask("GET", f"/v1/accounts/{account}")

    assert (answer.status, answer.error["code"]) == (403, "account_invalid")
    assert api.get("/v1/accounts")["data"] == []
    assert api.ask("GET", "/v1/payouts", Stripe_Account=account).status == 403
    assert api.ask("POST", "/v1/account_links", {**LINK, "account": account}).status == 400
    with pytest.raises(stripe.PermissionError):
        sdk.v1.accounts.retrieve(account)


def test_an_account_of_the_second_api(
    api: Client, sdk: stripe.StripeClient, server: StripeServer
) -> None:
    made = sdk.v2.core.accounts.create({
        "contact_email": "eva@market.test",
        "display_name": "Eva",
        "dashboard": "express",
        "identity": {"country": "de"},
        "configuration": {"recipient": {
            "capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}},
        "defaults": {"responsibilities": {
            "fees_collector": "application", "losses_collector": "application"}},
        "include": ["configuration.recipient", "requirements"],
    })  # fmt: skip
    assert status(made) == "restricted"
    assert made.requirements is not None
    link = sdk.v2.core.account_links.create({
        "account": made.id,
        "use_case": {"type": "account_onboarding", "account_onboarding": {
            "refresh_url": "https://market.test/again"}},
    })  # fmt: skip

    clicked = api.click(link.url, "complete")

    assert clicked.headers["Location"] == "https://market.test/again"
    there = sdk.v2.core.accounts.retrieve(made.id, {"include": ["configuration.recipient"]})
    assert status(there) == "active"
    bare = api.get(f"/v2/core/accounts/{made.id}")
    assert "configuration" not in bare
    assert "requirements" not in bare
    assert api.get(f"/v1/accounts/{made.id}")["payouts_enabled"] is True


def status(account: stripe.v2.core.Account) -> str:
    """The state of the capability to be transferred to."""
    assert account.configuration is not None
    recipient = account.configuration.recipient
    assert recipient is not None
    assert recipient.capabilities is not None
    balance = recipient.capabilities.stripe_balance
    assert balance is not None
    assert balance.stripe_transfers is not None
    return balance.stripe_transfers.status


def test_an_account_of_the_first_api_is_none_of_the_second(api: Client, account: str) -> None:
    wrong = api.ask("GET", f"/v2/core/accounts/{account}")
    missing = api.ask("GET", "/v2/core/accounts/acct_unknown")

    assert (wrong.status, wrong.error["code"]) == (400, "v1_account_instead_of_v2_account")
    assert (missing.status, missing.error["code"]) == (404, "not_found")
    assert api.get("/v2/core/accounts")["data"] == []


def test_the_second_api_speaks_json(api: Client) -> None:
    api.connection.request("POST", "/v2/core/accounts", b"a=b", dict(api.headers))
    with api.connection.getresponse() as response:
        assert response.status == 400
    answer = api.ask("POST", "/v2/core/accounts", {"nickname": "Eva"})
    assert answer.error["code"] == "parameter_unknown"


def test_a_charge_is_what_a_transfer_is_paid_from(
    api: Client, server: StripeServer, account: str, charge: str
) -> None:
    sent = transfer(api, account, source_transaction=charge, metadata={"job": "7"})

    assert (sent["source_transaction"], sent["metadata"]) == (charge, {"job": "7"})
    payment = api.get(f"/v1/charges/{charge}")["payment_intent"]
    assert sent["transfer_group"] == f"group_{payment}"
    assert server.processor.balance(PLATFORM, "USD") == 30_000
    assert api.get("/v1/balance", Stripe_Account=account)["available"][0]["amount"] == 70_000
    assert api.get("/v1/transfers", {"transfer_group": sent["transfer_group"]})["data"] == [sent]


def test_a_charge_pays_for_no_more_than_it_was(api: Client, account: str, charge: str) -> None:
    transfer(api, account, source_transaction=charge)
    usual = {"amount": 30_001, "currency": "usd", "destination": account}

    more = api.ask("POST", "/v1/transfers", {**usual, "source_transaction": charge})
    other = api.ask(
        "POST", "/v1/transfers", {**usual, "source_transaction": charge, "currency": "eur"}
    )
    held = hold(api)["latest_charge"]
    early = api.ask("POST", "/v1/transfers", {**usual, "source_transaction": held})

    assert (more.error["code"], more.error["param"]) == ("amount_too_large", "amount")
    assert other.error["param"] == "currency"
    assert early.error["param"] == "source_transaction"


def test_without_a_charge_the_balance_has_to_do(
    api: Client, server: StripeServer, account: str
) -> None:
    usual = {"amount": 500, "currency": "usd", "destination": account}
    answer = api.ask("POST", "/v1/transfers", usual)
    assert (answer.status, answer.error["code"]) == (400, "balance_insufficient")

    server.processor.top_up(500, "USD")

    assert transfer(api, account, 500)["source_transaction"] is None


def test_only_an_active_account_is_transferred_to(
    api: Client, server: StripeServer, account: str, charge: str
) -> None:
    server.processor.set_standing(account, Standing.RESTRICTED)

    answer = api.ask("POST", "/v1/transfers",
                     {"amount": 500, "currency": "usd", "destination": account})  # fmt: skip

    assert (answer.status, answer.error["code"]) == (
        400,
        "insufficient_capabilities_for_transfer",
    )


@pytest.mark.parametrize(
    ("params", "param"),
    [({"destination": "acct_unknown"}, "destination"),
     ({"source_transaction": "ch_unknown"}, "source_transaction"),
     ({"amount": None}, "amount"), ({"destination": None}, "destination")],
)  # fmt: skip
def test_a_transfer_needs_to_know_from_where_to_where(
    api: Client, account: str, params: Json, param: str
) -> None:
    usual = {"amount": 500, "currency": "usd", "destination": account, **params}

    answer = api.ask(
        "POST", "/v1/transfers", {name: each for name, each in usual.items() if each is not None}
    )

    assert (answer.status, answer.error["param"]) == (400, param)


def test_a_transfer_comes_back_in_parts(api: Client, account: str, charge: str) -> None:
    sent = transfer(api, account, source_transaction=charge)
    path = f"/v1/transfers/{sent['id']}"

    back = api.post(f"{path}/reversals", {"amount": 20_000, "metadata": {"why": "x"}})
    partly = api.get(path)
    assert (partly["amount_reversed"], partly["reversed"]) == (20_000, False)
    assert partly["reversals"]["data"] == [back]

    api.post(f"{path}/reversals")
    whole = api.get(path)
    assert (whole["amount_reversed"], whole["reversed"]) == (70_000, True)
    again = api.ask("POST", f"{path}/reversals", {"amount": 1})
    assert again.status == 400
    assert api.ask("GET", f"/v1/transfers/tr_x/reversals/{back['id']}").status == 404


def test_what_was_paid_out_does_not_come_back(api: Client, account: str, charge: str) -> None:
    sent = transfer(api, account, source_transaction=charge)
    api.post("/v1/payouts", {"amount": 70_000, "currency": "usd"}, Stripe_Account=account)

    answer = api.ask("POST", f"/v1/transfers/{sent['id']}/reversals")

    assert (answer.status, answer.error["code"]) == (400, "balance_insufficient")


def test_a_payout_arrives_after_two_days(
    api: Client, server: StripeServer, clock: VirtualClock, account: str, charge: str
) -> None:
    transfer(api, account, source_transaction=charge)
    of = {"Stripe_Account": account}
    payout = api.post("/v1/payouts", {"amount": 70_000, "currency": "usd"}, **of)
    assert payout["status"] == "pending"
    assert payout["arrival_date"] == int(clock().timestamp()) + 2 * 24 * 3600
    path = f"/v1/payouts/{payout['id']}"

    clock.advance(days=1)
    assert api.get(path, **of)["status"] == "in_transit"
    assert api.ask("POST", f"{path}/cancel", **of).status == 400
    clock.advance(days=1)
    server.tick()
    assert api.get(path, **of)["status"] == "paid"

    server.processor.fail_payout(payout["id"])
    failed = api.get(path, **of)
    assert (failed["status"], failed["failure_code"]) == ("failed", "account_closed")
    assert failed["failure_balance_transaction"].startswith("txn_")
    assert api.get("/v1/balance", **of)["available"][0]["amount"] == 70_000


def test_a_pending_payout_can_be_stopped(api: Client, account: str, charge: str) -> None:
    transfer(api, account, source_transaction=charge)
    of = {"Stripe_Account": account}
    payout = api.post("/v1/payouts", {"amount": 500, "currency": "usd"}, **of)

    assert api.post(f"/v1/payouts/{payout['id']}/cancel", **of)["status"] == "canceled"
    assert api.get("/v1/payouts", {"status": "canceled"}, **of)["data"][0]["id"] == payout["id"]


def test_a_payout_is_of_the_account_that_asks(api: Client, account: str, charge: str) -> None:
    transfer(api, account, source_transaction=charge)
    of = {"Stripe_Account": account}
    payout = api.post("/v1/payouts", {"amount": 500, "currency": "usd"}, **of)

    assert api.get("/v1/payouts")["data"] == []
    assert api.ask("GET", f"/v1/payouts/{payout['id']}").status == 404
    more = api.ask("POST", "/v1/payouts", {"amount": 70_000, "currency": "usd"}, **of)
    assert more.error["code"] == "balance_insufficient"
    unknown = api.ask("GET", "/v1/balance", Stripe_Account="acct_unknown")
    assert (unknown.status, unknown.error["code"]) == (403, "account_invalid")


def test_payouts_can_be_made_by_hand_alone(api: Client) -> None:
    account = api.post("/v2/core/accounts")["id"]
    of = {"Stripe_Account": account}
    usual = api.get("/v1/balance_settings", **of)["payments"]
    assert usual["payouts"]["schedule"]["interval"] == "daily"
    assert usual["payouts"]["status"] == "disabled"
    manual = {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}

    api.post("/v1/balance_settings", manual, **of)

    changed = api.get("/v1/balance_settings", **of)["payments"]
    assert changed["payouts"]["schedule"]["interval"] == "manual"
    shown = api.get(f"/v1/accounts/{account}")
    assert shown["settings"]["payouts"]["schedule"]["interval"] == "manual"
    other = api.get("/v1/balance_settings")["payments"]["payouts"]
    assert (other["schedule"]["interval"], other["status"]) == ("daily", "enabled")


def test_some_payouts_have_no_small_change(api: Client, server: StripeServer) -> None:
    server.processor.top_up(100_000, "HUF")

    answer = api.ask("POST", "/v1/payouts", {"amount": 1050, "currency": "huf"})

    assert answer.error["param"] == "amount"
    assert api.post("/v1/payouts", {"amount": 1000, "currency": "huf"})["amount"] == 1000
