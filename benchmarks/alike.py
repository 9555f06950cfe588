"""Whether two sides did the same: otherwise their times cannot be compared."""

from typing import Any

from benchmarks.places import Place
from marketpay import Marketplace
from marketpay.testing import SimulatedGateway

ENTITIES = (
    "jobs", "offers", "payments", "payment_transactions", "refunds", "payout_accounts",
    "applications",
)  # fmt: skip
SUMS = (
    ("ledger_entries", "debit_kind, credit_kind, currency", "amount"),
    ("account_deltas", "kind, currency", "amount"),
    ("account_balances", "kind, currency", "balance"),
    ("wallets", "owner, currency, version", "available"),
    ("timers", "kind", "1"),
    ("journal", "command, actor, role", "1"),
)
TEXTS = ("body", "events", "result")
LENGTHS = f"SELECT {', '.join(f'sum(length({text}))' for text in TEXTS)} FROM marketpay_journal"


class Unequal(Exception):
    """The two sides did not do the same."""


def check_alike(place: Place, ours: str, floor: str) -> None:
    """Raise unless both databases hold as many rows of every kind, and books that are right."""
    for url in (ours, floor):
        with Marketplace.connect(url, gateway=SimulatedGateway()) as market:
            verification = market.verify()
        if not verification.ok:
            whose = "marketpay" if url is ours else "by hand"
            raise Unequal(f"{whose}: {'; '.join(map(str, verification.problems))}")
    mine, theirs = _contents(place, ours), _contents(place, floor)
    for what, found in mine.items():
        if found != theirs[what]:
            raise Unequal(f"{what}: marketpay {found}, by hand {theirs[what]}")
    [mine_said], [said] = place.rows(ours, LENGTHS), place.rows(floor, LENGTHS)
    for text, length, other in zip(TEXTS, mine_said, said, strict=True):
        if not 0.95 <= other / length <= 1.05:
            raise Unequal(f"text of {text}: marketpay {length}, by hand {other}")


def _contents(place: Place, url: str) -> dict[str, Any]:
    """What has to be the same: how often each column is filled, statuses, what was moved."""
    found: dict[str, Any] = {}
    for name, columns in place.tables(url).items():
        filled = ", ".join(f'count("{column}")' for column in columns)
        [counts] = place.rows(url, f'SELECT count(*), {filled} FROM "{name}"')
        found[name] = dict(zip(["rows", *columns], counts, strict=True))
    for name in ENTITIES:
        sql = f"SELECT status, version, count(*) FROM marketpay_{name} GROUP BY 1, 2 ORDER BY 1, 2"
        found[f"{name} by status"] = place.rows(url, sql)
    for name, by, amount in SUMS:
        sql = f"SELECT {by}, count(*), sum({amount}) FROM marketpay_{name}"
        found[f"{name} summed"] = place.rows(url, f"{sql} GROUP BY {by} ORDER BY {by}")
    return found
