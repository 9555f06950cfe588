"""Payouts at the simulated processor: money on its way to a bank, and back."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import evolve

from marketpay.testing.processor_records import ProcessorRecords, new_id
from marketpay.testing.processor_refusals import no
from marketpay.testing.processor_values import (
    PLATFORM,
    Account,
    Movement,
    Payout,
    PayoutStatus,
    Record,
    Refusal,
    Standing,
)


class Payouts(ProcessorRecords):
    """Money that leaves an account; it is taken from the balance at once."""

    def pay_out(
        self,
        account: str,
        *,
        amount: int,
        currency: str,
        reference: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Payout | Refusal:
        """Send `amount` from a connected account, or `PLATFORM`, to its owner's bank.

        It is pending, then in transit, then paid, by the clock.
        """
        with self._up_to_date() as shelf:
            if problem := self._not_payable(account):
                return no(problem)
            if amount <= 0:
                return no("parameter_invalid_integer")
            of = account if account == PLATFORM else self._account(account).id
            if amount > self._available(of, currency):
                return no("balance_insufficient")
            shelf.tally("pay_out")
            now, takes = self._at(), self.terms.payout_takes
            payout = Payout(
                id=new_id("po"),
                account=of,
                amount=amount,
                currency=currency,
                reference=reference,
                metadata=metadata or {},
                created=now,
                leaves_at=now + takes / 2,
                arrives_at=now + takes,
            )
            booked = self._book(of, -amount, currency, Movement.PAYOUT, payout.id)
            payout = evolve(payout, balance_transaction=booked.id)
            return self._report("payout.created", payout)

    def cancel_payout(self, id: str) -> Payout | Refusal:
        """Stop a payout that is still pending."""
        with self._up_to_date() as shelf:
            payout = self._get(Payout, id)
            if payout is None:
                return no("resource_missing")
            if payout.status is not PayoutStatus.PENDING:
                return no("payout_not_pending")
            shelf.tally("cancel_payout")
            back = self._give_back(payout, Movement.PAYOUT_CANCEL)
            return self._report("payout.canceled", evolve(back, status=PayoutStatus.CANCELED))

    def fail_payout(self, id: str, code: str = "account_closed") -> Payout | Refusal:
        """The bank does not take the money, or sends it back after it was paid."""
        with self._up_to_date():
            payout = self._get(Payout, id)
            if payout is None:
                return no("resource_missing")
            if not payout.open and payout.status is not PayoutStatus.PAID:
                return no("payout_not_on_its_way")
            back = self._give_back(payout, Movement.PAYOUT_FAILURE)
            return self._report(
                "payout.failed", evolve(back, status=PayoutStatus.FAILED, failure=code)
            )

    def arrive_payout(self, id: str) -> Payout | Refusal:
        """The bank has the money, before or at its time."""
        with self._up_to_date():
            payout = self._get(Payout, id)
            if payout is None:
                return no("resource_missing")
            if not payout.open:
                return no("payout_not_on_its_way")
            if payout.status is PayoutStatus.PENDING:
                payout = self._further(payout)
            return self._further(payout)

    def _fall_due(self, record: Record) -> None:
        if isinstance(record, Payout):
            self._further(record)
        else:
            super()._fall_due(record)

    def _further(self, payout: Payout) -> Payout:
        if payout.status is PayoutStatus.PENDING:
            leaving = evolve(payout, status=PayoutStatus.IN_TRANSIT)
            return self._report("payout.updated", leaving)
        return self._report("payout.paid", evolve(payout, status=PayoutStatus.PAID))

    def _give_back(self, payout: Payout, why: Movement) -> Payout:
        of, amount, currency = payout.account, payout.amount, payout.currency
        booked = self._book(of, amount, currency, why, payout.id)
        return evolve(payout, failure_balance_transaction=booked.id)

    def _report(self, type: str, payout: Payout) -> Payout:
        self._emit(type, payout, payout.connected_account)
        return self._put(payout)

    def _not_payable(self, account: str) -> str | None:
        if account == PLATFORM:
            return None
        of = self._get(Account, account)
        if of is None:
            return "resource_missing"
        return None if of.standing is Standing.ACTIVE else "account_not_active"

    def _account(self, account: str) -> Account:
        of = self._get(Account, account)
        assert of is not None, account
        return of
