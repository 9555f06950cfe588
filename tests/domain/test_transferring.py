"""What is asked back of transfers: no more than is too much, and no more than is there."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve, frozen
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.ids import PayoutAccountId, TransactionId
from marketpay.domain.lifecycles import PaymentStatus, TransactionStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.transferring import asked_back, reversals, reversed_of, transfer
from tests.domain.test_payment import AT, captured, usd

LATER = AT + timedelta(days=1)
RULES = Rules(now=lambda: datetime(2026, 1, 2, tzinfo=UTC))
SUCCESS, FAILED = TransactionStatus.SUCCESS, TransactionStatus.FAILED
ACCOUNT = PayoutAccount(
    id=PayoutAccountId("pac_1"), contractor="ctr_42", gateway_account="acct_1", created_at=AT
)


def moved(
    number: int,
    minor: int,
    status: TransactionStatus = SUCCESS,
    kind: TransactionKind = TransactionKind.TRANSFER,
    target: str | None = None,
) -> PaymentTransaction:
    return PaymentTransaction(
        id=TransactionId(f"ptx_{number:03}"),
        payment=captured().id,
        kind=kind,
        amount=usd(minor),
        party="ctr_42",
        group="job_1",
        target=target,
        gateway_id=f"gw_{number}",
        status=status,
        created_at=AT,
    )


def back(number: int, of: int, minor: int, status: TransactionStatus) -> PaymentTransaction:
    return moved(number, minor, status, TransactionKind.TRANSFER_REVERSAL, f"gw_{of}")


def released(refunded: int = 0, transferred: int = 70_000) -> Payment:
    """A thousand dollars, released and partly refunded, with so much on the account."""
    return evolve(
        captured(),
        status=PaymentStatus.RELEASED,
        released_at=AT,
        refunded=usd(refunded),
        transferred=usd(transferred),
    )


def asked(
    payment: Payment, moves: list[PaymentTransaction], there: int = 10**9
) -> list[tuple[str | None, int]]:
    found = reversals(payment, moves, usd(there), RULES, LATER)
    return [(one.entity.target, one.entity.amount.minor) for one in found]


@pytest.mark.parametrize(
    ("refunded", "there", "expected"),
    [
        (0, 70_000, []),
        (40_000, 70_000, [("gw_1", 28_000)]),
        (100_000, 70_000, [("gw_1", 70_000)]),
        (100_000, 50_000, [("gw_1", 50_000)]),
        (100_000, 0, []),
        (100_000, -10, []),
        (1, 70_000, [("gw_1", 1)]),
    ],
)
def test_what_is_too_much_is_asked_back_as_far_as_it_is_there(
    refunded: int, there: int, expected: list[tuple[str, int]]
) -> None:
    assert asked(released(refunded), [moved(1, 70_000)], there) == expected


def test_the_newest_transfer_is_reversed_first() -> None:
    moves = [moved(1, 30_000), moved(3, 20_000), moved(2, 20_000)]

    assert asked(released(100_000), moves) == [("gw_3", 20_000), ("gw_2", 20_000), ("gw_1", 30_000)]
    assert asked(released(40_000), moves) == [("gw_3", 20_000), ("gw_2", 8_000)]


@pytest.mark.parametrize(
    ("status", "left"),
    [(SUCCESS, 60_000), (TransactionStatus.UNKNOWN, 60_000), (FAILED, 70_000)],
)
def test_what_is_being_asked_back_already_is_not_asked_back_again(
    status: TransactionStatus, left: int
) -> None:
    payment = released(100_000, transferred=left)
    moves = [moved(1, 70_000), back(2, 1, 10_000, status)]

    assert asked(payment, moves) == [("gw_1", left)]
    assert reversed_of(moves[0], moves) == usd(70_000 - left)


@pytest.mark.parametrize(
    "status", [one for one in TransactionStatus if one is not TransactionStatus.SUCCESS]
)
def test_a_transfer_that_never_arrived_is_not_reversed(status: TransactionStatus) -> None:
    assert asked(released(100_000), [moved(1, 70_000, status)]) == []


def test_an_operation_of_the_contractors_says_what_it_reverses() -> None:
    [change] = reversals(released(40_000), [moved(1, 70_000)], usd(70_000), RULES, LATER)
    operation = change.entity

    assert operation.kind is TransactionKind.TRANSFER_REVERSAL
    assert (operation.payment, operation.party, operation.group) == ("pay_1", "ctr_42", "job_1")
    assert operation.due_at == LATER
    assert operation.sent_at is None


@frozen
class History:
    """A payment with its transfers, each of which was partly reversed or refused."""

    payment: Payment
    moves: list[PaymentTransaction]


@st.composite
def histories(draw: st.DrawFn) -> History:
    left, number = 70_000, 0
    lying = 0
    moves: list[PaymentTransaction] = []
    for _ in range(draw(st.integers(0, 4))):
        number += 1
        transfer_of = number
        status = draw(st.sampled_from((SUCCESS, SUCCESS, FAILED)))
        amount = draw(st.integers(1, max(left, 1)))
        moves.append(moved(number, amount, status))
        if status is FAILED:
            continue
        left -= amount
        lying += amount
        for _ in range(draw(st.integers(0, min(2, amount)))):
            number += 1
            part = draw(st.integers(1, amount))
            how = draw(st.sampled_from((SUCCESS, TransactionStatus.PENDING, FAILED)))
            moves.append(back(number, transfer_of, part, how))
            if how is not FAILED:
                amount -= part
                lying -= part
            if not amount:
                break
        if left <= 0:
            break
    refunded = draw(st.integers(0, 100_000))
    return History(released(refunded, transferred=lying), draw(st.permutations(moves)))


@given(history=histories(), there=st.integers(-10, 80_000))
def test_never_more_is_asked_back_than_is_too_much_there_or_was_sent(
    history: History, there: int
) -> None:
    payment, moves = history.payment, history.moves
    found = list(reversals(payment, moves, usd(there), RULES, LATER))
    total = sum(change.entity.amount.minor for change in found)
    too_much = max(-payment.untransferred.minor, 0)

    assert total == min(too_much, payment.transferred.minor, max(there, 0))
    everything = [*moves, *(change.entity for change in found)]
    for made in moves:
        if made.kind is TransactionKind.TRANSFER:
            assert reversed_of(made, everything) <= made.amount
    assert all(change.entity.amount.minor > 0 for change in found)
    assert asked_back(payment, found).transferred.minor == payment.transferred.minor - total
    if total == too_much:
        assert asked_back(payment, found).untransferred.minor >= 0
        assert asked(asked_back(payment, found), everything, there) == []


def test_what_is_missing_is_sent_and_counted_as_on_its_way() -> None:
    payment = evolve(released(10_000, transferred=20_000), transfer_blocked="onboarding")
    started, sent = transfer(payment, ACCOUNT, RULES, LATER)

    assert isinstance(started.entity, Payment)
    assert isinstance(sent.entity, PaymentTransaction)
    assert sent.entity.amount == started.entity.transferring == usd(43_000)
    assert started.entity.untransferred == usd(0)
    assert (started.entity.transfer_blocked, sent.entity.destination) == (None, "acct_1")


@pytest.mark.parametrize("transferred", [63_000, 70_000])
def test_where_nothing_is_missing_nothing_is_sent(transferred: int) -> None:
    payment = evolve(released(10_000, transferred=transferred), transfer_blocked="refused")
    [started] = transfer(payment, ACCOUNT, RULES, LATER)

    assert isinstance(started.entity, Payment)
    assert started.entity.transferring == Money.zero("USD")
    assert started.entity.transfer_blocked is None
