"""From the requests of the gateway's port to calls of the simulated processor."""

from __future__ import annotations

from typing import assert_never

from marketpay.ports.gateway import (
    ActingRequest,
    Authorize,
    Capture,
    OpenAccount,
    RefundPayment,
    Transfer,
    Void,
)
from marketpay.testing.cards import ASKING, DECLINING, GENERIC
from marketpay.testing.outcome import Outcome
from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import Card, Fingerprint, Refusal, Result, ServerFault


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
    match request:
        case Authorize(amount=amount):
            return (
                "authorize",
                request.reference,
                request.subject,
                amount.minor,
                amount.currency,
                request.payer,
                request.payment_method,
                request.group,
            )
        case Capture(amount=amount):
            return ("capture", request.gateway_id, amount.minor, amount.currency)
        case Void():
            return ("cancel", request.gateway_id)
        case RefundPayment(amount=amount):
            of = (request.reference, request.gateway_id)
            return ("refund", *of, amount.minor, amount.currency)
        case Transfer(amount=amount):
            ends = (request.reference, request.account, request.source, request.group)
            return ("transfer", *ends, amount.minor, amount.currency)
        case OpenAccount():
            return ("open_account", request.reference, request.owner)
        case _:
            assert_never(request)


def _call(processor: Processor, request: ActingRequest) -> Result:
    match request:
        case Authorize():
            return _authorize(processor, request)
        case Capture(gateway_id=id, amount=amount):
            return processor.capture(id, amount=amount.minor, currency=amount.currency)
        case Void(gateway_id=id):
            return processor.cancel(id)
        case RefundPayment(gateway_id=id, amount=amount, reference=reference):
            return processor.refund(
                id, amount=amount.minor, currency=amount.currency, reference=reference
            )
        case Transfer(amount=amount):
            return processor.transfer(
                account=request.account,
                amount=amount.minor,
                currency=amount.currency,
                source=request.source,
                reference=request.reference,
                group=request.group,
            )
        case OpenAccount(owner=owner, reference=reference):
            return processor.open_account(owner=owner, reference=reference)
        case _:
            assert_never(request)


def _authorize(processor: Processor, request: Authorize, card: Card | None = None) -> Result:
    return processor.authorize(
        amount=request.amount.minor,
        currency=request.amount.currency,
        payer=request.payer,
        method=request.payment_method,
        reference=request.reference,
        subject=request.subject,
        group=request.group,
        card=card,
    )
