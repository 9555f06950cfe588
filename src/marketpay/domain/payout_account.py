"""A payout account: the contractor's own account at the gateway."""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from attrs import frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import PayoutAccountEvent
from marketpay.domain.ids import PayoutAccountId
from marketpay.domain.lifecycles import PAYOUT_ACCOUNT, PayoutAccountStatus
from marketpay.domain.state_machine import Lifecycle


@frozen(kw_only=True)
class PayoutAccount(Living):
    """One for each contractor; only an active one is paid.  Its id is the idempotency key."""

    id: PayoutAccountId
    contractor: str
    country: str | None = None  # two letters (ISO 3166); None: the platform's own
    status: PayoutAccountStatus = PayoutAccountStatus.PENDING
    gateway_account: str | None = None  # the gateway's id, e.g. Stripe `acct_...`
    due_at: datetime | None = None  # when a worker opens it or asks how it stands
    sent_at: datetime | None = None  # when it was first sent, or taken up to be
    created_at: datetime

    mutable: ClassVar[Names] = ("status", "gateway_account", "due_at", "sent_at")
    unique: ClassVar[Names] = ("contractor", "gateway_account")
    lifecycle: ClassVar[Lifecycle[Any]] = PAYOUT_ACCOUNT

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, PayoutAccountEvent)
        return event(at=at, account=self.id, contractor=self.contractor)
