"""Spending credit: what goes first, what is reserved, and what has expired.

What an offer reserves is taken from no grant until it is captured: so it is clear what comes
back where the offer comes to nothing.  As much as is reserved is kept from expiring.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from attrs import evolve, frozen

from marketpay.domain.credit import Credit
from marketpay.domain.credit_events import CreditGrantEvent, CreditGrantExpired, CreditGrantUsed
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import PaymentId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, move
from marketpay.domain.money import Money

K = AccountKind
NEVER: Final = datetime.max.replace(tzinfo=UTC)


@frozen(kw_only=True)
class Purse:
    """A customer's credit with the grants of which anything is left.

    What is left of them and what is lasting sum to all that there is.  They change only together
    with the credit: whoever has its version has theirs.
    """

    credit: Credit
    grants: Sequence[CreditGrant]

    # What brought it to where it is.
    changes: tuple[Change[Entity], ...] = ()
    entries: tuple[LedgerEntry, ...] = ()

    @property
    def available(self) -> Money:
        """What can be spent, once what has expired is taken out."""
        return self.credit.available

    def expire(self, at: datetime) -> Purse:
        """What has expired is gone, but for as much as is reserved."""
        zero = Money.zero(self.credit.currency)
        over = [one for one in self._in_order() if one.has_expired(at)]
        amount = max(sum((one.remaining for one in over), zero) - self.credit.reserved, zero)
        promotion = Account(K.PROMOTION, self.credit.currency)
        entries = tuple(move(self.credit.account(K.CREDIT_AVAILABLE), promotion, amount, None))
        return self._taken(amount, over, CreditGrantExpired, entries, at)

    def reserve(self, amount: Money, payment: PaymentId, at: datetime) -> Purse:
        """So much stands behind an offer; `Refused` where there is less."""
        if amount > self.available:
            raise Refused(Reason.CREDIT_TOO_LOW)
        return self._set(K.CREDIT_AVAILABLE, K.CREDIT_RESERVED, amount, payment, at)

    def free(self, amount: Money, payment: PaymentId, at: datetime) -> Purse:
        """So much no longer does; what of it has expired meanwhile is gone at once."""
        freed = self._set(K.CREDIT_RESERVED, K.CREDIT_AVAILABLE, amount, payment, at)
        return freed.expire(at)

    def spend(
        self,
        amount: Money,
        kind: AccountKind,
        into: Account,
        payment: PaymentId | None,
        at: datetime,
    ) -> Purse:
        """So much of what is available or reserved goes `into` somewhere else."""
        entries = tuple(move(self.credit.account(kind), into, amount, payment))
        return self._taken(amount, self._in_order(), CreditGrantUsed, entries, at)

    def redeem(self, points: Money, at: datetime) -> Purse:
        """So many points are given up; `Refused` where there are fewer."""
        if points > self.available:
            raise Refused(Reason.CREDIT_TOO_LOW)
        promotion = Account(K.PROMOTION, self.credit.currency)
        return self.spend(points, K.CREDIT_AVAILABLE, promotion, None, at)

    def take_back(self, amount: Money, into: Account, at: datetime) -> Purse:
        """So much of what is available is no longer the customer's; `Refused` where it is less.

        What was given goes first, what expires last before the rest, and then what was refunded:
        so that nothing which lasts turns into what expires.
        """
        if amount > self.available:
            raise Refused(Reason.CREDIT_TOO_LOW)
        entries = tuple(move(self.credit.account(K.CREDIT_AVAILABLE), into, amount, None))
        latest_first = self._in_order()[::-1]
        return self._taken(amount, latest_first, CreditGrantUsed, entries, at)

    def recover(
        self, amount: Money, into: Account, payment: PaymentId | None, at: datetime
    ) -> Purse:
        """So much of what is available had been refunded, and the customer got it otherwise.

        What lasts goes first, as it came; then what was given, as when it is spent.
        """
        entries = tuple(move(self.credit.account(K.CREDIT_AVAILABLE), into, amount, payment))
        first = min(amount, self.credit.lasting)
        lasting, rest = self.credit.lasting - first, amount - first
        return self._taken(rest, self._in_order(), CreditGrantUsed, entries, at, lasting)

    def give_back(
        self,
        amount: Money,
        source: Account,
        payment: PaymentId | None,
        at: datetime,
        expiring: CreditGrant | None = None,
    ) -> Purse:
        """So much comes from `source`; it never expires, but for what is `expiring` of it."""
        target = self.credit.account(K.CREDIT_AVAILABLE)
        entries = tuple(move(source, target, amount, payment))
        if expiring is None:
            return self._posted(entries, self.credit.lasting + amount, at)
        lasting = self.credit.lasting + amount - expiring.amount
        return self._posted(entries, lasting, at)._with(expiring, at).expire(at)

    def expiring_since(self, before: Purse) -> tuple[Money, datetime | None]:
        """How much less there is of grants with a date, and the last of the dates."""
        left = {one.id: one.remaining for one in self.grants}
        dated = [(one, one.expires_at) for one in before.grants if one.expires_at is not None]
        used = [(one.remaining - left[one.id], date) for one, date in dated]
        amount = sum((part for part, _ in used), Money.zero(self.credit.currency))
        return amount, max((date for part, date in used if part.minor), default=None)

    def grant(self, grant: CreditGrant, at: datetime) -> Purse:
        """The platform gives the customer something."""
        promotion = Account(K.PROMOTION, self.credit.currency)
        target = self.credit.account(K.CREDIT_AVAILABLE)
        entries = tuple(move(promotion, target, grant.amount, grant.payment))
        return self._posted(entries, self.credit.lasting, at)._with(grant, at)

    def unused(self, *others: Entity) -> tuple[Entity, ...]:
        """What of it was read and has not changed, here or among `others`."""
        ids = {change.entity.id for change in self.changes} | {one.id for one in others}
        read = (self.credit, *self.grants)
        return tuple(one for one in read if one.version and one.id not in ids)

    def _with(self, grant: CreditGrant, at: datetime) -> Purse:
        return evolve(self, grants=(*self.grants, grant), changes=(*self.changes, grant.made(at)))

    def _in_order(self) -> list[CreditGrant]:
        """What expires first goes first, then what is older."""
        return sorted(self.grants, key=lambda one: (one.expires_at or NEVER, one.id))

    def _set(
        self,
        source: AccountKind,
        target: AccountKind,
        amount: Money,
        payment: PaymentId,
        at: datetime,
    ) -> Purse:
        ends = self.credit.account(source), self.credit.account(target)
        return self._posted(tuple(move(*ends, amount, payment)), self.credit.lasting, at)

    def _taken(
        self,
        amount: Money,
        grants: Sequence[CreditGrant],
        event: type[CreditGrantEvent],
        entries: tuple[LedgerEntry, ...],
        at: datetime,
        lasting: Money | None = None,
    ) -> Purse:
        """As the entries say, out of these grants in their order, and then of what lasts.

        `lasting`: what of that is left, where some of it went first.
        """
        used = tuple(_out_of(grants, amount, event, at))
        by_id = {change.entity.id: change.entity for change in used}
        left = sum((one.remaining for one in grants), Money.zero(amount.currency))
        lasting = self.credit.lasting if lasting is None else lasting
        lasting -= max(amount - left, Money.zero(amount.currency))
        posted = self._posted(entries, lasting, at)
        after = tuple(by_id.get(one.id, one) for one in self.grants)
        return evolve(posted, grants=after, changes=(*posted.changes, *used))

    def _posted(self, entries: tuple[LedgerEntry, ...], lasting: Money, at: datetime) -> Purse:
        if not entries:
            return self
        posted = self.credit.post(entries, lasting, at)
        return evolve(
            self,
            credit=posted.entity,
            changes=(*self.changes, posted),
            entries=(*self.entries, *entries),
        )


def _out_of(
    grants: Sequence[CreditGrant], amount: Money, event: type[CreditGrantEvent], at: datetime
) -> Iterator[Change[CreditGrant]]:
    for one in grants:
        taken = min(one.remaining, amount)
        if taken.minor:
            yield one.less(taken, event, at)
            amount -= taken
