"""How things at the simulated processor stand, in the words of the gateway's port."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from marketpay.domain.errors import GatewayError
from marketpay.ports import gateway as port
from marketpay.ports.gateway import BalanceKind, ChargebackStanding, GatewayReply, Progress, Topic
from marketpay.testing import processor_values as sim
from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import DisputeStatus, Movement, PayoutStatus
from marketpay.testing.replies import account_state, money

PAGE: Final = 100  # changes of the balance
LINK_LASTS: Final = timedelta(minutes=5)
INSPECTED: Final[dict[Topic, type[sim.Made]]] = {
    Topic.REFUND: sim.Refund,
    Topic.TRANSFER: sim.Transfer,
    Topic.PAYOUT: sim.Payout,
    Topic.CHARGEBACK: sim.Dispute,
    Topic.ACCOUNT: sim.Account,
}
KINDS: Final = {
    Movement.CHARGE: BalanceKind.CHARGE,
    Movement.REFUND: BalanceKind.REFUND,
    Movement.REFUND_FAILURE: BalanceKind.REFUND_FAILURE,
    Movement.TRANSFER: BalanceKind.TRANSFER,
    Movement.TRANSFER_REVERSAL: BalanceKind.TRANSFER_REVERSAL,
    Movement.PAYOUT: BalanceKind.PAYOUT,
    Movement.PAYOUT_FAILURE: BalanceKind.PAYOUT,
    Movement.PAYOUT_CANCEL: BalanceKind.PAYOUT,
    Movement.DISPUTE: BalanceKind.CHARGEBACK,
    Movement.DISPUTE_REVERSAL: BalanceKind.CHARGEBACK_REVERSAL,
    Movement.TOP_UP: BalanceKind.OTHER,
}
SOURCES: Final[dict[Movement, type[sim.Made]]] = {
    Movement.CHARGE: sim.Charge,
    Movement.REFUND: sim.Refund,
    Movement.REFUND_FAILURE: sim.Refund,
    Movement.TRANSFER: sim.Transfer,
    Movement.TRANSFER_REVERSAL: sim.Reversal,
    Movement.PAYOUT: sim.Payout,
    Movement.PAYOUT_FAILURE: sim.Payout,
    Movement.PAYOUT_CANCEL: sim.Payout,
    Movement.DISPUTE: sim.Dispute,
    Movement.DISPUTE_REVERSAL: sim.Dispute,
}
STANDINGS: Final = {
    DisputeStatus.WARNING_NEEDS_RESPONSE: ChargebackStanding.INQUIRY,
    DisputeStatus.WARNING_UNDER_REVIEW: ChargebackStanding.INQUIRY,
    DisputeStatus.WARNING_CLOSED: ChargebackStanding.CLOSED,
    DisputeStatus.NEEDS_RESPONSE: ChargebackStanding.NEEDS_RESPONSE,
    DisputeStatus.UNDER_REVIEW: ChargebackStanding.UNDER_REVIEW,
    DisputeStatus.WON: ChargebackStanding.WON,
    DisputeStatus.LOST: ChargebackStanding.LOST,
}
PAYOUT_PROGRESS: Final = {
    PayoutStatus.PENDING: Progress.PENDING,
    PayoutStatus.IN_TRANSIT: Progress.PENDING,
    PayoutStatus.PAID: Progress.SUCCEEDED,
    PayoutStatus.FAILED: Progress.FAILED,
    PayoutStatus.CANCELED: Progress.CANCELED,
}


def inspect(processor: Processor, request: port.Inspect) -> GatewayReply:
    """How something stands, by its id and the account that has it."""
    kind = INSPECTED.get(request.topic)
    if kind is None:
        raise GatewayError(f"a {request.topic} cannot be inspected")
    found = processor.find(kind, request.gateway_id)
    if found is None or found.id != request.gateway_id:
        return port.NotThere()
    has_it = found.connected_account if isinstance(found, sim.Payout) else None
    if request.account != has_it and not isinstance(found, sim.Account):
        return port.NotThere()
    return _state(processor, found)


def balance_page(processor: Processor, request: port.ListBalance) -> port.BalancePage:
    """Some of what changed the platform's balance, the newest first."""
    found = processor.list_transactions(
        since=request.since, until=request.until, after=request.after, limit=PAGE + 1
    )
    changes = tuple([_change(processor, one) for one in found[:PAGE]])
    return port.BalancePage(changes=changes, next=found[PAGE - 1].id if found[PAGE:] else None)


def onboarding_link(processor: Processor, request: port.OnboardingLink) -> GatewayReply:
    """A page for the owner of an account."""
    account = processor.find(sim.Account, request.account)
    if account is None:
        return port.Declined(code="resource_missing")
    url = f"https://onboarding.invalid/{account.id}"
    return port.Link(url=url, expires_at=processor.now() + LINK_LASTS)


def _state(processor: Processor, record: sim.Made) -> GatewayReply:
    match record:
        case sim.Refund():
            return port.RefundState(
                gateway_id=record.id,
                payment=record.payment,
                amount=money(record.amount, record.currency),
                progress=Progress(record.status.value),
                reference=record.reference,
                failure=record.failure,
            )
        case sim.Transfer():
            return port.TransferState(
                gateway_id=record.id,
                account=record.account,
                amount=money(record.amount, record.currency),
                reversals=_reversals(processor, record),
                reference=record.reference,
            )
        case sim.Payout():
            return port.PayoutState(
                gateway_id=record.id,
                account=record.account,
                amount=money(record.amount, record.currency),
                progress=PAYOUT_PROGRESS[record.status],
                reference=record.reference,
                failure=record.failure,
            )
        case sim.Dispute():
            return _chargeback(record)
        case sim.Account():
            return account_state(record)
        case _:
            raise AssertionError(f"the port knows no state of a {type(record).__name__}")


def _reversals(processor: Processor, of: sim.Transfer) -> tuple[port.ReversalState, ...]:
    """What came back of a transfer, the oldest first."""
    return tuple(
        [
            port.ReversalState(
                gateway_id=one.id,
                amount=money(one.amount, one.currency),
                reference=one.reference,
            )
            for one in reversed(processor.find_all(sim.Reversal, of.id))
        ]
    )


def _chargeback(dispute: sim.Dispute) -> port.ChargebackState:
    return port.ChargebackState(
        gateway_id=dispute.id,
        payment=dispute.payment,
        amount=money(dispute.amount, dispute.currency),
        standing=STANDINGS[dispute.status],
        withdrawn=money(dispute.withdrawn, dispute.currency),
        fee=money(dispute.fee, dispute.currency),
        reason=dispute.reason,
        respond_by=dispute.respond_by if dispute.open else None,
    )


def _change(processor: Processor, booked: sim.BalanceTransaction) -> port.BalanceChange:
    kind = SOURCES.get(booked.movement)
    source = None if kind is None else processor.find(kind, booked.source)
    return port.BalanceChange(
        gateway_id=booked.id,
        kind=KINDS[booked.movement],
        amount=booked.amount,
        fee=booked.fee,
        currency=booked.currency,
        source=booked.source,
        payment=_payment_of(processor, source),
        reference=source.reference if source else None,
        at=booked.created,
    )


def _payment_of(processor: Processor, source: sim.Made | None) -> str | None:
    match source:
        case sim.Charge() | sim.Refund() | sim.Dispute():
            return source.payment
        case sim.Transfer(source=str(charge)):
            return _payment_of(processor, processor.find(sim.Charge, charge))
        case sim.Reversal(transfer=transfer):
            return _payment_of(processor, processor.find(sim.Transfer, transfer))
        case _:
            return None
