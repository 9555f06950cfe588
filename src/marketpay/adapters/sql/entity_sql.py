"""The statements that read entities and deals."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

from sqlalchemy import Column, and_, bindparam, or_, select

from marketpay.adapters.sql import deal_tables, payment_tables
from marketpay.adapters.sql.mapping import Mapper
from marketpay.adapters.sql.schema import TABLES
from marketpay.adapters.sql.statements import Compiler, Statement, literal, literals
from marketpay.domain import application, offer
from marketpay.domain.entity import Entity
from marketpay.domain.lifecycles import TransactionStatus

E = TypeVar("E", bound=Entity)


class EntitySql:
    """Of entities and deals.  Compiled when first used, then kept."""

    def __init__(self, compiler: Compiler) -> None:
        self.compiler = compiler
        self._mappers: dict[type[Entity], Mapper[Any]] = {}
        self._finds: dict[tuple[Any, ...], Statement] = {}

    def mapper(self, kind: type[E]) -> Mapper[E]:
        """How this kind of entity is kept."""
        if kind not in self._mappers:
            self._mappers[kind] = Mapper(kind, TABLES[kind], self.compiler)
        return self._mappers[kind]

    def find(
        self, kind: type[Entity], shape: tuple[tuple[str, int], ...], *, paged: bool
    ) -> Statement:
        """SELECT by equality with any of n values (`name_0`...); of none: IS NULL.

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
            names = [f"{name}_{n}" for n in range(many)]
            typed |= dict.fromkeys(names, table.c[name])
            options = [table.c[name] == bindparam(one) for one in names]
            terms.append(or_(*options) if options else table.c[name].is_(None))
        found = select(table).where(*terms)
        if not paged:
            return self.compiler.compile(found.order_by(table.c.id), **typed)
        below = found.where(table.c.id < bindparam("after")).order_by(table.c.id.desc())
        return self.compiler.compile(below.limit(bindparam("limit")), **typed)

    @cached_property
    def settled(self) -> Statement:
        """The operations that succeeded from `since` until before `until`, by id."""
        table = payment_tables.payment_transactions
        found = select(table).where(
            table.c.settled_at >= bindparam("since"),
            table.c.settled_at < bindparam("until"),
            table.c.status == literal(TransactionStatus.SUCCESS.value),
            table.c.id > bindparam("after"),
        )
        ordered = found.order_by(table.c.id).limit(bindparam("limit"))
        time = table.c.settled_at
        return self.compiler.compile(ordered, since=time, until=time)

    @cached_property
    def offers_of_deal(self) -> Statement:
        """The live offers of job `job`, and offer `asked`."""
        offers = deal_tables.offers
        return self.compiler.compile(
            select(offers).where(_in_deal(bindparam("job"))).order_by(offers.c.id)
        )

    @cached_property
    def job_of_offer(self) -> Statement:
        """The job of offer `asked`."""
        jobs, offers = deal_tables.jobs, deal_tables.offers
        mine = select(offers.c.job).where(offers.c.id == bindparam("asked"))
        return self.compiler.compile(select(jobs).where(jobs.c.id == mine.scalar_subquery()))

    @cached_property
    def offer_of_payment(self) -> Statement:
        """The job and the offer of payment `payment`."""
        payments = payment_tables.payments
        mine = payments.c.id == bindparam("payment")
        return self.compiler.compile(select(payments.c.job, payments.c.offer).where(mine))

    @cached_property
    def payments_of_deal(self) -> Statement:
        """The payments of the offers of `offers_of_deal`."""
        payments, offers = payment_tables.payments, deal_tables.offers
        mine = payments.c.offer == offers.c.id
        found = select(payments).join(offers, mine).where(_in_deal(bindparam("job")))
        return self.compiler.compile(found.order_by(payments.c.id))

    @cached_property
    def applications_of_deal(self) -> Statement:
        """The live applications of job `job`."""
        table = deal_tables.applications
        mine = (table.c.job == bindparam("job"), table.c.status.in_(literals(application.LIVE)))
        return self.compiler.compile(select(table).where(*mine).order_by(table.c.id))

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


def _in_deal(job: Any) -> Any:
    offers = deal_tables.offers
    is_live = offers.c.status.in_(literals(offer.LIVE))
    return and_(offers.c.job == job, or_(is_live, offers.c.id == bindparam("asked")))
