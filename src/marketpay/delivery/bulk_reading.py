"""What the commands of a batch read: asked of the store together, and kept as they change it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, TypeVar

from attrs import define, field

from marketpay.domain import application
from marketpay.domain.application import Application
from marketpay.domain.deal import Deal
from marketpay.domain.entity import Entity
from marketpay.domain.errors import NotFound
from marketpay.domain.ids import JobId, OfferId, PaymentId, TransactionId
from marketpay.domain.job import Job
from marketpay.domain.ledger import WALLET, Account, LedgerEntry, effects
from marketpay.domain.milestone import Milestone
from marketpay.domain.money import Money
from marketpay.domain.offer import LIVE, Offer
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.wallet import Wallet
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Used, Work

E = TypeVar("E", bound=Entity)
Lookup = tuple[type[Entity], tuple[tuple[str, Any], ...]]  # a kind, and values of its fields
Shape = tuple[type[Entity], tuple[str, ...]]  # a kind, and names of its fields
TOGETHER = 500  # values in one question to the store


class Missing(Exception):  # no error: it says what to ask for
    """A command cannot be decided before this has been asked."""

    def __init__(
        self, *lookups: Lookup, account: Account | None = None, key: Used | None = None
    ) -> None:
        super().__init__()
        self.lookups = lookups
        self.account = account
        self.key = key


@define(eq=False)
class Wanted:
    """What is to be asked, all of it together."""

    lookups: set[Lookup] = field(factory=set)
    accounts: set[Account] = field(factory=set)
    keys: set[Used] = field(factory=set)

    def __bool__(self) -> bool:
        return bool(self.lookups or self.accounts or self.keys)

    def add(self, missing: Missing) -> None:
        """Ask for what this command misses too."""
        self.lookups.update(missing.lookups)
        if missing.account is not None:
            self.accounts.add(missing.account)
        if missing.key is not None:
            self.keys.add(missing.key)


class Unsettled(Exception):  # no error: it says to wait
    """A command reads what an earlier one has begun to change and not ended."""


@define(eq=False)
class Known:
    """A `Reader` of what has been asked so far; anything else is `Missing`.

    What is kept here stands before what the store has: commands that come later see it.
    What is `unsettled` those cannot see whose `turn` comes after its owner's.
    """

    unsettled: dict[str, int]
    turn: int = 0
    shown: set[str] = field(factory=set)  # to whose turn it is

    _entities: dict[str, Entity] = field(factory=dict)
    _asked: set[Lookup] = field(factory=set)
    _indexes: dict[Shape, dict[tuple[Any, ...], set[str]]] = field(factory=dict)
    _shapes: defaultdict[type[Entity], list[Shape]] = field(factory=lambda: defaultdict(list))
    _balances: dict[Account, int] = field(factory=dict)
    _moved: defaultdict[Account, int] = field(factory=lambda: defaultdict(int))
    _records: dict[Used, JournalRecord | None] = field(factory=dict)

    def get(self, kind: type[E], id: str, /) -> E:
        """See `Reader.get`."""
        known = self._entities.get(id)
        if isinstance(known, kind):
            self._show(known)
            return known
        lookup: Lookup = (kind, (("id", id),))
        if lookup not in self._asked:
            raise Missing(lookup)
        raise NotFound(kind.__name__, id)

    def find(self, kind: type[E], /, **equal: object) -> list[E]:
        """See `Reader.find`."""
        if () in equal.values():
            return []
        lookup: Lookup = (kind, tuple(equal.items()))
        if lookup not in self._asked:
            raise Missing(lookup)
        found = [one for one in self._candidates(kind, equal) if _matches(one, equal)]
        for one in found:
            self._show(one)
        return sorted(found, key=lambda one: one.id) if len(found) > 1 else found

    def deal(
        self,
        *,
        job: JobId | None = None,
        offer: OfferId | None = None,
        payment: PaymentId | None = None,
        transaction: TransactionId | None = None,
    ) -> Deal:
        """See `Reader.deal`."""
        if transaction is not None:
            payment = self.get(PaymentTransaction, transaction).payment
            if payment is None:  # a payout, or what a customer paid the platform for
                raise NotFound("Transaction", transaction)
        if payment is not None:
            paid = self.get(Payment, payment)
            offer, job = paid.offer, paid.job
        if job is None:
            job = self.get(Offer, str(offer)).job
        self._need(*_of_job(job), *([] if offer is None else [(Offer, (("id", offer),))]))
        found = self.get(Job, str(job))
        offers = self.find(Offer, job=found.id, status=LIVE)
        if offer is not None and all(one.id != offer for one in offers):
            offers = sorted([*offers, self.get(Offer, offer)], key=lambda one: one.id)
        ids = {one.id for one in offers}
        return Deal(
            job=found,
            offers=tuple(offers),
            payments=tuple(one for one in self.find(Payment, job=found.id) if one.offer in ids),
            applications=tuple(self.find(Application, job=found.id, status=application.LIVE)),
            milestones=tuple(self._planned(found, offers)),
        )

    def _planned(self, job: Job, offers: list[Offer]) -> list[Milestone]:
        if not any(one.is_in_parts for one in offers):
            return []
        return sorted(self.find(Milestone, job=job.id), key=lambda one: one.position)

    def expect(self, kind: type[Entity], /, **equal: object) -> None:
        """See `Reader.expect`.  What is missing is asked for together with others' anyway."""

    def expect_deal(self, *, transaction: TransactionId) -> None:
        """See `Reader.expect_deal`."""

    def balance(self, account: Account, /) -> int:
        """See `Reader.balance`."""
        if account.kind in WALLET:
            for wallet in self.find(Wallet, owner=account.owner, currency=account.currency):
                part: Money = getattr(wallet, WALLET[account.kind])
                return part.minor
            return 0
        if account not in self._balances:
            raise Missing(account=account)
        return self._balances[account] + self._moved[account]

    def keep(self, entity: Entity) -> None:
        """From now on it is read like this."""
        self._entities[entity.id] = entity
        for shape in self._shapes[type(entity)]:
            self._file(shape, entity)

    def post(self, entries: tuple[LedgerEntry, ...]) -> None:
        """From now on balances are as these leave them."""
        for account, amount in effects(entries).items():
            self._moved[account] += amount

    def recorded(self, actor: str, role: str, key: str, /) -> JournalRecord | None:
        """See `Writer.recorded`."""
        used = (actor, role, key)
        if used not in self._records:
            raise Missing(key=used)
        return self._records[used]

    def keep_record(self, record: JournalRecord) -> None:
        """From now on it is found by its key, if it has one."""
        if record.key is not None:
            self._records[record.actor, record.role, record.key] = record

    def ask(self, work: Work, wanted: Wanted) -> None:
        """Ask the store for all of it."""
        for kind, equal in _together(wanted.lookups - self._asked):
            for entity in work.find(kind, **equal):
                if entity.id not in self._entities:
                    self.keep(entity)
        self._asked |= wanted.lookups
        for account in wanted.accounts:
            self._balances[account] = work.balance(account)
        if wanted.keys:
            self._records |= dict.fromkeys(wanted.keys) | work.recorded_many(wanted.keys)

    def _show(self, entity: Entity) -> None:
        if self.unsettled.get(entity.id, self.turn) < self.turn:
            raise Unsettled
        self.shown.add(entity.id)

    def _need(self, *lookups: Lookup) -> None:
        """Raise `Missing` with all of them that have not been asked."""
        missing = [lookup for lookup in lookups if not self._is_known(lookup)]
        if missing:
            raise Missing(*missing)

    def _is_known(self, lookup: Lookup) -> bool:
        [(name, value), *others] = lookup[1]
        by_id = name == "id" and not others and value in self._entities
        return by_id or lookup in self._asked

    def _candidates(self, kind: type[E], equal: dict[str, Any]) -> list[E]:
        """The entities among which are all with these values."""
        single = [name for name, value in equal.items() if not isinstance(value, tuple)]
        shape: Shape = (kind, tuple(single))
        if shape not in self._indexes:
            self._indexes[shape] = {}
            self._shapes[kind].append(shape)
            for entity in self._entities.values():
                if type(entity) is kind:
                    self._file(shape, entity)
        ids = self._indexes[shape].get(tuple([equal[name] for name in single]), ())
        found: list[Any] = [self._entities[id] for id in ids]
        return found

    def _file(self, shape: Shape, entity: Entity) -> None:
        """Let an index find it; where its values have changed, the old place finds it too."""
        values = tuple([getattr(entity, name) for name in shape[1]])
        self._indexes[shape].setdefault(values, set()).add(entity.id)


def _of_job(job: str) -> Iterator[Lookup]:
    yield Job, (("id", job),)
    yield Offer, (("job", job), ("status", LIVE))
    yield Payment, (("job", job),)
    yield Application, (("job", job), ("status", application.LIVE))


def _matches(entity: Entity, equal: dict[str, Any]) -> bool:
    for name, wanted in equal.items():
        value = getattr(entity, name)
        if value not in wanted if isinstance(wanted, tuple) else value != wanted:
            return False
    return True


def _together(lookups: Iterable[Lookup]) -> Iterator[tuple[type[Entity], dict[str, Any]]]:
    """Few questions that find at least all that these look for."""
    alike: defaultdict[Any, list[tuple[Any, ...]]] = defaultdict(list)
    for kind, equal in lookups:
        fixed = tuple((n, v) for n, v in equal if v is None or isinstance(v, tuple))
        free = [(n, v) for n, v in equal if not (v is None or isinstance(v, tuple))]
        names = tuple(name for name, _ in free)
        alike[kind, fixed, names].append(tuple(value for _, value in free))
    for (kind, fixed, names), rows in alike.items():
        for start in range(0, len(rows), TOGETHER):
            columns = zip(*rows[start : start + TOGETHER], strict=True)
            options = {
                name: tuple(dict.fromkeys(column))
                for name, column in zip(names, columns, strict=True)
            }
            yield kind, {**dict(fixed), **options}
