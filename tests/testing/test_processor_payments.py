"""Holds, charges and payers at the simulated processor, and what it reports of them."""

from datetime import timedelta
from pathlib import Path

import pytest
from attrs import evolve

from marketpay.testing.processor_values import (
    PLATFORM,
    Charge,
    Customer,
    Decline,
    Funds,
    Method,
    Payment,
    PaymentStatus,
    Refusal,
)
from tests.processors import Bank, both_shelves, code


@pytest.fixture
def bank() -> Bank:
    return Bank()


# -------------------------------------------------------------------------------- charges


def test_a_hold_is_a_charge_that_is_not_taken_yet(bank: Bank) -> None:
    held = bank.hold(reference="ptx_1", metadata={"job": "job_1"})
    charge = bank.now_of(Charge, held.charge)
    assert charge.id.startswith("ch_sim_")
    assert (charge.payment, charge.amount, charge.captured) == (held.id, 1000, 0)
    assert charge.capture_before == held.expires_at
    assert (charge.reference, charge.metadata) == ("ptx_1", {"job": "job_1"})


def test_a_capture_takes_the_charge_of_the_hold(bank: Bank) -> None:
    held = bank.hold()
    captured = bank.capture(held.id, amount=400, currency="USD")
    assert isinstance(captured, Payment)
    assert captured.charge == held.charge
    charge = bank.now_of(Charge, held.charge)
    assert (charge.captured, charge.refunded) == (400, 0)
    booked = bank.transaction(charge.balance_transaction)
    assert booked is not None
    assert (booked.amount, booked.net, booked.source) == (400, 400, charge.id)


def test_without_an_amount_the_whole_hold_is_taken(bank: Bank) -> None:
    assert bank.charge(700).captured == bank.usd == 700


def test_each_try_of_a_payment_is_a_charge_of_its_own(bank: Bank) -> None:
    refused = bank.authorize(amount=1000, currency="USD", method="pm_card_chargeDeclined")
    assert isinstance(refused, Refusal)
    assert refused.payment is not None
    held = bank.attempt(refused.payment.id, method="pm_card_visa")
    assert isinstance(held, Payment)
    good, bad = bank.find_all(Charge, held.id)
    assert (good.id, good.decline) == (held.charge, None)
    assert bad.decline == Decline("card_declined", "generic_decline")


def test_a_hold_that_was_let_go_leaves_a_charge_of_nothing(bank: Bank) -> None:
    held, other = bank.hold(), bank.hold()
    bank.cancel(held.id)
    bank.expire(other.id)
    canceled, expired = (bank.now_of(Charge, one.charge) for one in (held, other))
    assert (canceled.released, canceled.expired, canceled.captured) == (True, False, 0)
    assert (expired.released, expired.expired, expired.captured) == (True, True, 0)


# --------------------------------------------------------------------------------- trying


def test_a_card_that_asks_is_asked_again_before_it_is_held(bank: Bank) -> None:
    waiting = bank.authorize(amount=1000, currency="USD")
    assert isinstance(waiting, Payment)
    asked = bank.attempt(waiting.id, method="pm_card_threeDSecure2Required")
    assert isinstance(asked, Payment)
    assert (asked.status, asked.charge) == (PaymentStatus.REQUIRES_ACTION, None)
    assert code(bank.attempt(waiting.id, method="pm_card_visa")).endswith("unexpected_state")
    held = bank.confirm(waiting.id)
    assert isinstance(held, Payment)
    assert held.status is PaymentStatus.REQUIRES_CAPTURE


def test_what_is_tried_must_be_there(bank: Bank) -> None:
    waiting = bank.authorize(amount=1000, currency="USD")
    assert isinstance(waiting, Payment)
    assert code(bank.attempt("pi_no", method="pm_card_visa")) == "resource_missing"
    assert code(bank.attempt(waiting.id, method="pm_card_typo")) == "resource_missing"
    assert bank.find(Payment, waiting.id) == waiting


# --------------------------------------------------------------------------------- payers


def test_a_card_of_a_customer_is_for_nobody_else(bank: Bank) -> None:
    ann, bob = bank.open_customer(reference="ann"), bank.open_customer(reference="bob")
    card = bank.attach("pm_card_visa", ann.id)
    assert isinstance(card, Method)
    assert card.id.startswith("pm_sim_")
    for customer in (None, bob.id):
        refused = bank.authorize(amount=1, currency="USD", method=card.id, customer=customer)
        assert code(refused) == "payment_method_unexpected_state"
    held = bank.hold(method=card.id, customer=ann.id)
    assert bank.find_all(Payment, ann.id) == [held]
    assert bank.now_of(Charge, held.charge).customer == ann.id


def test_a_test_card_attached_stays_as_bad_as_it_was(bank: Bank) -> None:
    ann = bank.open_customer()
    card = bank.attach("pm_card_chargeDeclinedLostCard", ann.id)
    assert isinstance(card, Method)
    refused = bank.authorize(amount=1, currency="USD", method=card.id, customer=ann.id)
    assert isinstance(refused, Refusal)
    assert refused.decline.reason == "lost_card"


def test_any_other_card_keeps_its_id_and_its_owner(bank: Bank) -> None:
    ann, bob = bank.open_customer(), bank.open_customer()
    card = bank.attach("pm_1", ann.id)
    assert isinstance(card, Method)
    assert card.id == "pm_1"
    assert bank.attach("pm_1", ann.id) == card
    assert code(bank.attach("pm_1", bob.id)) == "payment_method_unexpected_state"
    assert bank.find_all(Method, ann.id) == [card]


def test_a_card_that_was_taken_away_is_for_nobody(bank: Bank) -> None:
    ann = bank.open_customer()
    card = bank.attach("pm_1", ann.id)
    assert isinstance(card, Method)
    assert bank.detach("pm_1") == evolve(card, detached=True)
    refused = bank.authorize(amount=1, currency="USD", method="pm_1", customer=ann.id)
    assert code(refused) == "payment_method_unexpected_state"
    assert code(bank.detach("pm_1")) == "payment_method_unexpected_state"
    assert code(bank.attach("pm_1", ann.id)) == "payment_method_unexpected_state"


def test_a_customer_or_a_card_that_is_not_there_is_missing(bank: Bank) -> None:
    ann = bank.open_customer()
    refused = bank.authorize(amount=1, currency="USD", method="pm_1", customer="cus_no")
    assert code(refused) == "resource_missing"
    assert code(bank.attach("pm_card_typo", ann.id)) == "resource_missing"
    assert code(bank.attach("pm_card_visa", "cus_no")) == "resource_missing"


# --------------------------------------------------------------------------------- events


def test_a_hold_is_reported_as_three_things_and_a_capture_as_two(bank: Bank) -> None:
    held = bank.hold()
    assert bank.types() == [
        "payment_intent.created",
        "charge.succeeded",
        "payment_intent.amount_capturable_updated",
    ]
    before = bank.since()
    bank.capture(held.id)
    assert bank.types(before) == [
        "charge.captured",
        "payment_intent.succeeded",
        "balance.available",
    ]


@pytest.mark.parametrize(
    ("method", "reported"),
    [
        (None, []),
        ("pm_card_threeDSecure2Required", ["payment_intent.requires_action"]),
        ("pm_card_chargeDeclined", ["charge.failed", "payment_intent.payment_failed"]),
    ],
)
def test_a_payment_that_is_not_held_is_reported_as_what_it_is(
    bank: Bank, method: str | None, reported: list[str]
) -> None:
    bank.authorize(amount=1, currency="USD", method=method)
    assert bank.types() == ["payment_intent.created", *reported]


def test_letting_go_is_reported_by_its_cause(bank: Bank) -> None:
    held, other, unconfirmed = bank.hold(), bank.hold(), bank.authorize(amount=1, currency="USD")
    assert isinstance(unconfirmed, Payment)
    before = bank.since()
    bank.cancel(held.id)
    bank.expire(other.id)
    bank.cancel(unconfirmed.id)
    assert bank.types(before) == [
        "charge.refunded",
        "payment_intent.canceled",
        "charge.expired",
        "payment_intent.canceled",
        "payment_intent.canceled",
    ]


def test_what_is_refused_is_not_reported(bank: Bank) -> None:
    bank.authorize(amount=0, currency="USD")
    bank.authorize(amount=1, currency="USD", method="pm_card_typo")
    held = bank.hold()
    before = bank.since()
    bank.capture(held.id, amount=1001, currency="USD")
    bank.refund(held.id)
    assert (before, bank.types(before)) == (3, [])


def test_an_event_has_the_thing_as_it_was_then(bank: Bank) -> None:
    held = bank.hold()
    bank.capture(held.id)
    by_type = {event.type: event for event in bank.events()}
    assert by_type["payment_intent.amount_capturable_updated"].record == held
    succeeded = by_type["payment_intent.succeeded"]
    assert isinstance(succeeded.record, Payment)
    assert succeeded.record.captured == 1000
    taken = by_type["charge.captured"].record
    assert isinstance(taken, Charge)
    assert (taken.captured, taken.payment) == (1000, held.id)
    assert by_type["balance.available"].record == Funds(
        id=PLATFORM, currency="USD", available=1000, pending=0
    )


def test_events_have_numbers_without_gaps_and_ids_of_their_own(bank: Bank) -> None:
    bank.charge()
    bank.charge()
    events = bank.events()
    assert [event.number for event in events] == list(range(1, len(events) + 1))
    assert len({event.id for event in events}) == len(events)
    assert bank.events(4, limit=3) == events[4:7]
    assert bank.event(events[2].id) == events[2]
    assert bank.event("evt_no") is None
    assert {event.account for event in events} == {None}


def test_events_are_taken_once(bank: Bank) -> None:
    bank.hold()
    first = bank.take_events()
    assert (len(first), bank.take_events()) == (3, [])
    bank.hold()
    assert [event.number for event in bank.take_events()] == [4, 5, 6]


def test_a_hold_that_lapses_is_reported_when_somebody_looks_as_of_when_it_did(
    bank: Bank,
) -> None:
    held = bank.hold()
    before, lapses = bank.since(), bank.clock() + timedelta(days=7)
    bank.clock.advance(days=9)
    assert bank.tick() == 1
    assert bank.tick() == 0
    assert bank.types(before) == ["charge.expired", "payment_intent.canceled"]
    assert {event.created for event in bank.events(before)} == {lapses}
    assert bank.now_of(Payment, held.id).canceled_at == lapses


@both_shelves
def test_what_is_due_happens_in_the_order_of_time(place: str, tmp_path: Path) -> None:
    bank = Bank(place, tmp_path)
    bank.hold()
    bank.open_checkout(amount=1, currency="USD")  # a day, and a hold stands for seven
    before = bank.since()
    bank.clock.advance(days=30)
    assert bank.types(before) == [
        "checkout.session.expired",
        "charge.expired",
        "payment_intent.canceled",
    ]
    bank.close()


def test_what_lapses_does_so_in_the_order_of_time(bank: Bank) -> None:
    first = bank.hold()
    bank.clock.advance(days=1)
    second = bank.hold()
    before = bank.since()
    bank.clock.advance(days=30)
    canceled = [event.record.id for event in bank.events(before) if "intent" in event.type]
    assert canceled == [first.id, second.id]


def test_a_customer_is_reported(bank: Bank) -> None:
    ann = bank.open_customer(reference="ann", name="Ann", email="ann@example.com")
    assert bank.find(Customer, "ann") == ann
    assert bank.types() == ["customer.created"]
