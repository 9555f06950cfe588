"""The payment gateway for tests and first tries: the port's face of a simulated processor."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Final, Protocol, TypeVar

from marketpay.domain.errors import GatewayError, GatewayUnavailable, NotFound
from marketpay.domain.money import Money, unchecked
from marketpay.ports import gateway as port
from marketpay.ports.gateway import ActingRequest, GatewayReply, GatewayRequest, LookUp
from marketpay.testing import processor_values as sim
from marketpay.testing.calls import carry_out, fingerprint
from marketpay.testing.outcome import Outcome, Script
from marketpay.testing.processor import Processor
from marketpay.testing.processor_records import KeyReused
from marketpay.testing.processor_values import PLATFORM, PaymentStatus, Standing
from marketpay.testing.replies import look_up, reply_to
from marketpay.testing.shelf import MemoryShelf, Shelf

R = TypeVar("R", sim.Payment, sim.Account)

REMEMBERED: Final = 10_000  # calls
OPERATIONS: Final[dict[type[ActingRequest], str]] = {
    port.Authorize: "authorize",
    port.Capture: "capture",
    port.Void: "cancel",
    port.RefundPayment: "refund",
    port.Transfer: "transfer",
    port.OpenAccount: "open_account",
}


class HasId(Protocol):
    """A payment or a payout account of the marketplace, or whatever else goes by its id."""

    @property
    def id(self) -> str:
        """What the marketplace calls it."""
        ...


class SimulatedGateway:
    """A `PaymentGateway` that moves simulated money and does as it is told.

    The test cards of docs.stripe.com/testing (`pm_card_visa_chargeDeclined`, ...) behave as
    documented there; any id that does not start with `pm_card_` is a good card.  `script` makes
    the next requests fail in any way; `confirm`, `expire`, `activate` and the like play the
    outside world.  Safe to share between threads, and with a `path` between processes.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        now: Callable[[], datetime] | None = None,
    ) -> None:
        """Keep the processor's records in the file `path`, or in memory.

        Without `now` it lives by the clock of the marketplace that it is given to.
        """
        self._has_own_clock = now is not None
        self.processor = Processor(_shelf(path), now or _utc_now)
        self._script = Script()
        self._lock = Lock()
        self._calls: deque[tuple[type[GatewayRequest], str]] = deque(maxlen=REMEMBERED)
        self._counts: Counter[type[GatewayRequest]] = Counter()

    def use_clock(self, now: Callable[[], datetime]) -> None:
        """Live by `now`, unless a clock was given at construction."""
        if not self._has_own_clock:
            self.processor.now = now

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        """See `PaymentGateway.perform`."""
        outcome = self._script.take(type(request))
        with self._lock:
            self._calls.append((type(request), key))
            self._counts[type(request)] += 1
        if outcome is Outcome.TIMEOUT_BEFORE:
            raise GatewayUnavailable("the request did not arrive")
        if isinstance(request, LookUp):
            if outcome is not Outcome.OK:
                raise GatewayUnavailable("it did not answer")
            return look_up(self.processor, request)
        act = partial(carry_out, self.processor, request, outcome)
        try:
            result = self.processor.once(key, fingerprint(request), act)
        except KeyReused:
            raise GatewayError(f"the key {key!r} was used for another request") from None
        if outcome is Outcome.TIMEOUT_AFTER:
            raise GatewayUnavailable("the answer did not arrive")
        return reply_to(request, result)

    def script(self, request: type[GatewayRequest], *outcomes: Outcome | str) -> None:
        """Say what the next requests of that class come to, one outcome for each in turn.

        A request whose key has been answered gets that answer again whatever its outcome,
        unless the outcome is a timeout.
        """
        self._script.add(request, outcomes)

    def confirm(self, payment: str | HasId) -> None:
        """The payer does what is asked (3-D Secure, choosing a card): the hold then stands.

        A card that is refused after its challenge is refused.  Confirming what is confirmed
        already has no effect.
        """
        found = self._found(sim.Payment, "payment", payment)
        if found.status in (PaymentStatus.REQUIRES_CAPTURE, PaymentStatus.SUCCEEDED):
            return
        if not found.waits_for_payer:
            raise GatewayError(f"{found.id} is {found.status}: there is nothing to confirm")
        self.processor.confirm(found.id)

    def fail_confirmation(self, payment: str | HasId) -> None:
        """The payer fails the challenge or gives up: the payment is refused."""
        found = self._found(sim.Payment, "payment", payment)
        if isinstance(self.processor.fail_confirmation(found.id), sim.Refusal):
            raise GatewayError(f"{found.id} is {found.status}: there is nothing to confirm")

    def expire(self, payment: str | HasId) -> None:
        """The payer's bank lets go of the hold before its time."""
        found = self._found(sim.Payment, "payment", payment)
        if found.status is PaymentStatus.CANCELED:
            return
        if isinstance(self.processor.expire(found.id), sim.Refusal):
            raise GatewayError(f"{found.id} is {found.status}: there is no hold to expire")

    def activate(self, account: str | HasId) -> None:
        """The owner of the account has been checked: it can be paid."""
        self._set_standing(account, Standing.ACTIVE)

    def restrict(self, account: str | HasId) -> None:
        """Something about the account's owner is missing: it cannot be paid for now."""
        self._set_standing(account, Standing.RESTRICTED)

    def reject(self, account: str | HasId) -> None:
        """The account's owner is turned down."""
        self._set_standing(account, Standing.REJECTED)

    def balance(self, currency: str) -> Money:
        """What the platform has at the processor."""
        return _money(self.processor.balance(PLATFORM, currency), currency)

    def connected_balance(self, account: str | HasId, currency: str) -> Money:
        """What lies on a connected account, or on all accounts of an owner; 0 if on none."""
        found = self.processor.find_all(sim.Account, _name(account))
        return _money(sum(self.processor.balance(a.id, currency) for a in found), currency)

    def held(self, currency: str) -> Money:
        """What is authorized and neither captured, cancelled nor expired."""
        return _money(self.processor.held(currency), currency)

    @property
    def calls(self) -> Sequence[tuple[type[GatewayRequest], str]]:
        """The last requests that this object was asked to perform, each with its key."""
        with self._lock:
            return tuple(self._calls)

    def count(self, request: type[GatewayRequest]) -> int:
        """How often this object was asked, whatever came of it."""
        return self._counts[request]

    def effects(self, request: type[ActingRequest]) -> int:
        """How many such requests took effect at the processor, whoever sent them."""
        return self.processor.effects(OPERATIONS[request])

    def close(self) -> None:
        """Close the file."""
        self.processor.close()

    def _set_standing(self, account: str | HasId, standing: Standing) -> None:
        found = self._found(sim.Account, "account", account)
        self.processor.set_standing(found.id, standing)

    def _found(self, kind: type[R], what: str, wanted: str | HasId) -> R:
        found = self.processor.find(kind, _name(wanted))
        if found is None:
            raise NotFound(what, _name(wanted))
        return found


def _name(wanted: str | HasId) -> str:
    return wanted if isinstance(wanted, str) else wanted.id


def _money(minor: int, currency: str) -> Money:
    Money.zero(currency)  # refuses an unknown currency
    return unchecked(minor, currency)  # a balance may pass the limit of a single amount


def _shelf(path: str | os.PathLike[str] | None) -> Shelf:
    if path is None:
        return MemoryShelf()
    from marketpay.testing.file_shelf import FileShelf  # imported late: few need it

    return FileShelf(path)


def _utc_now() -> datetime:
    return datetime.now(UTC)
