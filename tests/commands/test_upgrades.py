"""A listing is premium for some days, bought on the gateway's page."""

from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AccountKind,
    BuyUpgrade,
    Forbidden,
    GetPaymentTransaction,
    InvalidInput,
    ListUpgrades,
    Marketplace,
    MemoryPublisher,
    Money,
    Package,
    Pending,
    Reason,
    Redirect,
    Refused,
    RevokeUpgrade,
    StartCheckout,
    TransactionStatus,
    Upgrade,
    UpgradeStatus,
)
from marketpay.commands.upgrades import Purchase
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    OTHER_CUSTOMER,
    balance,
    books_are_right,
    happened_to,
    heard,
    nothing_changes,
    now,
)
from tests.hearing import hear

GOLD = BuyUpgrade(
    by=CUSTOMER,
    listing="lst_7",
    premium_type="gold",
    success_url="https://host.example/listings/7?paid",
    cancel_url="https://host.example/listings/7",
)
PRICE = Money("249", "TRY")


def bought(market: Marketplace, gateway: SimulatedGateway, buy: BuyUpgrade = GOLD) -> Purchase:
    """A purchase that was paid."""
    purchase = market.execute(buy)
    gateway.pay_checkout(purchase.transaction)
    hear(market, gateway)
    return purchase


def upgrades(market: Marketplace, **by: Any) -> list[Upgrade]:
    return list(market.query(ListUpgrades(**by)).items)


@pytest.mark.covers("B003", "B004", "B023", "B027", "B030", "B039", "B041")
@on_both_stores
def test_a_purchase_is_a_charge_that_waits_on_the_gateways_page(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    purchase = market.execute(GOLD)
    charge = purchase.transaction

    assert isinstance(purchase.next_action, Redirect)
    assert purchase.next_action.url.startswith("https://")
    assert (charge.listing, charge.premium_type, charge.days) == ("lst_7", "gold", 30)
    assert (charge.party, charge.amount) == (CUSTOMER.id, PRICE)
    assert charge.status is TransactionStatus.AWAITING_CONFIRMATION
    assert market.query(GetPaymentTransaction(charge.id)) == charge
    assert upgrades(market) == []


@pytest.mark.covers("B006", "B024", "B040", "B067")
@on_both_stores
def test_once_it_is_paid_the_listing_is_premium_and_the_host_is_told(
    market: Marketplace, gateway: SimulatedGateway, publisher: MemoryPublisher, clock: VirtualClock
) -> None:
    charge = market.execute(GOLD).transaction
    assert charge.settled_at is None
    gateway.pay_checkout(charge)
    hear(market, gateway)

    [upgrade] = upgrades(market, listing="lst_7", status=UpgradeStatus.ACTIVE)
    assert (upgrade.expires_at - clock()).days == 30
    paid = now(market, charge)
    assert (paid.status, paid.settled_at) == (TransactionStatus.SUCCESS, clock())
    [told] = [one.event for one in publisher.events if one.name == "upgrade.activated"]
    assert (told.listing, told.premium_type, told.expires_at) == (  # type: ignore[attr-defined]
        "lst_7",
        "gold",
        upgrade.expires_at,
    )
    assert balance(market, AccountKind.UPGRADE, currency="TRY") == PRICE
    books_are_right(market, gateway, "TRY")


@pytest.mark.covers("B029")
@pytest.mark.edge(46)
@on_one_store
def test_while_a_page_is_open_it_is_that_page_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    first, again = market.execute(GOLD), market.execute(GOLD)

    assert again == first
    assert first.transaction.gateway_id is not None
    assert gateway.effects(StartCheckout) == 1


@pytest.mark.edge(46)
@on_one_store
def test_bought_again_while_it_is_active_it_lasts_longer(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    bought(market, gateway)
    bought(market, gateway)
    bought(market, gateway, evolve(GOLD, premium_type="silver"))

    lasting = {one.premium_type: (one.expires_at - clock()).days for one in upgrades(market)}
    assert lasting == {"gold": 60, "silver": 15}


@pytest.mark.covers("B019")
@on_one_store
def test_while_somebody_has_a_page_nobody_else_can_buy_the_same(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    market.execute(GOLD)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(evolve(GOLD, by=OTHER_CUSTOMER))

    assert refused.value.reason is Reason.PURCHASE_IN_PROGRESS


@pytest.mark.covers("B065")
@pytest.mark.edge(47)
@pytest.mark.parametrize("comes", [True, False])
@on_one_store
def test_a_page_that_is_complete_and_not_paid_waits_for_the_money(
    market: Marketplace, gateway: SimulatedGateway, comes: bool
) -> None:
    charge = market.execute(GOLD).transaction
    gateway.promise_checkout(charge)
    hear(market, gateway)
    assert now(market, charge).status is TransactionStatus.AWAITING_CONFIRMATION
    assert upgrades(market) == []

    if comes:
        gateway.settle_checkout(charge)
    else:
        gateway.fail_checkout(charge)
    hear(market, gateway)

    assert len(upgrades(market)) == comes
    assert (now(market, charge).status is TransactionStatus.SUCCESS) == comes
    books_are_right(market, gateway, "TRY")


@on_one_store
def test_a_page_that_nobody_paid_on_ends_and_another_can_be_had(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    charge = market.execute(GOLD).transaction
    clock.advance(days=2)
    hear(market, gateway)

    assert now(market, charge).status is TransactionStatus.CANCELED
    assert market.execute(GOLD).transaction.id != charge.id


@on_one_store
def test_a_page_that_was_asked_for_in_vain_is_pending(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(StartCheckout, Outcome.TIMEOUT_BEFORE)
    purchase = market.execute(GOLD)

    assert isinstance(purchase.next_action, Pending)
    assert isinstance(market.execute(GOLD).next_action, Redirect)
    assert gateway.effects(StartCheckout) == 1


@on_one_store
def test_an_upgrade_ends_with_its_days(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    bought(market, gateway)
    clock.advance(days=29)
    market.work()
    assert [one.status for one in upgrades(market)] == [UpgradeStatus.ACTIVE]
    clock.advance(days=1)
    with heard(market) as told:
        market.work()

    assert [one.status for one in upgrades(market)] == [UpgradeStatus.EXPIRED]
    assert told.names == ["upgrade.expired"]


@on_one_store
def test_an_upgrade_is_taken_away_without_any_money(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    [upgrade] = upgrades(market)
    revoked = market.execute(RevokeUpgrade(by=ADMIN, upgrade=upgrade.id))

    assert revoked.status is UpgradeStatus.REVOKED
    assert happened_to(market, upgrade.id)[-1] == "RevokeUpgrade"
    assert gateway.balance("TRY") == market.revenue("TRY").upgrades == PRICE
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(RevokeUpgrade(by=CUSTOMER, upgrade=upgrade.id))


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"by": CONTRACTOR}, Forbidden),
        ({"premium_type": "platinum"}, InvalidInput),
        ({"success_url": "listings/7"}, InvalidInput),
    ],
)
@on_one_store
def test_what_cannot_be_bought_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway, wrong: dict[str, Any], error: type[Exception]
) -> None:
    denials = int(error is Forbidden)
    with nothing_changes(market, gateway, denials=denials), pytest.raises(error):
        market.execute(evolve(GOLD, **wrong))


@pytest.mark.covers("B050")
@on_one_store
def test_what_there_is_to_buy_is_a_rule_of_the_house(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(packages=[Package("gold", price=Money("5", "EUR"), days=3)])
    bought(market, gateway)

    [upgrade] = upgrades(market, customer=CUSTOMER.id)
    assert (upgrade.expires_at - clock()).days == 3
    assert market.revenue("EUR").upgrades == Money("5", "EUR")
