"""Many commands at once: their flows side by side, a step of all of them at a time."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Generic, TypeVar

from attrs import define, field, frozen

from marketpay.commands.base import Command
from marketpay.delivery.bulk_draft import Together
from marketpay.delivery.commit import ABANDONED, Attempt, ascertain
from marketpay.delivery.flows import execute
from marketpay.delivery.steps import Call, CallMany, Flow, Pause, Step, Transact
from marketpay.domain.errors import CommitUnknown, Conflict, DatabaseBusy, DatabaseUnavailable
from marketpay.domain.rules import Rules
from marketpay.ports.store import Work

R = TypeVar("R")
T = TypeVar("T")
TRIES = 3  # of a whole batch that loses races, before its first half is tried


@frozen
class Done(Generic[R]):
    """A command that was carried out, and what it came to."""

    result: R


@frozen
class Failed:
    """A command that was not, and what `execute` would have raised."""

    error: Exception


def execute_many(
    commands: Sequence[Command[R]], keys: Sequence[str | None], rules: Rules
) -> Flow[tuple[Done[R] | Failed, ...]]:
    """Each as `execute` would, in their order, with as few transactions as they allow."""
    flows = [execute(command, key, rules) for command, key in zip(commands, keys, strict=True)]
    return (
        yield from _Crowd([_Runner(turn, flow) for turn, flow in enumerate(flows)], rules).run()
    )


@define(eq=False)
class _Runner(Generic[T]):
    """A flow, the step that it waits for, and how it ended."""

    turn: int
    flow: Flow[T]
    step: Step | None = None
    end: Done[T] | Failed | None = None

    def go(self, answer: Any) -> None:
        """On to the next step, or to the end; an answer that is an error is raised in it."""
        try:
            if isinstance(answer, Exception):
                self.step = self.flow.throw(answer)
            else:
                self.step = self.flow.send(answer)
        except StopIteration as stop:
            self.end = Done(stop.value)
        except Exception as error:  # noqa: BLE001  # this one's own; the others go on
            self.end = Failed(error)


@define(eq=False)
class _Crowd(Generic[T]):
    """Flows side by side, where each finds what those before it have left.

    Calls go first: who waits for a transaction may have to see what they come to.
    """

    runners: Sequence[_Runner[T]]
    rules: Rules
    unsettled: dict[str, int] = field(factory=dict)  # and the turn of the flow that settles it

    def run(self) -> Flow[tuple[Done[T] | Failed, ...]]:
        """How each of them ended."""
        for runner in self.runners:
            runner.go(None)
        while going := [one for one in self.runners if one.end is None]:
            calling = [(one, one.step) for one in going if isinstance(one.step, Call)]
            deciding = [(one, step) for one in going if (step := _attempt(one.step))]
            if calling:
                replies = yield CallMany([call for _, call in calling])
                _go_on([one for one, _ in calling], replies)
            elif len(deciding) == len(going):
                yield from self._decide(deciding)
            else:
                yield from _step_each([one for one in going if _attempt(one.step) is None])
        return tuple([one.end for one in self.runners if one.end is not None])

    def _decide(self, deciding: Sequence[tuple[_Runner[T], Attempt[Any]]]) -> Flow[None]:
        """In one transaction, as many of the first as can be.

        A batch that loses too often is tried by its first half, in the end by its first
        command.  So is one that the store will not take, for the sake of a single command.
        """
        runners = [one for one, _ in deciding]
        if len(runners) == 1:
            return (yield from _step_each(runners))
        going = {one.turn for one in runners}
        unsettled = {id: turn for id, turn in self.unsettled.items() if turn in going}
        together = Together([(one.turn, attempt) for one, attempt in deciding], unsettled)
        for _ in range(TRIES):
            try:
                decided, self.unsettled = yield Transact(together)
            except (DatabaseBusy, DatabaseUnavailable) as error:
                return _go_on(runners, [error] * len(runners))
            except CommitUnknown:
                return (yield from self._find_out(deciding))
            except Conflict:
                continue  # and whoever won has committed
            except Exception:  # noqa: BLE001  # one of them is to blame, and will be told
                break
            else:
                return _go_on(runners, decided)
        yield from self._decide(deciding[: len(deciding) // 2])

    def _find_out(self, deciding: Sequence[tuple[_Runner[T], Attempt[Any]]]) -> Flow[None]:
        """After a COMMIT without an answer: all of it took effect, or nothing, now or later."""
        attempts = [attempt for _, attempt in deciding]
        try:
            written: set[str] = yield from ascertain(partial(_written, attempts), self.rules)
        except CommitUnknown as error:
            for runner, _ in deciding:
                runner.flow.close()
                runner.step, runner.end = None, Failed(error)
            return
        for runner, attempt in deciding:
            if attempt.name in written:
                runner.go(CommitUnknown())  # it finds what it wrote
            elif not written:
                runner.go(Conflict("batch", "given up"))  # it makes another attempt


def _written(attempts: Sequence[Attempt[Any]], work: Work) -> set[str]:
    """The names of those that were written; if none was, then none of them ever will be."""
    records = {attempt.name: work.attempted(attempt.name) for attempt in attempts}
    written = {name for name, one in records.items() if one and one.error != ABANDONED}
    if not written:
        for attempt in attempts:
            attempt.found(work)
    return written


def _attempt(step: Step | None) -> Attempt[Any] | None:
    use = step.use if isinstance(step, Transact) else None
    return use if isinstance(use, Attempt) else None


def _go_on(runners: Sequence[_Runner[Any]], answers: Sequence[Any]) -> None:
    """Those of them that have an answer."""
    for runner, answer in zip(runners, answers, strict=False):
        runner.go(answer)


def _step_each(runners: Sequence[_Runner[Any]]) -> Flow[None]:
    """The step of each by itself, but one pause for all who rest."""
    pauses = [one.step for one in runners if isinstance(one.step, Pause)]
    if pauses:
        yield max(pauses, key=lambda pause: pause.time)
    for runner in runners:
        answer = None
        if runner.step is not None and not isinstance(runner.step, Pause):
            try:
                answer = yield runner.step
            except Exception as error:  # noqa: BLE001  # the flow decides what it means
                answer = error
        runner.go(answer)
