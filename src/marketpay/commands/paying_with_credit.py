"""Paying for an offer in part with credit: what is asked of it, and what stands behind it."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen

from marketpay.commands.holdings import purse_of
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import CurrencyMismatch, MoneyError
from marketpay.domain.ledger import LedgerEntry
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class Behind:
    """What reserving credit changes; nothing, where a payment is of none."""

    changes: tuple[Change[Entity], ...] = ()
    entries: tuple[LedgerEntry, ...] = ()
    waived: tuple[Entity, ...] = ()
    timers: tuple[Timer, ...] = ()


def check_credit(price: Money, credit: Money | None) -> None:
    """Raise for credit that can never pay a part of this price, or of the first part of one."""
    if credit is None:
        return
    if credit.currency != price.currency:
        raise CurrencyMismatch(credit.currency, price.currency)
    if credit >= price:
        raise MoneyError(f"must be less than the price, {price}, and is {credit}.", "credit")


def check_charge(price: Money, credit: Money | None, rules: Rules) -> None:
    """Raise `MoneyError` unless the gateway can charge what no credit pays."""
    limits = rules.limits(price.currency)
    if credit is None:
        limits.check(price, "price")
        return
    limits.check_step(price, "price")
    limits.check(price - credit, "price less credit")


def reserved(read: Reader, payment: Payment, rules: Rules, at: datetime) -> Behind:
    """The payment's credit stands behind it; `Refused` where its customer has not so much."""
    if not payment.credit.minor:
        return Behind()
    purse = purse_of(read, payment.customer, payment.currency, rules)
    after = purse.expire(at).reserve(payment.credit, payment.id, at)
    until = Timer(TimerKind.CREDIT, payment.id, at + rules.confirm_within)
    return Behind(
        changes=after.changes, entries=after.entries, waived=after.unused(), timers=(until,)
    )
