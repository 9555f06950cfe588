"""The books against themselves: accounts, wallets, credit, and each payment's money."""

from __future__ import annotations

from collections.abc import Iterator

from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.errors import NotFound
from marketpay.domain.ledger import CREDIT, Account
from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.payment import Payment
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Records
from marketpay.queries.batches import UNREADABLE, batches

HOLDING = (PaymentStatus.CAPTURED, PaymentStatus.CHARGED_BACK)
SPLIT = (*HOLDING, PaymentStatus.RELEASED, PaymentStatus.REFUNDED)
NOT_TAKEN = tuple(one for one in PaymentStatus if one not in SPLIT)  # may have credit behind it


def accounts(records: Records) -> Iterator[str]:
    """Every account against its entries, and both sides of the book against each other."""
    sides: dict[str, int] = {}
    for total in records.accounts():
        account = total.account
        if total.kept != total.summed:
            yield f"{account} {account.currency}: kept {total.kept}, entries sum to {total.summed}."
        signed = total.kept if account.is_debit else -total.kept
        sides[account.currency] = sides.get(account.currency, 0) + signed
    for currency, rest in sides.items():
        if rest:
            yield f"{currency}: debits and credits differ by {rest}."


def wallets(records: Records) -> Iterator[str]:
    """Every wallet's parts against each other."""

    def read(last: Wallet | None, limit: int) -> list[Wallet]:
        return records.page(Wallet, {}, after=last.id if last else None, limit=limit)

    for batch in batches(read):
        for wallet in batch:
            name = f"wallet {wallet.id} of {wallet.owner}"
            for part in ("pending", "available", "reserved", "receivable", "overdrawn"):
                if getattr(wallet, part).minor < 0:
                    yield f"{name}: {part} is below zero, {getattr(wallet, part)}."
            if wallet.overdrawn > wallet.receivable:
                yield f"{name}: {wallet.overdrawn} overdrawn, of {wallet.receivable} owed."


def credits(records: Records) -> Iterator[str]:
    """Every customer's credit against their accounts, and against what it is made of."""
    kept = {total.account: total.kept for total in records.accounts()}

    def read(last: Credit | None, limit: int) -> list[Credit]:
        return records.page(Credit, {}, after=last.id if last else None, limit=limit)

    for batch in batches(read):
        parts = {credit.id: credit.lasting.minor for credit in batch}
        for grant in records.find(CreditGrant, open_credit=tuple(parts)):
            parts[grant.credit] += grant.remaining.minor
        behind = _behind(records, batch)
        for credit in batch:
            yield from _credit(credit, parts[credit.id], kept)
            reserved = behind.get((credit.customer, credit.currency), 0)
            if reserved != credit.reserved.minor:
                name = f"credit {credit.id} of {credit.customer}"
                yield f"{name}: {credit.reserved} is reserved, and {reserved} behind payments."


def _behind(records: Records, batch: list[Credit]) -> dict[tuple[str, str], int]:
    """What of each customer's credit stands behind their payments, by currency."""
    sums: dict[tuple[str, str], int] = {}
    customers = tuple({credit.customer for credit in batch})
    for payment in records.find(Payment, customer=customers, status=NOT_TAKEN):
        key = payment.customer, payment.currency
        sums[key] = sums.get(key, 0) + payment.credit_reserved.minor
    return sums


def _credit(credit: Credit, parts: int, kept: dict[Account, int]) -> Iterator[str]:
    name = f"credit {credit.id} of {credit.customer}"
    for kind, part in CREDIT.items():
        amount, booked = getattr(credit, part), kept.get(credit.account(kind), 0)
        if amount.minor < 0:
            yield f"{name}: {part} is below zero, {amount}."
        if amount.minor != booked:
            yield f"{name}: {part} is {amount.minor}, and {booked} in the ledger."
    if credit.lasting.minor < 0:
        yield f"{name}: lasting is below zero, {credit.lasting}."
    if parts != credit.total.minor:
        yield f"{name}: its grants and what lasts sum to {parts}, and it is {credit.total.minor}."


def payments(records: Records) -> Iterator[str]:
    """Every payment's amounts against each other, and its escrow against its entries."""

    def read(last: tuple[str, int] | None, limit: int) -> list[tuple[str, int]]:
        return records.escrow(after=last[0] if last else None, limit=limit)

    for batch in batches(read):
        kept = _kept(records, tuple(id for id, _ in batch))
        for id, held in batch:
            payment = kept.get(id)
            if not isinstance(payment, Payment):
                yield f"payment {id} cannot be read: {payment}"
                continue
            if wrong := [*_amounts(payment)]:
                yield from wrong
                continue
            expected = _expected_escrow(payment)
            if held != expected:
                yield f"escrow of {id}: {held} by its entries, {expected} by the payment."


def _kept(records: Records, ids: tuple[str, ...]) -> dict[str, Payment | str]:
    """These payments, or why one of them cannot be read."""
    try:
        return {payment.id: payment for payment in records.find(Payment, id=ids)}
    except UNREADABLE:
        return {id: _one(records, id) for id in ids}


def _one(records: Records, id: str) -> Payment | str:
    try:
        return records.get(Payment, id)
    except (NotFound, *UNREADABLE) as error:
        return str(error)


def _amounts(payment: Payment) -> Iterator[str]:
    """What it says of its money, as far as that cannot be true whatever happened."""
    name, amount, split = f"payment {payment.id}", payment.amount, payment.split
    for part in ("credit", "refunded", "disputed", "lost", "kept", "transferring", "transferred"):
        if getattr(payment, part).minor < 0:
            yield f"{name}: {part} is below zero, {getattr(payment, part)}."
    yield from _paid_with(payment)
    gone = payment.gone + payment.disputed
    if gone > amount:
        yield f"{name}: {gone} of it is refunded, disputed, lost or kept, and it was {amount}."
    if split is None:
        if payment.status in SPLIT or payment.is_released:
            yield f"{name}: it is {payment.status} and has no split."
        return
    parts = split.commission + split.payout
    if not parts == split.price == amount:
        yield f"{name}: the parts of its split sum to {parts}, and it is of {amount}."
    if payment.clearing.minor < 0 or (payment.clearing.minor and not payment.is_clearing):
        yield f"{name}: {payment.clearing} of it waits for {payment.clears_at or 'no time'}."
    there = payment.transferring + payment.transferred
    earned = split.payout - payment.withheld - payment.clearing
    if there > earned:
        yield f"{name}: {there} transferred, of {earned}."


def _paid_with(payment: Payment) -> Iterator[str]:
    """What of it is credit, and what of that is credit again."""
    name, amount = f"payment {payment.id}", payment.amount
    if not 0 <= payment.credited.minor <= payment.credit.minor < amount.minor:
        yield f"{name}: {payment.credited} is credit again, of {payment.credit} that paid it."
    if payment.credit_reserved.minor not in (0, payment.credit.minor):
        yield f"{name}: {payment.credit_reserved} stands behind it, of {payment.credit}."
    if payment.credit.minor and payment.chargeable_back.minor < 0:
        yield f"{name}: more is back or disputed than the {payment.charged} that was charged."


def _expected_escrow(payment: Payment) -> int:
    if payment.status not in HOLDING or payment.is_released:
        return 0
    return payment.remains().held.minor
