"""Every statement of the store, for one dialect and these tables."""

from __future__ import annotations

from sqlalchemy.engine import Dialect

from marketpay.adapters.sql.bulk_sql import BulkSql
from marketpay.adapters.sql.chain_sql import ChainSql
from marketpay.adapters.sql.entity_sql import EntitySql
from marketpay.adapters.sql.journal_sql import JournalSql
from marketpay.adapters.sql.ledger_sql import LedgerSql
from marketpay.adapters.sql.schema import Tables
from marketpay.adapters.sql.statements import Compiler, reader


class Sql:
    """One of these lives as long as its engine."""

    def __init__(self, dialect: Dialect, tables: Tables) -> None:
        compiler = Compiler(dialect, tables)
        self.tables = tables
        self.bulk = BulkSql(compiler)
        self.chain = ChainSql(compiler)
        self.entities = EntitySql(compiler)
        self.journal = JournalSql(compiler)
        self.ledger = LedgerSql(compiler)
        self.read_time = reader(tables.journal.c.at, dialect)
