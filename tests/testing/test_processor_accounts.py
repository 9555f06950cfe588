"""Connected accounts at the simulated processor: transfers and what comes back of them."""

from datetime import timedelta

import pytest

from marketpay.testing.processor_values import (
    PLATFORM,
    Account,
    Charge,
    Movement,
    Reversal,
    Standing,
    Transfer,
)
from tests.processors import Bank, code


@pytest.fixture
def bank() -> Bank:
    return Bank()


# ------------------------------------------------------------------------------- accounts


def test_an_account_has_the_country_that_was_asked_for_or_the_platforms(bank: Bank) -> None:
    assert bank.open_account(country="DE").country == "DE"
    assert bank.open_account().country == "US"
    assert Bank(country="FR").open_account().country == "FR"


@pytest.mark.parametrize(
    ("standing", "missing", "disabled"),
    [
        (Standing.PENDING, True, True),
        (Standing.ACTIVE, False, False),
        (Standing.RESTRICTED, True, True),
        (Standing.REJECTED, False, True),
    ],
)
def test_an_account_says_what_is_missing(
    bank: Bank, standing: Standing, missing: bool, disabled: bool
) -> None:
    account = bank.set_standing(bank.open_account().id, standing)
    assert isinstance(account, Account)
    assert bool(account.requirements) is missing
    assert (account.disabled_reason is not None) is disabled


def test_a_change_of_an_account_is_reported_on_the_account(bank: Bank) -> None:
    account = bank.open_account()
    before = bank.since()
    bank.set_standing(account.id, Standing.ACTIVE)
    bank.set_standing(account.id, Standing.ACTIVE)  # no change
    assert bank.types(before) == ["capability.updated", "account.updated"]
    assert {event.account for event in bank.events(before)} == {account.id}
    assert [event.record for event in bank.events(before)] == [bank.find(Account, account.id)] * 2


def test_an_owner_who_cuts_the_platform_off_is_paid_no_more(bank: Bank) -> None:
    bank.charge()
    account = bank.account()
    before = bank.since()
    bank.deauthorize(account.id)
    assert bank.types(before) == ["account.application.deauthorized"]
    transfer = bank.transfer(account=account.id, amount=1, currency="USD")
    assert code(transfer) == "account_not_active"
    assert code(bank.set_standing(account.id, Standing.ACTIVE)) == "account_invalid"
    assert code(bank.deauthorize(account.id)) == "account_invalid"
    assert code(bank.deauthorize("acct_no")) == "resource_missing"


# ------------------------------------------------------------------------------ transfers


@pytest.mark.parametrize("by", ["charge", "payment"])
def test_a_source_is_a_charge_and_may_be_named_by_its_payment(bank: Bank, by: str) -> None:
    charge, account = bank.charge(group="job_1"), bank.account()
    source = charge.id if by == "charge" else charge.payment
    moved = bank.transfer(account=account.id, amount=700, currency="USD", source=source)
    assert isinstance(moved, Transfer)
    assert (moved.source, moved.group) == (charge.id, "job_1")
    assert bank.now_of(Charge, charge.id).transferred == 700
    assert bank.types()[-1] == "transfer.created"


def test_a_transfer_without_a_source_wants_money_that_has_settled() -> None:
    bank = Bank(settles_after=timedelta(days=2))
    charge, account = bank.charge(), bank.account()
    refused = bank.transfer(account=account.id, amount=700, currency="USD")
    assert code(refused) == "balance_insufficient"
    bank.clock.advance(days=2)
    moved = bank.transfer(account=account.id, amount=700, currency="USD")
    assert isinstance(moved, Transfer)
    assert (moved.source, bank.now_of(Charge, charge.id).transferred) == (None, 0)


def test_money_with_a_source_arrives_at_once_and_settles_with_its_charge() -> None:
    bank = Bank(settles_after=timedelta(days=2))
    charge = bank.charge()
    moved = bank.moved(700, charge)
    assert (bank.balance(moved.account, "USD"), bank.available(moved.account, "USD")) == (700, 0)
    assert (bank.usd, bank.available(PLATFORM, "USD")) == (300, 0)
    bank.clock.advance(days=2)
    assert bank.available(moved.account, "USD") == 700
    assert bank.available(PLATFORM, "USD") == 300


def test_money_of_a_charge_that_has_settled_is_there_when_it_is_moved() -> None:
    bank = Bank(settles_after=timedelta(days=2))
    charge = bank.charge()
    bank.clock.advance(days=5)
    moved = bank.moved(700, charge)
    [arrived] = bank.list_transactions(moved.account)
    assert arrived.available_on == arrived.created == bank.clock()


def test_money_that_has_not_settled_does_not_come_back() -> None:
    bank = Bank(settles_after=timedelta(days=2))
    moved = bank.moved(700, bank.charge())
    assert code(bank.reverse(moved.id)) == "balance_insufficient"
    bank.clock.advance(days=2)
    assert isinstance(bank.reverse(moved.id), Reversal)


def test_what_was_refunded_cannot_be_transferred_too(bank: Bank) -> None:
    charge, account = bank.charge(), bank.account()
    bank.refund(charge.payment, amount=400)
    refused = bank.transfer(account=account.id, amount=700, currency="USD", source=charge.id)
    assert code(refused) == "balance_insufficient"


# ------------------------------------------------------------------------------ reversals


def test_a_transfer_comes_back_in_parts(bank: Bank) -> None:
    moved = bank.moved(700, bank.charge())
    before = bank.since()
    first = bank.reverse(moved.id, amount=300, currency="USD", reference="ptx_v")
    second = bank.reverse(moved.id)
    assert isinstance(first, Reversal)
    assert isinstance(second, Reversal)
    assert (first.amount, second.amount, bank.usd) == (300, 400, 1000)
    assert bank.find(Reversal, "ptx_v") == first
    assert bank.find_all(Reversal, moved.id) == [second, first]
    assert bank.balance(moved.account, "USD") == 0
    assert bank.types(before) == ["transfer.reversed", "transfer.reversed"]
    assert bank.now_of(Transfer, moved.id).reversed == 700
    back = bank.list_transactions()[0]
    assert (back.movement, back.amount, back.source) == (
        Movement.TRANSFER_REVERSAL,
        400,
        second.id,
    )


@pytest.mark.parametrize(
    ("amount", "currency", "why"),
    [
        (701, "USD", "amount_too_large"),
        (0, "USD", "parameter_invalid_integer"),
        (1, "EUR", "currency_mismatch"),
    ],
)
def test_anything_else_does_not_come_back(bank: Bank, amount: int, currency: str, why: str) -> None:
    moved = bank.moved(700, bank.charge())
    assert code(bank.reverse(moved.id, amount=amount, currency=currency)) == why
    assert bank.now_of(Transfer, moved.id).reversed == 0


def test_no_more_comes_back_than_the_account_has(bank: Bank) -> None:
    moved = bank.moved(700, bank.charge())
    bank.pay_out(moved.account, amount=500, currency="USD")
    assert code(bank.reverse(moved.id)) == "balance_insufficient"
    assert isinstance(bank.reverse(moved.id, amount=200), Reversal)
    assert code(bank.reverse("tr_no")) == "resource_missing"
