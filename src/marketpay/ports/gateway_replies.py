"""What the payment gateway answers."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from marketpay.domain.money import Money
from marketpay.domain.validators import is_aware
from marketpay.ports.gateway_states import (
    BalancePage,
    ChargebackState,
    PayoutState,
    RefundState,
    TransferState,
)


@frozen(kw_only=True)
class Authorized:
    """The hold stands; `expires_at` (UTC) is the gateway's own date, None where it has none."""

    gateway_id: str
    expires_at: datetime | None = field(validator=is_aware)


@frozen(kw_only=True)
class ActionRequired:
    """The payer's client has to do something (3-D Secure, choose a card) with `client_secret`.

    The secret is for that client alone: it is not in `repr`, never stored, never journaled.
    """

    gateway_id: str
    client_secret: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class Processing:
    """The gateway has taken it on and has not finished: a refund, a payout on its way."""

    gateway_id: str


@frozen(kw_only=True)
class Captured:
    """The money is on the platform's balance at the gateway."""

    gateway_id: str
    amount: Money
    charge: str | None = None  # what a transfer of this money names as its source


@frozen(kw_only=True)
class Voided:
    """There is no hold (any more): nothing is or will be taken."""

    gateway_id: str


@frozen(kw_only=True)
class Refunded:
    """The refund left the platform's balance."""

    gateway_id: str
    amount: Money


@frozen(kw_only=True)
class Transferred:
    """The money is on the connected account."""

    gateway_id: str
    amount: Money


@frozen(kw_only=True)
class Reversed:
    """Transferred money is back on the platform's balance."""

    gateway_id: str  # of the reversal
    amount: Money


@frozen(kw_only=True)
class PaidOut:
    """The money is expected at the owner's bank, which can still send it back."""

    gateway_id: str
    amount: Money


class AccountStanding(StrEnum):
    """Where a connected account stands at the gateway."""

    PENDING = "pending"
    ACTIVE = "active"
    RESTRICTED = "restricted"
    REJECTED = "rejected"


@frozen(kw_only=True)
class AccountState:
    """A connected account as it is now; only an active one can be paid."""

    gateway_id: str
    standing: AccountStanding


@frozen(kw_only=True)
class CheckoutOpen:
    """The page waits for the payer, until `expires_at` (UTC)."""

    gateway_id: str
    url: str
    expires_at: datetime | None = field(validator=is_aware)


@frozen(kw_only=True)
class CheckoutPaid:
    """The payer has paid."""

    gateway_id: str
    payment: str  # the gateway's id of the payment
    amount: Money


@frozen(kw_only=True)
class CheckoutExpired:
    """Nobody has paid, and nobody can any more."""

    gateway_id: str


@frozen(kw_only=True)
class Link:
    """An address for one person, once, and soon."""

    url: str = field(repr=False)
    expires_at: datetime = field(validator=is_aware)


@frozen(kw_only=True)
class Declined:
    """A definite no: nothing moved, and the same key will never move anything."""

    code: str  # the gateway's own, e.g. `insufficient_funds`
    gateway_id: str | None = None


@frozen(kw_only=True)
class HoldGone:
    """The hold expired or was cancelled at the gateway before it could be captured."""

    gateway_id: str


@frozen(kw_only=True)
class NotThere:
    """The answer to a `LookUp` that found nothing."""


GatewayReply = (
    Authorized
    | ActionRequired
    | Processing
    | Captured
    | Voided
    | Refunded
    | Transferred
    | Reversed
    | PaidOut
    | AccountState
    | CheckoutOpen
    | CheckoutPaid
    | CheckoutExpired
    | Link
    | RefundState
    | TransferState
    | PayoutState
    | ChargebackState
    | BalancePage
    | Declined
    | HoldGone
    | NotThere
)


@frozen(kw_only=True)
class NoAnswer:
    """What is known when the gateway did not answer: nothing, and whether it acted neither."""


GatewayNews = GatewayReply | NoAnswer
