"""Chargebacks: what the network's news change for the payment, its parties and the books."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from attrs import evolve, frozen

from marketpay.domain import escrow, recovering
from marketpay.domain import events as e
from marketpay.domain.actor import Role
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.chargeback_finding import Finding, noted
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.event import Event
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import ChargebackStatus, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.overturning import regained
from marketpay.domain.payment import Payment
from marketpay.domain.recovering import Instead
from marketpay.domain.refunding import Held, given_back, out_of, owed, owed_again
from marketpay.domain.rules import Liability, Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.transferring import ask_again, asked_back, reversals
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawing import scheduled

C = ChargebackStatus
K = AccountKind
SYSTEM = Role.SYSTEM
DISPUTABLE: Final = (PaymentStatus.CAPTURED, PaymentStatus.RELEASED, PaymentStatus.CHARGED_BACK)


@frozen
class Step:
    """Chargeback, payment and entries after one part of the news."""

    chargeback: Chargeback
    payment: Payment
    entries: tuple[LedgerEntry, ...] = ()
    beside: tuple[Change[Entity], ...] = ()  # of the customer's credit


def follow(
    known: Chargeback,
    payment: Payment,
    held: Held,
    instead: Instead,
    news: Finding,
    rules: Rules,
    at: datetime,
) -> Decision[Chargeback]:
    """What the network says is so here too, to the cent; told again, it changes nothing."""
    found = news.after(known)
    step = _recovered(_next(known, payment, held, found, rules), known, instead, rules, at)
    after = evolve(step.chargeback, respond_by=found.respond_by)
    if after == known and known.version and found.status is known.status:
        return Decision(known, waives=(known, payment, *held.rest(), *instead.rest()))
    wallet = held.after(step.entries, at)
    there = held.there if payment.status in DISPUTABLE else Money.zero(payment.currency)
    back = tuple(reversals(step.payment, held.moves, there, rules, at))
    paid = asked_back(step.payment, back)
    changes: list[Change[Entity]] = [
        *noted(known, after, found.status, rules, at),
        *_payment_changes(payment, paid, at),
        *back,
        *step.beside,
    ]
    if wallet is not None:
        changes.append(wallet)
    entities = [change.entity for change in changes]
    latest = {one.id: one for one in entities}
    result = latest.get(known.id, known)
    assert isinstance(result, Chargeback)
    return Decision(
        result,
        changes=changes,
        relies_on=() if payment.id in latest else (payment,),
        waives=(*held.rest(*entities), *instead.rest(*entities)),
        entries=step.entries,
        timers=tuple(_again(latest.get(payment.id), wallet, instead, rules, at)),
    )


def _next(known: Chargeback, payment: Payment, held: Held, found: Finding, rules: Rules) -> Step:
    """What is found, booked."""
    moved = _moved(Step(known, payment), found)
    if found.status is C.LOST:
        return _lost(_covered(moved, known, held, Liability.PLATFORM), known, held, rules)
    if known.status is C.LOST:
        return _overturned(moved, held)
    if found.status in (C.WON, C.CLOSED):
        return _let_go(moved, held)
    return _covered(moved, known, held, rules.chargeback_liability)


def _recovered(step: Step, known: Chargeback, instead: Instead, rules: Rules, at: datetime) -> Step:
    """... with what the customer has as credit of it."""
    taken = recovering.settle(known, step.chargeback, instead, rules, at)
    entries = (*step.entries, *taken.entries)
    return Step(taken.chargeback, step.payment, entries, taken.changes)


def _again(
    payment: Entity | None,
    wallet: Change[Wallet] | None,
    instead: Instead,
    rules: Rules,
    at: datetime,
) -> Iterator[Timer]:
    """A transfer whose time came while the payment was charged back is tried again, and so is a
    refund that waited for the bank.
    """
    for refund in instead.held_back():
        yield Timer(TimerKind.REFUND, refund.id, at)
    if wallet is not None:
        yield from scheduled(wallet.entity, rules, at)
    if not isinstance(payment, Payment):
        return
    yield from ask_again(payment, rules, at)
    yield from escrow.timers(payment, at)
    if payment.clears_at is not None and not payment.disputed.minor:
        yield Timer(TimerKind.CLEARANCE, payment.id, max(payment.clears_at, at))
    if payment.is_transferable and payment.transfer_blocked is not None:
        yield Timer(TimerKind.TRANSFER_RETRY, payment.id, at)
        yield Timer(TimerKind.TRANSFER_SWEEP, payment.contractor, at)


def _moved(step: Step, found: Finding) -> Step:
    """What the network took from or gave back to the platform's balance, its fee too."""
    known, payment = step.chargeback, step.payment
    entries = (
        *_both_ways(K.DISPUTED, found.withdrawn - known.withdrawn, payment),
        *_both_ways(K.CHARGEBACK_FEE, found.fee - known.fee, payment),
    )
    after = evolve(known, withdrawn=found.withdrawn, fee=found.fee)
    return Step(after, payment, entries)


def _covered(step: Step, known: Chargeback, held: Held, liability: Liability) -> Step:
    """What was taken is the payment's matter, as far as it has anything left.

    The contractor's part of it is set aside where they bear it, as far as their wallet has it.
    """
    chargeback, payment = step.chargeback, step.payment
    taken = chargeback.withdrawn - known.withdrawn
    if taken.minor <= 0 or payment.status not in DISPUTABLE:
        return step
    newly = min(taken, payment.refundable, payment.chargeable_back)
    before = payment.gone + payment.disputed
    disputed = evolve(payment, disputed=payment.disputed + newly)
    aside: tuple[LedgerEntry, ...] = ()
    if held.wallet is not None and newly.minor and liability is Liability.CONTRACTOR:
        assert payment.split is not None  # frozen before it was captured
        part = payment.split.refund(newly, already=before).payout
        part -= owed_again(payment, part)
        aside = tuple(held.wallet.reserve(part, payment.id, payment.clearing))
    disputed = _less_waits(disputed, aside)
    reserved = chargeback.reserved + _sum(aside, payment.currency)
    after = evolve(chargeback, covered=chargeback.covered + newly, reserved=reserved)
    return Step(after, disputed, (*step.entries, *aside))


def _lost(step: Step, known: Chargeback, held: Held, rules: Rules) -> Step:
    """The money is gone: each part gives what it got, and the platform what nobody has."""
    chargeback, payment = step.chargeback, step.payment
    zero = Money.zero(payment.currency)
    part = chargeback.covered - (known.covered if known.status is C.LOST else zero)
    settled = evolve(payment, disputed=payment.disputed - part)
    entries: list[LedgerEntry] = []
    if _is_platforms(settled, rules):
        entries += _borne_by_platform(settled, part)
    else:
        entries += given_back(settled, part, K.DISPUTED, held.wallet, chargeback.reserved)
    newly = chargeback.withdrawn - chargeback.lost
    loss, disputed = (Account(k, payment.currency) for k in (K.CHARGEBACK_LOSS, K.DISPUTED))
    entries += move(loss, disputed, newly - part, payment.id)
    settled = _less_waits(settled, entries)
    used = out_of(K.WALLET_RESERVED, entries, payment.currency)
    if held.wallet is not None and used < chargeback.reserved:
        settled, freed = _freed(settled, chargeback.reserved - used, held.wallet)
        entries += freed
    kept = _kept(entries, settled, part, rules)
    borne = chargeback.borne + (kept if _is_platforms(settled, rules) else zero)
    after = evolve(chargeback, lost=chargeback.withdrawn, borne=borne, reserved=zero)
    settled = evolve(settled, lost=payment.lost + part, withheld=payment.withheld - kept)
    return Step(after, settled, (*step.entries, *entries))


def _kept(entries: list[LedgerEntry], payment: Payment, part: Money, rules: Rules) -> Money:
    """What of the contractor's part is not taken from them now: they owe it, or never will."""
    if _is_platforms(payment, rules):
        return payment.taken_back(part).payout
    return owed(entries, payment.currency)


def _is_platforms(payment: Payment, rules: Rules) -> bool:
    """Whether the platform bears the contractor's part."""
    return payment.is_released and rules.chargeback_liability is Liability.PLATFORM


def _borne_by_platform(payment: Payment, part: Money) -> Iterator[LedgerEntry]:
    """The fees give what they got, and the platform the contractor's part."""
    parts, currency = payment.taken_back(part), payment.currency
    disputed = Account(K.DISPUTED, currency)
    yield from move(Account(K.PLATFORM_FEE, currency), disputed, parts.platform_fee, payment.id)
    yield from move(Account(K.SERVICE_FEE, currency), disputed, parts.service_fee, payment.id)
    yield from move(Account(K.CHARGEBACK_LOSS, currency), disputed, parts.payout, payment.id)


def _let_go(step: Step, held: Held) -> Step:
    """Nothing is lost: what was set aside is the contractor's again."""
    chargeback, payment = step.chargeback, step.payment
    zero = Money.zero(payment.currency)
    freed: tuple[LedgerEntry, ...] = ()
    settled = evolve(payment, disputed=payment.disputed - chargeback.covered)
    if chargeback.reserved.minor and held.wallet is not None:
        settled, freed = _freed(settled, chargeback.reserved, held.wallet)
    after = evolve(chargeback, covered=zero, reserved=zero)
    return Step(after, settled, (*step.entries, *freed))


def _freed(
    payment: Payment, amount: Money, wallet: Wallet
) -> tuple[Payment, tuple[LedgerEntry, ...]]:
    """What was set aside is where it was: it waits again, where the clearance is not over."""
    kind = K.WALLET_PENDING if payment.is_clearing else K.WALLET_AVAILABLE
    after = evolve(payment, clearing=payment.clearing + amount) if payment.is_clearing else payment
    source = wallet.account(K.WALLET_RESERVED)
    return after, tuple(move(source, wallet.account(kind), amount, payment.id))


def _less_waits(payment: Payment, entries: Iterable[LedgerEntry]) -> Payment:
    """What the entries took of what waited for a clearance waits no longer."""
    taken = out_of(K.WALLET_PENDING, entries, payment.currency)
    return evolve(payment, clearing=payment.clearing - taken)


def _overturned(step: Step, held: Held) -> Step:
    """It is won after all: what everybody gave is theirs again."""
    zero = Money.zero(step.payment.currency)
    payment, entries = regained(step.chargeback, step.payment, held.wallet)
    after = evolve(step.chargeback, covered=zero, lost=zero, borne=zero)
    return Step(after, payment, (*step.entries, *entries))


def _payment_changes(before: Payment, after: Payment, at: datetime) -> Iterator[Change[Entity]]:
    if after == before:
        return
    names = ("disputed", "lost", "withheld", "clearing", "transferred", "transfer_blocked")
    fields = {name: getattr(after, name) for name in names}
    payment = before
    if payment.status in (PaymentStatus.CAPTURED, PaymentStatus.RELEASED):
        taken = payment.become(e.PaymentChargedBack, SYSTEM, at, **fields)
        yield taken
        payment = taken.entity
        if payment.disputed.minor:
            return
    event: type[Event] = e.PaymentChargebackChanged
    is_left = after.gone < after.amount or (after.due + after.clearing).minor > 0
    if not after.disputed.minor and is_left:
        event = e.PaymentReleasedAgain if after.is_released else e.PaymentHeldAgain
    yield payment.become(event, SYSTEM, at, **fields)


def _both_ways(kind: AccountKind, change: Money, payment: Payment) -> Iterator[LedgerEntry]:
    """From the processor to `kind`, or back where the change is below zero."""
    account = Account(kind, payment.currency)
    processor = Account(K.PROCESSOR, payment.currency)
    if change.minor > 0:
        yield from move(account, processor, change, payment.id)
    else:
        yield from move(processor, account, -change, payment.id)


def _sum(entries: tuple[LedgerEntry, ...], currency: str) -> Money:
    total = Money.zero(currency)
    for entry in entries:
        total += entry.amount
    return total
