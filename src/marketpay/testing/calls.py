"""From the requests of the gateway's port to calls of the simulated processor."""

from __future__ import annotations

from datetime import datetime
from typing import Final, assert_never

from attrs import fields

from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    ActingRequest,
    Authorize,
    Capture,
    ExpireCheckout,
    OpenAccount,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Void,
)
from marketpay.testing.cards import ASKING, DECLINING, GENERIC
from marketpay.testing.outcome import Outcome
from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import Card, Fingerprint, Refusal, Result, ServerFault

OPERATIONS: Final[dict[type[ActingRequest], str]] = {
    Authorize: "authorize",
    Capture: "capture",
    Void: "cancel",
    RefundPayment: "refund",
    Transfer: "transfer",
    ReverseTransfer: "reverse",
    PayOut: "pay_out",
    OpenAccount: "open_account",
    StartCheckout: "open_checkout",
    ExpireCheckout: "expire_checkout",
}
_FIELDS: Final = {kind: tuple(one.name for one in fields(kind)) for kind in OPERATIONS}


def carry_out(processor: Processor, request: ActingRequest, outcome: Outcome) -> Result:
    """Do what `request` says, unless `outcome` says otherwise."""
    match outcome:
        case Outcome.ERROR_500_BEFORE:
            return ServerFault()
        case Outcome.ERROR_500:
            _call(processor, request)
            return ServerFault()
        case Outcome.DECLINE if isinstance(request, Authorize):
            return _authorize(processor, request, DECLINING)
        case Outcome.DECLINE:
            return Refusal(decline=GENERIC)
        case Outcome.ACTION_REQUIRED if isinstance(request, Authorize):
            return _authorize(processor, request, ASKING)
        case Outcome.HOLD_GONE if isinstance(request, Capture | Void):
            processor.expire(request.gateway_id)
            return _call(processor, request)
        case _:
            return _call(processor, request)


def fingerprint(request: ActingRequest) -> Fingerprint:
    """What has to be the same when a key comes again: everything."""
    parts: list[str | int | None] = [OPERATIONS[type(request)]]
    for name in _FIELDS[type(request)]:
        value = getattr(request, name)
        if isinstance(value, Money):
            parts += (value.minor, value.currency)
        else:
            parts.append(value.isoformat() if isinstance(value, datetime) else value)
    return tuple(parts)


def _call(processor: Processor, request: ActingRequest) -> Result:
    match request:
        case Authorize():
            return _authorize(processor, request)
        case Capture(gateway_id=id, amount=amount):
            return processor.capture(id, amount=amount.minor, currency=amount.currency)
        case Void(gateway_id=id):
            return processor.cancel(id)
        case StartCheckout():
            return _start_checkout(processor, request)
        case ExpireCheckout(gateway_id=id):
            return processor.expire_checkout(id)
        case _:
            return _move(processor, request)


def _move(
    processor: Processor,
    request: RefundPayment | Transfer | ReverseTransfer | PayOut | OpenAccount,
) -> Result:
    match request:
        case RefundPayment(gateway_id=id, amount=amount, reference=reference):
            return processor.refund(
                id, amount=amount.minor, currency=amount.currency, reference=reference
            )
        case Transfer():
            return _transfer(processor, request)
        case ReverseTransfer(gateway_id=id, amount=amount, reference=reference):
            return processor.reverse(
                id, amount=amount.minor, currency=amount.currency, reference=reference
            )
        case PayOut(account=account, amount=amount, reference=reference):
            return processor.pay_out(
                account, amount=amount.minor, currency=amount.currency, reference=reference
            )
        case OpenAccount(owner=owner, reference=reference, country=country):
            return processor.open_account(owner=owner, reference=reference, country=country)
        case _:
            assert_never(request)


def _authorize(processor: Processor, request: Authorize, card: Card | None = None) -> Result:
    return processor.authorize(
        amount=request.amount.minor,
        currency=request.amount.currency,
        payer=request.payer,
        method=request.payment_method,
        customer=request.payer_account,
        reference=request.reference,
        subject=request.subject,
        group=request.group,
        card=card,
    )


def _transfer(processor: Processor, request: Transfer) -> Result:
    return processor.transfer(
        account=request.account,
        amount=request.amount.minor,
        currency=request.amount.currency,
        source=request.source,
        reference=request.reference,
        group=request.group,
    )


def _start_checkout(processor: Processor, request: StartCheckout) -> Result:
    return processor.open_checkout(
        amount=request.amount.minor,
        currency=request.amount.currency,
        payer=request.payer,
        reference=request.reference,
        subject=request.subject,
        description=request.description,
        success_url=request.success_url,
        cancel_url=request.cancel_url,
        expires_at=request.expires_at,
    )
