"""A call of Stripe's API, its answer, and a talk made of both."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from typing import Any, Literal, TypeVar

from attrs import field, frozen

T = TypeVar("T")

Object = Mapping[str, Any]  # as Stripe's JSON has it


@frozen
class Call:
    """One HTTP request.  The parameters of a `get` are its query, of a `post` its body."""

    method: Literal["get", "post"]
    path: str
    params: Mapping[str, Any] = field(factory=dict)
    account: str | None = None  # the connected account on whose behalf
    step: str = ""  # tells the second call of a request from the first: their keys must differ
    once: bool = True  # under the key of the request; else each sending is another one


@frozen
class Answer:
    """What Stripe said: an object, or an error of status 400 and above."""

    status: int
    body: Object = field(repr=False)  # it may have a payer's secret

    @property
    def is_error(self) -> bool:
        """Whether it is none of the answers that carry an object."""
        return not 200 <= self.status < 300

    @property
    def error(self) -> Object:
        """What is wrong; empty where Stripe's way of saying it was not kept to."""
        error = self.body.get("error")
        return error if isinstance(error, dict) else {}


Talk = Generator[Call, Answer, T]
"""Calls, each of which gets its answer, and what they come to.  It sends nothing itself."""
