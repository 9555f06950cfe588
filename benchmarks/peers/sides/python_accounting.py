"""python-accounting: `python -m ... FILE`.

It commits within its own `post`, once or twice for each leg, whatever the session's owner wants.
"""

# mypy: disable-error-code="import-not-found, import-untyped"
# What it imports is in an environment of its own.

import sys
from datetime import datetime

from python_accounting.config import config
from sqlalchemy import create_engine, event

from benchmarks.peers.speaking import EARNED, FEE, speak


class Accounting:
    """An entity with three accounts, and a session that stays open."""

    def __init__(self, path: str) -> None:
        config.configure_database(f"sqlite:///{path}")
        from python_accounting.database.session import get_session
        from python_accounting.models import Account, Base, Currency, Entity, LineItem
        from python_accounting.transactions import JournalEntry

        self._entry, self._line = JournalEntry, LineItem
        engine = create_engine(f"sqlite:///{path}").execution_options(
            include_deleted=False, ignore_isolation=False
        )
        event.listen(engine, "connect", _set_pragmas)
        Base.metadata.create_all(engine)
        self._session = get_session(engine)
        entity = Entity(name="Marketplace")
        self._session.add(entity)
        self._session.commit()
        currency = Currency(name="US Dollars", code="USD", entity_id=entity.id)
        self._session.add(currency)
        self._session.commit()
        self._entity = entity.id
        types = Account.AccountType
        self._accounts = [
            Account(name=name, account_type=type, currency_id=currency.id, entity_id=entity.id)
            for name, type in (
                ("Paid", types.BANK),
                ("Fees", types.OPERATING_REVENUE),
                ("Owed", types.CONTROL),
            )
        ]
        self._session.add_all(self._accounts)
        self._session.commit()
        self._ids = [account.id for account in self._accounts]

    def post(self, number: int) -> int:
        session = self._session
        paid, *credited = self._ids
        entry = self._entry(
            narration="Completed",
            transaction_date=datetime.now(),  # noqa: DTZ005  # it knows no time zones
            account_id=paid,
            credited=False,
            entity_id=self._entity,
        )
        session.add(entry)
        session.flush()
        for account, amount in zip(credited, (FEE, EARNED), strict=True):
            line = self._line(
                narration="Leg", account_id=account, amount=amount // 100, entity_id=self._entity
            )
            session.add(line)
            session.flush()
            entry.line_items.add(line)
        session.add(entry)
        entry.post(session)
        return -self._balance(2)

    def _balance(self, which: int) -> int:
        return int(self._accounts[which].closing_balance(self._session) * 100)

    def balances(self) -> tuple[int, int, int]:
        return self._balance(0), -self._balance(1), -self._balance(2)


def _set_pragmas(connection: object, _record: object) -> None:
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


if __name__ == "__main__":
    speak(Accounting(sys.argv[1]))
