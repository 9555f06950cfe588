"""What an administrator does about an operation that the gateway never answered."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command
from marketpay.commands.settling import Abandoned, SettleTransaction
from marketpay.domain import events as e
from marketpay.domain.actor import Actor
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import IllegalTransition
from marketpay.domain.ids import TransactionId
from marketpay.domain.lifecycles import PAYMENT_TRANSACTION
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED, NO_ANSWER
from marketpay.domain.validators import IdOf
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class AbandonTransaction(Command[PaymentTransaction]):
    """A stuck operation is given up, as if the gateway had refused it.

    A payment's transfer that is given up is made again only by `RetryTransfer`.  With a transfer
    that no payment is behind the withdrawal fails that it was for, as with a payout.

    Only after looking at the gateway itself: what did take effect there would be missing here.
    """

    transaction: TransactionId = field(validator=IdOf("PaymentTransaction"))

    def decide(self, read: Reader, rules: Rules) -> Decision[PaymentTransaction]:
        """The transaction, failed, with all that follows from a refusal."""
        transaction = read.get(PaymentTransaction, self.transaction)
        event = e.PaymentTransactionAbandoned
        permit(self.by, PAYMENT_TRANSACTION, event, "abandon this operation")
        if transaction.failure == ABANDONED:
            return Decision(transaction, waives=(transaction,))
        if transaction.failure != NO_ANSWER or transaction.is_settled:
            status = transaction.status.value
            raise IllegalTransition("payment_transaction", transaction.id, status, event.name)
        refusal = Abandoned(code=ABANDONED)
        settle = SettleTransaction(by=Actor.SYSTEM, transaction=transaction.id, news=refusal)
        return settle.decide(read, rules)
