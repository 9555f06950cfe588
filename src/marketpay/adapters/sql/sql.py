"""Every statement of the store for one dialect, and the shapes of rows that are no entities."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import (
    Column,
    Select,
    and_,
    bindparam,
    case,
    func,
    or_,
    select,
    union,
    union_all,
    update,
)
from sqlalchemy.engine import Dialect

from marketpay.adapters.sql import books, schema
from marketpay.adapters.sql.mapping import Mapper
from marketpay.adapters.sql.schema import TABLES
from marketpay.adapters.sql.statements import Compiler, Statement, reader
from marketpay.domain import application, offer
from marketpay.domain.entity import Entity
from marketpay.domain.ledger import WALLET, AccountKind

E = TypeVar("E", bound=Entity)
ENTRY = (
    "debit_kind",
    "debit_owner",
    "credit_kind",
    "credit_owner",
    "amount",
    "currency",
    "payment",
)


class Sql:
    """Compiled when first used, then kept: one of these lives as long as its engine."""

    def __init__(self, dialect: Dialect) -> None:
        self.compiler = Compiler(dialect)
        self._mappers: dict[type[Entity], Mapper[Any]] = {}
        self._finds: dict[tuple[Any, ...], Statement] = {}
        self.read_time = reader(books.journal.c.at, dialect)

    def mapper(self, kind: type[E]) -> Mapper[E]:
        """How this kind of entity is kept."""
        if kind not in self._mappers:
            self._mappers[kind] = Mapper(kind, TABLES[kind], self.compiler)
        return self._mappers[kind]

    def find(
        self, kind: type[Entity], shape: tuple[tuple[str, int], ...], *, paged: bool
    ) -> Statement:
        """SELECT by equality; a column with n > 0 values is compared with each (`name_0`...).

        Paged: the largest ids first, below `after`, at most `limit`.
        """
        found = self._finds.get((kind, shape, paged))
        if found is None:
            found = self._finds[kind, shape, paged] = self._find(kind, shape, paged=paged)
        return found

    def _find(
        self, kind: type[Entity], shape: tuple[tuple[str, int], ...], *, paged: bool
    ) -> Statement:
        table = TABLES[kind]
        typed: dict[str, Column[Any]] = {}
        terms = []
        for name, many in shape:
            names = [f"{name}_{n}" for n in range(many)] if many else [f"{name}_"]
            typed |= dict.fromkeys(names, table.c[name])
            terms.append(or_(*(table.c[name] == bindparam(one) for one in names)))
        found = select(table).where(*terms)
        if not paged:
            return self.compiler.compile(found.order_by(table.c.id), **typed)
        below = found.where(table.c.id < bindparam("after")).order_by(table.c.id.desc())
        return self.compiler.compile(below.limit(bindparam("limit")), **typed)

    @cached_property
    def offers_of_deal(self) -> Statement:
        """The live offers of job `job`, and offer `asked`."""
        offers = schema.offers
        return self.compiler.compile(
            select(offers).where(_in_deal(bindparam("job"))).order_by(offers.c.id)
        )

    @cached_property
    def job_of_offer(self) -> Statement:
        """The job of offer `asked`."""
        offers = schema.offers
        return self.compiler.compile(select(offers.c.job).where(offers.c.id == bindparam("asked")))

    @cached_property
    def offer_of_payment(self) -> Statement:
        """The job and the offer of payment `payment`."""
        payments = schema.payments
        mine = payments.c.id == bindparam("payment")
        return self.compiler.compile(select(payments.c.job, payments.c.offer).where(mine))

    @cached_property
    def payments_of_deal(self) -> Statement:
        """The payments of the offers of `offers_of_deal`."""
        payments, offers = schema.payments, schema.offers
        mine = payments.c.offer == offers.c.id
        found = select(payments).join(offers, mine).where(_in_deal(bindparam("job")))
        return self.compiler.compile(found.order_by(payments.c.id))

    @cached_property
    def applications_of_deal(self) -> Statement:
        """The live applications of job `job`."""
        table = schema.applications
        mine = (table.c.job == bindparam("job"), table.c.status.in_(_literals(application.LIVE)))
        return self.compiler.compile(select(table).where(*mine).order_by(table.c.id))

    @cached_property
    def journal_insert(self) -> Statement:
        """One record, without its number."""
        names = [column.name for column in books.journal.c if column.name != "id"]
        return self.compiler.insert(books.journal, names)

    @cached_property
    def personal_insert(self) -> Statement:
        """What is personal in a record."""
        return self.compiler.insert(books.journal_personal)

    @cached_property
    def subject_insert(self) -> Statement:
        """A record's mark at one entity."""
        return self.compiler.insert(books.journal_subjects)

    @cached_property
    def to_sequence_insert(self) -> Statement:
        """A record that waits for its place in the feed."""
        return self.compiler.insert(books.to_sequence)

    @cached_property
    def entry_insert(self) -> Statement:
        """One ledger entry, without its number."""
        return self.compiler.insert(books.ledger_entries, ("journal", "at", *ENTRY))

    @cached_property
    def delta_insert(self) -> Statement:
        """What a decision does to one account that is no wallet."""
        names = ("kind", "owner", "currency", "amount")
        return self.compiler.insert(books.account_deltas, names)

    @cached_property
    def records_by_key(self) -> Statement:
        """The record of an actor's key."""
        table = books.journal
        return self._records(
            table.c.actor == bindparam("actor"),
            table.c.role == bindparam("role"),
            table.c.key == bindparam("key"),
        )

    @cached_property
    def records_by_attempt(self) -> Statement:
        """The record of an attempt."""
        return self._records(books.journal.c.attempt == bindparam("attempt"))

    def _records(self, *where: Any) -> Statement:
        return self.compiler.compile(_record_columns().where(*where))

    @cached_property
    def records_of_subject(self) -> Statement:
        """The records that changed one entity, the newest first."""
        marks, table = books.journal_subjects, books.journal
        mine = (marks.c.subject == bindparam("subject"), marks.c.journal < bindparam("before"))
        found = _record_columns().join(marks, marks.c.journal == table.c.id).where(*mine)
        newest = found.order_by(marks.c.journal.desc()).limit(bindparam("limit"))
        return self.compiler.compile(newest)

    @cached_property
    def feed(self) -> Statement:
        """The feed from above `after` on: position, then the record."""
        table = books.feed
        found = (
            _record_columns(table.c.position)
            .join(table, table.c.journal == books.journal.c.id)
            .where(table.c.position > bindparam("after"))
        )
        return self.compiler.compile(found.order_by(table.c.position).limit(bindparam("limit")))

    @cached_property
    def waiting(self) -> Statement:
        """The numbers of committed records without a place."""
        table = books.to_sequence
        found = select(table.c.journal).order_by(table.c.journal).limit(bindparam("limit"))
        return self.compiler.compile(found)

    @cached_property
    def feed_insert(self) -> Statement:
        """A record's place."""
        return self.compiler.insert(books.feed)

    @cached_property
    def to_sequence_delete(self) -> Statement:
        """A record that has its place."""
        return self.compiler.delete(books.to_sequence, "journal")

    @cached_property
    def last_position(self) -> Statement:
        """How long the feed is."""
        return self.compiler.compile(select(func.coalesce(func.max(books.feed.c.position), 0)))

    @cached_property
    def statement(self) -> Statement:
        """The entries of an owner's wallet in a currency, the newest first."""
        sides = union(*(self._side(side) for side in ("debit", "credit"))).subquery()
        newest = select(sides).order_by(sides.c.id.desc()).limit(bindparam("limit"))
        return self.compiler.compile(newest)

    def _side(self, side: str) -> Any:
        table = books.ledger_entries
        owner, kind = table.c[f"{side}_owner"], table.c[f"{side}_kind"]
        found = _entry_columns().where(
            owner == bindparam("owner"),
            owner != _literal(""),
            table.c.currency == bindparam("currency"),
            kind.in_(_literals(sorted(WALLET))),
            table.c.id < bindparam("before"),
        )
        newest = found.order_by(table.c.id.desc()).limit(bindparam("limit")).subquery()
        return select(newest)

    @cached_property
    def entries_of_payment(self) -> Statement:
        """The entries of a payment, the oldest first."""
        table = books.ledger_entries
        found = _entry_columns().where(table.c.payment == bindparam("payment"))
        return self.compiler.compile(found.order_by(table.c.id))

    @cached_property
    def balance(self) -> Statement:
        """An account's folded balance and what has been appended since, as one sum."""
        kept, deltas = books.account_balances, books.account_deltas
        both = union_all(
            select(kept.c.balance.label("amount")).where(*_account(kept)),
            select(deltas.c.amount).where(*_account(deltas)),
        ).subquery()
        return self.compiler.compile(select(func.coalesce(func.sum(both.c.amount), 0)))

    @cached_property
    def balances(self) -> Statement:
        """Every account but wallets: kind, owner, currency, balance."""
        kept, deltas = books.account_balances, books.account_deltas
        both = union_all(
            select(kept.c.kind, kept.c.owner, kept.c.currency, kept.c.balance.label("amount")),
            select(deltas.c.kind, deltas.c.owner, deltas.c.currency, deltas.c.amount),
        ).subquery()
        names = (both.c.kind, both.c.owner, both.c.currency)
        return self.compiler.compile(select(*names, func.sum(both.c.amount)).group_by(*names))

    @cached_property
    def entry_sums(self) -> Statement:
        """Every account by its entries: kind, owner, currency, debits, credits."""
        table = books.ledger_entries
        zero = _literal(0)
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
        payments, table = schema.payments, books.ledger_entries
        escrow = _literal(AccountKind.ESCROW.value)
        gained = case((table.c.credit_kind == escrow, table.c.amount), else_=_literal(0))
        lost = case((table.c.debit_kind == escrow, table.c.amount), else_=_literal(0))
        found = (
            select(payments.c.id, func.coalesce(func.sum(gained - lost), _literal(0)))
            .outerjoin(table, table.c.payment == payments.c.id)
            .where(payments.c.id > bindparam("after"))
            .group_by(payments.c.id)
            .order_by(payments.c.id)
        )
        return self.compiler.compile(found.limit(bindparam("limit")))

    @cached_property
    def timers_due(self) -> Statement:
        """The timers whose time has come, the oldest first."""
        table = books.timers
        found = select(table).where(table.c.due_at <= bindparam("now"))
        ordered = found.order_by(table.c.due_at, table.c.kind, table.c.subject)
        return self.compiler.compile(ordered.limit(bindparam("limit")), now=table.c.due_at)

    @cached_property
    def timer_move(self) -> Statement:
        """Set a timer that there is."""
        table = books.timers
        mine = (table.c.kind == bindparam("of"), table.c.subject == bindparam("about"))
        moved = update(table).where(*mine).values(due_at=bindparam("due_at"))
        return self.compiler.compile(moved, due_at=table.c.due_at)

    @cached_property
    def timer_insert(self) -> Statement:
        """Set a timer that there is not."""
        return self.compiler.insert(books.timers)

    @cached_property
    def timer_delete(self) -> Statement:
        """Take a timer away unless it was moved."""
        return self.compiler.delete(books.timers, "kind", "subject", "due_at")

    @cached_property
    def cursor_read(self) -> Statement:
        """Where a reader of the feed is, and until when somebody has it."""
        table = books.cursors
        mine = table.c.name == bindparam("name")
        return self.compiler.compile(select(table.c.position, table.c.taken_until).where(mine))

    @cached_property
    def cursor_insert(self) -> Statement:
        """A new reader of the feed."""
        return self.compiler.insert(books.cursors)

    @cached_property
    def cursor_move(self) -> Statement:
        """A reader's new place."""
        table = books.cursors
        moved = (
            update(table)
            .where(table.c.name == bindparam("who"))
            .values(position=bindparam("position"), taken_until=bindparam("taken_until"))
        )
        return self.compiler.compile(moved, taken_until=table.c.taken_until)

    @cached_property
    def deltas(self) -> Statement:
        """The oldest appended changes of accounts."""
        table = books.account_deltas
        return self.compiler.compile(select(table).order_by(table.c.id).limit(bindparam("limit")))

    @cached_property
    def delta_delete(self) -> Statement:
        """Take a folded change away."""
        return self.compiler.delete(books.account_deltas, "id")

    @cached_property
    def balance_add(self) -> Statement:
        """Fold a sum into a balance that there is."""
        table = books.account_balances
        added = update(table).where(*_account(table, "of_"))
        return self.compiler.compile(added.values(balance=table.c.balance + bindparam("amount")))

    @cached_property
    def balance_insert(self) -> Statement:
        """A first folded balance."""
        return self.compiler.insert(books.account_balances)

    def due(self, kind: type[Entity]) -> Statement:
        """The entities whose `due_at` has come, the oldest first."""
        found = self._finds.get((kind, "due"))
        if found is None:
            table = TABLES[kind]
            mine = (table.c.due_at.is_not(None), table.c.due_at <= bindparam("now"))
            ordered = select(table).where(*mine).order_by(table.c.due_at, table.c.id)
            limited = ordered.limit(bindparam("limit"))
            found = self.compiler.compile(limited, now=table.c.due_at)
            self._finds[kind, "due"] = found
        return found


def _literal(value: Any) -> Any:
    from sqlalchemy import literal_column

    return literal_column(f"'{value}'" if isinstance(value, str) else str(value))


def _literals(values: Any) -> list[Any]:
    return [_literal(str(value)) for value in values]


def _in_deal(job: Any) -> Any:
    offers = schema.offers
    is_live = offers.c.status.in_(_literals(offer.LIVE))
    return and_(offers.c.job == job, or_(is_live, offers.c.id == bindparam("asked")))


def _account(table: Any, prefix: str = "") -> tuple[Any, ...]:
    names = ("kind", "owner", "currency")
    return tuple(table.c[name] == bindparam(f"{prefix}{name}") for name in names)


def _record_columns(*first: Any) -> Select[Any]:
    table, personal = books.journal, books.journal_personal
    joined = table.outerjoin(personal, personal.c.journal == table.c.id)
    return select(*first, *table.c, personal.c.body.label("personal")).select_from(joined)


def _entry_columns() -> Select[Any]:
    table = books.ledger_entries
    return select(table.c.id, table.c.at, *(table.c[name] for name in ENTRY))
