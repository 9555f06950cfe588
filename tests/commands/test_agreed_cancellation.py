"""Calling off a job in progress: one side proposes, the other agrees, and the money is divided."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay import (
    AcceptCancellation,
    AccountKind,
    Actor,
    CancelJob,
    CancellationPolicy,
    CancellationTier,
    Commission,
    CompleteJob,
    CurrencyMismatch,
    DeclineCancellation,
    FlagPayment,
    Forbidden,
    GetJob,
    IllegalTransition,
    IssueRefund,
    Job,
    JobStatus,
    Marketplace,
    Money,
    MoneyError,
    PayExtra,
    ProposeCancellation,
    Reason,
    Refused,
    Rules,
)
from marketpay.domain.limits import Limits
from marketpay.testing import SimulatedGateway, VirtualClock, strategies
from tests.conftest import OpenMarket, on_both_stores
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    OTHER_CUSTOMER,
    PRICE,
    RIVAL,
    SERVICE,
    assigned,
    balance,
    books_are_right,
    completed,
    everything,
    heard,
    in_progress,
    nothing_changes,
    now,
    post,
    usd,
)
from tests.hearing import hear

SIDES = [(CUSTOMER, CONTRACTOR), (CONTRACTOR, CUSTOMER)]
POLICY = CancellationPolicy(
    [CancellationTier(stage="in_progress", to_customer="0.50", to_contractor="0.30")]
)


def propose(market: Marketplace, job: Job, by: Actor, amount: Money | None = None) -> Job:
    return market.execute(ProposeCancellation(by=by, job=job.id, to_customer=amount))


def accept(market: Marketplace, job: Job, by: Actor, amount: Money | None = None) -> Any:
    return market.execute(AcceptCancellation(by=by, job=job.id, to_customer=amount))


def decline(market: Marketplace, job: Job, by: Actor) -> Job:
    return market.execute(DeclineCancellation(by=by, job=job.id))


def proposal(market: Marketplace, job: Job) -> tuple[str | None, Money | None]:
    found = market.query(GetJob(job.id))
    return found.cancellation_by, found.cancellation_to_customer


def refusal(market: Marketplace, gateway: SimulatedGateway, command: Any) -> Reason:
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(command)
    return refused.value.reason


@pytest.mark.parametrize(("one", "other"), SIDES, ids=str)
def test_what_both_sides_agree_on_is_what_they_get(
    market: Marketplace, gateway: SimulatedGateway, one: Actor, other: Actor
) -> None:
    job = in_progress(market).job
    with heard(market) as told:
        proposed = propose(market, job, one, usd("600"))
    assert told.names == ["job.cancellation_proposed"]
    assert proposal(market, job) == (one.role.value, usd("600"))
    assert proposed == market.query(GetJob(job.id))
    cancelled = accept(market, job, other, usd("600"))

    assert cancelled.job.status is JobStatus.CANCELLED
    assert (cancelled.refund.amount, cancelled.payment.kept) == (usd("600"), usd("0"))
    assert proposal(market, job) == (one.role.value, usd("600"))
    assert market.wallet("ctr_42", "USD").available == usd("280")
    assert market.revenue("USD").total == usd("120")
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("amount", ["0", "0.01", "999.99", "1000"])
def test_any_part_can_be_agreed_on(
    open_market: OpenMarket, gateway: SimulatedGateway, amount: str
) -> None:
    market = open_market()
    job = in_progress(market).job
    propose(market, job, CUSTOMER, usd(amount))
    cancelled = accept(market, job, CONTRACTOR, usd(amount))

    assert cancelled.payment.refunded == usd(amount)
    assert gateway.balance("USD") == PRICE - usd(amount)
    books_are_right(market, gateway)


@on_both_stores
def test_without_an_amount_it_is_what_the_policy_gives(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    job = in_progress(market).job
    assert propose(market, job, CONTRACTOR).cancellation_to_customer == PRICE
    market = open_market(cancellation=POLICY)
    assert propose(market, job, CONTRACTOR).cancellation_to_customer == usd("500")
    cancelled = accept(market, job, CUSTOMER)

    assert (cancelled.refund.amount, cancelled.payment.kept) == (usd("500"), usd("200"))
    assert market.wallet("ctr_42", "USD").available == usd("210")
    books_are_right(market, gateway)


@on_both_stores
def test_what_the_policy_gives_the_platform_is_not_for_the_two_to_divide(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(cancellation=POLICY)
    job = in_progress(market).job
    too_much = ProposeCancellation(by=CUSTOMER, job=job.id, to_customer=usd("800.01"))
    assert refusal(market, gateway, too_much) is Reason.NOT_REFUNDABLE
    propose(market, job, CUSTOMER, usd("800"))
    cancelled = accept(market, job, CONTRACTOR, usd("800"))

    assert (cancelled.refund.amount, cancelled.payment.kept) == (usd("800"), usd("200"))
    assert market.wallet("ctr_42", "USD").total == usd("0")
    books_are_right(market, gateway)


@on_both_stores
def test_nobody_accepts_what_they_have_not_seen(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    job = in_progress(market).job
    propose(market, job, CUSTOMER, usd("600"))
    propose(market, job, CUSTOMER, usd("900"))
    for seen in (usd("600"), None):
        command = AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=seen)
        assert refusal(market, gateway, command) is Reason.PROPOSAL_CHANGED
    decline(market, job, CUSTOMER)
    command = AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=usd("900"))
    assert refusal(market, gateway, command) is Reason.PROPOSAL_CHANGED


@on_both_stores
def test_nobody_accepts_their_own_proposal(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    job = in_progress(market).job
    for one, other in SIDES:
        propose(market, job, one, usd("600"))  # takes the place of the other's
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            accept(market, job, one, usd("600"))
        assert proposal(market, job)[0] != other.role.value


@on_both_stores
@pytest.mark.parametrize("by", [OTHER_CUSTOMER, RIVAL, ADMIN, SERVICE, Actor.SYSTEM], ids=str)
def test_it_is_between_the_two_sides(
    open_market: OpenMarket, gateway: SimulatedGateway, by: Actor
) -> None:
    market = open_market()
    job = in_progress(market).job
    propose(market, job, CUSTOMER, usd("600"))
    for command in (
        ProposeCancellation(by=by, job=job.id),
        AcceptCancellation(by=by, job=job.id, to_customer=usd("600")),
        DeclineCancellation(by=by, job=job.id),
    ):
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(command)


@on_both_stores
@pytest.mark.parametrize("by", [CUSTOMER, CONTRACTOR], ids=str)
def test_either_side_ends_a_proposal_and_the_work_goes_on(
    open_market: OpenMarket, gateway: SimulatedGateway, by: Actor
) -> None:
    market = open_market()
    job = in_progress(market).job
    propose(market, job, CUSTOMER)
    with heard(market) as told:
        declined = decline(market, job, by)
        again = decline(market, job, by)

    assert told.names == ["job.cancellation_declined"]
    assert declined == again
    assert proposal(market, job) == (None, None)
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    books_are_right(market, gateway)


@on_both_stores
def test_repeating_what_was_said_has_no_effect(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    job = in_progress(market).job
    proposed = propose(market, job, CUSTOMER, usd("600"))
    before = everything(market)
    assert propose(market, job, CUSTOMER, usd("600")) == proposed
    assert everything(market) == before
    accepted = accept(market, job, CONTRACTOR, usd("600"))
    before, calls = everything(market), gateway.calls
    assert accept(market, job, CONTRACTOR, usd("600")) == accepted
    assert (everything(market), gateway.calls) == (before, calls)
    other = AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=usd("1"))
    assert refusal(market, gateway, other) is Reason.PROPOSAL_CHANGED


@on_both_stores
@pytest.mark.parametrize("end", [CompleteJob, CancelJob])
def test_the_end_of_a_job_takes_its_proposal_along(open_market: OpenMarket, end: Any) -> None:
    market = open_market()
    job = in_progress(market).job
    propose(market, job, CONTRACTOR, usd("600"))
    market.execute(end(by=ADMIN, job=job.id))

    assert proposal(market, job) == (None, None)


@on_both_stores
@pytest.mark.parametrize("stage", [post, lambda market: assigned(market).job, completed])
def test_only_work_under_way_is_called_off_so(
    open_market: OpenMarket, gateway: SimulatedGateway, stage: Any
) -> None:
    market = open_market()
    found = stage(market)
    job: Job = found if isinstance(found, Job) else found.job
    for command in (
        ProposeCancellation(by=CUSTOMER, job=job.id),
        AcceptCancellation(by=CUSTOMER, job=job.id),
        DeclineCancellation(by=CUSTOMER, job=job.id),
    ):
        with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
            market.execute(command)


@pytest.mark.parametrize("meanwhile", ["an extra", "a refund"])
def test_nobody_agrees_to_divide_what_has_changed_since(
    market: Marketplace, gateway: SimulatedGateway, meanwhile: str
) -> None:
    accepted = in_progress(market)
    job = accepted.job
    propose(market, job, CUSTOMER, usd("300"))
    if meanwhile == "an extra":
        extra = PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD)
        market.execute(extra)
    else:
        market.execute(IssueRefund(by=ADMIN, payment=accepted.payment.id, amount=usd("50")))
    command = AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=usd("300"))
    assert refusal(market, gateway, command) is Reason.PROPOSAL_CHANGED

    propose(market, job, CUSTOMER, usd("300"))
    assert accept(market, job, CONTRACTOR, usd("300")).job.status is JobStatus.CANCELLED
    books_are_right(market, gateway)


@on_both_stores
def test_nobody_agrees_to_what_the_policy_keeps_only_since_then(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    later = CancellationTier(
        stage="in_progress", to_customer="0.2", to_contractor="0.4", after=timedelta(days=3)
    )
    market = open_market(cancellation=CancellationPolicy([later]))
    job = in_progress(market).job
    proposed = propose(market, job, CONTRACTOR, usd("400"))
    assert proposed.cancellation_kept == usd("0")
    clock.advance(days=3)
    command = AcceptCancellation(by=CUSTOMER, job=job.id, to_customer=usd("400"))
    assert refusal(market, gateway, command) is Reason.PROPOSAL_CHANGED

    assert propose(market, job, CONTRACTOR, usd("400")).cancellation_kept == usd("400")
    accept(market, job, CUSTOMER, usd("400"))
    assert market.wallet("ctr_42", "USD").available == usd("140")
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize(("sum", "parts"), [("30", ("0", "30")), ("1020", ("970", "50"))])
def test_the_sum_is_of_all_that_is_held_extras_first(
    open_market: OpenMarket, gateway: SimulatedGateway, sum: str, parts: tuple[str, str]
) -> None:
    market = open_market()
    accepted = in_progress(market)
    job = accepted.job
    pay = PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD)
    extra = market.execute(pay).payment
    propose(market, job, CUSTOMER, usd(sum))
    command = AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=usd(sum))
    first = market.execute(command)
    payments = (accepted.payment, extra)
    assert [now(market, one).refunded for one in payments] == [usd(one) for one in parts]
    again = market.execute(command)
    assert (again.job, again.refund) == (first.job, first.refund)
    books_are_right(market, gateway)


@on_both_stores
def test_what_is_left_of_the_deal_is_the_most_that_can_be_agreed_on(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    job = in_progress(market).job
    market.execute(PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD))
    too_much = ProposeCancellation(by=CUSTOMER, job=job.id, to_customer=usd("1050.01"))
    assert refusal(market, gateway, too_much) is Reason.NOT_REFUNDABLE
    assert propose(market, job, CUSTOMER).cancellation_to_customer == usd("1050")


@on_both_stores
def test_an_administrator_s_cancellation_is_no_agreement(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    job = in_progress(market).job
    propose(market, job, CUSTOMER, usd("600"))
    market.execute(CancelJob(by=ADMIN, job=job.id))
    assert proposal(market, job) == (None, None)
    command = AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=usd("600"))
    assert refusal(market, gateway, command) is Reason.PROPOSAL_CHANGED


@on_both_stores
def test_what_was_refunded_meanwhile_is_no_longer_to_be_divided(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    accepted = in_progress(market)
    job, refunding = accepted.job, accepted.payment.id
    propose(market, job, CUSTOMER, usd("600"))
    market.execute(IssueRefund(by=ADMIN, payment=refunding, amount=usd("500")))
    command = AcceptCancellation(by=CONTRACTOR, job=job.id, to_customer=usd("600"))
    assert refusal(market, gateway, command) is Reason.PROPOSAL_CHANGED
    propose(market, job, CUSTOMER, usd("500"))
    accept(market, job, CONTRACTOR, usd("500"))

    assert gateway.balance("USD") == usd("0")
    books_are_right(market, gateway)


@on_both_stores
def test_amounts_that_cannot_be_are_told_apart(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(limits=lambda _: Limits(step=100))
    job = in_progress(market).job
    kinds: tuple[Any, ...] = (ProposeCancellation, AcceptCancellation)
    for kind in kinds:
        with pytest.raises(MoneyError):
            kind(by=CUSTOMER, job=job.id, to_customer=usd("-1"))
        with pytest.raises(TypeError):
            kind(by=CUSTOMER, job=job.id, to_customer=600)
        with nothing_changes(market, gateway), pytest.raises(CurrencyMismatch):
            market.execute(kind(by=CUSTOMER, job=job.id, to_customer=Money("1", "EUR")))
    for amount, error in (("600.50", MoneyError), ("1000.01", MoneyError), ("1001", Refused)):
        with nothing_changes(market, gateway), pytest.raises(error):
            propose(market, job, CUSTOMER, usd(amount))


@on_both_stores
def test_a_payment_that_its_bank_disputes_is_not_divided(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    accepted = in_progress(market)
    propose(market, accepted.job, CUSTOMER, usd("600"))
    gateway.dispute(accepted.payment)
    hear(market, gateway)
    for command in (
        ProposeCancellation(by=CUSTOMER, job=accepted.job.id, to_customer=usd("1")),
        AcceptCancellation(by=CONTRACTOR, job=accepted.job.id, to_customer=usd("600")),
    ):
        assert refusal(market, gateway, command) is Reason.CHARGEBACK_OPEN


@on_both_stores
def test_a_payment_under_review_is_not_released(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    accepted = in_progress(market)
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=accepted.payment.id, detail="issfr_1"))
    propose(market, accepted.job, CUSTOMER, usd("600"))
    command = AcceptCancellation(by=CONTRACTOR, job=accepted.job.id, to_customer=usd("600"))
    assert refusal(market, gateway, command) is Reason.PAYMENT_UNDER_REVIEW


@settings(max_examples=60, deadline=None)
@given(
    price=st.integers(1, 10**11),
    commission=strategies.commissions("USD"),
    rates=st.tuples(strategies.rates(), strategies.rates()),
    before=st.integers(0, 99),
    agreed=st.integers(0, 100),
)
def test_whatever_is_agreed_on_is_booked_and_sums_to_the_price(
    price: int,
    commission: Commission,
    rates: tuple[Decimal, Decimal],
    before: int,
    agreed: int,
) -> None:
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    to_customer, to_contractor = rates
    if Fraction(to_customer) + Fraction(to_contractor) > 1:
        to_contractor = Decimal(0)
    policy = CancellationPolicy(
        [
            CancellationTier(
                stage=JobStatus.IN_PROGRESS, to_customer=to_customer, to_contractor=to_contractor
            )
        ]
    )
    rules = Rules(now=clock, commission=commission, cancellation=policy)
    market = Marketplace(gateway=gateway, rules=rules)
    accepted = in_progress(market, price=Money.from_minor(price, "USD"))
    refunded = Money.from_minor(price * before // 100, "USD")
    if refunded:
        market.execute(IssueRefund(by=ADMIN, payment=accepted.payment.id, amount=refunded))
    kept = market.quote_cancellation(accepted.job, ADMIN).shares.kept
    open_to_them = accepted.payment.amount - refunded - kept
    amount = Money.from_minor(open_to_them.minor * agreed // 100, "USD")
    propose(market, accepted.job, CONTRACTOR, amount)
    done = accept(market, accepted.job, CUSTOMER, amount)

    assert (done.payment.refunded, done.payment.kept) == (refunded + amount, kept)
    payout = market.wallet("ctr_42", "USD").total
    assert payout <= open_to_them - amount
    left = accepted.payment.amount - done.payment.refunded - payout
    assert market.revenue("USD").total == left
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)
