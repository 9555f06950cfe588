"""Refunds at the simulated processor: late ones, failing ones, those that wait for money."""

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from marketpay.testing.processor_values import Charge, Payment, Refund, RefundStatus, Result
from tests.processors import Bank, both_shelves, code

PENDING, SUCCEEDED, FAILED = RefundStatus


@pytest.fixture
def bank() -> Bank:
    return Bank()


def refunded(result: Result) -> Refund:
    assert isinstance(result, Refund)
    return result


def test_a_refund_names_its_payment_and_its_charge(bank: Bank) -> None:
    charge = bank.charge()
    refund = refunded(bank.refund(charge.payment, amount=300, currency="USD", reference="ptx_r"))
    assert (refund.payment, refund.charge) == (charge.payment, charge.id)
    assert (refund.status, refund.amount) == (SUCCEEDED, 300)
    for name in ("ptx_r", charge.payment, charge.id):
        assert bank.find(Refund, name) == refund
    assert bank.now_of(Charge, charge.id).refunded == 300


def test_without_an_amount_all_that_is_left_is_refunded(bank: Bank) -> None:
    charge = bank.charge()
    bank.refund(charge.payment, amount=300)
    assert refunded(bank.refund(charge.id)).amount == 700
    assert bank.usd == 0
    assert code(bank.refund(charge.id)) == "charge_already_refunded"


def test_a_refund_is_reported_with_its_charge(bank: Bank) -> None:
    charge = bank.charge()
    before = bank.since()
    refund = refunded(bank.refund(charge.payment, amount=300))
    created, changed = bank.events(before)
    assert (created.type, created.record) == ("refund.created", refund)
    assert (changed.type, changed.record) == ("charge.refunded", bank.find(Charge, charge.id))


# ----------------------------------------------------------------------- waiting for money


def test_a_refund_waits_until_the_platform_has_the_money(bank: Bank) -> None:
    charge = bank.charge()
    transfer = bank.moved(700, charge)
    refund = refunded(bank.refund(charge.payment, amount=500))
    assert (refund.status, refund.waits_for_balance, bank.usd) == (PENDING, True, 300)
    before = bank.since()
    bank.reverse(transfer.id, amount=199)
    assert bank.now_of(Refund, refund.id).status is PENDING
    bank.reverse(transfer.id, amount=1)
    served = bank.now_of(Refund, refund.id)
    assert (served.status, served.waits_for_balance, bank.usd) == (SUCCEEDED, False, 0)
    assert bank.types(before) == ["transfer.reversed", "transfer.reversed", "refund.updated"]
    assert bank.transaction(served.balance_transaction or "") is not None


def test_refunds_that_wait_are_served_in_turn(bank: Bank) -> None:
    charge = bank.charge()
    transfer = bank.moved(1000, charge)
    large = refunded(bank.refund(charge.payment, amount=500))
    small = refunded(bank.refund(charge.payment, amount=100))
    bank.reverse(transfer.id, amount=499)
    assert {bank.now_of(Refund, one.id).status for one in (large, small)} == {PENDING}
    later = refunded(bank.refund(charge.payment, amount=1))
    assert later.waits_for_balance  # although there is enough for it
    bank.reverse(transfer.id, amount=102)
    states = [bank.now_of(Refund, one.id).status for one in (large, small, later)]
    assert (states, bank.usd) == ([SUCCEEDED, SUCCEEDED, SUCCEEDED], 0)


def test_money_of_another_currency_serves_nobody(bank: Bank) -> None:
    charge = bank.charge()
    bank.moved(1000, charge)
    refund = refunded(bank.refund(charge.payment, amount=500))
    bank.top_up(500, "EUR")
    assert bank.now_of(Refund, refund.id).status is PENDING
    bank.top_up(500, "USD")
    assert bank.now_of(Refund, refund.id).status is SUCCEEDED


def test_money_that_has_not_settled_refunds_nothing() -> None:
    bank = Bank(settles_after=timedelta(days=2))
    refund = refunded(bank.refund(bank.charge().payment))
    assert (refund.status, bank.usd) == (PENDING, 1000)
    bank.clock.advance(days=2)
    assert bank.now_of(Refund, refund.id).status is SUCCEEDED
    assert bank.usd == 0


def test_what_waits_counts_as_refunded(bank: Bank) -> None:
    charge = bank.charge()
    bank.moved(1000, charge)
    refund = refunded(bank.refund(charge.payment))
    assert code(bank.refund(charge.payment, amount=1)) == "charge_already_refunded"
    bank.fail_refund(refund.id, "charge_for_pending_refund_disputed")
    assert bank.now_of(Charge, charge.id).refunded == 0
    bank.top_up(1000, "USD")
    assert bank.now_of(Refund, refund.id).status is FAILED
    assert bank.usd == 1000  # nothing was taken, so nothing came back


# -------------------------------------------------------------------- late and failing ones


def test_the_refund_of_a_slow_card_succeeds_later(bank: Bank) -> None:
    charge = bank.charge(method="pm_card_pendingRefund")
    refund = refunded(bank.refund(charge.payment))
    assert (refund.status, bank.usd) == (PENDING, 0)
    before = bank.since()
    bank.clock.advance(hours=1)
    done = bank.now_of(Refund, refund.id)
    assert (done.status, bank.usd, bank.types(before)) == (SUCCEEDED, 0, ["refund.updated"])
    bank.clock.advance(days=30)
    assert bank.now_of(Refund, refund.id) == done


def test_the_refund_of_a_bad_card_fails_later_and_the_money_is_back(bank: Bank) -> None:
    charge = bank.charge(method="pm_card_refundFail")
    refund = refunded(bank.refund(charge.payment))
    assert (refund.status, bank.usd) == (SUCCEEDED, 0)
    before = bank.since()
    bank.clock.advance(hours=1)
    failed = bank.now_of(Refund, refund.id)
    assert (failed.status, failed.failure, bank.usd) == (FAILED, "unknown", 1000)
    assert bank.types(before) == ["refund.updated", "refund.failed"]
    back = bank.transaction(failed.failure_balance_transaction or "")
    assert back is not None
    assert (back.amount, back.created) == (1000, bank.clock())
    assert bank.now_of(Charge, charge.id).refunded == 0


def test_an_attached_card_is_as_slow_as_it_was(bank: Bank) -> None:
    ann = bank.open_customer()
    card: str = bank.attach("pm_card_pendingRefund", ann.id).id  # type: ignore[union-attr]
    charge = bank.charge(method=card, customer=ann.id)
    assert refunded(bank.refund(charge.payment)).status is PENDING


def test_a_slow_card_that_waited_for_money_is_slow_from_then_on(bank: Bank) -> None:
    charge = bank.charge(method="pm_card_pendingRefund")
    bank.moved(1000, charge)
    refund = refunded(bank.refund(charge.payment))
    bank.clock.advance(days=3)
    bank.top_up(1000, "USD")
    taken = bank.now_of(Refund, refund.id)
    assert (taken.status, taken.waits_for_balance, bank.usd) == (PENDING, False, 0)
    bank.clock.advance(hours=1)
    assert bank.now_of(Refund, refund.id).status is SUCCEEDED


def test_a_refund_can_be_settled_and_failed_by_hand(bank: Bank) -> None:
    charge = bank.charge(method="pm_card_pendingRefund")
    refund = refunded(bank.refund(charge.payment))
    assert refunded(bank.settle_refund(refund.id)).status is SUCCEEDED
    assert code(bank.settle_refund(refund.id)) == "refund_not_pending"
    failed = refunded(bank.fail_refund(refund.id, "declined"))
    assert (failed.status, failed.failure, bank.usd) == (FAILED, "declined", 1000)
    assert code(bank.fail_refund(refund.id)) == "refund_already_failed"
    assert code(bank.fail_refund("re_no")) == "resource_missing"
    assert code(bank.settle_refund("re_no")) == "resource_missing"
    bank.clock.advance(days=30)
    assert bank.usd == 1000


def test_after_a_failure_it_can_be_refunded_again(bank: Bank) -> None:
    charge = bank.charge()
    first = refunded(bank.refund(charge.payment))
    bank.fail_refund(first.id)
    assert refunded(bank.refund(charge.payment)).id != first.id
    assert bank.usd == 0


@both_shelves
def test_what_is_due_at_one_moment_happens_in_the_order_in_which_it_came(
    place: str, tmp_path: Path
) -> None:
    bank = Bank(place, tmp_path)
    held = [bank.hold() for _ in range(8)]
    until = bank.clock() + timedelta(days=1)
    with bank._shelf as shelf:
        for one in reversed(held):  # the order in which they are told so does not matter
            shelf.put(evolve(one, expires_at=until))
    seen = []
    with bank._shelf as shelf:
        while (due := shelf.due(until)) is not None:
            seen.append(due.id)
            assert isinstance(due, Payment)
            shelf.put(evolve(due, expires_at=None))
    assert seen == [one.id for one in held]
