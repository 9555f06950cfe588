"""A simulated processor as far as a test wants it: with a charge, an account, a transfer."""

from pathlib import Path
from typing import Any

import pytest

from marketpay.testing import VirtualClock
from marketpay.testing.file_shelf import FileShelf
from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import (
    PLATFORM,
    Account,
    Charge,
    Payment,
    Refusal,
    Result,
    Standing,
    Transfer,
)
from marketpay.testing.shelf import MemoryShelf, Shelf
from marketpay.testing.terms import Terms

both_shelves = pytest.mark.parametrize("place", ["memory", "file"])


class Bank(Processor):
    """A processor with a clock to hand and short ways to what most tests begin with."""

    def __init__(self, place: str = "memory", folder: Path = Path(), **terms: Any) -> None:
        shelf: Shelf = MemoryShelf() if place == "memory" else FileShelf(folder / "processor.db")
        self.clock = VirtualClock()
        super().__init__(shelf, self.clock, terms=Terms(**terms))

    def hold(self, amount: int = 1000, method: str = "pm_card_visa", **more: Any) -> Payment:
        """A hold that stands."""
        held = self.authorize(amount=amount, currency="USD", method=method, **more)
        assert isinstance(held, Payment)
        return held

    def charge(self, amount: int = 1000, method: str = "pm_card_visa", **more: Any) -> Charge:
        """A charge whose money was taken."""
        captured = self.capture(self.hold(amount, method, **more).id)
        assert isinstance(captured, Payment)
        charge = self.find(Charge, captured.id)
        assert charge is not None
        return charge

    def account(self, owner: str = "ctr_1") -> Account:
        """An account that can be paid."""
        active = self.set_standing(self.open_account(owner=owner).id, Standing.ACTIVE)
        assert isinstance(active, Account)
        return active

    def moved(self, amount: int, charge: Charge | None = None) -> Transfer:
        """A transfer to a new account."""
        made = self.transfer(
            account=self.account().id,
            amount=amount,
            currency="USD",
            source=charge.id if charge else None,
            reference="ptx_t",
        )
        assert isinstance(made, Transfer)
        return made

    def now_of(self, kind: Any, id: Any) -> Any:
        """The record with that id, which must be there."""
        found = self.find(kind, id)
        assert found is not None
        return found

    def types(self, after: int = 0) -> list[str]:
        """What has happened, by name."""
        return [event.type for event in self.events(after)]

    def since(self) -> int:
        """The number of the last thing that happened."""
        return len(self.events())

    @property
    def usd(self) -> int:
        """What the platform has in all."""
        return self.balance(PLATFORM, "USD")


def code(result: Result) -> str:
    """Why it was refused."""
    assert isinstance(result, Refusal)
    return result.decline.code
