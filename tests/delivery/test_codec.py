"""Between values and the journal's text, and back."""

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay import (
    AcceptOffer,
    Actor,
    ApplyToJob,
    Command,
    Event,
    Marketplace,
    Money,
    PayOffer,
    PostJob,
    Rules,
    SendOffer,
    UpdateJob,
)
from marketpay.commands.settling import SettleTransaction
from marketpay.delivery import codec
from marketpay.domain.currencies import register_currency
from marketpay.domain.events import JobPosted, OfferRejected, WalletCredited
from marketpay.domain.ids import JobId, OfferId, TransactionId, new_id
from marketpay.ports.gateway import ActionRequired, Authorized, Captured, Declined, NoAnswer
from marketpay.testing import SimulatedGateway, strategies

times = st.datetimes(
    min_value=datetime(2000, 1, 1),  # noqa: DTZ001  # the zone is added
    max_value=datetime(2100, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
NOON = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)
parties = titles = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=30)


@st.composite
def events(draw: st.DrawFn) -> Event:
    kind = draw(st.sampled_from(sorted(Event.kinds.values(), key=lambda kind: kind.name)))
    fields: dict[str, Any] = {}
    for field in attrs.fields(kind):
        if "datetime" in str(field.type):
            fields[field.name] = draw(times)
        elif field.name in ("amount", "price", "counter", "remaining", "refunded"):
            fields[field.name] = draw(strategies.money())
        elif field.name in ("to_customer", "to_contractor"):
            fields[field.name] = draw(st.none() | strategies.money())
        elif field.name == "position":
            fields[field.name] = draw(st.integers(1, 100))
        elif "None" in str(field.type):
            fields[field.name] = draw(st.none() | parties)
        else:
            fields[field.name] = draw(parties)
    return kind(**fields)


@given(happened=st.lists(events(), max_size=5))
def test_events_come_back_as_they_were(happened: list[Event]) -> None:
    assert codec.decode_events(codec.encode_events(happened)) == happened


@pytest.mark.parametrize("kind", Event.kinds.values(), ids=Event.kinds)
def test_every_kind_of_event_comes_back(kind: type[Event]) -> None:
    at = datetime(2026, 1, 1, 0, 0, 0, 1, tzinfo=UTC)
    amounts = (
        "amount",
        "price",
        "counter",
        "remaining",
        "refunded",
        "to_customer",
        "to_contractor",
    )
    usual: dict[str, Any] = dict.fromkeys(amounts, Money("1.00", "USD")) | {"position": 3}
    event = kind(
        **{
            field.name: at if "datetime" in str(field.type) else usual.get(field.name, "x")
            for field in attrs.fields(kind)
        }
    )

    [found] = codec.decode_events(codec.encode_events([event]))

    assert found == event
    assert type(found) is kind


@pytest.mark.covers("B097")
@given(happened=st.lists(events(), max_size=3))
def test_events_are_plain_json(happened: list[Event]) -> None:
    written = json.loads(codec.encode_events(happened))

    assert [one["name"] for one in written] == [event.name for event in happened]


@given(happened=st.lists(events(), max_size=3))
def test_events_are_written_as_any_json_is_here(happened: list[Event]) -> None:
    text = codec.encode_events(happened)

    assert text == codec.dumps(json.loads(text))


def test_the_text_of_an_event_is_this() -> None:
    event = OfferRejected(
        at=datetime(2026, 1, 1, 14, 30, tzinfo=timezone(timedelta(hours=2))),
        offer="off_1",
        job="100 % of it",
        customer='cus_"é"',
        contractor="ctr_42",
        price=Money("700.5", "USD"),
    )

    text = codec.encode_events([event, JobPosted(at=NOON, job="j", customer="c", contractor=None)])

    assert text == (
        '[{"name":"offer.rejected","at":"2026-01-01T12:30:00+00:00","offer":"off_1",'
        '"job":"100 % of it","customer":"cus_\\"é\\"","contractor":"ctr_42",'
        '"price":{"amount":"700.50","currency":"USD"}},'
        '{"name":"job.posted","at":"2026-01-01T12:00:00+00:00","job":"j","customer":"c",'
        '"contractor":null}]'
    )


def test_the_finest_amount_of_the_finest_currency_comes_back() -> None:
    register_currency("WEI", 18)
    finest = Money("0.000000000000000001", "WEI")
    event = WalletCredited(at=NOON, wallet="wal_1", owner="ctr_42", amount=finest)

    assert codec.decode_events(codec.encode_events([event])) == [event]
    assert '"0.000000000000000001"' in codec.encode_events([event])
    news = Captured(gateway_id="pi_1", amount=finest)
    settling = SettleTransaction(by=Actor.SYSTEM, transaction=TransactionId("ptx_1"), news=news)
    assert '"0.000000000000000001"' in codec.encode_command(settling, "salt")[0]


def test_an_hour_that_comes_twice_is_two_hours_in_the_journal() -> None:
    zone = ZoneInfo("Europe/Berlin")
    hours = [datetime(2026, 10, 25, 2, 30, tzinfo=zone, fold=fold) for fold in (0, 1)]
    happened: list[Event] = [
        JobPosted(at=at, job="j", customer="c", contractor=None) for at in hours
    ]

    written = [event.at.hour for event in codec.decode_events(codec.encode_events(happened))]

    assert written == [0, 1]


CUSTOMER = Actor.customer("cus_17")
OFFERS = OfferId("off_1"), OfferId("off_2")
commands: st.SearchStrategy[Command[Any]] = st.one_of(
    st.builds(
        PostJob,
        by=st.just(CUSTOMER),
        title=titles,
        currency=strategies.currencies(),
        description=words,
    ),
    st.builds(UpdateJob, by=st.just(CUSTOMER), job=st.just(JobId("job_1")), title=titles),
    st.builds(ApplyToJob, by=st.just(CUSTOMER), job=st.just(JobId("job_1")), message=words),
    st.builds(
        SendOffer,
        by=st.just(CUSTOMER),
        job=st.just(JobId("job_1")),
        contractor=parties,
        price=strategies.prices(),
        message=words,
        expires_at=st.none() | times,
    ),
    st.builds(PayOffer, by=st.just(CUSTOMER), offer=st.sampled_from(OFFERS)),
)  # fmt: skip


def same(command: Command[Any], other: Command[Any], *, erased: bool = False) -> bool:
    body, personal = codec.encode_command(other, "salt")
    kept = None if erased else personal
    return codec.is_same_command(command, type(other).__name__, body, kept)


@given(command=commands, other=commands)
def test_a_command_is_the_same_as_itself_and_as_no_other(
    command: Command[Any], other: Command[Any]
) -> None:
    assert same(command, attrs.evolve(command))
    assert same(command, other) == (command == other)


@given(command=commands)
def test_the_same_command_is_always_the_same_text(command: Command[Any]) -> None:
    assert codec.encode_command(command, "s") == codec.encode_command(attrs.evolve(command), "s")


@given(title=titles.filter(lambda title: len(title) > 3))
def test_what_is_personal_is_only_a_digest_in_the_journal(title: str) -> None:
    command = PostJob(by=CUSTOMER, title=title, currency="USD")
    body, personal = codec.encode_command(command, "salt")

    assert json.loads(body)["title"].keys() == {"sha256"}
    assert personal is not None
    assert json.loads(personal)["texts"] == {"title": title}
    other, _ = codec.encode_command(command, "pepper")
    assert other != body


@given(command=commands)
def test_erased_text_is_not_held_against_a_repetition(command: Command[Any]) -> None:
    assert same(command, command, erased=True)


def test_what_is_not_personal_still_tells_them_apart_when_erased() -> None:
    one = PostJob(by=CUSTOMER, title="Paint", currency="USD")

    assert same(one, attrs.evolve(one, title="Dig"), erased=True)
    assert not same(one, attrs.evolve(one, currency="EUR"), erased=True)
    assert not same(one, UpdateJob(by=CUSTOMER, job=JobId("job_1"), title="Paint"))


def test_the_same_moment_said_in_another_zone_is_the_same_command() -> None:
    utc = datetime(2026, 6, 1, 12, tzinfo=UTC)
    tokyo = utc.astimezone(timezone(timedelta(hours=9)))
    command = SendOffer(
        by=CUSTOMER, job=JobId("job_1"), contractor="x", price=Money("1", "USD"), expires_at=utc
    )

    assert same(attrs.evolve(command, expires_at=tokyo), command)


@pytest.mark.parametrize(
    "news",
    [
        NoAnswer(),
        Declined(code="no", gateway_id=None),
        Authorized(gateway_id="pi_1", expires_at=datetime(2026, 1, 1, tzinfo=UTC)),
        Captured(gateway_id="pi_1", amount=Money("1.00", "USD")),
        ActionRequired(gateway_id="pi_1", client_secret="pi_1_secret_xyz"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_the_gateway_said_is_on_record_without_its_secrets(news: Any) -> None:
    command = SettleTransaction(by=Actor.SYSTEM, transaction=TransactionId("ptx_1"), news=news)
    body, personal = codec.encode_command(command, "salt")

    assert json.loads(body)["news"]["type"] == type(news).__name__
    assert "secret_xyz" not in body + str(personal)
    assert "secret_xyz" not in repr(command)


def test_who_said_it_is_a_column_and_not_in_the_body() -> None:
    body, personal = codec.encode_command(
        AcceptOffer(by=Actor.contractor("ctr_42"), offer=OfferId("off_1")), "salt"
    )

    assert body == '{"offer":"off_1"}'
    assert personal is None


def test_ids_of_a_hosts_making_are_escaped() -> None:
    quoted = Marketplace(
        gateway=SimulatedGateway(), rules=Rules(new_id=lambda prefix: new_id(prefix) + '"\\x')
    )
    command = PostJob(by=Actor.customer("cus_17"), title="Paint the fence", currency="USD")
    with quoted as market:
        first = market.execute(command, key="k")
        assert market.execute(command, key="k") == first
