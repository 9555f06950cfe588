"""Facts about what a listing was upgraded to."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class UpgradeEvent(Event):
    """Something happened to the upgrade of a listing."""

    upgrade: str
    listing: str
    premium_type: str
    customer: str
    expires_at: datetime


class UpgradeActivated(UpgradeEvent):
    """It was paid for: the listing is premium until `expires_at`."""


class UpgradeExtended(UpgradeEvent):
    """It was paid for again, and lasts longer."""


class UpgradeExpired(UpgradeEvent):
    """Its time is over."""


class UpgradeShortened(UpgradeEvent):
    """Some of what was paid for it was paid back: it ends earlier."""


class UpgradeRevoked(UpgradeEvent):
    """The platform took it away, or all that was left of it was paid back."""


@frozen(kw_only=True)
class SaleEvent(Event):
    """Something happened to what was paid for an upgrade.  `refunded` is so much of `amount`."""

    sale: str
    upgrade: str
    customer: str
    amount: Money
    refunded: Money


class SaleMade(SaleEvent):
    """It was paid."""


class SaleRefunded(SaleEvent):
    """Some of it, or all, goes back."""


class SaleRefundFailed(SaleEvent):
    """What was to go back did not arrive: the customer has credit instead, or it stays paid."""


class SaleMoved(SaleEvent):
    """A purchase before it was paid back: its days begin earlier."""


class SaleDisputed(SaleEvent):
    """The customer's bank disputes it."""


class SaleDisputeEnded(SaleEvent):
    """The bank has decided: some of it is lost, or nothing."""
