"""Many attempts in one transaction: decided one after the other before anything is written."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from attrs import define, field, frozen

from marketpay.delivery.bulk_reading import Known, Missing, Unsettled, Wanted
from marketpay.delivery.commit import Attempt, Committed
from marketpay.delivery.confirming import Doubtful
from marketpay.domain.changing import changed
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Entity
from marketpay.domain.payer_account import PayerAccount
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.timer import Timer
from marketpay.ports.journal import JournalRecord
from marketpay.ports.store import Work, Written

Decided = Committed[Any] | Exception  # what an attempt came to
ACCOUNTS = (PayerAccount, PayoutAccount)  # no call for a deal changes these


class Ahead(Exception):  # no error: it ends a look ahead
    """A command has all that it reads, but those before it have not been decided yet."""


@define(eq=False)
class Draft(Known):
    """A `Writer` that puts down what is to be written, and lets later commands see it."""

    written: list[Written] = field(factory=list)
    is_ahead: bool = False

    def write(self, decision: Decision[Any], record: JournalRecord, /) -> dict[str, Entity]:
        """See `Writer.write`."""
        if self.is_ahead:
            raise Ahead
        self.written.append((decision, record))
        relied = {one.id: one for one in decision.relies_on}
        saved = {
            one.id: changed(one, version=one.version + 1)
            for one in (relied | decision.latest()).values()
        }
        for entity in saved.values():
            self.keep(entity)
        self.post(decision.entries)
        self.keep_record(record)
        if decision.operations:
            self.hold(saved)
            self.hold(one.id for one in decision.waives if type(one) not in ACCOUNTS)
        return saved

    def hold(self, ids: Iterable[str]) -> None:
        """Whose turn comes later has to wait with these for the end of whose turn it is."""
        self.unsettled |= dict.fromkeys(ids, self.turn)

    def remove(self, timer: Timer, /) -> bool:
        """See `Writer.remove`."""
        raise NotImplementedError  # timers fire one by one


@frozen
class Together:
    """Attempts by the turns of those who make them, to be run in one transaction.

    What was begun and not ended before is `unsettled`, and whose it is.
    """

    attempts: Sequence[tuple[int, Attempt[Any]]]
    unsettled: dict[str, int]

    def __call__(self, work: Work) -> tuple[list[Decided], dict[str, int]]:
        """What the first of them come to, and what is unsettled now.

        It ends before one that has to wait for another's end.
        """
        draft, done = Draft(dict(self.unsettled)), list[Decided]()
        ready = set[int]()  # those that will miss nothing, as far as can be seen
        while wanted := self._decide(draft, done, ready):
            draft.ask(work, wanted)
        if draft.written:
            work.write_many(draft.written)
        return done, draft.unsettled

    def _decide(self, draft: Draft, done: list[Decided], ready: set[int]) -> Wanted:
        """Go on until something has to be asked; then look what those after it will miss."""
        wanted = Wanted()
        draft.is_ahead = False
        for number in range(len(done), len(self.attempts)):
            if draft.is_ahead and number in ready:
                continue
            draft.turn, attempt = self.attempts[number]
            draft.shown.clear()
            try:
                decided = _decided(attempt, draft)
            except Missing as missing:
                wanted.add(missing)
                draft.is_ahead = True
            except (Ahead, Unsettled):
                if not draft.is_ahead:
                    break
                ready.add(number)
            else:
                if draft.is_ahead:
                    ready.add(number)
                    continue
                done.append(decided)
                if isinstance(decided, Doubtful):  # it may yet be carried out
                    draft.hold(draft.shown)
        return wanted


def _decided(attempt: Attempt[Any], draft: Draft) -> Decided:
    try:
        return attempt(draft)
    except (Missing, Ahead, Unsettled):
        raise
    except Exception as error:  # noqa: BLE001  # whoever made the attempt is told
        return error
