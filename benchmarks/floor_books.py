"""The floor's rows that every command writes: its record, ledger entries, operations, timers."""

from collections.abc import Iterable, Sequence
from secrets import token_hex

from benchmarks.floor_driver import Driver
from benchmarks.floor_rows import (
    ASSETS,
    DELTA,
    ENTRY,
    PERSONAL,
    STARTED,
    SUBJECT,
    TIMER,
    TO_SEQUENCE,
    Json,
    Move,
    Refusal,
    Row,
    dumps,
    money,
    transaction_event,
)
from marketpay.testing import SimulatedGateway


def only(rows: list[Row]) -> Row:
    """The row that was found."""
    if not rows:
        raise Refusal("nothing there")
    return rows[0]


class Books:
    """One connection to one database, and the gateway."""

    def __init__(self, driver: Driver, gateway: SimulatedGateway) -> None:
        self.gateway = gateway
        self.transaction = driver
        self.read, self.look, self.close = driver.read, driver.look, driver.close
        self.write, self.write_all, self.change = driver.write, driver.write_all, driver.change
        self.insert_record, self.time, self.moment = driver.record, driver.time, driver.moment

    def record(
        self, at: str, by: tuple[str, str], command: str, body: Json, events: list[Json],
        result: str, ids: Json, subjects: Iterable[str], operations: Sequence[str] = (),
        personal: tuple[str, Json] | None = None,
    ) -> Row:  # fmt: skip
        """The journal's row and what stands beside it."""
        attempt = personal[0] if personal else token_hex(12)
        said = dumps({"kind": result, "ids": ids, "operations": operations, "awaited": []})
        texts = (dumps(body), dumps(events), said)
        row = (attempt, at, *by, None, command, *texts, None)
        number = self.insert_record(row)
        self.write(TO_SEQUENCE, number)
        self.write_all(SUBJECT, [(subject, *number) for subject in subjects])
        if personal:
            self.write(PERSONAL, (dumps({"salt": attempt, "texts": personal[1]}), *number))
        return number

    def settled(
        self, at: str, id: str, news: Json, events: list[Json], subjects: Iterable[str]
    ) -> Row:
        """The record of what the gateway said."""
        by, body = ("marketpay", "system"), {"transaction": id, "news": news}
        command, result = "SettleTransaction", "PaymentTransaction"
        return self.record(at, by, command, body, events, result, {"": id}, subjects)

    def start(
        self, id: str, payment: str, kind: str, amount: int, currency: str, party: str,
        job: str, at: str, due_at: str, *, method: str | None = None, payer: str | None = None,
        target: str | None = None, refund: str | None = None,
    ) -> Json:  # fmt: skip
        """A gateway operation on record, sent at once if it has a lease; its event."""
        sent_at = at if due_at > at else None
        what = (id, 1, payment, kind, amount, currency, party, job, method, payer, target, refund)
        self.write(STARTED, (*what, "pending", 0, due_at, sent_at, at))
        return transaction_event("started", at, id, payment, kind, money(amount, currency))

    def set_timer(self, kind: str, subject: str, due_at: str) -> None:
        self.write(TIMER, (kind, subject, due_at))

    def book(self, number: Row, at: str, currency: str, payment: str, moves: list[Move]) -> None:
        """Ledger entries, and what they do to the accounts that are no wallets."""
        moves = [move for move in moves if move[4]]
        self.write_all(ENTRY, [(at, *move, currency, payment, *number) for move in moves])
        deltas: dict[tuple[str, str], int] = {}
        for debit, debit_owner, credit, credit_owner, amount in moves:
            grown = amount if debit in ASSETS else -amount
            deltas[debit, debit_owner] = deltas.get((debit, debit_owner), 0) + grown
            grown = -amount if credit in ASSETS else amount
            deltas[credit, credit_owner] = deltas.get((credit, credit_owner), 0) + grown
        self.write_all(
            DELTA,
            [
                (kind, owner, currency, amount)
                for (kind, owner), amount in deltas.items()
                if amount and not kind.startswith("wallet.")
            ],
        )
