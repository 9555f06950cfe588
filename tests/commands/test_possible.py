"""A button is drawn for what can be done, and for nothing else."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from attrs import frozen

from marketpay import (
    AbandonTransaction,
    AcceptApplication,
    AcceptCancellation,
    AcceptOffer,
    AcceptSettlement,
    Actor,
    AddEvidence,
    Adjustment,
    Application,
    ApproveAdjustment,
    ApproveWithdrawal,
    BuyUpgrade,
    CancelJob,
    CancelMilestone,
    CancelWithdrawal,
    ClearPayment,
    Command,
    CompleteJob,
    CounterOffer,
    DeclineCancellation,
    Dispute,
    EscalateDispute,
    FlagPayment,
    Forbidden,
    FundMilestone,
    IllegalTransition,
    Incident,
    IssueRefund,
    Job,
    MarketpayError,
    Marketplace,
    Milestone,
    Offer,
    OpenDispute,
    Payment,
    PaymentTransaction,
    PayOffer,
    ProposeCancellation,
    ProposeSettlement,
    Refund,
    RefundMilestone,
    RejectAdjustment,
    RejectApplication,
    RejectOffer,
    ReleaseMilestone,
    ReplayWebhook,
    RequestChanges,
    RequestMilestoneChanges,
    RequestWithdrawal,
    ResolveDispute,
    ResolveIncident,
    RespondToDispute,
    RetryTransfer,
    ReviseOffer,
    RevokeUpgrade,
    Role,
    Rules,
    StartJob,
    StartMilestone,
    SubmitMilestone,
    SubmitWork,
    UpdateJob,
    Upgrade,
    Webhook,
    Withdrawal,
    WithdrawApplication,
    WithdrawDispute,
    WithdrawOffer,
)
from marketpay.commands.possible import BUTTONS, CONSEQUENCES, PEOPLE
from marketpay.domain.lifecycles import ALL
from marketpay.ports.gateway import Capture, RefundPayment, Transfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    GOOD,
    OTHER_CUSTOMER,
    RIVAL,
    applied,
    assigned,
    completed,
    declined,
    in_progress,
    now,
    payee,
    post,
    send,
    usd,
)
from tests.disputes import PHOTO, disputed, resolved, under_review
from tests.hearing import hear
from tests.milestones import fund, in_parts, release, submitted
from tests.money import CHECKER, proposed


@frozen
class World:
    """A marketplace with something in every state that buttons are drawn for."""

    market: Marketplace
    gateway: SimulatedGateway
    clock: VirtualClock


HOUSE = partial(Rules, approve_withdrawals=True, retry_window=timedelta(hours=1))


@pytest.fixture(scope="module")
def world() -> World:
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    made = World(
        Marketplace(gateway=gateway, rules=HOUSE(now=clock)),
        gateway,
        clock,
    )
    _paid(made)
    _jobs(made.market)
    _offers(made)
    _stuck(made)
    _upgrades(made)
    _processing(made.market)
    _accepting(made)
    _contested(made.market)
    _parts(made.market)
    _adjustments(made.market)
    return made


def _paid(world: World) -> None:
    market, gateway = world.market, world.gateway
    completed(market)  # to be transferred once there is an account
    payee(market, gateway)
    payee(market, gateway, RIVAL)
    gateway.script(Transfer, Outcome.DECLINE)
    completed(market)
    market.work()
    market.execute(IssueRefund(by=ADMIN, payment=completed(market).payment.id, amount=usd("1000")))
    for approved in (False, True):
        asked = market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("10")))
        if approved:
            market.execute(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id))
            market.work()
            for _ in range(2):
                world.clock.advance(days=2)
                market.work()
        else:
            market.execute(CancelWithdrawal(by=CONTRACTOR, withdrawal=asked.id))
    completed(market, to=RIVAL)
    market.execute(RequestWithdrawal(by=RIVAL, amount=usd("10")))
    gateway.dispute(completed(market).payment)
    hear(market, gateway)


def _jobs(market: Marketplace) -> None:
    job = post(market)
    for by in (CONTRACTOR, RIVAL, Actor.contractor("ctr_44"), Actor.contractor("ctr_45")):
        applied(market, job, by)
    mine, other, third, _ = market.store.read(lambda r: r.find(Application, job=job.id))
    market.execute(AcceptApplication(by=CUSTOMER, application=mine.id))
    market.execute(RejectApplication(by=CUSTOMER, application=other.id))
    by = Actor.contractor(third.contractor)
    market.execute(WithdrawApplication(by=by, application=third.id))
    market.execute(CancelJob(by=CUSTOMER, job=post(market).id))
    assigned(market)
    in_progress(market)
    market.execute(SubmitWork(by=CONTRACTOR, job=in_progress(market).job.id))
    for side in (CUSTOMER, CONTRACTOR):
        started = in_progress(market).job
        market.execute(ProposeCancellation(by=side, job=started.id, to_customer=usd("600")))
    flagged = in_progress(market).payment
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=flagged.id, detail="issfr_1"))


def _parts(market: Marketplace) -> None:
    _, (first, *_) = in_parts(market)
    market.execute(StartMilestone(by=CONTRACTOR, milestone=first.id))
    _, (first, second, third) = in_parts(market)
    submitted(market, first)
    asking = {"payment_method": "pm_card_authenticationRequired"}
    fund(market, second, **asking)
    market.execute(CancelMilestone(by=CUSTOMER, milestone=third.id))
    _, (first, second, third) = in_parts(market)
    release(market, first)
    fund(market, second)
    market.execute(RefundMilestone(by=CONTRACTOR, milestone=second.id))
    fund(market, third)


def _contested(market: Marketplace) -> None:
    disputed(market)
    for by in (CUSTOMER, CONTRACTOR):
        proposed = disputed(market, by)
        market.execute(ProposeSettlement(by=by, dispute=proposed.id, to_customer=usd("100")))
    under_review(market)
    resolved(market, disputed(market), "400", "600")
    market.execute(WithdrawDispute(by=CUSTOMER, dispute=disputed(market).id))


def _offers(world: World) -> None:
    market, clock = world.market, world.clock
    declined(market)
    countered = send(market).offer.id
    market.execute(CounterOffer(by=CONTRACTOR, offer=countered, price=usd("1300")))
    market.execute(RejectOffer(by=CONTRACTOR, offer=send(market).offer.id))
    market.execute(WithdrawOffer(by=CUSTOMER, offer=send(market).offer.id))
    job = post(market)
    sent, _ = send(market, job), send(market, job, to=RIVAL)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    send(market, expires_at=clock() + timedelta(minutes=5))
    clock.advance(minutes=10)
    market.work()
    send(market)


def _stuck(world: World) -> None:
    market, gateway = world.market, world.gateway
    job = assigned(market).job
    gateway.script(RefundPayment, *[Outcome.TIMEOUT_BEFORE] * 200)
    market.execute(CancelJob(by=CUSTOMER, job=job.id))
    for _ in range(20):
        world.clock.advance(minutes=10)
        market.work()


def _processing(market: Marketplace) -> None:
    asked = market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("10")))
    market.execute(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id))
    market.work()


def _accepting(world: World) -> None:
    market, gateway = world.market, world.gateway
    accepting = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=accepting.offer.id))


def _upgrades(world: World) -> None:
    for listing in ("lst_1", "lst_2"):
        buying = BuyUpgrade(
            by=CUSTOMER,
            listing=listing,
            premium_type="gold",
            success_url="https://host.example/yes",
            cancel_url="https://host.example/no",
        )
        world.gateway.pay_checkout(world.market.execute(buying).transaction)
        world.market.work()
    revoked, _ = world.market.store.read(lambda records: records.find(Upgrade))
    world.market.execute(RevokeUpgrade(by=ADMIN, upgrade=revoked.id))


def _adjustments(market: Marketplace) -> None:
    """Of each status, proposed by one administrator and by another."""
    for by in (ADMIN, CHECKER):
        waiting = [proposed(market, "credit", "1", by=by).id for _ in range(3)]
        checker = CHECKER if by == ADMIN else ADMIN
        market.execute(ApproveAdjustment(by=checker, adjustment=waiting[0]))
        for no in (by, checker):
            market.execute(RejectAdjustment(by=no, adjustment=waiting.pop(), reason="No"))
        proposed(market, "credit", "1", by=by)


KINDS: tuple[type[Any], ...] = (
    Job, Application, Offer, Payment, PaymentTransaction, Refund, Withdrawal, Upgrade, Incident,
    Webhook, Dispute, Milestone, Adjustment,
)  # fmt: skip

GIVEN: dict[type[Any], Callable[[Actor, Any], Iterator[Command[Any]]]] = {}


def gives(
    kind: type[Any],
) -> Callable[[Callable[..., Iterator[Command[Any]]]], Callable[..., Iterator[Command[Any]]]]:
    def keep(make: Callable[..., Iterator[Command[Any]]]) -> Callable[..., Iterator[Command[Any]]]:
        GIVEN[kind] = make
        return make

    return keep


@gives(Job)
def _to_jobs(by: Actor, job: Job) -> Iterator[Command[Any]]:
    yield UpdateJob(by=by, job=job.id, title="Paint it blue")
    yield StartJob(by=by, job=job.id)
    yield CompleteJob(by=by, job=job.id)
    yield CancelJob(by=by, job=job.id)
    yield ProposeCancellation(by=by, job=job.id, to_customer=usd("500"))
    yield AcceptCancellation(by=by, job=job.id, to_customer=job.cancellation_to_customer)
    yield DeclineCancellation(by=by, job=job.id)
    yield SubmitWork(by=by, job=job.id)
    yield RequestChanges(by=by, job=job.id)


@gives(Application)
def _to_applications(by: Actor, application: Application) -> Iterator[Command[Any]]:
    for kind in (AcceptApplication, RejectApplication, WithdrawApplication):
        yield kind(by=by, application=application.id)


@gives(Offer)
def _to_offers(by: Actor, offer: Offer) -> Iterator[Command[Any]]:
    for kind in (AcceptOffer, RejectOffer, WithdrawOffer):
        yield kind(by=by, offer=offer.id)
    yield CounterOffer(by=by, offer=offer.id, price=usd("1200"))
    yield ReviseOffer(by=by, offer=offer.id, price=usd("1100"), payment_method=GOOD)


@gives(Payment)
def _to_payments(by: Actor, payment: Payment) -> Iterator[Command[Any]]:
    yield PayOffer(by=by, offer=payment.offer, payment_method=GOOD)
    yield IssueRefund(by=by, payment=payment.id, amount=usd("1"))
    yield ClearPayment(by=by, payment=payment.id)
    yield RetryTransfer(by=by, payment=payment.id)
    yield OpenDispute(by=by, payment=payment.id, reason="Half is missing")


@gives(Adjustment)
def _to_adjustments(by: Actor, adjustment: Adjustment) -> Iterator[Command[Any]]:
    yield ApproveAdjustment(by=by, adjustment=adjustment.id)
    yield RejectAdjustment(by=by, adjustment=adjustment.id, reason="No")


@gives(Dispute)
def _to_disputes(by: Actor, dispute: Dispute) -> Iterator[Command[Any]]:
    half = usd("500")
    yield AddEvidence(by=by, dispute=dispute.id, attachment=PHOTO)
    yield RespondToDispute(by=by, dispute=dispute.id, message="All of it is there")
    yield EscalateDispute(by=by, dispute=dispute.id)
    yield ProposeSettlement(by=by, dispute=dispute.id, to_customer=usd("300"))
    yield AcceptSettlement(by=by, dispute=dispute.id, to_customer=usd("100"))
    yield ResolveDispute(by=by, dispute=dispute.id, to_customer=half, to_contractor=half)
    yield WithdrawDispute(by=by, dispute=dispute.id)


@gives(PaymentTransaction)
def _to_transactions(by: Actor, transaction: PaymentTransaction) -> Iterator[Command[Any]]:
    yield AbandonTransaction(by=by, transaction=transaction.id)


@gives(Withdrawal)
def _to_withdrawals(by: Actor, withdrawal: Withdrawal) -> Iterator[Command[Any]]:
    yield ApproveWithdrawal(by=by, withdrawal=withdrawal.id)
    yield CancelWithdrawal(by=by, withdrawal=withdrawal.id)


@gives(Milestone)
def _to_milestones(by: Actor, milestone: Milestone) -> Iterator[Command[Any]]:
    yield FundMilestone(by=by, milestone=milestone.id, payment_method=GOOD)
    for kind in (
        StartMilestone,
        SubmitMilestone,
        RequestMilestoneChanges,
        ReleaseMilestone,
        RefundMilestone,
        CancelMilestone,
    ):
        yield kind(by=by, milestone=milestone.id)


@gives(Upgrade)
def _to_upgrades(by: Actor, upgrade: Upgrade) -> Iterator[Command[Any]]:
    yield RevokeUpgrade(by=by, upgrade=upgrade.id)


@gives(Incident)
def _to_incidents(by: Actor, incident: Incident) -> Iterator[Command[Any]]:
    yield ResolveIncident(by=by, incident=incident.id, note="Seen.")


@gives(Webhook)
def _to_webhooks(by: Actor, webhook: Webhook) -> Iterator[Command[Any]]:
    yield ReplayWebhook(by=by, webhook=webhook.id)


def everything_there_is(world: World, kind: type[Any]) -> list[Any]:
    return world.market.store.read(lambda records: records.find(kind))


def outcome(world: World, command: Command[Any]) -> str:
    """Whether it could be given now, as a button that was drawn can be pressed."""
    try:
        decision = world.market.preview(command)
    except (Forbidden, IllegalTransition) as error:
        return type(error).__name__
    except MarketpayError as error:
        return error.code
    return "" if decision.changes else "no effect"


@pytest.mark.parametrize("kind", GIVEN, ids=lambda kind: kind.__name__)
def test_what_is_possible_is_what_execute_allows(world: World, kind: type[Any]) -> None:
    wrong, drawn = [], 0
    for entity in everything_there_is(world, kind):
        for actor in EVERYBODY:
            if actor.role is Role.SYSTEM:
                continue
            possible = world.market.possible(entity, actor)
            given = {type(one).__name__: one for one in GIVEN[kind](actor, entity)}
            assert possible <= given.keys()
            drawn += len(possible)
            for name, command in given.items():
                came = outcome(world, command)
                is_shut = came in ("Forbidden", "IllegalTransition", "no effect")
                if name in possible and is_shut:
                    wrong.append(f"{entity.status} {name} by {actor}: drawn, but {came}")
                if name not in possible and came == "":
                    wrong.append(f"{entity.status} {name} by {actor}: not drawn, but possible")
    assert wrong == []
    assert drawn


def test_the_states_above_are_nearly_all_there_are(world: World) -> None:
    rare_ones: dict[type[Any], set[str]] = {
        Job: set(),
        Application: set(),
        Offer: set(),
        Payment: {"pending", "awaiting_confirmation", "canceled", "expired"},
        Withdrawal: {"approved", "failed"},
        Dispute: {"expired"},
        Milestone: set(),
        Adjustment: {"expired"},
    }
    for kind, rare in rare_ones.items():
        seen = {entity.status for entity in everything_there_is(world, kind)}
        assert {*kind.lifecycle.statuses} - seen <= rare, kind


def test_a_stranger_and_the_library_itself_have_no_buttons(world: World) -> None:
    for kind in KINDS:
        for entity in everything_there_is(world, kind):
            for actor in (OTHER_CUSTOMER, Actor.contractor("nobody"), Actor.SYSTEM):
                assert world.market.possible(entity, actor) == frozenset()


def test_buttons_of_a_job_by_its_stage(world: World) -> None:
    market = world.market
    job = post(market)
    assert market.possible(job, CUSTOMER) == {"UpdateJob", "CancelJob"}
    assert market.possible(job, CONTRACTOR) == frozenset()
    started = in_progress(market).job
    started = now(market, started)
    assert market.possible(started, CONTRACTOR) == {"ProposeCancellation", "SubmitWork"}
    assert market.possible(started, ADMIN) == {"CompleteJob", "CancelJob"}
    proposed = market.execute(ProposeCancellation(by=CUSTOMER, job=started.id))
    theirs = {"ProposeCancellation", "DeclineCancellation"}
    assert market.possible(proposed, CONTRACTOR) == theirs | {"AcceptCancellation", "SubmitWork"}
    assert market.possible(proposed, CUSTOMER) == theirs | {"CompleteJob"}


def test_whatever_people_cause_has_a_button_or_follows_from_another() -> None:
    for lifecycle in ALL:
        for row in lifecycle.rows:
            if row.who & PEOPLE:
                assert (row.event in BUTTONS) != (row.event in CONSEQUENCES), row.event.name
    known = {row.event for lifecycle in ALL for row in lifecycle.rows}
    assert BUTTONS.keys() | CONSEQUENCES <= known


def test_only_what_moves_has_buttons(world: World) -> None:
    for entity, actor in ((CUSTOMER, CUSTOMER), (post(world.market), "cus_17"), (None, CUSTOMER)):
        with pytest.raises(TypeError):
            world.market.possible(entity, actor)  # type: ignore[arg-type]


def test_an_asynchronous_marketplace_draws_the_same_without_waiting(
    market: Marketplace,
) -> None:
    job = post(market)
    assert market.possible(job, CUSTOMER) == {"UpdateJob", "CancelJob"}
