"""Chargebacks as a law: whatever is told, and in whatever order, the sums hold."""

from contextlib import suppress
from datetime import timedelta
from typing import Any

from attrs import evolve, frozen
from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay import (
    AccountKind,
    Actor,
    Chargeback,
    ChargebackStanding,
    ChargebackState,
    ChargebackStatus,
    GetPayment,
    IssueRefund,
    Liability,
    ListChargebacks,
    Marketplace,
    Money,
    OpenPayoutAccount,
    Payment,
    PaymentStatus,
    Refused,
    Rules,
    SettleChargeback,
    TrialBalance,
)
from marketpay.commands.payouts_elsewhere import RecordPayout
from marketpay.domain.chargeback_finding import Finding
from marketpay.ports.gateway import PayoutState, Progress
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import ADMIN, CONTRACTOR, balance, completed, in_progress, usd
from tests.hearing import rest

C = ChargebackStatus
S = ChargebackStanding
PRICE = Money.from_minor(10_007, "USD")  # no part of it is round
OPEN = (S.INQUIRY, S.NEEDS_RESPONSE, S.UNDER_REVIEW)
DECIDED = (S.WON, S.LOST, S.CLOSED)


def cents(most: int = PRICE.minor) -> st.SearchStrategy[Money]:
    return st.integers(0, most).map(lambda minor: Money.from_minor(minor, "USD"))


@frozen
class News:
    """How one of several chargebacks stands."""

    id: str
    standing: ChargebackStanding
    withdrawn: Money
    fee: Money

    def of(self, payment: Payment) -> SettleChargeback:
        state = ChargebackState(
            gateway_id=self.id,
            payment=str(payment.gateway_payment),
            amount=PRICE,
            standing=self.standing,
            withdrawn=self.withdrawn,
            fee=self.fee,
            reason="fraudulent",
        )
        return SettleChargeback(by=Actor.SYSTEM, state=state)


anything = st.builds(
    News,
    st.sampled_from(["dp_1", "dp_2", "dp_3"]),
    st.sampled_from(list(S)),
    cents(12_000),
    cents(1_500),
)
liabilities = st.sampled_from(list(Liability))
clearances = st.sampled_from((None, timedelta(days=7)))


def market_of(liability: Liability, clearance: timedelta | None = None) -> Marketplace:
    clock = VirtualClock()
    rules = Rules(now=clock, chargeback_liability=liability, clearance=clearance)
    return Marketplace(gateway=SimulatedGateway(now=clock), rules=rules)


def deal(market: Marketplace, *, is_released: bool) -> Payment:
    made: Any = completed if is_released else in_progress
    payment: Payment = made(market, price=PRICE).payment
    return payment


def books(market: Marketplace) -> dict[str, Money]:
    return {
        str(account): money
        for account, money in market.query(TrialBalance()).items()
        if money.minor
    }


def chargebacks(market: Marketplace, payment: Payment) -> list[Chargeback]:
    return list(market.query(ListChargebacks(payment=payment.id)).items)


def check(market: Marketplace, payment: Payment) -> Payment:
    """Whatever has been told: the books verify and the sums hold."""
    now = market.query(GetPayment(payment.id))
    found = chargebacks(market, payment)
    zero = usd("0")
    covered = sum((one.covered for one in found), zero)
    withdrawn = sum((one.withdrawn - one.lost for one in found), zero)

    assert market.verify().problems == ()
    assert now.refunded + now.disputed + now.lost <= now.amount
    assert now.disputed + now.lost == covered
    assert (
        sum((one.reserved for one in found), zero) == market.wallet(CONTRACTOR.id, "USD").reserved
    )
    assert now.clearing == market.wallet(CONTRACTOR.id, "USD").pending
    assert balance(market, AccountKind.DISPUTED) == withdrawn
    assert balance(market, AccountKind.CHARGEBACK_FEE) == sum((one.fee for one in found), zero)
    assert (now.disputed.minor > 0) <= (now.status is PaymentStatus.CHARGED_BACK)
    if not now.disputed.minor and now.gone < now.amount:
        assert now.status is (PaymentStatus.RELEASED if now.is_released else PaymentStatus.CAPTURED)
    for one in found:
        assert one.covered <= one.withdrawn or one.status is C.LOST
        assert one.reserved <= one.covered
        assert not (one.is_decided and one.reserved.minor)
    return now


@settings(max_examples=100, deadline=None)
@given(
    told=st.lists(st.one_of(anything, cents(4_000)), max_size=14),
    is_released=st.booleans(),
    liability=liabilities,
    clearance=clearances,
)
def test_whatever_is_told_the_books_verify(
    told: list[News | Money],
    *,
    is_released: bool,
    liability: Liability,
    clearance: timedelta | None,
) -> None:
    market = market_of(liability, clearance)
    payment = deal(market, is_released=is_released)
    for one in told:
        if isinstance(one, News):
            market.execute(one.of(payment))
        elif one.minor:
            with suppress(Refused):
                market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=one))
        check(market, payment)
    rest(market)
    check(market, payment)


@st.composite
def histories(draw: st.DrawFn, id: str, most: int) -> list[News]:
    """What truly happened to one chargeback, in order, until it was decided."""
    taken = draw(cents(most))
    fee = draw(cents(1_500))
    nothing = usd("0")
    story = [News(id, S.NEEDS_RESPONSE, nothing, nothing), News(id, S.NEEDS_RESPONSE, taken, fee)]
    if draw(st.booleans()):
        story.insert(0, News(id, S.INQUIRY, nothing, nothing))
    if draw(st.booleans()):
        story.append(News(id, S.UNDER_REVIEW, taken, fee))
    end = draw(st.sampled_from([S.WON, S.LOST, S.CLOSED]))
    story.append(News(id, end, taken, fee))
    if end is not S.LOST:
        story.append(News(id, end, nothing, draw(st.sampled_from([fee, nothing]))))
    return story


@settings(max_examples=100, deadline=None)
@given(data=st.data(), is_released=st.booleans(), liability=liabilities, clearance=clearances)
def test_once_the_last_truth_is_told_nothing_else_that_was_told_matters(
    data: st.DataObject, *, is_released: bool, liability: Liability, clearance: timedelta | None
) -> None:
    first = data.draw(histories("dp_1", PRICE.minor // 2))
    second = data.draw(histories("dp_2", PRICE.minor // 2))
    heard = data.draw(st.lists(st.sampled_from([*first, *second]), max_size=12))
    refund = data.draw(cents(PRICE.minor // 100))
    last = [first[-1], second[-1]]
    worlds: list[Any] = []
    for story in (last, [*heard, *data.draw(st.permutations(last))]):
        market = market_of(liability, clearance)
        payment = deal(market, is_released=is_released)
        for news in story:
            market.execute(news.of(payment))
            check(market, payment)
        if refund.minor and market.query(GetPayment(payment.id)).refundable >= refund:
            market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=refund))
        rest(market)
        after = check(market, payment)
        ended = [
            (one.gateway_id, one.status, one.lost, one.fee) for one in chargebacks(market, after)
        ]
        worlds.append((sorted(ended), after.status, after.lost, after.refunded, books(market)))

    assert worlds[0] == worlds[1]


findings = st.builds(
    Finding,
    status=st.sampled_from(list(C)),
    withdrawn=cents(),
    fee=cents(1_500),
    respond_by=st.none(),
)


def known_as(found: Finding) -> Chargeback:
    market = market_of(Liability.CONTRACTOR)
    payment = deal(market, is_released=False)
    news = News("dp_1", S(found.status.value), found.withdrawn, found.fee)
    known = market.execute(news.of(payment))
    assert known is not None
    return known


@settings(max_examples=100, deadline=None)
@given(known=findings, news=findings)
def test_a_decision_is_final_unless_a_loss_is_overturned_and_no_status_is_left_for_an_earlier_one(
    known: Finding, news: Finding
) -> None:
    before = known_as(known)
    after = news.after(before)
    rank = [C.INQUIRY, C.NEEDS_RESPONSE, C.UNDER_REVIEW]

    if (before.status, news.status) == (C.LOST, C.WON):
        assert (after.status, after.withdrawn) == (C.WON, min(news.withdrawn, before.withdrawn))
    elif before.is_decided:
        assert after.status is before.status
    elif news.status in rank:
        assert rank.index(after.status) >= rank.index(before.status)
    else:
        assert after.status is news.status
    if after.status not in (C.WON, C.CLOSED):
        assert after.withdrawn >= before.withdrawn
        assert after.fee >= before.fee
    settled = evolve(before, status=after.status, withdrawn=after.withdrawn, fee=after.fee)
    assert after.after(settled) == after  # told twice it is the same


def test_two_losses_of_odd_amounts_take_every_cent_once() -> None:
    market = market_of(Liability.CONTRACTOR)
    payment = deal(market, is_released=True)
    fee = usd("0")
    for id, minor in (("dp_1", 3_333), ("dp_2", 3_337), ("dp_3", 3_337)):
        amount = Money.from_minor(minor, "USD")
        market.execute(News(id, S.NEEDS_RESPONSE, amount, fee).of(payment))
        market.execute(News(id, S.LOST, amount, fee).of(payment))
        check(market, payment)

    assert books(market) == {}
    assert market.query(GetPayment(payment.id)).lost == PRICE


def empty_the_wallet(market: Marketplace) -> None:
    """Somebody has paid the contractor out: what is lost, they owe."""
    opened = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    state = PayoutState(
        gateway_id="po_1",
        account=str(opened.gateway_account),
        amount=market.wallet(CONTRACTOR.id, "USD").available,
        progress=Progress.SUCCEEDED,
        reference=None,
    )
    market.execute(RecordPayout(by=Actor.SYSTEM, state=state))


@settings(max_examples=100, deadline=None)
@given(
    taken=cents(12_000),
    is_released=st.booleans(),
    is_paid_out=st.booleans(),
    before=liabilities,
    after=liabilities,
    refunded=cents(PRICE.minor // 2),
)
def test_a_loss_that_is_overturned_leaves_no_trace(
    taken: Money,
    *,
    is_released: bool,
    is_paid_out: bool,
    before: Liability,
    after: Liability,
    refunded: Money,
) -> None:
    worlds = []
    for is_lost in (False, True):
        market, nothing = market_of(before), usd("0")
        payment = deal(market, is_released=is_released)
        if is_released and is_paid_out:
            empty_the_wallet(market)
        if is_lost:
            market.execute(News("dp_1", S.LOST, taken, nothing).of(payment))
            market.rules = evolve(market.rules, chargeback_liability=after)
            for left in (taken, nothing):  # won, and only then is the money there again
                market.execute(News("dp_1", S.WON, left, nothing).of(payment))
                check(market, payment)
        if refunded.minor:
            market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=refunded))
        rest(market)
        now = check(market, payment)
        worlds.append((now.status, now.lost, now.due, books(market)))

    assert worlds[0] == worlds[1]
