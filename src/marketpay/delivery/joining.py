"""The marketplace within a transaction of the host's."""

from __future__ import annotations

from typing import TypeVar

from attrs import frozen

from marketpay.commands.base import Command
from marketpay.delivery import flows
from marketpay.delivery.confirming import Unconfirmed
from marketpay.delivery.doorway import check_command, check_key, check_question
from marketpay.delivery.loops import AsyncWorld, World
from marketpay.delivery.steps import Flow
from marketpay.domain.decision import Decision
from marketpay.domain.rules import Rules
from marketpay.queries.base import Question

R = TypeVar("R")


def _joined(command: Command[R], key: str | None, rules: Rules) -> Flow[R]:
    """See `flows.join`; again after an error that was of no one state.

    A lost race is another matter: the store has tried what can be tried.
    """
    for _ in range(rules.attempts - 1):
        try:
            return (yield from flows.join(command, key, rules))
        except Unconfirmed:
            continue
    return (yield from flows.join(command, key, rules))


@frozen
class JoinedMarketplace:
    """What `Marketplace.within` gives: for one transaction of the host's, in its thread.

    Each command has a savepoint of its own in it, and sees what those before it have written.
    What a command raises has written nothing, and the transaction can go on; after `Conflict`
    and `DatabaseUnavailable` roll it back and run it again.  The host commits; before that the
    gateway is not called, and after it `Marketplace.work` makes the calls.
    """

    _world: World
    _rules: Rules

    def execute(self, command: Command[R], *, key: str | None = None) -> R:
        """Decide and write; the host's commit makes it true.

        Where the result depends on the gateway its `next_action` is `Pending`.  A `key` is used
        up with the host's commit, and a denied command is on record with it: neither, if the
        host rolls back.
        """
        check_key(key)
        check_command(command)
        return self._world.drive(_joined(command, key, self._rules))

    def preview(self, command: Command[R]) -> Decision[R]:
        """See `Marketplace.preview`: on what the host's transaction sees."""
        check_command(command)
        return self._world.store.read(lambda records: command.decide(records, self._rules))

    def query(self, question: Question[R]) -> R:
        """See `Marketplace.query`: on what the host's transaction sees."""
        check_question(question)
        return self._world.store.read(question.answer)


@frozen
class AsyncJoinedMarketplace:
    """A `JoinedMarketplace` whose methods are awaited.

    Cancelling one undoes what it wrote, as leaving the host's transaction does.
    """

    _world: AsyncWorld
    _rules: Rules

    async def execute(self, command: Command[R], *, key: str | None = None) -> R:
        """See `JoinedMarketplace.execute`."""
        check_key(key)
        check_command(command)
        return await self._world.follow(_joined(command, key, self._rules))

    async def preview(self, command: Command[R]) -> Decision[R]:
        """See `JoinedMarketplace.preview`."""
        check_command(command)
        return await self._world.store.read(lambda records: command.decide(records, self._rules))

    async def query(self, question: Question[R]) -> R:
        """See `JoinedMarketplace.query`."""
        check_question(question)
        return await self._world.store.read(question.answer)
