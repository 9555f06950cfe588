"""Disputes at the simulated processor: what they cost, how they end, what they forbid."""

from datetime import timedelta

import pytest

from marketpay.testing.processor_values import (
    Charge,
    Dispute,
    DisputeStatus,
    FraudWarning,
    Movement,
    Refund,
    Result,
)
from tests.processors import Bank, code


@pytest.fixture
def bank() -> Bank:
    return Bank()


@pytest.fixture
def charge(bank: Bank) -> Charge:
    return bank.charge(10_000)


def disputed(result: Result) -> Dispute:
    assert isinstance(result, Dispute)
    return result


def test_a_dispute_costs_the_amount_and_a_fee(bank: Bank, charge: Charge) -> None:
    before = bank.since()
    dispute = disputed(bank.open_dispute(charge.payment, reason="product_not_received"))
    assert (dispute.status, dispute.amount) == (DisputeStatus.NEEDS_RESPONSE, 10_000)
    assert (dispute.withdrawn, dispute.fee, dispute.reason) == (
        10_000,
        1500,
        "product_not_received",
    )
    assert dispute.respond_by == bank.clock() + timedelta(days=7)
    assert bank.usd == -1500
    assert bank.types(before) == ["charge.dispute.created", "charge.dispute.funds_withdrawn"]
    booked = bank.transaction(dispute.balance_transactions[0])
    assert booked is not None
    assert (booked.amount, booked.fee, booked.net) == (-10_000, 1500, -11_500)
    assert bank.find(Dispute, charge.payment) == bank.find(Dispute, charge.id) == dispute


@pytest.mark.parametrize(("returned", "left"), [(False, 8500), (True, 10_000)])
def test_a_dispute_that_is_won_gives_back_the_amount_and_the_fee_if_said_so(
    bank: Bank, charge: Charge, returned: bool, left: int
) -> None:
    dispute = disputed(bank.open_dispute(charge.payment))
    before = bank.since()
    won = disputed(bank.win_dispute(dispute.id, fee_returned=returned))
    assert (won.status, won.withdrawn, bank.usd) == (DisputeStatus.WON, 0, left)
    assert won.fee == (0 if returned else 1500)
    assert bank.types(before) == ["charge.dispute.closed", "charge.dispute.funds_reinstated"]
    assert len(won.balance_transactions) == 2
    assert isinstance(bank.refund(charge.payment), Refund)


def test_a_dispute_that_is_lost_is_lost(bank: Bank, charge: Charge) -> None:
    dispute = disputed(bank.open_dispute(charge.payment))
    before = bank.since()
    lost = disputed(bank.lose_dispute(dispute.id))
    assert (lost.status, lost.withdrawn, bank.usd) == (DisputeStatus.LOST, 10_000, -1500)
    assert bank.types(before) == ["charge.dispute.closed"]
    assert code(bank.refund(charge.payment)) == "charge_disputed"


def test_what_is_lost_is_not_disputed_again_and_what_is_won_may_be(
    bank: Bank, charge: Charge
) -> None:
    first = disputed(bank.open_dispute(charge.payment))
    bank.win_dispute(first.id)
    second = disputed(bank.open_dispute(charge.payment))
    bank.lose_dispute(second.id)
    assert code(bank.open_dispute(charge.payment, amount=1)) == "amount_too_large"
    assert bank.now_of(Charge, charge.id).dispute == second.id


def test_while_a_dispute_is_open_nothing_is_refunded(bank: Bank, charge: Charge) -> None:
    bank.charge(10_000)
    dispute = disputed(bank.open_dispute(charge.payment, amount=1000))
    assert code(bank.refund(charge.payment, amount=1)) == "charge_disputed"
    bank.lose_dispute(dispute.id)
    assert code(bank.refund(charge.payment, amount=9001)) == "amount_too_large"
    assert isinstance(bank.refund(charge.payment, amount=9000), Refund)


def test_a_dispute_may_be_about_a_part(bank: Bank, charge: Charge) -> None:
    bank.refund(charge.payment, amount=4000)
    assert disputed(bank.open_dispute(charge.payment)).amount == 6000
    assert code(bank.open_dispute(charge.payment, amount=4001)) == "amount_too_large"
    assert code(bank.open_dispute(charge.payment, amount=0)) == "parameter_invalid_integer"
    assert disputed(bank.open_dispute(charge.payment, amount=4000)).amount == 4000
    assert code(bank.open_dispute(charge.payment, amount=1)) == "amount_too_large"


def test_a_dispute_costs_no_fee_where_there_is_none() -> None:
    bank = Bank(dispute_fee=0)
    dispute = disputed(bank.open_dispute(bank.charge(1000).payment))
    assert (dispute.fee, bank.usd) == (0, 0)


def test_the_money_of_a_dispute_may_be_withdrawn_later(bank: Bank, charge: Charge) -> None:
    before = bank.since()
    dispute = disputed(bank.open_dispute(charge.payment, withdrawn=False))
    assert (dispute.withdrawn, dispute.fee, bank.usd) == (0, 0, 10_000)
    assert bank.types(before) == ["charge.dispute.created"]
    taken = disputed(bank.withdraw_dispute(dispute.id))
    assert (taken.withdrawn, bank.usd) == (10_000, -1500)
    assert code(bank.withdraw_dispute(dispute.id)) == "dispute_not_withdrawable"


def test_losing_withdraws_what_was_not_withdrawn_and_winning_gives_back_only_what_was(
    bank: Bank, charge: Charge
) -> None:
    other = bank.charge(10_000)
    lost = disputed(bank.open_dispute(charge.payment, withdrawn=False))
    won = disputed(bank.open_dispute(other.payment, withdrawn=False))
    assert disputed(bank.lose_dispute(lost.id)).withdrawn == 10_000
    before = bank.since()
    bank.win_dispute(won.id)
    assert bank.types(before) == ["charge.dispute.closed"]
    assert bank.usd == 8500


# ------------------------------------------------------------------------------ inquiries


def test_an_inquiry_takes_no_money_and_forbids_no_refund(bank: Bank, charge: Charge) -> None:
    before = bank.since()
    inquiry = disputed(bank.open_dispute(charge.payment, inquiry=True))
    assert inquiry.status is DisputeStatus.WARNING_NEEDS_RESPONSE
    assert bank.usd == 10_000
    reviewed = disputed(bank.review_dispute(inquiry.id))
    assert reviewed.status is DisputeStatus.WARNING_UNDER_REVIEW
    closed = disputed(bank.close_inquiry(inquiry.id))
    assert (closed.status, bank.usd) == (DisputeStatus.WARNING_CLOSED, 10_000)
    assert bank.types(before) == [
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
    ]


def test_a_refund_during_an_inquiry_is_possible(bank: Bank, charge: Charge) -> None:
    bank.open_dispute(charge.payment, inquiry=True)
    assert isinstance(bank.refund(charge.payment), Refund)


def test_an_inquiry_that_escalates_is_a_dispute(bank: Bank, charge: Charge) -> None:
    inquiry = disputed(bank.open_dispute(charge.payment, inquiry=True))
    before = bank.since()
    real = disputed(bank.escalate(inquiry.id))
    assert (real.status, real.withdrawn, bank.usd) == (
        DisputeStatus.NEEDS_RESPONSE,
        10_000,
        -1500,
    )
    assert bank.types(before) == ["charge.dispute.updated", "charge.dispute.funds_withdrawn"]


def test_each_act_has_its_time(bank: Bank, charge: Charge) -> None:
    inquiry = disputed(bank.open_dispute(charge.payment, inquiry=True, amount=1))
    real = disputed(bank.open_dispute(charge.payment, amount=1))
    assert code(bank.win_dispute(inquiry.id)) == "dispute_is_an_inquiry"
    assert code(bank.withdraw_dispute(inquiry.id)) == "dispute_not_withdrawable"
    assert code(bank.close_inquiry(real.id)) == "dispute_not_an_inquiry"
    assert code(bank.escalate(real.id)) == "dispute_not_an_inquiry"
    under = disputed(bank.review_dispute(real.id))
    assert (under.status, under.has_evidence) == (DisputeStatus.UNDER_REVIEW, True)
    bank.win_dispute(real.id)
    bank.close_inquiry(inquiry.id)
    acts = (bank.win_dispute, bank.lose_dispute, bank.review_dispute, bank.escalate)
    for act in (*acts, bank.close_inquiry, bank.withdraw_dispute):
        assert code(act(real.id)) == "dispute_not_open"
        assert code(act("du_no")) == "resource_missing"


def test_what_was_not_taken_is_not_disputed(bank: Bank) -> None:
    held = bank.hold()
    assert code(bank.open_dispute(held.id)) == "parameter_invalid_integer"
    assert code(bank.open_dispute("pi_no")) == "resource_missing"
    assert code(bank.open_dispute(held.id, amount=1)) == "amount_too_large"


# --------------------------------------------------------------------- warnings and cards


def test_a_warning_moves_no_money(bank: Bank, charge: Charge) -> None:
    before = bank.since()
    warning = bank.warn(charge.payment)
    assert isinstance(warning, FraudWarning)
    assert (warning.payment, warning.charge) == (charge.payment, charge.id)
    assert warning.actionable
    assert (bank.types(before), bank.usd) == (["radar.early_fraud_warning.created"], 10_000)
    assert bank.find(FraudWarning, charge.payment) == warning
    assert code(bank.warn("pi_no")) == "resource_missing"


def test_a_warning_of_what_was_given_back_is_no_call_to_act(bank: Bank, charge: Charge) -> None:
    bank.refund(charge.payment)
    warning = bank.warn(charge.payment)
    assert isinstance(warning, FraudWarning)
    assert not warning.actionable


@pytest.mark.parametrize(
    ("card", "status", "reason"),
    [
        ("createDispute", DisputeStatus.NEEDS_RESPONSE, "fraudulent"),
        ("createDisputeProductNotReceived", DisputeStatus.NEEDS_RESPONSE, "product_not_received"),
        ("createDisputeInquiry", DisputeStatus.WARNING_NEEDS_RESPONSE, "fraudulent"),
    ],
)
def test_some_cards_dispute_whatever_they_pay(
    bank: Bank, card: str, status: DisputeStatus, reason: str
) -> None:
    held = bank.hold(method=f"pm_card_{card}")
    assert bank.find(Dispute, held.id) is None
    bank.capture(held.id)
    dispute = bank.now_of(Dispute, held.id)
    assert (dispute.status, dispute.reason, dispute.amount) == (status, reason, 1000)


def test_some_cards_are_warned_of(bank: Bank) -> None:
    charge = bank.charge(method="pm_card_createIssuerFraudRecord")
    assert bank.now_of(FraudWarning, charge.payment).charge == charge.id


def test_the_money_of_a_dispute_is_booked_as_such(bank: Bank, charge: Charge) -> None:
    dispute = disputed(bank.open_dispute(charge.payment))
    bank.win_dispute(dispute.id, fee_returned=True)
    back, out, _ = bank.list_transactions()
    assert (out.movement, back.movement) == (Movement.DISPUTE, Movement.DISPUTE_REVERSAL)
    assert (back.amount, back.fee, back.source) == (10_000, -1500, dispute.id)
