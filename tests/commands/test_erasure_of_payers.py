"""Who has bought upgrades is forgotten only once nothing of theirs is on its way, or here."""

from collections.abc import Callable

import pytest
from attrs import evolve

from marketpay import (
    BuyUpgrade,
    CancelJob,
    ErasePerson,
    IdempotencyConflict,
    Marketplace,
    PaymentDeclined,
    PaymentTransaction,
    Reason,
    RefundUpgrade,
    Refused,
    RevokeUpgrade,
    Upgrade,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway
from tests.commands.test_payer_accounts import link, payers_sent, saved_card
from tests.commands.test_upgrades import GOLD, bought
from tests.deals import (
    ADMIN,
    CUSTOMER,
    GOOD,
    OTHER_CUSTOMER,
    books_are_right,
    heard,
    journal,
    nothing_changes,
    now,
    send,
)
from tests.milestones import nothing_is_done
from tests.money import settle

SECRET, MAIL = "Ms Miller", "miller@mail.example"


def paid(
    market: Marketplace, gateway: SimulatedGateway, buy: BuyUpgrade = GOLD
) -> PaymentTransaction:
    """An upgrade that was paid for, and taken away: it keeps nobody here."""
    charge = bought(market, gateway, buy).transaction
    settle(market, gateway)
    return charge


def revoke(market: Marketplace) -> None:
    for one in market.store.read(lambda records: records.find(Upgrade)):
        market.execute(RevokeUpgrade(by=ADMIN, upgrade=one.id))


def an_open_page(market: Marketplace, gateway: SimulatedGateway) -> None:
    market.execute(GOLD)


def a_refund_without_an_answer(market: Marketplace, gateway: SimulatedGateway) -> None:
    charge = paid(market, gateway)
    revoke(market)
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    market.execute(RefundUpgrade(by=ADMIN, purchase=charge.id))


def a_refund_that_became_credit(market: Marketplace, gateway: SimulatedGateway) -> None:
    charge = paid(market, gateway)
    gateway.script(RefundPayment, Outcome.DECLINE)
    market.execute(RefundUpgrade(by=ADMIN, purchase=charge.id))
    revoke(market)


def anothers_upgrade_paid_back_as_credit(market: Marketplace, gateway: SimulatedGateway) -> None:
    paid(market, gateway, evolve(GOLD, by=OTHER_CUSTOMER))
    charge = paid(market, gateway)
    gateway.script(RefundPayment, Outcome.DECLINE)
    market.execute(RefundUpgrade(by=ADMIN, purchase=charge.id))


@pytest.mark.edge(41)
@pytest.mark.parametrize(
    "prepare",
    [
        an_open_page,
        a_refund_without_an_answer,
        a_refund_that_became_credit,
        anothers_upgrade_paid_back_as_credit,
    ],
)
def test_nobody_is_forgotten_who_has_money_here(
    market: Marketplace,
    gateway: SimulatedGateway,
    prepare: Callable[[Marketplace, SimulatedGateway], None],
) -> None:
    prepare(market, gateway)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    assert refused.value.reason is Reason.PERSON_ACTIVE


@pytest.mark.edge(41)
def test_why_they_were_paid_back_is_gone_too(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    """Also where the upgrade is another's."""
    paid(market, gateway, evolve(GOLD, by=OTHER_CUSTOMER))
    charge = paid(market, gateway)
    market.execute(RefundUpgrade(by=ADMIN, purchase=charge.id, reason=SECRET))
    settle(market, gateway)
    market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    assert not [one for one in journal(market) if SECRET in str(one.personal)]


@pytest.mark.edge(41)
def test_where_they_went_on_from_the_page_is_gone_too(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    back = f"https://host.example/?mail={MAIL}"
    mine = evolve(GOLD, success_url=back, cancel_url=back)
    charge = paid(market, gateway, mine)
    others = paid(market, gateway, evolve(mine, by=OTHER_CUSTOMER, listing="lst_8"))
    assert not any(MAIL in one.body + str(one.result) + one.events for one in journal(market))
    revoke(market)
    market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    left = now(market, charge)
    assert (left.success_url, left.cancel_url) == ("https://erased.invalid",) * 2
    assert now(market, others).success_url == back
    said = [one.actor for one in journal(market) if MAIL in str(one.personal)]
    assert said == [OTHER_CUSTOMER.id]
    books_are_right(market, gateway, "TRY")


def test_the_same_purchase_is_known_again_with_its_key(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    first = market.execute(GOLD, key="gold 1")
    assert market.execute(GOLD, key="gold 1").transaction == first.transaction
    with pytest.raises(IdempotencyConflict):
        market.execute(evolve(GOLD, success_url="https://other.example/"), key="gold 1")


@pytest.mark.edge(41)
def test_nobody_pays_with_their_saved_cards_any_more(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payer, card = saved_card(gateway)
    account, others = link(market, payer), link(market, "cus_sim_2", OTHER_CUSTOMER.id)
    sent = send(market, payment_method=card)
    market.execute(CancelJob(by=CUSTOMER, job=sent.offer.job))
    settle(market, gateway)
    with heard(market) as told:
        market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    assert account.id in str([one.events for one in told.records])
    left = now(market, account)
    assert (left.payer, left.gateway_customer) == (None, f"erased:{account.id}")
    assert now(market, others) == others
    with nothing_is_done(market):
        market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    again = send(market, payment_method=GOOD)
    assert [payers_sent(market, one) for one in (sent, again)] == [[payer], [None]]
    with pytest.raises(PaymentDeclined):  # the card is somebody's
        send(market, payment_method=card)


@pytest.mark.parametrize("is_same", [True, False])
def test_who_comes_back_is_linked_anew(
    market: Marketplace, gateway: SimulatedGateway, *, is_same: bool
) -> None:
    account = link(market, "cus_sim_1")
    market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    other = "cus_sim_1" if is_same else "cus_sim_2"
    linked = link(market, other)
    assert (linked.id, linked.payer) == (account.id, other)
    assert link(market, "cus_sim_3", OTHER_CUSTOMER.id).id != account.id
