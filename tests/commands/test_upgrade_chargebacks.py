"""What a bank takes of the platform's balance for an upgrade is in the books."""

import pytest

from marketpay import (
    Actor,
    ChargebackStanding,
    ChargebackState,
    IncidentKind,
    Marketplace,
    Money,
    Sale,
)
from marketpay.commands.upgrade_refunds import NoteUpgradeChargeback
from marketpay.domain.ledger import AccountKind
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.commands.test_upgrade_refunds import in_lira, lira, refunding, the
from tests.commands.test_upgrades import bought
from tests.deals import heard
from tests.hearing import incidents
from tests.milestones import nothing_is_done
from tests.money import settle

K = AccountKind
S = ChargebackStanding
LOOKED = (K.DISPUTED, K.CHARGEBACK_LOSS, K.CHARGEBACK_FEE, K.UPGRADE)


@pytest.fixture(autouse=True)
def funded(gateway: SimulatedGateway) -> None:
    """Enough that the network finds what it takes."""
    gateway.processor.top_up(500_000, "TRY")


def sold(market: Marketplace) -> Sale:
    found: Sale = the(market, Sale)
    return found


def books(market: Marketplace) -> list[str]:
    """What is disputed, lost, paid as fees, and earned."""
    return [in_lira(market, kind) for kind in LOOKED]


def agree(market: Marketplace, gateway: SimulatedGateway) -> bool:
    """Whether the books have of the processor what it has."""
    there = gateway.balance("TRY") - Money("5000", "TRY")
    return market.verify().ok and in_lira(market, K.PROCESSOR) == str(there.amount)


def told(
    market: Marketplace,
    standing: ChargebackStanding,
    withdrawn: str,
    fee: str = "15",
    *,
    id: str = "dp_1",
    currency: str = "TRY",
) -> Sale | None:
    """How the network has it now."""
    state = ChargebackState(
        gateway_id=id,
        payment=sold(market).gateway_payment,
        amount=Money("249", currency),
        standing=standing,
        withdrawn=Money(withdrawn, currency),
        fee=Money(fee, currency),
        reason="fraudulent",
    )
    return market.execute(NoteUpgradeChargeback(by=Actor.SYSTEM, state=state))


def test_what_is_taken_leaves_the_books_and_is_a_loss_when_it_is_lost(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    made = gateway.dispute(sold(market).gateway_payment, withdrawn=True)
    settle(market, gateway)
    fee = in_lira(market, K.CHARGEBACK_FEE)
    assert fee != "0.00"
    assert books(market) == ["249.00", "0.00", fee, "249.00"]
    assert agree(market, gateway)

    gateway.lose(made.id)
    for _ in range(2):
        settle(market, gateway)
    assert books(market) == ["0.00", "249.00", fee, "249.00"]
    assert agree(market, gateway)


@pytest.mark.parametrize("fee_returned", [True, False])
def test_what_is_won_is_there_again(
    market: Marketplace, gateway: SimulatedGateway, *, fee_returned: bool
) -> None:
    charge = bought(market, gateway).transaction
    made = gateway.dispute(sold(market).gateway_payment, withdrawn=True)
    settle(market, gateway)
    fee = in_lira(market, K.CHARGEBACK_FEE)
    gateway.win(made.id, fee_returned=fee_returned)
    settle(market, gateway)
    assert books(market) == ["0.00", "0.00", "0.00" if fee_returned else fee, "249.00"]
    market.execute(refunding(charge))
    settle(market, gateway)
    assert agree(market, gateway)


def test_an_inquiry_takes_nothing(market: Marketplace, gateway: SimulatedGateway) -> None:
    bought(market, gateway)
    told(market, S.INQUIRY, "0", "0")
    assert books(market) == ["0.00", "0.00", "0.00", "249.00"]
    assert sold(market).taken is None


def test_what_is_told_again_or_too_late_is_booked_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    with heard(market) as news:
        told(market, S.NEEDS_RESPONSE, "0", "0")
        told(market, S.NEEDS_RESPONSE, "100")
        told(market, S.UNDER_REVIEW, "249")
    assert news.names.count("incident.raised") == 1
    with nothing_is_done(market):
        told(market, S.UNDER_REVIEW, "249")
        told(market, S.NEEDS_RESPONSE, "100")
    assert books(market) == ["249.00", "0.00", "15.00", "249.00"]
    told(market, S.LOST, "249")
    with nothing_is_done(market):
        told(market, S.LOST, "249")
        told(market, S.UNDER_REVIEW, "249")
    assert books(market) == ["0.00", "249.00", "15.00", "249.00"]
    assert market.verify().ok


def test_what_is_lost_and_won_after_all_is_no_loss(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    told(market, S.NEEDS_RESPONSE, "249")
    told(market, S.LOST, "249")
    told(market, S.WON, "0")
    assert books(market) == ["0.00", "0.00", "15.00", "249.00"]
    with nothing_is_done(market):
        told(market, S.NEEDS_RESPONSE, "249")
    assert market.verify().ok


def test_two_disputes_of_one_purchase_are_booked_apart(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    told(market, S.NEEDS_RESPONSE, "100")
    told(market, S.NEEDS_RESPONSE, "149", id="dp_2")
    told(market, S.LOST, "100")
    assert books(market) == ["149.00", "100.00", "30.00", "249.00"]
    told(market, S.WON, "0", "0", id="dp_2")
    assert books(market) == ["0.00", "100.00", "15.00", "249.00"]
    assert market.verify().ok


def test_what_is_told_in_another_currency_is_somebodys_business_only(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    told(market, S.NEEDS_RESPONSE, "249", currency="USD")
    assert len(incidents(market, IncidentKind.CHARGEBACK)) == 1
    assert (sold(market).disputes, sold(market).taken) == (("dp_1",), None)
    with nothing_is_done(market):
        told(market, S.NEEDS_RESPONSE, "249", currency="USD")
    told(market, S.LOST, "249", currency="USD")
    assert (sold(market).refundable, books(market)[:3]) == (lira("0"), ["0.00"] * 3)


@pytest.mark.parametrize("how", ["open", "lose", "win"])
def test_reconciling_finds_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, how: str
) -> None:
    start = clock()
    bought(market, gateway)
    made = gateway.dispute(sold(market).gateway_payment, withdrawn=True)
    if how != "open":
        (gateway.win if how == "win" else gateway.lose)(made.id)
    clock.advance(days=1)
    missing = {one.kind for one in market.reconcile(start, clock()).breaks}
    settle(market, gateway)
    assert missing == {"missing_here"}
    assert market.reconcile(start, clock()).breaks == ()
    assert sold(market).amount == lira("249")
