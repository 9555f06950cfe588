"""From what the simulated processor has to what the gateway's port says about it.

The same functions answer a request and a later look at what became of it, so that the two
cannot differ.
"""

from __future__ import annotations

from typing import TypeVar, assert_never

from marketpay.domain.errors import GatewayUnavailable
from marketpay.domain.money import Money, unchecked
from marketpay.ports import gateway as port
from marketpay.ports.gateway import AccountStanding, ActingRequest, GatewayReply, LookUp
from marketpay.testing import processor_values as sim
from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import (
    CheckoutStatus,
    PaymentStatus,
    PayoutStatus,
    RefundStatus,
)

M = TypeVar("M", bound=sim.Made)


def reply_to(request: ActingRequest, result: sim.Result) -> GatewayReply:
    """What `request` came to, from what the processor answered."""
    match result:
        case sim.Refusal():
            return _refused(request, result)
        case sim.ServerFault():
            raise GatewayUnavailable("it answered with an error 500")
        case sim.Customer() | sim.Dispute() | sim.FraudWarning() | sim.Method():
            raise AssertionError(f"no request of the port makes a {type(result).__name__}")
        case _:
            return _state(request, result)


def look_up(processor: Processor, lookup: LookUp) -> GatewayReply:
    """What became of an earlier request.  Changes nothing."""
    request, id = lookup.request, lookup.gateway_id
    found: sim.Result | None
    match request:
        case port.Authorize(reference=reference):
            found = _made(processor, sim.Payment, id, reference)
        case port.Capture(gateway_id=named) | port.Void(gateway_id=named):
            found = processor.find(sim.Payment, id or named)
        case port.RefundPayment(reference=reference):
            found = _made(processor, sim.Refund, id, reference)
        case port.Transfer(reference=reference):
            found = _made(processor, sim.Transfer, id, reference)
        case port.ReverseTransfer(reference=reference):
            found = _made(processor, sim.Reversal, id, reference)
        case port.PayOut(reference=reference):
            found = _made(processor, sim.Payout, id, reference)
        case port.OpenAccount(reference=reference):
            found = _made(processor, sim.Account, id, reference)
        case port.StartCheckout(reference=reference):
            found = _made(processor, sim.Checkout, id, reference)
        case port.ExpireCheckout(gateway_id=named):
            found = processor.find(sim.Checkout, id or named)
        case _:
            assert_never(request)
    return port.NotThere() if found is None else _state(request, found)


def account_state(account: sim.Account) -> port.AccountState:
    """A connected account as it is now."""
    standing = AccountStanding(account.standing.value)
    return port.AccountState(gateway_id=account.id, standing=standing)


def money(minor: int, currency: str) -> Money:
    """An amount of the processor's; a sum may pass the limit of a single one."""
    Money.zero(currency)  # refuses an unknown currency
    return unchecked(minor, currency)


def _made(processor: Processor, kind: type[M], id: str | None, reference: str) -> M | None:
    """The one with that id, or the newest that was made with that very reference."""
    for found in processor.find_all(kind, id or reference):
        if found.id == id or found.reference == reference:
            return found
    return None


def _state(request: ActingRequest, record: sim.Result) -> GatewayReply:
    """What `record` says to who sent `request`; `NotThere` if that did not happen to it."""
    match record:
        case sim.Payment():
            return _payment(request, record)
        case sim.Refund():
            return _refund(record)
        case sim.Transfer(id=id):
            return port.Transferred(gateway_id=id, amount=money(record.amount, record.currency))
        case sim.Reversal(id=id):
            return port.Reversed(gateway_id=id, amount=money(record.amount, record.currency))
        case sim.Payout():
            return _payout(record)
        case sim.Account():
            return account_state(record)
        case sim.Checkout():
            if record.open and isinstance(request, port.ExpireCheckout):
                return port.NotThere()
            return _checkout(record)
        case _:
            raise AssertionError(f"the port knows no {type(record).__name__}")


def _payment(request: ActingRequest, payment: sim.Payment) -> GatewayReply:
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
        case PaymentStatus.PROCESSING:
            return port.Processing(gateway_id=id)
        case PaymentStatus.SUCCEEDED | PaymentStatus.CANCELED:
            return _capture(payment)
        case _:
            assert_never(payment.status)


def _capture(payment: sim.Payment) -> GatewayReply:
    match payment.status:
        case PaymentStatus.SUCCEEDED:
            taken = money(payment.captured, payment.currency)
            return port.Captured(gateway_id=payment.id, amount=taken, charge=payment.charge)
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
    payment, checkout = refusal.payment, refusal.checkout
    if payment is not None and isinstance(request, port.Capture | port.Void):
        state = _payment(request, payment)
        if not isinstance(state, port.NotThere):
            return state
    if checkout is not None:
        return _checkout(checkout)
    id = None if payment is None else payment.id
    return port.Declined(code=refusal.decline.reason, gateway_id=id)


def _refund(refund: sim.Refund) -> GatewayReply:
    id = refund.id
    match refund.status:
        case RefundStatus.PENDING:
            return port.Processing(gateway_id=id)
        case RefundStatus.SUCCEEDED:
            return port.Refunded(gateway_id=id, amount=money(refund.amount, refund.currency))
        case RefundStatus.FAILED:
            return port.Declined(code=refund.failure or "unknown", gateway_id=id)
        case _:
            assert_never(refund.status)


def _payout(payout: sim.Payout) -> GatewayReply:
    id = payout.id
    match payout.status:
        case PayoutStatus.PENDING | PayoutStatus.IN_TRANSIT:
            return port.Processing(gateway_id=id)
        case PayoutStatus.PAID:
            return port.PaidOut(gateway_id=id, amount=money(payout.amount, payout.currency))
        case PayoutStatus.FAILED:
            return port.Declined(code=payout.failure or "unknown", gateway_id=id)
        case PayoutStatus.CANCELED:
            return port.Declined(code="canceled", gateway_id=id)
        case _:
            assert_never(payout.status)


def _checkout(checkout: sim.Checkout) -> GatewayReply:
    id = checkout.id
    if checkout.status is CheckoutStatus.OPEN:
        return port.CheckoutOpen(gateway_id=id, url=checkout.url, expires_at=checkout.expires_at)
    if checkout.status is CheckoutStatus.EXPIRED:
        return port.CheckoutExpired(gateway_id=id)
    if checkout.paid:
        paid = money(checkout.amount, checkout.currency)
        return port.CheckoutPaid(gateway_id=id, payment=checkout.payment or "", amount=paid)
    if checkout.failure is not None:
        return port.Declined(code=checkout.failure, gateway_id=id)
    return port.Processing(gateway_id=id)
