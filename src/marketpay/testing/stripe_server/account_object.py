"""Connected accounts as Stripe shows them, in the first API and in the second."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from marketpay.testing.processor_values import Account, Standing
from marketpay.testing.stripe_server.cards import bank_account
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import sublist
from marketpay.testing.stripe_server.units import seconds
from marketpay.testing.stripe_server.world import World

_EURO: Final = (
    "AT", "BE", "CY", "DE", "EE", "ES", "FI", "FR", "GR", "HR", "IE", "IT", "LT", "LU", "LV", "MT",
    "NL", "PT", "SI", "SK",
)  # fmt: skip
CURRENCIES: Final = {
    **dict.fromkeys(_EURO, "eur"),
    "AE": "aed", "AU": "aud", "BR": "brl", "CA": "cad", "CH": "chf", "CZ": "czk", "DK": "dkk",
    "GB": "gbp", "HK": "hkd", "HU": "huf", "IN": "inr", "JP": "jpy", "MX": "mxn", "MY": "myr",
    "NO": "nok", "NZ": "nzd", "PL": "pln", "RO": "ron", "SE": "sek", "SG": "sgd", "TH": "thb",
    "US": "usd", "ZA": "zar",
}  # fmt: skip
_STATUS: Final = {
    Standing.PENDING: "inactive",
    Standing.ACTIVE: "active",
    Standing.RESTRICTED: "inactive",
    Standing.REJECTED: "inactive",
}
_STATUS_V2: Final = {
    Standing.PENDING: "restricted",
    Standing.ACTIVE: "active",
    Standing.RESTRICTED: "restricted",
    Standing.REJECTED: "restricted",
}
ECHOED: Final = ("business_profile", "business_type", "company", "individual", "tos_acceptance")


def account(world: World, one: Account) -> Json:
    """The account, as `/v1/accounts` shows it."""
    active = one.standing is Standing.ACTIVE
    handed_in = one.standing is not Standing.PENDING
    currency = CURRENCIES.get(one.country, "usd")
    asked = world.detail(one.id, "capabilities", ["transfers"])
    banks = [bank_account(one.id, currency, one.country)] if handed_in else []
    return {
        "id": one.id,
        "object": "account",
        "business_profile": world.detail(one.id, "business_profile"),
        "business_type": world.detail(one.id, "business_type"),
        "capabilities": dict.fromkeys(asked, _STATUS[one.standing]),
        "charges_enabled": active and "card_payments" in asked,
        "controller": _controller(world, one),
        "country": one.country,
        "created": seconds(one.created),
        "default_currency": currency,
        "details_submitted": handed_in,
        "email": one.email,
        "external_accounts": sublist(f"/v1/accounts/{one.id}/external_accounts", banks),
        "future_requirements": _requirements((), None),
        "metadata": world.metadata(one),
        "payouts_enabled": active,
        "requirements": _requirements(one.requirements, one.disabled_reason),
        "settings": _settings(world, one),
        "tos_acceptance": {"date": None, "ip": None, "user_agent": None},
        "type": world.detail(one.id, "type", "none"),
    }


def _requirements(due: tuple[str, ...], disabled_reason: str | None) -> Json:
    return {
        "alternatives": [],
        "current_deadline": None,
        "currently_due": list(due),
        "disabled_reason": disabled_reason,
        "errors": [],
        "eventually_due": list(due),
        "past_due": list(due),
        "pending_verification": [],
    }


def _controller(world: World, one: Account) -> Json:
    asked: Json = world.detail(one.id, "controller", {})
    return {
        "fees": {"payer": "application"},
        "is_controller": True,
        "losses": {"payments": "application"},
        "requirement_collection": "stripe",
        "stripe_dashboard": {"type": "express"},
        **asked,
        "type": "application",
    }


def _settings(world: World, one: Account) -> Json:
    interval = world.detail(one.id, "payout_interval", "daily")
    schedule: Json = {"delay_days": 2, "interval": interval}
    return {
        "branding": {"icon": None, "logo": None, "primary_color": None, "secondary_color": None},
        "card_issuing": {"tos_acceptance": {"date": None, "ip": None}},
        "card_payments": {
            "decline_on": {"avs_failure": False, "cvc_failure": False},
            "statement_descriptor_prefix": None,
            "statement_descriptor_prefix_kana": None,
            "statement_descriptor_prefix_kanji": None,
        },
        "dashboard": {"display_name": None, "timezone": "Etc/UTC"},
        "invoices": {
            "default_account_tax_ids": None,
            "hosted_payment_method_save": "offer",
        },
        "payments": {
            "statement_descriptor": None,
            "statement_descriptor_kana": None,
            "statement_descriptor_kanji": None,
        },
        "payouts": {
            "debit_negative_balances": True,
            "schedule": schedule,
            "statement_descriptor": None,
        },
        "sepa_debit_payments": {},
    }


def account_v2(world: World, one: Account, include: list[str]) -> Json:
    """The account, as `/v2/core/accounts` shows it: what is not asked for is left out."""
    asked: list[str] = world.detail(one.id, "configurations", ["recipient"])
    told: Json = world.detail(one.id, "v2", {})
    parts: dict[str, Json] = {
        "defaults": _defaults(world, one),
        "future_requirements": {"entries": []},
        "identity": {"country": one.country.lower()},
        "requirements": _requirements_v2(one),
    }
    configuration = {
        name: _recipient(one) if name == "recipient" else {"applied": True}
        for name in asked
        if f"configuration.{name}" in include
    }
    shown = {
        "id": one.id,
        "object": "v2.core.account",
        "applied_configurations": asked,
        "closed": False,
        "configuration": configuration or None,
        "contact_email": one.email,
        "contact_phone": told.get("contact_phone"),
        "created": rfc3339(one.created),
        "dashboard": told.get("dashboard", "express"),
        "display_name": told.get("display_name"),
        "livemode": False,
        "metadata": world.metadata(one),
        **{name: part for name, part in parts.items() if name in include},
    }
    return {name: value for name, value in shown.items() if value is not None}


def _recipient(one: Account) -> Json:
    capability: Json = {"status": _STATUS_V2[one.standing], "status_details": []}
    if one.standing is not Standing.ACTIVE:
        rejected = one.standing is Standing.REJECTED
        why = "restricted_other" if rejected else "requirements_past_due"
        help = "contact_stripe" if rejected else "provide_info"
        capability["status_details"] = [{"code": why, "resolution": help}]
    balance = {"payouts": capability, "stripe_transfers": capability}
    return {"applied": True, "capabilities": {"stripe_balance": balance}}


def _defaults(world: World, one: Account) -> Json:
    asked: Json = world.detail(one.id, "v2", {}).get("defaults") or {}
    duties = {
        "fees_collector": "application",
        "losses_collector": "application",
        "requirements_collector": "stripe",
        **asked.get("responsibilities", {}),
    }
    currency = asked.get("currency", CURRENCIES.get(one.country, "usd"))
    return {"currency": currency, "locales": ["en-US"], "responsibilities": duties}


def _requirements_v2(one: Account) -> Json:
    due = {"status": "past_due"}
    entries = [
        {
            "awaiting_action_from": "user",
            "description": missing,
            "errors": [],
            "impact": {
                "restricts_capabilities": [
                    {
                        "capability": "stripe_balance.stripe_transfers",
                        "configuration": "recipient",
                        "deadline": due,
                    }
                ]
            },
            "minimum_deadline": due,
            "requested_reasons": [{"code": "routine_onboarding"}],
        }
        for missing in one.requirements
    ]
    return (
        {"entries": entries, "summary": {"minimum_deadline": due}} if entries else {"entries": []}
    )


def rfc3339(at: datetime) -> str:
    """The time as the second API writes it."""
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03}Z"
