"""The statements of the ledger: entries, and balances as folded sums and what came since."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sqlalchemy import Select, bindparam, case, func, select, union, union_all

from marketpay.adapters.sql.statements import Compiler, Statement, literal, literals
from marketpay.domain.ledger import WALLET, AccountKind
from marketpay.domain.payment import Payment
from marketpay.domain.wallet import Wallet

ENTRY = (
    "debit_kind",
    "debit_owner",
    "credit_kind",
    "credit_owner",
    "amount",
    "currency",
    "payment",
)


class LedgerSql:
    """Compiled when first used, then kept."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self._tables = compiler.tables

    @cached_property
    def entry_insert(self) -> Statement:
        """One ledger entry, without its number."""
        return self.compiler.insert_part(self._tables.ledger_entries, ("journal", "at", *ENTRY))

    @cached_property
    def delta_insert(self) -> Statement:
        """What a decision does to one account that is no wallet."""
        names = ("kind", "owner", "currency", "amount")
        return self.compiler.insert(self._tables.account_deltas, names)

    @cached_property
    def statement(self) -> Statement:
        """The entries of an owner's wallet in a currency, the newest first."""
        sides = union(*(self._side(side) for side in ("debit", "credit"))).subquery()
        newest = select(sides).order_by(sides.c.id.desc()).limit(bindparam("limit"))
        return self.compiler.compile(newest)

    def _side(self, side: str) -> Any:
        table = self._tables.ledger_entries
        owner, kind = table.c[f"{side}_owner"], table.c[f"{side}_kind"]
        found = self._entry_columns().where(
            owner == bindparam("owner"),
            owner != literal(""),
            table.c.currency == bindparam("currency"),
            kind.in_(literals(sorted(WALLET))),
            table.c.id < bindparam("before"),
        )
        newest = found.order_by(table.c.id.desc()).limit(bindparam("limit")).subquery()
        return select(newest)

    def _entry_columns(self) -> Select[Any]:
        table = self._tables.ledger_entries
        return select(table.c.id, table.c.at, *(table.c[name] for name in ENTRY))

    @cached_property
    def entries_of_payment(self) -> Statement:
        """The entries of a payment, the oldest first."""
        table = self._tables.ledger_entries
        found = self._entry_columns().where(table.c.payment == bindparam("payment"))
        return self.compiler.compile(found.order_by(table.c.id))

    @cached_property
    def balance(self) -> Statement:
        """An account's folded balance and what has been appended since, as one sum."""
        kept, deltas = self._tables.account_balances, self._tables.account_deltas
        both = union_all(
            select(kept.c.balance.label("amount")).where(*_account(kept)),
            select(deltas.c.amount).where(*_account(deltas)),
        ).subquery()
        return self.compiler.compile(select(func.coalesce(func.sum(both.c.amount), 0)))

    @cached_property
    def wallet(self) -> Statement:
        """The parts of an owner's wallet, in the order of `WALLET`."""
        table = self._tables.of[Wallet]
        mine = (table.c[name] == bindparam(name) for name in ("owner", "currency"))
        parts = select(*(table.c[part] for part in WALLET.values()))
        return self.compiler.compile(parts.where(*mine))

    @cached_property
    def balances(self) -> Statement:
        """Every account but wallets: kind, owner, currency, balance."""
        kept, deltas = self._tables.account_balances, self._tables.account_deltas
        both = union_all(
            select(kept.c.kind, kept.c.owner, kept.c.currency, kept.c.balance.label("amount")),
            select(deltas.c.kind, deltas.c.owner, deltas.c.currency, deltas.c.amount),
        ).subquery()
        names = (both.c.kind, both.c.owner, both.c.currency)
        return self.compiler.compile(select(*names, func.sum(both.c.amount)).group_by(*names))

    @cached_property
    def entry_sums(self) -> Statement:
        """Every account by its entries: kind, owner, currency, debits, credits."""
        table = self._tables.ledger_entries
        zero = literal(0)
        sides = union_all(
            select(
                table.c.debit_kind.label("kind"),
                table.c.debit_owner.label("owner"),
                table.c.currency,
                table.c.amount.label("debit"),
                zero.label("credit"),
            ),
            select(
                table.c.credit_kind, table.c.credit_owner, table.c.currency, zero, table.c.amount
            ),
        ).subquery()
        names = (sides.c.kind, sides.c.owner, sides.c.currency)
        sums = (func.sum(sides.c.debit), func.sum(sides.c.credit))
        return self.compiler.compile(select(*names, *sums).group_by(*names))

    @cached_property
    def escrow(self) -> Statement:
        """Payments from above `after` on, with what their entries left in escrow."""
        payments, table = self._tables.of[Payment], self._tables.ledger_entries
        escrow = literal(AccountKind.ESCROW.value)
        gained = case((table.c.credit_kind == escrow, table.c.amount), else_=literal(0))
        lost = case((table.c.debit_kind == escrow, table.c.amount), else_=literal(0))
        found = (
            select(payments.c.id, func.coalesce(func.sum(gained - lost), literal(0)))
            .outerjoin(table, table.c.payment == payments.c.id)
            .where(payments.c.id > bindparam("after"))
            .group_by(payments.c.id)
            .order_by(payments.c.id)
        )
        return self.compiler.compile(found.limit(bindparam("limit")))

    @cached_property
    def deltas(self) -> Statement:
        """The oldest appended changes of accounts."""
        table = self._tables.account_deltas
        oldest = select(table).order_by(table.c.id).limit(bindparam("limit"))
        return self.compiler.compile(oldest.with_for_update(skip_locked=True))

    @cached_property
    def delta_delete(self) -> Statement:
        """Take a folded change away."""
        return self.compiler.delete(self._tables.account_deltas, "id")

    @cached_property
    def balance_add(self) -> Statement:
        """Fold a sum into a balance, whether there is one or not."""
        table = self._tables.account_balances
        return self.compiler.upsert(table, lambda kept, given: kept + given)


def _account(table: Any, prefix: str = "") -> tuple[Any, ...]:
    names = ("kind", "owner", "currency")
    return tuple(table.c[name] == bindparam(f"{prefix}{name}") for name in names)
