"""What a transfer, a reversal or a payout at Stripe says to who asked for it."""

from __future__ import annotations

from marketpay.adapters.stripe.call import Object
from marketpay.adapters.stripe.currencies import money_from
from marketpay.adapters.stripe.reading import unknown_word
from marketpay.ports import gateway as port
from marketpay.ports.gateway import GatewayReply


def transfer(transfer: Object) -> GatewayReply:
    """It is made at once."""
    amount = money_from(transfer["amount"], transfer["currency"])
    return port.Transferred(gateway_id=transfer["id"], amount=amount)


def reversal(reversal: Object) -> GatewayReply:
    """It is made at once."""
    amount = money_from(reversal["amount"], reversal["currency"])
    return port.Reversed(gateway_id=reversal["id"], amount=amount)


def payout(payout: Object) -> GatewayReply:
    """How a payout stands.  One that is paid can still come back."""
    id = payout["id"]
    match payout["status"]:
        case "paid":
            amount = money_from(payout["amount"], payout["currency"])
            return port.PaidOut(gateway_id=id, amount=amount)
        case "pending" | "in_transit":
            return port.Processing(gateway_id=id)
        case "failed" | "canceled" as status:
            code = payout.get("failure_code") or f"payout_{status}"
            return port.Declined(code=code, gateway_id=id)
        case status:
            raise unknown_word("payout", status)
