"""Races about a payment in dispute: exactly one has an effect, and the other is told why."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from marketpay import (
    AcceptSettlement,
    Actor,
    CancelJob,
    CompleteJob,
    Dispute,
    DisputeStatus,
    ExpireDispute,
    GetDispute,
    GetPayment,
    IllegalTransition,
    MarketpayError,
    Marketplace,
    MemoryStore,
    ProposeSettlement,
    Reason,
    Refused,
    Rules,
    SqlStore,
    WithdrawDispute,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.ports.store import Store
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import CONTRACTOR, CUSTOMER, books_are_right, in_progress, usd
from tests.delivery.test_races import at_once
from tests.disputes import disputed, resolving, under_review
from tests.hearing import rest

D = DisputeStatus
Doing = Callable[[], Any]
rounds = pytest.mark.parametrize("round", range(3))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = MemoryStore() if memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield store
    store.close()


@pytest.fixture
def market(store: Store, gateway: SimulatedGateway, clock: VirtualClock) -> Marketplace:
    return Marketplace(store=store, gateway=gateway, rules=Rules(now=clock))


def loser(*things: Doing) -> MarketpayError:
    """The error of the one that lost; there is exactly one."""
    [error] = [came for came in at_once(*things) if isinstance(came, MarketpayError)]
    return error


def status(market: Marketplace, dispute: Dispute) -> DisputeStatus:
    return market.query(GetDispute(dispute.id)).status


@rounds
def test_of_two_administrators_one_decides(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    dispute = under_review(market)
    one, two = resolving(dispute, "400", "600"), resolving(dispute, "300", "700")
    error = loser(lambda: market.execute(one), lambda: market.execute(two))

    assert isinstance(error, IllegalTransition)
    decided = market.query(GetDispute(dispute.id))
    payment = market.query(GetPayment(dispute.payment))
    assert payment.refunded == decided.to_customer
    assert payment.refunded in (one.to_customer, two.to_customer)
    assert gateway.effects(RefundPayment) == 1
    books_are_right(market, gateway)


@rounds
def test_a_decision_and_a_withdrawal_do_not_both_take_effect(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    dispute = under_review(market)
    error = loser(
        lambda: market.execute(resolving(dispute, "400", "600")),
        lambda: market.execute(WithdrawDispute(by=CUSTOMER, dispute=dispute.id)),
    )

    assert isinstance(error, IllegalTransition)
    is_decided = status(market, dispute) is D.RESOLVED
    payment = market.query(GetPayment(dispute.payment))
    assert (payment.is_released, payment.contested) == (is_decided, None)
    assert gateway.effects(RefundPayment) == is_decided
    books_are_right(market, gateway)


@rounds
def test_a_job_is_completed_or_disputed(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    deal = in_progress(market)
    error = loser(
        lambda: market.execute(CompleteJob(by=CUSTOMER, job=deal.job.id)),
        lambda: disputed(market, CONTRACTOR, deal),
    )

    payment = market.query(GetPayment(deal.payment.id))
    assert isinstance(error, Refused)
    assert error.reason is (Reason.NOT_DISPUTABLE if payment.is_released else Reason.DISPUTE_OPEN)
    assert (payment.contested is None) == payment.is_released
    books_are_right(market, gateway)


@rounds
def test_a_job_is_cancelled_or_disputed(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    deal = in_progress(market)
    cancelling = CancelJob(by=Actor.admin("adm_1"), job=deal.job.id)
    error = loser(lambda: market.execute(cancelling), lambda: disputed(market, CUSTOMER, deal))

    payment = market.query(GetPayment(deal.payment.id))
    assert isinstance(error, Refused)
    assert (payment.contested is None) == (payment.refunded == payment.amount)


@rounds
def test_both_sides_at_once_open_one_dispute(market: Marketplace, round: int) -> None:
    deal = in_progress(market)
    error = loser(*(lambda by=by: disputed(market, by, deal) for by in (CUSTOMER, CONTRACTOR)))

    assert isinstance(error, Refused)
    assert error.reason is Reason.DISPUTE_OPEN


@rounds
def test_an_agreement_and_the_deadline_divide_the_money_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, round: int
) -> None:
    dispute = under_review(market)
    proposing = ProposeSettlement(by=CONTRACTOR, dispute=dispute.id, to_customer=usd("250"))
    market.execute(proposing)
    clock.advance(days=14)
    accepting = AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=usd("250"))
    expiring = ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id)
    at_once(lambda: market.execute(accepting), lambda: market.execute(expiring), market.work)
    rest(market)

    ended = market.query(GetDispute(dispute.id))
    payment = market.query(GetPayment(dispute.payment))
    assert ended.status in (D.RESOLVED, D.EXPIRED)
    assert payment.refunded == ended.to_customer
    assert gateway.effects(RefundPayment) == 1
    books_are_right(market, gateway)
