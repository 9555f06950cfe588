"""Connected accounts at the simulated processor, and what is transferred to them and back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from attrs import evolve

from marketpay.testing.processor_records import ProcessorRecords, new_id
from marketpay.testing.processor_refusals import no, wrong
from marketpay.testing.processor_values import (
    PLATFORM,
    Account,
    Charge,
    Movement,
    Refusal,
    Reversal,
    Standing,
    Transfer,
)


class Accounts(ProcessorRecords):
    """Accounts that money goes to, and can come back from."""

    def open_account(
        self,
        *,
        owner: str | None = None,
        reference: str | None = None,
        country: str | None = None,
        email: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Account:
        """A connected account, pending until its owner has been checked."""
        with self._up_to_date() as shelf:
            account = Account(
                id=new_id("acct"),
                owner=owner,
                reference=reference,
                country=country or self.terms.country,
                email=email,
                metadata=metadata or {},
                created=self._at(),
            )
            shelf.tally("open_account")
            self._emit("account.updated", account, account.id)
            return self._put(account)

    def set_standing(self, id: str, standing: Standing) -> Account | Refusal:
        """The processor makes up its mind about a connected account."""
        with self._up_to_date():
            account = self._get(Account, id)
            if account is None:
                return no("resource_missing")
            if account.deauthorized:
                return no("account_invalid")
            changed = self._put(evolve(account, standing=standing))
            if changed != account:
                self._emit("capability.updated", changed, account.id)
                self._emit("account.updated", changed, account.id)
            return changed

    def deauthorize(self, id: str) -> Account | Refusal:
        """The owner of the account cuts the platform off, for good."""
        with self._up_to_date():
            account = self._get(Account, id)
            if account is None:
                return no("resource_missing")
            if account.deauthorized:
                return no("account_invalid")
            gone = self._put(evolve(account, standing=Standing.REJECTED, deauthorized=True))
            self._emit("account.application.deauthorized", gone, account.id)
            return gone

    def transfer(
        self,
        *,
        account: str,
        amount: int,
        currency: str,
        source: str | None = None,
        reference: str | None = None,
        group: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Transfer | Refusal:
        """Move `amount` from the platform to `account`.

        With a `source`, a charge (or its payment), the money is what that charge brought, as
        soon as it is available; the transfers out of one charge are together at most what was
        captured.  Without one it is what the platform has available.
        """
        with self._up_to_date():
            to = self._get(Account, account)
            charge = None if source is None else self._charge_named(source)
            if to is None or (charge is None and source is not None):
                return no("resource_missing")
            if problem := self._not_movable(to, charge, amount, currency):
                return no(problem)
            transfer = Transfer(
                id=new_id("tr"),
                account=to.id,
                amount=amount,
                currency=currency,
                source=charge.id if charge else None,
                reference=reference,
                group=group or (charge.group if charge else None),
                metadata=metadata or {},
                created=self._at(),
            )
            if charge is not None:
                self._put(evolve(charge, transferred=charge.transferred + amount))
            return self._move(transfer, charge.available_on if charge else None)

    def reverse(
        self,
        id: str,
        *,
        amount: int | None = None,
        currency: str | None = None,
        reference: str | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> Reversal | Refusal:
        """Bring `amount` of a transfer back, or what is left of it, if the account has it."""
        with self._up_to_date() as shelf:
            transfer = self._get(Transfer, id)
            if transfer is None:
                return no("resource_missing")
            left = transfer.amount - transfer.reversed
            amount = left if amount is None else amount
            currency = currency or transfer.currency
            if problem := wrong(amount, currency, left, transfer.currency):
                return no(problem)
            if amount > self._available(transfer.account, currency):
                return no("balance_insufficient")
            reversal = Reversal(
                id=new_id("trr"),
                transfer=transfer.id,
                account=transfer.account,
                amount=amount,
                currency=currency,
                reference=reference,
                metadata=metadata or {},
                created=self._at(),
            )
            shelf.tally("reverse")
            return self._bring_back(reversal, transfer)

    def top_up(self, amount: int, currency: str) -> None:
        """The platform puts money of its own on its balance."""
        with self._up_to_date():
            self._book(PLATFORM, amount, currency, Movement.TOP_UP, new_id("tu"))
            self._report_funds(PLATFORM, currency)

    def _not_movable(
        self, to: Account, charge: Charge | None, amount: int, currency: str
    ) -> str | None:
        """Why not so much can be transferred."""
        if to.standing is not Standing.ACTIVE:
            return "account_not_active"
        left = amount if charge is None else charge.captured - charge.transferred
        if problem := wrong(amount, currency, left, charge.currency if charge else currency):
            return problem
        total = self._shelf.balance(PLATFORM, currency)
        most = total if charge else min(total, self._available(PLATFORM, currency))
        return "balance_insufficient" if amount > most else None

    def _move(self, transfer: Transfer, available_on: datetime | None) -> Transfer:
        amount, currency, id = transfer.amount, transfer.currency, transfer.id
        self._shelf.tally("transfer")
        why = Movement.TRANSFER
        out = self._book(PLATFORM, -amount, currency, why, id, available_on=available_on)
        self._book(transfer.account, amount, currency, why, id, available_on=available_on)
        moved = self._put(evolve(transfer, balance_transaction=out.id))
        self._emit("transfer.created", moved)
        return moved

    def _bring_back(self, reversal: Reversal, transfer: Transfer) -> Reversal:
        amount, currency, id = reversal.amount, reversal.currency, reversal.id
        self._book(reversal.account, -amount, currency, Movement.TRANSFER_REVERSAL, id)
        back = self._book(PLATFORM, amount, currency, Movement.TRANSFER_REVERSAL, id)
        reversed = self._put(evolve(transfer, reversed=transfer.reversed + amount))
        self._emit("transfer.reversed", reversed)
        return self._put(evolve(reversal, balance_transaction=back.id))
