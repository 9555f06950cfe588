"""Facts about adjustments of wallets."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class AdjustmentEvent(Event):
    """Something happened to an adjustment of a contractor's wallet.

    `kind`: whether `amount` is given to the owner, taken from them, or no longer owed by them.
    """

    adjustment: str
    owner: str
    kind: str
    amount: Money


class AdjustmentProposed(AdjustmentEvent):
    """An administrator would have it so; another one has to agree."""


class AdjustmentApproved(AdjustmentEvent):
    """Another administrator agreed, and the wallet is adjusted."""


class AdjustmentRejected(AdjustmentEvent):
    """Another administrator did not agree."""


class AdjustmentWithdrawn(AdjustmentEvent):
    """Who proposed it took it back."""


class AdjustmentExpired(AdjustmentEvent):
    """Nobody decided in time."""
