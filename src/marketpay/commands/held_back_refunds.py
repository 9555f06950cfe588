"""A refund that waits until the customer's bank has decided whether it pays them."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import purse_of
from marketpay.domain import paying_back, recovering
from marketpay.domain.chargeback import Chargeback
from marketpay.domain.decision import Decision
from marketpay.domain.ids import RefundId
from marketpay.domain.lifecycles import ChargebackStatus
from marketpay.domain.payment import Payment
from marketpay.domain.refund import Refund
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader

PAYING = (ChargebackStatus.NEEDS_RESPONSE, ChargebackStatus.UNDER_REVIEW)  # or may yet be


@frozen(kw_only=True)
class RetryRefund(Command[Refund]):
    """The gateway is asked once more to pay back what it did not while a bank was to decide.

    But not what the bank has paid by then: of that the refund has failed, and the rest is the
    customer's credit.  While a bank only inquires it is asked now and then: news of the end of
    an inquiry may be lost.
    """

    refund: RefundId = field(validator=IdOf("Refund"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Refund]:
        """The refund, asked for again or failed; as it is, while the bank has not decided."""
        only_system(self.by, "ask for a refund again")
        refund, at = read.get(Refund, self.refund), rules.now()
        if not refund.is_held_back:
            return Decision(refund, waives=(refund,))
        payment = read.get(Payment, refund.payment)
        taken_back = read.find(Chargeback, payment=payment.id)
        if any(one.status in PAYING for one in taken_back):
            later = paying_back.look_again(refund, rules, at)
            return Decision(refund, waives=(refund, payment, *taken_back), timers=(later,))
        if recovering.is_paying(taken_back):
            return self._failed(refund, payment, taken_back, read, rules)
        again, sent = paying_back.asked_again(refund, payment, rules, at)
        return Decision(
            again.entity,
            changes=(again, sent),
            waives=(payment, *taken_back),
            operations=(sent.entity,),
        )

    def _failed(
        self,
        refund: Refund,
        payment: Payment,
        taken_back: list[Chargeback],
        read: Reader,
        rules: Rules,
    ) -> Decision[Refund]:
        others = [one for one in read.find(Refund, payment=payment.id) if one.id != refund.id]
        purse = purse_of(read, payment.customer, payment.currency, rules)
        after = paying_back.not_paid_back(
            refund, payment, others, taken_back, purse, str(refund.failure), rules, rules.now()
        )
        return Decision(
            after.refund, changes=after.changes, waives=after.waives, entries=after.entries
        )
