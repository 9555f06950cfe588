"""Every statement of the store, for one dialect and these tables."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

from sqlalchemy.engine import Dialect

from marketpay.adapters.sql.bulk_sql import BulkSql
from marketpay.adapters.sql.chain_sql import ChainSql
from marketpay.adapters.sql.entity_sql import EntitySql
from marketpay.adapters.sql.journal_sql import JournalSql
from marketpay.adapters.sql.ledger_sql import LedgerSql
from marketpay.adapters.sql.schema import Tables
from marketpay.adapters.sql.statements import PIPELINED, Compiler, reader


class Sql:
    """One of these lives as long as its engine."""

    def __init__(self, dialect: Dialect, tables: Tables) -> None:
        compiler = Compiler(dialect, tables)
        self.tables = tables
        self.looks_ahead = dialect.name in PIPELINED  # elsewhere questions go one by one
        self.bulk = BulkSql(compiler)
        self.chain = ChainSql(compiler)
        self.entities = EntitySql(compiler)
        self.journal = JournalSql(compiler)
        self.ledger = LedgerSql(compiler)
        self.read_time = reader(tables.journal.c.at, dialect)


KEPT: Final[WeakKeyDictionary[Tables, dict[tuple[str, str], Sql]]] = WeakKeyDictionary()


def sql_of(dialect: Dialect, tables: Tables) -> Sql:
    """The statements of a dialect for these tables; compiled once for all who ask."""
    kept = KEPT.setdefault(tables, {})
    return kept.setdefault((dialect.name, dialect.paramstyle), Sql(dialect, tables))
