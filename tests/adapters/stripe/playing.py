"""Plays Stripe's side of a talk: answers given in turn, and the calls that were made."""

from __future__ import annotations

from typing import Any

from marketpay.adapters.stripe.call import Answer, Call
from marketpay.adapters.stripe.config import Config
from marketpay.adapters.stripe.conversation import Conversation
from marketpay.ports.gateway import GatewayReply, GatewayRequest

V1, V2 = Config(accounts="v1"), Config(accounts="v2")


def ok(**body: Any) -> Answer:
    """An object."""
    return Answer(200, body)


def listed(*objects: dict[str, Any], has_more: bool = False) -> Answer:
    """A page of a list."""
    return ok(object="list", data=list(objects), has_more=has_more)


def refused(status: int, **error: Any) -> Answer:
    """An error, by default of the type that Stripe gives it."""
    kind = "card_error" if status == 402 else "invalid_request_error"
    return Answer(status, {"error": {"type": kind, "message": "No.", **error}})


MISSING = refused(404, code="resource_missing", param="id")


def play(
    request: GatewayRequest, *answers: Answer, config: Config = V2
) -> tuple[list[Call], GatewayReply]:
    """The calls that `request` makes when it is answered so, and its reply."""
    conversation = Conversation(request, config, "k")
    calls: list[Call] = []
    for answer in answers:
        assert conversation.call is not None, "more answers than calls"
        calls.append(conversation.call)
        conversation.hear(answer)
    assert conversation.call is None, f"{conversation.call} is not answered"
    return calls, conversation.reply


def reply(request: GatewayRequest, *answers: Answer, config: Config = V2) -> GatewayReply:
    """The reply alone."""
    return play(request, *answers, config=config)[1]
