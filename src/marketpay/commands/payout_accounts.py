"""The contractor's account at the gateway, and the transfers that wait for it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.commands.holdings import held
from marketpay.domain import events as e
from marketpay.domain.actor import Role, check_party
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.event import Event
from marketpay.domain.ids import PaymentId, PayoutAccountId
from marketpay.domain.incident import Incident, IncidentKind, incident
from marketpay.domain.lifecycles import (
    PAYMENT,
    PAYOUT_ACCOUNT,
    PayoutAccountStatus,
    WithdrawalStatus,
)
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.settlement import ABANDONED
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.transferring import (
    BALANCE,
    NOT_ACTIVE,
    ONBOARDING,
    REFUSED,
    REVERSED,
    ask_again,
    asked_back,
    reversals,
    transfer,
)
from marketpay.domain.validators import IdOf, is_country
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    Declined,
    GatewayNews,
    NoAnswer,
    NotThere,
)
from marketpay.ports.store import Reader

BATCH = 50  # transfers started by one sweep

BLOCKED = (NOT_ACTIVE, REFUSED, BALANCE)  # tried again by a timer
GIVEN_UP = (ABANDONED, REVERSED)  # ... when an administrator says so
FINISHED = (e.PayoutAccountActivated, e.PayoutAccountRejected)  # no longer asked about

EVENTS: dict[AccountStanding, type[Event]] = {
    AccountStanding.PENDING: e.PayoutAccountRestricted,  # it was active, and no longer is
    AccountStanding.ACTIVE: e.PayoutAccountActivated,
    AccountStanding.RESTRICTED: e.PayoutAccountRestricted,
    AccountStanding.REJECTED: e.PayoutAccountRejected,
}


@frozen(kw_only=True)
class OpenPayoutAccount(Command[PayoutAccount]):
    """A contractor wants to be paid; the gateway will ask for their details.

    `country` is where they are (two letters, ISO 3166); None: where the platform is.
    """

    country: str | None = field(default=None, validator=is_country)

    def decide(self, read: Reader, rules: Rules) -> Decision[PayoutAccount]:
        """A new account, opened at the gateway at once; the one they have, if they have one."""
        begin = PAYOUT_ACCOUNT.begin.event
        what = "open a payout account"
        permit(self.by, PAYOUT_ACCOUNT, begin, what, contractor=self.by.id)
        for account in read.find(PayoutAccount, contractor=self.by.id):
            return Decision(account, waives=(account,))
        at = rules.now()
        opened = PayoutAccount(
            id=PayoutAccountId(rules.new_id("pac")),
            contractor=self.by.id,
            country=self.country,
            due_at=at + rules.lease,
            sent_at=at,
            created_at=at,
        ).begun(at)
        return Decision(opened.entity, changes=(opened,), operations=(opened.entity,))


@frozen(kw_only=True)
class SettleAccount(Command[PayoutAccount]):
    """What the gateway says of an account.  Once it is active, waiting transfers are made."""

    account: PayoutAccountId = field(validator=IdOf("PayoutAccount"))
    news: GatewayNews

    def decide(self, read: Reader, rules: Rules) -> Decision[PayoutAccount]:
        """The account as it stands at the gateway."""
        only_system(self.by, "settle a payout account")
        account, at = read.get(PayoutAccount, self.account), rules.now()
        event, gateway_account = self._fact(account)
        if event is None:
            return self._unopened(account, read, rules, at)
        settled = account.become(
            event,
            self.by.role,
            at,
            gateway_account=gateway_account,
            due_at=None if event in FINISHED else at,
        )
        if settled.entity.status is not PayoutAccountStatus.ACTIVE:
            return Decision(settled.entity, changes=(settled,))
        blocked = read.find(Payment, contractor=account.contractor, transfer_blocked=NOT_ACTIVE)
        approved = read.find(
            Withdrawal, contractor=account.contractor, status=WithdrawalStatus.APPROVED
        )
        retries = [Timer(TimerKind.TRANSFER_RETRY, one.id, at) for one in blocked[:BATCH]]
        payouts = [Timer(TimerKind.WITHDRAWAL, one.id, at) for one in approved]
        sweep = Timer(TimerKind.TRANSFER_SWEEP, account.contractor, at)
        return Decision(
            settled.entity,
            changes=(settled,),
            waives=(*blocked, *approved),
            timers=(sweep, *retries, *payouts),
        )

    def _unopened(
        self, account: PayoutAccount, read: Reader, rules: Rules, at: datetime
    ) -> Decision[PayoutAccount]:
        """An account that the gateway has not opened for so long is somebody's business, once."""
        since = account.sent_at or account.created_at
        is_late = account.gateway_account is None and since + rules.retry_window <= at
        if not is_late or not isinstance(self.news, NoAnswer | NotThere):
            return Decision(account, waives=(account,))
        kind = IncidentKind.OPERATION_STUCK
        before = read.find(Incident, subject=account.id, kind=kind)
        if before:
            return Decision(account, waives=(account, *before))
        raised = incident(kind, account.id, "open_account", rules, at)
        return Decision(account, changes=(raised,), relies_on=(account,))

    def _fact(self, account: PayoutAccount) -> tuple[type[Event] | None, str | None]:
        """What is new in the news, if anything, and the gateway's id of the account."""
        event: type[Event] | None = None
        gateway_account = account.gateway_account
        if isinstance(self.news, Declined):
            event = e.PayoutAccountRejected
        elif isinstance(self.news, AccountState):
            gateway_account = self.news.gateway_id
            if self.news.standing.value != account.status.value:
                event = EVENTS[self.news.standing]
            elif account.gateway_account is None:
                event = e.PayoutAccountConnected
        if event not in PAYOUT_ACCOUNT.possible(account.status, self.by.role):
            return None, None  # stale: the account has moved on
        return event, gateway_account


@frozen(kw_only=True)
class SweepTransfers(Command[int]):
    """What a contractor is owed moves to their account, now that it is active."""

    contractor: str = field(validator=check_party)

    def decide(self, read: Reader, rules: Rules) -> Decision[int]:
        """So many transfers started; a further sweep is set where that was not all."""
        only_system(self.by, "sweep transfers")
        accounts = read.find(PayoutAccount, contractor=self.contractor)
        active = [one for one in accounts if one.status is PayoutAccountStatus.ACTIVE]
        if not active:
            return Decision(0, waives=accounts)
        at = rules.now()
        waiting = read.find(Payment, contractor=self.contractor, transfer_blocked=ONBOARDING)
        changes: list[Any] = []
        released = [one for one in waiting if one.is_transferable]
        for payment in released[:BATCH]:
            changes += transfer(payment, active[0], rules, at)
        used = {change.entity.id for change in changes}
        again = Timer(TimerKind.TRANSFER_SWEEP, self.contractor, at)
        return Decision(
            len(released[:BATCH]),
            changes=changes,
            relies_on=active if changes else (),
            waives=[one for one in (*waiting, *(() if changes else active)) if one.id not in used],
            timers=(again,) if len(released) > BATCH else (),
        )


@frozen(kw_only=True)
class RetryTransfer(Command[Payment]):
    """A transfer that was refused is made again: by its timer, or by an administrator at once."""

    payment: PaymentId = field(validator=IdOf("Payment"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Payment]:
        """The payment; its transfer is started if the contractor's account is active."""
        payment, at = read.get(Payment, self.payment), rules.now()
        permit(self.by, PAYMENT, e.PaymentTransferStarted, "retry this transfer")
        if payment.untransferred.minor < 0:
            return _ask_back(payment, read, rules)
        is_given_up = payment.transfer_blocked in GIVEN_UP and self.by.role is Role.ADMIN
        is_blocked = payment.transfer_blocked in BLOCKED or is_given_up
        if not is_blocked or not payment.is_transferable:
            return Decision(payment, waives=(payment,))
        accounts = read.find(PayoutAccount, contractor=payment.contractor)
        active = [one for one in accounts if one.status is PayoutAccountStatus.ACTIVE]
        if not active:
            later = Timer(TimerKind.TRANSFER_RETRY, payment.id, at + rules.retry_cap)
            return Decision(payment, waives=(payment, *accounts), timers=(later,))
        kind = TransactionKind.TRANSFER
        tries = read.find(PaymentTransaction, payment=payment.id, kind=kind)
        last = max(tries, key=lambda one: (one.created_at, one.id))
        is_rest = payment.transfer_blocked == BALANCE and last.failure is None
        changes = transfer(payment, active[0], rules, at, None if is_rest else last)
        started: Any = changes[0].entity
        return Decision(started, changes=changes, relies_on=active, waives=tries)


def _ask_back(payment: Payment, read: Reader, rules: Rules) -> Decision[Payment]:
    """A reversal that was refused is made again, as far as the account has anything."""
    at, taken_from = rules.now(), held(read, payment, rules)
    back = tuple(reversals(payment, taken_from.moves, taken_from.there, rules, at))
    waived = taken_from.rest()
    if not back:
        timers = tuple(ask_again(payment, rules, at))
        return Decision(payment, waives=(payment, *waived), timers=timers)
    left = asked_back(payment, back).transferred
    asked = payment.become(e.PaymentTransferReversed, Role.SYSTEM, at, transferred=left)
    timers = tuple(ask_again(asked.entity, rules, at))
    return Decision(asked.entity, changes=(asked, *back), waives=waived, timers=timers)
