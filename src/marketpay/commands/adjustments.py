"""Adjustments of wallets: one administrator proposes, and another decides."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, not_own, only_system
from marketpay.commands.holdings import purse_of, wallet_of
from marketpay.domain import events as e
from marketpay.domain import withdrawing
from marketpay.domain.actor import check_party
from marketpay.domain.adjustment import Adjustment, AdjustmentKind
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity, permit
from marketpay.domain.errors import Forbidden, InvalidInput, NotFound, Reason, Refused
from marketpay.domain.event import Event
from marketpay.domain.ids import AdjustmentId
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.lifecycles import ADJUSTMENT, AdjustmentStatus
from marketpay.domain.money import Money
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf, Text, above_zero
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader

REJECTED = (AdjustmentStatus.REJECTED, AdjustmentStatus.WITHDRAWN)


def _kind(value: AdjustmentKind | str) -> AdjustmentKind:
    try:
        return AdjustmentKind(value)
    except ValueError:
        raise InvalidInput(f"is one of: {', '.join(AdjustmentKind)}.", "kind") from None


@frozen(kw_only=True)
class ProposeAdjustment(Command[Adjustment]):
    """An administrator would give a contractor something, take it, or give up what they owe.

    Or take credit of a customer's that they should not have, or were paid out by hand.  Nothing
    moves until another administrator approves it.  A wallet only of who is a contractor here: who
    has one, or an account to be paid on.  Nobody adjusts what is their own;
    no wallet has points.
    """

    owner: str = field(validator=check_party)
    amount: Money = field(validator=above_zero)
    kind: AdjustmentKind = field(converter=_kind)
    reason: str = field(validator=Text(at_least=1, at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Adjustment]:
        """The adjustment on record."""
        is_of_credit = self.kind is AdjustmentKind.TAKE_CREDIT
        if not is_of_credit:
            rules.check_money(self.amount.currency, "amount")
        at, known = rules.now(), () if is_of_credit else self._known(read)
        what = "propose an adjustment"
        permit(self.by, ADJUSTMENT, ADJUSTMENT.begin.event, what)
        not_own(self.by, self.owner, what)
        waived = self._checked_credit(read, rules) if is_of_credit else self._checked(known, rules)
        proposed = Adjustment(
            id=AdjustmentId(rules.new_id("adj")),
            owner=self.owner,
            amount=self.amount,
            kind=self.kind,
            reason=self.reason,
            proposed_by=self.by.id,
            expires_at=at + rules.adjustment_lifetime,
            created_at=at,
        ).begun(at)
        adjustment = proposed.entity
        timer = Timer(TimerKind.ADJUSTMENT_EXPIRY, adjustment.id, adjustment.expires_at)
        return Decision(adjustment, changes=(proposed,), waives=waived, timers=(timer,))

    def _known(self, read: Reader) -> Sequence[Wallet | PayoutAccount]:
        """What says that the owner is a contractor here; none of it ever goes."""
        known = (
            read.find(Wallet, owner=self.owner),
            read.find(PayoutAccount, contractor=self.owner),
        )
        if not any(known):
            raise NotFound("Wallet", f"{self.amount.currency}:{self.owner}")
        return [one for found in known for one in found]

    def _checked_credit(self, read: Reader, rules: Rules) -> Sequence[Entity]:
        """No more can be taken of credit than there is; that is looked at again, too."""
        purse = purse_of(read, self.owner, self.amount.currency, rules)
        _taken(purse, self.amount, rules.now())
        return purse.unused()

    def _checked(self, known: Sequence[Wallet | PayoutAccount], rules: Rules) -> Sequence[Entity]:
        """Only what the gateway can move is given or taken, and no more is written off than owed.

        That is looked at again when it is approved.
        """
        currency = self.amount.currency
        if self.kind is not AdjustmentKind.WRITE_OFF:
            rules.limits(currency).check_step(self.amount, "amount")
            return known
        wallets = [one for one in known if isinstance(one, Wallet) and one.currency == currency]
        if not any(self.amount <= one.receivable for one in wallets):
            raise Refused(Reason.BALANCE_TOO_LOW)
        return known


@frozen(kw_only=True)
class ApproveAdjustment(Command[Adjustment]):
    """Another administrator agrees, whose own it is not: the wallet or the credit is adjusted."""

    adjustment: AdjustmentId = field(validator=IdOf("Adjustment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Adjustment]:
        """The adjustment, approved, with what it moves; never by who proposed it."""
        adjustment, at = read.get(Adjustment, self.adjustment), rules.now()
        event, what = e.AdjustmentApproved, "approve this adjustment"
        permit(self.by, ADJUSTMENT, event, what)
        if adjustment.proposed_by == self.by.id:
            raise Forbidden(self.by.id, self.by.role.value, what, "another admin")
        not_own(self.by, adjustment.owner, what)
        is_mine = adjustment.decided_by == self.by.id
        if adjustment.status is AdjustmentStatus.APPROVED and is_mine:
            return Decision(adjustment, waives=(adjustment,))
        if adjustment.is_too_late(at):
            raise Refused(Reason.ADJUSTMENT_EXPIRED)
        approved = adjustment.become(event, self.by.role, at, decided_by=self.by.id)
        if adjustment.kind is AdjustmentKind.TAKE_CREDIT:
            return _approved(approved, read, rules)
        rules.check_money(adjustment.currency, "amount")
        wallet = wallet_of(read, adjustment.owner, adjustment.currency, rules)
        is_write_off = adjustment.kind is AdjustmentKind.WRITE_OFF
        if is_write_off and adjustment.amount > wallet.receivable:
            raise Refused(Reason.BALANCE_TOO_LOW)
        entries = tuple(adjustment.entries(wallet))
        return Decision(
            approved.entity,
            changes=(wallet.adjust(entries, at), approved),
            entries=entries,
            timers=tuple(withdrawing.scheduled(wallet, rules, at)),
        )


def _approved(approved: Change[Adjustment], read: Reader, rules: Rules) -> Decision[Adjustment]:
    """It takes credit."""
    adjustment = approved.entity
    purse = purse_of(read, adjustment.owner, adjustment.currency, rules)
    after = _taken(purse, adjustment.amount, rules.now())
    return Decision(
        adjustment,
        changes=(*after.changes, approved),
        waives=after.unused(),
        entries=after.entries,
    )


def _taken(purse: Purse, amount: Money, at: datetime) -> Purse:
    """The credit with so much less of it; `Refused` where it is not that much."""
    adjusted = Account(AccountKind.ADJUSTMENT, amount.currency)
    return purse.expire(at).take_back(amount, adjusted, at)


@frozen(kw_only=True)
class RejectAdjustment(Command[Adjustment]):
    """Another administrator does not agree, or who proposed it takes it back."""

    adjustment: AdjustmentId = field(validator=IdOf("Adjustment"))
    reason: str = field(validator=Text(at_least=1, at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Adjustment]:
        """The adjustment, rejected or withdrawn; nothing moves."""
        adjustment, at = read.get(Adjustment, self.adjustment), rules.now()
        is_own = adjustment.proposed_by == self.by.id
        event: type[Event] = e.AdjustmentWithdrawn if is_own else e.AdjustmentRejected
        permit(self.by, ADJUSTMENT, event, "reject this adjustment")
        if adjustment.status in REJECTED and adjustment.decided_by == self.by.id:
            return Decision(adjustment, waives=(adjustment,))
        by = self.by
        rejected = adjustment.become(event, by.role, at, decided_by=by.id, note=self.reason)
        return Decision(rejected.entity, changes=(rejected,))


@frozen(kw_only=True)
class ExpireAdjustment(Command[Adjustment]):
    """Nobody has decided about an adjustment."""

    adjustment: AdjustmentId = field(validator=IdOf("Adjustment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Adjustment]:
        """The adjustment, expired if it still waits."""
        only_system(self.by, "expire an adjustment")
        adjustment, at = read.get(Adjustment, self.adjustment), rules.now()
        is_open = adjustment.status is AdjustmentStatus.PROPOSED
        if not is_open or not adjustment.has_expired(at):
            return Decision(adjustment, waives=(adjustment,))
        expired = adjustment.become(e.AdjustmentExpired, self.by.role, at)
        return Decision(expired.entity, changes=(expired,))
