"""Stored webhooks that are given up, and applied again."""

import json
from typing import Any

import pytest

from marketpay import (
    Actor,
    BuryWebhook,
    ClearPayment,
    Forbidden,
    GetWebhook,
    IncidentKind,
    ListWebhooks,
    Marketplace,
    NotFound,
    PaymentStatus,
    ReplayWebhook,
    Webhook,
    WebhookStatus,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.webhooks import SECRET, sealed
from tests.conftest import on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    ASKING,
    EVERYBODY,
    NONE_SUCH,
    assigned,
    books_are_right,
    heard,
    nothing_changes,
    now,
    send,
)
from tests.hearing import hear, incidents, receive, rest

W = WebhookStatus


def early(market: Marketplace, clock: VirtualClock) -> Webhook:
    """A webhook that waits for a row that never comes."""
    body = {
        "id": "evt_1",
        "type": "charge.succeeded",
        "created": clock().isoformat(),
        "account": None,
        "subject": "pi_1",
        "reference": f"ptx_{NONE_SUCH}",
        "payment": None,
    }
    told = sealed(json.dumps(body).encode(), secret=SECRET, now=clock())
    [received] = receive(market, [told])
    return market.query(GetWebhook(received.id))


@pytest.mark.covers("A156")
def test_one_that_waits_is_buried_with_an_incident(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    webhook = early(market, clock)
    assert webhook.status is W.DEFERRED
    with heard(market) as told:
        dead = market.execute(BuryWebhook(by=Actor.SYSTEM, webhook=webhook.id, failure="a bug"))

    assert (dead.status, dead.due_at, dead.failure) == (W.DEAD, None, "a bug")
    assert told.names == ["webhook.died", "incident.raised"]
    with nothing_changes(market, gateway):
        assert market.execute(BuryWebhook(by=Actor.SYSTEM, webhook=webhook.id)) == dead
    assert len(incidents(market, IncidentKind.WEBHOOK_DEAD)) == 1


def test_one_that_is_applied_is_not_buried(market: Marketplace, gateway: SimulatedGateway) -> None:
    send(market)
    hear(market, gateway)
    for webhook in market.query(ListWebhooks()).items:
        with nothing_changes(market, gateway):
            assert market.execute(BuryWebhook(by=Actor.SYSTEM, webhook=webhook.id)) == webhook


@pytest.mark.parametrize("by", [a for a in EVERYBODY if a.role != "system"], ids=lambda a: a.id)
@on_one_store
def test_nobody_but_the_system_buries(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    webhook = early(market, clock)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(BuryWebhook(by=by, webhook=webhook.id))


@pytest.mark.parametrize("by", [a for a in EVERYBODY if a != ADMIN], ids=lambda a: a.id)
@on_one_store
def test_nobody_but_an_administrator_replays(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by: Actor
) -> None:
    webhook = early(market, clock)
    market.execute(BuryWebhook(by=Actor.SYSTEM, webhook=webhook.id))
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(ReplayWebhook(by=by, webhook=webhook.id))
    assert now(market, webhook).status is W.DEAD


@pytest.mark.covers("A156")
def test_a_dead_one_is_applied_once_what_was_missing_is_there(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = send(market, payment_method=ASKING).payment
    gateway.webhooks()
    gateway.confirm(payment)
    [received, *_] = receive(market, gateway.webhooks(), at_once=False)
    market.execute(BuryWebhook(by=Actor.SYSTEM, webhook=received.id))
    with heard(market) as told:
        again = market.execute(ReplayWebhook(by=ADMIN, webhook=received.id))
    assert told.names == ["webhook.replayed"]
    assert (again.status, again.attempts, again.due_at) == (W.RECEIVED, 0, clock())
    with heard(market) as told:
        assert market.execute(ReplayWebhook(by=ADMIN, webhook=received.id)) == again
    assert told.names == []
    rest(market)

    assert market.query(GetWebhook(received.id)).status is W.APPLIED
    assert now(market, payment).status is PaymentStatus.AUTHORIZED


def test_one_that_waits_already_is_not_replayed(market: Marketplace, clock: VirtualClock) -> None:
    webhook = early(market, clock)
    with heard(market) as told:
        assert market.execute(ReplayWebhook(by=ADMIN, webhook=webhook.id)) == webhook
    assert told.names == []


def test_replaying_all_of_them_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = assigned(market).payment
    gateway.lose(gateway.dispute(payment).id)
    hear(market, gateway)
    before = now(market, payment)
    for webhook in market.query(ListWebhooks(limit=500)).items:
        market.execute(ReplayWebhook(by=ADMIN, webhook=webhook.id))
    rest(market)

    assert now(market, payment) == before
    statuses = {one.status for one in market.query(ListWebhooks(limit=500)).items}
    assert statuses <= {W.APPLIED, W.IGNORED}
    assert len(incidents(market, IncidentKind.CHARGEBACK)) == 1
    books_are_right(market, gateway)


@on_both_stores
def test_replaying_does_not_flag_again_what_was_cleared(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = send(market).payment
    gateway.capture_elsewhere(payment)
    hear(market, gateway)
    market.execute(ClearPayment(by=ADMIN, payment=payment.id))
    for webhook in market.query(ListWebhooks(limit=500)).items:
        market.execute(ReplayWebhook(by=ADMIN, webhook=webhook.id))
    rest(market)

    assert now(market, payment).flagged is None
    assert len(incidents(market, IncidentKind.CAPTURED_ELSEWHERE)) == 1


def test_what_is_not_there_cannot_be_replayed(market: Marketplace) -> None:
    missing: Any = f"whk_{NONE_SUCH}"
    with pytest.raises(NotFound):
        market.execute(ReplayWebhook(by=ADMIN, webhook=missing))
