"""Facts about what a listing was upgraded to."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from marketpay.domain.event import Event


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


class UpgradeRevoked(UpgradeEvent):
    """The platform took it away."""
