"""Races about a job in parts: nothing is paid twice, and the job ends once."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from marketpay import (
    AccountKind,
    CancelJob,
    CancelMilestone,
    CompleteJob,
    FundMilestone,
    GetMilestone,
    IllegalTransition,
    MarketpayError,
    Marketplace,
    MemoryStore,
    MilestoneStatus,
    OpenDispute,
    PayExtra,
    Payment,
    PaymentId,
    PaymentStatus,
    Reason,
    RefundMilestone,
    Refused,
    ReleaseMilestone,
    RequestMilestoneChanges,
    Rules,
    SqlStore,
    TransactionKind,
)
from marketpay.commands import calling_off, completion, milestone_closing, milestones
from marketpay.domain import closing
from marketpay.domain.disputing import check_undisputed
from marketpay.ports.gateway import Capture, RefundPayment
from marketpay.ports.store import Store
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    balance,
    books_are_right,
    now,
    operations,
    usd,
)
from tests.delivery.test_races import at_once
from tests.disputes import resolved
from tests.hearing import receive
from tests.milestones import fund, in_parts, nothing_is_left, release, statuses, submitted
from tests.money import work_off

M = MilestoneStatus
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
    rules = Rules(now=clock, auto_release=timedelta(days=7))
    return Marketplace(store=store, gateway=gateway, rules=rules)


def losers(*things: Doing) -> list[MarketpayError]:
    """The errors of those that lost."""
    return [came for came in at_once(*things) if isinstance(came, MarketpayError)]


@rounds
def test_of_two_payments_for_a_milestone_one_is_made(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    errors = losers(*(lambda: fund(market, second) for _ in range(3)))
    assert all(
        isinstance(one, Refused) and one.reason is Reason.FUNDING_IN_PROGRESS for one in errors
    )
    assert now(market, second).status is M.FUNDED
    assert gateway.effects(Capture) == 2
    books_are_right(market, gateway)


@rounds
def test_of_two_that_begin_anew_what_nobody_confirmed_one_does(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    asked = fund(market, second, payment_method=ASKING)
    errors = losers(*(lambda: fund(market, second) for _ in range(3)))
    work_off(market)
    assert all(
        isinstance(one, Refused) and one.reason is Reason.FUNDING_IN_PROGRESS for one in errors
    )
    assert now(market, second).status is M.FUNDED
    assert now(market, asked.payment).status is PaymentStatus.CANCELED
    assert gateway.effects(Capture) == 2
    books_are_right(market, gateway)


@rounds
def test_what_is_confirmed_while_it_is_begun_anew_is_paid_once(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    asked = fund(market, second, payment_method=ASKING)
    gateway.confirm(asked.payment.id)
    news = gateway.webhooks()
    losers(lambda: fund(market, second), lambda: receive(market, news), market.work)
    work_off(market)
    assert now(market, second).status is M.FUNDED
    ended = {PaymentStatus.CAPTURED, PaymentStatus.CANCELED}
    assert now(market, asked.payment).status in ended
    assert gateway.effects(Capture) == 2
    books_are_right(market, gateway)


@rounds
def test_the_last_two_parts_end_the_job_together(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    job, parts = in_parts(market, "600", "400")
    fund(market, parts[1])
    assert losers(*(lambda one=one: release(market, one) for one in parts)) == []
    assert now(market, job).status == "completed"
    nothing_is_left(market, gateway)


@rounds
def test_two_disputes_end_the_job_together(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    job, (first, second) = in_parts(market, "600", "400")
    market.execute(CancelMilestone(by=CONTRACTOR, milestone=second.id))
    pay = PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD)
    paid = (now(market, first).payment, market.execute(pay).payment.id)
    opening = (OpenDispute(by=CUSTOMER, payment=PaymentId(str(one)), reason="x") for one in paid)
    disputes = [market.execute(one) for one in opening]
    part, extra = disputes
    errors = losers(
        lambda: resolved(market, part, "600", "0"), lambda: resolved(market, extra, "50", "0")
    )
    assert errors == []
    assert now(market, job).status == "cancelled"
    nothing_is_left(market, gateway)


@rounds
def test_an_extra_is_decided_on_or_keeps_its_job_open(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    job, (first, second) = in_parts(market, "600", "400")
    market.execute(CancelMilestone(by=CONTRACTOR, milestone=second.id))
    about = PaymentId(str(now(market, first).payment))
    dispute = market.execute(OpenDispute(by=CUSTOMER, payment=about, reason="x"))
    pay = PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD)
    at_once(lambda: resolved(market, dispute, "600", "0"), lambda: market.execute(pay))
    work_off(market)
    is_over = now(market, job).status == "cancelled"
    assert balance(market, AccountKind.ESCROW) == usd("0" if is_over else "45")
    books_are_right(market, gateway)


@rounds
def test_a_milestone_is_released_or_given_back(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    [error] = losers(
        lambda: market.execute(ReleaseMilestone(by=CUSTOMER, milestone=first.id)),
        lambda: market.execute(RefundMilestone(by=CONTRACTOR, milestone=first.id)),
    )
    assert isinstance(error, IllegalTransition)
    is_back = now(market, first).status is M.REFUNDED
    assert gateway.effects(RefundPayment) == is_back
    books_are_right(market, gateway)


@rounds
def test_a_milestone_is_released_or_disputed(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    [error] = losers(
        lambda: market.execute(ReleaseMilestone(by=CUSTOMER, milestone=first.id)),
        lambda: market.execute(
            OpenDispute(
                by=CUSTOMER, payment=PaymentId(str(first.payment)), reason="Half is missing"
            )
        ),
    )
    is_released = now(market, first).status is M.RELEASED
    wanted = Reason.NOT_DISPUTABLE if is_released else Reason.DISPUTE_OPEN
    assert isinstance(error, Refused)
    assert error.reason is wanted
    books_are_right(market, gateway)


@rounds
def test_silence_and_a_wish_for_changes_do_not_both_take_effect(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, round: int
) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    submitted(market, first)
    clock.advance(days=7)
    changes = RequestMilestoneChanges(by=CUSTOMER, milestone=first.id)
    errors = losers(lambda: market.execute(changes), market.work)
    work_off(market)
    after = market.query(GetMilestone(first.id)).status
    assert after is (M.RELEASED if errors else M.IN_PROGRESS)
    books_are_right(market, gateway)


@rounds
def test_what_is_cancelled_while_it_is_captured_is_funded_or_given_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, round: int
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    asked = fund(market, second)
    clock.advance(minutes=10)
    cancel = CancelMilestone(by=CUSTOMER, milestone=second.id)
    errors = losers(lambda: market.execute(cancel), market.work)
    for _ in range(2):
        clock.advance(minutes=10)
        work_off(market)
    payment, after = now(market, asked.payment), now(market, second).status
    if errors:
        assert (payment.status, after) == (PaymentStatus.CAPTURED, M.FUNDED)
    else:
        assert (payment.status, after) == (PaymentStatus.REFUNDED, M.CANCELLED)
    books_are_right(market, gateway)


@rounds
def test_paying_and_cancelling_the_last_part_leaves_nothing_behind(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, round: int
) -> None:
    job, (first, second) = in_parts(market, "600", "400")
    release(market, first)
    pay = FundMilestone(by=CUSTOMER, milestone=second.id, payment_method=GOOD)
    cancel = CancelMilestone(by=CONTRACTOR, milestone=second.id)
    losers(lambda: market.execute(pay), lambda: market.execute(cancel))
    for _ in range(2):
        clock.advance(minutes=10)
        work_off(market)
    if statuses(market, job)[1] == "funded":
        release(market, second)
    assert now(market, job).status == "completed"
    nothing_is_left(market, gateway)


@pytest.mark.parametrize("how", ["release", "complete", "cancel"])
def test_no_job_ends_under_a_dispute_that_is_opened_meanwhile(
    gateway: SimulatedGateway,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
    how: str,
) -> None:
    market = Marketplace(
        store=MemoryStore(),
        gateway=gateway,
        rules=Rules(now=clock, clearance=timedelta(days=5)),
    )
    job, (first, second, third) = in_parts(market, "600", "300", "100")
    paid = fund(market, second).payment.id
    release(market, second)
    market.execute(CancelMilestone(by=CONTRACTOR, milestone=third.id))
    dispute = OpenDispute(by=CUSTOMER, payment=paid, reason="No")
    waiting = [dispute]

    def check_then_dispute(*payments: Payment) -> None:
        check_undisputed(*payments)
        if waiting:
            market.execute(waiting.pop())

    for module in (calling_off, completion, milestone_closing):
        monkeypatch.setattr(module, "check_undisputed", check_then_dispute)
    ending: dict[str, Any] = {
        "release": ReleaseMilestone(by=CUSTOMER, milestone=first.id),
        "complete": CompleteJob(by=CUSTOMER, job=job.id),
        "cancel": CancelJob(by=ADMIN, job=job.id),
    }
    with pytest.raises(Refused) as refused:
        market.execute(ending[how])
    assert refused.value.reason is Reason.DISPUTE_OPEN
    assert (waiting, now(market, job).status) == ([], "in_progress")
    books_are_right(market, gateway)


@pytest.mark.parametrize("anew", [True, False])
def test_nothing_is_let_go_that_is_confirmed_meanwhile(
    gateway: SimulatedGateway, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, *, anew: bool
) -> None:
    market = Marketplace(store=MemoryStore(), gateway=gateway, rules=Rules(now=clock))
    _, (_, second) = in_parts(market, "600", "400")
    asked = fund(market, second, payment_method=ASKING)
    gateway.confirm(asked.payment.id)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    news, called_off = gateway.webhooks(), closing.called_off

    def confirm_then_call_off(*deal: Any) -> Any:
        while news:
            receive(market, [news.pop()])
        return called_off(*deal)

    for module in (milestones, closing):
        monkeypatch.setattr(module, "called_off", confirm_then_call_off)
    if anew:
        with pytest.raises(Refused) as refused:
            fund(market, second)
        assert refused.value.reason is Reason.FUNDING_IN_PROGRESS
    else:
        market.execute(CancelMilestone(by=CUSTOMER, milestone=second.id))
    assert now(market, asked.payment).status is PaymentStatus.AUTHORIZED
    assert operations(market, asked.payment, TransactionKind.VOID) == []
