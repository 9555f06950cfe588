"""What all records of a simulated processor have in common, and the cards behind payments."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import field, frozen

PLATFORM: Final = "platform"  # the account that charges go to and transfers come from


@frozen
class Decline:
    """Why a card was refused: the error's code, and the issuer's where there is one."""

    code: str
    decline_code: str | None = None

    @property
    def reason(self) -> str:
        """The more telling of the two."""
        return self.decline_code or self.code


@frozen(kw_only=True)
class Card:
    """How a card behaves: refused at once, or after a challenge, or later in some way."""

    decline: Decline | None = None
    challenge: bool = False
    decline_after_challenge: Decline | None = None
    available_at_once: bool = False  # what it pays needs no time to settle
    refund_pends: bool = False  # its refunds take their time
    refund_fails: bool = False  # its refunds succeed, and fail later
    disputed: str | None = None  # what its owner says against every charge
    inquiry: bool = False  # which then is no more than a question
    warned: bool = False  # its issuer takes every charge for fraud


@frozen(kw_only=True)
class Record:
    """Something with an id that can be found again."""

    id: str

    @property
    def names(self) -> tuple[str, ...]:
        """What it can be found by besides its id; they never change."""
        return ()

    @property
    def open(self) -> bool:
        """Whether it still waits for something, so that these can be listed fast."""
        return False

    @property
    def due_at(self) -> datetime | None:
        """When something will happen to it by itself, if ever."""
        return None


@frozen(kw_only=True)
class Made(Record):
    """What somebody made: at some time, and with whatever they wanted to have noted on it."""

    created: datetime
    reference: str | None = None  # what the maker calls it; None: made outside, by hand
    metadata: Mapping[str, str] = field(factory=dict)


def known(*names: str | None) -> tuple[str, ...]:
    """Those of the names that there are."""
    return tuple([name for name in names if name is not None])
