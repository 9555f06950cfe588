"""What is looked at before anything is done: what callers and hosts pass in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol, TypeVar, runtime_checkable

from attrs import evolve

from marketpay.commands.base import Command
from marketpay.domain.errors import ConfigurationError, InvalidInput
from marketpay.domain.ids import JobId, PaymentId, PayoutAccountId, check_id
from marketpay.domain.job import Job
from marketpay.domain.limits import no_limits
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.ports.gateway import (
    HasLimits,
)
from marketpay.ports.gateway_events import GatewayEvent
from marketpay.queries.base import Question

R = TypeVar("R")


@runtime_checkable
class TakesClock(Protocol):
    """A gateway that lives by the marketplace's clock, as a simulated one does."""

    def use_clock(self, now: Any, /) -> None:
        """Live by `now`."""
        ...


def check_key(key: str | None) -> None:
    """Raise unless it can be an idempotency key."""
    if key is None:
        return
    if not isinstance(key, str):
        raise TypeError(f"key must be a str, not {type(key).__name__}")
    if not 1 <= len(key) <= 255 or not key.isprintable():
        raise InvalidInput("must be 1 to 255 printable characters.", "key")


def checked(rules: Rules | None) -> Rules:
    """The rules, or the usual ones; `ConfigurationError` for a clock without a zone."""
    rules = rules or Rules()
    if rules.now().utcoffset() is None:
        raise ConfigurationError("Rules.now must return times with a time zone (UTC).")
    return rules


def check_command(command: object) -> None:
    """Raise `TypeError` for what cannot be executed."""
    if not isinstance(command, Command):
        raise TypeError(f"a Command is executed, such as PostJob(...), not {command!r}")


def check_commands(
    commands: Iterable[Command[R]], keys: Iterable[str | None] | None
) -> tuple[tuple[Command[R], ...], tuple[str | None, ...]]:
    """The commands, and a key or None for each; raises for what is none of these."""
    commands = tuple(commands)
    keys = (None,) * len(commands) if keys is None else tuple(keys)
    if len(keys) != len(commands):
        raise InvalidInput(f"are {len(keys)} for {len(commands)} commands.", "keys")
    for command, key in zip(commands, keys, strict=True):
        check_command(command)
        check_key(key)
    return commands, keys


def check_question(question: object) -> None:
    """Raise `TypeError` for what cannot be asked."""
    if not isinstance(question, Question):
        raise TypeError(f"a Question is asked, such as GetJob(...), not {question!r}")


def check_limit(limit: int) -> int:
    """How much `work()` does at most."""
    if isinstance(limit, bool) or not isinstance(limit, int):
        raise TypeError(f"limit must be an int, not {type(limit).__name__}")
    if limit < 1:
        raise InvalidInput("must be above zero.", "limit")
    return limit


def payment_id(payment: Payment | PaymentId) -> PaymentId:
    """Of a payment, by itself or by its id."""
    if isinstance(payment, Payment):
        return payment.id
    check_id("payment", payment, "Payment")
    return payment


def job_id(job: Job | JobId) -> JobId:
    """Of a job, by itself or by its id."""
    if isinstance(job, Job):
        return job.id
    check_id("job", job, "Job")
    return job


def account_id(account: PayoutAccount | PayoutAccountId) -> PayoutAccountId:
    """Of a payout account, by itself or by its id."""
    if isinstance(account, PayoutAccount):
        return account.id
    check_id("account", account, "PayoutAccount")
    return account


def read_webhook(gateway: object, payload: bytes, headers: Mapping[str, str]) -> GatewayEvent:
    """The verified event, or `WebhookRejected`."""
    if not isinstance(payload, bytes):
        raise TypeError(f"the payload is bytes as they came, not {type(payload).__name__}")
    if not isinstance(headers, Mapping):
        raise TypeError(f"the headers are a mapping, not {type(headers).__name__}")
    try:
        read: Callable[..., GatewayEvent] = gateway.read_webhook  # type: ignore[attr-defined]
    except AttributeError:
        problem = "This gateway reads no webhooks: it has no read_webhook."
        raise ConfigurationError(problem) from None
    return read(payload, headers)


def within_limits(rules: Rules, gateway: object) -> Rules:
    """The rules with the gateway's limits, unless the host has its own."""
    if rules.limits is no_limits and isinstance(gateway, HasLimits):
        return evolve(rules, limits=gateway.limits)
    return rules
