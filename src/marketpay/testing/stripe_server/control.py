"""What happens outside, asked for by HTTP: `POST /_control/...`, for servers on their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any, Final, Protocol

from marketpay.domain.errors import InvalidInput
from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import Refusal, Standing
from marketpay.testing.stripe_server.errors import Refused
from marketpay.testing.stripe_server.forms import read_form
from marketpay.testing.stripe_server.messages import Json, Request, Response, as_json

PREFIX: Final = "/_control/"


class Controlled(Protocol):
    """What can be told what happens."""

    @property
    def processor(self) -> Processor:
        """Where it happens."""
        ...

    def fault(self, method: str, path: str, *faults: str) -> None:
        """Let the next requests meet these faults."""
        ...

    def tick(self) -> int:
        """Let happen what is due."""
        ...

    def webhooks_to(self, url: str, *, connected: bool = False, thin: bool = False) -> None:
        """Post events there."""
        ...


# What can be done to an object, by the name in the address.
ACTS: Final[dict[str, Callable[[Processor, str], Any]]] = {
    "deauthorize": Processor.deauthorize,
    "confirm": Processor.confirm,
    "fail_confirmation": Processor.fail_confirmation,
    "expire": Processor.expire,
    "dispute": Processor.open_dispute,
    "inquire": partial(Processor.open_dispute, inquiry=True),
    "withdraw_dispute": Processor.withdraw_dispute,
    "escalate": Processor.escalate,
    "win_dispute": Processor.win_dispute,
    "lose_dispute": Processor.lose_dispute,
    "close_inquiry": Processor.close_inquiry,
    "warn": Processor.warn,
    "fail_refund": Processor.fail_refund,
    "settle_refund": Processor.settle_refund,
    "arrive_payout": Processor.arrive_payout,
    "fail_payout": Processor.fail_payout,
    "pay_checkout": Processor.pay_checkout,
    "promise_checkout": Processor.promise_checkout,
    "settle_checkout": Processor.settle_checkout,
    "fail_checkout": Processor.fail_checkout,
    "activate": partial(Processor.set_standing, standing=Standing.ACTIVE),
    "restrict": partial(Processor.set_standing, standing=Standing.RESTRICTED),
    "reject": partial(Processor.set_standing, standing=Standing.REJECTED),
}


def answer_control(server: Controlled, request: Request) -> Response:
    """Do it, and say what came of it."""
    words = request.path.removeprefix(PREFIX).split("/")
    if request.method != "POST":
        return as_json({"error": "Post it."}, 405)
    try:
        form = read_form(request.query, request.body.decode("utf-8", "replace"))
        return as_json(_do(server, words, form))
    except KeyError as error:
        return as_json({"error": f"{error} is missing."}, 400)
    except (InvalidInput, Refused, TypeError, ValueError) as error:
        return as_json({"error": str(error)}, 400)


def _do(server: Controlled, words: list[str], form: Json) -> Json:
    match words:
        case ["tick"]:
            return {"happened": server.tick()}
        case ["fault"]:
            server.fault(form["method"], form["path"], *str(form["faults"]).split(","))
            return {"faults": form["faults"]}
        case ["webhooks"]:
            of = {name: form.get(name) == "true" for name in ("connected", "thin")}
            server.webhooks_to(form["url"], **of)
            return {"url": form["url"]}
        case ["advance"]:
            return _advance(server, form)
        case [act, id] if act in ACTS:
            result = ACTS[act](server.processor, id)
            if isinstance(result, Refusal) and result.payment is None:
                raise InvalidInput(f"{result.decline.reason}: {id}", act)
            server.tick()
            return {"id": id, "done": act}
        case _:
            raise InvalidInput(f"can be tick, fault, webhooks, advance, {', '.join(ACTS)}.")


def _advance(server: Controlled, form: Json) -> Json:
    advance = getattr(server.processor.now, "advance", None)
    if advance is None:
        raise InvalidInput("This server lives by the real clock.")
    by = timedelta(**{unit: int(number) for unit, number in form.items()})
    advance(seconds=int(by.total_seconds()))
    return {"happened": server.tick()}
