"""The floor on SQLite: `python -m ... FILE`."""

import sqlite3
import sys

from benchmarks.peers.speaking import EARNED, FEE, PAID, speak

TABLES = """
CREATE TABLE account (id INTEGER PRIMARY KEY, balance INTEGER NOT NULL);
CREATE TABLE posting (id INTEGER PRIMARY KEY, at TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE leg (
    id INTEGER PRIMARY KEY,
    posting INTEGER NOT NULL REFERENCES posting,
    account INTEGER NOT NULL REFERENCES account,
    amount INTEGER NOT NULL
);
CREATE INDEX leg_account ON leg (account, id);
INSERT INTO account VALUES (1, 0), (2, 0), (3, 0);
"""
PRAGMAS = (
    "journal_mode = WAL",
    "synchronous = FULL",
    "foreign_keys = ON",
)
LEG = "INSERT INTO leg (posting, account, amount) VALUES (?, ?, ?)"
BALANCE = "UPDATE account SET balance = balance + ? WHERE id = ?"
LEGS = ((1, -PAID), (2, FEE), (3, EARNED))
CHANGES = [(amount, account) for account, amount in LEGS]


class ByHand:
    """One connection with the settings that marketpay gives its own."""

    def __init__(self, path: str) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        for pragma in PRAGMAS:
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(TABLES)
        self._cursor = self._connection.cursor()

    def post(self, number: int) -> int:
        cursor = self._cursor
        cursor.execute("BEGIN IMMEDIATE")
        posting = cursor.execute("INSERT INTO posting DEFAULT VALUES").lastrowid
        cursor.executemany(LEG, [(posting, *leg) for leg in LEGS])
        cursor.executemany(BALANCE, CHANGES)
        cursor.execute("COMMIT")
        [(balance,)] = cursor.execute("SELECT balance FROM account WHERE id = ?", (3,))
        return int(balance)

    def balances(self) -> tuple[int, int, int]:
        rows = self._cursor.execute("SELECT sum(amount) FROM leg GROUP BY account ORDER BY account")
        [(paid,), (fee,), (earned,)] = rows
        return -paid, fee, earned


if __name__ == "__main__":
    speak(ByHand(sys.argv[1]))
