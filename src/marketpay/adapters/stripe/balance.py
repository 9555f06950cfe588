"""What changed the platform's balance at Stripe."""

from __future__ import annotations

from typing import Final

from marketpay.adapters.stripe.call import Object
from marketpay.adapters.stripe.currencies import minor_from
from marketpay.adapters.stripe.metadata import reference_of
from marketpay.adapters.stripe.reading import id_of, time_of
from marketpay.ports.gateway import BalanceChange, BalanceKind, BalancePage

KINDS: Final = {
    "charge": BalanceKind.CHARGE,
    "payment": BalanceKind.CHARGE,
    "refund": BalanceKind.REFUND,
    "payment_refund": BalanceKind.REFUND,
    "refund_failure": BalanceKind.REFUND_FAILURE,
    "transfer": BalanceKind.TRANSFER,
    "transfer_refund": BalanceKind.TRANSFER_REVERSAL,
    "transfer_cancel": BalanceKind.TRANSFER_REVERSAL,
    "transfer_failure": BalanceKind.TRANSFER_REVERSAL,
    "stripe_fee": BalanceKind.FEE,
    "stripe_fx_fee": BalanceKind.FEE,
    "tax_fee": BalanceKind.FEE,
    "payout": BalanceKind.PAYOUT,
    "payout_cancel": BalanceKind.PAYOUT,
    "payout_failure": BalanceKind.PAYOUT,
}
# Stripe books many things as an `adjustment`; what it is for is another word.
CATEGORIES: Final = {
    "dispute": BalanceKind.CHARGEBACK,
    "dispute_reversal": BalanceKind.CHARGEBACK_REVERSAL,
    "fee": BalanceKind.FEE,
    "refund_failure": BalanceKind.REFUND_FAILURE,
}


def balance_page(page: Object) -> BalancePage:
    """A page of Stripe's list; what asks for the next one is the last change of this one."""
    changes = tuple(balance_change(change) for change in page["data"])
    more = page["has_more"] and changes
    return BalancePage(changes=changes, next=changes[-1].gateway_id if more else None)


def balance_change(change: Object) -> BalanceChange:
    """One change."""
    currency = change["currency"].upper()
    source = change.get("source")
    whole = source if isinstance(source, dict) else {}
    return BalanceChange(
        gateway_id=change["id"],
        kind=_kind(change),
        amount=minor_from(change["amount"], currency),
        fee=minor_from(change["fee"], currency),
        currency=currency,
        source=id_of(source),
        payment=id_of(whole.get("payment_intent")),
        reference=reference_of(whole),
        at=time_of(change["created"]),
    )


def _kind(change: Object) -> BalanceKind:
    if change["type"] == "adjustment":
        return CATEGORIES.get(change.get("reporting_category") or "", BalanceKind.OTHER)
    return KINDS.get(change["type"], BalanceKind.OTHER)
