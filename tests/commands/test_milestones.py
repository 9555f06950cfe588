"""An offer in parts: each is paid into escrow, released or given back by itself."""

from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    CancelMilestone,
    ClientAction,
    Commission,
    CounterOffer,
    Forbidden,
    FundMilestone,
    GetJob,
    GetMilestone,
    IdempotencyConflict,
    IllegalTransition,
    InvalidInput,
    Limits,
    Marketplace,
    MilestoneId,
    MilestonePlan,
    MilestoneStatus,
    Money,
    MoneyError,
    NotFound,
    PayExtra,
    PaymentDeclined,
    PaymentPurpose,
    PaymentStatus,
    Pending,
    Plan,
    Reason,
    RefundMilestone,
    Refused,
    ReleaseMilestone,
    ReviseOffer,
    StartMilestone,
)
from marketpay.ports.gateway import Authorize, Capture, RefundPayment, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    NONE_SUCH,
    OTHER_CUSTOMER,
    REFUSED,
    RIVAL,
    balance,
    books_are_right,
    heard,
    nothing_changes,
    now,
    offering,
    post,
    send,
    usd,
)
from tests.milestones import (
    assigned_in_parts,
    fund,
    in_parts,
    milestones_of,
    nothing_is_done,
    nothing_is_left,
    planned,
    release,
    statuses,
    submitted,
)
from tests.money import hear, wallet, work_off

M = MilestoneStatus
ASKS = "pm_card_authenticationRequired"
MONEY: list[Any] = [FundMilestone, ReleaseMilestone, RefundMilestone, CancelMilestone]


@pytest.mark.covers("A169")
def test_each_part_is_paid_done_and_released_by_itself(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = assigned_in_parts(market, "33.35", "33.35", "33.35")
    assert accepted.payment.amount == usd("33.35")
    assert gateway.balance("USD") == usd("33.35")
    job, (first, second, third) = in_parts(market, "33.35", "33.35", "33.35")
    assert [first.status, second.status, third.status] == [M.FUNDED, M.PENDING, M.PENDING]
    for one in (first, second, third):
        paid = fund(market, one)
        assert paid.payment.status is PaymentStatus.CAPTURED
        assert paid.payment.split == one.split
        submitted(market, one)
        done = release(market, one)
        assert (done.milestone.status, now(market, paid.payment).status) == (M.RELEASED, "released")
    assert now(market, job).status == "completed"
    assert [one.split.platform_fee.minor for one in (first, second, third)] == [333, 334, 333]
    assert wallet(market) == ("70.04", "0.00", "0.00")
    books_are_right(market, gateway)


def test_accepting_creates_the_parts_and_funds_the_first(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, milestones=planned("600", "400"))
    assert sent.payment.amount == usd("600")
    with heard(market) as told:
        accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert told.names.count("milestone.created") == 2
    assert told.names.count("milestone.funded") == 1
    first, second = milestones_of(market, accepted.job)
    assert (first.payment, second.payment) == (accepted.payment.id, None)
    assert (first.position, first.title, first.amount) == (1, "Part 1", usd("600"))
    assert accepted.payment.split == first.split
    assert market.query(GetMilestone(second.id)) == second


def test_what_everyone_gets_is_fixed_when_the_offer_is_claimed(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    _, (_, second) = in_parts(open_market(), "600", "400")
    later = open_market(commission=Commission(platform="0.5", service="0.5"))
    paid = fund(later, second)
    assert paid.payment.split == second.split
    assert second.split.payout == usd("280")


def test_a_capture_that_is_refused_promises_nothing(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market()
    sent = send(market, milestones=planned("600", "400"))
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    offer = now(market, sent.offer)
    assert offer.plan == sent.offer.plan
    assert milestones_of(market, market.query(GetJob(offer.job))) == []


def test_a_refused_card_leaves_the_milestone_for_another(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    with pytest.raises(PaymentDeclined):
        fund(market, second, payment_method=REFUSED)
    assert (now(market, second).status, now(market, second).payment) == (M.PENDING, None)
    assert fund(market, second).milestone.status is M.FUNDED
    books_are_right(market, gateway)


def test_a_refused_capture_leaves_it_too(market: Marketplace, gateway: SimulatedGateway) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        fund(market, second)
    work_off(market)
    assert gateway.effects(Void) == 1
    assert fund(market, second).milestone.status is M.FUNDED
    books_are_right(market, gateway)


def test_funding_again_has_no_effect(market: Marketplace, gateway: SimulatedGateway) -> None:
    _, (first, second) = in_parts(market, "600", "400")
    paid = fund(market, second)
    for _ in range(2):
        with nothing_is_done(market):
            assert fund(market, second) == paid
    with nothing_is_done(market):
        assert fund(market, first).payment.purpose is PaymentPurpose.OFFER


@pytest.mark.parametrize("asked", [Authorize, Capture])
@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_while_a_payment_is_under_way_there_is_no_other(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    asked: Any,
    outcome: Outcome,
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    gateway.script(asked, outcome)
    assert isinstance(fund(market, second).next_action, Pending)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        fund(market, second)
    assert (refused.value.reason, refused.value.retryable) == (Reason.FUNDING_IN_PROGRESS, True)
    for _ in range(3):
        clock.advance(minutes=10)
        work_off(market)
    assert now(market, second).status is M.FUNDED
    assert (gateway.effects(Authorize), gateway.effects(Capture)) == (2, 2)
    books_are_right(market, gateway)


def test_a_customer_who_has_to_confirm_does_so(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    asked = fund(market, second, payment_method=ASKS)
    assert isinstance(asked.next_action, ClientAction)
    gateway.confirm(asked.next_action.gateway_payment)
    hear(market, gateway)
    assert now(market, second).status is M.FUNDED
    books_are_right(market, gateway)


def test_a_payment_to_confirm_is_called_off_with_its_milestone(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    asked = fund(market, second, payment_method=ASKS)
    market.execute(CancelMilestone(by=CONTRACTOR, milestone=second.id))
    work_off(market)
    assert now(market, asked.payment).status is PaymentStatus.CANCELED
    assert now(market, second).status is M.CANCELLED
    books_are_right(market, gateway)


@pytest.mark.parametrize("over", ["milestone", "job"])
def test_what_is_captured_too_late_goes_back_at_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, over: str
) -> None:
    _, (first, second) = in_parts(market, "600", "400")
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    asked = fund(market, second)
    market.execute(CancelMilestone(by=CUSTOMER, milestone=second.id))
    if over == "job":
        release(market, first)
    for _ in range(3):
        clock.advance(minutes=10)
        work_off(market)
    assert now(market, asked.payment).status is PaymentStatus.REFUNDED
    assert now(market, second).status is M.CANCELLED
    assert gateway.effects(RefundPayment) == 1
    books_are_right(market, gateway)


def test_a_hold_that_stands_too_late_is_let_go(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    asked = fund(market, second)
    market.execute(CancelMilestone(by=CUSTOMER, milestone=second.id))
    for _ in range(3):
        clock.advance(minutes=10)
        work_off(market)
    assert now(market, asked.payment).status is PaymentStatus.CANCELED
    assert gateway.effects(Capture) == 1
    books_are_right(market, gateway)


def test_what_the_contractor_gives_back_is_the_customer_s(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    back = market.execute(RefundMilestone(by=CONTRACTOR, milestone=first.id))
    assert back.refund is not None
    assert (back.milestone.status, back.refund.amount) == (M.REFUNDED, usd("600"))
    assert back.job.status == "in_progress"
    with nothing_is_done(market):
        again = market.execute(RefundMilestone(by=CONTRACTOR, milestone=first.id))
    assert again.refund is not None
    assert (again.milestone, again.refund.id) == (back.milestone, back.refund.id)
    assert gateway.balance("USD") == usd("0")
    nothing_is_left(market, gateway)


def test_the_job_ends_with_the_last_part(market: Marketplace, gateway: SimulatedGateway) -> None:
    job, (first, second, third) = in_parts(market, "500", "300", "200")
    extra = PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD)
    extra_payment = market.execute(extra).payment
    release(market, first)
    market.execute(CancelMilestone(by=CONTRACTOR, milestone=second.id))
    fund(market, third)
    done = market.execute(RefundMilestone(by=ADMIN, milestone=third.id))
    assert done.job.status == "completed"
    assert statuses(market, job) == ["released", "cancelled", "refunded"]
    assert now(market, extra_payment).status is PaymentStatus.RELEASED
    assert wallet(market) == ("385.00", "0.00", "0.00")
    nothing_is_left(market, gateway)


def test_a_job_of_which_nothing_was_released_is_cancelled(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job, (first, second) = in_parts(market, "600", "400")
    extra = PayExtra(by=CUSTOMER, job=job.id, amount=usd("50"), payment_method=GOOD)
    extra_payment = market.execute(extra).payment
    market.execute(RefundMilestone(by=ADMIN, milestone=first.id))
    done = market.execute(CancelMilestone(by=CONTRACTOR, milestone=second.id))
    assert done.job.status == "cancelled"
    assert now(market, extra_payment).status is PaymentStatus.REFUNDED
    assert gateway.balance("USD") == usd("0")
    nothing_is_left(market, gateway)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (FundMilestone, (CONTRACTOR, RIVAL, ADMIN, OTHER_CUSTOMER)),
        (ReleaseMilestone, (CONTRACTOR, RIVAL, OTHER_CUSTOMER, Actor.SYSTEM)),
        (RefundMilestone, (CUSTOMER, RIVAL, Actor.SYSTEM)),
        (CancelMilestone, (OTHER_CUSTOMER, RIVAL, Actor.SYSTEM)),
    ],
)
@on_one_store
def test_only_who_may(
    market: Marketplace, gateway: SimulatedGateway, kind: Any, wrong: tuple[Actor, ...]
) -> None:
    _, (first, _) = in_parts(market, "600", "400")
    for by in wrong:
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(kind(by=by, milestone=first.id))


@on_one_store
@pytest.mark.parametrize(
    ("kind", "position"),
    [(ReleaseMilestone, 1), (RefundMilestone, 1), (CancelMilestone, 0)],
)
def test_not_at_another_time(
    market: Marketplace, gateway: SimulatedGateway, kind: Any, position: int
) -> None:
    _, parts = in_parts(market, "600", "400")
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(kind(by=ADMIN, milestone=parts[position].id))


@on_one_store
def test_nothing_is_released_before_work_began(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    first, _ = milestones_of(market, assigned_in_parts(market, "600", "400").job)
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        release(market, first)
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(StartMilestone(by=CONTRACTOR, milestone=first.id))


@on_one_store
@pytest.mark.parametrize("kind", [ReleaseMilestone, CancelMilestone])
def test_closing_again_has_no_effect(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    _, parts = in_parts(market, "600", "400")
    one = parts[0] if kind is ReleaseMilestone else parts[1]
    done = market.execute(kind(by=CUSTOMER, milestone=one.id))
    with nothing_is_done(market):
        again = market.execute(kind(by=ADMIN, milestone=one.id))
    assert again == done
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        fund(market, one)


@on_one_store
@pytest.mark.parametrize("kind", MONEY)
def test_a_milestone_that_is_not_there_is_not_found(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    with nothing_changes(market, gateway), pytest.raises(NotFound):
        market.execute(kind(by=CUSTOMER, milestone=f"mst_{NONE_SUCH}"))


@pytest.mark.parametrize("kind", MONEY)
def test_bad_values_are_refused(kind: Any) -> None:
    with pytest.raises(InvalidInput):
        kind(by=CUSTOMER, milestone="job_1")
    with pytest.raises(TypeError):
        kind(by="cus_17", milestone=f"mst_{NONE_SUCH}")


def test_a_card_number_is_no_method() -> None:
    with pytest.raises(InvalidInput):
        FundMilestone(
            by=CUSTOMER, milestone=MilestoneId("mst_1"), payment_method="4242 4242 4242 4242"
        )


def test_the_same_key_pays_once(market: Marketplace, gateway: SimulatedGateway) -> None:
    _, (_, second) = in_parts(market, "600", "400")
    command = FundMilestone(by=CUSTOMER, milestone=second.id, payment_method=GOOD)
    first = market.execute(command, key="m 2")
    assert market.execute(command, key="m 2").payment == first.payment
    assert gateway.effects(Capture) == 2


def test_all_of_a_part_may_be_the_platform_s(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(commission=Commission(platform=1, service=0))
    _, (first, second) = in_parts(market, "600", "400")
    fund(market, second)
    release(market, first)
    release(market, second)
    assert wallet(market)[0] == "0.00"
    assert market.revenue("USD").total == Money("1000", "USD")
    nothing_is_left(market, gateway)


def test_what_is_funded_is_in_escrow(market: Marketplace) -> None:
    _, (_, second, _) = in_parts(market, "500", "300", "200")
    fund(market, second)
    assert balance(market, AccountKind.ESCROW) == usd("720")


def test_the_words_of_a_plan_are_in_the_journal_as_a_digest_only(market: Marketplace) -> None:
    secret = "For Ms Miller"
    parts = (MilestonePlan(secret, usd("600")), MilestonePlan("The rest", usd("400")))
    with heard(market) as told:
        sent = send(market, milestones=parts)
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert all(secret not in record.body + record.events for record in told.records)
    assert any(secret in str(record.personal) for record in told.records)


def test_the_same_key_with_other_parts_is_another_command(market: Marketplace) -> None:
    job = post(market)
    command = offering(job, milestones=planned("600", "400"))
    first = market.execute(command, key="offer")
    assert market.execute(command, key="offer").offer.id == first.offer.id
    with pytest.raises(IdempotencyConflict):
        market.execute(offering(job, milestones=planned("500", "500")), key="offer")


def test_parts_are_negotiated_with_the_price(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = send(market).offer
    halves = planned("500", "500")
    asking = CounterOffer(by=CONTRACTOR, offer=offer.id, price=usd("1000"), milestones=halves)
    countered = market.execute(asking)
    assert (countered.counter, countered.plan) == (usd("1000"), None)
    with nothing_is_done(market):
        market.execute(asking)
    revise = ReviseOffer(
        by=CUSTOMER, offer=offer.id, price=usd("1000"), milestones=halves, payment_method=GOOD
    )
    revised = market.execute(revise)
    assert (revised.offer.price, revised.payment.amount) == (usd("1000"), usd("500"))
    assert revised.offer.plan == Plan(halves)
    assert (revised.offer.counter_plan, revised.offer.revising_plan) == (None, None)
    with nothing_is_done(market):
        market.execute(revise)
    whole = ReviseOffer(by=CUSTOMER, offer=offer.id, price=usd("900"), payment_method=GOOD)
    assert market.execute(whole).offer.plan is None
    market.execute(revise)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=offer.id))
    work_off(market)
    assert len(milestones_of(market, market.query(GetJob(offer.job)))) == 2
    assert gateway.balance("USD") == usd("500")


@on_one_store
def test_the_same_terms_are_no_counter_offer(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    halves = planned("500", "500")
    offer = send(market, milestones=halves).offer
    with nothing_changes(market, gateway), pytest.raises(InvalidInput):
        market.execute(
            CounterOffer(by=CONTRACTOR, offer=offer.id, price=usd("1000"), milestones=halves)
        )
    whole = CounterOffer(by=CONTRACTOR, offer=offer.id, price=usd("1000"))
    assert market.execute(whole).status == "countered"


def test_a_revision_that_is_refused_leaves_the_old_parts(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = send(market, milestones=planned("500", "500")).offer
    with pytest.raises(PaymentDeclined):
        market.execute(
            ReviseOffer(
                by=CUSTOMER,
                offer=offer.id,
                price=usd("1200"),
                milestones=planned("600", "600"),
                payment_method=REFUSED,
            )
        )
    after = now(market, offer)
    assert (after.price, after.plan.parts) == (usd("1000"), planned("500", "500"))
    assert after.revising_plan is None


@on_one_store
def test_each_part_is_as_large_as_the_gateway_can_charge(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(limits=lambda _: Limits(least=50, most=60_000))
    job = post(market)
    for parts in (planned("999.60", "0.40"), planned("600.01", "399.99")):
        with nothing_changes(market, gateway), pytest.raises(MoneyError):
            market.execute(offering(job, milestones=parts))
    past = (MilestonePlan("a", usd("600"), clock()), MilestonePlan("b", usd("400")))
    with nothing_changes(market, gateway), pytest.raises(InvalidInput):
        market.execute(offering(job, milestones=past))
    assert market.execute(offering(job, milestones=planned("600", "400"))).offer.plan is not None
