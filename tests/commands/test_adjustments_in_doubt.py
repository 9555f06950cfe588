"""Adjustments that are not for whom, by whom or of what they should be."""

from typing import Any

import pytest

from marketpay import (
    Actor,
    AdjustmentId,
    AdjustmentStatus,
    ApproveAdjustment,
    Forbidden,
    InvalidInput,
    Limits,
    Marketplace,
    Money,
    MoneyError,
    NotFound,
    OpenPayoutAccount,
    ProposeAdjustment,
    Reason,
    Refused,
    RejectAdjustment,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.credits import LOYALTY, give, has, pts
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, NONE_SUCH, nothing_changes, post, usd
from tests.money import CHECKER, adjusted, proposed

BENEFICIARY = Actor.admin(CONTRACTOR.id)


def proposing(**changes: Any) -> ProposeAdjustment:
    said: dict[str, Any] = {
        "by": ADMIN,
        "owner": CONTRACTOR.id,
        "amount": usd("5"),
        "kind": "credit",
        "reason": "It is fair",
    }
    return ProposeAdjustment(**said | changes)


@pytest.mark.edge(42)
def test_too_late_is_too_late_whether_it_was_noticed_or_not(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    waiting = proposed(market, "credit", "5")
    late = ApproveAdjustment(by=CHECKER, adjustment=waiting.id)
    clock.advance(days=400)
    for _ in range(2):
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(late)
        assert refused.value.reason is Reason.ADJUSTMENT_EXPIRED
        market.work()


def test_what_is_approved_stays_so(market: Marketplace, clock: VirtualClock) -> None:
    done = adjusted(market, "credit", "5")
    clock.advance(days=400)
    again = ApproveAdjustment(by=CHECKER, adjustment=done.id)
    assert market.execute(again).status is AdjustmentStatus.APPROVED


@pytest.mark.edge(42)
@pytest.mark.parametrize("kind", ["credit", "debit", "write_off"])
def test_nobody_adjusts_their_own_wallet(
    market: Marketplace, gateway: SimulatedGateway, kind: str
) -> None:
    if kind == "write_off":
        adjusted(market, "debit", "5")
    waiting = proposed(market, kind, "5")
    for own in (
        proposing(by=BENEFICIARY, kind=kind),
        ApproveAdjustment(by=BENEFICIARY, adjustment=waiting.id),
    ):
        with (
            nothing_changes(market, gateway, denials=1),
            pytest.raises(Forbidden) as denied,
        ):
            market.execute(own)
        assert "another admin" in str(denied.value)
    assert market.possible(waiting, BENEFICIARY) == {"RejectAdjustment"}
    market.execute(RejectAdjustment(by=BENEFICIARY, adjustment=waiting.id, reason="Not mine"))


def stepped(open_market: OpenMarket, gateway: SimulatedGateway) -> Marketplace:
    """Where the gateway moves nothing but whole tens."""
    return open_market(limits=lambda _: Limits(step=10, payout_step=10))


@pytest.mark.parametrize("kind", ["credit", "debit"])
def test_what_cannot_be_moved_is_no_adjustment(
    open_market: OpenMarket, gateway: SimulatedGateway, kind: str
) -> None:
    market = stepped(open_market, gateway)
    adjusted(market, "credit", "5")
    with nothing_changes(market, gateway), pytest.raises(MoneyError) as unfit:
        market.execute(proposing(amount=Money("0.03", "USD"), kind=kind))
    assert unfit.value.field == "amount"


@pytest.mark.parametrize("owner", ["nobody_at_all", CUSTOMER.id])
@pytest.mark.parametrize("kind", ["credit", "debit", "write_off"])
def test_who_is_no_contractor_here_has_no_wallet_to_adjust(
    market: Marketplace, gateway: SimulatedGateway, owner: str, kind: str
) -> None:
    post(market)
    for by in (ADMIN, CONTRACTOR, Actor.admin(owner)):
        with nothing_changes(market, gateway), pytest.raises(NotFound) as unknown:
            market.execute(proposing(by=by, owner=owner, kind=kind))
        assert f"USD:{owner}" in str(unknown.value)


def test_a_new_contractor_is_welcomed_with_a_credit(market: Marketplace) -> None:
    """One who has an account to be paid on, or a wallet in another currency."""
    market.execute(OpenPayoutAccount(by=CONTRACTOR))
    for currency in ("USD", "EUR"):
        asked = market.execute(proposing(amount=Money("5", currency)))
        market.execute(ApproveAdjustment(by=CHECKER, adjustment=asked.id))
        assert market.wallet(CONTRACTOR.id, currency).available == Money("5", currency)
    adjusted(market, "credit", "5", owner="ctr_43")
    asked = market.execute(proposing(owner="ctr_43", amount=Money("5", "EUR")))
    assert asked.status is AdjustmentStatus.PROPOSED


def test_what_is_not_there_is_not_found(market: Marketplace) -> None:
    for by in (CHECKER, BENEFICIARY):
        with pytest.raises(NotFound):
            market.execute(ApproveAdjustment(by=by, adjustment=AdjustmentId(f"adj_{NONE_SUCH}")))


@pytest.mark.parametrize("kind", ["credit", "debit", "write_off"])
def test_no_wallet_has_points(
    open_market: OpenMarket, gateway: SimulatedGateway, kind: str
) -> None:
    """Neither where they were proposed before the house had any."""
    before = open_market()
    adjusted(before, "credit", "5")
    if kind == "write_off":
        owed = before.execute(proposing(amount=pts(100), kind="debit"))
        before.execute(ApproveAdjustment(by=CHECKER, adjustment=owed.id))
    waiting = before.execute(proposing(amount=pts(100), kind=kind))
    market = open_market(loyalty=LOYALTY)
    for command in (
        proposing(amount=pts(100), kind=kind),
        ApproveAdjustment(by=CHECKER, adjustment=waiting.id),
    ):
        with nothing_changes(market, gateway), pytest.raises(InvalidInput, match="points") as bad:
            market.execute(command)
        assert bad.value.field == "amount"
    market.execute(RejectAdjustment(by=CHECKER, adjustment=waiting.id, reason="They are points"))


def test_points_are_taken_as_other_credit_is(open_market: OpenMarket) -> None:
    market = open_market(loyalty=LOYALTY)
    give(market, pts(100))
    asked = market.execute(
        proposing(owner=CUSTOMER.id, amount=pts(30), kind="take_credit", reason="Mistyped")
    )
    market.execute(ApproveAdjustment(by=CHECKER, adjustment=asked.id))
    assert has(market, "PTS") == ("70", "0")
