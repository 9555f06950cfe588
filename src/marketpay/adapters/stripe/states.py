"""How refunds, transfers, payouts and chargebacks at Stripe stand, whoever made them."""

from __future__ import annotations

from typing import Final

from marketpay.adapters.stripe.accounts import account_state
from marketpay.adapters.stripe.call import Object
from marketpay.adapters.stripe.currencies import money_from
from marketpay.adapters.stripe.metadata import reference_of
from marketpay.adapters.stripe.reading import id_of, time_of, unknown_word
from marketpay.domain.errors import GatewayError
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    ChargebackStanding,
    ChargebackState,
    GatewayReply,
    Inspect,
    PayoutState,
    Progress,
    RefundState,
    ReversalState,
    Topic,
    TransferState,
)

PROGRESS: Final = {
    "pending": Progress.PENDING,
    "requires_action": Progress.PENDING,
    "in_transit": Progress.PENDING,
    "succeeded": Progress.SUCCEEDED,
    "paid": Progress.SUCCEEDED,
    "failed": Progress.FAILED,
    "canceled": Progress.CANCELED,
}
STANDINGS: Final = {
    "warning_needs_response": ChargebackStanding.INQUIRY,
    "warning_under_review": ChargebackStanding.INQUIRY,
    "warning_closed": ChargebackStanding.CLOSED,
    "prevented": ChargebackStanding.CLOSED,
    "needs_response": ChargebackStanding.NEEDS_RESPONSE,
    "under_review": ChargebackStanding.UNDER_REVIEW,
    "won": ChargebackStanding.WON,
    "lost": ChargebackStanding.LOST,
}


def state_for(request: Inspect, object: Object) -> GatewayReply:
    """What `request` asked for."""
    match request.topic:
        case Topic.REFUND:
            return refund_state(object)
        case Topic.TRANSFER:
            return transfer_state(object)
        case Topic.PAYOUT:
            return payout_state(object, request.account)
        case Topic.CHARGEBACK:
            return chargeback_state(object)
        case _:
            return account_state(object)


def refund_state(refund: Object) -> RefundState:
    """A refund.  One made for a charge that belongs to no payment names the charge."""
    return RefundState(
        gateway_id=refund["id"],
        payment=id_of(refund.get("payment_intent")) or id_of(refund.get("charge")) or "",
        amount=money_from(refund["amount"], refund["currency"]),
        progress=_progress("refund", refund),
        reference=reference_of(refund),
        failure=refund.get("failure_reason"),
    )


def transfer_state(transfer: Object) -> TransferState:
    """A transfer, whose reversals are all there: Stripe shows the last ten of its own accord."""
    return TransferState(
        gateway_id=transfer["id"],
        account=id_of(transfer["destination"]) or "",
        amount=money_from(transfer["amount"], transfer["currency"]),
        reversals=tuple(map(_reversal, transfer["reversals"]["data"])),
        reference=reference_of(transfer),
    )


def _reversal(reversal: Object) -> ReversalState:
    return ReversalState(
        gateway_id=reversal["id"],
        amount=money_from(reversal["amount"], reversal["currency"]),
        reference=reference_of(reversal),
    )


def payout_state(payout: Object, account: str | None) -> PayoutState:
    """A payout of `account`; its name is empty where the platform's own money is paid out."""
    return PayoutState(
        gateway_id=payout["id"],
        account=account or "",
        amount=money_from(payout["amount"], payout["currency"]),
        progress=_progress("payout", payout),
        reference=reference_of(payout),
        failure=payout.get("failure_code"),
    )


def chargeback_state(dispute: Object) -> ChargebackState:
    """A chargeback.  What is withdrawn is in the currency of the balance, which may be another."""
    amount = money_from(dispute["amount"], dispute["currency"])
    withdrawn, fee = _taken(dispute, amount.currency)
    status = dispute["status"]
    if status not in STANDINGS:
        raise unknown_word("dispute", status)
    due = (dispute.get("evidence_details") or {}).get("due_by")
    return ChargebackState(
        gateway_id=dispute["id"],
        payment=id_of(dispute.get("payment_intent")) or id_of(dispute["charge"]) or "",
        amount=amount,
        standing=STANDINGS[status],
        withdrawn=withdrawn,
        fee=fee,
        reason=dispute["reason"],
        respond_by=None if due is None else time_of(due),
    )


def _taken(dispute: Object, currency: str) -> tuple[Money, Money]:
    """What all its changes of the balance took together, the amount and the fee."""
    changes = dispute.get("balance_transactions") or []
    currencies = {change["currency"] for change in changes} or {currency}
    if len(currencies) > 1:
        raise GatewayError("Stripe took and gave back a dispute in different currencies")
    (kept,) = currencies
    taken = -sum(change["amount"] for change in changes)
    fee = sum(change["fee"] for change in changes)
    # More can be given back than was taken where a rate moved in between.
    return money_from(max(taken, 0), kept), money_from(max(fee, 0), kept)


def _progress(kind: str, object: Object) -> Progress:
    status = object["status"]
    if status not in PROGRESS:
        raise unknown_word(kind, status)
    return PROGRESS[status]
