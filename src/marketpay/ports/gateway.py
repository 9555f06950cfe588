"""The payment gateway: whoever moves real money.  Requests and replies are closed unions.

A definite refusal is a reply (`Declined`, `HoldGone`); only the absence of an answer is an
exception (`GatewayUnavailable`).  The requests are in `gateway_requests`, the replies in
`gateway_replies` and `gateway_states`, and what a gateway reports of its own accord in
`gateway_events`; all of them can be imported from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from marketpay.domain.limits import Limits
from marketpay.ports.gateway_events import GatewayEvent, Topic
from marketpay.ports.gateway_replies import (
    AccountStanding,
    AccountState,
    ActionRequired,
    Authorized,
    Captured,
    CheckoutExpired,
    CheckoutOpen,
    CheckoutPaid,
    Declined,
    GatewayNews,
    GatewayReply,
    HoldGone,
    Link,
    NoAnswer,
    NotThere,
    PaidOut,
    Processing,
    Refunded,
    Reversed,
    Transferred,
    Voided,
)
from marketpay.ports.gateway_requests import (
    ActingRequest,
    AskingRequest,
    Authorize,
    Capture,
    ExpireCheckout,
    GatewayRequest,
    Inspect,
    ListBalance,
    LookUp,
    OnboardingLink,
    OpenAccount,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Void,
)
from marketpay.ports.gateway_states import (
    BalanceChange,
    BalanceKind,
    BalancePage,
    ChargebackStanding,
    ChargebackState,
    PayoutState,
    Progress,
    RefundState,
    ReversalState,
    TransferState,
)

__all__ = [
    "AccountStanding",
    "AccountState",
    "ActingRequest",
    "ActionRequired",
    "AskingRequest",
    "AsyncPaymentGateway",
    "Authorize",
    "Authorized",
    "BalanceChange",
    "BalanceKind",
    "BalancePage",
    "Capture",
    "Captured",
    "ChargebackStanding",
    "ChargebackState",
    "CheckoutExpired",
    "CheckoutOpen",
    "CheckoutPaid",
    "Declined",
    "ExpireCheckout",
    "GatewayEvent",
    "GatewayNews",
    "GatewayReply",
    "GatewayRequest",
    "HasLimits",
    "HoldGone",
    "Inspect",
    "Limits",
    "Link",
    "ListBalance",
    "LookUp",
    "NoAnswer",
    "NotThere",
    "OnboardingLink",
    "OpenAccount",
    "PaidOut",
    "PayOut",
    "PaymentGateway",
    "PayoutState",
    "Processing",
    "Progress",
    "ReadsWebhooks",
    "RefundPayment",
    "RefundState",
    "Refunded",
    "ReversalState",
    "ReverseTransfer",
    "Reversed",
    "StartCheckout",
    "Topic",
    "Transfer",
    "TransferState",
    "Transferred",
    "Void",
    "Voided",
]


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


@runtime_checkable
class ReadsWebhooks(Protocol):
    """A gateway that reports what happens; of both kinds, sync and async."""

    def read_webhook(self, payload: bytes, headers: Mapping[str, str], /) -> GatewayEvent:
        """The event, once it is sure who sent it, or `WebhookRejected`.  Calls nobody.

        `headers` are those of the request, by names in any case.
        """
        ...


@runtime_checkable
class HasLimits(Protocol):
    """A gateway that refuses amounts; they are refused before anything is stored or sent."""

    def limits(self, currency: str, /) -> Limits:
        """Of one charge in this currency."""
        ...
