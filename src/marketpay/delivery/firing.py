"""Timers: taken up together, and fired one by one."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any, Final

from marketpay.commands.adjustments import ExpireAdjustment
from marketpay.commands.base import Command
from marketpay.commands.clearance import EndClearance
from marketpay.commands.confirmations import ExpireConfirmation
from marketpay.commands.credits import ExpireCredit, FreeCredit
from marketpay.commands.dispute_deadlines import ExpireDispute
from marketpay.commands.escrow import EmptyEscrow
from marketpay.commands.held_back_refunds import RetryRefund
from marketpay.commands.holds import WarnOfExpiry
from marketpay.commands.loyalty import EarnPoints
from marketpay.commands.milestone_work import ReleaseMilestoneAutomatically
from marketpay.commands.payout_accounts import RetryTransfer, SweepTransfers
from marketpay.commands.timers import ExpireAuthorization, ExpireOffer, PostponeTimer
from marketpay.commands.upgrades import ExpireUpgrade
from marketpay.commands.withdrawals import ContinueWithdrawal, MakeScheduledWithdrawal
from marketpay.commands.work import PassDeadline, ReleaseAutomatically
from marketpay.delivery.callers import Caller
from marketpay.delivery.commit import carry_out, patiently
from marketpay.delivery.steps import Flow
from marketpay.delivery.taking_away import Overtaken
from marketpay.domain.actor import Actor
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.store import Work

LARGEST_CLAIM: Final = 50  # taken up together: each is a short transaction, and nobody is called


def fire(rules: Rules, limit: int, failures: dict[str, Exception]) -> Flow[int]:
    """So many were fired; those that fail are postponed, and stand in nobody's way.

    What a worker leaves because it dies, or is too slow, is due again after its lease.
    """
    done = 0
    failed: set[tuple[TimerKind, str]] = set()
    while done < limit:
        at, number = rules.now(), min(LARGEST_CLAIM, limit - done)
        leased: list[Timer] = yield from patiently(partial(_lease, rules, at, number), rules)
        due = [timer for timer in leased if (timer.kind, timer.subject) not in failed]
        for place, timer in enumerate(due):
            if place and rules.now() - at > rules.lease / 2:  # the first goes ahead always
                return done
            error = yield from _fire(timer, rules)
            if error is None:
                done += 1
            elif not isinstance(error, Overtaken):
                failures[timer.subject] = error
                failed.add((timer.kind, timer.subject))
        if len(leased) < number or not due:
            break
    return done


def _lease(rules: Rules, at: datetime, number: int, work: Work) -> list[Timer]:
    """They are told from timers that were set anew by their time: no command sets this one."""
    share = 1 - secrets.randbelow(100_000) / 1_000_000
    return work.lease_timers(at + rules.lease * share, now=at, limit=number)


def _fire(timer: Timer, rules: Rules) -> Flow[Exception | None]:
    """The error that it came to, if it did."""
    try:
        yield from carry_out(_command_of(timer), None, rules, timer, Caller.WORKER)
    except Overtaken as error:
        return error
    except Exception as error:  # noqa: BLE001  # on record, and it comes up again
        later = PostponeTimer(by=Actor.SYSTEM, kind=timer.kind, subject=timer.subject)
        with suppress(Exception):  # then it comes up when its lease is over
            yield from carry_out(later, None, rules, timer)
        return error
    return None


def _command_of(timer: Timer) -> Command[Any]:
    return COMMANDS[timer.kind](timer.subject)


Make = Callable[[Any], Command[Any]]
COMMANDS: Final[dict[TimerKind, Make]] = {
    TimerKind.OFFER_EXPIRY: lambda one: ExpireOffer(by=Actor.SYSTEM, offer=one),
    TimerKind.AUTHORIZATION_EXPIRY: lambda one: ExpireAuthorization(by=Actor.SYSTEM, payment=one),
    TimerKind.TRANSFER_SWEEP: lambda one: SweepTransfers(by=Actor.SYSTEM, contractor=one),
    TimerKind.TRANSFER_RETRY: lambda one: RetryTransfer(by=Actor.SYSTEM, payment=one),
    TimerKind.AUTHORIZATION_WARNING: lambda one: WarnOfExpiry(by=Actor.SYSTEM, payment=one),
    TimerKind.WITHDRAWAL: lambda one: ContinueWithdrawal(by=Actor.SYSTEM, withdrawal=one),
    TimerKind.UPGRADE_END: lambda one: ExpireUpgrade(by=Actor.SYSTEM, upgrade=one),
    TimerKind.PAYOUT_SCHEDULE: lambda one: MakeScheduledWithdrawal(by=Actor.SYSTEM, wallet=one),
    TimerKind.DISPUTE_DEADLINE: lambda one: ExpireDispute(by=Actor.SYSTEM, dispute=one),
    TimerKind.AUTO_RELEASE: lambda one: ReleaseAutomatically(by=Actor.SYSTEM, job=one),
    TimerKind.MILESTONE_RELEASE: lambda one: ReleaseMilestoneAutomatically(
        by=Actor.SYSTEM, milestone=one
    ),
    TimerKind.CLEARANCE: lambda one: EndClearance(by=Actor.SYSTEM, payment=one),
    TimerKind.JOB_DEADLINE: lambda one: PassDeadline(by=Actor.SYSTEM, job=one),
    TimerKind.CONFIRMATION: lambda one: ExpireConfirmation(by=Actor.SYSTEM, payment=one),
    TimerKind.CREDIT: lambda one: FreeCredit(by=Actor.SYSTEM, payment=one),
    TimerKind.CREDIT_EXPIRY: lambda one: ExpireCredit(by=Actor.SYSTEM, grant=one),
    TimerKind.REFUND: lambda one: RetryRefund(by=Actor.SYSTEM, refund=one),
    TimerKind.POINTS: lambda one: EarnPoints(by=Actor.SYSTEM, payment=one),
    TimerKind.ADJUSTMENT_EXPIRY: lambda one: ExpireAdjustment(by=Actor.SYSTEM, adjustment=one),
    TimerKind.ESCROW: lambda one: EmptyEscrow(by=Actor.SYSTEM, payment=one),
}
