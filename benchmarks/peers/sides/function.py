"""The floor on PostgreSQL, one function that does it all: `python -m ... URL [at_once]`.

With `at_once` the function's answer is the balance; otherwise a question of its own reads it.
"""

import sys
from typing import Any

import psycopg

from benchmarks.peers.speaking import EARNED, FEE, PAID, speak

TABLES = """
CREATE TABLE account (id BIGINT PRIMARY KEY, balance BIGINT NOT NULL, version BIGINT NOT NULL);
CREATE TABLE posting (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at TIMESTAMPTZ NOT NULL DEFAULT now()
);
CREATE TABLE leg (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    posting BIGINT NOT NULL REFERENCES posting,
    account BIGINT NOT NULL REFERENCES account,
    amount BIGINT NOT NULL
);
CREATE INDEX leg_account ON leg (account, id);
INSERT INTO account VALUES (1, 0, 1), (2, 0, 1), (3, 0, 1);
CREATE FUNCTION post(accounts BIGINT[], amounts BIGINT[]) RETURNS BIGINT LANGUAGE plpgsql AS $$
DECLARE
    number BIGINT;
    kept BIGINT;
BEGIN
    PERFORM 1 FROM account WHERE id = ANY (accounts) ORDER BY id FOR UPDATE;
    INSERT INTO posting DEFAULT VALUES RETURNING id INTO number;
    FOR i IN 1 .. array_length(accounts, 1) LOOP
        INSERT INTO leg (posting, account, amount) VALUES (number, accounts[i], amounts[i]);
        UPDATE account SET balance = balance + amounts[i], version = version + 1
            WHERE id = accounts[i] RETURNING balance INTO kept;
    END LOOP;
    RETURN kept;
END $$;
"""
POST = "SELECT post(%s::bigint[], %s::bigint[])"
BALANCE = "SELECT balance FROM account WHERE id = %s"
ACCOUNTS, AMOUNTS = [1, 2, 3], [-PAID, FEE, EARNED]


class Function:
    """One connection, on which every statement is prepared."""

    def __init__(self, url: str, *, at_once: bool) -> None:
        self._connection: psycopg.Connection[Any] = psycopg.connect(
            url, autocommit=True, prepare_threshold=0
        )
        self._connection.execute(TABLES, prepare=False)
        self._cursor = self._connection.cursor()
        self._at_once = at_once

    def post(self, number: int) -> int:
        [(balance,)] = self._cursor.execute(POST, (ACCOUNTS, AMOUNTS))
        if not self._at_once:
            [(balance,)] = self._cursor.execute(BALANCE, (3,))
        return int(balance)

    def balances(self) -> tuple[int, int, int]:
        rows = self._cursor.execute("SELECT sum(amount) FROM leg GROUP BY account ORDER BY account")
        [(paid,), (fee,), (earned,)] = rows
        return -int(paid), int(fee), int(earned)


if __name__ == "__main__":
    speak(Function(sys.argv[1], at_once="at_once" in sys.argv[2:]))
