"""More of what the contract writes: what is left to do, disputed, reported or upgraded."""

from __future__ import annotations

from typing import Any

from marketpay.domain.actor import Role
from marketpay.domain.adjustment import Adjustment, AdjustmentKind
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.commission import Commission
from marketpay.domain.dispute import Dispute
from marketpay.domain.evidence import Evidence
from marketpay.domain.ids import (
    AdjustmentId,
    ChargebackId,
    DisputeId,
    EvidenceId,
    IncidentId,
    MilestoneId,
    PayerAccountId,
    ProcessorFeeId,
    SaleId,
    TransactionId,
    UpgradeId,
    WebhookId,
    WithdrawalId,
    new_id,
)
from marketpay.domain.incident import Incident, IncidentKind
from marketpay.domain.lifecycles import (
    AdjustmentStatus,
    DisputeStatus,
    MilestoneStatus,
    WithdrawalStatus,
)
from marketpay.domain.milestone import Milestone
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.plan import MilestonePlan, Plan
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.sale import Sale
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.webhook import Webhook
from marketpay.domain.withdrawal import Withdrawal, WithdrawalOrigin
from marketpay.testing.store_contract.samples import AT, LATER


def a_withdrawal(contractor: str = "ctr_42", **fields: Any) -> Withdrawal:
    """A withdrawal that is on its way."""
    usual: dict[str, Any] = {
        "id": WithdrawalId(new_id("wdr")),
        "contractor": contractor,
        "amount": Money("500.00", "USD"),
        "status": WithdrawalStatus.PROCESSING,
        "origin": WithdrawalOrigin.SCHEDULE,
        "created_at": AT,
    }
    return Withdrawal(**usual | fields)


def a_payout(withdrawal: Withdrawal, **fields: Any) -> PaymentTransaction:
    """The operation that sends it."""
    usual: dict[str, Any] = {
        "id": TransactionId(new_id("ptx")),
        "payment": None,
        "withdrawal": withdrawal.id,
        "kind": TransactionKind.PAYOUT,
        "amount": withdrawal.amount,
        "party": withdrawal.contractor,
        "group": withdrawal.id,
        "destination": "acct_1",
        "created_at": AT,
    }
    return PaymentTransaction(**usual | fields)


def a_charge(listing: str = "lst_1", **fields: Any) -> PaymentTransaction:
    """The operation that sells an upgrade."""
    id = TransactionId(new_id("ptx"))
    usual: dict[str, Any] = {
        "id": id,
        "payment": None,
        "kind": TransactionKind.CHARGE,
        "amount": Money("249.00", "TRY"),
        "party": "cus_17",
        "group": id,
        "listing": listing,
        "premium_type": "gold",
        "days": 30,
        "success_url": "https://host.example/yes",
        "cancel_url": "https://host.example/no",
        "created_at": AT,
    }
    return PaymentTransaction(**usual | fields)


def an_upgrade(listing: str = "lst_1", **fields: Any) -> Upgrade:
    """A listing that is premium."""
    usual: dict[str, Any] = {
        "id": UpgradeId(new_id("upg")),
        "listing": listing,
        "premium_type": "gold",
        "customer": "cus_17",
        "expires_at": LATER,
        "created_at": AT,
    }
    return Upgrade(**usual | fields)


def a_chargeback(payment: Payment, **fields: Any) -> Chargeback:
    """A chargeback of half of a payment."""
    id = ChargebackId(new_id("chb"))
    usual: dict[str, Any] = {
        "id": id,
        "payment": payment.id,
        "customer": payment.customer,
        "contractor": payment.contractor,
        "gateway_id": f"dp_{id}",
        "amount": Money("500.00", "USD"),
        "reason": "fraudulent",
        "withdrawn": Money("400.00", "USD"),
        "covered": Money("300.00", "USD"),
        "reserved": Money("200.00", "USD"),
        "lost": Money("100.00", "USD"),
        "fee": Money("15.00", "USD"),
        "created_at": AT,
    }
    return Chargeback(**usual | fields)


def a_milestone(offer: Offer, position: int = 1, **fields: Any) -> Milestone:
    """A part of an offer, paid and submitted."""
    usual: dict[str, Any] = {
        "id": MilestoneId(new_id("mst")),
        "job": offer.job,
        "offer": offer.id,
        "customer": offer.customer,
        "contractor": offer.contractor,
        "position": position,
        "title": "Pfähle für 100 € ✓",
        "amount": Money("600.00", "USD"),
        "split": Commission().split(Money("600.00", "USD")),
        "due_at": LATER,
        "status": MilestoneStatus.SUBMITTED,
        "payment": offer.payment,
        "submitted_at": AT,
        "created_at": AT,
    }
    return Milestone(**usual | fields)


def a_plan() -> Plan:
    """Two parts of a price, and the split of the whole."""
    parts = (
        MilestonePlan("Pfähle für 100 € ✓", Money("600.00", "USD"), LATER),
        MilestonePlan('The "boards"', Money("400.00", "USD")),
    )
    return Plan(parts).frozen(Commission().split(Money("1000.00", "USD")))


def a_dispute(payment: Payment, **fields: Any) -> Dispute:
    """A dispute about a payment, before an administrator."""
    usual: dict[str, Any] = {
        "id": DisputeId(new_id("dsp")),
        "payment": payment.id,
        "job": payment.job,
        "customer": payment.customer,
        "contractor": payment.contractor,
        "opened_by": Role.CUSTOMER,
        "reason": "Half of the fence is missing",
        "at_stake": Money("900.00", "USD"),
        "status": DisputeStatus.UNDER_REVIEW,
        "respond_by": LATER,
        "responded_at": AT,
        "response": "Größe ✓",
        "customer_proposal": Money("500.00", "USD"),
        "created_at": AT,
    }
    return Dispute(**usual | fields)


def an_evidence(dispute: Dispute, **fields: Any) -> Evidence:
    """What a contractor has to show in it."""
    usual: dict[str, Any] = {
        "id": EvidenceId(new_id("evi")),
        "dispute": dispute.id,
        "by": dispute.contractor,
        "role": Role.CONTRACTOR,
        "url": "https://host.example/fence.jpg",
        "media_type": "image/jpeg",
        "sha256": "0a" * 32,
        "note": "The left half",
        "created_at": AT,
    }
    return Evidence(**usual | fields)


def an_adjustment(**fields: Any) -> Adjustment:
    """Goodwill that a second administrator has approved."""
    usual: dict[str, Any] = {
        "id": AdjustmentId(new_id("adj")),
        "owner": "ctr_42",
        "amount": Money("20.00", "USD"),
        "kind": AdjustmentKind.CREDIT,
        "reason": "Für die Größe ✓",
        "status": AdjustmentStatus.APPROVED,
        "proposed_by": "adm_1",
        "decided_by": "adm_2",
        "expires_at": LATER,
        "created_at": AT,
    }
    return Adjustment(**usual | fields)


def a_sale(upgrade: Upgrade, charge: PaymentTransaction, **fields: Any) -> Sale:
    """What was paid for an upgrade, and some of it was paid back."""
    usual: dict[str, Any] = {
        "id": SaleId(new_id("sal")),
        "upgrade": upgrade.id,
        "listing": upgrade.listing,
        "charge": charge.id,
        "customer": upgrade.customer,
        "amount": charge.amount,
        "days": 30,
        "starts_at": AT,
        "ends_at": LATER,
        "gateway_payment": "pi_sale",
        "refunded": Money.from_minor(1, charge.currency),
        "disputed": "dp_1 dp_2",
        "taken": "dp_1=100+1500 dp_2=0+0",
        "created_at": AT,
    }
    return Sale(**usual | fields)


def a_payer_account(customer: str = "cus_17", **fields: Any) -> PayerAccount:
    """The account that has a customer's cards."""
    id = PayerAccountId(new_id("pyr"))
    usual: dict[str, Any] = {
        "id": id,
        "customer": customer,
        "gateway_customer": f"cus_{id}",
        "created_at": AT,
    }
    return PayerAccount(**usual | fields)


def a_fee(payment: Payment | None = None, **fields: Any) -> ProcessorFee:
    """A fee that the gateway gave back."""
    id = ProcessorFeeId(new_id("fee"))
    usual: dict[str, Any] = {
        "id": id,
        "gateway_id": f"txn_{id}",
        "payment": payment.id if payment else None,
        "amount": Money("-29.30", "USD"),
        "created_at": AT,
    }
    return ProcessorFee(**usual | fields)


def an_incident(subject: str = "pay_1", **fields: Any) -> Incident:
    """Something to look at."""
    usual: dict[str, Any] = {
        "id": IncidentId(new_id("inc")),
        "kind": IncidentKind.FRAUD_WARNING,
        "subject": subject,
        "detail": "issfr_1",
        "created_at": AT,
    }
    return Incident(**usual | fields)


def a_webhook(delivery: str = "stripe::evt_1", **fields: Any) -> Webhook:
    """A webhook that was just stored."""
    usual: dict[str, Any] = {
        "id": WebhookId(new_id("whk")),
        "delivery": delivery,
        "event_type": "payment_intent.succeeded",
        "event": '{"id":"evt_1"}',
        "body": '{"id":"evt_1","object":"event","note":"Größe ✓"}',
        "created_at": AT,
    }
    return Webhook(**usual | fields)
