"""Balances of the simulated processor: fees, what has not settled, and lists of changes."""

from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from marketpay.testing.processor_values import (
    PLATFORM,
    Charge,
    Checkout,
    Funds,
    Movement,
    Payment,
)
from marketpay.testing.terms import Fees
from tests.processors import Bank, both_shelves

TWO_DAYS = timedelta(days=2)


# ----------------------------------------------------------------------------------- fees


@pytest.mark.parametrize(
    ("amount", "fee"), [(1000, 59), (1050, 60), (1, 30), (100_000, 2930), (50, 31), (52, 32)]
)
def test_a_fee_is_a_share_rounded_half_up_and_a_fixed_amount(amount: int, fee: int) -> None:
    assert Fees(Decimal("0.029"), 30).of(amount) == fee


def test_without_fees_all_of_a_charge_arrives() -> None:
    assert Fees().of(10**15) == 0


def test_the_fee_of_a_charge_is_taken_from_it() -> None:
    bank = Bank(fees=Fees(Decimal("0.029"), 30))
    charge = bank.charge(10_000)
    booked = bank.transaction(charge.balance_transaction or "")
    assert booked is not None
    assert (booked.amount, booked.fee, booked.net, bank.usd) == (10_000, 320, 9680, 9680)


def test_a_refund_gives_no_fee_back() -> None:
    bank = Bank(fees=Fees(fixed=30))
    charge = bank.charge(1000)
    bank.top_up(30, "USD")
    bank.refund(charge.payment)
    assert bank.usd == 0


# ----------------------------------------------------------------------------- settlement


def test_money_is_pending_until_it_settles() -> None:
    bank = Bank(settles_after=TWO_DAYS, fees=Fees(fixed=30))
    charge = bank.charge(1000)
    assert charge.available_on == bank.clock() + TWO_DAYS
    assert bank.funds(PLATFORM) == [Funds(id=PLATFORM, currency="USD", available=0, pending=970)]
    before = bank.since()
    bank.clock.advance(days=2)
    assert bank.available(PLATFORM, "USD") == 970
    [event] = bank.events(before)
    assert event.type == "balance.available"
    assert event.record == Funds(id=PLATFORM, currency="USD", available=970, pending=0)


def test_some_cards_need_no_time_to_settle() -> None:
    bank = Bank(settles_after=TWO_DAYS)
    bank.charge(1000, method="pm_card_bypassPending")
    assert bank.available(PLATFORM, "USD") == 1000


def test_what_settles_on_a_connected_account_is_reported_there() -> None:
    bank = Bank(settles_after=TWO_DAYS)
    moved = bank.moved(700, bank.charge())
    before = bank.since()
    bank.clock.advance(days=2)
    accounts = [event.account for event in bank.events(before)]
    assert sorted(accounts, key=str) == sorted([None, moved.account], key=str)


@both_shelves
def test_money_is_counted_by_account_and_currency(place: str, tmp_path: Path) -> None:
    bank = Bank(place, tmp_path)
    bank.charge(1000)
    bank.top_up(5, "EUR")
    assert [one.currency for one in bank.funds(PLATFORM)] == ["EUR", "USD"]
    assert bank.funds(bank.account().id) == []
    bank.close()


# ---------------------------------------------------------------------------------- lists


@both_shelves
def test_changes_are_listed_page_by_page_the_newest_first(place: str, tmp_path: Path) -> None:
    bank = Bank(place, tmp_path)
    for amount in range(1, 8):
        bank.charge(amount)
        bank.clock.advance(hours=1)
    bank.moved(3)
    pages, after = [], None
    while page := bank.list_transactions(after=after, limit=3):
        pages.append([one.amount for one in page])
        after = page[-1].id
    assert pages == [[-3, 7, 6], [5, 4, 3], [2, 1]]
    assert bank.list_transactions(after="txn_no") == []
    bank.close()


@both_shelves
def test_changes_are_listed_from_a_time_until_before_another(place: str, tmp_path: Path) -> None:
    bank = Bank(place, tmp_path)
    start = bank.clock()
    for amount in range(1, 5):
        bank.charge(amount)
        bank.clock.advance(hours=1, microseconds=1)
    step = timedelta(hours=1, microseconds=1)

    def amounts(since: timedelta, until: timedelta) -> list[int]:
        listed = bank.list_transactions(since=start + since, until=start + until)
        return [one.amount for one in listed]

    assert amounts(step, 3 * step) == [3, 2]
    assert amounts(step + timedelta(microseconds=1), 10 * step) == [4, 3]
    assert amounts(step, step) == []
    bank.close()


@both_shelves
def test_records_are_listed_page_by_page_the_newest_first(place: str, tmp_path: Path) -> None:
    bank = Bank(place, tmp_path)
    held = [bank.hold(n) for n in range(1, 6)]
    bank.capture(held[0].id)  # a change makes nothing newer
    first = bank.page(Payment, limit=2)
    assert [one.amount for one in first] == [5, 4]
    rest = bank.page(Payment, after=first[-1].id)
    assert [one.amount for one in rest] == [3, 2, 1]
    assert len(bank.page(Charge)) == 5
    assert bank.page(Payment, after="pi_no") == []
    bank.close()


@both_shelves
def test_everything_that_happened_is_found_again(place: str, tmp_path: Path) -> None:
    bank = Bank(place, tmp_path, settles_after=TWO_DAYS)
    ann = bank.open_customer(name="Ann", metadata={"vip": "yes"})
    bank.attach("pm_1", ann.id)
    charge = bank.charge(1000, "pm_1", customer=ann.id)
    transfer = bank.moved(700, charge)
    bank.open_dispute(charge.payment, amount=100, inquiry=True)
    bank.warn(charge.payment)
    page = bank.open_checkout(amount=1, currency="USD")
    assert isinstance(page, Checkout)
    bank.promise_checkout(page.id)
    bank.refund(charge.payment, amount=1)
    bank.clock.advance(days=2)
    bank.pay_out(transfer.account, amount=10, currency="USD", metadata={"week": "7"})
    bank.reverse(transfer.id, amount=5)
    for event in bank.events():
        assert bank.event(event.id) == event
    last = {(type(e.record), e.record.id): e.record for e in bank.events()}
    for (kind, id), record in last.items():
        if kind not in (Funds, Charge):  # a charge that is transferred or disputed says nothing
            assert bank.find(kind, id) == record
    for change in bank.transactions():
        assert bank.transaction(change.id) == change
    bank.close()


def test_a_top_up_is_the_platforms_own_money() -> None:
    bank = Bank()
    bank.top_up(500, "USD")
    [booked] = bank.transactions()
    assert (booked.movement, bank.usd) == (Movement.TOP_UP, 500)
    assert bank.types() == ["balance.available"]
