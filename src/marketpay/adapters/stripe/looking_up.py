"""What became of an earlier request: found by Stripe's id, else by our reference in a list.

Stripe's search would be quicker, but it may not know yet what was made a minute ago; its lists
do.  A list is read to its end before something is said not to be there.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from math import ceil, floor
from typing import Any, Final, assert_never

from marketpay.adapters.stripe.accounts import (
    V1_ACCOUNT,
    account_call,
    manual_payouts_call,
)
from marketpay.adapters.stripe.call import Answer, Call, Talk
from marketpay.adapters.stripe.config import AccountsApi, Config
from marketpay.adapters.stripe.errors import is_missing, object_of
from marketpay.adapters.stripe.ids import checked
from marketpay.adapters.stripe.lists import PAGE, first_made_for, reversals_of
from marketpay.adapters.stripe.replies import reply_to
from marketpay.ports import gateway as port
from marketpay.ports.gateway import ActingRequest, GatewayReply, LookUp

SENDING: Final = timedelta(days=3)  # longer than anything is sent again under its key
SKEW: Final = timedelta(minutes=10)  # by which our clock may be ahead of Stripe's
V2_PAGE: Final = 20
_CHARGE: Final = {"expand": ["latest_charge"]}

Retrieved = (
    port.Authorize
    | port.Capture
    | port.Void
    | port.RefundPayment
    | port.Transfer
    | port.ReverseTransfer
    | port.PayOut
    | port.StartCheckout
    | port.ExpireCheckout
)
Marked = (
    port.Authorize
    | port.RefundPayment
    | port.Transfer
    | port.ReverseTransfer
    | port.PayOut
    | port.OpenAccount
    | port.StartCheckout
)


def look_up(lookup: LookUp, config: Config) -> Talk[GatewayReply]:
    """What became of `lookup.request`.  Creates nothing."""
    request, id = lookup.request, lookup.gateway_id
    if isinstance(request, port.Capture | port.Void | port.ExpireCheckout):
        id = request.gateway_id
    if id is not None:
        return (yield from _by_id(request, id, config))
    assert not isinstance(request, port.Capture | port.Void | port.ExpireCheckout)
    if isinstance(request, port.OpenAccount) and config.accounts is AccountsApi.V2:
        return (yield from _v2_account(request, config))
    found = yield from first_made_for(request.reference, _listing(request, lookup.since))
    return port.NotThere() if found is None else reply_to(request, found)


def _v2_account(request: port.OpenAccount, config: Config) -> Talk[GatewayReply]:
    """An account of v2, which lists by no date and tells no capabilities in a list."""
    params = {"applied_configurations": ["recipient"], "limit": V2_PAGE}
    listing = Call("get", "/v2/core/accounts", params)
    found = yield from first_made_for(request.reference, listing)
    if found is None:
        return port.NotThere()
    # The reply was never read, so what follows the opening may not have been sent.
    object_of((yield manual_payouts_call(found["id"])))
    return (yield from _by_id(request, found["id"], config))


def account_answer(account: str, config: Config) -> Talk[Answer]:
    """An account as its interface tells it, or v1 where v2 says that only v1 has it."""
    answer = yield account_call(account, config.accounts)
    if answer.error.get("code") == V1_ACCOUNT:
        answer = yield account_call(account, AccountsApi.V1)
    return answer


def _by_id(request: ActingRequest, id: str, config: Config) -> Talk[GatewayReply]:
    if isinstance(request, port.OpenAccount):
        answer = yield from account_answer(id, config)
    else:
        answer = yield retrieval(request, id)
    if is_missing(answer):
        return port.NotThere()
    return reply_to(request, object_of(answer))


def retrieval(request: Retrieved, id: str) -> Call:
    """What `request` made or changed, by its id."""
    match request:
        case port.Authorize() | port.Capture() | port.Void():
            return Call("get", f"/v1/payment_intents/{checked('payment', id)}", _CHARGE)
        case port.RefundPayment():
            return Call("get", f"/v1/refunds/{checked('refund', id)}")
        case port.Transfer():
            return Call("get", f"/v1/transfers/{checked('transfer', id)}")
        case port.ReverseTransfer(gateway_id=transfer):
            path = f"/v1/transfers/{checked('transfer', transfer)}/reversals"
            return Call("get", f"{path}/{checked('reversal', id)}")
        case port.PayOut(account=account):
            account = checked("account", account)
            return Call("get", f"/v1/payouts/{checked('payout', id)}", account=account)
        case port.StartCheckout() | port.ExpireCheckout():
            return Call("get", f"/v1/checkout/sessions/{checked('checkout', id)}")
        case _:
            assert_never(request)


def _listing(request: Marked, since: datetime | None) -> Call:
    """The first page of all that `request` may have made."""
    window: dict[str, Any] = {"limit": PAGE}
    if since is not None:
        window["created"] = {
            "gte": floor((since - SKEW).timestamp()),
            "lte": ceil((since + SENDING + SKEW).timestamp()),
        }
    match request:
        case port.Authorize(payer_account=payer):
            if payer is not None:
                window["customer_account" if payer.startswith("acct_") else "customer"] = payer
            return Call("get", "/v1/payment_intents", window | {"expand": ["data.latest_charge"]})
        case port.RefundPayment(gateway_id=payment):
            of = {"payment_intent": checked("payment", payment), "limit": PAGE}
            return Call("get", "/v1/refunds", of)
        case port.Transfer(account=account, group=group):
            of = {"transfer_group": group, "destination": checked("account", account)}
            return Call("get", "/v1/transfers", {**of, "limit": PAGE})
        case port.ReverseTransfer(gateway_id=id):
            return reversals_of(id)
        case port.PayOut(account=account):
            return Call("get", "/v1/payouts", window, account=checked("account", account))
        case port.OpenAccount():
            return Call("get", "/v1/accounts", window)
        case port.StartCheckout():
            return Call("get", "/v1/checkout/sessions", window)
        case _:
            assert_never(request)
