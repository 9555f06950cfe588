"""Facts, and what they are called outside."""

import re
from datetime import UTC, datetime

import attrs
import pytest

from marketpay.domain.event import Event
from marketpay.domain.events import OfferAccepted, PaymentTransactionActionRequired
from marketpay.domain.money import Money


@pytest.mark.parametrize(("name", "kind"), Event.kinds.items(), ids=Event.kinds)
def test_an_event_is_entity_point_past_tense(name: str, kind: type[Event]) -> None:
    assert kind.name == name
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*", name)
    assert kind.__doc__


def test_names_the_outside_listens_to() -> None:
    assert {
        "job.posted", "job.assigned", "job.completed", "job.cancelled",
        "application.submitted", "application.accepted", "application.rejected",
        "offer.created", "offer.funded", "offer.accepted", "offer.rejected", "offer.expired",
        "payment.authorized", "payment.captured", "payment.released", "payment.refunded",
        "wallet.credited",
    } <= Event.kinds.keys()  # fmt: skip
    assert PaymentTransactionActionRequired.name == "payment_transaction.action_required"


def test_bases_are_no_events() -> None:
    assert not any(kind.__name__.endswith("Event") for kind in Event.kinds.values())


def test_an_event_is_a_value() -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    fields = {"at": at, "offer": "off_1", "job": "job_1", "customer": "c", "contractor": "d"}
    event = OfferAccepted(**fields, price=Money("1", "USD"))  # type: ignore[arg-type]

    assert event == OfferAccepted(**fields, price=Money("1", "USD"))  # type: ignore[arg-type]
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        event.offer = "off_2"  # type: ignore[misc]
