"""What should lie on a contractor's account is transferred, what should not is asked back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.commission import Commission
from marketpay.domain.ids import JobId, OfferId, PaymentId, PayoutAccountId, TransactionId
from marketpay.domain.lifecycles import PaymentStatus, PayoutAccountStatus, TransactionStatus
from marketpay.domain.limits import Limits
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.domain.transferring import asked_back, reversals, reversed_of, transfer
from marketpay.testing import VirtualClock, strategies

AT = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(now=VirtualClock())
AMOUNTS = strategies.minor_units(0, 70_000)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


def released(**changes: Any) -> Payment:
    """A payment of 1,000.00, of which 700.00 are the contractor's."""
    fields: dict[str, Any] = {"gateway_payment": "pi_1", "released_at": AT}
    return Payment(
        id=PaymentId("pay_1"),
        offer=OfferId("off_1"),
        job=JobId("job_1"),
        customer="cus_17",
        contractor="ctr_42",
        amount=usd(100_000),
        status=PaymentStatus.RELEASED,
        split=Commission().split(usd(100_000)),
        created_at=AT,
        **fields | changes,
    )


ACCOUNT = PayoutAccount(
    id=PayoutAccountId("pac_1"),
    contractor="ctr_42",
    status=PayoutAccountStatus.ACTIVE,
    gateway_account="acct_1",
    created_at=AT,
)


def made(minor: int, number: int = 1, **changes: Any) -> PaymentTransaction:
    """A transfer that has arrived."""
    fields: dict[str, Any] = {
        "kind": TransactionKind.TRANSFER,
        "status": TransactionStatus.SUCCESS,
        "gateway_id": f"tr_{number}",
    }
    return PaymentTransaction(
        id=TransactionId(f"ptx_{number}"),
        payment=PaymentId("pay_1"),
        amount=usd(minor),
        party="ctr_42",
        group="job_1",
        created_at=AT,
        **fields | changes,
    )


def reversal(
    minor: int, of: str, number: int, status: TransactionStatus = TransactionStatus.SUCCESS
) -> PaymentTransaction:
    kind = TransactionKind.TRANSFER_REVERSAL
    return made(minor, number, kind=kind, target=of, gateway_id=f"trr_{number}", status=status)


def back(
    paid: Payment, moves: list[PaymentTransaction], there: int
) -> list[tuple[str | None, int]]:
    changes = reversals(paid, moves, usd(there), RULES, AT)
    return [(change.entity.target, change.entity.amount.minor) for change in changes]


# what is due


def test_nothing_is_due_before_the_release() -> None:
    assert released(released_at=None).due == usd(0)


@pytest.mark.parametrize(
    ("changes", "due"),
    [
        ({}, 70_000),
        ({"withheld": usd(20_000)}, 50_000),
        ({"refunded": usd(10_000)}, 63_000),
        ({"refunded": usd(10_000), "lost": usd(10_000)}, 56_000),
        ({"refunded": usd(100_000)}, 0),
        ({"refunded": usd(90_000), "withheld": usd(20_000)}, 0),
        ({"refunded": usd(100_000), "withheld": usd(-20_000)}, 20_000),  # owed otherwise, or borne
        ({"disputed": usd(50_000)}, 70_000),
    ],
)
def test_what_is_left_of_the_payout_is_due_but_what_pays_a_debt(
    changes: dict[str, Money], due: int
) -> None:
    assert released(**changes).due == usd(due)


# transfers


def test_what_is_due_is_transferred_out_of_the_payment() -> None:
    started, sent = transfer(released(), ACCOUNT, RULES, AT)

    assert isinstance(started.entity, Payment)
    assert (started.entity.transferring, started.entity.transfer_blocked) == (usd(70_000), None)
    assert isinstance(sent.entity, PaymentTransaction)
    assert (sent.entity.amount, sent.entity.destination) == (usd(70_000), "acct_1")
    assert (sent.entity.target, sent.entity.due_at, sent.entity.sent_at) == ("pi_1", AT, None)


def test_the_charge_is_named_where_it_is_known() -> None:
    _, sent = transfer(released(gateway_charge="ch_1"), ACCOUNT, RULES, AT)
    assert getattr(sent.entity, "target", None) == "ch_1"


def test_only_what_is_neither_there_nor_on_its_way_is_transferred() -> None:
    paid = released(transferred=usd(10_000), transferring=usd(20_000), withheld=usd(5_000))
    started, sent = transfer(paid, ACCOUNT, RULES, AT)

    assert getattr(sent.entity, "amount", None) == usd(35_000)
    assert getattr(started.entity, "transferring", None) == usd(55_000)


@pytest.mark.parametrize(
    ("most", "sent", "blocked"),
    [(1, 1, "withdrawal"), (70_000, 70_000, "withdrawal"), (99_999, 70_000, "withdrawal"),
     (None, 70_000, None)],
)  # fmt: skip
def test_no_more_is_transferred_than_is_asked_for(
    most: int | None, sent: int, blocked: str | None
) -> None:
    asked = None if most is None else usd(most)
    waiting = released(transfer_blocked="withdrawal")
    started, moving = transfer(waiting, ACCOUNT, RULES, AT, most=asked)

    assert getattr(moving.entity, "amount", None) == usd(sent)
    assert getattr(started.entity, "transferring", None) == usd(sent)
    assert getattr(started.entity, "transfer_blocked", "?") == blocked


@pytest.mark.parametrize(("most", "sent"), [(None, 69_990), (1, 10), (15, 20), (69_999, 69_990)])
def test_what_a_gateway_cannot_move_is_left(most: int | None, sent: int) -> None:
    rules = evolve(RULES, limits=lambda _: Limits(step=10))
    paid = released(withheld=usd(1), transfer_blocked="withdrawal")
    asked = None if most is None else usd(most)
    _, moving = transfer(paid, ACCOUNT, rules, AT, most=asked)

    assert getattr(moving.entity, "amount", None) == usd(sent)


def test_what_was_brought_back_is_sent_out_of_the_balance() -> None:
    brought_back = released(transferred=usd(10_000), transfer_blocked="reversed")
    _, sent = transfer(brought_back, ACCOUNT, RULES, AT)

    assert isinstance(sent.entity, PaymentTransaction)
    assert (sent.entity.amount, sent.entity.target) == (usd(60_000), None)


@pytest.mark.parametrize("refunded", [0, 50_000])
def test_what_is_there_is_not_transferred_again(refunded: int) -> None:
    paid = released(transferred=usd(70_000), refunded=usd(refunded), transfer_blocked="refused")
    [only] = transfer(paid, ACCOUNT, RULES, AT)

    assert getattr(only.entity, "transfer_blocked", "?") is None
    assert getattr(only.entity, "transferring", None) == usd(0)


# reversals


def test_nothing_is_asked_back_that_is_due() -> None:
    assert back(released(transferred=usd(70_000)), [made(70_000)], 70_000) == []
    assert back(released(), [], 70_000) == []


@pytest.mark.parametrize(
    ("there", "asked"), [(70_000, 7_000), (7_000, 7_000), (6_999, 6_999), (0, 0), (-1, 0)]
)
def test_what_is_too_much_is_asked_back_as_far_as_it_is_there(there: int, asked: int) -> None:
    paid = released(transferred=usd(70_000), refunded=usd(10_000))
    assert back(paid, [made(70_000)], there) == ([("tr_1", asked)] if asked else [])


def test_what_is_on_its_way_is_asked_back_only_when_it_has_arrived() -> None:
    paid = released(transferring=usd(70_000), refunded=usd(10_000))
    under_way = made(70_000, status=TransactionStatus.UNKNOWN, gateway_id=None)
    assert back(paid, [under_way], 70_000) == []


def test_the_newest_transfer_is_reversed_first() -> None:
    paid = released(transferred=usd(70_000), refunded=usd(100_000))
    moves = [made(30_000), made(40_000, 2)]
    assert back(paid, moves, 70_000) == [("tr_2", 40_000), ("tr_1", 30_000)]
    assert back(paid, moves, 50_000) == [("tr_2", 40_000), ("tr_1", 10_000)]


def test_what_was_reversed_already_is_not_reversed_again() -> None:
    paid = released(transferred=usd(60_000), refunded=usd(100_000))
    moves = [made(30_000), made(40_000, 2), reversal(10_000, "tr_2", 3)]
    assert back(paid, moves, 70_000) == [("tr_2", 30_000), ("tr_1", 30_000)]


def test_a_reversal_that_was_refused_does_not_count() -> None:
    moves = [made(30_000), reversal(10_000, "tr_1", 2, TransactionStatus.FAILED)]
    assert reversed_of(moves[0], moves) == usd(0)
    open_one = reversal(10_000, "tr_1", 3, TransactionStatus.UNKNOWN)
    assert reversed_of(moves[0], [*moves, open_one]) == usd(10_000)
    assert reversed_of(moves[0], [*moves, reversal(10_000, "tr_9", 4)]) == usd(0)


@given(
    sizes=st.lists(strategies.minor_units(1, 30_000), min_size=1, max_size=4),
    refunded=strategies.minor_units(0, 100_000),
    there=strategies.minor_units(0, 200_000),
)
def test_no_more_is_asked_back_than_was_moved_is_too_much_or_is_there(
    sizes: list[int], refunded: int, there: int
) -> None:
    moves = [made(size, number) for number, size in enumerate(sizes)]
    paid = released(transferred=usd(sum(sizes)), refunded=usd(refunded))
    changes = list(reversals(paid, moves, usd(there), RULES, AT))
    asked = sum(change.entity.amount.minor for change in changes)
    excess = max(sum(sizes) - paid.due.minor, 0)

    assert asked == min(excess, there)
    assert asked_back(paid, changes).transferred == usd(sum(sizes) - asked)
    for one in moves:
        assert reversed_of(one, [*moves, *(change.entity for change in changes)]) <= one.amount


@given(refunds=st.lists(strategies.minor_units(1, 50_000), max_size=5), withheld=AMOUNTS)
def test_what_is_due_never_grows_by_a_refund(refunds: list[int], withheld: int) -> None:
    paid = released(withheld=usd(withheld))
    for minor in refunds:
        amount = min(usd(minor), paid.refundable)
        after = evolve(paid, refunded=paid.refunded + amount)
        assert usd(0) <= after.due <= paid.due
        paid = after


@pytest.mark.parametrize("tries", range(12))
def test_what_was_refused_is_tried_again_ever_more_seldom(tries: int) -> None:
    wait = RULES.transfer_at(tries + 1, AT) - AT
    assert RULES.transfer_at(tries, AT) - AT <= wait <= timedelta(days=1)
