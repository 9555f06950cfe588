"""One entity of every kind, with a value in every field that can have one."""

from __future__ import annotations

from attrs import evolve

from marketpay.domain.commission import Commission
from marketpay.domain.entity import Entity
from marketpay.domain.ids import DisputeId
from marketpay.domain.lifecycles import OfferStatus, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import TransactionKind
from marketpay.testing.store_contract.further_samples import (
    a_charge,
    a_chargeback,
    a_dispute,
    a_fee,
    a_milestone,
    a_payer_account,
    a_payout,
    a_plan,
    a_sale,
    a_webhook,
    a_withdrawal,
    an_adjustment,
    an_evidence,
    an_incident,
    an_upgrade,
)
from marketpay.testing.store_contract.samples import (
    AT,
    LATER,
    PRICE,
    a_job,
    a_refund,
    a_transaction,
    a_wallet,
    an_account,
    an_application,
    an_offer,
)


def everything() -> list[Entity]:
    """A deal, and all that can come of it."""
    deal = a_full_deal()
    [payment] = [one for one in deal if isinstance(one, Payment)]
    withdrawal = a_withdrawal(gateway_payout="po_1", failure="balance_insufficient", attempts=2)
    chargeback = a_chargeback(payment, respond_by=LATER)
    dispute = a_dispute(payment)
    charge, upgrade = a_charge(), an_upgrade()
    webhook = a_webhook(due_at=LATER, sent_at=AT, failure="Traceback", attempts=4)
    return [
        *deal,
        withdrawal,
        a_payout(withdrawal, gateway_id="po_1"),
        chargeback,
        dispute,
        an_evidence(dispute),
        charge,
        upgrade,
        a_sale(upgrade, charge),
        an_adjustment(),
        a_payer_account(),
        a_fee(payment),
        an_incident(note="Called the bank."),
        webhook,
    ]


def a_full_deal() -> list[Entity]:
    """A job that was done and paid for, with its offer, operations and account."""
    job = a_job(contractor="ctr_42")
    application = an_application(job)
    offer, pending = an_offer(
        job,
        application=application.id,
        status=OfferStatus.ACCEPTED,
        expires_at=LATER,
        plan=a_plan(),
    )
    payment = _released(pending)
    account = an_account(
        country="FR", gateway_account=f"acct_{payment.id}", due_at=LATER, sent_at=AT
    )
    wallet = evolve(
        a_wallet(),
        pending=Money("1.00", "USD"),
        available=Money("700.00", "USD"),
        reserved=Money("2.00", "USD"),
        receivable=Money("0.50", "USD"),
    )
    milestone = a_milestone(offer)
    return [job, application, offer, payment, milestone, *_operations(payment), account, wallet]


def _released(payment: Payment) -> Payment:
    return evolve(
        payment,
        status=PaymentStatus.RELEASED,
        split=Commission().split(PRICE),
        gateway_payment=f"pi_{payment.id}",
        gateway_charge=f"ch_{payment.id}",
        authorization_expires_at=LATER,
        failure="card_declined",
        refunded=Money("0.01", "USD"),
        disputed=Money("0.02", "USD"),
        lost=Money("0.03", "USD"),
        released_at=LATER,
        withheld=Money("0.04", "USD"),
        transferring=Money("99.96", "USD"),
        transferred=Money("600.00", "USD"),
        transfer_blocked="onboarding",
        flagged="fraud_warning",
        contested=DisputeId("dsp_1"),
    )


def _operations(payment: Payment) -> list[Entity]:
    refund = a_refund(payment, gateway_id="re_1", failure="expired_card", reason="too late")
    first = a_transaction(
        payment, method="pm_1", payer="cus_A", gateway_id="pi_1", attempts=3, sent_at=AT
    )
    second = a_transaction(
        payment,
        kind=TransactionKind.REFUND,
        refund=refund.id,
        target="pi_1",
        destination="acct_1",
        retry_of=first.id,
        failure="expired_card",
        settled_at=LATER,
    )
    return [refund, first, second]
