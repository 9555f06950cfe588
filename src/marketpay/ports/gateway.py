"""The payment gateway: whoever moves real money.  Requests and replies are closed unions.

A request says what to do in terms of the gateway alone (its ids, amounts, our reference), so
an adapter needs to know nothing of jobs or offers.  A definite refusal is a reply
(`Declined`, `HoldGone`); only the absence of an answer is an exception (`GatewayUnavailable`).
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from attrs import field, frozen

from marketpay.domain.money import Money
from marketpay.domain.validators import is_aware


@frozen(kw_only=True)
class Authorize:
    """Put a hold on `amount`.  Without `payment_method` the payer's client must confirm."""

    reference: str  # of this one try: kept by the gateway as metadata, found again by `LookUp`
    subject: str  # our payment's id, the same for every try
    amount: Money
    payer: str
    payment_method: str | None
    group: str  # ties charge and transfers of one job together


@frozen(kw_only=True)
class Capture:
    """Take what is held, whole."""

    gateway_id: str  # of the hold
    amount: Money


@frozen(kw_only=True)
class Void:
    """Let go of a hold, or of an authorization that nobody confirmed."""

    gateway_id: str


@frozen(kw_only=True)
class RefundPayment:
    """Give captured money back to the payer."""

    reference: str
    gateway_id: str  # of the captured payment
    amount: Money


@frozen(kw_only=True)
class Transfer:
    """Move money from the platform's balance to a connected account."""

    reference: str
    account: str  # the gateway's id of the connected account
    amount: Money
    source: str  # the gateway's id of the captured payment that covers it
    group: str


@frozen(kw_only=True)
class OpenAccount:
    """Open a connected account, with manual payouts, for somebody who will be paid."""

    reference: str
    owner: str


ActingRequest = Authorize | Capture | Void | RefundPayment | Transfer | OpenAccount


@frozen(kw_only=True)
class LookUp:
    """What became of `request`?  By the gateway's id where it is known, else by our reference.

    Never creates anything.  `gateway_id` is that of the object the request made or changed.
    """

    request: ActingRequest
    gateway_id: str | None = None


GatewayRequest = ActingRequest | LookUp


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
    """The gateway knows of it and has not finished."""

    gateway_id: str


@frozen(kw_only=True)
class Captured:
    """The money is on the platform's balance at the gateway."""

    gateway_id: str
    amount: Money


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
    | AccountState
    | Declined
    | HoldGone
    | NotThere
)


@frozen(kw_only=True)
class NoAnswer:
    """What is known when the gateway did not answer: nothing, and whether it acted neither."""


GatewayNews = GatewayReply | NoAnswer


class PaymentGateway(Protocol):
    """One method over values.  It is never called inside a database transaction."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        """Carry out `request` once for `key`, however often it is called.

        The same key with the same request gives the same reply.  Raises `GatewayUnavailable`
        when there is no answer: the outcome is then unknown and the same key may be used
        again; `GatewayError` when the request or the setup is faulty.
        """
        ...


class AsyncPaymentGateway(Protocol):
    """The same, awaited."""

    async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        """See `PaymentGateway.perform`."""
        ...
