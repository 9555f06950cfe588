"""Races about what staff decide: each takes effect once, and the books are right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketpay import (
    AdjustmentStatus,
    ApplyToJob,
    ApproveAdjustment,
    ErasePerson,
    GetAdjustment,
    IllegalTransition,
    IssueRefund,
    Marketplace,
    MemoryStore,
    PayTip,
    PostJob,
    Reason,
    Refused,
    RejectAdjustment,
    RequestWithdrawal,
    Rules,
    SendOffer,
    SqlStore,
)
from marketpay.domain.actor import Actor
from marketpay.ports.gateway import RefundPayment
from marketpay.ports.store import Store
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.commands.test_upgrade_refunds import refunding
from tests.commands.test_upgrades import bought
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    OTHER_CUSTOMER,
    books_are_right,
    completed,
    everything,
    payee,
    usd,
)
from tests.delivery.test_races import at_once
from tests.money import CHECKER, all_is_right, paid_out, proposed, settle, wallet

OTHER = Actor.admin("adm_3")
rounds = pytest.mark.parametrize("round", range(3))


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = MemoryStore() if memory else SqlStore.connect(f"sqlite:///{tmp_path / 'market.db'}")
    yield store
    store.close()


@pytest.fixture
def market(store: Store, gateway: SimulatedGateway, clock: VirtualClock) -> Marketplace:
    market = Marketplace(store=store, gateway=gateway, rules=Rules(now=clock))
    payee(market, gateway)
    return market


@rounds
def test_of_two_approvals_one_takes_effect(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    waiting = proposed(market, "credit", "30")
    came = at_once(
        *(
            lambda by=by: market.execute(ApproveAdjustment(by=by, adjustment=waiting.id))
            for by in (CHECKER, OTHER)
        )
    )
    assert sum(isinstance(one, IllegalTransition) for one in came) == 1
    assert wallet(market) == ("30.00", "0.00", "0.00")
    all_is_right(market, gateway)


@rounds
def test_approved_twice_at_once_by_one_it_is_done_once(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    waiting = proposed(market, "credit", "30")
    approval = ApproveAdjustment(by=CHECKER, adjustment=waiting.id)
    came = at_once(*(lambda: market.execute(approval) for _ in range(3)))
    assert [one.status for one in came] == [AdjustmentStatus.APPROVED] * 3
    assert wallet(market) == ("30.00", "0.00", "0.00")
    all_is_right(market, gateway)


@rounds
def test_it_is_approved_or_taken_back(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    waiting = proposed(market, "credit", "30")
    back = RejectAdjustment(by=ADMIN, adjustment=waiting.id, reason="A mistake")
    came = at_once(
        lambda: market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id)),
        lambda: market.execute(back),
    )
    assert sum(isinstance(one, IllegalTransition) for one in came) == 1
    is_done = market.query(GetAdjustment(waiting.id)).status is AdjustmentStatus.APPROVED
    assert wallet(market)[0] == ("30.00" if is_done else "0.00")
    all_is_right(market, gateway)


@rounds
def test_what_is_being_withdrawn_is_not_taken(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    """What the debit leaves cannot be withdrawn whole, or the withdrawal leaves a debt."""
    completed(market)
    settle(market, gateway)
    waiting = proposed(market, "debit", "200")
    came = at_once(
        lambda: market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id)),
        lambda: market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700"))),
    )
    refused = [one for one in came if isinstance(one, Refused)]
    assert all(one.reason is Reason.BALANCE_TOO_LOW for one in refused)
    left = ("500.00", "0.00", "0.00") if refused else ("0.00", "700.00", "200.00")
    assert wallet(market) == left
    all_is_right(market, gateway)


@rounds
def test_a_debit_and_a_refund_take_both_their_part(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    payment = completed(market).payment
    settle(market, gateway)
    waiting = proposed(market, "debit", "200")
    at_once(
        lambda: market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id)),
        lambda: market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("1000"))),
    )
    assert wallet(market) == ("0.00", "0.00", "200.00")
    all_is_right(market, gateway)


@rounds
def test_of_two_write_offs_of_all_that_is_owed_one_takes_effect(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    debit = proposed(market, "debit", "100")
    market.execute(ApproveAdjustment(by=CHECKER, adjustment=debit.id))
    waiting = [proposed(market, "write_off", "100") for _ in range(2)]
    came = at_once(
        *(
            lambda one=one: market.execute(ApproveAdjustment(by=CHECKER, adjustment=one.id))
            for one in waiting
        )
    )
    assert [one.reason for one in came if isinstance(one, Refused)] == [Reason.BALANCE_TOO_LOW]
    assert wallet(market) == ("0.00", "0.00", "0.00")
    all_is_right(market, gateway)


@rounds
def test_an_offer_at_the_same_time_is_made_before_or_after(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    """After: it is whole, and of somebody who was just forgotten."""
    job = market.execute(PostJob(by=OTHER_CUSTOMER, title="A wall", currency="USD"))
    market.execute(ApplyToJob(by=CONTRACTOR, job=job.id, message="x"))
    offer = SendOffer(
        by=OTHER_CUSTOMER,
        job=job.id,
        contractor=CONTRACTOR.id,
        price=usd("10"),
        message="Welcome",
        payment_method=GOOD,
    )
    came = at_once(
        lambda: market.execute(offer),
        lambda: market.execute(ErasePerson(by=ADMIN, person=CONTRACTOR.id)),
    )
    refused = [one for one in came if isinstance(one, Refused)]
    assert [one.reason for one in refused] == [Reason.PERSON_ACTIVE]
    assert [one.message for one in everything(market)["Offer"]] == ["Welcome"]


def done(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock) -> PayTip:
    """A contractor has finished a job, and was paid out; and the tip that they might get."""
    job = completed(market).job
    settle(market, gateway)
    paid_out(market, gateway, clock, "700")
    return PayTip(by=CUSTOMER, job=job.id, amount=usd("40"), payment_method=GOOD)


@rounds
def test_a_tip_is_paid_before_its_contractor_is_forgotten_or_not_at_all(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, round: int
) -> None:
    tip = done(market, gateway, clock)
    came = at_once(
        lambda: market.execute(tip),
        lambda: market.execute(ErasePerson(by=ADMIN, person=CONTRACTOR.id)),
    )
    [reason] = [one.reason for one in came if isinstance(one, Refused)]
    assert reason in (Reason.PERSON_ACTIVE, Reason.PERSON_ERASED)
    tips = "40.00" if reason is Reason.PERSON_ACTIVE else "0.00"
    assert wallet(market) == (tips, "0.00", "0.00")
    all_is_right(market, gateway)


@pytest.mark.parametrize("is_first", ["the tip", "the erasure"])
def test_neither_is_decided_without_the_other(
    gateway: SimulatedGateway, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch, is_first: str
) -> None:
    market = Marketplace(store=MemoryStore(), gateway=gateway, rules=Rules(now=clock))
    payee(market, gateway)
    tip = done(market, gateway, clock)
    erase = ErasePerson(by=ADMIN, person=CONTRACTOR.id)
    first, second = (tip, erase) if is_first == "the tip" else (erase, tip)
    meanwhile: list[Any] = [first]
    decide = type(second).decide

    def decide_too_early(command: Any, read: Any, rules: Any) -> Any:
        decision = decide(command, read, rules)
        if meanwhile:
            market.execute(meanwhile.pop())
        return decision

    monkeypatch.setattr(type(second), "decide", decide_too_early)
    with pytest.raises(Refused) as refused:
        market.execute(second)
    late = Reason.PERSON_ACTIVE if first is tip else Reason.PERSON_ERASED
    assert (refused.value.reason, meanwhile) == (late, [])
    all_is_right(market, gateway)


@rounds
def test_of_two_refunds_of_all_at_once_one_is_made(
    market: Marketplace, gateway: SimulatedGateway, round: int
) -> None:
    charge = bought(market, gateway).transaction
    came = at_once(*(lambda: market.execute(refunding(charge)) for _ in range(2)))
    assert [one.reason for one in came if isinstance(one, Refused)] == [Reason.NOT_REFUNDABLE]
    assert gateway.effects(RefundPayment) == 1
    settle(market, gateway)
    books_are_right(market, gateway, "TRY")
