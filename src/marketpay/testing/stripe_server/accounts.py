"""Connected accounts and the links for their onboarding, in the first API and in the second."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from marketpay.testing.processor_values import Account, Standing
from marketpay.testing.stripe_server.account_object import ECHOED, account, account_v2, rfc3339
from marketpay.testing.stripe_server.errors import Problem, Refused, invalid
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import everything, lists, page, page_size, page_v2
from marketpay.testing.stripe_server.params import (
    anything,
    array,
    boolean,
    clearable,
    integer,
    metadata,
    nested,
    one_of,
    takes,
    text,
    unsimulated,
)
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.units import seconds
from marketpay.testing.stripe_server.world import World, changed_metadata, secret

LINK_LASTS: Final = timedelta(minutes=5)
_CONTROLLED: Final = one_of("account", "application", "stripe")


def _country(value: object, name: str) -> str:
    code = text(value, name).upper()
    if len(code) != 2 or not code.isalpha():
        raise invalid(f"Country '{code}' is unknown.", code="country_unsupported", param=name)
    return code


_capability = nested(requested=boolean)


def _capabilities(value: object, name: str) -> list[str]:
    if not isinstance(value, dict):
        raise invalid("Invalid object", param=name)
    read = {each: _capability(asked, f"{name}[{each}]") for each, asked in value.items()}
    return [each for each, asked in read.items() if asked.get("requested")]


_SCHEDULE: Final = nested(
    interval=one_of("daily", "manual", "monthly", "weekly"),
    delay_days=anything,
    monthly_anchor=integer,
    weekly_anchor=text,
)
_ABOUT: Final[dict[str, Any]] = {
    **dict.fromkeys(ECHOED, anything),
    "capabilities": _capabilities,
    "email": text,
    "external_account": anything,
    "metadata": metadata,
    "settings": nested(
        payouts=nested(schedule=_SCHEDULE, debit_negative_balances=boolean,
                       statement_descriptor=text),
        branding=anything, card_issuing=anything, card_payments=anything, invoices=anything,
        payments=anything,
    ),
    "default_currency": text,
}  # fmt: skip
_CREATE: Final = takes(
    country=_country,
    type=one_of("custom", "express", "standard"),
    controller=nested(
        fees=nested(payer=_CONTROLLED),
        losses=nested(payments=_CONTROLLED),
        requirement_collection=_CONTROLLED,
        stripe_dashboard=nested(type=one_of("express", "full", "none")),
    ),
    **_ABOUT,
    **unsimulated("account_token documents groups"),
)


def create(world: World, call: Call) -> Json:
    """An account that is pending until its owner has been checked."""
    made = world.processor.open_account(
        country=call.get("country"),
        email=call.get("email"),
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    world.note(made.id, version=1)
    _note(world, made.id, call)
    return account(world, made)


def _note(world: World, id: str, call: Call) -> None:
    names = ("type", "controller", "capabilities", "business_type", "business_profile")
    payouts = call.get("settings", {}).get("payouts", {})
    world.note(
        id,
        payout_interval=payouts.get("schedule", {}).get("interval"),
        **{name: call.get(name) for name in names},
    )


def retrieve(world: World, call: Call) -> Json:
    """An account as it is now."""
    return account(world, world.account(call.id))


def update(world: World, call: Call) -> Json:
    """Change what is told of an account."""
    one = world.account(call.id)
    world.change_metadata(one, call.get("metadata"))
    _note(world, one.id, call)
    return account(world, one)


def list_all(world: World, call: Call) -> Json:
    """All connected accounts."""
    found = (one for one in everything(world, Account) if not one.deauthorized)
    return page(call, found, lambda one: account(world, one), "account")


def create_link(world: World, call: Call) -> Json:
    """A page on which the account's owner gives their details."""
    one = world.account(call.params["account"], status=400)
    for name in ("refresh_url", "return_url"):
        if name not in call.params:
            raise invalid(f"You must provide {name}.", code="parameter_missing", param=name)
    url = _page_for(world, one, call.params["return_url"])
    now = world.now()
    return {
        "object": "account_link",
        "created": seconds(now),
        "expires_at": seconds(now + LINK_LASTS),
        "url": url,
    }


def _page_for(world: World, one: Account, return_url: str) -> str:
    token = secret("alink")
    expires_at = world.now() + LINK_LASTS
    world.note(token, account=one.id, return_url=return_url, expires_at=expires_at)
    return f"{world.url()}/_pages/onboarding/{token}"


_INCLUDE: Final = array(
    one_of(
        "configuration.customer", "configuration.merchant", "configuration.recipient", "defaults",
        "future_requirements", "identity", "requirements",
    )
)  # fmt: skip
_CREATE_V2: Final = takes(
    contact_email=text,
    contact_phone=clearable,
    display_name=clearable,
    dashboard=one_of("express", "full", "none"),
    configuration=nested(customer=anything, merchant=anything, recipient=anything),
    defaults=anything,
    identity=anything,
    include=_INCLUDE,
    metadata=metadata,
    **unsimulated("account_token"),
)


def create_v2(world: World, call: Call) -> Json:
    """The same, asked of the second API."""
    country = (call.get("identity") or {}).get("country")
    made = world.processor.open_account(
        country=None if country is None else _country(country, "identity.country"),
        email=call.get("contact_email"),
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    names = ("dashboard", "display_name", "contact_phone", "defaults")
    world.note(
        made.id,
        v2={name: call.params[name] for name in names if name in call.params},
        configurations=sorted(call.get("configuration", {})),
    )
    return account_v2(world, made, call.get("include", []))


def retrieve_v2(world: World, call: Call) -> Json:
    """An account; one that the first API made is none of the second's."""
    one = world.processor.find(Account, call.id)
    if one is None or one.id != call.id:
        message = f"Account {call.id} not found."
        raise Refused(Problem(message=message, code="not_found", status=404))
    if world.detail(one.id, "version") == 1:
        message = (
            "V1 Accounts cannot be used in V2 Account APIs. Please use V1 APIs to access them."
        )
        raise invalid(message, code="v1_account_instead_of_v2_account")
    return account_v2(world, one, call.get("include", []))


def list_v2(world: World, call: Call) -> Json:
    """All accounts of the second API, a page at a time."""
    mine = (one for one in everything(world, Account) if world.detail(one.id, "version") != 1)
    return page_v2(call, [account_v2(world, one, []) for one in mine])


def create_link_v2(world: World, call: Call) -> Json:
    """A page on which the account's owner gives their details."""
    use = call.params["use_case"]
    one = world.find(Account, call.params["account"], "account", "account")
    inside = use.get(use["type"])
    if inside is None:
        raise invalid(f"use_case.{use['type']} is missing.", param=f"use_case.{use['type']}")
    url = _page_for(world, one, inside.get("return_url", inside["refresh_url"]))
    now = world.now()
    return {
        "object": "v2.core.account_link",
        "account": one.id,
        "created": rfc3339(now),
        "expires_at": rfc3339(now + LINK_LASTS),
        "livemode": False,
        "url": url,
        "use_case": use,
    }


def onboard(world: World, id: str) -> Account:
    """The owner has given their details, and they were good."""
    changed = world.processor.set_standing(id, Standing.ACTIVE)
    if not isinstance(changed, Account):
        raise invalid("The account cannot be onboarded.", code=changed.decline.code)
    return changed


_ONBOARDING: Final = nested(
    "refresh_url", refresh_url=text, return_url=text, collection_options=anything
)

ROUTES: Final = (
    Route("POST", "/v1/accounts", create, _CREATE),
    Route("GET", "/v1/accounts", list_all, lists()),
    Route("GET", "/v1/accounts/{id}", retrieve, takes()),
    Route("POST", "/v1/accounts/{id}", update,
          takes(**_ABOUT, **unsimulated("account_token documents groups"))),
    Route("POST", "/v1/account_links", create_link,
          takes("account type", account=text, type=one_of("account_onboarding", "account_update"),
                refresh_url=text, return_url=text, collect=text, collection_options=anything)),
    Route("POST", "/v2/core/accounts", create_v2, _CREATE_V2),
    Route("GET", "/v2/core/accounts", list_v2,
          takes(limit=page_size, page=text, applied_configurations=anything, closed=boolean)),
    Route("GET", "/v2/core/accounts/{id}", retrieve_v2, takes(include=_INCLUDE)),
    Route("POST", "/v2/core/account_links", create_link_v2,
          takes("account use_case", account=text, use_case=nested(
              "type", type=one_of("account_onboarding", "account_update"),
              account_onboarding=_ONBOARDING, account_update=_ONBOARDING))),
)  # fmt: skip
