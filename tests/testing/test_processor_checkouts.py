"""Checkout sessions at the simulated processor: paid, promised, expired."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay.testing.processor_values import (
    Charge,
    Checkout,
    CheckoutStatus,
    Dispute,
    Method,
    Payment,
    PaymentStatus,
    Refund,
    Refusal,
    Result,
)
from tests.processors import Bank, code

OPEN, COMPLETE, EXPIRED = CheckoutStatus


@pytest.fixture
def bank() -> Bank:
    return Bank()


def page(bank: Bank, **more: Any) -> Checkout:
    opened = bank.open_checkout(amount=1000, currency="USD", reference="ptx_c", **more)
    return checkout(opened)


def checkout(result: Result) -> Checkout:
    assert isinstance(result, Checkout)
    return result


def test_a_page_waits_for_a_day_and_then_is_closed(bank: Bank) -> None:
    opened = page(bank, subject="pay_1")
    assert (opened.status, opened.paid, opened.payment) == (OPEN, False, None)
    assert opened.id in opened.url
    assert bank.find(Checkout, "ptx_c") == bank.find(Checkout, "pay_1") == opened
    bank.clock.advance(days=1, microseconds=-1)
    assert bank.now_of(Checkout, opened.id).status is OPEN
    bank.clock.advance(microseconds=1)
    assert bank.now_of(Checkout, opened.id).status is EXPIRED
    assert bank.types() == ["checkout.session.expired"]
    assert code(bank.pay_checkout(opened.id)) == "checkout_session_not_open"


def test_a_page_may_be_open_for_as_long_as_wanted(bank: Bank) -> None:
    later = bank.clock() + timedelta(hours=1)
    opened = page(bank, expires_at=later)
    bank.clock.advance(hours=1)
    assert bank.now_of(Checkout, opened.id).status is EXPIRED
    again = bank.open_checkout(amount=1000, currency="USD", expires_at=later)
    assert code(again) == "parameter_invalid_integer"


def test_what_is_paid_on_a_page_is_taken_at_once(bank: Bank) -> None:
    opened = page(bank, subject="pay_1", metadata={"listing": "7"})
    paid = checkout(bank.pay_checkout(opened.id))
    assert (paid.status, paid.paid, bank.usd, bank.held("USD")) == (COMPLETE, True, 1000, 0)
    payment = bank.now_of(Payment, paid.payment)
    assert (payment.status, payment.captured) == (PaymentStatus.SUCCEEDED, 1000)
    assert (payment.reference, payment.metadata) == ("ptx_c", {"listing": "7"})
    assert bank.now_of(Charge, payment.charge).captured == 1000
    assert bank.types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.succeeded",
        "balance.available",
        "checkout.session.completed",
    ]
    assert isinstance(bank.refund(payment.id), Refund)


def test_a_card_that_is_refused_leaves_the_page_open(bank: Bank) -> None:
    opened = page(bank)
    refused = bank.pay_checkout(opened.id, method="pm_card_chargeDeclined")
    assert isinstance(refused, Refusal)
    assert refused.checkout is not None
    assert refused.checkout.open
    assert bank.now_of(Payment, refused.checkout.payment).decline == refused.decline
    assert code(bank.pay_checkout(opened.id, method="pm_card_typo")) == "resource_missing"
    paid = checkout(bank.pay_checkout(opened.id, method="pm_card_threeDSecure2Required"))
    assert paid.payment != refused.checkout.payment
    assert bank.usd == 1000


def test_what_is_promised_may_come_later(bank: Bank) -> None:
    opened = page(bank)
    promised = checkout(bank.promise_checkout(opened.id))
    assert (promised.status, promised.paid, bank.usd) == (COMPLETE, False, 0)
    assert bank.now_of(Payment, promised.payment).status is PaymentStatus.PROCESSING
    assert code(bank.cancel(promised.payment or "")) == "payment_intent_unexpected_state"
    before = bank.since()
    bank.clock.advance(days=3)
    paid = checkout(bank.settle_checkout(opened.id))
    assert (paid.paid, bank.usd) == (True, 1000)
    assert bank.types(before)[-1] == "checkout.session.async_payment_succeeded"
    assert code(bank.settle_checkout(opened.id)) == "checkout_session_not_processing"


def test_what_is_promised_may_never_come(bank: Bank) -> None:
    opened = page(bank)
    bank.promise_checkout(opened.id)
    before = bank.since()
    failed = checkout(bank.fail_checkout(opened.id))
    assert (failed.status, failed.paid, failed.failure is None) == (COMPLETE, False, False)
    assert bank.usd == 0
    assert bank.types(before) == [
        "charge.failed",
        "payment_intent.payment_failed",
        "checkout.session.async_payment_failed",
    ]
    assert code(bank.settle_checkout(opened.id)) == "checkout_session_not_processing"


def test_a_page_can_be_closed_as_long_as_nobody_paid(bank: Bank) -> None:
    opened, other = page(bank), page(bank)
    expired = checkout(bank.expire_checkout(opened.id))
    assert expired == evolve(opened, status=EXPIRED)
    bank.pay_checkout(other.id)
    for one in (opened, other):
        refused = bank.expire_checkout(one.id)
        assert isinstance(refused, Refusal)
        assert refused.checkout == bank.find(Checkout, one.id)
    bank.clock.advance(days=30)
    assert bank.tick() == 0


def test_a_page_of_a_customer_takes_their_cards(bank: Bank) -> None:
    ann, bob = bank.open_customer(), bank.open_customer()
    card = bank.attach("pm_1", ann.id)
    assert isinstance(card, Method)
    opened, other = page(bank, customer=ann.id), page(bank, customer=bob.id)
    assert code(bank.pay_checkout(other.id, method="pm_1")) == "payment_method_unexpected_state"
    assert checkout(bank.pay_checkout(opened.id, method="pm_1")).paid


def test_what_cannot_be_is_refused(bank: Bank) -> None:
    nothing = bank.open_checkout(amount=0, currency="USD")
    nobody = bank.open_checkout(amount=1, currency="USD", customer="cus_no")
    assert (code(nothing), code(nobody)) == ("parameter_invalid_integer", "resource_missing")
    acts = (bank.pay_checkout, bank.promise_checkout, bank.settle_checkout, bank.fail_checkout)
    for act in (*acts, bank.expire_checkout):
        assert code(act("cs_no")) == "resource_missing"
    assert bank.effects("open_checkout") == 0


def test_a_disputing_card_disputes_what_was_paid_on_a_page_too(bank: Bank) -> None:
    paid = checkout(bank.pay_checkout(page(bank).id, method="pm_card_createDispute"))
    assert bank.now_of(Dispute, paid.payment).amount == 1000
