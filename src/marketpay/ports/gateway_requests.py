"""What the payment gateway can be asked, in terms of the gateway alone.

An adapter needs to know nothing of jobs or offers: a request has the gateway's ids, amounts,
and our `reference`, which the gateway keeps as metadata and by which `LookUp` finds it again.
"""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.domain.money import Money
from marketpay.domain.validators import is_aware
from marketpay.ports.gateway_events import Topic


@frozen(kw_only=True)
class Authorize:
    """Put a hold on `amount`.  Without `payment_method` the payer's client must confirm."""

    reference: str  # of this one try: kept by the gateway as metadata, found again by `LookUp`
    subject: str  # our payment's id, the same for every try
    amount: Money
    payer: str
    payer_account: str | None = None  # the gateway's id of the payer, who owns the method
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
    source: str | None  # the gateway's id of the charge that covers it; None: the balance does
    group: str


@frozen(kw_only=True)
class ReverseTransfer:
    """Bring transferred money back from a connected account, as far as it has any."""

    reference: str
    gateway_id: str  # of the transfer
    amount: Money


@frozen(kw_only=True)
class PayOut:
    """Send money from a connected account to its owner's bank."""

    reference: str
    account: str
    amount: Money


@frozen(kw_only=True)
class OpenAccount:
    """Open a connected account, with manual payouts, for somebody who will be paid."""

    reference: str
    owner: str
    country: str | None = None  # two letters (ISO 3166); None: the platform's own


@frozen(kw_only=True)
class StartCheckout:
    """Open a page of the gateway's on which the payer pays `amount` at once."""

    reference: str
    subject: str
    amount: Money
    payer: str
    description: str
    success_url: str
    cancel_url: str
    expires_at: datetime | None = field(default=None, validator=is_aware)


@frozen(kw_only=True)
class ExpireCheckout:
    """Close such a page before anybody has paid on it."""

    gateway_id: str


ActingRequest = (
    Authorize
    | Capture
    | Void
    | RefundPayment
    | Transfer
    | ReverseTransfer
    | PayOut
    | OpenAccount
    | StartCheckout
    | ExpireCheckout
)


@frozen(kw_only=True)
class LookUp:
    """What became of `request`?  By the gateway's id where it is known, else by our reference.

    Never creates anything.  `gateway_id` is that of the object the request made or changed.
    """

    request: ActingRequest
    gateway_id: str | None = None
    since: datetime | None = field(default=None, validator=is_aware)  # when it was first sent


@frozen(kw_only=True)
class Inspect:
    """How something at the gateway stands, whoever made it.

    The reply to it is the state of that topic: `RefundState`, `TransferState`, `PayoutState`,
    `ChargebackState`, or `NotThere`.
    """

    topic: Topic
    gateway_id: str
    account: str | None = None  # the connected account that has it, None: the platform


@frozen(kw_only=True)
class ListBalance:
    """One page of what changed the platform's balance from `since` until before `until`.

    The reply is a `BalancePage`, in no order that may be relied on.
    """

    since: datetime = field(validator=is_aware)
    until: datetime = field(validator=is_aware)
    after: str | None = None  # `BalancePage.next` of the page before


@frozen(kw_only=True)
class OnboardingLink:
    """A page of the gateway's on which the owner of an account gives their details."""

    account: str
    return_url: str  # where they come back to
    refresh_url: str  # where they are sent if the link is no longer good


AskingRequest = LookUp | Inspect | ListBalance | OnboardingLink
GatewayRequest = ActingRequest | AskingRequest
