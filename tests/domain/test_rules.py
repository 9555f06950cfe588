"""The house rules: their defaults, their limits and the times they give."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.cancellation_policy import CancellationPolicy
from marketpay.domain.commission import Commission
from marketpay.domain.errors import InvalidInput
from marketpay.domain.limits import Limits
from marketpay.domain.money import Money
from marketpay.domain.rules import DisputeDefault, Liability, Rules, TransferPolicy

NOW = datetime(2026, 1, 1, tzinfo=UTC)
IDS = st.text(min_size=1, max_size=30)
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def test_the_clock_is_aware_and_in_utc() -> None:
    assert Rules().now().utcoffset() == timedelta(0)
    assert abs(Rules().now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_cancellations_are_by_a_policy() -> None:
    assert Rules().cancellation == CancellationPolicy()
    with pytest.raises(TypeError):
        Rules(cancellation=None)  # type: ignore[arg-type]


def test_the_usual_rules() -> None:
    rules = Rules()

    assert rules.commission == Commission("0.10", "0.20")
    assert not rules.require_application
    assert rules.retry_window == timedelta(hours=23)
    assert rules.transfers is TransferPolicy.ON_RELEASE
    assert rules.chargeback_liability is Liability.CONTRACTOR
    assert not rules.approve_withdrawals
    assert rules.webhook_window == timedelta(days=3)
    assert (rules.dispute_response, rules.dispute_review) == (timedelta(7), timedelta(14))
    assert rules.dispute_default is DisputeDefault.OPENER
    assert rules.dispute_undecided is DisputeDefault.CUSTOMER
    assert rules.limits("USD") == Limits()
    assert rules.new_id("job").startswith("job_")


@pytest.mark.parametrize(
    "name",
    [
        "lease",
        "lookup_every",
        "retry_base",
        "retry_cap",
        "retry_window",
        "payout_every",
        "auto_release",
        "clearance",
        "warn_before",
        "webhook_window",
        "dispute_response",
        "dispute_review",
    ],
)
@pytest.mark.parametrize("wrong", [timedelta(0), timedelta(seconds=-1)])
def test_a_time_is_above_zero(name: str, wrong: timedelta) -> None:
    given: dict[str, Any] = {name: wrong}
    with pytest.raises(InvalidInput, match="above zero") as caught:
        Rules(**given)
    assert caught.value.field == name


@pytest.mark.parametrize("wrong", [0, -1])
def test_a_command_is_decided_at_least_once(wrong: int) -> None:
    with pytest.raises(InvalidInput, match="above zero"):
        Rules(attempts=wrong)


@given(id=IDS)
def test_what_went_unanswered_is_sent_again_at_once(id: str) -> None:
    assert Rules().retry_at(1, NOW, id) == NOW


@pytest.mark.covers("A151")
@given(attempts=st.integers(2, 10_000), id=IDS)
def test_then_ever_later_up_to_the_cap(attempts: int, id: str) -> None:
    rules = Rules()
    wait = rules.retry_at(attempts, NOW, id) - NOW

    whole = min(rules.retry_cap, rules.retry_base * (2 ** min(attempts - 1, 20) - 1))
    assert whole / 2 <= wait <= whole
    assert wait <= rules.retry_at(attempts + 1, NOW, id) - NOW <= rules.retry_cap


def test_what_failed_together_does_not_come_back_together() -> None:
    rules = Rules()

    assert len({rules.retry_at(5, NOW, f"ptx_{n}") for n in range(32)}) > 10


@given(waited=st.timedeltas(timedelta(0), timedelta(days=400)))
def test_somebody_who_has_to_act_is_asked_after_ever_more_seldom(waited: timedelta) -> None:
    rules = Rules()

    assert rules.lookup_at(NOW - waited, NOW) - NOW == max(
        min(waited, rules.lookup_every), waited / 24
    )


def test_a_policy_is_said_by_its_word_too() -> None:
    rules = Rules(
        transfers="scheduled",
        chargeback_liability="platform",
        dispute_default="contractor",
        dispute_undecided="opener",
    )

    assert rules.transfers is TransferPolicy.SCHEDULED
    assert rules.chargeback_liability is Liability.PLATFORM
    assert rules.dispute_default is DisputeDefault.CONTRACTOR
    assert rules.dispute_undecided is DisputeDefault.OPENER


@pytest.mark.parametrize(
    "name", ["transfers", "chargeback_liability", "dispute_default", "dispute_undecided"]
)
def test_another_word_is_no_policy(name: str) -> None:
    wrong: dict[str, Any] = {name: "whenever"}
    with pytest.raises(InvalidInput) as caught:
        Rules(**wrong)
    assert caught.value.field == name


MINIMUM = (Money("10", "USD"), Money("1000", "JPY"))


@pytest.mark.parametrize(
    ("currency", "least"),
    [("USD", Money("10", "USD")), ("JPY", Money("1000", "JPY")), ("EUR", Money("0", "EUR"))],
)
def test_a_withdrawal_must_be_worth_it_where_the_house_says_so(currency: str, least: Money) -> None:
    assert Rules(withdrawal_minimum=MINIMUM).least_withdrawal(currency) == least
    assert Rules().least_withdrawal(currency) == Money.zero(currency)


def test_there_is_one_minimum_for_each_currency() -> None:
    with pytest.raises(InvalidInput, match="two amounts") as caught:
        Rules(withdrawal_minimum=(*MINIMUM, Money("20", "USD")))
    assert caught.value.field == "withdrawal_minimum"
    with pytest.raises(TypeError, match="Money"):
        Rules(withdrawal_minimum=("10",))  # type: ignore[arg-type]


def test_payouts_are_weekly_and_on_a_monday() -> None:
    thursday, monday = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 5, tzinfo=UTC)

    assert Rules().next_payout(thursday) == monday
    assert Rules().next_payout(monday) == monday + timedelta(days=7)
    assert Rules().next_payout(monday - timedelta.resolution) == monday


@given(
    now=st.datetimes(datetime(2001, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    every=st.timedeltas(timedelta(minutes=1), timedelta(days=400)),
    part=st.fractions(0, 1).filter(lambda part: part < 1),
)
def test_whoever_asks_before_the_next_payout_is_told_the_same(
    now: datetime, every: timedelta, part: Any
) -> None:
    rules = Rules(payout_every=every)
    due = rules.next_payout(now)
    meanwhile = now + timedelta(microseconds=int((due - now) / timedelta.resolution * part))

    assert now < due <= now + every
    assert rules.next_payout(min(meanwhile, due - timedelta.resolution)) == due
    assert rules.next_payout(due) == due + every


@given(tries=st.integers(1, 10_000))
def test_a_refused_transfer_is_made_again_ever_later_and_once_a_day_in_the_end(tries: int) -> None:
    rules = Rules()
    wait = rules.transfer_at(tries, NOW) - NOW

    assert rules.retry_base <= wait <= rules.transfer_at(tries + 1, NOW) - NOW
    assert wait <= timedelta(days=1)
    assert rules.transfer_at(14, NOW) - NOW == timedelta(days=1)
