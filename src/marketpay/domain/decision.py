"""A decision: everything that one command changes, as a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Generic, TypeVar

from attrs import frozen

from marketpay.domain.credit import Credit
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.ledger import CREDIT, WALLET, AccountKind, LedgerEntry
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.timer import Timer
from marketpay.domain.wallet import Wallet

R_co = TypeVar("R_co", covariant=True)

Operation = PaymentTransaction | PayoutAccount

# The accounts whose balance is in a row too, and what row that is.
ROWS: Final[dict[AccountKind, type[Entity]]] = {
    **dict.fromkeys(WALLET, Wallet),
    **dict.fromkeys(CREDIT, Credit),
}


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

    def check(self, command: str) -> None:
        """Raise `ConfigurationError` unless a command of this name may write its entries.

        What a wallet's or a credit's own row says changes only together with that row.
        """
        touched: set[tuple[type[Entity], str, str]] = set()
        for entry in self.entries:
            entry.check(command)
            for account in (entry.debit, entry.credit):
                if account.kind in ROWS:
                    touched.add((ROWS[account.kind], account.owner, account.currency))
        if touched:
            unsaved = touched.difference(_row(change.entity) for change in self.changes)
            for kind, owner, currency in unsaved:
                raise ConfigurationError(
                    f"{command} moves {currency} of {owner} and does not save the {kind.__name__}."
                )

    def latest(self) -> dict[str, Entity]:
        """Each changed entity once, as the last of its changes left it, by id."""
        return {change.entity.id: change.entity for change in self.changes}

    def subjects(self) -> tuple[str, ...]:
        """The ids by which its record is found: of what it changes, and what it names besides."""
        changed = (change.entity.id for change in self.changes)
        return tuple(dict.fromkeys((*changed, *self.names)))


def _row(entity: Entity) -> tuple[type[Entity], str, str] | None:
    """Whose balances the entity's row says, if any."""
    match entity:
        case Wallet(owner=owner, currency=currency):
            return Wallet, owner, currency
        case Credit(customer=customer, currency=currency):
            return Credit, customer, currency
    return None
