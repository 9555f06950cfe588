"""A database with real deals in it: in every table rows, of every state that matters."""

from __future__ import annotations

from marketpay import (
    Actor,
    AddEvidence,
    ApproveAdjustment,
    ApproveWithdrawal,
    BookProcessorFee,
    BuyUpgrade,
    CounterOffer,
    IssueRefund,
    LinkPayerAccount,
    ListIncidents,
    Marketplace,
    PostJob,
    RequestWithdrawal,
    ResolveIncident,
    Rules,
    WithdrawApplication,
    WithdrawDispute,
    WithdrawOffer,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.credits import LOYALTY, give
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    RIVAL,
    applied,
    assigned,
    completed,
    declined,
    payee,
    post,
    send,
    usd,
)
from tests.disputes import PARTIES, PHOTO, disputed, resolved, under_review
from tests.hearing import hear
from tests.milestones import in_parts, submitted
from tests.money import CHECKER, proposed


def furnish(url: str) -> None:
    """Make the tables and fill them."""
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    house = Rules(now=clock, approve_withdrawals=True, loyalty=LOYALTY)
    with Marketplace.connect(url, gateway=gateway, rules=house) as market:
        for contractor in (CONTRACTOR, RIVAL):
            payee(market, gateway, contractor)
            completed(market, to=contractor)
        _withdrawals(market, gateway, clock)
        market.work()
        market.store.run(lambda work: work.fold(1000))
        _around(market, gateway)
        _adjustments(market)
        _deals(market, gateway)
        for name in ("mails", "search"):
            market.store.run(lambda work, n=name: work.take_cursor(n, now=clock(), until=clock()))  # type: ignore[misc]
        for key in ("first", "second"):  # which have no place in the feed yet
            posting = PostJob(by=CUSTOMER, title="Paint the wall", currency="USD")
            market.execute(posting, key=key)


def _deals(market: Marketplace, gateway: SimulatedGateway) -> None:
    job = post(market)
    applied(market, job)
    gone = applied(market, job, RIVAL)
    market.execute(WithdrawApplication(by=RIVAL, application=gone.id))
    applied(market, job, RIVAL)
    withdrawn = send(market)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=withdrawn.offer.id))
    _disputes(market)
    for _ in range(2):
        _, (first, *_) = in_parts(market)
        submitted(market, first)
    countered = send(market)
    market.execute(CounterOffer(by=CONTRACTOR, offer=countered.offer.id, price=usd("1200")))
    for contractor in (CONTRACTOR, RIVAL):
        send(market, to=contractor)
        declined(market, to=contractor)
        held = assigned(market, to=contractor)
        market.execute(IssueRefund(by=ADMIN, payment=held.payment.id, amount=PRICE))
        gateway.dispute(assigned(market, to=contractor).payment)
    hear(market, gateway)
    incident, *_ = market.query(ListIncidents()).items
    market.execute(ResolveIncident(by=ADMIN, incident=incident.id, note="Called the bank."))
    give(market, "50")
    give(market, "20", customer="cus_18")
    assigned(market, credit=usd("20"))
    completed(market)


def _disputes(market: Marketplace) -> None:
    for shares in (("400", "600"), ("0", "1000")):
        resolved(market, under_review(market), *shares)
    taken_back = disputed(market)
    market.execute(WithdrawDispute(by=CUSTOMER, dispute=taken_back.id))
    for by in PARTIES:
        dispute = disputed(market, by)
        market.execute(AddEvidence(by=by, dispute=dispute.id, attachment=PHOTO))


def _withdrawals(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock) -> None:
    for contractor in (CONTRACTOR, RIVAL):
        asked = market.execute(RequestWithdrawal(by=contractor, amount=usd("50")))
        market.execute(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id))
    for _ in range(5):
        hear(market, gateway)
        clock.advance(days=2)
        gateway.tick()
    for contractor in (CONTRACTOR, RIVAL):
        market.execute(RequestWithdrawal(by=contractor, amount=usd("60")))


def _adjustments(market: Marketplace) -> None:
    for contractor in (CONTRACTOR, RIVAL):
        proposed(market, "credit", "1", contractor.id)
        approved = proposed(market, "credit", "1", contractor.id)
        market.execute(ApproveAdjustment(by=CHECKER, adjustment=approved.id))


def _around(market: Marketplace, gateway: SimulatedGateway) -> None:
    for customer in ("cus_90", "cus_91"):
        linked = f"gc_{customer}"
        market.execute(LinkPayerAccount(by=ADMIN, customer=customer, gateway_customer=linked))
    for listing in ("lst_1", "lst_2", "lst_3", "lst_4"):
        buying = BuyUpgrade(
            by=CUSTOMER,
            listing=listing,
            premium_type="gold",
            success_url="https://host.example/yes",
            cancel_url="https://host.example/no",
        )
        bought = market.execute(buying)
        if listing in ("lst_1", "lst_2"):
            gateway.pay_checkout(bought.transaction)
            market.work()
    for name in ("txn_1", "txn_2"):
        market.execute(BookProcessorFee(by=Actor.SYSTEM, gateway_id=name, amount=usd("2.90")))
