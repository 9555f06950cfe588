from importlib import import_module
from typing import Any

import pytest

from marketpay.adapters.stripe.call import Call
from tests.adapters.stripe.openapi import CHANGES, Change, body_of, inside, problems


def sdk_fields(change: Change) -> set[str]:
    module, name = change.source
    params: Any = getattr(import_module(f"stripe.params.{module}"), name)
    return set(params.__annotations__)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: f"{change.path} {change.name}")
def test_each_change_is_what_the_sdk_says_and_the_description_does_not(change: Change) -> None:
    described = inside(body_of(change.path), change.at)["properties"]

    assert (change.name in sdk_fields(change)) is (change.schema is not None)
    assert (change.name in described) is (change.schema is None)


@pytest.mark.parametrize(
    "call",
    [
        Call("post", "/v1/nonsense"),
        Call("get", "/v1/refunds/re_1/../../x"),
        Call("post", "/v1/refunds", {"amount": 1, "colour": "red"}),
        Call("post", "/v1/refunds", {"amount": "1"}),
        Call("post", "/v1/payment_intents", {"currency": "usd"}),  # without its amount
        Call("post", "/v1/payment_intents", {"amount": 1, "currency": "usd", "hooks": {"x": 1}}),
        Call("get", "/v1/refunds", {"colour": "red"}),
        Call("get", "/v1/transfers/tr_1/reversals", {"limit": "many"}),
    ],
    ids=str,
)
def test_what_stripe_would_refuse_is_found(call: Call) -> None:
    assert problems(call)


def test_what_stripe_takes_has_no_problem() -> None:
    assert problems(Call("get", "/v1/payment_intents", {"created": {"gte": 1}, "limit": 100})) == []
    assert problems(Call("post", "/v1/payment_intents/pi_1/cancel")) == []
