from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay.adapters.stripe.config import Config
from marketpay.domain.errors import GatewayError, GatewayUnavailable, InvalidInput
from marketpay.ports import gateway as port
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    ActingRequest,
    LookUp,
    NotThere,
)
from tests.adapters.stripe.openapi import problems
from tests.adapters.stripe.playing import MISSING, V1, V2, listed, ok, play, refused, reply
from tests.adapters.stripe.requests import (
    ACTING,
    AT,
    AUTHORIZE,
    CAPTURE,
    EXPIRE,
    OPEN,
    PAY_OUT,
    PRICE,
    REFUND,
    REVERSE,
    START,
    TRANSFER,
    VOID,
)
from tests.adapters.stripe.test_replies import page, payment, refund, v2_account

IDS = {
    port.Authorize: "pi_1",
    port.Capture: "pi_1",
    port.Void: "pi_1",
    port.RefundPayment: "re_1",
    port.Transfer: "tr_1",
    port.ReverseTransfer: "trr_1",
    port.PayOut: "po_1",
    port.OpenAccount: "acct_1",
    port.StartCheckout: "cs_1",
    port.ExpireCheckout: "cs_1",
}
BY_LIST = (AUTHORIZE, REFUND, TRANSFER, REVERSE, PAY_OUT, OPEN, START)


def marked(request: Any, **object: Any) -> dict[str, Any]:
    return object | {"metadata": {"marketpay_reference": request.reference}}


@pytest.mark.parametrize("config", [V1, V2], ids=["accounts v1", "accounts v2"])
@pytest.mark.parametrize("request_", ACTING, ids=lambda one: type(one).__name__)
def test_by_id_one_thing_is_read_and_nothing_made(request_: ActingRequest, config: Config) -> None:
    look = LookUp(request=request_, gateway_id=IDS[type(request_)])

    calls, answer = play(look, MISSING, config=config)

    assert [call.method for call in calls] == ["get"]
    assert problems(calls[0]) == []
    assert answer == NotThere()


@pytest.mark.parametrize("config", [V1, V2], ids=["accounts v1", "accounts v2"])
@pytest.mark.parametrize("request_", BY_LIST, ids=lambda one: type(one).__name__)
def test_by_reference_a_list_is_read_and_nothing_made(request_: Any, config: Config) -> None:
    for since in (None, AT):
        look = LookUp(request=request_, since=since)
        another = marked(evolve(request_, reference="ptx_other"), id="x_1")

        calls, answer = play(look, listed({"id": "x_2", "metadata": None}, another), config=config)

        assert [call.method for call in calls] == ["get"]
        assert problems(calls[0]) == []
        assert answer == NotThere()


def test_what_can_be_found_by_what_it_belongs_to_is() -> None:
    def params(request: ActingRequest) -> Any:
        calls, _ = play(LookUp(request=request), listed())
        return calls[0].params

    assert params(REFUND)["payment_intent"] == "pi_1"
    assert params(TRANSFER)["transfer_group"] == "job_1"
    assert params(TRANSFER)["destination"] == "acct_1"
    assert params(evolve(AUTHORIZE, payer_account="cus_9"))["customer"] == "cus_9"
    assert params(evolve(AUTHORIZE, payer_account="acct_9"))["customer_account"] == "acct_9"
    calls, _ = play(LookUp(request=REVERSE), listed())
    assert calls[0].path == "/v1/transfers/tr_1/reversals"
    calls, _ = play(LookUp(request=PAY_OUT), listed())
    assert calls[0].account == "acct_1"


@pytest.mark.parametrize(
    "request_", [AUTHORIZE, PAY_OUT, START], ids=lambda one: type(one).__name__
)
def test_other_lists_begin_when_it_was_sent_and_a_little_before(request_: ActingRequest) -> None:
    calls, _ = play(LookUp(request=request_, since=AT), listed())

    since = calls[0].params["created"]["gte"]
    assert since == (AT - timedelta(minutes=10)).timestamp()
    calls, _ = play(LookUp(request=request_), listed())
    assert "created" not in calls[0].params


def test_a_list_is_read_to_its_end() -> None:
    object = marked(AUTHORIZE, **payment("requires_capture"))
    first = listed({"id": "pi_9", "metadata": {}}, {"id": "pi_8", "metadata": {}}, has_more=True)

    calls, answer = play(LookUp(request=AUTHORIZE, since=AT), first, listed(object))

    assert [call.params.get("starting_after") for call in calls] == [None, "pi_8"]
    assert calls[0].params["created"] == calls[1].params["created"]
    assert problems(calls[1]) == []
    assert isinstance(answer, port.Authorized)


def test_the_next_page_is_asked_of_the_same_account() -> None:
    first = listed({"id": "po_9", "metadata": {}}, has_more=True)

    calls, _ = play(LookUp(request=PAY_OUT), first, listed())

    assert [call.account for call in calls] == ["acct_1", "acct_1"]


def test_a_list_that_says_there_is_more_and_lists_nothing_ends() -> None:
    with pytest.raises(GatewayError):
        reply(LookUp(request=REFUND), listed(has_more=True))


def test_what_is_found_says_what_its_request_was_told() -> None:
    found = listed(marked(REFUND, **refund("succeeded")))

    assert reply(LookUp(request=REFUND), found) == port.Refunded(gateway_id="re_1", amount=PRICE)
    held = listed(marked(AUTHORIZE, **payment("requires_capture")))
    by_id = LookUp(request=AUTHORIZE, gateway_id="pi_1")
    assert reply(LookUp(request=AUTHORIZE), held) == reply(by_id, ok(**payment("requires_capture")))


def test_a_hold_that_stands_was_neither_taken_nor_let_go() -> None:
    for request in (CAPTURE, VOID):
        assert reply(LookUp(request=request), ok(**payment("requires_capture"))) == NotThere()


def test_a_page_that_is_open_was_not_closed() -> None:
    assert reply(LookUp(request=EXPIRE), ok(**page("open"))) == NotThere()
    assert isinstance(reply(LookUp(request=EXPIRE), ok(**page("expired"))), port.CheckoutExpired)


def test_an_account_of_v2_is_found_read_whole_and_its_opening_finished() -> None:
    found = marked(OPEN, id="acct_1", object="v2.core.account", configuration=None)
    nothing = ok(data=[{"id": "acct_9", "metadata": {}}], next_page_url="/v2/core/accounts?page=p2")
    active = v2_account("active")

    calls, answer = play(
        LookUp(request=OPEN), nothing, ok(data=[found], next_page_url=None), ok(), ok(**active)
    )

    assert [(call.method, call.path) for call in calls] == [
        ("get", "/v2/core/accounts"),
        ("get", "/v2/core/accounts"),
        ("post", "/v1/balance_settings"),
        ("get", "/v2/core/accounts/acct_1"),
    ]
    assert calls[1].params["page"] == "p2"
    assert all(problems(call) == [] for call in calls)
    assert answer == AccountState(gateway_id="acct_1", standing=AccountStanding.ACTIVE)


def test_an_account_whose_id_is_known_is_only_read() -> None:
    calls, _ = play(LookUp(request=OPEN, gateway_id="acct_1"), ok(**v2_account("active")))

    assert [call.method for call in calls] == ["get"]


def test_no_answer_is_not_nothing() -> None:
    for request in ACTING:
        with pytest.raises(GatewayUnavailable):
            reply(LookUp(request=request), refused(500))
        with pytest.raises(GatewayError):
            reply(LookUp(request=request), refused(403))


def test_an_id_of_something_else_is_met_by_an_error() -> None:
    for request in ACTING:
        if isinstance(request, port.Capture | port.Void | port.ExpireCheckout):
            continue  # these are looked up by the id in the request itself
        with pytest.raises(InvalidInput):
            play(LookUp(request=request, gateway_id="x_1/.."))
