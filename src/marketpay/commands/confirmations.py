"""Holds that their customers should confirm, and do not in time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.domain import charging, settlement
from marketpay.domain.deal import Deal
from marketpay.domain.decision import Decision
from marketpay.domain.ids import PaymentId
from marketpay.domain.lifecycles import PaymentStatus, TransactionStatus
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader

NOT_CONFIRMED: Final = "not_confirmed"  # the failure of a hold that nobody confirmed in time


@frozen(kw_only=True)
class ExpireConfirmation(Command[Payment]):
    """A customer has not confirmed an extra, a tip or a milestone's payment: it has failed.

    After `Rules.confirm_within`.  Its hold is let go, also where they confirm it at this moment;
    a milestone can be funded anew.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment, failed; as it is, if nobody waits for its customer any more."""
        only_system(self.by, "expire a confirmation")
        deal = read.deal(payment=self.payment)
        payment = deal.payment(self.payment)
        if payment.status is not PaymentStatus.AWAITING_CONFIRMATION:
            return Decision(payment, waives=deal.rest())
        return unconfirmed(deal, payment, TimerKind.CONFIRMATION, read, rules)


def unconfirmed(
    deal: Deal, payment: Payment, timer: TimerKind, read: Reader, rules: Rules
) -> Decision[Payment]:
    """It has failed, if its customer was asked so long ago; else a `timer` comes back to it."""
    at, kind = rules.now(), TransactionKind.AUTHORIZE
    tried = read.find(PaymentTransaction, payment=payment.id, kind=kind)
    asked = next(_waiting(tried), None)
    since = at if asked is None else asked.created_at
    if asked is None or since + rules.confirm_within > at:
        again = Timer(timer, payment.id, since + rules.confirm_within)
        return Decision(payment, waives=(*deal.rest(), *tried), timers=(again,))
    is_offers = payment.purpose is PaymentPurpose.OFFER
    fail = settlement.authorization_failed if is_offers else charging.refused
    failed = fail(asked, deal, NOT_CONFIRMED, rules, at)
    others = [one for one in tried if one.id != asked.id]
    [after] = [one.entity for one in failed.changes if isinstance(one.entity, Payment)]
    return Decision(
        after,
        changes=failed.changes,
        waives=(*failed.waives, *others),
        timers=failed.timers,
    )


def _waiting(tried: Iterable[PaymentTransaction]) -> Iterator[PaymentTransaction]:
    return (one for one in tried if one.status is TransactionStatus.AWAITING_CONFIRMATION)
