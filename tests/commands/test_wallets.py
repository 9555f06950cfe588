"""A frozen wallet: money comes in, and none goes out until somebody has looked."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    Actor,
    Forbidden,
    FreezeWallet,
    InvalidInput,
    Marketplace,
    MoneyError,
    NotFound,
    Reason,
    Refused,
    RequestWithdrawal,
    TransferPolicy,
    UnfreezeWallet,
    WithdrawalStatus,
)
from marketpay.ports.gateway import PayOut
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.deals import ADMIN, CONTRACTOR, completed, heard, nothing_changes, payee, usd
from tests.money import all_is_right, wallet, withdraw, withdrawal_of, work_off

WHOSE: dict[str, Any] = {"owner": "ctr_42", "currency": "USD"}
FREEZE = FreezeWallet(by=ADMIN, reason="A stolen account?", **WHOSE)
UNFREEZE = UnfreezeWallet(by=ADMIN, reason="It is theirs.", **WHOSE)


def earned(market: Marketplace, gateway: SimulatedGateway) -> None:
    payee(market, gateway)
    completed(market)
    work_off(market)


@pytest.mark.covers("A045")
def test_nothing_can_be_withdrawn_from_a_frozen_wallet(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    earned(market, gateway)
    with heard(market) as told:
        assert market.execute(FREEZE).is_frozen
    assert told.names == ["wallet.frozen"]
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("10")))
    assert refused.value.reason is Reason.WALLET_FROZEN
    market.execute(UNFREEZE)
    withdraw(market, "10")


def test_what_is_earned_comes_in_all_the_same(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    market.execute(FREEZE)  # who never had a wallet has a frozen one
    earned(market, gateway)
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


def test_a_withdrawal_that_was_not_sent_waits_until_somebody_has_looked(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    earned(market, gateway)
    asked = withdraw(market, "300")
    market.execute(FREEZE)
    for _ in range(3):
        clock.advance(hours=1)
        work_off(market)
    assert gateway.count(PayOut) == 0
    assert withdrawal_of(market, asked).status is WithdrawalStatus.APPROVED
    assert wallet(market) == ("400.00", "300.00", "0.00")

    market.execute(UNFREEZE)
    work_off(market)
    assert withdrawal_of(market, asked).status is WithdrawalStatus.PROCESSING
    assert gateway.effects(PayOut) == 1
    all_is_right(market, gateway)


@on_one_store
def test_the_schedule_pays_nothing_out_of_a_frozen_wallet(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers=TransferPolicy.SCHEDULED, payout_every=timedelta(days=1))
    earned(market, gateway)
    market.execute(FREEZE)
    clock.advance(days=2)
    work_off(market)
    assert gateway.count(PayOut) == 0
    market.execute(UNFREEZE)
    clock.advance(days=2)
    work_off(market)
    assert gateway.effects(PayOut) == 1


def test_a_wallet_that_is_not_there_is_not_found(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    with nothing_changes(market, gateway), pytest.raises(NotFound, match="USD:ctr_42"):
        market.execute(UNFREEZE)


def test_doing_it_again_changes_nothing(market: Marketplace) -> None:
    with heard(market) as told:
        first = market.execute(FREEZE)
        assert market.execute(FREEZE) == first
        assert not market.execute(UNFREEZE).is_frozen
        assert not market.execute(UNFREEZE).is_frozen
    assert told.names == ["wallet.frozen", "wallet.unfrozen"]


@pytest.mark.parametrize("kind", [FreezeWallet, UnfreezeWallet])
@pytest.mark.parametrize("by", [CONTRACTOR, Actor.customer("cus_17"), Actor.service("shop")])
def test_only_an_administrator_freezes(market: Marketplace, kind: Any, by: Actor) -> None:
    market.execute(FREEZE)
    with pytest.raises(Forbidden):
        market.execute(kind(by=by, reason="Mine.", **WHOSE))


@pytest.mark.parametrize("kind", [FreezeWallet, UnfreezeWallet])
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"reason": ""}, InvalidInput),
        ({"owner": ""}, InvalidInput),
        ({"currency": "usd"}, MoneyError),
    ],
)
def test_bad_values_are_refused(kind: Any, wrong: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        kind(**({"by": ADMIN, "reason": "Why not.", **WHOSE} | wrong))
