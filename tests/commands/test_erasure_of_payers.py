"""Who has bought upgrades is forgotten only once nothing of theirs is on its way, or here."""

from collections.abc import Callable

import pytest
from attrs import evolve

from marketpay import (
    BuyUpgrade,
    ErasePerson,
    IdempotencyConflict,
    Marketplace,
    PaymentTransaction,
    Reason,
    RefundUpgrade,
    Refused,
    RevokeUpgrade,
    Upgrade,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway
from tests.commands.test_upgrades import GOLD, bought
from tests.deals import (
    ADMIN,
    CUSTOMER,
    OTHER_CUSTOMER,
    books_are_right,
    journal,
    nothing_changes,
    now,
)
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
    back = dict.fromkeys(("success_url", "cancel_url"), f"https://host.example/?mail={MAIL}")
    charge = paid(market, gateway, evolve(GOLD, **back))
    others = paid(market, gateway, evolve(GOLD, by=OTHER_CUSTOMER, listing="lst_8", **back))
    assert not any(MAIL in one.body + str(one.result) + one.events for one in journal(market))
    revoke(market)
    market.execute(ErasePerson(by=ADMIN, person=CUSTOMER.id))
    left = now(market, charge)
    assert (left.success_url, left.cancel_url) == ("https://erased.invalid",) * 2
    assert now(market, others).success_url == back["success_url"]
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
