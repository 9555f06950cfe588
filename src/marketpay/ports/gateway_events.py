"""What the payment gateway reports of its own accord: a webhook, verified and in our terms.

An event only says what to look at.  How things stand is asked of the gateway again, so that
events that are late, doubled or out of order do no harm.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from marketpay.domain.validators import is_aware


class Topic(StrEnum):
    """What an event is about."""

    PAYMENT = "payment"
    REFUND = "refund"
    TRANSFER = "transfer"
    PAYOUT = "payout"
    ACCOUNT = "account"
    CHECKOUT = "checkout"
    CHARGEBACK = "chargeback"
    WARNING = "warning"  # of fraud, or a review: somebody should look at the payment
    ALL_CLEAR = "all_clear"  # the warning with this id was looked into, and nothing was wrong
    BALANCE = "balance"  # money has become available
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class GatewayEvent:
    """Something happened at the gateway to `subject`."""

    gateway: str  # its name, e.g. `stripe`
    id: str  # unique for this gateway and account
    type: str  # the gateway's own word, e.g. `payment_intent.succeeded`
    topic: Topic
    subject: str | None  # the gateway's id of what it happened to
    account: str | None = None  # the connected account it happened on, None: the platform
    reference: str | None = None  # ours, where the gateway gives it back
    payment: str | None = None  # the gateway's id of the payment concerned, where there is one
    at: datetime = field(validator=is_aware)
