"""From a command to a commit: decided, written, and decided again after a lost race."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any, Generic, TypeVar

import attrs
from attrs import Factory, evolve, field, frozen

from marketpay.commands.base import Command, Pending
from marketpay.delivery import codec
from marketpay.delivery.callers import Caller, for_a_worker
from marketpay.delivery.confirming import Doubtful, confirm, decided
from marketpay.delivery.results import OPERATIONS, rebuild, refresh
from marketpay.delivery.steps import Flow, Pause, Transact
from marketpay.delivery.taking_away import take_away
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision, Operation
from marketpay.domain.entity import Entity
from marketpay.domain.errors import (
    CommitUnknown,
    Conflict,
    DatabaseBusy,
    DatabaseUnavailable,
    Forbidden,
    IdempotencyConflict,
)
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer
from marketpay.domain.validators import IdOf
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Reader, Work, Writer

R = TypeVar("R")
T = TypeVar("T")

ABANDONED = "abandoned"  # the error of an attempt that was given up
# What a store raises on its own account.  Only after the second is it open what took effect.
STORE_ERRORS = (Conflict, CommitUnknown, DatabaseUnavailable)
FEW = 8  # tries at a database that is not there: a second or two


@frozen
class Committed(Generic[R]):
    """What a command came to: its result, the operations to call, all that changed."""

    result: R
    operations: tuple[Operation, ...] = ()
    saved: dict[str, Entity] = field(factory=dict)
    is_replay: bool = False


def _salt(attempt: Attempt[Any]) -> str:
    is_personal = codec.personal_fields(type(attempt.command))
    return secrets.token_hex(12) if is_personal else ""


@frozen(kw_only=True)
class Attempt(Generic[R]):
    """One try at a command, to be run in one transaction."""

    command: Command[R]
    key: str | None
    rules: Rules
    fired: Timer | None = None  # taken away in the same transaction
    caller: Caller = Caller.DECIDER
    name: str = field(factory=lambda: secrets.token_hex(12))
    salt: str = field(repr=False, default=Factory(_salt, takes_self=True))

    def __call__(self, work: Writer) -> Committed[R]:
        """Decide and write, or find what the key was used for before."""
        if (repeated := self._repeated(work)) is not None:
            return repeated
        if self.fired is not None:
            take_away(self.fired, work)
        try:
            decision = decided(self.command, work, self.rules)
        except Doubtful:  # perhaps for what the same key did since it was looked for
            if (repeated := self._repeated(work)) is not None:
                return repeated
            raise
        if self.caller is Caller.WORKER:
            decision = for_a_worker(decision, self.rules.now())
        decision.check(type(self.command).__name__)
        if decision.is_empty and self.key is None and self.command.by.role is Role.SYSTEM:
            return Committed(decision.result)  # stale news: not worth a row
        record = self._record(decision)
        if record.personal is not None and not decision.changes:
            decision = evolve(decision, names=self._about(decision))
        saved = work.write(decision, record)
        result = refresh(decision.result, saved)
        started: tuple[Any, ...] = tuple(saved.get(one.id, one) for one in decision.operations)
        return Committed(result, started, saved)

    def _repeated(self, work: Writer) -> Committed[R] | None:
        """What the key was used for before, if it was."""
        by, key = self.command.by, self.key
        record = None if key is None else work.recorded(by.id, by.role.value, key)
        return None if record is None else self._replay(record, work)

    def found(self, work: Work) -> Committed[R] | None:
        """What this attempt wrote, if its commit took effect; if not, it never will.

        A commit may still be on its way when nothing of it is there.  So the attempt is put on
        record as abandoned: attempts are unique, and the late commit fails by that.

        The operations that it began are its own to call; one that it found under way is not.
        """
        record = work.attempted(self.name)
        if record is None:
            self._put_on_record(ABANDONED, work)
        if record is None or record.error == ABANDONED:
            return None
        began = json.loads(record.result or "{}")["operations"]
        return evolve(self._replay(record, work), is_replay=not began)

    def denied(self, error: Forbidden, work: Work) -> None:
        """Put on record that the actor was not allowed to; no key is used up.

        Of what they would have said there is the digest alone.
        """
        self._put_on_record(error.code, work, _named(self.command))

    def _put_on_record(self, error: str, work: Work, subjects: tuple[str, ...] = ()) -> None:
        nothing: Decision[None] = Decision(None)
        record = evolve(self._record(nothing), key=None, result=None, error=error, personal=None)
        work.record(record, subjects)

    def _about(self, decision: Decision[Any]) -> tuple[str, ...]:
        """The ids that it names and answers: what was said without effect is found by them."""
        answered = codec.entities_of(decision.result).values()
        return tuple(dict.fromkeys((*_named(self.command), *(one.id for one in answered))))

    def _record(self, decision: Decision[Any]) -> JournalRecord:
        by = self.command.by
        body, personal = codec.encode_command(self.command, self.salt)
        operations = [operation.id for operation in decision.operations]
        return JournalRecord(
            attempt=self.name,
            at=self.rules.now(),
            actor=by.id,
            role=by.role.value,
            key=self.key,
            command=type(self.command).__name__,
            body=body,
            events=codec.encode_events([change.event for change in decision.changes]),
            result=codec.encode_result(decision.result, operations, _awaited(decision)),
            error=None,
            personal=personal,
        )

    def _replay(self, record: JournalRecord, work: Reader) -> Committed[R]:
        if not codec.is_same_command(self.command, record.command, record.body, record.personal):
            raise IdempotencyConflict(str(self.key))
        said = json.loads(record.result or "{}")
        operations = tuple(
            work.get(OPERATIONS[id.split("_")[0]], id)
            for id in (*said["operations"], *said["awaited"])
        )
        return Committed(rebuild(said, work), operations, is_replay=True)


def carry_out(
    command: Command[R],
    key: str | None,
    rules: Rules,
    fired: Timer | None = None,
    caller: Caller = Caller.DECIDER,
) -> Flow[Committed[R]]:
    """Decide and write, again after every lost race, `rules.attempts` times at most.

    The loser of a race decides on what the winner left, and so is told the true reason.
    """
    for tried in range(1, rules.attempts + 1):
        attempt = Attempt(command=command, key=key, rules=rules, fired=fired, caller=caller)
        try:
            committed: Committed[R] = yield Transact(attempt)
        except DatabaseBusy:
            raise
        except (Conflict, DatabaseUnavailable) as error:
            yield _before_the_next(tried, error, rules)
        except Doubtful as doubt:
            yield from confirm(command, rules)
            yield _pause(tried, doubt)
        except CommitUnknown:
            found: Committed[R] | None = yield from ascertain(attempt.found, rules)
            if found is not None:
                return found
        except Forbidden as error:
            refusal = partial(attempt.denied, error)
            with suppress(*STORE_ERRORS):  # what the actor must hear is the refusal
                yield from patiently(refusal, rules)
            raise
        else:
            return committed
    raise Conflict(type(command).__name__, key or "")


def patiently(use: Callable[[Work], T], rules: Rules) -> Flow[T]:
    """Run what may be run twice in a transaction, again after every lost race or answer."""
    for tried in range(1, rules.attempts + 1):
        try:
            done: T = yield Transact(use)
        except DatabaseBusy:
            raise
        except STORE_ERRORS as error:
            yield _before_the_next(tried, error, rules)
        else:
            return done
    raise AssertionError("there is at least one attempt")


def ascertain(use: Callable[[Work], T], rules: Rules) -> Flow[T]:
    """Find out what became of a commit: until then nothing may be said or done about it."""
    for tried in range(1, rules.attempts + 1):
        try:
            found: T = yield Transact(use)
        except STORE_ERRORS as error:
            if tried == rules.attempts:
                raise CommitUnknown from error
            yield _pause(tried, error)
        else:
            return found
    raise AssertionError("there is at least one attempt")


def _before_the_next(tried: int, error: Exception, rules: Rules) -> Pause:
    """The pause before another try; raises the error if there is none."""
    is_down = isinstance(error, DatabaseUnavailable)
    if tried >= (min(rules.attempts, FEW) if is_down else rules.attempts):
        raise error
    return _pause(tried, error)


def _pause(tried: int, error: Exception) -> Pause:
    """A random moment, longer after each loss: up to 1, 2, 4 ... 64 milliseconds.

    Sixteen times as long where the database has to come back first.
    """
    most = 1000 * 2 ** min(tried - 1, 6) * (16 if isinstance(error, DatabaseUnavailable) else 1)
    return Pause(timedelta(microseconds=secrets.randbelow(most)))


def _awaited(decision: Decision[Any]) -> list[str]:
    """The operation that a repeated command finds still under way."""
    waiting = getattr(decision.result, "next_action", None)
    return [waiting.transaction] if isinstance(waiting, Pending) else []


def _named(command: Command[Any]) -> tuple[str, ...]:
    """The ids that a command names."""
    fields = (f for f in attrs.fields(type(command)) if isinstance(f.validator, IdOf))
    named = (getattr(command, f.name) for f in fields)
    return tuple(dict.fromkeys(id for id in named if id is not None))
