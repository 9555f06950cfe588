"""Everything marketpay raises on purpose.

Catch `MarketpayError` to catch them all.  Each has a stable `code` (safe to show to an API
client and to switch on), a `status_hint` (the HTTP status a web layer may answer with),
`retryable` (the same call may succeed later, unchanged) and structured fields.  `str(error)`
is a sentence that a user may read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from attrs import define

from marketpay.domain.reasons import SENTENCES
from marketpay.domain.reasons import Reason as Reason  # noqa: PLC0414  # its door

if TYPE_CHECKING:
    from marketpay.domain.offer import Offer
    from marketpay.domain.payment import Payment


class MarketpayError(Exception):
    """Base of every error below."""

    code: ClassVar[str] = "error"
    status_hint: ClassVar[int] = 400
    retryable: ClassVar[bool] = False


@define(eq=False)
class NotFound(MarketpayError):
    """There is no such thing in the store."""

    kind: str
    id: str

    code: ClassVar[str] = "not_found"
    status_hint: ClassVar[int] = 404

    def __str__(self) -> str:
        return f"There is no {self.kind} {self.id!r}."


@define(eq=False)
class Forbidden(MarketpayError):
    """Somebody may do this, but not this actor.  The attempt is on record in the journal."""

    actor: str
    role: str
    action: str
    allowed: str

    code: ClassVar[str] = "forbidden"
    status_hint: ClassVar[int] = 403

    def __str__(self) -> str:
        return f"{self.actor} ({self.role}) may not {self.action}; only {self.allowed} may."


@define(eq=False)
class IllegalTransition(MarketpayError):
    """The lifecycle has no such move from the status the entity is in; nothing changed."""

    kind: str
    id: str
    status: str
    event: str
    possible: tuple[str, ...] = ()

    code: ClassVar[str] = "illegal_transition"
    status_hint: ClassVar[int] = 409

    def __str__(self) -> str:
        can = ", ".join(self.possible) or "nothing more"
        return f"{self.event} cannot happen to {self.id}: it is {self.status} (possible: {can})."


@define(eq=False)
class Refused(MarketpayError):
    """A rule of the marketplace says no; `code` is the reason."""

    reason: Reason

    status_hint: ClassVar[int] = 409

    @property
    def code(self) -> str:  # type: ignore[override]  # stable per reason, not per class
        """The reason, e.g. `job_already_assigned`."""
        return self.reason.value

    @property
    def retryable(self) -> bool:  # type: ignore[override]  # depends on the reason
        """True where waiting helps."""
        return self.reason in (Reason.ACCEPTANCE_IN_PROGRESS, Reason.FUNDING_IN_PROGRESS)

    def __str__(self) -> str:
        return SENTENCES[self.reason]


@define(eq=False)
class Conflict(MarketpayError):
    """Others kept changing the same thing; nothing was written, and trying again is safe."""

    kind: str
    id: str

    code: ClassVar[str] = "conflict"
    status_hint: ClassVar[int] = 409
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return f"{self.kind} {self.id} was changed by somebody else at the same time; try again."


class DatabaseBusy(Conflict):
    """The database did not come to it in time; nothing was written."""

    def __str__(self) -> str:
        return "The database is busy; nothing was changed, and trying again is safe."


@define(eq=False)
class DatabaseRefused(MarketpayError):
    """A constraint forbids what marketpay never writes: its rows were changed, or this is a bug."""

    constraint: str

    code: ClassVar[str] = "database_refused"
    status_hint: ClassVar[int] = 500

    def __str__(self) -> str:
        return (
            f"The database does not take this ({self.constraint}); nothing was changed. "
            "See what marketpay verify says."
        )


@define(eq=False)
class DatabaseUnavailable(MarketpayError):
    """The database cannot be reached, went away, or has no room; nothing was written."""

    reason: str

    code: ClassVar[str] = "database_unavailable"
    status_hint: ClassVar[int] = 503
    retryable: ClassVar[bool] = True

    def __str__(self) -> str:
        return "The database is not available; nothing was changed, and trying again is safe."


class CommitUnknown(MarketpayError):
    """The connection was lost while committing, and what became of it could not be learnt."""

    code: ClassVar[str] = "commit_unknown"
    status_hint: ClassVar[int] = 503

    def __str__(self) -> str:
        return (
            "The database did not say whether this took effect; look before you try again, "
            "or repeat it with the same idempotency key."
        )


@define(eq=False)
class IdempotencyConflict(MarketpayError):
    """The key was used before, by the same actor, for another command."""

    key: str

    code: ClassVar[str] = "idempotency_conflict"
    status_hint: ClassVar[int] = 422

    def __str__(self) -> str:
        return f"The idempotency key {self.key!r} was used for another command; use a fresh key."


@define(eq=False)
class InvalidInput(MarketpayError):
    """A value that can never be right; `field` names it where there is one."""

    problem: str
    field: str | None = None

    code: ClassVar[str] = "invalid_input"
    status_hint: ClassVar[int] = 422

    def __str__(self) -> str:
        return f"{self.field}: {self.problem}" if self.field else self.problem


@define(eq=False)
class MoneyError(InvalidInput):
    """An amount or currency that cannot be: over-precise, not finite, unknown, too large."""

    code: ClassVar[str] = "money_error"


class CurrencyMismatch(MoneyError):
    """Two currencies, `left` and `right`, met where there must be one."""

    code: ClassVar[str] = "currency_mismatch"

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} do not mix.")
        self.left = left
        self.right = right

    def __reduce__(self) -> tuple[type[CurrencyMismatch], tuple[str, str]]:
        return CurrencyMismatch, (self.left, self.right)


@define(eq=False)
class PaymentDeclined(MarketpayError):
    """The gateway refused for good.  The refusal is on record; the offer stays pending."""

    offer: Offer
    payment: Payment
    decline_code: str = "card_declined"

    code: ClassVar[str] = "payment_declined"
    status_hint: ClassVar[int] = 402

    def __str__(self) -> str:
        return (
            f"The payment for this offer was declined ({self.decline_code}); "
            "the customer can pay with another method."
        )


@define(eq=False)
class GatewayError(MarketpayError):
    """The payment gateway answered in a way that is nobody's refusal: a fault or a bad setup."""

    problem: str

    code: ClassVar[str] = "gateway_error"
    status_hint: ClassVar[int] = 502

    def __str__(self) -> str:
        return f"The payment gateway failed: {self.problem}."


@define(eq=False)
class GatewayUnavailable(GatewayError):
    """No answer (time-out, lost connection, 409, 429, 5xx): whether it took effect is unknown.

    A gateway raises it; who executes a command gets `Pending` instead.
    """

    code: ClassVar[str] = "gateway_unavailable"
    status_hint: ClassVar[int] = 503
    retryable: ClassVar[bool] = True


@define(eq=False)
class WebhookRejected(MarketpayError):
    """The webhook is not from the gateway, or not for us; nothing was stored."""

    problem: str

    code: ClassVar[str] = "webhook_rejected"

    def __str__(self) -> str:
        return f"The webhook was rejected: {self.problem}."


@define(eq=False)
class ConfigurationError(MarketpayError):
    """The library is set up or used in a way that cannot work; the message says what is wrong."""

    problem: str

    code: ClassVar[str] = "configuration_error"
    status_hint: ClassVar[int] = 500

    def __str__(self) -> str:
        return self.problem


@define(eq=False)
class MissingDependency(MarketpayError):
    """An optional package is not installed."""

    package: str
    extra: str

    code: ClassVar[str] = "missing_dependency"
    status_hint: ClassVar[int] = 500

    def __str__(self) -> str:
        return f"{self.package} is not installed; run: pip install 'marketpay[{self.extra}]'"
