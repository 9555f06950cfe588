"""Paying back what was paid for an upgrade: the upgrade is the shorter for it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import evolve, frozen

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
from marketpay.domain.settlement import DISPUTED
from marketpay.domain.spending import Purse
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.upgrade import Upgrade

K = AccountKind


@frozen(kw_only=True)
class Sold:
    """An upgrade with everything that was paid for it, before some of it is paid back."""

    upgrade: Upgrade
    sale: Sale
    others: Sequence[Sale]  # of the same upgrade


@frozen(kw_only=True)
class SoldBack:
    """What follows for the upgrade and the books when some of a sale is paid back."""

    upgrade: Upgrade
    changes: tuple[Change[Entity], ...]
    entries: tuple[LedgerEntry, ...]
    timers: tuple[Timer, ...]
    waives: tuple[Entity, ...]


def sell_back(sold: Sold, amount: Money, by: Role, at: datetime, **more: Money) -> SoldBack:
    """The upgrade ends earlier by what `amount` had paid for and is still to come.

    At once, where nothing is left.  The days of other purchases stay as many as they were.
    """
    upgrade, sale = sold.upgrade, sold.sale
    is_active = upgrade.status is UpgradeStatus.ACTIVE
    taken = sale.time_for(amount, at) if is_active else timedelta()
    changes: list[Change[Entity]] = [sale.refund(amount, taken, at, **more)]
    timers: tuple[Timer, ...] = ()
    after = upgrade
    if taken:
        until = upgrade.expires_at - taken
        if until <= at:
            ended = upgrade.become(e.UpgradeRevoked, by, at)
        else:
            ended = upgrade.become(e.UpgradeShortened, by, at, expires_at=until)
            timers = (Timer(TimerKind.UPGRADE_END, upgrade.id, until),)
        after = ended.entity
        later = [one for one in sold.others if one.starts_at >= sale.ends_at]
        changes = [ended, *changes, *(one.move(taken, at) for one in later)]
    used = {change.entity.id for change in changes}
    income, transit = _of(K.UPGRADE, sale), _of(K.REFUNDS_IN_TRANSIT, sale)
    return SoldBack(
        upgrade=after,
        changes=tuple(changes),
        entries=tuple(move(income, transit, amount, None)),
        timers=timers,
        waives=tuple(one for one in (upgrade, *sold.others) if one.id not in used),
    )


def sold_back_elsewhere(sold: Sold, amount: Money, purse: Purse, at: datetime) -> SoldBack:
    """So much went back, and nobody here had asked.

    It stands first for what had failed: the customer's credit for that is taken over, as far as
    it is still there.  Then it is taken from the sale; the rest is the platform's loss.
    """
    sale, transit, purse = sold.sale, _of(K.REFUNDS_IN_TRANSIT, sold.sale), purse.expire(at)
    instead = min(amount, sale.credited)
    new, left = min(amount - instead, sale.refundable), min(instead, purse.available)
    taken = purse.recover(left, transit, None, at)
    excess = amount - new - left
    amounts = {"credited": sale.credited - instead, "excess": sale.excess + excess}
    back = sell_back(sold, new, Role.SYSTEM, at, **amounts)
    loss = tuple(move(_of(K.BAD_DEBT, sale), transit, excess, None))
    return evolve(
        back,
        changes=(*back.changes, *taken.changes),
        entries=(*back.entries, *taken.entries, *loss),
        waives=(*back.waives, *taken.unused()),
    )


@frozen(kw_only=True)
class Kept:
    """What follows when so much that was to go back did not, or is there again."""

    changes: tuple[Change[Entity], ...]
    entries: tuple[LedgerEntry, ...]
    waives: tuple[Entity, ...]


def kept(sale: Sale, refund: PaymentTransaction, code: str, purse: Purse, at: datetime) -> Kept:
    """What the platform had borne is set off first: the customer got that at the gateway.

    The customer has the rest here, since they cannot have it there.  But not while their bank
    may give it to them: then it stays paid until somebody has looked.
    """
    transit, income = _of(K.REFUNDS_IN_TRANSIT, sale), _of(K.UPGRADE, sale)
    borne = min(refund.amount, sale.excess)
    rest, excess = refund.amount - borne, sale.excess - borne
    entries = tuple(move(transit, _of(K.BAD_DEBT, sale), borne, None))
    if sale.is_contested or code == DISPUTED:
        stays = sale.fail(at, excess=excess, refunded=sale.refunded - rest)
        entries = (*entries, *move(transit, income, rest, None))
        return Kept(changes=(stays,), entries=entries, waives=purse.unused())
    given = purse.give_back(rest, transit, None, at)
    failed = sale.fail(at, excess=excess, credited=sale.credited + rest)
    return Kept(
        changes=(failed, *given.changes),
        entries=(*entries, *given.entries),
        waives=given.unused(),
    )


def operation(
    sale: Sale, amount: Money, rules: Rules, at: datetime, due_at: datetime
) -> Change[PaymentTransaction]:
    """What asks the gateway to pay back; by its `group` it is known whose refund it is."""
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


def left_processor(refund: PaymentTransaction) -> tuple[LedgerEntry, ...]:
    """The money leaves the platform's balance."""
    ends = _of(K.REFUNDS_IN_TRANSIT, refund), _of(K.PROCESSOR, refund)
    return tuple(move(*ends, refund.amount, None))


def came_back(refund: PaymentTransaction) -> tuple[LedgerEntry, ...]:
    """... and is there again."""
    ends = _of(K.PROCESSOR, refund), _of(K.REFUNDS_IN_TRANSIT, refund)
    return tuple(move(*ends, refund.amount, None))


def _of(kind: AccountKind, of: Sale | PaymentTransaction) -> Account:
    return Account(kind, of.currency)
