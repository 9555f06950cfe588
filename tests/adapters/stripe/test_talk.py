from typing import Any

import pytest
from attrs import evolve

from marketpay.adapters.stripe.accounts import V1_ACCOUNT
from marketpay.adapters.stripe.call import Answer
from marketpay.adapters.stripe.conversation import Conversation
from marketpay.domain.currencies import register_currency
from marketpay.domain.errors import GatewayError, GatewayUnavailable, InvalidInput
from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    ActingRequest,
    Declined,
    Inspect,
    NotThere,
    Topic,
)
from tests.adapters.stripe.openapi import problems
from tests.adapters.stripe.playing import MISSING, V1, V2, listed, ok, play, refused, reply
from tests.adapters.stripe.requests import (
    AUTHORIZE,
    BALANCE,
    CAPTURE,
    EXPIRE,
    INSPECT,
    LINK,
    OPEN,
    PAY_OUT,
    PRICE,
    START,
    TRANSFER,
    VOID,
)
from tests.adapters.stripe.test_replies import page, payment, v1_account, v2_account

ACTIVE = AccountState(gateway_id="acct_1", standing=AccountStanding.ACTIVE)


def test_most_requests_are_one_call() -> None:
    calls, answer = play(AUTHORIZE, ok(**payment("requires_capture")))

    assert [call.path for call in calls] == ["/v1/payment_intents"]
    assert isinstance(answer, port.Authorized)


def test_an_account_of_v2_is_told_to_pay_nothing_out_by_itself() -> None:
    calls, answer = play(OPEN, ok(**v2_account("active")), ok(object="balance_settings"))

    opened, told = calls
    assert told.path == "/v1/balance_settings"
    assert told.account == "acct_1"
    assert told.params == {"payments": {"payouts": {"schedule": {"interval": "manual"}}}}
    assert opened.step != told.step  # two calls under one key would be refused
    assert answer == ACTIVE


def test_an_account_of_v1_is_opened_so() -> None:
    account = v1_account("active", details_submitted=True, payouts_enabled=True)

    calls, answer = play(OPEN, ok(**account), config=V1)

    assert [call.path for call in calls] == ["/v1/accounts"]
    assert answer == ACTIVE


def test_an_account_is_not_open_before_both_calls_are_answered() -> None:
    with pytest.raises(GatewayUnavailable):
        reply(OPEN, ok(**v2_account("active")), refused(500))


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (evolve(AUTHORIZE, amount=Money("1.235", "KWD")), "amount_not_payable"),
        (evolve(PAY_OUT, amount=Money("10.45", "HUF")), "amount_not_payable"),
        (evolve(TRANSFER, amount=Money.zero("USD")), "amount_not_payable"),
        (evolve(START, amount=Money(5, "IQD")), "currency_not_supported"),
    ],
)
def test_what_stripe_cannot_move_is_declined_before_any_call(
    request_: ActingRequest, code: str
) -> None:
    assert play(request_) == ([], Declined(code=code))


def test_points_are_declined_before_any_call() -> None:
    register_currency("PTS", 0)

    calls, answer = play(evolve(AUTHORIZE, amount=Money(5, "PTS")))

    assert (calls, answer) == ([], Declined(code="currency_not_supported"))


def test_an_id_that_is_none_is_met_by_an_error_before_any_call() -> None:
    with pytest.raises(InvalidInput):
        Conversation(evolve(VOID, gateway_id="pi_1/../x"), V2, "k")


@pytest.mark.parametrize("key", ["", "ü", "k\n", "k" * 241])
def test_a_key_that_no_header_carries_is_met_by_an_error(key: str) -> None:
    with pytest.raises(InvalidInput):
        Conversation(VOID, V2, key)


UNEXPECTED = refused(400, code="payment_intent_unexpected_state")


@pytest.mark.parametrize(
    ("request_", "now", "expected"),
    [
        (CAPTURE, "canceled", port.HoldGone(gateway_id="pi_1")),
        (CAPTURE, "succeeded", port.Captured(gateway_id="pi_1", amount=PRICE, charge="ch_1")),
        (VOID, "canceled", port.Voided(gateway_id="pi_1")),
        (VOID, "succeeded", Declined(code="payment_intent_unexpected_state")),
    ],
)
def test_a_refusal_that_says_no_state_is_looked_into(
    request_: ActingRequest, now: str, expected: port.GatewayReply
) -> None:
    calls, answer = play(request_, UNEXPECTED, ok(**payment(now)))

    assert [call.method for call in calls] == ["post", "get"]
    assert answer == expected


def test_a_refusal_that_says_the_state_is_not() -> None:
    told = refused(400, code="payment_intent_unexpected_state", payment_intent=payment("canceled"))

    assert reply(VOID, told) == port.Voided(gateway_id="pi_1")


def test_what_was_never_there_stays_refused() -> None:
    assert reply(CAPTURE, MISSING) == Declined(code="resource_missing")
    assert reply(CAPTURE, UNEXPECTED, MISSING) == Declined(code="payment_intent_unexpected_state")


def test_a_page_that_was_paid_before_it_could_be_closed_is_paid() -> None:
    uncoded = refused(400, message="Only Checkout Sessions with a status in ['open'] ...")
    paid = port.CheckoutPaid(gateway_id="cs_test_1", payment="pi_1", amount=PRICE)

    assert reply(EXPIRE, uncoded, ok(**page("complete", "paid"))) == paid
    closed = reply(EXPIRE, uncoded, ok(**page("expired")))
    assert closed == port.CheckoutExpired(gateway_id="cs_test_1")


@pytest.mark.parametrize("inspect", INSPECT, ids=lambda one: one.topic)
def test_what_is_not_there_is_not_there(inspect: Inspect) -> None:
    assert reply(inspect, MISSING) == NotThere()


@pytest.mark.parametrize("question", [*INSPECT, LINK, BALANCE], ids=lambda one: type(one).__name__)
def test_a_question_is_never_declined(question: port.AskingRequest) -> None:
    with pytest.raises(GatewayError):
        reply(question, refused(400, code="balance_insufficient"))
    with pytest.raises(GatewayUnavailable):
        reply(question, refused(503))


def test_an_account_that_only_v1_knows_is_asked_of_v1() -> None:
    old = refused(400, code=V1_ACCOUNT)
    account = v1_account("active", details_submitted=True, payouts_enabled=True)

    calls, answer = play(Inspect(topic=Topic.ACCOUNT, gateway_id="acct_1"), old, ok(**account))
    assert [call.path for call in calls] == ["/v2/core/accounts/acct_1", "/v1/accounts/acct_1"]
    assert answer == ACTIVE

    calls, _ = play(LINK, old, ok(url="https://connect.stripe.com/x", expires_at=1))
    assert [call.path for call in calls] == ["/v2/core/account_links", "/v1/account_links"]
    assert problems(calls[1]) == []


SHAPES: list[dict[str, Any]] = [
    {},
    {"id": "pi_1"},
    {"id": "pi_1", "status": None},
    {**payment("succeeded"), "amount_received": "many"},
    {**payment("succeeded"), "currency": None},
    {**payment("succeeded"), "currency": "xyz"},
    {**payment("requires_capture"), "latest_charge": {"payment_method_details": "card"}},
    {
        **payment("requires_capture"),
        "latest_charge": {"payment_method_details": {"card": {"capture_before": "soon"}}},
    },
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_an_answer_in_no_shape_of_stripes_is_a_fault_of_the_gateway(shape: dict[str, Any]) -> None:
    with pytest.raises(GatewayError):
        reply(AUTHORIZE, Answer(200, shape))


def test_a_yes_that_changed_nothing_is_one_too() -> None:
    for request in (CAPTURE, VOID):
        with pytest.raises(GatewayError):
            reply(request, ok(**payment("requires_capture")))


def test_a_key_that_was_used_otherwise_is_a_fault_whatever_the_state() -> None:
    for request in (CAPTURE, VOID, EXPIRE):
        with pytest.raises(GatewayError):
            reply(request, refused(400, type="idempotency_error"))


def test_of_a_transfer_all_reversals_are_told_and_not_only_the_last_ten() -> None:
    def reversal(id: int) -> dict[str, Any]:
        return {"id": f"trr_{id}", "amount": 100, "currency": "usd", "metadata": {}}

    def transfer(*shown: dict[str, Any], has_more: bool) -> Answer:
        reversals = {"data": list(shown), "has_more": has_more}
        amounts = {"amount": 100_000, "currency": "usd"}
        return ok(id="tr_1", destination="acct_1", metadata={}, reversals=reversals, **amounts)

    inspect = Inspect(topic=Topic.TRANSFER, gateway_id="tr_1")
    few, one = play(inspect, transfer(reversal(1), has_more=False))
    many, both = play(
        inspect,
        transfer(reversal(2), has_more=True),
        listed(reversal(2), has_more=True),
        listed(reversal(1)),
    )

    assert isinstance(one, port.TransferState)
    assert isinstance(both, port.TransferState)
    assert [part.gateway_id for part in one.reversals] == ["trr_1"]
    assert [part.gateway_id for part in both.reversals] == ["trr_2", "trr_1"]
    assert len(few) == 1
    assert [problems(call) for call in many] == [[], [], []]


@pytest.mark.parametrize("inspect", INSPECT, ids=lambda one: one.topic)
def test_what_stripe_gives_no_such_id_is_not_there_and_not_asked_for(inspect: Inspect) -> None:
    assert play(evolve(inspect, gateway_id="xx_nowhere")) == ([], NotThere())
    assert play(evolve(inspect, gateway_id=f"{inspect.gateway_id}/x")) == ([], NotThere())


def test_what_cannot_be_inspected_is_an_error() -> None:
    with pytest.raises(InvalidInput):
        play(Inspect(topic=Topic.WARNING, gateway_id="issfr_1"))
