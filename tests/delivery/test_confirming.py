"""An error is told only if it is so in one state of everything."""

from __future__ import annotations

import pytest
from attrs import field, frozen

from marketpay import (
    Actor,
    Command,
    Conflict,
    Decision,
    Marketplace,
    Reason,
    Refused,
    Rules,
)
from marketpay.ports.store import Reader
from marketpay.testing import SimulatedGateway


@frozen(kw_only=True)
class Torn(Command[int]):
    """Raises what it has, an error each time it is decided, and then is content."""

    errors: list[Exception | None] = field(factory=list, eq=False)

    def decide(self, read: Reader, rules: Rules) -> Decision[int]:
        error = self.errors.pop(0) if self.errors else None
        if error is not None:
            raise error
        return Decision(17)


REFUSED = Refused(Reason.JOB_ALREADY_ASSIGNED)


def torn(*errors: Exception | None) -> Torn:
    return Torn(by=Actor.SYSTEM, errors=[*errors])


def market(attempts: int = 20) -> Marketplace:
    return Marketplace(gateway=SimulatedGateway(), rules=Rules(attempts=attempts))


@pytest.mark.parametrize("error", [REFUSED, ValueError("nothing to unpack"), AssertionError()])
def test_what_was_read_in_pieces_is_read_again(error: Exception) -> None:
    assert market().execute(torn(error)) == 17


@pytest.mark.parametrize("error", [REFUSED, ValueError("nothing to unpack"), AssertionError()])
def test_what_is_so_in_one_state_is_told(error: Exception) -> None:
    with pytest.raises(type(error)) as told:
        market().execute(torn(Refused(Reason.CHARGEBACK_OPEN), error))
    assert told.value is error


def test_nobody_tries_for_ever() -> None:
    command = torn(*[REFUSED, None] * 9)

    with pytest.raises(Conflict):
        market(attempts=3).execute(command)
    assert len(command.errors) == 12
