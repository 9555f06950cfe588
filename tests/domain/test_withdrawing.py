"""Withdrawals as values: what is set aside, what is sent, what comes back."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay.domain.commission import Commission
from marketpay.domain.decision import Decision
from marketpay.domain.funding import Means, go_on
from marketpay.domain.ids import (
    JobId,
    OfferId,
    PaymentId,
    PayoutAccountId,
    TransactionId,
    WalletId,
    WithdrawalId,
)
from marketpay.domain.ledger import effects
from marketpay.domain.lifecycles import (
    PaymentStatus,
    PayoutAccountStatus,
    TransactionStatus,
    WithdrawalStatus,
)
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.timer import TimerKind
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal, WithdrawalOrigin
from marketpay.domain.withdrawing import (
    ELSEWHERE,
    INSUFFICIENT,
    active,
    ask,
    freed,
    is_on_its_way,
    paid_out,
    payout_created,
    payout_failed,
    payout_returned,
)
from marketpay.testing import VirtualClock

S = WithdrawalStatus
AT = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(now=VirtualClock())


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def wallet(**parts: int) -> Wallet:
    empty = Wallet.empty(WalletId("wal_1"), "ctr_42", "USD", AT)
    amounts: dict[str, Any] = {name: usd(minor) for name, minor in parts.items()}
    return evolve(empty, version=1, **amounts)


def withdrawal(minor: int = 300, **changes: Any) -> Withdrawal:
    fields: dict[str, Any] = {"status": S.PROCESSING}
    return Withdrawal(
        id=WithdrawalId("wdr_1"),
        contractor="ctr_42",
        amount=usd(minor),
        created_at=AT,
        **fields | changes,
    )


def payout(minor: int = 300, **changes: Any) -> PaymentTransaction:
    fields: dict[str, Any] = {"status": TransactionStatus.PENDING}
    return PaymentTransaction(
        id=TransactionId("ptx_1"),
        payment=None,
        withdrawal=WithdrawalId("wdr_1"),
        kind=TransactionKind.PAYOUT,
        amount=usd(minor),
        party="ctr_42",
        group="wdr_1",
        created_at=AT,
        **fields | changes,
    )


def waiting(number: int, **changes: Any) -> Payment:
    """A released payment of 10.00, of which 7.00 wait for a withdrawal."""
    return Payment(
        id=PaymentId(f"pay_{number}"),
        offer=OfferId(f"off_{number}"),
        job=JobId(f"job_{number}"),
        customer="cus_17",
        contractor="ctr_42",
        amount=usd(1_000),
        status=PaymentStatus.RELEASED,
        split=Commission().split(usd(1_000)),
        released_at=AT,
        transfer_blocked="withdrawal",
        created_at=AT,
        **changes,
    )


ACCOUNT = PayoutAccount(
    id=PayoutAccountId("pac_1"),
    contractor="ctr_42",
    status=PayoutAccountStatus.ACTIVE,
    gateway_account="acct_1",
    created_at=AT,
)


def means(
    there: int,
    waiting: Sequence[Payment] = (),
    tries: Sequence[PaymentTransaction] = (),
    **parts: int,
) -> Means:
    return Means(
        wallet=wallet(**parts), account=ACCOUNT, there=usd(there), waiting=waiting, tries=tries
    )


def moved(decision: Decision[Any] | Any) -> list[tuple[str, str, int]]:
    return [
        (str(entry.debit.kind), str(entry.credit.kind), entry.amount.minor)
        for entry in decision.entries
    ]


def changed(decision: Decision[Any], kind: type[Any]) -> Any:
    """The last state of the one of that kind that changes."""
    return [one.entity for one in decision.changes if isinstance(one.entity, kind)][-1]


# asking


def test_what_is_asked_for_is_set_aside_and_on_its_way() -> None:
    asked = ask(wallet(available=700), usd(300), WithdrawalOrigin.CONTRACTOR, RULES, AT)

    assert asked.withdrawal.status is S.APPROVED
    assert asked.withdrawal.open_wallet == "USD:ctr_42"
    assert moved(asked) == [("wallet.available", "wallet.reserved", 300)]
    assert [(one.kind, one.subject, one.due_at) for one in asked.timers] == [
        (TimerKind.WITHDRAWAL, asked.withdrawal.id, AT)
    ]


def test_where_somebody_has_to_agree_it_waits() -> None:
    house = evolve(RULES, approve_withdrawals=True)
    asked = ask(wallet(available=700), usd(700), WithdrawalOrigin.SCHEDULE, house, AT)

    assert (asked.withdrawal.status, asked.timers) == (S.REQUESTED, ())


@pytest.mark.parametrize("status", S)
def test_a_wallet_is_taken_while_its_withdrawal_is_open(status: S) -> None:
    is_open = status in (S.REQUESTED, S.APPROVED, S.PROCESSING)
    assert (withdrawal(status=status).open_wallet is not None) is is_open


# going on


def test_what_is_there_is_paid_out() -> None:
    approved = withdrawal(status=S.APPROVED)
    going = go_on(approved, means(300), RULES, AT)

    assert going.result.status is S.PROCESSING
    sent = changed(going, PaymentTransaction)
    assert (sent.amount, sent.destination, sent.retry_of) == (usd(300), "acct_1", None)
    assert going.timers == ()


def test_another_try_is_another_operation() -> None:
    before = payout(status=TransactionStatus.FAILED)
    going = go_on(withdrawal(failure=INSUFFICIENT), means(300, tries=[before]), RULES, AT)

    assert changed(going, PaymentTransaction).retry_of == before.id
    assert going.result.failure is None


@pytest.mark.parametrize(
    ("there", "expected"),
    [(0, [700, 300]), (1, [700, 299]), (300, [700]), (700, [300]), (999, [1])],
)
def test_what_is_missing_is_transferred_first(there: int, expected: list[int]) -> None:
    payments = [waiting(number) for number in range(3)]
    approved = withdrawal(1_000, status=S.APPROVED)
    going = go_on(approved, means(there, waiting=payments), RULES, AT)
    sent = [one.entity for one in going.changes if isinstance(one.entity, PaymentTransaction)]

    assert [one.payment for one in sent] == [one.id for one in payments[: len(expected)]]
    assert [one.amount.minor for one in sent] == expected
    assert all(one.kind is TransactionKind.TRANSFER for one in sent)
    assert going.result.status is S.APPROVED


def test_what_is_on_its_way_is_not_missing() -> None:
    coming = evolve(waiting(1), transferring=usd(700))
    approved = withdrawal(1_000, status=S.APPROVED)
    going = go_on(approved, means(100, waiting=[coming, waiting(2)]), RULES, AT)
    [sent] = [one.entity for one in going.changes if isinstance(one.entity, PaymentTransaction)]

    assert (sent.payment, sent.amount) == (waiting(2).id, usd(200))


@pytest.mark.parametrize("there", [0, 400])
def test_what_is_left_of_a_payment_waits_for_the_next_withdrawal(there: int) -> None:
    approved = withdrawal(700, status=S.APPROVED)
    going = go_on(approved, means(there, waiting=[waiting(1)]), RULES, AT)
    left = changed(going, Payment)

    assert (left.untransferred, left.transfer_blocked) == (usd(there), "withdrawal")


def test_while_it_waits_nobody_is_kept_busy() -> None:
    going = go_on(withdrawal(status=S.APPROVED), means(0), RULES, AT)
    [again] = going.timers

    assert not going.changes
    assert again.due_at >= AT + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("unsent", "there", "expected"),
    [(400, 0, [700, 300]), (300, 0, [700, 300]), (100, 0, [700, 100]), (0, 0, [700]),
     (-100, 0, [700]), (400, 250, [700, 50]), (400, 300, [700]), (400, 999, [1])],
)  # fmt: skip
def test_what_payments_do_not_give_is_sent_as_far_as_no_payment_is_behind_it(
    unsent: int, there: int, expected: list[int]
) -> None:
    approved = withdrawal(1_000, status=S.APPROVED)
    going = go_on(approved, means(there, waiting=[waiting(1)], unsent=unsent), RULES, AT)
    sent = [one.entity for one in going.changes if isinstance(one.entity, PaymentTransaction)]

    assert [one.amount.minor for one in sent] == expected
    left = [one.entity.unsent for one in going.changes if isinstance(one.entity, Wallet)]
    others = [one for one in sent if one.payment is None]
    assert left == [usd(unsent) - one.amount for one in others]
    assert all((one.withdrawal, one.target) == ("wdr_1", None) for one in others)
    assert len({*going.relies_on} & {means(0, unsent=unsent).wallet}) == (not others)


# what the gateway says


def test_a_payout_takes_the_money_off_the_account_at_once() -> None:
    created = payout_created(payout(), withdrawal(), "po_1", AT)

    assert moved(created) == [("payout_in_transit", "connected", 300)]
    assert changed(created, Withdrawal).gateway_payout == "po_1"
    assert created.result.status is TransactionStatus.AWAITING_CONFIRMATION
    again = payout_created(created.result, withdrawal(), "po_1", AT)
    assert (again.changes, again.entries) == ((), ())


@pytest.mark.parametrize("known", [True, False], ids=["created", "at once"])
def test_what_is_paid_has_left_the_wallet(known: bool) -> None:
    sent = payout(
        gateway_id="po_1" if known else None,
        status=TransactionStatus.AWAITING_CONFIRMATION if known else TransactionStatus.PENDING,
    )
    done = paid_out(sent, withdrawal(), wallet(reserved=300), "po_1", AT)
    created = [] if known else [("payout_in_transit", "connected", 300)]

    assert moved(done) == [*created, ("wallet.reserved", "payout_in_transit", 300)]
    assert changed(done, Wallet).total == usd(0)
    assert changed(done, Withdrawal).status is S.PAID


@pytest.mark.parametrize("known", [True, False], ids=["created", "at once"])
def test_what_did_not_go_is_in_the_wallet_again(known: bool) -> None:
    sent = payout(
        gateway_id="po_1" if known else None,
        status=TransactionStatus.AWAITING_CONFIRMATION if known else TransactionStatus.PENDING,
    )
    gone = payout_failed(sent, withdrawal(), wallet(reserved=300), "no_account", RULES, AT)
    undone = [("connected", "payout_in_transit", 300)] if known else []

    assert moved(gone) == [*undone, ("wallet.reserved", "wallet.available", 300)]
    assert changed(gone, Withdrawal).status is S.FAILED
    assert changed(gone, Wallet).available == usd(300)


def test_what_is_not_there_yet_is_tried_again_ever_more_seldom() -> None:
    waits, due = withdrawal(), []
    for _ in range(4):
        again = payout_failed(payout(), waits, wallet(reserved=300), INSUFFICIENT, RULES, AT)
        waits = changed(again, Withdrawal)
        assert (waits.status, waits.failure, again.entries) == (S.PROCESSING, INSUFFICIENT, ())
        due.append(again.timers[0].due_at)

    assert waits.attempts == 4
    assert due == sorted(set(due))
    assert due[0] > AT


def test_what_somebody_else_has_paid_out_is_not_waited_for() -> None:
    has = wallet(reserved=300, receivable=700, overdrawn=700)
    gone = payout_failed(payout(), withdrawal(), has, INSUFFICIENT, RULES, AT)

    assert (gone.result.failure, gone.timers) == (INSUFFICIENT, ())
    lost = changed(gone, Withdrawal)
    assert (lost.status, lost.failure) == (S.FAILED, ELSEWHERE)
    assert moved(gone) == [("wallet.reserved", "wallet.available", 300)]
    assert changed(gone, Wallet).withdrawable == usd(0)


def test_what_was_taken_and_then_not_paid_has_failed_whatever_the_word_for_it() -> None:
    sent = payout(gateway_id="po_1", status=TransactionStatus.AWAITING_CONFIRMATION)
    gone = payout_failed(sent, withdrawal(), wallet(reserved=300), INSUFFICIENT, RULES, AT)
    assert changed(gone, Withdrawal).status is S.FAILED


def test_what_the_bank_returns_is_there_again() -> None:
    paid = withdrawal(status=S.PAID)
    back = payout_returned(paid, wallet(receivable=100), "account_closed", RULES, AT)

    assert moved(back) == [("connected", "wallet.available", 300)]
    assert changed(back, Wallet).withdrawable == usd(200)  # the rest is owed
    assert (back.result.status, back.result.failure) == (S.FAILED, "account_closed")


@pytest.mark.parametrize("status", sorted(set(S) - {S.PAID}))
def test_what_was_not_paid_is_not_returned(status: S) -> None:
    back = payout_returned(withdrawal(status=status), wallet(), "x", RULES, AT)
    assert (back.changes, back.entries) == ((), ())


@pytest.mark.parametrize(("debt", "withdrawable"), [(0, 300), (100, 200), (300, 0), (500, 0)])
def test_what_is_free_again_cannot_be_withdrawn_while_it_is_owed(
    debt: int, withdrawable: int
) -> None:
    purse = wallet(reserved=300, receivable=debt)
    after = purse.post(freed(withdrawal(), purse), AT).entity

    assert (after.available, after.reserved) == (usd(300), usd(0))
    assert (after.receivable, after.withdrawable) == (usd(debt), usd(withdrawable))
    assert sum(effects(freed(withdrawal(), purse)).values()) == 0


# small questions


def test_an_open_payout_is_on_its_way() -> None:
    open_one, failed = payout(), payout(status=TransactionStatus.FAILED)
    assert is_on_its_way([failed, open_one])
    assert not is_on_its_way([failed])


@pytest.mark.parametrize("status", PayoutAccountStatus)
def test_only_an_active_account_is_paid(status: PayoutAccountStatus) -> None:
    account = evolve(ACCOUNT, status=status)
    assert active([account]) == (account if status is PayoutAccountStatus.ACTIVE else None)
    assert active([]) is None
