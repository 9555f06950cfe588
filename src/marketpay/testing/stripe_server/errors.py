"""A refusal, in the words and the shape of Stripe's."""

from __future__ import annotations

from typing import Final

from attrs import evolve, frozen

from marketpay.testing.stripe_server.messages import Json

INVALID: Final = "invalid_request_error"
_DOCS: Final = "https://stripe.com/docs/error-codes/"
_LOGS: Final = "https://dashboard.stripe.com/test/logs/"


@frozen(kw_only=True)
class Problem:
    """What the body of an error says."""

    message: str
    type: str = INVALID
    status: int = 400
    code: str | None = None
    param: str | None = None
    decline_code: str | None = None
    charge: str | None = None
    payment_intent: Json | None = None

    def body(self, request_id: str) -> Json:
        """The error as JSON; what is not known is left out."""
        found = {
            "charge": self.charge,
            "code": self.code,
            "decline_code": self.decline_code,
            "doc_url": self.code and _DOCS + self.code.replace("_", "-"),
            "message": self.message,
            "param": self.param,
            "payment_intent": self.payment_intent,
            "request_log_url": _LOGS + request_id,
            "type": self.type,
        }
        return {"error": {name: value for name, value in found.items() if value is not None}}


class Refused(Exception):
    """The request is refused because of `problem`."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem


def invalid(message: str, *, code: str | None = None, param: str | None = None) -> Refused:
    """A request that makes no sense, or none now."""
    return Refused(Problem(message=message, code=code, param=param))


def no_such(what: str, id: object, param: str = "id") -> Refused:
    """An object that is not there: not found if it is the path's, else an invalid parameter."""
    message = f"No such {what}: '{id}'"
    problem = Problem(message=message, code="resource_missing", param=param)
    return Refused(evolve(problem, status=404) if param == "id" else problem)


def no_access(account: object, status: int = 403) -> Refused:
    """A connected account that is not there, or no longer this platform's."""
    message = (
        f"The provided key does not have access to account '{account}' (or that account does not "
        "exist). Application access may have been revoked."
    )
    return Refused(Problem(message=message, code="account_invalid", status=status))


def unknown_parameters(names: list[str]) -> Refused:
    """Parameters that Stripe has never heard of."""
    plural = "s" if len(names) > 1 else ""
    message = f"Received unknown parameter{plural}: {', '.join(names)}"
    return invalid(message, code="parameter_unknown", param=names[0])


def missing_parameter(name: str) -> Refused:
    """A parameter that has to be there."""
    message = f"Missing required param: {name}."
    return invalid(message, code="parameter_missing", param=name)
