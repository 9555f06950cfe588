"""What each request of the port says to Stripe, and what it makes of the answers.  Pure."""

from __future__ import annotations

from typing import Final

from marketpay.adapters.stripe.accounts import V1_ACCOUNT, link_call, manual_payouts_call
from marketpay.adapters.stripe.balance import balance_page
from marketpay.adapters.stripe.call import Answer, Talk
from marketpay.adapters.stripe.calls import call_for
from marketpay.adapters.stripe.config import AccountsApi, Config
from marketpay.adapters.stripe.errors import is_missing, object_of, refusal
from marketpay.adapters.stripe.ids import ID
from marketpay.adapters.stripe.lists import everything, reversals_of
from marketpay.adapters.stripe.looking_up import account_answer, look_up, retrieval
from marketpay.adapters.stripe.replies import link, reply_to
from marketpay.adapters.stripe.states import state_for
from marketpay.domain.errors import GatewayError, InvalidInput, MoneyError
from marketpay.ports.gateway import (
    ActingRequest,
    Capture,
    Declined,
    ExpireCheckout,
    GatewayReply,
    GatewayRequest,
    Inspect,
    ListBalance,
    LookUp,
    NotThere,
    OnboardingLink,
    OpenAccount,
    Topic,
    Void,
)

# What is refused before Stripe is asked.
CANNOT_MOVE: Final = {"amount": "amount_not_payable", "currency": "currency_not_supported"}


def talk(request: GatewayRequest, config: Config) -> Talk[GatewayReply]:
    """The calls that `request` makes, and its reply."""
    match request:
        case LookUp():
            return (yield from look_up(request, config))
        case Inspect():
            return (yield from _inspect(request, config))
        case ListBalance():
            return balance_page(object_of((yield call_for(request, config))))
        case OnboardingLink():
            return (yield from _onboard(request, config))
        case _:
            return (yield from _act(request, config))


def _act(request: ActingRequest, config: Config) -> Talk[GatewayReply]:
    try:
        call = call_for(request, config)
    except MoneyError as error:
        return Declined(code=CANNOT_MOVE[error.field or "amount"])
    answer = yield call
    if answer.is_error:
        return (yield from _refused(request, answer))
    if isinstance(request, OpenAccount) and config.accounts is AccountsApi.V2:
        object_of((yield manual_payouts_call(answer.body["id"])))
    reply = reply_to(request, answer.body)
    if isinstance(reply, NotThere):
        raise GatewayError("Stripe says yes, and that nothing has changed")
    return reply


def _refused(request: ActingRequest, answer: Answer) -> Talk[GatewayReply]:
    """A refusal; but what was refused because it is so already is so, which Stripe may not say."""
    error = answer.error
    silent = error.get("type") == "invalid_request_error" and not error.get("payment_intent")
    if isinstance(request, Capture | Void | ExpireCheckout) and answer.status == 400 and silent:
        now = yield retrieval(request, request.gateway_id)
        state = NotThere() if is_missing(now) else reply_to(request, object_of(now))
        if not isinstance(state, NotThere):
            return state
    return refusal(request, answer)


def _inspect(request: Inspect, config: Config) -> Talk[GatewayReply]:
    try:
        call_for(request, config)
    except InvalidInput as error:
        if error.field != ID:
            raise
        return NotThere()  # Stripe gives nothing such an id
    if request.topic is Topic.ACCOUNT:
        answer = yield from account_answer(request.gateway_id, config)
    else:
        answer = yield call_for(request, config)
    if is_missing(answer):
        return NotThere()
    object = object_of(answer)
    if request.topic is Topic.TRANSFER and object["reversals"]["has_more"]:
        reversals = yield from everything(reversals_of(request.gateway_id))
        object = {**object, "reversals": {"data": reversals}}
    return state_for(request, object)


def _onboard(request: OnboardingLink, config: Config) -> Talk[GatewayReply]:
    answer = yield call_for(request, config)
    if answer.error.get("code") == V1_ACCOUNT:
        answer = yield link_call(request, AccountsApi.V1)
    return link(object_of(answer))
