"""A quote says what cancelling would come to, and is what it comes to."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationQuote,
    CancellationTier,
    Commission,
    FlagPayment,
    Forbidden,
    IllegalTransition,
    InvalidInput,
    IssueRefund,
    JobStatus,
    MarketpayError,
    Marketplace,
    Money,
    NotFound,
    PayExtra,
    Payment,
    Refused,
    Rules,
    StartJob,
)
from marketpay.domain.ids import JobId
from marketpay.domain.limits import Limits
from marketpay.ports.gateway import Capture
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock, strategies
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    NONE_SUCH,
    OTHER_CUSTOMER,
    PRICE,
    RIVAL,
    assigned,
    books_are_right,
    completed,
    in_progress,
    nothing_changes,
    post,
    send,
    usd,
)

POLICY = CancellationPolicy(
    CancellationTier(stage=stage, to_customer="0.50", to_contractor="0.30")
    for stage in ("assigned", "in_progress")
)


def shown(quote: CancellationQuote) -> tuple[str, ...]:
    shares = quote.shares
    parts = (shares.to_customer, shares.to_contractor, shares.kept, quote.payout)
    return tuple(str(part.amount) for part in parts)


def test_a_quote_changes_nothing_and_is_what_is_booked(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=POLICY)
    accepted = assigned(market)
    with nothing_changes(market, gateway):
        quote = market.quote_cancellation(accepted.job, CUSTOMER)
        assert market.quote_cancellation(accepted.job.id, CUSTOMER) == quote

    assert shown(quote) == ("500.00", "300.00", "200.00", "210.00")
    assert (quote.job, quote.payment) == (accepted.job, accepted.payment)
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
    assert cancelled.refund is not None
    assert cancelled.refund.amount == quote.shares.to_customer
    assert market.wallet("ctr_42", "USD").available == quote.payout
    assert market.revenue("USD").total == PRICE - quote.shares.to_customer - quote.payout


@on_both_stores
def test_where_nothing_was_taken_nothing_is_divided(open_market: OpenMarket) -> None:
    market = open_market(cancellation=POLICY)
    sent = send(market)
    quote = market.quote_cancellation(sent.offer.job, CUSTOMER)

    assert (quote.payment, shown(quote)) == (None, ("0.00",) * 4)


@on_both_stores
def test_of_a_cancelled_job_nothing_more_is_divided(open_market: OpenMarket) -> None:
    market = open_market(cancellation=POLICY)
    job = assigned(market).job
    market.execute(CancelJob(by=CUSTOMER, job=job.id))

    assert shown(market.quote_cancellation(job, CUSTOMER)) == ("0.00",) * 4


def _accepting(market: Marketplace, gateway: SimulatedGateway) -> Any:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    return market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).job


def _flagged(market: Marketplace, _gateway: SimulatedGateway) -> Any:
    accepted = assigned(market)
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=accepted.payment.id, detail="issfr_1"))
    return accepted.job


@on_both_stores
@pytest.mark.parametrize(
    ("prepare", "by", "error"),
    [
        (lambda market, _: post(market), OTHER_CUSTOMER, Forbidden),
        (lambda market, _: assigned(market).job, RIVAL, Forbidden),
        (lambda market, _: in_progress(market).job, CUSTOMER, IllegalTransition),
        (lambda market, _: completed(market).job, ADMIN, IllegalTransition),
        (_accepting, CUSTOMER, Refused),
        (_flagged, CUSTOMER, Refused),
    ],
)
def test_what_cannot_be_cancelled_has_the_same_error_for_a_quote(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    prepare: Callable[[Marketplace, SimulatedGateway], Any],
    by: Actor,
    error: type[MarketpayError],
) -> None:
    market = open_market(cancellation=POLICY)
    job = prepare(market, gateway)
    with nothing_changes(market, gateway), pytest.raises(error) as of_quote:
        market.quote_cancellation(job, by)
    with pytest.raises(error) as of_command:
        market.execute(CancelJob(by=by, job=job.id))
    assert str(of_quote.value) == str(of_command.value)


@on_both_stores
def test_a_quote_is_of_a_job_and_for_an_actor(open_market: OpenMarket) -> None:
    market = open_market()
    with pytest.raises(NotFound):
        market.quote_cancellation(JobId(f"job_{NONE_SUCH}"), CUSTOMER)
    with pytest.raises(InvalidInput):
        market.quote_cancellation(JobId("pay_1"), CUSTOMER)
    with pytest.raises(TypeError):
        market.quote_cancellation(post(market), "cus_17")  # type: ignore[arg-type]


def test_fees_are_quoted_before_anything_is_offered(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    with nothing_changes(market, gateway):
        split = market.quote_fees(PRICE)
    assert assigned(market).payment.split == split


@st.composite
def policies(draw: st.DrawFn) -> CancellationPolicy:
    if draw(st.booleans()):
        return CancellationPolicy.keeping_platform_fee()
    to_customer = draw(strategies.rates())
    to_contractor = draw(strategies.rates(at_most=1 - to_customer))
    return CancellationPolicy(
        CancellationTier(stage=stage, to_customer=to_customer, to_contractor=to_contractor)
        for stage in (JobStatus.ASSIGNED, JobStatus.IN_PROGRESS)
    )


def _most(policy: CancellationPolicy, paid: Payment, step: int) -> Fraction:
    """The contractor's share as the policy says it, less the fees; rounded up generously."""
    rate, split = policy.tiers[0].to_contractor, paid.split
    assert split is not None
    exact = Fraction(rate) * paid.refundable.minor * split.payout.minor / split.price.minor
    return exact + 2 * step + 1


@settings(max_examples=60, deadline=None)
@given(
    policy=policies(),
    commission=strategies.commissions("USD"),
    steps=st.integers(1, 10**9),
    step=st.sampled_from([1, 100]),
    before=st.lists(st.integers(0, 100), max_size=3),
    is_started=st.booleans(),
)
def test_what_is_quoted_is_booked_and_everything_sums_to_the_price(
    policy: CancellationPolicy,
    commission: Commission,
    steps: int,
    step: int,
    before: list[int],
    is_started: bool,
) -> None:
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    rules = Rules(
        now=clock,
        commission=commission,
        cancellation=policy,
        limits=lambda _: Limits(step=step),
    )
    market = Marketplace(gateway=gateway, rules=rules)
    price = Money.from_minor(steps * step, "USD")
    accepted = assigned(market, price=price)
    if is_started:
        market.execute(StartJob(by=CONTRACTOR, job=accepted.job.id))
    left = steps
    for percent in before:
        refunded = left * percent // 100
        left -= refunded
        if refunded:
            amount = Money.from_minor(refunded * step, "USD")
            market.execute(IssueRefund(by=ADMIN, payment=accepted.payment.id, amount=amount))
    by = ADMIN if is_started else CUSTOMER
    quote = market.quote_cancellation(accepted.job, by)
    done = market.execute(CancelJob(by=by, job=accepted.job.id))

    paid, shares = done.payment, quote.shares
    assert paid is not None
    assert quote.payment is not None
    assert shares.total == quote.payment.refundable == Money.from_minor(left * step, "USD")
    assert (paid.refunded - quote.payment.refunded, paid.kept) == (shares.to_customer, shares.kept)
    assert paid.refunded + paid.kept + shares.to_contractor == price
    assert quote.payout <= shares.to_contractor
    assert _most(policy, quote.payment, step) >= quote.payout.minor
    assert market.wallet("ctr_42", "USD").total == quote.payout
    assert market.revenue("USD").total == price - paid.refunded - quote.payout
    books_are_right(market, gateway)


def test_extras_are_quoted_too(open_market: OpenMarket, gateway: SimulatedGateway) -> None:
    market = open_market(cancellation=POLICY)
    job = in_progress(market).job
    market.execute(PayExtra(by=CUSTOMER, job=job.id, amount=usd("100"), payment_method=GOOD))
    assert shown(market.quote_cancellation(job, ADMIN)) == ("550.00", "330.00", "220.00", "231.00")
    market.execute(CancelJob(by=ADMIN, job=job.id))
    assert market.wallet("ctr_42", "USD").available == usd("231")
    books_are_right(market, gateway)
