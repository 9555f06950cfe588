"""What the contract writes: a deal's entities with every field filled in, and their records."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from marketpay.domain.application import Application
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity, Living
from marketpay.domain.event import Event
from marketpay.domain.events import WalletCredited
from marketpay.domain.evidence import Evidence
from marketpay.domain.ids import (
    ApplicationId,
    JobId,
    OfferId,
    PaymentId,
    PayoutAccountId,
    RefundId,
    TransactionId,
    WalletId,
    new_id,
)
from marketpay.domain.job import Job
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.refund import Refund
from marketpay.domain.sale import Sale
from marketpay.domain.wallet import Wallet
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Store

E = TypeVar("E", bound=Entity)

AT = datetime(2026, 3, 29, 1, 30, 0, 123_456, tzinfo=UTC)
LATER = AT + timedelta(minutes=5)
PRICE = Money("1000.00", "USD")


def a_job(**fields: Any) -> Job:
    """An open job."""
    usual: dict[str, Any] = {
        "id": JobId(new_id("job")),
        "customer": "cus_17",
        "title": "Paint the fence",
        "description": "Both sides.",
        "currency": "USD",
        "created_at": AT,
    }
    return Job(**usual | fields)


def an_offer(job: Job, contractor: str = "ctr_42", **fields: Any) -> tuple[Offer, Payment]:
    """A pending offer and the payment behind it; `fields` are the offer's."""
    usual: dict[str, Any] = {
        "id": OfferId(new_id("off")),
        "job": job.id,
        "application": None,
        "customer": job.customer,
        "contractor": contractor,
        "price": PRICE,
        "message": "When can you start?",
        "payment": PaymentId(new_id("pay")),
        "created_at": AT,
    }
    offer = Offer(**usual | fields)
    payment = Payment(
        id=offer.payment,
        offer=offer.id,
        job=job.id,
        customer=job.customer,
        contractor=contractor,
        amount=offer.price,
        created_at=AT,
    )
    return offer, payment


def an_application(job: Job, contractor: str = "ctr_42", **fields: Any) -> Application:
    """A pending application."""
    usual: dict[str, Any] = {
        "id": ApplicationId(new_id("app")),
        "job": job.id,
        "customer": job.customer,
        "contractor": contractor,
        "message": "I have a brush.",
        "created_at": AT,
    }
    return Application(**usual | fields)


def a_transaction(payment: Payment, **fields: Any) -> PaymentTransaction:
    """A gateway operation that is due."""
    usual: dict[str, Any] = {
        "id": TransactionId(new_id("ptx")),
        "payment": payment.id,
        "kind": TransactionKind.AUTHORIZE,
        "amount": payment.amount,
        "party": payment.customer,
        "group": payment.job,
        "due_at": AT,
        "created_at": AT,
    }
    return PaymentTransaction(**usual | fields)


def an_account(contractor: str = "ctr_42", **fields: Any) -> PayoutAccount:
    """A payout account that the gateway has not opened yet."""
    id = PayoutAccountId(new_id("pac"))
    usual: dict[str, Any] = {"id": id, "contractor": contractor, "created_at": AT}
    return PayoutAccount(**usual | fields)


def a_refund(payment: Payment, **fields: Any) -> Refund:
    """A refund of the whole payment."""
    usual: dict[str, Any] = {
        "id": RefundId(new_id("ref")),
        "payment": payment.id,
        "customer": payment.customer,
        "amount": payment.amount,
        "created_at": AT,
    }
    return Refund(**usual | fields)


def a_wallet(owner: str = "ctr_42", currency: str = "USD") -> Wallet:
    """An empty wallet."""
    return Wallet.empty(WalletId(new_id("wal")), owner, currency, AT)


def fact(entity: Entity) -> Event:
    """Some event of this entity's; a store looks at none."""
    match entity:
        case Living() | Sale():
            return entity.begun(AT).event
        case PayerAccount():
            return entity.linked(AT).event
        case ProcessorFee():
            return entity.booked(AT).event
        case Evidence():
            return entity.added(AT).event
    assert isinstance(entity, Wallet)
    return WalletCredited(at=AT, wallet=entity.id, owner=entity.owner, amount=Money(1, "USD"))


def a_record(**fields: Any) -> JournalRecord:
    """A record with an attempt of its own."""
    usual: dict[str, Any] = {
        "attempt": secrets.token_hex(12),
        "at": AT,
        "actor": "cus_17",
        "role": "customer",
        "key": None,
        "command": "PostJob",
        "body": '{"title":"Paint the fence"}',
        "events": "[]",
        "result": '{"kind":"Job","ids":{},"operations":[]}',
        "error": None,
    }
    return JournalRecord(**usual | fields)


def deciding(*entities: Entity, **parts: Any) -> Decision[None]:
    """A decision that saves `entities`; `parts` are the others of a `Decision`."""
    return Decision(None, changes=[Change(entity, fact(entity)) for entity in entities], **parts)


def write(
    store: Store, *entities: Entity, record: JournalRecord | None = None, **parts: Any
) -> list[Any]:
    """Save `entities` in a transaction of its own, and give them back as they are kept."""
    decision = deciding(*entities, **parts)
    written = record or a_record()
    kept = store.run(lambda work: work.write(decision, written))
    return [kept[entity.id] for entity in entities]


def kept(store: Store, entity: E) -> E:
    """The entity as the store has it."""
    found: E = store.read(lambda records: records.get(type(entity), entity.id))
    return found


def ids(entities: Sequence[Entity]) -> list[str]:
    """Their ids, in their order."""
    return [entity.id for entity in entities]
