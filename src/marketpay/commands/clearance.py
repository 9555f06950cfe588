"""The end of a clearance: what a contractor earned can be spent."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import wallet_of
from marketpay.domain import releasing
from marketpay.domain.decision import Decision
from marketpay.domain.ids import PaymentId
from marketpay.domain.payment import Payment
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import IdOf
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class EndClearance(Command[Payment]):
    """What a contractor got of a payment has waited long enough."""

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment; what waited of it is available, and transferred if it is time.

        While its parties or the customer's bank dispute any of it, it goes on waiting.
        """
        only_system(self.by, "end a clearance")
        payment, at = read.get(Payment, self.payment), rules.now()
        if payment.clears_at is None or payment.clears_at > at:
            return Decision(payment, waives=(payment,))
        if payment.disputed.minor or payment.contested is not None:
            again = rules.later(payment.clears_at, at)
            later = Timer(TimerKind.CLEARANCE, payment.id, again)
            return Decision(payment, waives=(payment,), timers=(later,))
        read.expect(Wallet, owner=payment.contractor, currency=payment.currency)
        accounts = read.find(PayoutAccount, contractor=payment.contractor)
        wallet = wallet_of(read, payment.contractor, payment.currency, rules)
        ended = releasing.end_clearance(payment, wallet, accounts, rules, at)
        return Decision(
            ended.payment,
            changes=ended.changes,
            waives=(*ended.unused(wallet), *accounts),
            entries=ended.entries,
            timers=ended.timers,
        )
