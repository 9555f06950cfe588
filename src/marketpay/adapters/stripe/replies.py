"""From Stripe's objects to the replies of the gateway's port.  Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from marketpay.adapters.stripe import outgoing, payments
from marketpay.adapters.stripe.accounts import account_state
from marketpay.adapters.stripe.call import Object
from marketpay.adapters.stripe.reading import time_of
from marketpay.ports import gateway as port
from marketpay.ports.gateway import ActingRequest, GatewayReply


def reply_to(request: ActingRequest, object: Object) -> GatewayReply:
    """What `object`, made or changed by `request`, says of it; `NotThere` if it was not."""
    return READERS[type(request)](object)


def _expired(session: Object) -> GatewayReply:
    page = payments.checkout(session)
    return port.NotThere() if isinstance(page, port.CheckoutOpen) else page


READERS: Final[Mapping[type[ActingRequest], Callable[[Object], GatewayReply]]] = {
    port.Authorize: payments.authorization,
    port.Capture: payments.capture,
    port.Void: payments.void,
    port.RefundPayment: payments.refund,
    port.Transfer: outgoing.transfer,
    port.ReverseTransfer: outgoing.reversal,
    port.PayOut: outgoing.payout,
    port.OpenAccount: account_state,
    port.StartCheckout: payments.checkout,
    port.ExpireCheckout: _expired,
}


def link(object: Object) -> port.Link:
    """The way to an account's onboarding."""
    return port.Link(url=object["url"], expires_at=time_of(object["expires_at"]))
