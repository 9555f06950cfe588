"""Checks of single values."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    FindPayoutAccount,
    GetJob,
    InvalidInput,
    JobId,
    JournalOf,
    ListJobs,
    Money,
    OfferId,
    PostJob,
    Question,
    Rules,
    SendOffer,
)

CUSTOMER = Actor.customer("cus_17")
SURROGATE, NUL = "\ud800", "\0"


def post(**fields: Any) -> PostJob:
    return PostJob(by=CUSTOMER, **{"title": "Paint the fence", "currency": "USD"} | fields)


def send(**fields: Any) -> SendOffer:
    price = Money("1", "USD")
    given: dict[str, Any] = {"job": JobId("job_1"), "contractor": "ctr_42", "price": price}
    given |= fields
    return SendOffer(by=CUSTOMER, **given)


@pytest.mark.covers("B091")
@pytest.mark.parametrize(
    "title", ["", " ", "\u200b", "\t\n", "x" * 256, f"a{NUL}", "a\x7f", "a\x85"]
)
def test_a_title_is_something_to_read(title: str) -> None:
    with pytest.raises(InvalidInput) as invalid:
        post(title=title)
    assert invalid.value.field == "title"


@pytest.mark.parametrize("text", [SURROGATE, f"a{SURROGATE}b", f"a{NUL}b"])
def test_what_no_database_can_keep_is_refused(text: str) -> None:
    asked: list[Any] = [
        lambda: post(title=text),
        lambda: post(description=text),
        lambda: send(message=text),
        lambda: send(payment_method=text),
        lambda: send(contractor=text),
        lambda: Actor.customer(text),
        lambda: AcceptOffer(by=CUSTOMER, offer=OfferId(f"off_{text}")),
        lambda: GetJob(JobId(f"job_{text}")),
        lambda: ListJobs(customer=text),
        lambda: ListJobs(cursor=text),
        lambda: FindPayoutAccount(contractor=text),
        lambda: JournalOf(subject=text),
    ]
    for ask in asked:
        with pytest.raises(InvalidInput):
            ask()


@pytest.mark.parametrize("text", ["Größe ✓ 😀", "two\nlines\tand a tab", "-", "a" * 255])
def test_what_people_write_is_accepted(text: str) -> None:
    assert post(title=text).title == text


@pytest.mark.covers("B034")
@pytest.mark.parametrize("status", ["opne", "", 5, "OPEN"])
def test_a_status_is_one_that_there_is(status: Any) -> None:
    with pytest.raises(InvalidInput, match="is not one of: open, assigned") as invalid:
        ListJobs(status=status)
    assert invalid.value.field == "status"


@pytest.mark.parametrize("party", [5, {}, (), b"cus_17"])
def test_a_party_is_text(party: Any) -> None:
    questions: list[type[Question[Any]]] = [ListJobs]
    for question in questions:
        with pytest.raises(TypeError):
            question(customer=party)  # type: ignore[call-arg]


def test_a_wrong_contractor_is_called_by_that_name() -> None:
    with pytest.raises(InvalidInput) as invalid:
        send(contractor="")
    assert invalid.value.field == "contractor"


@pytest.mark.parametrize(
    "number", ["4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242"]
)
def test_a_card_number_is_no_payment_method(number: str) -> None:
    with pytest.raises(InvalidInput, match="never a card number") as invalid:
        send(payment_method=number)
    assert number not in str(invalid.value)


@pytest.mark.covers("B098")
@pytest.mark.parametrize(
    "time",
    [
        datetime.max.replace(tzinfo=timezone(timedelta(hours=-5))),
        datetime.min.replace(tzinfo=timezone(timedelta(hours=5))),
        datetime(2030, 1, 1),  # noqa: DTZ001  # that it has no zone is the point
    ],
)
def test_a_time_is_one_in_every_zone(time: datetime) -> None:
    with pytest.raises(InvalidInput):
        send(expires_at=time)


def test_a_time_is_a_datetime() -> None:
    with pytest.raises(TypeError):
        send(expires_at="2030-01-01")
    assert send(expires_at=datetime(2030, 1, 1, tzinfo=UTC)).expires_at is not None


def test_an_amount_is_money() -> None:
    for price in (10, 10.0, "10.00", None):
        with pytest.raises(TypeError):
            send(price=price)


@pytest.mark.parametrize("wrong", [{"lease": 5}, {"attempts": "x"}, {"commission": "0.1"}])
def test_rules_are_of_their_types(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Rules(**wrong)


def test_an_actor_is_not_a_name() -> None:
    with pytest.raises(TypeError, match="by must be an Actor"):
        PostJob(by="cus_17", title="Paint", currency="USD")  # type: ignore[arg-type]
