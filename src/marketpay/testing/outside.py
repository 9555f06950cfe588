"""What everybody outside may do to what the simulated gateway has, and how it is found."""

from __future__ import annotations

from typing import Protocol, TypeVar

from marketpay.domain.errors import GatewayError, NotFound
from marketpay.domain.money import Money
from marketpay.testing import processor_values as sim
from marketpay.testing.processor import Processor

R = TypeVar("R", bound=sim.Made)
D = TypeVar("D", bound=sim.Record)


class HasId(Protocol):
    """A payment or a payout account of the marketplace, or whatever else goes by its id."""

    @property
    def id(self) -> str:
        """What the marketplace calls it."""
        ...


class Outside:
    """How what is at the processor is named.

    By the gateway's id, by the marketplace's (its reference there), or by anything of the
    marketplace's that has that id.  What belongs to a payment or an account also goes by the
    names of that one; then it is the newest.
    """

    processor: Processor

    def _found(self, kind: type[R], what: str, wanted: str | HasId) -> R:
        name = name_of(wanted)
        found = self.processor.find(kind, name)
        found = found or self._of_payment(kind, name) or self._of_account(kind, name)
        if found is None:
            raise NotFound(what, name)
        return found

    def _of_payment(self, kind: type[R], name: str) -> R | None:
        payment = self.processor.find(sim.Payment, name)
        if payment is None:
            return None
        found = self.processor.find(kind, payment.id)
        return found or self.processor.find(kind, payment.charge or payment.id)

    def _of_account(self, kind: type[R], name: str) -> R | None:
        account = self.processor.find(sim.Account, name)
        return None if account is None else self.processor.find(kind, account.id)


def done(result: D | sim.Refusal, id: str) -> D:
    """What the processor did; `GatewayError` if it could not be done to what has that id."""
    if isinstance(result, sim.Refusal):
        raise GatewayError(f"{id} cannot do that: {result.decline.reason}")
    return result


def minor(amount: Money | None) -> int | None:
    """The amount as the processor counts."""
    return None if amount is None else amount.minor


def name_of(wanted: str | HasId) -> str:
    """What it goes by."""
    return wanted if isinstance(wanted, str) else wanted.id
