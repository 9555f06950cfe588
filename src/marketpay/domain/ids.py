"""Identities: prefixed, sortable strings (TypeID: UUIDv7 in base32), a type for each kind.

`job_01h455vb4pex5vsknk084sn02q` says in every log line what it is about, and mypy stops an
offer's id from posing as a job's.  People belong to the host: their ids are its own strings.
"""

from typing import Final, NewType

from marketpay.domain.errors import InvalidInput

JobId = NewType("JobId", str)
ApplicationId = NewType("ApplicationId", str)
OfferId = NewType("OfferId", str)
PaymentId = NewType("PaymentId", str)
TransactionId = NewType("TransactionId", str)
RefundId = NewType("RefundId", str)
PayoutAccountId = NewType("PayoutAccountId", str)
WalletId = NewType("WalletId", str)
WithdrawalId = NewType("WithdrawalId", str)
ChargebackId = NewType("ChargebackId", str)
AdjustmentId = NewType("AdjustmentId", str)
DisputeId = NewType("DisputeId", str)
EvidenceId = NewType("EvidenceId", str)
PayerAccountId = NewType("PayerAccountId", str)
IncidentId = NewType("IncidentId", str)
WebhookId = NewType("WebhookId", str)
ProcessorFeeId = NewType("ProcessorFeeId", str)
UpgradeId = NewType("UpgradeId", str)
MilestoneId = NewType("MilestoneId", str)
CreditId = NewType("CreditId", str)
CreditGrantId = NewType("CreditGrantId", str)
SaleId = NewType("SaleId", str)

PREFIXES: Final = {
    "Job": "job",
    "Application": "app",
    "Offer": "off",
    "Payment": "pay",
    "PaymentTransaction": "ptx",
    "Refund": "ref",
    "PayoutAccount": "pac",
    "Wallet": "wal",
    "Withdrawal": "wdr",
    "Chargeback": "chb",
    "Adjustment": "adj",
    "Dispute": "dsp",
    "Evidence": "evi",
    "PayerAccount": "pyr",
    "Incident": "inc",
    "Webhook": "whk",
    "ProcessorFee": "fee",
    "Upgrade": "upg",
    "Milestone": "mst",
    "Credit": "crd",
    "CreditGrant": "grt",
    "Sale": "sal",
}


def new_id(prefix: str) -> str:
    """A fresh TypeID, e.g. `job_01h455vb4pex5vsknk084sn02q`; later ones sort after earlier."""
    from typeid import TypeID  # imported late: `import marketpay` stays light

    return str(TypeID(prefix=prefix))


def check_id(field: str, value: object, kind: str) -> None:
    """Raise `InvalidInput` unless `value` is text with the prefix of `kind`'s ids."""
    prefix = PREFIXES[kind]
    is_text = isinstance(value, str) and value.isascii() and value.isprintable()
    if not is_text or not str(value).startswith(f"{prefix}_") or len(str(value)) > 90:
        raise InvalidInput(f"{value!r} is not the id of {kind} ({prefix}_...).", field)
