"""The plan of an offer as it is kept: JSON text, with amounts in whole minor units."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any, Final

from marketpay.domain.commission import Split, unchecked_split
from marketpay.domain.money import unchecked
from marketpay.domain.plan import MilestonePlan, Plan, unchecked_part

COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def written_plan(plan: Plan) -> str:
    """The text in a row; its amounts are in the currency of that."""
    parts = [
        {
            "title": part.title,
            "amount": part.amount.minor,
            "due_at": part.due_at and part.due_at.astimezone(UTC).isoformat(),
        }
        for part in plan.parts
    ]
    return COMPACT.encode({"parts": parts, "split": plan.split and _fees(plan.split)})


def read_plan(text: str, currency: str) -> Plan:
    """What `written_plan` wrote."""
    said = json.loads(text)
    parts = tuple(_part(part, currency) for part in said["parts"])
    split = said["split"]
    return Plan(parts, None if split is None else _split(split, currency))


def _part(said: dict[str, Any], currency: str) -> MilestonePlan:
    due_at = said["due_at"]
    return unchecked_part(
        said["title"],
        unchecked(said["amount"], currency),
        None if due_at is None else datetime.fromisoformat(due_at),
    )


def _fees(split: Split) -> dict[str, int]:
    return {
        "platform_fee": split.platform_fee.minor,
        "service_fee": split.service_fee.minor,
        "payout": split.payout.minor,
    }


def _split(said: dict[str, int], currency: str) -> Split:
    price = unchecked(sum(said.values()), currency)
    return unchecked_split(price, said["platform_fee"], said["service_fee"], said["payout"])
