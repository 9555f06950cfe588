"""The statements that read entities and deals."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum
from functools import cached_property
from typing import Any, Final, TypeVar

from sqlalchemy import Column, String, and_, any_, bindparam, cast, exists, or_, select
from sqlalchemy.dialects import postgresql

from marketpay.adapters.sql.mapping import Mapper
from marketpay.adapters.sql.statements import Compiler, Statement, literal
from marketpay.domain import application, offer
from marketpay.domain.application import Application
from marketpay.domain.entity import Entity
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import TransactionStatus
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction

E = TypeVar("E", bound=Entity)


Shape = tuple[tuple[str, int], ...]  # names, and with how many values each is compared
ARRAY: Final = -1  # with those of an array
HIRING: Final = (Job, Offer, Payment)


class EntitySql:
    """Of entities and deals.  Compiled when first used, then kept."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self._tables = compiler.tables.of
        self._mappers: dict[type[Entity], Mapper[Any]] = {}
        self._finds: dict[tuple[Any, ...], Statement] = {}
        self._deals: dict[str, tuple[Statement, Statement]] = {}

    def mapper(self, kind: type[E]) -> Mapper[E]:
        """How this kind of entity is kept."""
        if kind not in self._mappers:
            self._mappers[kind] = Mapper(kind, self._tables[kind], self.compiler)
        return self._mappers[kind]

    def find(self, kind: type[Entity], shape: Shape, *, paged: bool) -> Statement:
        """SELECT by equality with any of n values (`name_0`...); of none: IS NULL.

        Paged: the largest ids first, below `after`, at most `limit`.
        """
        found = self._finds.get((kind, shape, paged))
        if found is None:
            found = self._finds[kind, shape, paged] = self._find(kind, shape, paged=paged)
        return found

    def _find(self, kind: type[Entity], shape: Shape, *, paged: bool) -> Statement:
        table = self._tables[kind]
        typed: dict[str, Column[Any]] = {}
        terms = []
        for name, many in shape:
            if many == ARRAY:
                wanted = cast(bindparam(name), postgresql.ARRAY(String))
                terms.append(table.c[name] == any_(wanted))
                continue
            names = [f"{name}_{n}" for n in range(many)]
            typed |= dict.fromkeys(names, table.c[name])
            options: list[Any] = [bindparam(one) for one in names]
            terms.append(_is_any(table.c[name], options))
        found = select(table).where(*terms)
        if not paged:
            return self.compiler.compile(found.order_by(table.c.id), **typed)
        below = found.where(table.c.id < bindparam("after")).order_by(table.c.id.desc())
        return self.compiler.compile(below.limit(bindparam("limit")), **typed)

    @cached_property
    def settled(self) -> Statement:
        """The operations that succeeded from `since` until before `until`, by id."""
        table = self._tables[PaymentTransaction]
        found = select(table).where(
            table.c.settled_at >= bindparam("since"),
            table.c.settled_at < bindparam("until"),
            table.c.status == literal(TransactionStatus.SUCCESS.value),
            table.c.id > bindparam("after"),
        )
        ordered = found.order_by(table.c.id).limit(bindparam("limit"))
        time = table.c.settled_at
        return self.compiler.compile(ordered, since=time, until=time)

    def deal(self, by: str) -> tuple[Statement, Statement]:
        """The job with each of its live offers and payments, and the live applications.

        `asked` is the id of its job, its offer, its payment or an operation for that, as `by`
        says; a named offer is there whether it is live or not, and so is that of a named payment.
        """
        found = self._deals.get(by)
        if found is None:
            found = self._deals[by] = self._deal(by)
        return found

    def _deal(self, by: str) -> tuple[Statement, Statement]:
        of = self._tables
        jobs, offers, payments, applications = of[Job], of[Offer], of[Payment], of[Application]
        asked: Any = bindparam("asked")
        job, offer_ = asked, literal("")
        if by == "offer":
            job = select(offers.c.job).where(offers.c.id == asked).scalar_subquery()
            offer_ = asked
        elif by in ("payment", "transaction"):
            if by == "transaction":
                sent = of[PaymentTransaction]
                asked = select(sent.c.payment).where(sent.c.id == asked).scalar_subquery()
            mine = payments.c.id == asked
            job = select(payments.c.job).where(mine).scalar_subquery()
            offer_ = select(payments.c.offer).where(mine).scalar_subquery()
        in_deal = or_(_is_one(offers.c.status, offer.LIVE), offers.c.id == offer_)
        applied = and_(
            applications.c.job == jobs.c.id, _is_one(applications.c.status, application.LIVE)
        )
        has_applications = exists().where(applied)
        hiring = (
            select(*jobs.c, *offers.c, *payments.c, has_applications)
            .select_from(jobs)
            .outerjoin(offers, and_(offers.c.job == jobs.c.id, in_deal))
            .outerjoin(payments, payments.c.offer == offers.c.id)
            .where(jobs.c.id == job)
        )
        applied = _is_one(applications.c.status, application.LIVE)
        applying = select(applications).where(applications.c.job == job, applied)
        compile = self.compiler.compile
        return (
            compile(hiring.order_by(offers.c.id, payments.c.id)),
            compile(applying.order_by(applications.c.id)),
        )

    @cached_property
    def hired(self) -> list[tuple[int, Callable[[Any], Entity]]]:
        """Where a row of a deal's first statement has job, offer and payment; what reads them."""
        found, first = [], 0
        for kind in HIRING:
            mapper: Mapper[Any] = self.mapper(kind)
            found.append((first, mapper.reader(first)))
            first += len(mapper.columns)
        return found

    def due(self, kind: type[Entity]) -> Statement:
        """The entities whose `due_at` has come, the oldest first."""
        found = self._finds.get((kind, "due"))
        if found is None:
            table = self._tables[kind]
            mine = (table.c.due_at.is_not(None), table.c.due_at <= bindparam("now"))
            ordered = select(table).where(*mine).order_by(table.c.due_at, table.c.id)
            limited = ordered.limit(bindparam("limit")).with_for_update(skip_locked=True)
            found = self.compiler.compile(limited, now=table.c.due_at)
            self._finds[kind, "due"] = found
        return found


def _is_any(column: Column[Any], options: list[Any]) -> Any:
    """The column has one of these values; of none: it has no value."""
    if len(options) == 1:
        return column == options[0]
    return column.in_(options) if options else column.is_(None)


def _is_one(column: Column[Any], values: Iterable[StrEnum]) -> Any:
    """The column has one of a few words: compared one by one, no engine makes a table of them."""
    return or_(*(column == literal(value.value) for value in values))
