"""A decision: everything that one command changes, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

from attrs import frozen

from marketpay.domain.entity import Change, Entity
from marketpay.domain.ledger import LedgerEntry
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.timer import Timer

R_co = TypeVar("R_co", covariant=True)

Operation = PaymentTransaction | PayoutAccount


@frozen
class Forgetting:
    """What is kept apart from the journal is taken away: all that the person said as a customer
    or contractor, and what staff said in commands that were about any of these.
    """

    person: str
    subjects: tuple[str, ...]


@frozen
class Decision(Generic[R_co]):
    """What to save, post and start.  A store writes it whole, or not at all.

    Whatever was read is either changed, relied on (its version is checked and counted up, so
    that nobody can change it at the same time) or waived (it may change freely meanwhile).
    """

    result: R_co
    changes: Sequence[Change[Entity]] = ()
    relies_on: Sequence[Entity] = ()
    waives: Sequence[Entity] = ()
    entries: tuple[LedgerEntry, ...] = ()
    operations: Sequence[Operation] = ()  # called right after the commit, in this order
    timers: Sequence[Timer] = ()
    forgets: Forgetting | None = None
    names: tuple[str, ...] = ()  # ids by which its record is found although it changes nothing

    @property
    def is_empty(self) -> bool:
        """Whether it changes nothing."""
        return not (self.changes or self.relies_on or self.timers or self.forgets)

    def latest(self) -> dict[str, Entity]:
        """Each changed entity once, as the last of its changes left it, by id."""
        return {change.entity.id: change.entity for change in self.changes}

    def subjects(self) -> tuple[str, ...]:
        """The ids by which its record is found: of what it changes, and what it names besides."""
        changed = (change.entity.id for change in self.changes)
        return tuple(dict.fromkeys((*changed, *self.names)))
