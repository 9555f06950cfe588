"""The books against themselves: accounts, wallets, and each payment's money."""

from __future__ import annotations

from collections.abc import Iterator

from marketpay.domain.errors import NotFound
from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.payment import Payment
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Records
from marketpay.queries.batches import UNREADABLE, batches

HOLDING = (PaymentStatus.CAPTURED, PaymentStatus.CHARGED_BACK)
SPLIT = (*HOLDING, PaymentStatus.RELEASED, PaymentStatus.REFUNDED)


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
    for part in ("refunded", "disputed", "lost", "kept", "transferring", "transferred"):
        if getattr(payment, part).minor < 0:
            yield f"{name}: {part} is below zero, {getattr(payment, part)}."
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


def _expected_escrow(payment: Payment) -> int:
    if payment.status not in HOLDING or payment.is_released:
        return 0
    return payment.remains().held.minor
