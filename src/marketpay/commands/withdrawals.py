"""Withdrawals: asked for, approved, called off; and what the schedule and the gateway do."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import there, wallet_of
from marketpay.domain import events as e
from marketpay.domain import withdrawing
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import Forbidden, Reason, Refused
from marketpay.domain.funding import Means, go_on
from marketpay.domain.ids import WalletId, WithdrawalId
from marketpay.domain.lifecycles import (
    WITHDRAWAL,
    WithdrawalStatus,
)
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules, TransferPolicy
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.transferring import BALANCE, NOT_ACTIVE, ONBOARDING, REVERSED
from marketpay.domain.transferring import WITHDRAWAL as WAITS_FOR_WITHDRAWAL
from marketpay.domain.validators import IdOf, above_zero
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal, WithdrawalOrigin
from marketpay.ports.store import Reader

W = WithdrawalStatus
GOING_ON = (W.APPROVED, W.PROCESSING)


@frozen(kw_only=True)
class RequestWithdrawal(Command[Withdrawal]):
    """A contractor wants some of their wallet on their bank account.

    It is set aside at once, and sent by `work()`; with `Rules.approve_withdrawals` an
    administrator has to agree first.  One at a time for each wallet.
    """

    amount: Money = field(validator=above_zero)

    def decide(self, read: Reader, rules: Rules) -> Decision[Withdrawal]:
        """The withdrawal on record."""
        event, what = WITHDRAWAL.begin.event, "withdraw from this wallet"
        permit(self.by, WITHDRAWAL, event, what, contractor=self.by.id)
        if self.by.role is not Role.CONTRACTOR:
            raise Forbidden(self.by.id, self.by.role.value, what, "its contractor")
        currency, at = self.amount.currency, rules.now()
        wallet = wallet_of(read, self.by.id, currency, rules)
        accounts = read.find(PayoutAccount, contractor=self.by.id)
        open_ones = read.find(Withdrawal, open_wallet=wallet.holder)
        rules.limits(currency).check_payout(self.amount, "amount")
        if open_ones:
            raise Refused(Reason.WITHDRAWAL_IN_PROGRESS)
        if self.amount < rules.least_withdrawal(currency):
            raise Refused(Reason.WITHDRAWAL_BELOW_MINIMUM)
        if wallet.is_frozen:
            raise Refused(Reason.WALLET_FROZEN)
        if self.amount > wallet.withdrawable:
            raise Refused(Reason.BALANCE_TOO_LOW)
        if withdrawing.active(accounts) is None:
            raise Refused(Reason.PAYOUTS_NOT_ACTIVE)
        origin = WithdrawalOrigin.CONTRACTOR
        asked = withdrawing.ask(wallet, self.amount, origin, rules, at)
        return Decision(
            asked.withdrawal,
            changes=asked.changes,
            waives=accounts,
            entries=asked.entries,
            timers=asked.timers,
        )


@frozen(kw_only=True)
class ApproveWithdrawal(Command[Withdrawal]):
    """An administrator agrees: the withdrawal is sent."""

    withdrawal: WithdrawalId = field(validator=IdOf("Withdrawal"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Withdrawal]:
        """The withdrawal, approved."""
        withdrawal, at = read.get(Withdrawal, self.withdrawal), rules.now()
        permit(self.by, WITHDRAWAL, e.WithdrawalApproved, "approve this withdrawal")
        if withdrawal.status in (*GOING_ON, W.PAID):
            return Decision(withdrawal, waives=(withdrawal,))
        approved = withdrawal.become(e.WithdrawalApproved, self.by.role, at)
        timer = Timer(TimerKind.WITHDRAWAL, withdrawal.id, at)
        return Decision(approved.entity, changes=(approved,), timers=(timer,))


@frozen(kw_only=True)
class CancelWithdrawal(Command[Withdrawal]):
    """The contractor thinks better of it, or an administrator says no."""

    withdrawal: WithdrawalId = field(validator=IdOf("Withdrawal"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Withdrawal]:
        """The withdrawal, called off; the wallet has it again."""
        withdrawal, at = read.get(Withdrawal, self.withdrawal), rules.now()
        event, what = e.WithdrawalCanceled, "cancel this withdrawal"
        permit(self.by, WITHDRAWAL, event, what, contractor=withdrawal.contractor)
        if withdrawal.status is W.CANCELED:
            return Decision(withdrawal, waives=(withdrawal,))
        canceled = withdrawal.become(event, self.by.role, at)
        wallet = wallet_of(read, withdrawal.contractor, withdrawal.currency, rules)
        entries = withdrawing.freed(withdrawal, wallet)
        return Decision(
            canceled.entity, changes=(wallet.post(entries, at), canceled), entries=entries
        )


@frozen(kw_only=True)
class ContinueWithdrawal(Command[Withdrawal]):
    """What a withdrawal waits for may have come: it is transferred first, then paid out."""

    withdrawal: WithdrawalId = field(validator=IdOf("Withdrawal"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Withdrawal]:
        """The next operation started, or the timer set again."""
        only_system(self.by, "continue a withdrawal")
        withdrawal, at = read.get(Withdrawal, self.withdrawal), rules.now()
        tries = read.find(PaymentTransaction, withdrawal=withdrawal.id)
        is_sent = withdrawing.is_on_its_way(tries)
        if withdrawal.status not in GOING_ON or is_sent:
            return Decision(withdrawal, waives=(withdrawal, *tries))
        wallet = wallet_of(read, withdrawal.contractor, withdrawal.currency, rules)
        accounts = read.find(PayoutAccount, contractor=withdrawal.contractor)
        account = withdrawing.active(accounts)
        if account is None:
            gone = withdrawal.become(e.WithdrawalFailed, self.by.role, at, failure=NOT_ACTIVE)
            entries = withdrawing.freed(withdrawal, wallet)
            return Decision(
                gone.entity,
                changes=(wallet.post(entries, at), gone),
                waives=(*tries, *accounts),
                entries=entries,
            )
        if wallet.is_frozen:
            return withdrawing.wait(withdrawal, (wallet, *tries, *accounts), rules, at)
        on_account = there(read, withdrawal.contractor, withdrawal.currency)
        waiting = self._waiting(withdrawal, read) if on_account < withdrawal.amount else []
        means = Means(
            wallet=wallet, account=account, there=on_account, waiting=waiting, tries=tries
        )
        return go_on(withdrawal, means, rules, at)

    def _waiting(self, withdrawal: Withdrawal, read: Reader) -> list[Payment]:
        """The payments of its currency whose transfer waits for it, or is on its way for it."""
        found = read.find(
            Payment,
            contractor=withdrawal.contractor,
            transfer_blocked=(WAITS_FOR_WITHDRAWAL, ONBOARDING, REVERSED, BALANCE),
        )
        return [one for one in found if one.currency == withdrawal.currency]


@frozen(kw_only=True)
class MakeScheduledWithdrawal(Command[Withdrawal | None]):
    """It is time to pay out all that is available in a wallet."""

    wallet: WalletId = field(validator=IdOf("Wallet"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Withdrawal | None]:
        """A withdrawal of all that is available, if it is enough; and the next time is set.

        Not for a wallet with nothing in it: whatever puts something there sets it again.
        """
        only_system(self.by, "make a scheduled withdrawal")
        wallet, at = read.get(Wallet, self.wallet), rules.now()
        if rules.transfers is not TransferPolicy.SCHEDULED:
            return Decision(None, waives=(wallet,))
        if not wallet.total.minor:
            return Decision(None, relies_on=(wallet,))
        next_time = Timer(TimerKind.PAYOUT_SCHEDULE, wallet.id, rules.next_payout(at))
        accounts = read.find(PayoutAccount, contractor=wallet.owner)
        open_ones = read.find(Withdrawal, open_wallet=wallet.holder)
        amount = rules.limits(wallet.currency).payable(wallet.withdrawable)
        is_enough = amount.minor > 0 and amount >= rules.least_withdrawal(wallet.currency)
        is_possible = is_enough and not wallet.is_frozen
        if open_ones or not is_possible or withdrawing.active(accounts) is None:
            return Decision(None, waives=(wallet, *accounts, *open_ones), timers=(next_time,))
        origin = WithdrawalOrigin.SCHEDULE
        asked = withdrawing.ask(wallet, amount, origin, rules, at)
        return Decision(
            asked.withdrawal,
            changes=asked.changes,
            waives=accounts,
            entries=asked.entries,
            timers=(*asked.timers, next_time),
        )
