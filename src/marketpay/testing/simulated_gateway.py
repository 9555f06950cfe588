"""The payment gateway for tests and first tries: the port's face of a simulated processor."""

from __future__ import annotations

import os
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from threading import Lock
from typing import Final

from marketpay.domain.errors import GatewayError, GatewayUnavailable
from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import (
    ActingRequest,
    AskingRequest,
    GatewayEvent,
    GatewayReply,
    GatewayRequest,
)
from marketpay.testing import processor_values as sim
from marketpay.testing import webhooks
from marketpay.testing.calls import OPERATIONS, carry_out, fingerprint
from marketpay.testing.inspection import balance_page, inspect, onboarding_link
from marketpay.testing.outcome import Outcome, Script
from marketpay.testing.outside import HasId, name_of
from marketpay.testing.outside_accounts import OutsideAccounts
from marketpay.testing.outside_disputes import OutsideDisputes
from marketpay.testing.outside_payments import OutsidePayments
from marketpay.testing.processor import Processor
from marketpay.testing.processor_records import KeyReused
from marketpay.testing.processor_values import PLATFORM
from marketpay.testing.replies import look_up, money, reply_to
from marketpay.testing.shelf import MemoryShelf, Shelf
from marketpay.testing.terms import Terms
from marketpay.testing.webhooks import SECRET, Webhook

REMEMBERED: Final = 10_000  # calls
USUAL: Final = Terms()


class SimulatedGateway(OutsidePayments, OutsideAccounts, OutsideDisputes):
    """A `PaymentGateway` that moves simulated money and does as it is told.

    The test cards of docs.stripe.com/testing (`pm_card_visa_chargeDeclined`, ...) behave as
    documented there; any id that does not start with `pm_card_` is a good card.  `script` makes
    the next requests fail in any way; `confirm`, `expire`, `activate`, `dispute` and the like
    play the outside world, and `webhooks` has what there is to tell of it.  Safe to share
    between threads, and with a `path` between processes.
    """

    def __init__(
        self,
        path: str | os.PathLike[str] | None = None,
        *,
        now: Callable[[], datetime] | None = None,
        terms: Terms = USUAL,
        webhook_secret: str = SECRET,
    ) -> None:
        """Keep the processor's records in the file `path`, or in memory.

        Without `now` it lives by the clock of the marketplace that it is given to.
        """
        self._has_own_clock = now is not None
        self.processor = Processor(_shelf(path), now or _utc_now, terms=terms)
        self._secret = webhook_secret
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
        if isinstance(request, AskingRequest):
            if outcome is not Outcome.OK:
                raise GatewayUnavailable("it did not answer")
            return self._answer(request)
        act = partial(carry_out, self.processor, request, outcome)
        try:
            result = self.processor.once(key, fingerprint(request), act)
        except KeyReused:
            raise GatewayError(f"the key {key!r} was used for another request") from None
        if outcome is Outcome.TIMEOUT_AFTER:
            raise GatewayUnavailable("the answer did not arrive")
        return reply_to(request, result)

    def read_webhook(self, payload: bytes, headers: Mapping[str, str], /) -> GatewayEvent:
        """See `ReadsWebhooks.read_webhook`."""
        now = self.processor.now()
        return webhooks.read(payload, headers, secret=self._secret, now=now)

    def webhooks(self) -> list[Webhook]:
        """The webhooks that were not taken yet, in order, after what is due has happened.

        Each is here once, whoever takes it.  `webhooks.unordered` mixes them as a network may.
        """
        now = self.processor.now()
        events = self.processor.take_events()
        return [webhooks.signed(event, secret=self._secret, now=now) for event in events]

    def resend(self, webhook: Webhook) -> Webhook:
        """The same webhook, signed anew, as whoever gets no answer sends it again later."""
        now = self.processor.now()
        return webhooks.sealed(webhook.payload, secret=self._secret, now=now)

    def tick(self) -> int:
        """Let happen what is due by the clock; it does so too whenever somebody looks."""
        return self.processor.tick()

    def script(self, request: type[GatewayRequest], *outcomes: Outcome | str) -> None:
        """Say what the next requests of that class come to, one outcome for each in turn.

        A request whose key has been answered gets that answer again whatever its outcome,
        unless the outcome is a timeout.
        """
        self._script.add(request, outcomes)

    def balance(self, currency: str) -> Money:
        """What the platform has at the processor."""
        return money(self.processor.balance(PLATFORM, currency), currency)

    def connected_balance(self, account: str | HasId, currency: str) -> Money:
        """What lies on a connected account, or on all accounts of an owner; 0 if on none."""
        found = self.processor.find_all(sim.Account, name_of(account))
        return money(sum(self.processor.balance(a.id, currency) for a in found), currency)

    def held(self, currency: str) -> Money:
        """What is authorized and neither captured, cancelled nor expired."""
        return money(self.processor.held(currency), currency)

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

    def _answer(self, request: AskingRequest) -> GatewayReply:
        match request:
            case port.LookUp():
                return look_up(self.processor, request)
            case port.Inspect():
                return inspect(self.processor, request)
            case port.ListBalance():
                return balance_page(self.processor, request)
            case port.OnboardingLink():
                return onboarding_link(self.processor, request)


def _shelf(path: str | os.PathLike[str] | None) -> Shelf:
    if path is None:
        return MemoryShelf()
    from marketpay.testing.file_shelf import FileShelf  # imported late: few need it

    return FileShelf(path)


def _utc_now() -> datetime:
    return datetime.now(UTC)
