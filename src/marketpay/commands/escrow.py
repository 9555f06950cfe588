"""Emptying escrow of what its job left there."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import parties_of
from marketpay.domain import escrow
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.dividing import divide
from marketpay.domain.ids import PaymentId
from marketpay.domain.payment import Payment
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class EmptyEscrow(Command[Payment]):
    """What outlived its job in escrow goes where the job went.

    A dispute was withdrawn, a bank has decided, or a warning was cleared, when the job was over.
    """

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment, released or given back; as it is, if it still waits for something."""
        only_system(self.by, "empty the escrow of a payment")
        deal, at = read.deal(payment=self.payment), rules.now()
        payment = deal.payment(self.payment)
        shares = escrow.shares(payment, deal)
        if shares is None:  # whoever ends the job meanwhile did not see that it is free
            return Decision(payment, relies_on=(deal.job,), waives=deal.rest(deal.job))
        parties = parties_of(read, payment, rules)
        done = divide(payment, shares, parties, Role.SYSTEM, rules, at)
        return Decision(
            done.payment,
            changes=done.changes,
            relies_on=(deal.job,),
            waives=(
                *deal.rest(payment, deal.job),
                *parties.unused(*(change.entity for change in done.changes)),
            ),
            entries=done.entries,
            operations=done.operations,
            timers=done.timers,
        )
