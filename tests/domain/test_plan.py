"""The parts of an offer: which there can be, and what everyone gets of them."""

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    CancelMilestone,
    Commission,
    CompleteJob,
    CounterOffer,
    CurrencyMismatch,
    FundMilestone,
    InvalidInput,
    IssueRefund,
    JobId,
    MarketpayError,
    Marketplace,
    MemoryStore,
    MilestonePlan,
    Money,
    MoneyError,
    OfferId,
    Payment,
    PaymentId,
    RefundMilestone,
    ReleaseMilestone,
    ReviseOffer,
    Rules,
    SendOffer,
    StartJob,
)
from marketpay.domain.plan import Plan
from marketpay.testing import SimulatedGateway
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    NONE_SUCH,
    balance,
    books_are_right,
    now,
    post,
    usd,
)
from tests.milestones import milestones_of, planned

MAKING: list[Any] = [
    lambda **terms: SendOffer(by=CUSTOMER, job=JobId(f"job_{NONE_SUCH}"), contractor="c", **terms),
    lambda **terms: CounterOffer(by=CONTRACTOR, offer=OfferId(f"off_{NONE_SUCH}"), **terms),
    lambda **terms: ReviseOffer(by=CUSTOMER, offer=OfferId(f"off_{NONE_SUCH}"), **terms),
]


@pytest.mark.parametrize("make", MAKING)
@pytest.mark.parametrize(
    ("milestones", "error"),
    [
        (planned("600", "399"), MoneyError),
        (planned("600", "400", "1"), MoneyError),
        (planned("1000"), InvalidInput),
        (planned(*["1"] * 101), InvalidInput),
        ((MilestonePlan("a", Money("600", "USD")), MilestonePlan("b", Money("400", "EUR"))),
         CurrencyMismatch),
        (("a", "b"), TypeError),
        ("ab", TypeError),
    ],
)  # fmt: skip
def test_parts_that_are_no_plan_are_refused(
    make: Any, milestones: Any, error: type[Exception]
) -> None:
    with pytest.raises(error) as refused:
        make(price=usd("1000"), milestones=milestones)
    if error is InvalidInput:
        assert type(refused.value) is InvalidInput


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"title": ""}, InvalidInput),
        ({"title": "x" * 256}, InvalidInput),
        ({"title": 1}, TypeError),
        ({"amount": usd("0")}, MoneyError),
        ({"amount": 5.0}, TypeError),
        ({"due_at": datetime(2030, 1, 1)}, InvalidInput),  # noqa: DTZ001
    ],
)
def test_a_part_has_a_title_and_an_amount(wrong: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        MilestonePlan(**{"title": "The posts", "amount": usd("1"), **wrong})


def test_a_hundred_parts_are_possible() -> None:
    plan = Plan.of(planned(*["1"] * 100), usd("100"))
    assert plan is not None
    assert (plan.total, plan.first) == (usd("100"), usd("1"))


def test_a_price_in_one_part_has_no_plan() -> None:
    assert Plan.of((), usd("100")) is None


def test_what_is_frozen_is_divided_in_order() -> None:
    plan = Plan.of(planned("33.35", "33.35", "33.35"), usd("100.05"))
    assert plan is not None
    split = plan.frozen(Commission().split(usd("100.05")))
    assert [one.platform_fee.minor for one in split.splits] == [333, 334, 333]
    assert split.thawed == plan


ACTS = ("fund", "release", "refund", "cancel", "partly", "complete")
acts = st.lists(st.tuples(st.sampled_from(ACTS), st.integers(0, 9)), max_size=14)
amounts = st.lists(st.integers(1, 9_999), min_size=2, max_size=6)
rates = st.sampled_from(["0", "0.1", "0.2", "0.3333", "0.5"])


@settings(max_examples=60)
@given(amounts, rates, rates, acts)
def test_whatever_becomes_of_the_parts_each_cent_is_explained(
    amounts: list[int], platform: str, service: str, acts: list[tuple[str, int]]
) -> None:
    gateway = SimulatedGateway()
    rules = Rules(commission=Commission(platform, service))
    with Marketplace(store=MemoryStore(), gateway=gateway, rules=rules) as market:
        parts = [MilestonePlan("x", Money.from_minor(n, "USD")) for n in amounts]
        price = Money.from_minor(sum(amounts), "USD")
        fields: dict[str, Any] = {"contractor": CONTRACTOR.id, "payment_method": GOOD}
        sent = market.execute(
            SendOffer(by=CUSTOMER, job=post(market).id, price=price, milestones=parts, **fields)
        )
        job = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).job
        market.execute(StartJob(by=CONTRACTOR, job=job.id))
        made = milestones_of(market, job)
        whole = Commission(platform, service).split(price)
        for part in ("platform_fee", "service_fee", "payout"):
            each = sum(getattr(one.split, part).minor for one in made)
            assert each == getattr(whole, part).minor
        for act, which in [*acts, ("complete", 0)]:
            _try(market, act, made[which % len(made)], amounts[which % len(made)])
        assert now(market, job).status in ("completed", "cancelled")
        assert balance(market, AccountKind.ESCROW) == usd("0")
        books_are_right(market, gateway)
        earned = sum(_payout_left(market, one) for one in made)
        assert market.wallet(CONTRACTOR.id, "USD").total.minor == earned


def _payout_left(market: Marketplace, milestone: Any) -> int:
    found = now(market, milestone)
    if found.status != "released":
        return 0
    payment = market.store.read(lambda records: records.get(Payment, found.payment))
    return payment.remains().payout.minor


def _try(market: Marketplace, act: str, milestone: Any, minor: int) -> None:
    """Do it, if it is possible now."""
    id, payment = milestone.id, now(market, milestone).payment
    commands: dict[str, Any] = {
        "fund": lambda: FundMilestone(by=CUSTOMER, milestone=id, payment_method=GOOD),
        "release": lambda: ReleaseMilestone(by=CUSTOMER, milestone=id),
        "refund": lambda: RefundMilestone(by=CONTRACTOR, milestone=id),
        "cancel": lambda: CancelMilestone(by=CUSTOMER, milestone=id),
        "partly": lambda: IssueRefund(
            by=ADMIN,
            payment=PaymentId(str(payment)),
            amount=Money.from_minor(minor // 3 + 1, "USD"),
        ),
        "complete": lambda: CompleteJob(by=Actor.admin("adm_1"), job=milestone.job),
    }
    try:
        market.execute(commands[act]())
    except MarketpayError:
        return
