"""a-ledger: `python -m ... FILE`.

At each posting it reads the whole history of its portfolio and replays it, so it grows slower
with every one: how many are posted here is what it takes for its rate to mean something.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
# What it imports is in an environment of its own.

import sys

from a_ledger import Ledger
from a_ledger.journal import (
    CommandKey,
    JournalBatch,
    Post,
    PostingInput,
    SourceIdentity,
    TransactionInput,
)
from a_ledger.schema import install
from a_ledger.sqlite import create_sqlite_engine, write_transaction
from sqlalchemy import event

from benchmarks.peers.speaking import EARNED, FEE, PAID, speak

BOOK = "marketplace"
LEGS = {"paid": ("ASSET", PAID), "fees": ("INCOME", -FEE), "owed": ("LIABILITY", -EARNED)}


class ALedger:
    """One portfolio with three accounts; what is credited is negative."""

    def __init__(self, path: str) -> None:
        engine = create_sqlite_engine(path)
        event.listen(engine, "connect", _set_pragmas)
        self._connection = engine.connect()
        with write_transaction(self._connection):
            install(self._connection)
            self._ledger = Ledger(self._connection)
            self._ledger.accounts.create_portfolio(BOOK, code=BOOK, currency="USD")
            for name, (category, _) in LEGS.items():
                self._ledger.accounts.create_account(
                    name, portfolio_id=BOOK, code=name, category=category
                )

    def post(self, number: int) -> int:
        facts = TransactionInput(
            event_code="COMPLETED",
            business_date="2026-03-29",
            occurred_at="2026-03-29T01:30:00+00:00",
            postings=tuple(
                PostingInput(posting_key=name, account_id=name, amount_minor=amount)
                for name, (_, amount) in LEGS.items()
            ),
            sequence=number,
        )
        posted = Post(item_key="1", source=SourceIdentity("deal", str(number)), facts=facts)
        batch = JournalBatch(BOOK, CommandKey("deal", str(number)), (posted,))
        with write_transaction(self._connection):
            self._ledger.journal.execute(batch)
        return -self._read("owed")["owed"]

    def _read(self, *names: str) -> dict[str, int]:
        with self._connection.begin():
            return {**self._ledger.queries.account_balances(BOOK, account_ids=names)}

    def balances(self) -> tuple[int, int, int]:
        kept = self._read(*LEGS)
        return kept["paid"], -kept["fees"], -kept["owed"]


def _set_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


if __name__ == "__main__":
    speak(ALedger(sys.argv[1]))
