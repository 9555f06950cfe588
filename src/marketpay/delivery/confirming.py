"""Whether what keeps a command from being carried out is so in any one state.

Where many write at once, each thing that a decision reads may be of another moment.  What is
written is checked by the commit; what is raised instead is not, and so is looked at once more.
"""

from __future__ import annotations

from typing import Any, TypeVar

from marketpay.commands.base import Command
from marketpay.delivery.steps import Flow, Read
from marketpay.domain.decision import Decision
from marketpay.domain.errors import (
    CommitUnknown,
    Conflict,
    DatabaseUnavailable,
    Forbidden,
    MarketpayError,
)
from marketpay.domain.rules import Rules
from marketpay.ports.store import Reader

R = TypeVar("R")

SURE = (Conflict, CommitUnknown, DatabaseUnavailable, Forbidden)
# The latter are what becomes of things that do not fit together.
DOUBTFUL = (MarketpayError, ValueError, LookupError, AssertionError, AttributeError, TypeError)


class Doubtful(Exception):
    """A command came to an error that may be of a state that never was."""


class Unconfirmed(Conflict):
    """What was an error is none in any one state: decided again, the command may do."""


def decided(command: Command[R], read: Reader, rules: Rules) -> Decision[R]:
    """The decision; `Doubtful` for an error that has to be confirmed."""
    try:
        return command.decide(read, rules)
    except SURE:
        raise
    except DOUBTFUL as error:
        raise Doubtful from error


def confirm(command: Command[Any], rules: Rules) -> Flow[None]:
    """Raise what the command comes to in one consistent state, if it is an error there too.

    `Unconfirmed` if it is not and there is one attempt only: whoever allowed it may allow another.
    """
    try:
        yield Read(lambda records: command.decide(records, rules))
    except Exception as error:  # the true reason, and the only one to be told
        raise error from None
    if rules.attempts == 1:
        raise Unconfirmed(type(command).__name__, "")
