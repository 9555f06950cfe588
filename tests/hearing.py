"""Hearing what the simulated gateway has to tell, and telling what a network might say."""

from collections.abc import Iterable
from datetime import datetime

from marketpay import (
    Actor,
    Chargeback,
    ChargebackStanding,
    ChargebackState,
    GetPayment,
    Incident,
    IncidentKind,
    ListIncidents,
    Marketplace,
    Payment,
    Received,
    SettleChargeback,
)
from marketpay.testing import SimulatedGateway
from marketpay.testing.webhooks import Webhook
from tests.deals import usd

ENOUGH = 50  # calls of `work()` after which it should have come to rest


def rest(market: Marketplace) -> None:
    """Work until there is nothing more to do now."""
    for _ in range(ENOUGH):
        if not market.work():
            return
    raise AssertionError("there is always more to do")


def receive(market: Marketplace, webhooks: Iterable[Webhook], **how: bool) -> list[Received]:
    """What becomes of each webhook."""
    return [market.receive(one.payload, one.headers, **how) for one in webhooks]


def hear(market: Marketplace, gateway: SimulatedGateway) -> list[Received]:
    """Receive all that the gateway tells, in order, and do what follows."""
    received: list[Received] = []
    while True:
        told = gateway.webhooks()
        received += receive(market, told)
        rest(market)
        if not told:
            return received


def stated(
    market: Marketplace,
    payment: Payment,
    standing: str,
    withdrawn: str = "0",
    *,
    fee: str = "0",
    id: str = "dp_1",
    amount: str = "1000",
    respond_by: datetime | None = None,
) -> ChargebackState:
    """How a chargeback of a payment stands."""
    gateway_payment = market.query(GetPayment(payment.id)).gateway_payment
    assert gateway_payment is not None
    return ChargebackState(
        gateway_id=id,
        payment=gateway_payment,
        amount=usd(amount),
        standing=ChargebackStanding(standing),
        withdrawn=usd(withdrawn),
        fee=usd(fee),
        reason="fraudulent",
        respond_by=respond_by,
    )


def tell(market: Marketplace, state: ChargebackState) -> Chargeback:
    """The chargeback once its state is known."""
    settled = market.execute(SettleChargeback(by=Actor.SYSTEM, state=state))
    assert settled is not None
    return settled


def incidents(market: Marketplace, kind: IncidentKind) -> list[Incident]:
    """All of one kind, the newest first."""
    found = market.query(ListIncidents(limit=500)).items
    return [one for one in found if one.kind is kind]
