from typing import Any

import pytest

from marketpay.adapters.stripe.call import Answer
from marketpay.adapters.stripe.errors import refusal
from marketpay.domain.errors import GatewayError, GatewayUnavailable
from marketpay.ports import gateway as port
from marketpay.ports.gateway import ActingRequest, Declined, GatewayReply
from tests.adapters.stripe.playing import refused
from tests.adapters.stripe.requests import (
    ACTING,
    AUTHORIZE,
    CAPTURE,
    OPEN,
    PAY_OUT,
    PRICE,
    REFUND,
    REVERSE,
    START,
    TRANSFER,
    VOID,
)
from tests.adapters.stripe.test_replies import payment

SECRET = "pi_1_secret_xyz"
DECLINED = payment("requires_payment_method")
UNEXPECTED = "payment_intent_unexpected_state"


def same(request: ActingRequest, code: str) -> tuple[ActingRequest, Answer, GatewayReply]:
    """A refusal that is told on by Stripe's own code."""
    return request, refused(400, code=code), Declined(code=code)


@pytest.mark.parametrize(
    ("request_", "error", "reply"),
    [
        (
            AUTHORIZE,
            refused(402, code="card_declined", decline_code="lost_card", payment_intent=DECLINED),
            Declined(code="lost_card", gateway_id="pi_1"),
        ),
        (
            AUTHORIZE,
            refused(402, code="expired_card", payment_intent=DECLINED),
            Declined(code="expired_card", gateway_id="pi_1"),
        ),
        (AUTHORIZE, refused(402, code="card_declined"), Declined(code="card_declined")),
        (
            AUTHORIZE,
            refused(402, code="authentication_required", payment_intent=DECLINED),
            port.ActionRequired(gateway_id="pi_1", client_secret=SECRET),
        ),
        (
            AUTHORIZE,
            refused(
                402,
                code="card_declined",
                decline_code="authentication_required",
                payment_intent=DECLINED,
            ),
            port.ActionRequired(gateway_id="pi_1", client_secret=SECRET),
        ),
        same(AUTHORIZE, "amount_too_small"),
        same(AUTHORIZE, "amount_too_large"),
        (
            AUTHORIZE,
            refused(400, code="resource_missing", param="payment_method"),
            Declined(code="resource_missing"),
        ),
        (
            CAPTURE,
            refused(400, code=UNEXPECTED, payment_intent=payment("canceled")),
            port.HoldGone(gateway_id="pi_1"),
        ),
        (
            CAPTURE,
            refused(400, code=UNEXPECTED, payment_intent=payment("succeeded")),
            port.Captured(gateway_id="pi_1", amount=PRICE, charge="ch_1"),
        ),
        (
            CAPTURE,
            refused(400, code=UNEXPECTED, payment_intent=payment("requires_action")),
            Declined(code=UNEXPECTED, gateway_id="pi_1"),
        ),
        (
            CAPTURE,
            refused(400, code="charge_expired_for_capture"),
            port.HoldGone(gateway_id="pi_1"),
        ),
        (CAPTURE, refused(404, code="resource_missing"), Declined(code="resource_missing")),
        (
            VOID,
            refused(400, code=UNEXPECTED, payment_intent=payment("canceled")),
            port.Voided(gateway_id="pi_1"),
        ),
        (
            VOID,
            refused(400, code=UNEXPECTED, payment_intent=payment("succeeded")),
            Declined(code=UNEXPECTED, gateway_id="pi_1"),
        ),
        same(REFUND, "charge_already_refunded"),
        same(REFUND, "charge_disputed"),
        (REFUND, refused(400, param="amount"), Declined(code="amount_too_large")),
        (START, refused(400, param="expires_at"), Declined(code="expires_at_not_possible")),
        (
            AUTHORIZE,
            refused(400, param="payment_method"),
            Declined(code="payment_method_unusable"),
        ),
        (
            AUTHORIZE,
            refused(400, code="payment_intent_incompatible_payment_method"),
            Declined(code="payment_method_not_holdable"),
        ),
        same(TRANSFER, "balance_insufficient"),
        (
            TRANSFER,
            refused(400, code="insufficient_capabilities_for_transfer"),
            Declined(code="account_not_active"),
        ),
        (TRANSFER, refused(400, code="account_closed"), Declined(code="account_not_active")),
        same(REVERSE, "balance_insufficient"),
        same(PAY_OUT, "balance_insufficient"),
        (PAY_OUT, refused(400, code="payouts_not_allowed"), Declined(code="account_not_active")),
        (PAY_OUT, refused(403, code="account_invalid"), Declined(code="account_not_active")),
        same(OPEN, "country_unsupported"),
    ],
)
def test_a_refusal_is_a_reply(request_: ActingRequest, error: Answer, reply: GatewayReply) -> None:
    assert refusal(request_, error) == reply


def expect(kind: type[GatewayError], answer: Answer) -> list[str]:
    """What every request makes of it: an error of exactly this kind."""
    told = []
    for request in ACTING:
        with pytest.raises(GatewayError) as raised:
            refusal(request, answer)
        assert type(raised.value) is kind
        told.append(f"{raised.value} {raised.value!r}")
    return told


@pytest.mark.parametrize(
    "answer",
    [
        refused(409, code="idempotency_key_in_use", type="idempotency_error"),
        refused(429, code="rate_limit"),
        refused(429, code="lock_timeout"),
        refused(400, code="rate_limit"),
        refused(424),
        refused(500, type="api_error"),
        refused(503, type="api_error"),
        Answer(502, {}),
        Answer(400, {"message": "a proxy's"}),
        Answer(404, {"error": "not found"}),
        Answer(302, {}),
    ],
    ids=str,
)
def test_no_answer_is_no_refusal(answer: Answer) -> None:
    expect(GatewayUnavailable, answer)


@pytest.mark.parametrize(
    "answer",
    [
        refused(400, type="idempotency_error"),
        refused(400, code="parameter_unknown", param="colour"),
        refused(400, code="parameter_missing", param="amount"),
        refused(400, code="parameter_invalid_integer", param="amount"),
        refused(400, code="payment_method_types_no_longer_supported"),
        refused(400, code="url_invalid"),
        refused(400, param="currency"),
        refused(400),
        refused(401),
        refused(403, code="more_permissions_required"),
    ],
    ids=str,
)
def test_a_fault_of_ours_is_no_refusal_either(answer: Answer) -> None:
    expect(GatewayError, answer)


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_fault_tells_no_secret(status: int) -> None:
    message = (
        "Invalid: sk_live_51Habc, rk_test_***9xyz, whsec_abc and pi_1_secret_xyz are no colours."
    )
    for text in expect(GatewayError, refused(status, message=message)):
        assert not any(word in text for word in ("51Habc", "9xyz", "whsec_", "_secret_"))


def test_a_fault_tells_what_stripe_says_of_it() -> None:
    answer = refused(400, code="parameter_unknown", param="colour", message="No colours here.")

    (told, *_) = expect(GatewayError, answer)
    assert "parameter_unknown: colour: No colours here" in told


def test_a_fault_is_told_in_a_few_words() -> None:
    (told, *_) = expect(GatewayError, refused(400, message="x" * 10_000))

    assert len(told) < 1_000


def test_an_account_that_the_key_has_no_access_to_is_a_fault_unless_it_is_to_be_paid() -> None:
    answer: Any = refused(403, code="account_invalid")

    with pytest.raises(GatewayError):
        refusal(REFUND, answer)
