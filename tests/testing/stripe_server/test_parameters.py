"""What Stripe refuses, and in which words."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from marketpay.testing.stripe_server.errors import Refused
from marketpay.testing.stripe_server.forms import read_form
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.conftest import hold
from tests.testing.stripe_server.test_description import CHECKOUT

Json = dict[str, Any]
GOOD: Json = {"amount": 5000, "currency": "usd"}
PATH = "/v1/payment_intents"


def refusal(api: Client, params: Any, path: str = PATH, method: str = "POST") -> Json:
    """The error, which is one of the request."""
    answer = api.ask(method, path, params)
    assert answer.status == 400
    assert answer.error["type"] == "invalid_request_error"
    assert answer.error["request_log_url"].endswith(answer.headers["Request-Id"])
    return answer.error


def test_an_unknown_parameter_is_refused(api: Client) -> None:
    error = refusal(api, {**GOOD, "foo": "1"})

    assert (error["code"], error["param"]) == ("parameter_unknown", "foo")
    assert error["message"] == "Received unknown parameter: foo"
    assert error["doc_url"] == "https://stripe.com/docs/error-codes/parameter-unknown"
    two = refusal(api, {**GOOD, "foo": "1", "bar": "2"})
    assert two["message"] == "Received unknown parameters: foo, bar"


def test_so_is_one_inside_another_and_one_in_a_query(api: Client) -> None:
    inside = refusal(api, {**GOOD, "automatic_payment_methods": {"enabled": True, "on": 1}})
    assert inside["param"] == "automatic_payment_methods[on]"
    assert refusal(api, {"foo": "1"}, method="GET")["code"] == "parameter_unknown"
    assert refusal(api, {"created": {"near": 1}}, method="GET")["param"] == "created[near]"


@pytest.mark.parametrize("missing", ["amount", "currency"])
def test_a_missing_parameter_is_named(api: Client, missing: str) -> None:
    error = refusal(api, {name: value for name, value in GOOD.items() if name != missing})

    assert (error["code"], error["param"]) == ("parameter_missing", missing)
    assert error["message"] == f"Missing required param: {missing}."


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": "12.50"}, "parameter_invalid_integer", "amount"),
        ({"amount": "many"}, "parameter_invalid_integer", "amount"),
        ({"amount": 0}, "parameter_invalid_integer", "amount"),
        ({"amount": -5}, "parameter_invalid_integer", "amount"),
        ({"currency": ""}, "parameter_invalid_empty", "currency"),
        ({"currency": "zzz"}, None, "currency"),
        ({"currency": {"a": "b"}}, None, "currency"),
        ({"confirm": "maybe"}, None, "confirm"),
        ({"capture_method": "later"}, None, "capture_method"),
        ({"metadata": {"a": {"b": "c"}}}, None, "metadata[a]"),
        ({"metadata": {"a" * 41: "b"}}, None, "metadata[" + "a" * 41 + "]"),
        ({"metadata": {"a": "b" * 501}}, None, "metadata[a]"),
        ({"metadata": {str(n): "x" for n in range(51)}}, None, "metadata"),
        ({"automatic_payment_methods": "yes"}, None, "automatic_payment_methods"),
        ({"allowed_payment_method_types": "card"}, None, "allowed_payment_method_types"),
        ({"expand": ["nothing"]}, None, "expand"),
        ({"expand": ["amount"]}, None, "expand"),
        ({"expand": ["a.b.c.d.e"]}, None, "expand"),
        ({"transfer_data": {"destination": "acct_1"}}, None, "transfer_data"),
        ({"payment_method_data": {"type": "card"}}, None, "payment_method_data"),
    ],
)
def test_an_odd_value_is_refused(api: Client, params: Json, code: str | None, param: str) -> None:
    error = refusal(api, {**GOOD, **params})

    assert (error.get("code"), error["param"]) == (code, param)


@pytest.mark.parametrize(
    ("path", "params", "param"),
    [
        ("/v1/accounts", {"country": "Atlantis"}, "country"),
        ("/v1/accounts", {"capabilities": "transfers"}, "capabilities"),
        ("/v1/account_links", {"type": "account_onboarding"}, "account"),
        ("/v2/core/accounts", {"identity": {"country": "x"}}, "identity.country"),
        ("/v1/payment_methods", {"type": "card", "card": {"token": "tok_x"}}, "card[token]"),
        ("/v1/checkout/sessions", {**CHECKOUT, "customer": "cus_x"}, "customer"),
        ("/v1/checkout/sessions", {**CHECKOUT, "expires_at": 10**18}, "expires_at"),
    ],
)
def test_so_is_an_odd_value_elsewhere(api: Client, path: str, params: Json, param: str) -> None:
    assert refusal(api, params, path)["param"] == param


def test_a_body_of_the_second_api_is_an_object(api: Client) -> None:
    refusal(api, [1, 2], "/v2/core/accounts")


def test_a_link_of_the_second_api_knows_what_for(api: Client) -> None:
    account = api.post("/v2/core/accounts")["id"]

    error = refusal(api, {"account": account, "use_case": {"type": "account_onboarding"}},
                    "/v2/core/account_links")  # fmt: skip

    assert error["param"] == "use_case.account_onboarding"


def test_a_link_needs_its_addresses(api: Client) -> None:
    account = api.post("/v1/accounts")["id"]

    error = refusal(api, {"account": account, "type": "account_onboarding"}, "/v1/account_links")

    assert (error["code"], error["param"]) == ("parameter_missing", "refresh_url")


def test_a_boolean_of_the_second_api_is_one(api: Client) -> None:
    api.ask("GET", "/v2/core/accounts", {"closed": False})
    answer = api.ask("GET", "/v2/core/accounts", {"closed": "maybe"})
    assert answer.error["param"] == "closed"


def test_the_words_for_an_odd_choice_are_stripes(api: Client) -> None:
    error = refusal(api, {**GOOD, "capture_method": "later"})

    assert error["message"] == (
        "Invalid capture_method: must be one of automatic, automatic_async, manual"
    )


def test_the_types_of_payment_methods_are_no_longer_chosen(
    api: Client, sdk: stripe.StripeClient
) -> None:
    types = {"payment_method_types": ["card"]}
    code = "payment_method_types_no_longer_supported"

    assert refusal(api, {**GOOD, **types})["code"] == code
    assert refusal(api, {**CHECKOUT, **types}, "/v1/checkout/sessions")["code"] == code
    opened = api.post(PATH, GOOD)
    assert refusal(api, types, f"{PATH}/{opened['id']}")["code"] == code
    with pytest.raises(stripe.InvalidRequestError) as caught:
        sdk.raw_request("post", PATH, **GOOD, **types)
    assert caught.value.code == code


def test_the_number_of_a_card_is_refused(api: Client) -> None:
    card = {"number": "4242424242424242", "exp_month": 1, "exp_year": 2034, "cvc": "123"}

    made = refusal(api, {"type": "card", "card": card}, "/v1/payment_methods")
    paid = refusal(api, {**GOOD, "payment_method_data": {"type": "card", "card": card}})

    for error in (made, paid):
        assert "Sending credit card numbers" in error["message"]
        assert "4242" not in str(error)


@pytest.mark.parametrize("limit", [0, 101, "ten"])
def test_a_page_has_1_to_100_objects(api: Client, limit: object) -> None:
    assert refusal(api, {"limit": limit}, method="GET")["param"] == "limit"


def test_an_unknown_address_is_not_found(api: Client) -> None:
    for method, path in (("GET", "/v1/nothing"), ("DELETE", PATH), ("GET", "/v1/charges//")):
        answer = api.send(method, path)
        assert answer.status == 404
        assert "Unrecognized request URL" in answer.error["message"]


@pytest.mark.parametrize(
    "authorization",
    [None, "Bearer ", "Bearer sk_test_of_somebody_else", "Basic !", "Digest x", "Basic eDo="],
)
def test_without_the_key_nothing_is_answered(api: Client, authorization: str | None) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}

    answer = Client(api.connection, headers).ask("POST", PATH, GOOD)

    assert answer.status == 401
    assert "sk_test_of_somebody_else" not in str(answer.body)
    assert api.get(PATH)["data"] == []


def test_the_key_may_come_as_a_user_name(api: Client) -> None:
    basic = {"Authorization": "Basic c2tfdGVzdF9tYXJrZXRwYXk6"}

    assert Client(api.connection, basic).get(PATH)["data"] == []


def test_expanding_nothing_is_no_error(api: Client) -> None:
    opened = api.post(PATH, {**GOOD, "expand": ["latest_charge", "customer"]})

    assert (opened["latest_charge"], opened["customer"]) == (None, None)


def test_lists_are_expanded_object_by_object(api: Client) -> None:
    hold(api)

    listed = api.get(PATH, {"expand": ["data.latest_charge"]})

    assert listed["data"][0]["latest_charge"]["object"] == "charge"


@pytest.mark.parametrize(
    ("form", "read"),
    [
        ("a=1&b=", {"a": "1", "b": ""}),
        ("a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
        ("a[]=x&a[]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[0]=x&a[1]=y", {"a": {"0": "x", "1": "y"}}),
        ("a[0][b][c]=x", {"a": {"0": {"b": {"c": "x"}}}}),
        ("a[][b]=1&a[][c]=2&a[][b]=3", {"a": {"0": {"b": "1", "c": "2"}, "1": {"b": "3"}}}),
        ("a%5Bb%5D=%C3%A9+x", {"a": {"b": "\u00e9 x"}}),
    ],
)
def test_nested_parameters_are_read(form: str, read: Json) -> None:
    assert read_form(form) == read


@pytest.mark.parametrize(
    "form", ["a[b=1", "a]b[=1", "[a]=1", "a=1&a[b]=2", "a" + "[b]" * 40 + "=1"]
)
def test_what_cannot_be_nested_is_refused(form: str) -> None:
    with pytest.raises(Refused):
        read_form(form)
