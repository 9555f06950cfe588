"""Connected accounts: opening them, the way to their onboarding, and how they stand.

Stripe has two interfaces for them.  Accounts v2 is what new platforms are told to use; it has
no payout schedule, which is set by a second call.
"""

from __future__ import annotations

from typing import Any, Final

from marketpay.adapters.stripe.call import Call, Object
from marketpay.adapters.stripe.config import AccountsApi, Config
from marketpay.adapters.stripe.ids import checked
from marketpay.adapters.stripe.metadata import metadata
from marketpay.ports.gateway import AccountStanding, AccountState, OnboardingLink, OpenAccount

# An account that is only transferred to.  The platform pays Stripe's fees and bears the losses,
# as it must where Stripe shows the owner its Express dashboard.
_RECIPIENT: Final[dict[str, Any]] = {
    "recipient": {"capabilities": {"stripe_balance": {"stripe_transfers": {"requested": True}}}}
}
_RESPONSIBILITIES: Final = {"fees_collector": "application", "losses_collector": "application"}
_CONTROLLER: Final[dict[str, Any]] = {
    "fees": {"payer": "application"},
    "losses": {"payments": "application"},
    "stripe_dashboard": {"type": "express"},
}
_MANUAL: Final[dict[str, Any]] = {"payouts": {"schedule": {"interval": "manual"}}}

V1_ACCOUNT: Final = "v1_account_instead_of_v2_account"  # asked of v2, and only v1 knows it


def open_call(request: OpenAccount, config: Config) -> Call:
    """Open an account for `request.owner`."""
    ours = metadata(request.reference, marketpay_owner=request.owner)
    email = None if config.contact_email is None else config.contact_email(request.owner)
    country = request.country
    if config.accounts is AccountsApi.V1:
        v1: dict[str, Any] = {
            "controller": _CONTROLLER,
            "capabilities": {"transfers": {"requested": True}},
            "settings": _MANUAL,
            "metadata": ours,
        }
        return Call("post", "/v1/accounts", v1 | _given(country=country, email=email))
    v2: dict[str, Any] = {
        "configuration": _RECIPIENT,
        "dashboard": "express",
        "defaults": {"responsibilities": _RESPONSIBILITIES},
        "metadata": ours,
        "include": ["configuration.recipient"],
    }
    identity = None if country is None else {"country": country}
    more = _given(identity=identity, contact_email=email)
    return Call("post", "/v2/core/accounts", v2 | more)


def manual_payouts_call(account: str) -> Call:
    """Pay nothing out of `account` but what is asked for."""
    account = checked("account", account)
    return Call(
        "post", "/v1/balance_settings", {"payments": _MANUAL}, account=account, step=":manual"
    )


def account_call(account: str, api: AccountsApi) -> Call:
    """How an account stands."""
    account = checked("account", account)
    if api is AccountsApi.V1:
        return Call("get", f"/v1/accounts/{account}")
    return Call("get", f"/v2/core/accounts/{account}", {"include": ["configuration.recipient"]})


def link_call(request: OnboardingLink, api: AccountsApi) -> Call:
    """A page on which the owner gives their details.  A link serves once, so it has no key."""
    account = checked("account", request.account)
    urls = {"refresh_url": request.refresh_url, "return_url": request.return_url}
    if api is AccountsApi.V1:
        v1 = {"account": account, "type": "account_onboarding", **urls}
        return Call("post", "/v1/account_links", v1, once=False)
    use_case = {"type": "account_onboarding", "account_onboarding": urls}
    v2 = {"account": account, "use_case": use_case}
    return Call("post", "/v2/core/account_links", v2, once=False)


def account_state(account: Object) -> AccountState:
    """How an account stands, from either of its shapes."""
    is_v2 = account.get("object") == "v2.core.account"
    standing = _v2_standing(account) if is_v2 else _v1_standing(account)
    return AccountState(gateway_id=account["id"], standing=standing)


def _v2_standing(account: Object) -> AccountStanding:
    recipient = (account.get("configuration") or {}).get("recipient") or {}
    balance = (recipient.get("capabilities") or {}).get("stripe_balance") or {}
    # What comes in must get out, too; Stripe adds `payouts` of its own accord.
    wanted = [balance.get("stripe_transfers"), balance.get("payouts")]
    capabilities = [one for one in wanted if one]
    statuses = {one["status"] for one in capabilities}
    if account.get("closed") or statuses & {"rejected", "unsupported"}:
        return AccountStanding.REJECTED
    if statuses == {"active"} and balance.get("stripe_transfers"):
        return AccountStanding.ACTIVE
    # A new account is `restricted` from the start, until its owner has given their details.
    details = [detail for one in capabilities for detail in one.get("status_details") or ()]
    if "restricted" in statuses and any(one["resolution"] != "provide_info" for one in details):
        return AccountStanding.RESTRICTED
    return AccountStanding.PENDING


def _v1_standing(account: Object) -> AccountStanding:
    transfers = (account.get("capabilities") or {}).get("transfers")
    disabled = (account.get("requirements") or {}).get("disabled_reason") or ""
    if disabled.startswith("rejected."):
        return AccountStanding.REJECTED
    if transfers == "active" and account.get("payouts_enabled"):
        return AccountStanding.ACTIVE
    waiting = disabled in ("requirements.pending_verification", "under_review")
    if not account.get("details_submitted") or transfers == "pending" or waiting:
        return AccountStanding.PENDING
    return AccountStanding.RESTRICTED


def _given(**params: Any) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value is not None}
