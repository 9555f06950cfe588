"""The races that a crowd is put through, wherever the database is."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

from marketpay import (
    AcceptOffer,
    Actor,
    CompleteJob,
    Conflict,
    JobId,
    JobStatus,
    ListJobs,
    Money,
    Offer,
    OfferId,
    PostJob,
    Reason,
    RequestWithdrawal,
    Withdrawal,
    WithdrawalStatus,
)
from marketpay.ports.gateway import Capture, PayOut, Void
from tests.deals import (
    CUSTOMER,
    entries,
    happened_to,
    in_progress,
    now,
    offering,
    payment_of,
    post,
    send,
)
from tests.integration import acts
from tests.integration.crowd import raise_any
from tests.integration.scene import Scene, split

NO_MORE = {Reason.WITHDRAWAL_IN_PROGRESS, Reason.BALANCE_TOO_LOW}
LOST = {Reason.JOB_ALREADY_ASSIGNED, Reason.ACCEPTANCE_IN_PROGRESS}


def contractor(number: int) -> Actor:
    """One of many."""
    return Actor.contractor(f"ctr_{number}")


def accept_offers_of_one_job(scene: Scene) -> None:
    """One is accepted; the others are told so, and their holds are let go, each once."""
    market, gateway, size = scene.market, scene.gateway, len(scene.crowd)
    captured, voided = gateway.effects(Capture), gateway.effects(Void)
    job = post(market)
    sent = [send(market, job, contractor(number)) for number in range(size)]
    outcomes = scene.crowd.each(
        acts.execute,
        *((AcceptOffer(by=contractor(n), offer=one.offer.id),) for n, one in enumerate(sent)),
    )

    [accepted], raised = split(outcomes)
    assert {getattr(one, "reason", one) for one in raised} <= LOST
    assert (now(market, job).contractor, accepted.job.status) == (
        accepted.offer.contractor,
        JobStatus.ASSIGNED,
    )
    assert gateway.effects(Capture) == captured + 1
    scene.rest()
    assert gateway.effects(Void) == voided + size - 1
    scene.asked_once()


def complete_one_job(scene: Scene) -> None:
    """The money is released once, whoever of them it was."""
    market = scene.market
    accepted = in_progress(market)
    outcomes = scene.crowd.all(acts.execute, CompleteJob(by=CUSTOMER, job=accepted.job.id))

    raise_any(outcomes)
    assert {one.job.status for one in outcomes} == {JobStatus.COMPLETED}
    payment = payment_of(market, accepted.offer)
    released = [one for one in entries(market, payment) if one[1].startswith("wallet")]
    assert len(released) == 1, entries(market, payment)
    scene.rest()


def withdraw_from_one_wallet(scene: Scene) -> None:
    """One gets what they want; never more leaves the wallet than is in it."""
    market, gateway, to = scene.market, scene.gateway, Actor.contractor("ctr_rich")
    scene.payee(to)
    accepted = in_progress(market, to)
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    scene.rest()
    available, paid = market.wallet(to.id, "USD").available, gateway.effects(PayOut)
    part = Money.from_minor(available.minor * 3 // 4, "USD")
    done = list[Withdrawal]()
    for _ in range(2):
        fresh, raised = split(scene.crowd.all(acts.execute, RequestWithdrawal(by=to, amount=part)))
        done += fresh
        assert {getattr(one, "reason", one) for one in raised} <= NO_MORE
        scene.rest()
    [withdrawal] = done
    assert now(market, withdrawal).status is WithdrawalStatus.PROCESSING
    assert market.wallet(to.id, "USD").available == available - part
    assert gateway.effects(PayOut) == paid + 1
    scene.asked_once()


def repeat_one_key(scene: Scene) -> None:
    """One effect, and everybody gets the ids of it."""
    job = post(scene.market)
    outcomes = scene.crowd.all(acts.execute, offering(job), "the same")

    raise_any(outcomes)
    sent = scene.market.store.read(lambda records: records.find(Offer, job=job.id))
    assert {one.offer.id for one in outcomes} == {one.id for one in sent}
    assert {one.payment.id for one in outcomes} == {one.payment for one in sent}
    assert len(sent) == 1
    scene.asked_once()


def post_jobs(scene: Scene, times: int = 10) -> None:
    """Every job is there once, and the feed has them all."""
    outcomes = scene.crowd.all(acts.post, times)
    raise_any(outcomes)
    ids = [id for posted in outcomes for id in posted]
    assert len(set(ids)) == times * len(scene.crowd)
    for id in ids[:: len(ids) // 5]:
        assert happened_to(scene.market, id) == ["PostJob"]
    scene.rest()


def work_at_once(scene: Scene, offers: int = 20) -> None:
    """Offers that run out at once run out once, and their holds are let go once."""
    market, gateway = scene.market, scene.gateway
    voided = gateway.effects(Void)
    soon = scene.clock() + timedelta(hours=1)
    sent = [send(market, to=contractor(n), expires_at=soon).offer for n in range(offers)]
    scene.advance(timedelta(hours=2))
    scene.rest()

    for offer in sent:
        assert Counter(happened_to(market, offer.id))["ExpireOffer"] == 1
    assert gateway.effects(Void) == voided + offers
    scene.asked_once()


def do_anything(scene: Scene, seconds: float) -> None:
    """Whatever happens, nobody is told of a race, and in the end everything is right."""
    market, offers = scene.market, list[tuple[JobId, OfferId, Actor]]()
    before = len(market.query(ListJobs(limit=500)).items)
    contractors = [contractor(number) for number in range(100, 103)]
    for to in contractors:
        scene.payee(to)
    for _ in range(6):
        job = market.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))
        offers += [(job.id, send(market, job, to).offer.id, to) for to in contractors]
    refused = scene.crowd.all(acts.anything, CUSTOMER, offers, seconds)

    raise_any(refused)
    assert [one for each in refused for one in each if isinstance(one, Conflict)] == []
    scene.rest()
    assert len(market.query(ListJobs(limit=500)).items) > before + 6
    scene.asked_once()
