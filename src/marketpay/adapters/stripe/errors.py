"""What Stripe's errors mean: a definite no, no answer, or a fault of the call or the setup."""

from __future__ import annotations

import re
from typing import Final

from marketpay.adapters.stripe import payments
from marketpay.adapters.stripe.call import Answer, Object
from marketpay.adapters.stripe.replies import reply_to
from marketpay.domain.errors import GatewayError, GatewayUnavailable
from marketpay.ports.gateway import (
    ActingRequest,
    Authorize,
    Capture,
    Declined,
    GatewayReply,
    HoldGone,
    NotThere,
    OpenAccount,
    PayOut,
    Transfer,
    Void,
)

NOT_ACTIVE: Final = "account_not_active"  # what the marketplace calls all of these
_ACCOUNT_CANNOT: Final = frozenset(
    {
        "account_closed",
        "account_invalid",
        "insufficient_capabilities_for_transfer",
        "payouts_not_allowed",
        "transfers_not_allowed",
    }
)
NOT_HOLDABLE: Final = "payment_method_not_holdable"  # and these
_CANNOT_HOLD: Final = frozenset(
    {"payment_intent_incompatible_payment_method", "payment_method_unsupported_type"}
)
_NEVER: Final = frozenset({"country_unsupported", "account_country_unsupported"})  # for anybody
_HOLD_GONE: Final = frozenset(
    {"capture_charge_authorization_expired", "charge_expired_for_capture"}
)
_NO_ANSWER: Final = frozenset({"idempotency_key_in_use", "lock_timeout", "rate_limit"})
# Faults of whoever wrote the call or set the account up: no money was refused.
_FAULTS: Final = re.compile(
    r"parameter\w*|\w*_no_longer_supported|url_invalid|api_key_expired|platform_api_key_expired"
    r"|secret_key_required|livemode_mismatch|testmode_charges_only|tls_version_unsupported"
    r"|metadata_\w+|not_allowed_on_standard_account|platform_account_required"
)
# What Stripe refuses for a value of the request's and gives no code for, by its parameter.
_UNCODED: Final = {
    "amount": "amount_too_large",
    "amount_to_capture": "amount_too_large",
    "expires_at": "expires_at_not_possible",
    "payment_method": "payment_method_unusable",
}
_SECRETS: Final = re.compile(r"\b(?:sk|rk|pk|whsec)_[\w*]+|\w*_secret_\w+")
_LONGEST: Final = 300  # characters of a message of Stripe's that is passed on


def object_of(answer: Answer) -> Object:
    """The object, or the fault or lack of an answer is raised: a question is never refused."""
    if answer.is_error:
        check_answered(answer)
        raise fault(answer)
    return answer.body


def is_missing(answer: Answer) -> bool:
    """Whether Stripe has no such thing."""
    return answer.status == 404 and answer.error.get("code") in ("resource_missing", "not_found")


def check_answered(answer: Answer) -> None:
    """Raise `GatewayUnavailable` if it is not known whether Stripe acted."""
    status, code = answer.status, answer.error.get("code")
    if status in (408, 409, 424, 425, 429) or status >= 500 or code in _NO_ANSWER:
        raise GatewayUnavailable(f"Stripe answered with an error {status}")
    if status < 400 or not answer.error:
        raise GatewayUnavailable(f"who answered with a status {status} is not Stripe")


def refusal(request: ActingRequest, answer: Answer) -> GatewayReply:
    """The definite no that `answer` is; but what is refused because it is so already is so."""
    check_answered(answer)
    error = answer.error
    if _is_of_account(request, answer):
        return Declined(code=NOT_ACTIVE)
    if answer.status in (401, 403) or error.get("type") == "idempotency_error":
        raise fault(answer)
    payment = error.get("payment_intent")
    payment = payment if isinstance(payment, dict) else None
    id = None if payment is None else payment["id"]
    if answer.status == 402 or error.get("type") == "card_error":
        if isinstance(request, Authorize) and payment and payments.demands_payer(error):
            return payments.action_required(payment)
        return Declined(code=payments.code_of(error), gateway_id=id)
    if payment and isinstance(request, Capture | Void):
        state = reply_to(request, payment)
        if not isinstance(state, NotThere):
            return state
    code = _code(error)
    if code is None or _FAULTS.fullmatch(code):
        raise fault(answer)
    if isinstance(request, OpenAccount) and code not in _NEVER:
        raise fault(answer)  # a setting or a detail that can be put right
    if code in _HOLD_GONE and isinstance(request, Capture):
        return HoldGone(gateway_id=request.gateway_id)
    return Declined(code=_as_we_say(request, code), gateway_id=id)


def _as_we_say(request: ActingRequest, code: str) -> str:
    """The marketplace's word, where it has one for several of Stripe's."""
    if code in _CANNOT_HOLD and isinstance(request, Authorize):
        return NOT_HOLDABLE
    return NOT_ACTIVE if code in _ACCOUNT_CANNOT else code


def fault(answer: Answer) -> GatewayError:
    """What is wrong with the call or the setup, with no secret in it."""
    status, error = answer.status, answer.error
    if status in (401, 403):
        return GatewayError(f"Stripe does not accept the API key for this ({status})")
    if error.get("type") == "idempotency_error":
        return GatewayError("this idempotency key was used for another request")
    told = [str(error[name]) for name in ("code", "param", "message") if error.get(name)]
    text = _SECRETS.sub("***", ": ".join(told)[:_LONGEST]).rstrip(".")
    return GatewayError(f"Stripe does not accept the call ({status}: {text})")


def _is_of_account(request: ActingRequest, answer: Answer) -> bool:
    """Whether it is a connected account that the key has no access to (any more)."""
    if not isinstance(request, PayOut | Transfer):
        return False
    return answer.status == 403 and answer.error.get("code") == "account_invalid"


def _code(error: Object) -> str | None:
    """Stripe's code, or one of ours for what it refuses without any."""
    code = error.get("code") or _UNCODED.get(error.get("param") or "")
    return code if isinstance(code, str) else None
