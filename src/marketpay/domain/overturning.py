"""A chargeback that was lost and is won after all: everybody has again what they gave."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from marketpay.domain.chargeback import Chargeback
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, effects, move
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payment import Payment
from marketpay.domain.transferring import REVERSED
from marketpay.domain.wallet import Wallet

K = AccountKind


def regained(
    chargeback: Chargeback, payment: Payment, wallet: Wallet | None
) -> tuple[Payment, tuple[LedgerEntry, ...]]:
    """The payment without that loss, and the entries that undo it."""
    currency = payment.currency
    disputed, loss = Account(K.DISPUTED, currency), Account(K.CHARGEBACK_LOSS, currency)
    part = chargeback.covered
    after = evolve(payment, lost=payment.lost - part)
    beyond = tuple(move(disputed, loss, chargeback.lost - part, payment.id))
    if not payment.is_released or wallet is None:
        return after, (*beyond, *_into_escrow(after, part))
    entries = (*beyond, *_to_each(after, part, chargeback.borne, wallet))
    waits = _waits_again(entries, wallet)
    after = evolve(
        after,
        withheld=payment.withheld + _kept(entries, chargeback, wallet),
        clearing=payment.clearing + waits,
    )
    if after.untransferred.minor > 0 and after.transfer_blocked is None:
        after = evolve(after, transfer_blocked=REVERSED)  # a charge that was lost gives nothing
    return after, entries


def _into_escrow(payment: Payment, part: Money) -> Iterator[LedgerEntry]:
    parts, currency = payment.taken_back(part), payment.currency
    disputed = Account(K.DISPUTED, currency)
    yield from move(disputed, Account(K.ESCROW, currency), parts.held, payment.id)
    yield from move(disputed, Account(K.PLATFORM_FEE, currency), parts.platform_fee, payment.id)


def _to_each(payment: Payment, part: Money, borne: Money, wallet: Wallet) -> Iterator[LedgerEntry]:
    """The platform has again what it bore of the contractor's part, and they have the rest."""
    parts, currency = payment.taken_back(part), payment.currency
    disputed = Account(K.DISPUTED, currency)
    platform = min(borne, parts.payout)
    yield from move(disputed, Account(K.PLATFORM_FEE, currency), parts.platform_fee, payment.id)
    yield from move(disputed, Account(K.SERVICE_FEE, currency), parts.service_fee, payment.id)
    yield from move(disputed, Account(K.CHARGEBACK_LOSS, currency), platform, payment.id)
    into = K.WALLET_PENDING if payment.is_clearing else K.WALLET_AVAILABLE
    yield from wallet.credit(disputed, parts.payout - platform, payment.id, into)


def _waits_again(entries: tuple[LedgerEntry, ...], wallet: Wallet) -> Money:
    """What of it the contractor has when the clearance is over."""
    pending = wallet.account(K.WALLET_PENDING)
    return unchecked(effects(entries).get(pending, 0), wallet.currency)


def _kept(entries: tuple[LedgerEntry, ...], chargeback: Chargeback, wallet: Wallet) -> Money:
    """What of the contractor's part is not due to them now: see `Payment.withheld`.

    What their account was paid out too much is missing there, and is transferred all the same.
    """
    parts = effects(entries)
    owes = wallet.account(K.RECEIVABLE)
    collected = unchecked(-parts.get(owes, 0), wallet.currency)
    overdrawn = min(wallet.overdrawn, wallet.receivable - collected)
    gained = parts.get(Account(K.CHARGEBACK_LOSS, wallet.currency), 0)
    beyond = chargeback.lost - chargeback.covered
    borne = unchecked(-gained, wallet.currency) - beyond
    return borne + collected - (wallet.overdrawn - overdrawn)
