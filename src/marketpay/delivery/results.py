"""What a command answers: entities, which the journal keeps by their ids."""

from __future__ import annotations

import json
from typing import Any

from marketpay.commands.base import Result
from marketpay.delivery import codec
from marketpay.domain.adjustment import Adjustment
from marketpay.domain.application import Application
from marketpay.domain.changing import changed
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.decision import Operation
from marketpay.domain.dispute import Dispute
from marketpay.domain.entity import Entity
from marketpay.domain.evidence import Evidence
from marketpay.domain.ids import PREFIXES
from marketpay.domain.incident import Incident
from marketpay.domain.job import Job
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.refund import Refund
from marketpay.domain.sale import Sale
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.wallet import Wallet
from marketpay.domain.webhook import Webhook
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.store import Reader

OPERATIONS: dict[str, type[Operation]] = {
    PREFIXES["PaymentTransaction"]: PaymentTransaction,
    PREFIXES["PayoutAccount"]: PayoutAccount,
}
KINDS: dict[str, type[Entity]] = {
    PREFIXES[kind.__name__]: kind
    for kind in (
        Job, Application, Offer, Payment, PaymentTransaction, Refund, PayoutAccount, Wallet,
        Withdrawal, Chargeback, PayerAccount, ProcessorFee, Upgrade, Incident, Webhook,
        Dispute, Evidence, Milestone, Credit, CreditGrant, Adjustment, Sale,
    )
}  # fmt: skip


def refresh(result: Any, saved: dict[str, Entity]) -> Any:
    """The result with its entities as they were saved."""
    newer: dict[str, Any] = {
        name: saved[entity.id]
        for name, entity in codec.entities_of(result).items()
        if entity.id in saved
    }
    if isinstance(result, Entity):
        return newer.get("", result)
    return changed(result, **newer) if newer else result


def reload(result: Any, read: Reader) -> Any:
    """The result with its entities as they stand in the store."""
    return rebuild(json.loads(codec.encode_result(result)), read)


def rebuild(said: dict[str, Any], read: Reader) -> Any:
    """The result of which the journal has the ids, as its entities stand now."""
    entities: dict[str, Any] = {
        name: read.get(KINDS[id.split("_")[0]], id) for name, id in said["ids"].items()
    }
    if said["kind"] in Result.kinds:
        return Result.kinds[said["kind"]](**entities)
    return entities.get("", said.get("value"))
