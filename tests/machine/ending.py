"""How it ends: trouble stops, whoever has to say something says it, time passes.

Every deal then reaches its end, by its timers or by its parties, and nothing is left over.
"""

from functools import partial
from typing import Any

from marketpay import (
    AbandonTransaction,
    Adjustment,
    ApproveWithdrawal,
    CancelJob,
    CancelMilestone,
    CancelWithdrawal,
    Chargeback,
    ClearPayment,
    CompleteJob,
    Dispute,
    FundMilestone,
    Incident,
    IncidentKind,
    Job,
    JobStatus,
    Milestone,
    MilestoneStatus,
    Money,
    Offer,
    OfferStatus,
    Payment,
    PaymentPurpose,
    PaymentStatus,
    PaymentTransaction,
    PayoutAccount,
    Refund,
    RefundStatus,
    ReleaseMilestone,
    ResolveDispute,
    RetryTransfer,
    Role,
    StartJob,
    TransactionKind,
    UnfreezeWallet,
    Wallet,
    Withdrawal,
    WithdrawalStatus,
    WithdrawDispute,
)
from marketpay.domain.rules import TransferPolicy
from marketpay.domain.settlement import NO_ANSWER
from marketpay.domain.timer import TimerKind
from tests.machine.house import House
from tests.machine.machine import ADMIN, CONTRACTORS, Machine
from tests.machine.people import everybody_goes
from tests.machine.points import all_points_are_earned
from tests.machine.shares import adjusted_money_is_explained

GOING_ON = (JobStatus.ASSIGNED, JobStatus.IN_PROGRESS, JobStatus.SUBMITTED)
NOTHING_LEFT = ("escrow", "credit.reserved", "refunds_in_transit", "payout_in_transit", "disputed")
CAPITAL = 10_000_000  # cents
# What has nothing to do any more is left where it is: it fires without effect, or the schedule's.
SCHEDULED = (TimerKind.PAYOUT_SCHEDULE, TimerKind.UPGRADE_END)


def finish(machine: Machine) -> None:
    """To the end of every deal."""
    machine.both(_no_more_trouble)
    _everybody_answers(machine)
    _time_passes(machine)
    _timers_kept_their_promises(machine)
    _parties_end_their_jobs(machine)
    _time_passes(machine)
    nothing_is_left(machine)
    everybody_goes(machine)


def _no_more_trouble(house: House) -> None:
    house.gateway._script._queues.clear()
    for currency in ("USD", "TRY"):  # of deals and of upgrades
        house.gateway.processor.top_up(CAPITAL, currency)


def _everybody_answers(machine: Machine) -> None:
    """Payers (but for every other one who should confirm), banks and administrators."""
    for account in machine.sight.of(PayoutAccount):
        machine.happens("activate", account)
    machine.settle()
    for paid in machine.sight.of(Payment, status=PaymentStatus.AWAITING_CONFIRMATION)[::2]:
        machine.happens("fail_confirmation", paid)  # of the others nobody ever hears
    for charge in machine.sight.of(PaymentTransaction, kind=TransactionKind.CHARGE):
        machine.happens("fail_checkout", charge)
    machine.settle()
    for number, taken in enumerate(machine.sight.of(Chargeback)):
        if not taken.is_decided:
            machine.outside(partial(_decided, taken, ("win", "lose")[number % 2]))
    for number in range(len(machine.houses[0].disputed_sales)):
        machine.outside(partial(_sale_decided, number, ("win", "lose")[number % 2]))
    machine.settle()
    _some_disputes_end(machine)
    for wallet in machine.sight.of(Wallet):
        machine.say(UnfreezeWallet(by=ADMIN, owner=wallet.owner, currency="USD", reason="Seen"))
    for asked in machine.sight.of(Withdrawal, status=WithdrawalStatus.REQUESTED)[1:]:
        machine.say(CancelWithdrawal(by=ADMIN, withdrawal=asked.id))
    _administrators_look(machine)


def _decided(taken: Chargeback, what: str, house: House) -> None:
    name = house.get(Chargeback, taken.id).gateway_id
    if house.outside(lambda _: getattr(house.gateway, what)(name)) != "ok":
        house.gateway.close_inquiry(name)


def _sale_decided(number: int, what: str, house: House) -> None:
    name = house.disputed_sales[number]
    if house.outside(lambda _: getattr(house.gateway, what)(name)) != "ok":
        house.outside(lambda _: house.gateway.close_inquiry(name))


def _some_disputes_end(machine: Machine) -> None:
    """Those about offers and their parts are decided, and those about extras taken back after that.

    In every other life; else the rules decide.
    """
    if len(machine.sight.of(Payment)) % 2:
        return
    going_on = [one for one in machine.sight.of(Dispute) if not one.is_over]
    for dispute in going_on:
        paid = machine.sight.get(Payment, dispute.payment)
        if paid.purpose in (PaymentPurpose.OFFER, PaymentPurpose.MILESTONE):
            part = Money.from_minor(paid.refundable.minor // 3, paid.currency)
            rest = paid.refundable - part
            machine.say(
                ResolveDispute(by=ADMIN, dispute=dispute.id, to_customer=part, to_contractor=rest)
            )
    for dispute in going_on:
        machine.say(WithdrawDispute(by=dispute.opener, dispute=dispute.id))


def _administrators_look(machine: Machine) -> None:
    """At what was flagged, what is to be approved, and what nobody sent until it was too late."""
    for paid in machine.sight.of(Payment):
        if paid.flagged is not None:
            machine.say(ClearPayment(by=ADMIN, payment=paid.id))
    for asked in machine.sight.of(Withdrawal, status=WithdrawalStatus.REQUESTED):
        machine.say(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id))
    for sent in machine.sight.of(PaymentTransaction, failure=NO_ANSWER):
        machine.say(AbandonTransaction(by=ADMIN, transaction=sent.id))
        if sent.kind is TransactionKind.TRANSFER and sent.payment is not None:
            machine.say(RetryTransfer(by=ADMIN, payment=sent.payment))


def _time_passes(machine: Machine) -> None:
    """Long enough for every hold, dispute, clearance and payout."""
    for days in (0, 1, 1, 1, 8, 8, 8, 1, 1, 1):
        machine.clock.advance(days=days)
        machine.settle()
        _administrators_look(machine)


def _timers_kept_their_promises(machine: Machine) -> None:
    """Before anybody does anything more: disputes are over, work that was submitted is paid."""
    sight = machine.sight
    for dispute in sight.of(Dispute):
        assert dispute.is_over, dispute
    if machine.policy.auto_release is not None:
        for job in sight.of(Job, status=JobStatus.SUBMITTED):
            assert job.cancellation_by == Role.CUSTOMER, job
        for part in sight.of(Milestone, status=MilestoneStatus.SUBMITTED):
            assert sight.get(Job, part.job).cancellation_by == Role.CUSTOMER, part
    for part in sight.of(Milestone, status=MilestoneStatus.PENDING):
        assert part.payment is None, part
    for paid in sight.of(Payment):
        assert paid.status is not PaymentStatus.AUTHORIZED, paid  # no hold lasts so long
        assert paid.clears_at is None, paid
        is_over = sight.get(Job, paid.job).status not in (JobStatus.OPEN, *GOING_ON)
        if is_over:
            assert not _in_escrow(paid), paid


def _parties_end_their_jobs(machine: Machine) -> None:
    """One is completed, the next cancelled."""
    for number, job in enumerate(machine.sight.of(Job)):
        customer = machine.who("customer", job)
        if job.status is JobStatus.OPEN:
            code = machine.say(CancelJob(by=customer, job=job.id))
        elif job.status in GOING_ON and number % 3 == 2 and machine.sight.of(Milestone, job=job.id):
            code = _one_by_one(machine, job)
        elif job.status in GOING_ON and number % 2:
            code = machine.say(CancelJob(by=ADMIN, job=job.id))
        elif job.status in GOING_ON:
            if job.status is JobStatus.ASSIGNED:
                machine.say(StartJob(by=customer, job=job.id))
            code = machine.say(CompleteJob(by=customer, job=job.id))
        else:
            continue
        assert code in ("ok", "pending"), (code, job)


def _one_by_one(machine: Machine, job: Job) -> str:
    """Its parts are paid and released, or will not be done; what came of the last.

    Where extras outlived all of them, those are released.
    """
    customer, code = machine.who("customer", job), "ok"
    if job.status is JobStatus.ASSIGNED:
        machine.say(StartJob(by=customer, job=job.id))
    parts = machine.sight.of(Milestone, job=job.id)
    if not any(part.is_open for part in parts):
        return machine.say(CompleteJob(by=customer, job=job.id))
    for number, part in enumerate(parts):
        if not part.is_open:
            continue
        if part.status is MilestoneStatus.PENDING and number % 2:
            code = machine.say(CancelMilestone(by=customer, milestone=part.id))
            continue
        funding = FundMilestone(by=customer, milestone=part.id, payment_method="pm_card_visa")
        assert machine.say(funding) in ("ok", "pending"), part
        code = machine.say(ReleaseMilestone(by=customer, milestone=part.id))
    return code


def nothing_is_left(machine: Machine) -> None:
    """Every deal has ended, and the books are the processor's."""
    sight = machine.sight
    for job in sight.of(Job):
        assert job.status in job.lifecycle.final, job
    for offer in sight.of(Offer):
        assert not offer.is_open, offer
        assert offer.status is not OfferStatus.ACCEPTING, offer
    for kind in (
        Payment,
        PaymentTransaction,
        Refund,
        Dispute,
        Chargeback,
        Withdrawal,
        Milestone,
        Adjustment,
    ):
        for one in sight.of(kind):
            assert one.status in kind.lifecycle.final, one
    paid_at_once = machine.policy.transfers is TransferPolicy.ON_RELEASE
    has_account = {one.contractor for one in sight.of(PayoutAccount) if one.status == "active"}
    for paid in sight.of(Payment):
        assert not _in_escrow(paid), paid
        assert paid.contested is None, paid
        if paid_at_once and paid.contractor in has_account:
            assert paid.untransferred.minor == 0, paid
    for account in NOTHING_LEFT:
        assert sight.balance(account) == {}, account
    # A withdrawal takes what lies on the account whichever payment it came with: one has too
    # much there for good where another has as much too little.
    pooled = () if paid_at_once else (TimerKind.TRANSFER_RETRY,)
    left = [one for one in sight.timers if one.kind not in (*SCHEDULED, *pooled)]
    assert left == [], left
    nobody_is_paid_twice(machine)
    if machine.policy.loyalty is not None:
        all_points_are_earned(sight)
    for house in machine.houses:
        _books_are_the_processors(house, machine)


def nobody_is_paid_twice(machine: Machine) -> None:
    """By their bank and as credit a customer has back what they paid, and no more.

    But for what somebody was told of: credit that was spent before their bank paid them too, and
    what was refunded elsewhere beyond the payment.  What a bank takes of what was paid back by
    card is a loss that can be won back there.
    """
    told = {
        one.subject
        for one in machine.sight.of(Incident)
        if one.kind in (IncidentKind.PAID_TWICE, IncidentKind.REFUND_ELSEWHERE)
    }
    for paid in machine.sight.of(Payment):
        if paid.id in told:
            continue
        refunds = machine.sight.of(Refund, payment=paid.id, status=RefundStatus.FAILED)
        back = sum((one.covered for one in refunds), paid.credited)
        lost = (one.lost - one.recovered for one in machine.sight.of(Chargeback, payment=paid.id))
        assert sum(lost, back) <= paid.amount, paid


def _books_are_the_processors(house: House, machine: Machine) -> None:
    assert house.market.verify().ok
    balances: dict[Any, int] = machine.sight.balance("processor")
    there = house.gateway.balance("USD").minor - CAPITAL
    assert balances.get(("", "USD"), 0) == there
    for by in CONTRACTORS:
        connected = house.gateway.connected_balance(by.id, "USD").minor
        assert machine.sight.balance("connected").get((by.id, "USD"), 0) == connected
    adjusted_money_is_explained(machine.sight)
    assert not house.gateway.held("USD").minor


def _in_escrow(paid: Payment) -> bool:
    return paid.status is PaymentStatus.CAPTURED
