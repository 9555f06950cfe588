"""Dividing what is left of a payment: between its customer, its contractor and the platform."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve, frozen

from marketpay.domain import events as e
from marketpay.domain import refunding
from marketpay.domain.actor import Role
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.refunding import Held
from marketpay.domain.releasing import release
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.domain.timer import Timer
from marketpay.domain.wallet import Wallet

SYSTEM = Role.SYSTEM


@frozen(kw_only=True)
class Divided:
    """A payment of which nothing is left to be divided, with all that follows."""

    payment: Payment
    refund: Refund | None
    changes: Sequence[Change[Entity]]
    entries: tuple[LedgerEntry, ...]
    operations: Sequence[PaymentTransaction]
    timers: tuple[Timer, ...]

    @classmethod
    def nothing(cls, payment: Payment) -> Divided:
        """The payment as it is."""
        return cls(payment=payment, refund=None, changes=(), entries=(), operations=(), timers=())

    def after(self, wallet: Wallet) -> Wallet:
        """The contractor's wallet as it leaves it."""
        for change in self.changes:
            if isinstance(change.entity, Wallet):
                wallet = change.entity
        return wallet


@frozen(kw_only=True)
class Parties:
    """What has to be read of a payment's contractor, before any of it can be given to them."""

    held: Held
    wallet: Wallet
    accounts: Sequence[PayoutAccount]

    def unused(self, *changed: Entity) -> tuple[Entity, ...]:
        """Those of them that were read and are not `changed`."""
        is_touched = any(one.id == self.wallet.id for one in changed)
        wallet = () if is_touched or not self.wallet.version else (self.wallet,)
        return (*self.held.rest(*changed), *wallet, *self.accounts)


def divide_all(
    parts: Sequence[tuple[Payment, Shares]],
    parties: Parties,
    by: Role,
    rules: Rules,
    at: datetime,
    reason: str = "",
) -> list[Divided]:
    """Each of some payments of one deal, one after the other."""
    done: list[Divided] = []
    for payment, shares in parts:
        one = divide(payment, shares, parties, by, rules, at, reason)
        parties = evolve(parties, wallet=one.after(parties.wallet))
        done.append(one)
    return done


def divide(
    payment: Payment,
    shares: Shares,
    parties: Parties,
    by: Role,
    rules: Rules,
    at: datetime,
    reason: str = "",
) -> Divided:
    """A refund of the customer's share first, then a release of the rest.

    `shares` sum to what is left of the payment, or it is a `ConfigurationError`: money would be
    left for nobody, or given that is not there.  What was released already stays where it is, but
    for the customer's share.
    """
    if shares.total != payment.refundable:
        raise ConfigurationError(
            f"{shares.total} of {payment.id} is divided, and {payment.refundable} is left."
        )
    done = Divided.nothing(payment)
    if shares.to_customer.minor:
        done = _refunded(done, shares.to_customer, parties.held, by, rules, at, reason)
    if payment.is_released:
        return done
    if shares.kept.minor:
        done = _kept(done, shares.kept, at)
    if shares.kept.minor or shares.to_contractor.minor:
        done = _released(done, parties, rules, at)
    return done


def _refunded(
    done: Divided, amount: Money, held: Held, by: Role, rules: Rules, at: datetime, reason: str
) -> Divided:
    begun = refunding.begin(done.payment, amount, held, by, rules, at, reason)
    sent = refunding.sent(begun, rules, at)
    return Divided(
        payment=begun.payment,
        refund=begun.refund,
        changes=(*begun.changes, *sent),
        entries=begun.entries,
        operations=tuple(change.entity for change in sent),
        timers=begun.timers,
    )


def _kept(done: Divided, amount: Money, at: datetime) -> Divided:
    """Its platform fee is earned already; what is held of it becomes a fee, too."""
    paid, currency = done.payment, done.payment.currency
    held = paid.taken_back(amount).held
    changed = paid.become(e.PaymentFeeKept, SYSTEM, at, kept=paid.kept + amount)
    escrow, fee = Account(AccountKind.ESCROW, currency), AccountKind.CANCELLATION_FEE
    entries = tuple(move(escrow, Account(fee, currency), held, paid.id))
    return evolve(
        done,
        payment=changed.entity,
        changes=(*done.changes, changed),
        entries=(*done.entries, *entries),
    )


def _released(done: Divided, parties: Parties, rules: Rules, at: datetime) -> Divided:
    released = release(done.payment, parties.wallet, parties.accounts, SYSTEM, rules, at)
    return evolve(
        done,
        payment=released.payment,
        changes=(*done.changes, *released.changes),
        entries=(*done.entries, *released.entries),
        timers=(*done.timers, *released.timers),
    )
