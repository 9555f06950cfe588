"""Charges, refunds and disputes as Stripe shows them."""

from __future__ import annotations

from typing import Any, Final

from marketpay.testing.processor_values import (
    Charge,
    Dispute,
    FraudWarning,
    Payment,
    PaymentStatus,
    Refund,
    RefundStatus,
)
from marketpay.testing.stripe_server.balance_object import balance_transaction
from marketpay.testing.stripe_server.cards import (
    billing_details,
    brand,
    card_behind,
    card_facts,
    why_declined,
)
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.payment_object import told
from marketpay.testing.stripe_server.units import outwards, seconds
from marketpay.testing.stripe_server.world import World

_NEVER: Final = (
    "application", "application_fee", "application_fee_amount", "failure_balance_transaction",
    "on_behalf_of", "receipt_number", "receipt_url", "review", "source_transfer",
    "statement_descriptor", "transfer_data",
)  # fmt: skip
_ASKED_FEATURES: Final[dict[str, Json]] = {
    "extended_authorization": {"status": "disabled"},
    "incremental_authorization": {"status": "unavailable"},
    "multicapture": {"status": "unavailable"},
    "network_token": {"used": False},
}


def charge(world: World, one: Charge) -> Json:
    """The charge."""
    currency = one.currency
    amount, refunded = outwards(one.amount, currency), outwards(one.refunded, currency)
    decline, group = one.decline, one.group
    payment = world.processor.find(Payment, one.payment)
    assert payment is not None, one.id
    return {
        **dict.fromkeys(_NEVER),
        "id": one.id,
        "object": "charge",
        "amount": amount,
        "amount_captured": outwards(one.captured, currency),
        "amount_refunded": amount if one.released else refunded,
        "balance_transaction": one.balance_transaction,
        "billing_details": billing_details(),
        "calculated_statement_descriptor": "MARKETPLACE",
        "captured": one.captured > 0,
        "created": seconds(one.created),
        "currency": currency.lower(),
        "customer": one.customer,
        "disputed": one.dispute is not None,
        "failure_code": decline and decline.code,
        "failure_message": decline and why_declined(decline.code, decline.decline_code),
        "fraud_details": {},
        "livemode": False,
        "metadata": world.metadata(one, payment.checkout),
        "outcome": _outcome(one),
        "paid": decline is None,
        "payment_intent": one.payment,
        "payment_method": one.method,
        "payment_method_details": _method_details(world, one),
        "radar_options": {},
        "refunded": one.released or 0 < one.captured == one.refunded,
        "status": _status(one, payment),
        "transfer_group": group or (f"group_{one.payment}" if one.transferred else None),
        **told(world, payment),
    }


def _status(one: Charge, payment: Payment) -> str:
    if one.decline is not None:
        return "failed"
    waits = payment.status is PaymentStatus.PROCESSING
    return "pending" if waits and payment.charge == one.id else "succeeded"


def _outcome(one: Charge) -> Json:
    decline = one.decline
    said = {
        "advice_code": "try_again_later" if decline else None,
        "network_advice_code": None,
        "network_decline_code": None,
        "network_status": "declined_by_network" if decline else "approved_by_network",
        "reason": decline and decline.reason,
        "risk_level": "normal",
        "risk_score": 12,
        "seller_message": "Payment complete.",
        "type": "issuer_declined" if decline else "authorized",
    }
    if decline:
        said["seller_message"] = "The bank did not return any further details with this decline."
    return said


def _method_details(world: World, one: Charge) -> Json:
    card = card_behind(world, one.method)
    amount = outwards(one.amount, one.currency)
    details: dict[str, Any] = {
        **card_facts(card),
        **_ASKED_FEATURES,
        "amount_authorized": None if one.decline else amount,
        "authorization_code": None if one.decline else "123456",
        "installments": None,
        "mandate": None,
        "network": brand(card),
        "network_transaction_id": None,
        "overcapture": {"maximum_amount_capturable": amount, "status": "unavailable"},
        "three_d_secure": None,
    }
    if one.capture_before is not None:
        details["capture_before"] = seconds(one.capture_before)
    return {"card": details, "type": "card"}


def refund(world: World, one: Refund) -> Json:
    """The refund."""
    card = {"reference_status": "pending", "reference_type": "acquirer_reference_number"}
    shown = {
        "id": one.id,
        "object": "refund",
        "amount": outwards(one.amount, one.currency),
        "balance_transaction": one.balance_transaction,
        "charge": one.charge,
        "created": seconds(one.created),
        "currency": one.currency.lower(),
        "destination_details": {"card": {**card, "type": "refund"}, "type": "card"},
        "metadata": world.metadata(one),
        "payment_intent": one.payment,
        "reason": one.reason,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": one.status.value,
        "transfer_reversal": None,
    }
    if one.status is RefundStatus.PENDING:
        waits = "insufficient_funds" if one.waits_for_balance else "processing"
        shown["pending_reason"] = waits
    if one.status is RefundStatus.FAILED:
        shown["failure_reason"] = one.failure or "unknown"
        if one.failure_balance_transaction:
            shown["failure_balance_transaction"] = one.failure_balance_transaction
    return shown


EVIDENCE: Final = (
    "access_activity_log",
    "billing_address",
    "cancellation_policy",
    "cancellation_policy_disclosure",
    "cancellation_rebuttal",
    "customer_communication",
    "customer_email_address",
    "customer_name",
    "customer_purchase_ip",
    "customer_signature",
    "duplicate_charge_documentation",
    "duplicate_charge_explanation",
    "duplicate_charge_id",
    "product_description",
    "receipt",
    "refund_policy",
    "refund_policy_disclosure",
    "refund_refusal_explanation",
    "service_date",
    "service_documentation",
    "shipping_address",
    "shipping_carrier",
    "shipping_date",
    "shipping_documentation",
    "shipping_tracking_number",
    "uncategorized_file",
    "uncategorized_text",
)


def dispute(world: World, one: Dispute) -> Json:
    """The dispute."""
    evidence = {**dict.fromkeys(EVIDENCE), **world.detail(one.id, "evidence", {})}
    transactions = [world.processor.transaction(id) for id in one.balance_transactions]
    return {
        "id": one.id,
        "object": "dispute",
        "amount": outwards(one.amount, one.currency),
        "balance_transactions": [balance_transaction(world, each) for each in transactions if each],
        "charge": one.charge,
        "created": seconds(one.created),
        "currency": one.currency.lower(),
        "enhanced_eligibility_types": [],
        "evidence": {**evidence, "enhanced_evidence": {}},
        "evidence_details": {
            "due_by": seconds(one.respond_by),
            "enhanced_eligibility": {},
            "has_evidence": one.has_evidence or any(evidence.values()),
            "past_due": one.respond_by <= world.now(),
            "submission_count": int(one.has_evidence),
        },
        "is_charge_refundable": one.inquiry,
        "livemode": False,
        "metadata": world.metadata(one),
        "payment_intent": one.payment,
        "payment_method_details": {
            "card": {
                "brand": "visa",
                "case_type": "inquiry" if one.inquiry else "chargeback",
                "network_reason_code": "83",
            },
            "type": "card",
        },
        "reason": one.reason,
        "status": one.status.value,
    }


def fraud_warning(world: World, one: FraudWarning) -> Json:  # noqa: ARG001 - as the others
    """The warning."""
    return {
        "id": one.id,
        "object": "radar.early_fraud_warning",
        "actionable": one.actionable,
        "charge": one.charge,
        "created": seconds(one.created),
        "fraud_type": one.kind,
        "livemode": False,
        "payment_intent": one.payment,
    }
