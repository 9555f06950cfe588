"""Paying back what was paid for an upgrade: the upgrade is the shorter for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from attrs import frozen

from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.entity import Change, Entity
from marketpay.domain.ids import TransactionId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import UpgradeStatus
from marketpay.domain.money import Money
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.sale import Sale
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.upgrade import Upgrade

K = AccountKind


@frozen(kw_only=True)
class TakenBack:
    """A sale of which some was taken back, with all that follows for its upgrade."""

    upgrade: Upgrade
    changes: tuple[Change[Entity], ...]
    entries: tuple[LedgerEntry, ...]
    timers: tuple[Timer, ...]
    waives: tuple[Entity, ...]


def take_back(sale: Sale, upgrade: Upgrade, amount: Money, by: Role, at: datetime) -> TakenBack:
    """The upgrade ends earlier by what `amount` had paid for, and at once where that is all."""
    changes: list[Change[Entity]] = [sale.refund(amount, at)] if amount.minor else []
    timers: tuple[Timer, ...] = ()
    after, is_active = upgrade, upgrade.status is UpgradeStatus.ACTIVE and amount.minor
    if is_active:
        until = upgrade.expires_at - sale.days_for(amount)
        if until <= at:
            ended = upgrade.become(e.UpgradeRevoked, by, at)
        else:
            ended = upgrade.become(e.UpgradeShortened, by, at, expires_at=until)
            timers = (Timer(TimerKind.UPGRADE_END, upgrade.id, until),)
        after = ended.entity
        changes.insert(0, ended)
    income, transit = _account(K.UPGRADE, sale), _account(K.REFUNDS_IN_TRANSIT, sale)
    return TakenBack(
        upgrade=after,
        changes=tuple(changes),
        entries=tuple(move(income, transit, amount, None)),
        timers=timers,
        waives=(*(() if is_active else (upgrade,)), *(() if amount.minor else (sale,))),
    )


def operation(
    sale: Sale, amount: Money, rules: Rules, at: datetime, due_at: datetime
) -> Change[PaymentTransaction]:
    """What asks the gateway to pay back, of whichever charge its `group` names."""
    return PaymentTransaction(
        id=TransactionId(rules.new_id("ptx")),
        payment=None,
        kind=TransactionKind.REFUND,
        amount=amount,
        party=sale.customer,
        group=sale.charge,
        target=sale.gateway_payment,
        due_at=due_at,
        sent_at=at,
        created_at=at,
    ).begun(at)


def left_processor(refund: PaymentTransaction) -> Iterator[LedgerEntry]:
    """The money leaves the platform's balance."""
    yield from move(
        _of(K.REFUNDS_IN_TRANSIT, refund), _of(K.PROCESSOR, refund), refund.amount, None
    )


def came_back(refund: PaymentTransaction) -> Iterator[LedgerEntry]:
    """... and is there again."""
    yield from move(
        _of(K.PROCESSOR, refund), _of(K.REFUNDS_IN_TRANSIT, refund), refund.amount, None
    )


def kept_as_credit(refund: PaymentTransaction) -> Iterator[LedgerEntry]:
    """The customer has it here, since they cannot have it there."""
    credit = Account(K.CREDIT_AVAILABLE, refund.currency, refund.party)
    yield from move(_of(K.REFUNDS_IN_TRANSIT, refund), credit, refund.amount, None)


def borne(refund: PaymentTransaction, excess: Money) -> Iterator[LedgerEntry]:
    """What went back although nothing of the sale was left is the platform's loss."""
    yield from move(_of(K.BAD_DEBT, refund), _of(K.REFUNDS_IN_TRANSIT, refund), excess, None)


def _account(kind: AccountKind, sale: Sale) -> Account:
    return Account(kind, sale.amount.currency)


def _of(kind: AccountKind, refund: PaymentTransaction) -> Account:
    return Account(kind, refund.currency)
