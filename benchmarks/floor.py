"""The floor: the same deals by hand, by somebody who knows the drivers well and no framework.

The same tables, rows, transactions and durability as marketpay's, the same checks of status and
version, the same calls of the simulated gateway between the same commits; but SQL text that is
made once, plain tuples and no objects.
"""

from collections import Counter
from datetime import UTC, datetime

from benchmarks.floor_books import only
from benchmarks.floor_chain import CONFIRMED, ENTRIES, FEED, LAST, WAITING, placed
from benchmarks.floor_ending import Ending
from benchmarks.floor_hiring import HELD, LEASE, PAYMENT_STATUS, SETTLE
from benchmarks.floor_rows import (
    Refusal,
    insert,
    money,
    payment_event,
    select,
    text_of,
    transaction_event,
    update,
)
from marketpay.ports.gateway import Void, Voided

VOIDING = """
SELECT t.version, t.status, t.amount, t.currency, t.target, p.id, p.version, p.status,
       p.gateway_payment, p.offer, p.job, p.customer, p.contractor
FROM marketpay_payment_transactions t JOIN marketpay_payments p ON p.id = t.payment
WHERE t.id = ?"""
UNCONFIRMED = select(
    "payment_transactions",
    "id, version",
    "payment = (SELECT payment FROM marketpay_payment_transactions WHERE id = ?)"
    " AND kind = 'authorize' AND status = 'awaiting_confirmation'",
)
DUE_TIMERS = select("timers", "kind, subject, due_at", "due_at <= ? ORDER BY due_at LIMIT ?")
IS_DUE = "due_at IS NOT NULL AND due_at <= ? ORDER BY due_at, id LIMIT ?"
DUE = select("payment_transactions", "id, version, kind, target", IS_DUE)
DUE_ACCOUNTS = select("payout_accounts", "id", IS_DUE)
DUE_WEBHOOKS = select("webhooks", "id", IS_DUE)
DELTAS = (
    "SELECT id, kind, owner, currency, amount FROM marketpay_account_deltas ORDER BY id LIMIT ?"
)
BALANCE = f"""{insert("account_balances", "kind, owner, currency, balance")}
ON CONFLICT (kind, owner, currency)
DO UPDATE SET balance = marketpay_account_balances.balance + excluded.balance"""
SEND = update("payment_transactions", "due_at", "sent_at")
FOLDED = "DELETE FROM marketpay_account_deltas WHERE id = ?"


class Floor(Ending):
    """All of it; here is what a worker catches up with."""

    def work(self, limit: int = 100) -> bool:
        """Whether there was anything to do: holds to let go, changes of balances to fold."""
        resumed = 0
        while True:
            due = (text_of(datetime.now(UTC)), limit)
            webhooks, timers = self.look((DUE_WEBHOOKS, due), (DUE_TIMERS, due))
            if webhooks or timers:
                raise Refusal("the floor hears of nothing, and is too slow for timers")
            done = self._resume(limit)
            resumed += done
            if not done or resumed >= limit:
                break
        with self.transaction:
            batch = (limit,)
            last, waiting, entries = self.read((LAST, ()), (WAITING, batch), (ENTRIES, batch))
            rows = list(placed(last, waiting, entries, self.moment))
            self.write_all(FEED, rows)
            self.write_all(CONFIRMED, [(number,) for _, number, _ in rows])
        return bool(self._fold(limit) or resumed)

    def _resume(self, limit: int) -> int:
        with self.transaction:
            now = datetime.now(UTC)
            at, lease = text_of(now), text_of(now + LEASE)
            [due] = self.read((DUE, (at, limit)))
            for id, version, _, _ in due:
                self.change(SEND, lease, at, id, version)
        for id, _, kind, target in due:
            assert kind == "void"  # all else was answered at once
            reply = self.gateway.perform(Void(gateway_id=target), key=id)
            assert isinstance(reply, Voided)
            self._settle_void(id, reply)
        with self.transaction:
            [accounts] = self.read((DUE_ACCOUNTS, (text_of(datetime.now(UTC)), limit)))
            if accounts:
                raise Refusal("the floor opens no accounts")
        return len(due)

    def _settle_void(self, sent: str, reply: Voided) -> None:
        at = text_of(datetime.now(UTC))
        with self.transaction:
            found, unconfirmed = self.read((VOIDING, (sent,)), (UNCONFIRMED, (sent,)))
            version, status, price, currency, target, *row = only(found)
            payment, paid, held, holding, offer, job, customer, contractor = row
            if status != "pending" or unconfirmed:
                raise Refusal("settled already, or never confirmed")
            amount = money(price, currency)
            self.change(SETTLE, "success", reply.gateway_id, None, None, at, sent, version)
            events = [transaction_event("succeeded", at, sent, payment, "void", amount)]
            subjects = [sent]
            if held in HELD and holding == target:
                self.change(PAYMENT_STATUS, "canceled", payment, paid)
                of_payment = (at, payment, offer, job, customer, contractor, amount)
                events.append(payment_event("payment.canceled", *of_payment))
                subjects.append(payment)
            news = {"gateway_id": reply.gateway_id, "type": "Voided"}
            self.settled(at, sent, news, events, subjects)

    def _fold(self, limit: int) -> int:
        with self.transaction:
            [deltas] = self.read((DELTAS, (limit,)))
            sums = Counter[tuple[str, str, str]]()
            for _, *account, amount in deltas:
                kind, owner, currency = account
                sums[kind, owner, currency] += amount
            self.write_all(FOLDED, [(delta[0],) for delta in deltas])
            self.write_all(BALANCE, [(*account, sum) for account, sum in sums.items()])
        return len(deltas)
