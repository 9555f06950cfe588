"""From what the simulated processor has to what the gateway's port says about it.

The same functions answer a request and a later look at what became of it, so that the two
cannot differ.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from marketpay.domain.errors import GatewayUnavailable
from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import AccountStanding, ActingRequest, GatewayReply, LookUp
from marketpay.testing import processor_values as sim
from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import PaymentStatus


def reply_to(request: ActingRequest, result: sim.Result) -> GatewayReply:
    """What `request` came to, from what the processor answered."""
    match result:
        case sim.Payment():
            return _state_for(request, result)
        case sim.Refusal():
            return _refused(request, result)
        case sim.Refund():
            return _refunded(result)
        case sim.Transfer():
            return _transferred(result)
        case sim.Account():
            return _account(result)
        case sim.ServerFault():
            raise GatewayUnavailable("it answered with an error 500")
        case sim.Payout():
            raise AssertionError("no request of the port pays out")
        case _:
            assert_never(result)


def look_up(processor: Processor, lookup: LookUp) -> GatewayReply:
    """What became of an earlier request.  Changes nothing."""
    request, id = lookup.request, lookup.gateway_id
    match request:
        case port.Authorize():
            payments = processor.find_all(sim.Payment, id or request.reference)
            return _first(
                _state_for(request, payment)
                for payment in payments
                if payment.id == id or payment.reference == request.reference
            )
        case port.Capture() | port.Void():
            payments = processor.find_all(sim.Payment, id or request.gateway_id)
            return _first(_state_for(request, payment) for payment in payments)
        case port.RefundPayment():
            refunds = processor.find_all(sim.Refund, id or request.reference)
            return _first(map(_refunded, refunds))
        case port.Transfer():
            transfers = processor.find_all(sim.Transfer, id or request.reference)
            return _first(map(_transferred, transfers))
        case port.OpenAccount():
            accounts = processor.find_all(sim.Account, id or request.reference)
            return _first(
                _account(account)
                for account in accounts
                if account.id == id or account.reference == request.reference
            )
        case _:
            assert_never(request)


def _first(replies: Iterable[GatewayReply]) -> GatewayReply:
    return next(iter(replies), port.NotThere())


def _state_for(request: ActingRequest, payment: sim.Payment) -> GatewayReply:
    """What `payment` says to who sent `request`; `NotThere` if that did not happen to it."""
    match request:
        case port.Capture():
            return _capture(payment)
        case port.Void():
            return _void(payment)
        case _:
            return _authorization(payment)


def _authorization(payment: sim.Payment) -> GatewayReply:
    id = payment.id
    match payment.status:
        case PaymentStatus.REQUIRES_CAPTURE:
            return port.Authorized(gateway_id=id, expires_at=payment.expires_at)
        case PaymentStatus.REQUIRES_ACTION:
            return port.ActionRequired(gateway_id=id, client_secret=payment.client_secret)
        case PaymentStatus.REQUIRES_PAYMENT_METHOD if payment.decline is not None:
            return port.Declined(code=payment.decline.reason, gateway_id=id)
        case PaymentStatus.REQUIRES_PAYMENT_METHOD:
            return port.ActionRequired(gateway_id=id, client_secret=payment.client_secret)
        case PaymentStatus.SUCCEEDED | PaymentStatus.CANCELED:
            return _capture(payment)
        case _:
            assert_never(payment.status)


def _capture(payment: sim.Payment) -> GatewayReply:
    match payment.status:
        case PaymentStatus.SUCCEEDED:
            taken = Money.from_minor(payment.captured, payment.currency)
            return port.Captured(gateway_id=payment.id, amount=taken)
        case PaymentStatus.CANCELED:
            return port.HoldGone(gateway_id=payment.id)
        case _:
            return port.NotThere()


def _void(payment: sim.Payment) -> GatewayReply:
    if payment.status is PaymentStatus.CANCELED:
        return port.Voided(gateway_id=payment.id)
    return port.NotThere()


def _refused(request: ActingRequest, refusal: sim.Refusal) -> GatewayReply:
    """A refusal; but what was refused because it is so already is so."""
    payment = refusal.payment
    if payment is not None and isinstance(request, port.Capture | port.Void):
        state = _state_for(request, payment)
        if not isinstance(state, port.NotThere):
            return state
    id = None if payment is None else payment.id
    return port.Declined(code=refusal.decline.reason, gateway_id=id)


def _refunded(refund: sim.Refund) -> GatewayReply:
    amount = Money.from_minor(refund.amount, refund.currency)
    return port.Refunded(gateway_id=refund.id, amount=amount)


def _transferred(transfer: sim.Transfer) -> GatewayReply:
    amount = Money.from_minor(transfer.amount, transfer.currency)
    return port.Transferred(gateway_id=transfer.id, amount=amount)


def _account(account: sim.Account) -> GatewayReply:
    standing = AccountStanding(account.standing.value)
    return port.AccountState(gateway_id=account.id, standing=standing)
