"""An upgrade: a listing of the host's is premium for some time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import UpgradeEvent
from marketpay.domain.ids import UpgradeId
from marketpay.domain.lifecycles import UPGRADE, UpgradeStatus
from marketpay.domain.state_machine import Lifecycle


def _active_listing(upgrade: Upgrade) -> str | None:
    is_active = upgrade.status is UpgradeStatus.ACTIVE
    return f"{upgrade.listing}:{upgrade.premium_type}" if is_active else None


@frozen(kw_only=True)
class Upgrade(Living):
    """Bought by a charge on the gateway's page; bought again while active, it lasts longer.

    A listing has at most one active upgrade of a kind: `active_listing` is unique.
    """

    id: UpgradeId
    listing: str  # the host's id
    premium_type: str
    customer: str
    status: UpgradeStatus = UpgradeStatus.ACTIVE
    expires_at: datetime
    created_at: datetime
    active_listing: str | None = field(
        init=False, repr=False, default=Factory(_active_listing, takes_self=True)
    )

    mutable: ClassVar[Names] = ("status", "expires_at", "active_listing")
    indexed: ClassVar[Names] = ("listing", "customer", "status")
    unique: ClassVar[Names] = ("active_listing",)
    lifecycle: ClassVar[Lifecycle[Any]] = UPGRADE

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, UpgradeEvent)
        return event(
            at=at,
            upgrade=self.id,
            listing=self.listing,
            premium_type=self.premium_type,
            customer=self.customer,
            expires_at=self.expires_at,
        )
