"""`/v1/balance_settings`: whether an account is paid out by itself.

They are kept and told.  The processor behind pays out nothing that nobody asked for.
"""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Account, Standing
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.params import (
    anything,
    array,
    boolean,
    clearable,
    integer,
    nested,
    one_of,
    takes,
    text,
)
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.world import World


def retrieve(world: World, call: Call) -> Json:
    """The settings of the account that the request is made for."""
    return _settings(world, world.owner(call.account))


def update(world: World, call: Call) -> Json:
    """Change them."""
    id = world.owner(call.account)
    payments = call.get("payments", {})
    payouts = payments.get("payouts", {})
    world.note(
        id,
        payout_interval=payouts.get("schedule", {}).get("interval"),
        payout_descriptor=payouts.get("statement_descriptor"),
        debit_negative_balances=payments.get("debit_negative_balances"),
    )
    return _settings(world, id)


def _settings(world: World, id: str) -> Json:
    account = world.processor.find(Account, id)
    active = account is None or account.standing is Standing.ACTIVE
    interval = world.detail(id, "payout_interval", "daily")
    payouts = {
        "minimum_balance_by_currency": None,
        "schedule": {"interval": interval},
        "statement_descriptor": world.detail(id, "payout_descriptor"),
        "status": "enabled" if active else "disabled",
    }
    return {
        "object": "balance_settings",
        "payments": {
            "debit_negative_balances": world.detail(id, "debit_negative_balances", default=True),
            "payouts": payouts,
            "settlement_timing": {"delay_days": 2},
        },
    }


_SCHEDULE: Final = nested(
    interval=one_of("daily", "manual", "monthly", "weekly"),
    monthly_payout_days=array(integer),
    weekly_payout_days=array(text),
)
_PAYOUTS: Final = nested(
    schedule=_SCHEDULE,
    statement_descriptor=clearable,
    minimum_balance_by_currency=anything,
    automatic_transfer_rules_by_currency=anything,
)
_PAYMENTS: Final = nested(
    debit_negative_balances=boolean, payouts=_PAYOUTS, settlement_timing=anything
)

ROUTES: Final = (
    Route("GET", "/v1/balance_settings", retrieve, takes()),
    Route("POST", "/v1/balance_settings", update, takes(payments=_PAYMENTS)),
)
