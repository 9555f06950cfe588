"""How a worker takes up what is due: some together, each for a time, and what is left goes back."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from marketpay.delivery.commit import STORE_ERRORS, patiently
from marketpay.delivery.steps import Flow
from marketpay.domain.changing import changed
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.webhook import Webhook
from marketpay.ports.store import Work

E = TypeVar("E", PaymentTransaction, PayoutAccount, Webhook)

LARGEST_CLAIM: Final = 16  # taken up together
Until = Callable[[E, datetime], datetime]


@frozen
class Claimed(Generic[E]):
    """One that was taken up: as it is now, and as it was before."""

    entity: E
    before: E


@frozen
class Claim(Generic[E]):
    """What was taken up together, and when."""

    at: datetime
    claimed: tuple[Claimed[E], ...]

    def is_old(self, rules: Rules) -> bool:
        """Whether its lease is too far gone to begin anything with what is left of it."""
        return rules.now() - self.at > rules.lease / 2


def claim(
    kind: type[E], until: Until[E], rules: Rules, *, limit: int, skip: Collection[str]
) -> Flow[Claim[E]]:
    """Take up so many that are due, in one transaction."""
    return (yield from patiently(partial(_claim, kind, until, rules, limit, skip), rules))


def _claim(
    kind: type[E], until: Until[E], rules: Rules, limit: int, skip: Collection[str], work: Work
) -> Claim[E]:
    at = rules.now()
    before: dict[str, E] = {}

    def move(one: E) -> datetime:
        before[one.id] = one
        return until(one, at)

    leased = work.lease(kind, move, now=at, limit=limit, skip=skip)
    return Claim(at, tuple(Claimed(one, before[one.id]) for one in leased))


def give_back(claimed: Sequence[Claimed[Any]], rules: Rules) -> Flow[None]:
    """Nothing was done with these: each is due as before.  If not, then when its lease is over."""
    with suppress(*STORE_ERRORS):
        yield from patiently(partial(_give_back, claimed), rules)


def _give_back(claimed: Sequence[Claimed[Any]], work: Work) -> None:
    """As they were before, with the time when they were first sent, if they ever were."""
    kind, ids = type(claimed[0].entity), tuple(one.entity.id for one in claimed)
    kept = {one.id: one.version for one in work.find(kind, id=ids)}
    for one in sorted(claimed, key=lambda one: str(one.entity.id)):
        if kept[one.entity.id] == one.entity.version:  # else there is news of it meanwhile
            before = one.before
            work.put(changed(one.entity, due_at=before.due_at, sent_at=before.sent_at))
