"""A person is forgotten: their words go, and what is proof stays."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AcceptOffer,
    AccountKind,
    AddEvidence,
    ApplyToJob,
    CancelJob,
    CounterOffer,
    ErasePerson,
    FreezeWallet,
    GrantCredit,
    IssueRefund,
    JournalOf,
    ListEvidence,
    Marketplace,
    MilestonePlan,
    OpenDispute,
    PayTip,
    PostJob,
    Reason,
    Refused,
    RejectOffer,
    RespondToDispute,
    ReviseOffer,
    SendOffer,
    TransferPolicy,
    UnfreezeWallet,
)
from marketpay.ports.gateway import PayOut, RefundPayment, ReverseTransfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    OTHER_CUSTOMER,
    RIVAL,
    SERVICE,
    balance,
    books_are_right,
    completed,
    everything,
    heard,
    in_progress,
    journal,
    nothing_changes,
    now,
    payee,
    send,
    usd,
)
from tests.disputes import PHOTO, disputed, resolving
from tests.money import adjusted, paid_out, payment_now, proposed, settle, wallet, withdraw

SECRET = "Ms Miller, 5 Elm Street"  # what nobody may find any more


def past(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock) -> None:
    """Everything that a customer and a contractor can write, and nothing that goes on."""
    payee(market, gateway)
    job = market.execute(PostJob(by=CUSTOMER, title=SECRET, description=SECRET, currency="USD"))
    market.execute(ApplyToJob(by=CONTRACTOR, job=job.id, message="Let me, " + SECRET))
    sent = market.execute(
        SendOffer(
            by=CUSTOMER,
            job=job.id,
            contractor=CONTRACTOR.id,
            price=usd("1000"),
            message=SECRET,
            payment_method=GOOD,
        )
    )
    market.execute(RejectOffer(by=CONTRACTOR, offer=sent.offer.id))
    market.execute(CancelJob(by=CUSTOMER, job=job.id))
    deal = in_progress(market)
    opening = OpenDispute(by=CUSTOMER, payment=deal.payment.id, reason=SECRET)
    dispute = market.execute(opening)
    evidence = AddEvidence(by=CUSTOMER, dispute=dispute.id, attachment=PHOTO, note=SECRET)
    market.execute(evidence)
    market.execute(RespondToDispute(by=CONTRACTOR, dispute=dispute.id, message="No, " + SECRET))
    market.execute(resolving(dispute, "400", "600"))
    in_words(market)
    paid = completed(market).payment
    market.execute(IssueRefund(by=ADMIN, payment=paid.id, amount=usd("100"), reason=SECRET))
    adjusted(market, "debit", "1")
    for kind in (FreezeWallet, UnfreezeWallet):
        market.execute(kind(by=ADMIN, owner=CONTRACTOR.id, currency="USD", reason=SECRET))
    clock.advance(hours=2)
    settle(market, gateway)
    paid_out(market, gateway, clock, str(market.wallet(CONTRACTOR.id, "USD").available.amount))


def in_words(market: Marketplace) -> None:
    """A job in parts, countered in parts, called off; and credit that nothing is left of."""
    plan = [MilestonePlan(SECRET, usd("400")), MilestonePlan(SECRET, usd("600"))]
    job = market.execute(PostJob(by=CUSTOMER, title="x", currency="USD"))
    terms: dict[str, Any] = {"price": usd("1000"), "milestones": plan}
    sent = market.execute(
        SendOffer(by=CUSTOMER, job=job.id, contractor=CONTRACTOR.id, payment_method=GOOD, **terms)
    )
    counter = CounterOffer(by=CONTRACTOR, offer=sent.offer.id, message=SECRET, **terms)
    market.execute(evolve(counter, milestones=plan[::-1]))
    revise = ReviseOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD, **terms)
    market.execute(evolve(revise, milestones=plan[::-1]))
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    market.execute(CancelJob(by=ADMIN, job=job.id))
    market.execute(
        GrantCredit(
            by=ADMIN,
            customer=CUSTOMER.id,
            amount=usd("5"),
            reason=SECRET,
            expires_at=market.rules.now() + timedelta(hours=1),
        )
    )


def said(market: Marketplace) -> list[str]:
    """Every place that has the secret."""
    found = [
        f"{name} {one.id}"
        for name, many in everything(market).items()
        if name[0].isupper()
        for one in many
        if SECRET in repr(one) + str(getattr(one, "url", ""))
    ]
    found += [one.command for one in journal(market) if SECRET in str(one.personal)]
    assert not any(SECRET in one.body + one.events for one in journal(market))
    return found


def erase(market: Marketplace, *people: Any) -> None:
    for person in people:
        market.execute(ErasePerson(by=SERVICE, person=person.id))


@pytest.mark.edge(41)
@pytest.mark.covers("B038")
def test_what_they_wrote_is_gone_and_what_is_proof_stays(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    past(market, gateway, clock)
    assert said(market)
    before, records = everything(market), journal(market)
    erase(market, CUSTOMER, CONTRACTOR)

    assert said(market) == []
    after = everything(market)
    assert (after["accounts"], after["entries"]) == (before["accounts"], before["entries"])
    for old, new in zip(records, journal(market), strict=False):
        assert (old.body, old.events, old.actor) == (new.body, new.events, new.actor)
    books_are_right(market, gateway)


@pytest.mark.edge(41)
def test_what_others_wrote_stays(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    past(market, gateway, clock)
    erase(market, CUSTOMER)
    left = said(market)
    assert {"ApplyToJob", "RespondToDispute", "FreezeWallet"} <= set(left)
    assert not {"PostJob", "SendOffer", "IssueRefund", "OpenDispute", "AddEvidence"} & set(left)
    kinds = {one.split()[0] for one in left}
    assert kinds & {"Job", "Offer", "Refund", "Evidence"} == set()
    erase(market, CONTRACTOR)
    assert said(market) == []


def test_it_is_on_record_and_told(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    past(market, gateway, clock)
    with heard(market) as told:
        count = market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    assert told.names == ["person.erased"] * count
    with heard(market) as told:
        assert market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id)) == 0
    assert told.names == []


def test_evidence_has_no_address_any_more(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    past(market, gateway, clock)
    erase(market, CUSTOMER)
    [dispute] = everything(market)["Dispute"]
    [shown] = market.query(ListEvidence(dispute=dispute.id)).items
    assert (shown.attachment.url, shown.note) == ("https://erased.invalid", "")
    assert shown.sha256 == PHOTO.sha256


def _with_credit(market: Marketplace) -> None:
    give = GrantCredit(by=ADMIN, customer=CUSTOMER.id, amount=usd("5"), reason="Hello")
    market.execute(give)


def _in_debt(market: Marketplace) -> None:
    adjusted(market, "debit", "1")


UNFINISHED: dict[str, tuple[Any, Callable[[Marketplace], Any]]] = {
    "an open job": (CUSTOMER, lambda m: m.execute(PostJob(by=CUSTOMER, title="x", currency="USD"))),
    "an offer": (CONTRACTOR, send),
    "credit": (CUSTOMER, _with_credit),
    "work of theirs": (CONTRACTOR, in_progress),
    "work for them": (CUSTOMER, in_progress),
    "money in their wallet": (CONTRACTOR, completed),
    "a debt": (CONTRACTOR, _in_debt),
    "an adjustment": (CONTRACTOR, lambda market: proposed(market, "credit", "1")),
    "a dispute": (CUSTOMER, lambda market: disputed(market)),
}


@pytest.mark.edge(41)
@pytest.mark.parametrize(("person", "prepare"), UNFINISHED.values(), ids=UNFINISHED)
def test_nobody_is_forgotten_while_something_goes_on(
    market: Marketplace,
    gateway: SimulatedGateway,
    person: Any,
    prepare: Callable[[Marketplace], Any],
) -> None:
    prepare(market)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(ErasePerson(by=ADMIN, person=person.id))
    assert refused.value.reason is Reason.PERSON_ACTIVE


def test_nobody_is_forgotten_while_they_withdraw(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    completed(market)
    settle(market, gateway)
    withdraw(market, "700")
    with pytest.raises(Refused):
        erase(market, CONTRACTOR)


def test_nobody_is_forgotten_while_they_have_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market)
    gateway.script(RefundPayment, Outcome.DECLINE)
    market.execute(CancelJob(by=ADMIN, job=paid.job.id))
    settle(market, gateway)
    assert balance(market, AccountKind.CREDIT_AVAILABLE, CUSTOMER.id).minor
    with pytest.raises(Refused):
        erase(market, CUSTOMER)


def test_a_chargeback_may_come_and_then_they_are_not_forgotten(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    past(market, gateway, clock)
    released = [one for one in everything(market)["Payment"] if one.is_released][-1]
    gateway.dispute(released.id)
    settle(market, gateway)
    with pytest.raises(Refused):
        erase(market, CUSTOMER)


def test_who_was_never_here_leaves_nothing(market: Marketplace, gateway: SimulatedGateway) -> None:
    with heard(market) as told:
        erase(market, OTHER_CUSTOMER, RIVAL)
    assert told.names == []


def test_a_repeat_with_a_key_is_still_known(market: Marketplace, gateway: SimulatedGateway) -> None:
    command = PostJob(by=CUSTOMER, title=SECRET, currency="USD")
    job = market.execute(command, key="k")
    market.execute(CancelJob(by=CUSTOMER, job=job.id))
    erase(market, CUSTOMER)
    assert market.execute(command, key="k").title == "erased"
    page = market.query(JournalOf(subject=job.id))
    assert all(one.record.personal is None for one in page.items)
    assert json.loads(page.items[-1].record.body)["currency"] == "USD"


def test_what_lies_on_the_account_for_another_payment_keeps_nobody(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """All was paid out, though of one payment less was transferred than it earned."""
    market = open_market(transfers=TransferPolicy.ON_WITHDRAWAL)
    payee(market, gateway)
    first, second = completed(market).payment, completed(market).payment
    gateway.script(PayOut, Outcome.DECLINE)
    withdraw(market, "700")
    settle(market, gateway)  # transferred, and still on their account
    gateway.script(ReverseTransfer, *(Outcome.DECLINE,) * 5)
    market.execute(IssueRefund(by=ADMIN, payment=first.id, amount=first.amount))
    settle(market, gateway)
    paid_out(market, gateway, clock, "700")
    assert payment_now(market, second).untransferred == usd("700")
    assert (wallet(market), balance(market, AccountKind.CONNECTED, CONTRACTOR.id)) == (
        ("0.00", "0.00", "0.00"),
        usd("0"),
    )
    erase(market, CONTRACTOR)
    erase(market, CUSTOMER)


@pytest.mark.edge(41)
def test_nobody_tips_a_contractor_who_was_forgotten(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    job, others = completed(market).job, completed(market, to=RIVAL).job
    settle(market, gateway)
    paid_out(market, gateway, clock, "700")
    with heard(market) as told:
        erase(market, CONTRACTOR)
    assert job.id in str([one.events for one in told.records])
    assert now(market, job).contractor_erased_at == clock()
    tip = PayTip(by=CUSTOMER, job=job.id, amount=usd("40"), payment_method=GOOD)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(tip)
    assert refused.value.reason is Reason.PERSON_ERASED
    market.execute(evolve(tip, job=others.id))
    books_are_right(market, gateway)


@pytest.mark.edge(41)
def test_they_are_not_forgotten_while_a_tip_is_on_its_way(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    job = completed(market).job
    settle(market, gateway)
    paid_out(market, gateway, clock, "700")
    tip = PayTip(by=CUSTOMER, job=job.id, amount=usd("40"), payment_method=ASKING)
    market.execute(tip)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        erase(market, CONTRACTOR)
    assert refused.value.reason is Reason.PERSON_ACTIVE
    clock.advance(days=1)
    settle(market, gateway)
    erase(market, CONTRACTOR)
