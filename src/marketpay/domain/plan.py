"""A plan: the parts in which an offer is paid."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from attrs import evolve, field, frozen

from marketpay.domain.commission import Split
from marketpay.domain.errors import CurrencyMismatch, InvalidInput, MoneyError
from marketpay.domain.money import Money
from marketpay.domain.validators import Text, above_zero, is_aware

TITLE: Final = 255
FEWEST: Final = 2  # of one part there is nothing to plan
MOST: Final = 100  # all are written when the offer is accepted, and read with its deal


@frozen
class MilestonePlan:
    """One part of an offer: what is to be done, for how much, and by when.

    >>> MilestonePlan("The posts", Money("400", "USD")).amount
    Money('400.00', 'USD')
    """

    title: str = field(validator=Text(at_least=1, at_most=TITLE))
    amount: Money = field(validator=above_zero)
    due_at: datetime | None = field(default=None, validator=is_aware)


def unchecked_part(title: str, amount: Money, due_at: datetime | None) -> MilestonePlan:
    """A part as it was kept: it was checked when it was made, and its title may be erased."""
    part = object.__new__(MilestonePlan)
    for name, value in (("title", title), ("amount", amount), ("due_at", due_at)):
        object.__setattr__(part, name, value)
    return part


def parts_of(values: Iterable[MilestonePlan]) -> tuple[MilestonePlan, ...]:
    """The parts in their order, or `TypeError`."""
    parts = tuple(values)
    for part in parts:
        if not isinstance(part, MilestonePlan):
            raise TypeError(f"milestones are MilestonePlan, not {type(part).__name__}")
    return parts


@frozen
class Plan:
    """The parts of an offer, in the order in which they are paid.

    `split` is that of the whole price, frozen when the offer is claimed.
    """

    parts: tuple[MilestonePlan, ...]
    split: Split | None = None

    @classmethod
    def of(cls, parts: tuple[MilestonePlan, ...], price: Money) -> Plan | None:
        """The plan for these parts of the price; None for a price in one part."""
        if not parts:
            return None
        for part in parts:
            if part.amount.currency != price.currency:
                raise CurrencyMismatch(price.currency, part.amount.currency)
        if not FEWEST <= len(parts) <= MOST:
            raise InvalidInput(f"are from {FEWEST} to {MOST}, or none.", "milestones")
        total = Money.from_minor(sum(part.amount.minor for part in parts), price.currency)
        if total != price:
            raise MoneyError(f"must sum to the price, {price}, not {total}.", "milestones")
        return cls(parts)

    @property
    def first(self) -> Money:
        """What is paid when the offer is accepted."""
        return self.parts[0].amount

    @property
    def total(self) -> Money:
        """The price."""
        return Money.from_minor(sum(part.amount.minor for part in self.parts), self.first.currency)

    def frozen(self, split: Split) -> Plan:
        """The plan, with what everyone gets of the whole."""
        return evolve(self, split=split)

    @property
    def thawed(self) -> Plan:
        """The plan, with nothing promised of it."""
        return evolve(self, split=None)

    def erased(self, title: str) -> Plan:
        """The plan with this instead of what its parts were called."""
        parts = tuple(unchecked_part(title, one.amount, one.due_at) for one in self.parts)
        return evolve(self, parts=parts)

    @property
    def splits(self) -> tuple[Split, ...]:
        """The split of each part: their parts sum to those of the whole."""
        assert self.split is not None  # frozen when the offer was claimed
        return self.split.divide([part.amount for part in self.parts])
