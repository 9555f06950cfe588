"""Whose words go with a person: all of theirs, and those of staff about what they were part of."""

from typing import Any

import pytest

from marketpay import (
    Actor,
    AddEvidence,
    ApplyToJob,
    CancelJob,
    ErasePerson,
    Forbidden,
    FreezeWallet,
    IssueRefund,
    ListEvidence,
    ListIncidents,
    ListRefunds,
    Marketplace,
    PostJob,
    RejectAdjustment,
    ResolveIncident,
    UnfreezeWallet,
    UpdateJob,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    OTHER_CUSTOMER,
    SERVICE,
    books_are_right,
    completed,
    everything,
    journal,
    payee,
    post,
    usd,
)
from tests.disputes import PHOTO, disputed, resolving
from tests.money import CHECKER, paid_out, payment_now, proposed, settle

SECRET = "Ms Miller, 5 Elm Street"


def erase(market: Marketplace, *people: Actor) -> None:
    for person in people:
        market.execute(ErasePerson(by=SERVICE, person=person.id))


def in_the_journal(market: Marketplace) -> list[tuple[str, str]]:
    """Whose words with the secret are kept beside it, and in which commands."""
    return [(one.actor, one.command) for one in journal(market) if SECRET in str(one.personal)]


def paid_off(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock) -> None:
    """The contractor has all that they earned."""
    settle(market, gateway)
    has = market.wallet(CONTRACTOR.id, "USD").available
    paid_out(market, gateway, clock, str(has.amount))


@pytest.mark.edge(41)
@pytest.mark.parametrize("person", [CUSTOMER, CONTRACTOR])
def test_notes_about_their_payments(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, person: Actor
) -> None:
    payee(market, gateway)
    payment = completed(market).payment
    gateway.warn(str(payment_now(market, payment).gateway_payment))
    settle(market, gateway)
    [raised] = market.query(ListIncidents()).items
    market.execute(ResolveIncident(by=ADMIN, incident=raised.id, note=SECRET))
    paid_off(market, gateway, clock)
    erase(market, person)
    [resolved] = market.query(ListIncidents()).items
    assert resolved.note == "erased"
    assert in_the_journal(market) == []
    assert market.verify().problems == ()


def test_notes_about_others_stay(market: Marketplace, gateway: SimulatedGateway) -> None:
    completed(market)
    gateway.warn(str(payment_now(market, everything(market)["Payment"][0]).gateway_payment))
    settle(market, gateway)
    [raised] = market.query(ListIncidents()).items
    market.execute(ResolveIncident(by=ADMIN, incident=raised.id, note=SECRET))
    erase(market, OTHER_CUSTOMER)
    assert market.query(ListIncidents()).items[0].note == SECRET
    assert in_the_journal(market) == [(ADMIN.id, "ResolveIncident")]


def test_what_somebody_may_not_is_not_written_down(market: Marketplace) -> None:
    """But a digest of it."""
    others = post(market, by=OTHER_CUSTOMER)
    for by in (CUSTOMER, SERVICE):
        with pytest.raises(Forbidden):
            market.execute(UpdateJob(by=by, job=others.id, title=SECRET))
    denied = [one for one in journal(market) if one.error is not None]
    assert [one.personal for one in denied] == [None, None]
    assert all('"sha256"' in one.body for one in denied)


@pytest.mark.edge(41)
def test_what_they_said_twice(market: Marketplace, gateway: SimulatedGateway) -> None:
    """A repeat changes nothing, and is theirs all the same; with its key it is known after."""
    job = post(market)
    first = UpdateJob(by=CUSTOMER, job=job.id, title=SECRET)
    market.execute(first, key="k1")
    again = market.execute(first, key="k2")
    market.execute(CancelJob(by=CUSTOMER, job=job.id))
    erase(market, CUSTOMER)
    assert in_the_journal(market) == []
    assert market.execute(first, key="k2").id == again.id
    assert market.verify().problems == ()


@pytest.mark.edge(41)
def test_what_staff_said_twice(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """Also where it names the person alone, and not what it is about."""
    payee(market, gateway)
    waiting = proposed(market, "credit", "5")
    for reason in ("No", SECRET):
        market.execute(RejectAdjustment(by=CHECKER, adjustment=waiting.id, reason=reason))
    for kind in (FreezeWallet, UnfreezeWallet):
        for reason in ("Hm", SECRET):
            said: dict[str, Any] = {"owner": CONTRACTOR.id, "currency": "USD", "reason": reason}
            market.execute(kind(by=ADMIN, **said))
    assert len(in_the_journal(market)) == 3
    erase(market, CONTRACTOR)
    assert in_the_journal(market) == []


@pytest.mark.edge(41)
@pytest.mark.parametrize("person", [CUSTOMER, CONTRACTOR])
def test_what_staff_showed_in_their_dispute(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, person: Actor
) -> None:
    payee(market, gateway)
    dispute = disputed(market)
    for by, note in ((ADMIN, SECRET), (CUSTOMER, "Mine"), (CONTRACTOR, "Not so")):
        market.execute(AddEvidence(by=by, dispute=dispute.id, attachment=PHOTO, note=note))
    market.execute(resolving(dispute, "400", "600"))
    clock.advance(days=1)
    paid_off(market, gateway, clock)
    erase(market, person)
    shown = market.query(ListEvidence(dispute=dispute.id)).items
    other = CONTRACTOR if person is CUSTOMER else CUSTOMER
    assert {one.by: bool(one.note) for one in shown} == {
        ADMIN.id: False,
        person.id: False,
        other.id: True,
    }
    assert in_the_journal(market) == []


@pytest.mark.edge(41)
@pytest.mark.parametrize("person", [CUSTOMER, CONTRACTOR])
def test_why_it_was_paid_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, person: Actor
) -> None:
    payee(market, gateway)
    payment = completed(market).payment
    settle(market, gateway)
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("100"), reason=SECRET))
    paid_off(market, gateway, clock)
    erase(market, person)
    assert [one.reason for one in market.query(ListRefunds(payment=payment.id)).items] == [""]
    assert in_the_journal(market) == []
    books_are_right(market, gateway)


def test_an_id_that_staff_have_too_takes_nothing_of_others(market: Marketplace) -> None:
    """What an administrator wrote about others is not theirs, whatever they are called."""
    payer = Actor.customer(ADMIN.id)
    job = post(market, by=OTHER_CUSTOMER)
    market.execute(UpdateJob(by=ADMIN, job=job.id, title=SECRET))
    erase(market, payer)
    assert in_the_journal(market) == [(ADMIN.id, "UpdateJob")]


def test_what_others_said_to_them_stays(market: Marketplace) -> None:
    job = market.execute(PostJob(by=CUSTOMER, title="x", currency="USD"))
    market.execute(ApplyToJob(by=CONTRACTOR, job=job.id, message=SECRET))
    market.execute(CancelJob(by=CUSTOMER, job=job.id))
    erase(market, CUSTOMER)
    assert in_the_journal(market) == [(CONTRACTOR.id, "ApplyToJob")]
