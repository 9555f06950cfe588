"""A withdrawal: money of a wallet on its way to its owner's bank."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar

from attrs import Factory, field, frozen

from marketpay.domain.entity import Living, Names
from marketpay.domain.event import Event
from marketpay.domain.events import WithdrawalEvent
from marketpay.domain.ids import WithdrawalId
from marketpay.domain.lifecycles import WITHDRAWAL, WithdrawalStatus
from marketpay.domain.money import Money
from marketpay.domain.state_machine import Lifecycle

OPEN = (WithdrawalStatus.REQUESTED, WithdrawalStatus.APPROVED, WithdrawalStatus.PROCESSING)


class WithdrawalOrigin(StrEnum):
    """Who asked for it."""

    CONTRACTOR = "contractor"
    SCHEDULE = "schedule"
    GATEWAY = "gateway"  # somebody, there: the money was gone when it became known here


def _open_wallet(withdrawal: Withdrawal) -> str | None:
    is_open = withdrawal.status in OPEN
    return f"{withdrawal.currency}:{withdrawal.contractor}" if is_open else None


@frozen(kw_only=True)
class Withdrawal(Living):
    """The wallet has it reserved until the bank has it.

    One at a time for each wallet: `open_wallet` is unique.
    """

    id: WithdrawalId
    contractor: str
    amount: Money
    status: WithdrawalStatus = WithdrawalStatus.REQUESTED
    gateway_payout: str | None = None  # the gateway's id, e.g. Stripe `po_...`
    failure: str | None = None  # the gateway's code of why it did not go, or not yet
    attempts: int = 0  # payouts refused so far
    origin: WithdrawalOrigin = WithdrawalOrigin.CONTRACTOR
    created_at: datetime
    open_wallet: str | None = field(
        init=False, repr=False, default=Factory(_open_wallet, takes_self=True)
    )

    mutable: ClassVar[Names] = ("status", "gateway_payout", "failure", "attempts", "open_wallet")
    indexed: ClassVar[Names] = ("contractor", "status")
    unique: ClassVar[Names] = ("gateway_payout", "open_wallet")
    lifecycle: ClassVar[Lifecycle[Any]] = WITHDRAWAL

    @property
    def currency(self) -> str:
        """Of the amount."""
        return self.amount.currency

    def fact(self, event: type[Event], at: datetime) -> Event:
        """See `Living.fact`."""
        assert issubclass(event, WithdrawalEvent)
        return event(at=at, withdrawal=self.id, contractor=self.contractor, amount=self.amount)
