"""The lifecycle engine: one table of moves, checked, looked up and drawn."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Generic, TypeVar

from attrs import frozen

from marketpay.domain.actor import Role
from marketpay.domain.errors import ConfigurationError, IllegalTransition
from marketpay.domain.event import Event

S = TypeVar("S", bound=StrEnum)

PARTIES = (Role.CUSTOMER, Role.CONTRACTOR)
AUTHORITIES = frozenset({Role.ADMIN, Role.SERVICE, Role.SYSTEM})


@frozen
class Row(Generic[S]):
    """While in `source`, once `event` is caused by one of `who`, the entity is in `target`."""

    source: S
    event: type[Event]
    target: S
    who: frozenset[Role]


@frozen
class Begin(Generic[S]):
    """How an entity comes to be: `event`, caused by one of `who`, puts it in `status`."""

    event: type[Event]
    status: S
    who: frozenset[Role]


class Lifecycle(Generic[S]):
    """All legal moves of one kind of entity.

    The table is checked when the module is imported (`ConfigurationError`): no move is given
    twice; every status is reachable; and from every status that is not `final`, the moves of
    one party together with the system, services and administrators reach a final one, so that
    nobody's silence locks money in.  A final status may keep exceptional exits; an `endless`
    lifecycle has no final one.
    """

    def __init__(
        self, name: str, begin: Begin[S], *rows: Row[S], final: Iterable[S], endless: bool = False
    ) -> None:
        self.name = name
        self.begin = begin
        self.rows = rows
        self.final = frozenset(final)
        self.statuses = tuple(type(begin.status))
        self._rows = {(row.source, row.event): row for row in rows}
        self._roles: dict[type[Event], frozenset[Role]] = {begin.event: begin.who}
        for row in rows:
            self._roles[row.event] = self._roles.get(row.event, frozenset()) | row.who
        self._check(endless=endless)

    def after(self, event: type[Event], status: S, role: Role, id: str) -> S:
        """The status that follows once `role` causes `event`, or `IllegalTransition`."""
        row = self._rows.get((status, event))
        if row is None or role not in row.who:
            can = tuple(sorted(kind.name for kind in self.possible(status, role)))
            raise IllegalTransition(self.name, id, status.value, event.name, can)
        return row.target

    def roles(self, event: type[Event]) -> frozenset[Role]:
        """Who may ever cause `event`, whatever the status."""
        return self._roles[event]

    def possible(self, status: S, role: Role) -> frozenset[type[Event]]:
        """What `role` can cause now; an interface shows a button for each."""
        return frozenset(r.event for r in self.rows if r.source is status and role in r.who)

    def to_mermaid(self) -> str:
        """The table as a Mermaid state diagram."""
        lines = ["stateDiagram-v2"]
        lines.append(f"    [*] --> {self.begin.status}: {_label(self.begin)}")
        lines += [f"    {row.source} --> {row.target}: {_label(row)}" for row in self.rows]
        lines += [f"    {status} --> [*]" for status in self.statuses if status in self.final]
        return "\n".join(lines)

    def to_dict(self) -> dict[str, Any]:
        """The table as plain values, in its own order: what JSON can say."""
        begin = {"event": self.begin.event.name, "target": self.begin.status.value}
        rows = [
            {
                "source": row.source.value,
                "event": row.event.name,
                "target": row.target.value,
                "who": _people(row.who),
            }
            for row in self.rows
        ]
        return {
            "name": self.name,
            "statuses": [status.value for status in self.statuses],
            "begin": {**begin, "who": _people(self.begin.who)},
            "final": [status.value for status in self.statuses if status in self.final],
            "rows": rows,
        }

    def _check(self, *, endless: bool) -> None:
        if len(self._rows) != len(self.rows):
            raise ConfigurationError(f"{self.name}: a move is given twice.")
        lost = set(self.statuses) - self._reached(self.begin.status, frozenset(Role))
        if lost:
            raise ConfigurationError(f"{self.name}: unreachable: {', '.join(sorted(lost))}.")
        for status in () if endless else self.statuses:
            reached = [self._reached(status, AUTHORITIES | {party}) for party in PARTIES]
            if not any(self.final & there for there in reached):
                raise ConfigurationError(f"{self.name}: no one party can end it from {status}.")

    def _reached(self, start: S, roles: frozenset[Role]) -> set[S]:
        seen, todo = {start}, [start]
        while todo:
            status = todo.pop()
            for row in self.rows:
                if row.source is status and row.who & roles and row.target not in seen:
                    seen.add(row.target)
                    todo.append(row.target)
        return seen


def _label(move: Row[S] | Begin[S]) -> str:
    return f"{move.event.name.split('.')[1]} ({', '.join(_people(move.who))})"


def _people(who: frozenset[Role]) -> list[str]:
    return sorted(role.value for role in who)
