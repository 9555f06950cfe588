"""Refunds: what each party gives back, and what follows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import evolve, frozen

from marketpay.domain import events as e
from marketpay.domain import operations
from marketpay.domain.actor import Role
from marketpay.domain.credit_grant import CreditGrant, GrantSource
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import CreditGrantId, RefundId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.paying_back import give_back
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse
from marketpay.domain.timer import Timer
from marketpay.domain.transferring import ask_again, asked_back, reversals
from marketpay.domain.wallet import Wallet


@frozen(kw_only=True)
class Held:
    """What a refund or a loss may have to be taken from, besides the payment itself."""

    wallet: Wallet | None  # the contractor's, once the payment is released
    moves: Sequence[PaymentTransaction]  # its transfers and reversals
    there: Money  # what lies on the contractor's account at the gateway
    purse: Purse | None = None  # the customer's, where credit paid some of it
    refunds: Sequence[Refund] = ()  # ... and what was refunded of it

    @classmethod
    def nothing(cls, currency: str) -> Held:
        """Of a payment that is in escrow, and that no credit paid."""
        return cls(wallet=None, moves=(), there=Money.zero(currency))

    def after(self, entries: tuple[LedgerEntry, ...], at: datetime) -> Change[Wallet] | None:
        """The wallet, if entries touch it."""
        wallet = self.wallet
        if wallet is None or not any(wallet.owner in _owners(entry) for entry in entries):
            return None
        return wallet.post(entries, at)

    def rest(self, *changed: Entity) -> tuple[Entity, ...]:
        """Those of them that were read and are not `changed`."""
        ids = {entity.id for entity in changed}
        purse = self.purse.unused() if self.purse else ()
        wallet = (self.wallet,) if self.wallet and self.wallet.version else ()
        read = (*self.moves, *wallet, *purse, *self.refunds)
        return tuple(entity for entity in read if entity.id not in ids)


@frozen
class Begun:
    """A refund that is on record."""

    payment: Payment
    refund: Refund
    changes: Sequence[Change[Entity]]
    entries: tuple[LedgerEntry, ...]
    timers: tuple[Timer, ...]


def check_refundable(payment: Payment, amount: Money) -> None:
    """Raise `Refused` unless so much of a payment can be asked back now."""
    if payment.status is PaymentStatus.CHARGED_BACK and payment.disputed.minor:
        raise Refused(Reason.CHARGEBACK_OPEN)
    if payment.status not in (PaymentStatus.CAPTURED, PaymentStatus.RELEASED):
        raise Refused(Reason.NOT_REFUNDABLE)
    if amount > payment.refundable:
        raise Refused(Reason.NOT_REFUNDABLE)


def begin(
    payment: Payment,
    amount: Money,
    held: Held,
    by: Role,
    rules: Rules,
    at: datetime,
    reason: str = "",
) -> Begun:
    """The parts give back what they got, and what lies with the contractor is asked back.

    What the charge cannot give back is the customer's credit again, at once.
    """
    entries = tuple(given_back(payment, amount, AccountKind.REFUNDS_IN_TRANSIT, held.wallet))
    withheld = payment.withheld - owed(entries, payment.currency)
    clearing = payment.clearing - out_of(AccountKind.WALLET_PENDING, entries, payment.currency)
    refunded, credit = payment.refunded + amount, payment.as_credit(amount)
    after = evolve(payment, refunded=refunded, withheld=withheld, clearing=clearing)
    wallet = held.after(entries, at)
    back = tuple(reversals(after, held.moves, held.there, rules, at))
    left = asked_back(after, back).transferred
    asked = payment.become(
        e.PaymentRefundRequested,
        by,
        at,
        refunded=refunded,
        credited=payment.credited + credit,
        withheld=withheld,
        clearing=clearing,
        transferred=left,
    )
    refund = _new(payment, amount, credit, reason, rules, at)
    changes: list[Change[Entity]] = [asked, refund.begun(at), *back]
    if wallet is not None:
        changes.append(wallet)
    timers = tuple(ask_again(asked.entity, rules, at))
    begun = Begun(asked.entity, refund, changes=changes, entries=entries, timers=timers)
    return _credited(begun, held, rules, at) if credit.minor else begun


def _credited(begun: Begun, held: Held, rules: Rules, at: datetime) -> Begun:
    """What no charge gives back is credit again; if that is all of it, the refund is through."""
    refund = begun.refund
    assert held.purse is not None  # it was read for who paid with it
    transit = Account(AccountKind.REFUNDS_IN_TRANSIT, refund.currency)
    grant = _expiring(begun.payment, refund, held.purse, rules, at)
    purse = held.purse.give_back(refund.credit, transit, refund.payment, at, grant)
    begun = evolve(
        begun,
        changes=(*begun.changes, *purse.changes),
        entries=(*begun.entries, *purse.entries),
        timers=(*begun.timers, *(grant.timers() if grant else ())),
    )
    if refund.charged.minor:
        return begun
    arrived = refund.become(e.RefundSucceeded, Role.SYSTEM, at)
    through = give_back(begun.payment, held.refunds, at)
    return evolve(
        begun,
        payment=through.entity,
        refund=arrived.entity,
        changes=(*begun.changes, arrived, through),
    )


def _expiring(
    payment: Payment, refund: Refund, purse: Purse, rules: Rules, at: datetime
) -> CreditGrant | None:
    """What grants with a date had paid of it can be spent until then, and no longer."""
    amount = payment.expiring(refund.credit)
    if not amount.minor:
        return None
    return CreditGrant(
        id=CreditGrantId(rules.new_id("grt")),
        credit=purse.credit.id,
        customer=purse.credit.customer,
        amount=amount,
        remaining=amount,
        source=GrantSource.REFUND,
        expires_at=payment.credit_expires_at,
        created_at=at,
    )


def _new(
    payment: Payment, amount: Money, credit: Money, reason: str, rules: Rules, at: datetime
) -> Refund:
    return Refund(
        id=new_id(rules),
        payment=payment.id,
        customer=payment.customer,
        amount=amount,
        credit=credit,
        reason=reason,
        created_at=at,
    )


def new_id(rules: Rules) -> RefundId:
    """Of a refund that is not yet on record."""
    return RefundId(rules.new_id("ref"))


def sent(begun: Begun, rules: Rules, at: datetime) -> tuple[Change[PaymentTransaction], ...]:
    """The operation that asks the gateway for it, at once; none, if it is all credit."""
    if not begun.refund.charged.minor:
        return ()
    return (operations.refund(begun.payment, begun.refund, rules, at),)


def given_back(
    payment: Payment,
    amount: Money,
    into: AccountKind,
    wallet: Wallet | None,
    reserved: Money | None = None,
) -> Iterator[LedgerEntry]:
    """Each part of the frozen split gives back its part of `amount`, from wherever it is now."""
    parts, currency = payment.taken_back(amount), payment.currency
    target = Account(into, currency)
    platform = Account(AccountKind.PLATFORM_FEE, currency)
    if not payment.is_released:
        escrow = Account(AccountKind.ESCROW, currency)
        yield from move(escrow, target, parts.held, payment.id)
        yield from move(platform, target, parts.platform_fee, payment.id)
        return
    service = Account(AccountKind.SERVICE_FEE, currency)
    yield from move(platform, target, parts.platform_fee, payment.id)
    yield from move(service, target, parts.service_fee, payment.id)
    if parts.payout.minor:
        assert wallet is not None  # who was paid has one
        again = owed_again(payment, parts.payout)
        yield from move(wallet.account(AccountKind.RECEIVABLE), target, again, payment.id)
        taken, waits = parts.payout - again, payment.clearing
        yield from wallet.charge(taken, target, payment.id, reserved, waits)


def owed_again(payment: Payment, part: Money) -> Money:
    """What of the contractor's `part` had only paid an older debt, which is owed again."""
    left = payment.remains().payout - part
    return min(part, max(payment.withheld - left, Money.zero(payment.currency)))


def owed(entries: Iterable[LedgerEntry], currency: str) -> Money:
    """What of it the contractor does not give now, and owes: it stays due to them until then."""
    return out_of(AccountKind.RECEIVABLE, entries, currency)


def out_of(kind: AccountKind, entries: Iterable[LedgerEntry], currency: str) -> Money:
    """What the entries debit to accounts of a kind."""
    total = Money.zero(currency)
    for entry in entries:
        if entry.debit.kind is kind:
            total += entry.amount
    return total


def _owners(entry: LedgerEntry) -> tuple[str, str]:
    return entry.debit.owner, entry.credit.owner
