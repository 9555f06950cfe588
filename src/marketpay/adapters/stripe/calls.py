"""From the requests of the gateway's port to calls of Stripe's API.  Pure: nothing is sent here."""

from __future__ import annotations

from math import ceil
from typing import Any, Final, assert_never

from marketpay.adapters.stripe.accounts import account_call, link_call, open_call
from marketpay.adapters.stripe.call import Call
from marketpay.adapters.stripe.config import Config
from marketpay.adapters.stripe.currencies import (
    stripe_amount,
    stripe_currency,
    stripe_payout_amount,
)
from marketpay.adapters.stripe.ids import checked
from marketpay.adapters.stripe.lists import PAGE
from marketpay.adapters.stripe.metadata import metadata
from marketpay.domain.errors import InvalidInput
from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import ActingRequest, Topic

# Not every method can be held, and a page paid by one that settles days later is not paid.
_CARDS: Final = {"allowed_payment_method_types": ["card"]}

Request = ActingRequest | port.Inspect | port.ListBalance | port.OnboardingLink


def call_for(request: Request, config: Config) -> Call:
    """The first call that `request` makes; most make no other.

    Raises `InvalidInput` for an id that cannot be one of Stripe's, and `MoneyError` for an
    amount that Stripe cannot move.
    """
    match request:
        case port.Authorize():
            return _authorize(request, config)
        case port.Capture() | port.Void() | port.RefundPayment():
            return _payment(request)
        case port.Transfer() | port.ReverseTransfer() | port.PayOut():
            return _outgoing(request)
        case port.OpenAccount():
            return open_call(request, config)
        case port.StartCheckout():
            return _checkout(request, config)
        case port.ExpireCheckout(gateway_id=id):
            return Call("post", f"/v1/checkout/sessions/{checked('checkout', id)}/expire")
        case port.OnboardingLink():
            return link_call(request, config.accounts)
        case port.Inspect():
            return _inspect(request, config)
        case port.ListBalance():
            return _balance(request)
        case _:
            assert_never(request)


def _authorize(request: port.Authorize, config: Config) -> Call:
    params: dict[str, Any] = {
        **_charged(request.amount, config),
        **_CARDS,
        "capture_method": "manual",
        "metadata": _paid_for(request),
        "transfer_group": request.group,
        "expand": ["latest_charge"],  # which says until when the money is held
    }
    payer = request.payer_account
    if payer is not None:
        params["customer_account" if payer.startswith("acct_") else "customer"] = payer
    if request.payment_method is not None:
        params |= {"payment_method": request.payment_method, "confirm": True, "off_session": True}
    return Call("post", "/v1/payment_intents", params)


def _payment(request: port.Capture | port.Void | port.RefundPayment) -> Call:
    payment = checked("payment", request.gateway_id)
    match request:
        case port.Capture(amount=amount):
            params = {"amount_to_capture": stripe_amount(amount)}
            return Call("post", f"/v1/payment_intents/{payment}/capture", params)
        case port.Void():
            return Call("post", f"/v1/payment_intents/{payment}/cancel")
        case port.RefundPayment(reference=reference, amount=amount):
            refund = {"payment_intent": payment, "amount": stripe_amount(amount)}
            return Call("post", "/v1/refunds", refund | {"metadata": metadata(reference)})
        case _:
            assert_never(request)


def _outgoing(request: port.Transfer | port.ReverseTransfer | port.PayOut) -> Call:
    ours = {"metadata": metadata(request.reference)}
    amount = request.amount
    match request:
        case port.Transfer(source=source):
            params: dict[str, Any] = {
                "amount": stripe_amount(amount),
                "currency": stripe_currency(amount.currency),
                "destination": checked("account", request.account),
                "transfer_group": request.group,
            }
            if source is not None:
                params["source_transaction"] = checked("charge", source)
            return Call("post", "/v1/transfers", params | ours)
        case port.ReverseTransfer(gateway_id=id):
            path = f"/v1/transfers/{checked('transfer', id)}/reversals"
            return Call("post", path, {"amount": stripe_amount(amount), **ours})
        case port.PayOut(account=account):
            paid = {"amount": stripe_payout_amount(amount)}
            params = {**paid, "currency": stripe_currency(amount.currency), **ours}
            return Call("post", "/v1/payouts", params, account=checked("account", account))
        case _:
            assert_never(request)


def _checkout(request: port.StartCheckout, config: Config) -> Call:
    price = _charged(request.amount, config)
    item = {
        "quantity": 1,
        "price_data": {
            "currency": price["currency"],
            "unit_amount": price["amount"],
            "product_data": {"name": request.description},
        },
    }
    ours = _paid_for(request)
    params: dict[str, Any] = {
        **_CARDS,
        "mode": "payment",
        "line_items": [item],
        "client_reference_id": request.subject,
        "metadata": ours,
        "payment_intent_data": {"metadata": ours},
        "success_url": request.success_url,
        "cancel_url": request.cancel_url,
    }
    if request.expires_at is not None:
        params["expires_at"] = int(request.expires_at.timestamp())
    return Call("post", "/v1/checkout/sessions", params)


def _inspect(request: port.Inspect, config: Config) -> Call:
    id, account = request.gateway_id, request.account
    if account is not None:
        account = checked("account", account)
    match request.topic:
        case Topic.REFUND:
            return Call("get", f"/v1/refunds/{checked('refund', id)}")
        case Topic.TRANSFER:
            return Call("get", f"/v1/transfers/{checked('transfer', id)}")
        case Topic.PAYOUT:
            return Call("get", f"/v1/payouts/{checked('payout', id)}", account=account)
        case Topic.CHARGEBACK:
            return Call("get", f"/v1/disputes/{checked('chargeback', id)}")
        case Topic.ACCOUNT:
            return account_call(id, config.accounts)
        case _:
            raise InvalidInput(f"a {request.topic} cannot be inspected.", "topic")


def _balance(request: port.ListBalance) -> Call:
    # Stripe dates by whole seconds: one is before 10.5 if it is before 11.
    created = {"gte": ceil(request.since.timestamp()), "lt": ceil(request.until.timestamp())}
    params: dict[str, Any] = {"created": created, "expand": ["data.source"], "limit": PAGE}
    if request.after is not None:
        params["starting_after"] = checked("balance change", request.after)
    return Call("get", "/v1/balance_transactions", params)


def _charged(amount: Money, config: Config) -> dict[str, Any]:
    config.charged_in(amount.currency)
    return {"amount": stripe_amount(amount), "currency": stripe_currency(amount.currency)}


def _paid_for(request: port.Authorize | port.StartCheckout) -> dict[str, str]:
    return metadata(
        request.reference, marketpay_subject=request.subject, marketpay_payer=request.payer
    )
