"""The processor's own fees, as its balance transactions tell them."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.domain.actor import check_party
from marketpay.domain.decision import Decision
from marketpay.domain.ids import PaymentId, ProcessorFeeId
from marketpay.domain.ledger import Account, AccountKind, move
from marketpay.domain.money import Money
from marketpay.domain.processor_fee import ProcessorFee
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class BookProcessorFee(Command[ProcessorFee]):
    """What the processor kept of one change of the balance is an expense; once."""

    gateway_id: str = field(validator=check_party)  # of the balance transaction
    payment: PaymentId | None = field(default=None, validator=IdOf("Payment", optional=True))
    amount: Money  # below zero where the processor gave a fee back

    def decide(self, read: Reader, rules: Rules) -> Decision[ProcessorFee]:
        """The fee in the books, if it is not there yet."""
        only_system(self.by, "book a fee")
        known, at = read.find(ProcessorFee, gateway_id=self.gateway_id), rules.now()
        if known:
            return Decision(known[0], waives=known)
        fee = ProcessorFee(
            id=ProcessorFeeId(rules.new_id("fee")),
            gateway_id=self.gateway_id,
            payment=self.payment,
            amount=self.amount,
            created_at=at,
        )
        expense = Account(AccountKind.PROCESSOR_FEE, self.amount.currency)
        processor = Account(AccountKind.PROCESSOR, self.amount.currency)
        ends = (expense, processor) if self.amount.minor > 0 else (processor, expense)
        entries = tuple(move(*ends, abs(self.amount), self.payment))
        return Decision(fee, changes=(fee.booked(at),), entries=entries)
