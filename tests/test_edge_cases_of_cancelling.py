"""Edge cases of cancelling and of changed fees, each by its number in the list."""

from typing import Any

import pytest

from marketpay import (
    AcceptCancellation,
    AcceptOffer,
    AccountKind,
    Actor,
    BookProcessorFee,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    Commission,
    CompleteJob,
    GetPayment,
    IllegalTransition,
    JobStatus,
    PaymentStatus,
    ProposeCancellation,
    StartJob,
)
from marketpay.testing import SimulatedGateway
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    assigned,
    balance,
    books_are_right,
    in_progress,
    nothing_changes,
    send,
    usd,
)


@pytest.mark.edge(12)
@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR, ADMIN], ids=str)
def test_before_the_start_the_customer_gets_everything_back_but_the_processors_fee(
    open_market: OpenMarket, gateway: SimulatedGateway, by: Actor
) -> None:
    market = open_market()
    accepted = assigned(market)
    fee = BookProcessorFee(
        by=Actor.SYSTEM, gateway_id="txn_1", amount=usd("29.30"), payment=accepted.payment.id
    )
    market.execute(fee)
    cancelled = market.execute(CancelJob(by=by, job=accepted.job.id))

    assert cancelled.payment is not None
    assert (cancelled.payment.status, cancelled.payment.refunded) == (PaymentStatus.REFUNDED, PRICE)
    assert market.revenue("USD").total == usd("0")
    assert balance(market, AccountKind.PROCESSOR_FEE) == usd("29.30")
    assert balance(market, AccountKind.ESCROW) == usd("0")
    assert market.verify().ok


@pytest.mark.edge(12)
def test_before_the_start_the_platform_can_keep_its_fee(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=CancellationPolicy.keeping_platform_fee())
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=assigned(market).job.id))

    assert cancelled.refund is not None
    assert cancelled.refund.amount == usd("900")
    assert market.revenue("USD").total == gateway.balance("USD") == usd("100")
    assert market.wallet("ctr_42", "USD").total == usd("0")
    books_are_right(market, gateway)


TIERS = CancellationPolicy(
    [CancellationTier(stage=JobStatus.IN_PROGRESS, to_customer="0.40", to_contractor="0.50")]
)


@pytest.mark.edge(13)
@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR], ids=str)
def test_work_under_way_is_not_cancelled_by_one_side(
    open_market: OpenMarket, gateway: SimulatedGateway, by: Actor
) -> None:
    market = open_market(cancellation=TIERS)
    job = in_progress(market).job
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(CancelJob(by=by, job=job.id))


@pytest.mark.edge(13)
@pytest.mark.parametrize("by", ["both", "admin"])
def test_work_under_way_is_cancelled_by_both_or_an_administrator_and_divided_by_the_policy(
    open_market: OpenMarket, gateway: SimulatedGateway, by: str
) -> None:
    market = open_market(cancellation=TIERS)
    job = in_progress(market).job
    command: Any = CancelJob(by=ADMIN, job=job.id)
    if by == "both":
        market.execute(ProposeCancellation(by=CONTRACTOR, job=job.id))
        command = AcceptCancellation(by=CUSTOMER, job=job.id, to_customer=usd("400"))
    cancelled = market.execute(command)

    assert cancelled.job.status is JobStatus.CANCELLED
    assert cancelled.refund.amount == usd("400")
    assert market.wallet("ctr_42", "USD").available == usd("350")
    assert market.revenue("USD").total == usd("250")
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


@pytest.mark.edge(33)
def test_what_was_accepted_stands_when_the_fees_change_and_the_quote_shows_the_difference(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    quoted = market.quote_fees(PRICE)
    sent = send(market)
    market = open_market(commission=Commission("0.15", "0.25"))
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    split = accepted.payment.split
    assert split is not None
    assert split == market.quote_fees(PRICE)
    assert quoted.payout - split.payout == usd("100")
    market = open_market(commission=Commission("0.20", "0.30"))
    assert market.quote_fees(PRICE).payout == usd("500")
    assert market.query(GetPayment(accepted.payment.id)).split == split
    market.execute(StartJob(by=CONTRACTOR, job=accepted.job.id))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))

    assert market.wallet("ctr_42", "USD").available == split.payout == usd("600")
    assert market.revenue("USD").total == split.commission == usd("400")
    books_are_right(market, gateway)


@pytest.mark.edge(33)
def test_a_cancellation_divides_by_the_accepted_split_whatever_the_fees_are_now(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    accepted = in_progress(market)
    market = open_market(commission=Commission("0.50", "0.50"), cancellation=TIERS)
    quote = market.quote_cancellation(accepted.job, ADMIN)
    market.execute(CancelJob(by=ADMIN, job=accepted.job.id))

    assert quote.payout == market.wallet("ctr_42", "USD").available == usd("350")
    books_are_right(market, gateway)
