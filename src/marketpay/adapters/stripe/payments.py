"""What a payment, a refund or a payment page at Stripe says to who asked for it.

The same functions answer a request and a later look at what became of it, so that the two
cannot differ.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from marketpay.adapters.stripe.call import Object
from marketpay.adapters.stripe.currencies import money_from
from marketpay.adapters.stripe.reading import id_of, time_of, unknown_word
from marketpay.ports import gateway as port
from marketpay.ports.gateway import GatewayReply

BEFORE_CAPTURE: Final = (
    "requires_payment_method", "requires_confirmation", "requires_action", "requires_capture",
)  # fmt: skip


def authorization(payment: Object) -> GatewayReply:
    """How an authorization stands."""
    id = payment["id"]
    match payment["status"]:
        case "requires_capture":
            return port.Authorized(gateway_id=id, expires_at=_held_until(payment))
        case "requires_payment_method":
            refusal = payment.get("last_payment_error")
            if refusal and not demands_payer(refusal):
                return port.Declined(code=code_of(refusal), gateway_id=id)
            return action_required(payment)
        case "requires_confirmation" | "requires_action":
            return action_required(payment)
        case _:
            return capture(payment)


def capture(payment: Object) -> GatewayReply:
    """What became of the money that was held; `NotThere` if it is still held."""
    id = payment["id"]
    match payment["status"]:
        case "succeeded":
            taken = money_from(payment["amount_received"], payment["currency"])
            charge = id_of(payment.get("latest_charge"))
            return port.Captured(gateway_id=id, amount=taken, charge=charge)
        case "canceled":
            return port.HoldGone(gateway_id=id)
        case "processing":
            return port.Processing(gateway_id=id)
        case status if status in BEFORE_CAPTURE:
            return port.NotThere()
        case status:
            raise unknown_word("payment", status)


def void(payment: Object) -> GatewayReply:
    """Whether the hold was let go; `NotThere` if not."""
    if payment["status"] == "canceled":
        return port.Voided(gateway_id=payment["id"])
    return port.NotThere()


def refund(refund: Object) -> GatewayReply:
    """How a refund stands.  Stripe keeps one pending while the balance cannot cover it."""
    id = refund["id"]
    match refund["status"]:
        case "succeeded":
            amount = money_from(refund["amount"], refund["currency"])
            return port.Refunded(gateway_id=id, amount=amount)
        case "pending" | "requires_action":
            return port.Processing(gateway_id=id)
        case "failed" | "canceled" as status:
            code = refund.get("failure_reason") or f"refund_{status}"
            return port.Declined(code=code, gateway_id=id)
        case status:
            raise unknown_word("refund", status)


def checkout(session: Object) -> GatewayReply:
    """How a payment page stands.  One that is complete need not be paid."""
    id = session["id"]
    match session["status"]:
        case "open":
            until = time_of(session["expires_at"])
            return port.CheckoutOpen(gateway_id=id, url=session["url"], expires_at=until)
        case "complete" if session["payment_status"] == "paid":
            amount = money_from(session["amount_total"], session["currency"])
            payment = id_of(session["payment_intent"])
            assert payment is not None  # what is paid was paid by something
            return port.CheckoutPaid(gateway_id=id, payment=payment, amount=amount)
        case "complete":
            return port.Processing(gateway_id=id)
        case "expired":
            return port.CheckoutExpired(gateway_id=id)
        case status:
            raise unknown_word("payment page", status)


def demands_payer(error: Object) -> bool:
    """Whether the payer's bank wants the payer: a next step, and no refusal."""
    return "authentication_required" in (error.get("code"), error.get("decline_code"))


def code_of(error: Object) -> str:
    """The bank's reason where it gave one, else Stripe's."""
    code = error.get("decline_code") or error.get("code") or error.get("type")
    return code if isinstance(code, str) else "card_declined"


def action_required(payment: Object) -> port.ActionRequired:
    """The payer's client has to go on with this payment."""
    secret = payment.get("client_secret")
    return port.ActionRequired(gateway_id=payment["id"], client_secret=secret)


def _held_until(payment: Object) -> datetime | None:
    """Stripe's own date: it differs by card, by country and by who started the payment."""
    charge = payment.get("latest_charge")
    if not isinstance(charge, dict):
        return None
    card = (charge.get("payment_method_details") or {}).get("card") or {}
    until = card.get("capture_before")
    return None if until is None else time_of(until)
