"""Payouts and reversals that somebody made at the gateway itself."""

from __future__ import annotations

from datetime import datetime

from attrs import evolve, field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import MOVES, wallet_of
from marketpay.domain import events as e
from marketpay.domain import settlement, withdrawing
from marketpay.domain.actor import Role
from marketpay.domain.decision import Decision
from marketpay.domain.entity import Change, Entity
from marketpay.domain.errors import Conflict
from marketpay.domain.ids import TransactionId, WithdrawalId
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.ledger import AccountKind, LedgerEntry, move
from marketpay.domain.lifecycles import WithdrawalStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.transferring import REVERSED, moved
from marketpay.domain.validators import IdOf
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal, WithdrawalOrigin
from marketpay.ports.gateway import PayoutState, Progress, ReversalState
from marketpay.ports.store import Reader

SYSTEM = Role.SYSTEM
GONE = (Progress.FAILED, Progress.CANCELED)


@frozen(kw_only=True)
class RecordPayout(Command[Withdrawal | None]):
    """The gateway paid a contractor out, and nobody here had asked for it."""

    state: PayoutState

    def decide(self, read: Reader, rules: Rules) -> Decision[Withdrawal | None]:
        """A withdrawal that is paid already; None where the account is none of ours."""
        only_system(self.by, "record a payout")
        state, at = self.state, rules.now()
        known = read.find(Withdrawal, gateway_payout=state.gateway_id)
        accounts = read.find(PayoutAccount, gateway_account=state.account)
        if known:
            wallet = wallet_of(read, known[0].contractor, known[0].currency, rules)
            if state.progress not in GONE:
                return Decision(known[0], waives=(*known, *accounts, wallet))
            code = state.failure or state.progress.value
            back = withdrawing.payout_returned(known[0], wallet, code, rules, at)
            return evolve(back, waives=(*back.waives, *accounts))
        if not accounts or state.progress in GONE:
            return Decision(None, waives=accounts)
        wallet = wallet_of(read, accounts[0].contractor, state.amount.currency, rules)
        open_ones = read.find(Withdrawal, open_wallet=wallet.holder)
        recorded = self._recorded(wallet, open_ones, rules, at)
        used = {change.entity.id for change in recorded.changes}
        unused = [one for one in open_ones if one.id not in used]
        return evolve(recorded, waives=(accounts[0], *unused))

    def _recorded(
        self, wallet: Wallet, open_ones: list[Withdrawal], rules: Rules, at: datetime
    ) -> Decision[Withdrawal | None]:
        """A withdrawal here that this leaves nothing for has failed."""
        withdrawal = Withdrawal(
            id=WithdrawalId(rules.new_id("wdr")),
            contractor=wallet.owner,
            amount=self.state.amount,
            origin=WithdrawalOrigin.GATEWAY,
            gateway_payout=self.state.gateway_id,
            created_at=at,
        )
        changes: list[Change[Entity]] = [withdrawal.begun(at)]
        for event in (e.WithdrawalApproved, e.WithdrawalStarted, e.WithdrawalPaid):
            change = withdrawal.become(event, SYSTEM, at)
            changes.append(change)
            withdrawal = change.entity
        entries: list[LedgerEntry] = []
        available = wallet.available
        for one in open_ones:
            if _is_unsent(one) and self.state.amount > available:
                why = withdrawing.ELSEWHERE
                changes.append(one.become(e.WithdrawalFailed, SYSTEM, at, failure=why))
                entries += withdrawing.freed(one, wallet)
                available += one.amount
        entries += _out_of_wallet(wallet, available, self.state.amount)
        kind = IncidentKind.PAYOUT_ELSEWHERE
        raised = incident(kind, withdrawal.id, self.state.gateway_id, rules, at)
        changed = wallet.post(tuple(entries), at)
        short = changed.entity.receivable - wallet.receivable
        overdrawn = evolve(changed.entity, overdrawn=wallet.overdrawn + short)
        changes += [Change(overdrawn, changed.event), raised]
        return Decision(withdrawal, changes=changes, entries=tuple(entries))


def _is_unsent(withdrawal: Withdrawal) -> bool:
    """Whether nothing of it has left, nor is being asked to leave."""
    is_waiting = withdrawal.status is WithdrawalStatus.PROCESSING and withdrawal.failure is not None
    return is_waiting or withdrawal.status in (
        WithdrawalStatus.REQUESTED,
        WithdrawalStatus.APPROVED,
    )


def _out_of_wallet(wallet: Wallet, available: Money, amount: Money) -> list[LedgerEntry]:
    """From what is available; more than that is owed."""
    connected = wallet.account(AccountKind.CONNECTED)
    taken = min(available, amount)
    return [
        *move(wallet.account(AccountKind.WALLET_AVAILABLE), connected, taken, None),
        *move(wallet.account(AccountKind.RECEIVABLE), connected, amount - taken, None),
    ]


@frozen(kw_only=True)
class RecordReversal(Command[PaymentTransaction]):
    """Some of a transfer was reversed at the gateway, and nobody here had asked for it."""

    transfer: TransactionId = field(validator=IdOf("PaymentTransaction"))
    state: ReversalState

    def decide(self, read: Reader, rules: Rules) -> Decision[PaymentTransaction]:
        """An operation that has succeeded already; once for each reversal there."""
        only_system(self.by, "record a reversal")
        transfer, at = read.get(PaymentTransaction, self.transfer), rules.now()
        of = (
            {"withdrawal": transfer.withdrawal}
            if transfer.payment is None
            else {"payment": transfer.payment}
        )
        moves = read.find(PaymentTransaction, kind=MOVES, **of)
        others = [one for one in moves if one.id != transfer.id]
        for known in others:
            if known.gateway_id == self.state.gateway_id:
                return Decision(known, waives=(transfer, *others))
        back = PaymentTransaction(
            id=TransactionId(rules.new_id("ptx")),
            payment=transfer.payment,
            withdrawal=transfer.withdrawal,
            kind=TransactionKind.TRANSFER_REVERSAL,
            amount=self.state.amount,
            party=transfer.party,
            group=transfer.group,
            target=transfer.gateway_id,
            created_at=at,
        )
        done = settlement.succeeded(back, self.state.gateway_id, at)
        known_now = self._known(transfer, read, rules, at)
        subject = known_now.entity.id
        raised = incident(IncidentKind.REVERSED_ELSEWHERE, subject, back.id, rules, at)
        return Decision(
            done.entity,
            changes=(known_now, back.begun(at), done, raised),
            relies_on=(transfer,),
            waives=others,
            entries=moved(back),
        )

    def _known(
        self, transfer: PaymentTransaction, read: Reader, rules: Rules, at: datetime
    ) -> Change[Entity]:
        """What it was transferred of, with so much less on the contractor's account."""
        amount = self.state.amount
        if transfer.payment is None:
            return wallet_of(read, transfer.party, amount.currency, rules).unsend(amount, at)
        payment = read.get(Payment, transfer.payment)
        left = payment.transferred - amount
        if left.minor < 0:  # one of ours is being refused for it, and will say so
            raise Conflict("Payment", payment.id)
        return _brought_back(payment, left, at)


def _brought_back(payment: Payment, transferred: Money, at: datetime) -> Change[Payment]:
    """What the contractor is still owed waits for a withdrawal, or for an administrator."""
    is_owed = evolve(payment, transferred=transferred).untransferred.minor > 0
    blocked = REVERSED if is_owed else payment.transfer_blocked
    event = e.PaymentTransferReversed
    return payment.become(event, SYSTEM, at, transferred=transferred, transfer_blocked=blocked)
