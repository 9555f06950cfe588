"""What a refund takes from whom: all of it, from where it is now, and no cent more."""

from datetime import UTC, datetime
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.actor import Role
from marketpay.domain.commission import Commission, Split
from marketpay.domain.credit import Credit
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import CreditId, JobId, OfferId, PaymentId, TransactionId, WalletId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, effects
from marketpay.domain.lifecycles import PaymentStatus, RefundStatus, TransactionStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.refund import Refund
from marketpay.domain.refunding import Held, begin, check_refundable, given_back, sent
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse
from marketpay.domain.wallet import Wallet
from marketpay.testing import VirtualClock, strategies

K = AccountKind
AT = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(now=VirtualClock())
NOTHING = Held(wallet=None, moves=(), there=Money.zero("USD"))
AMOUNTS = strategies.minor_units(1, 10**9)


def usd(minor: int) -> Money:
    return Money.from_minor(minor, "USD")


PRICE = usd(100_000)


def payment(price: Money = PRICE, **changes: Any) -> Payment:
    commission: Commission = changes.pop("commission", Commission())
    fields: dict[str, Any] = {
        "status": PaymentStatus.CAPTURED,
        "split": commission.split(price),
        "gateway_payment": "pi_1",
    }
    return Payment(
        id=PaymentId("pay_1"),
        offer=OfferId("off_1"),
        job=JobId("job_1"),
        customer="cus_17",
        contractor="ctr_42",
        amount=price,
        created_at=AT,
        **fields | changes,
    )


def released(price: Money = PRICE, **changes: Any) -> Payment:
    return payment(price, status=PaymentStatus.RELEASED, released_at=AT, **changes)


def wallet(**parts: int) -> Wallet:
    empty = Wallet.empty(WalletId("wal_1"), "ctr_42", "USD", AT)
    amounts: dict[str, Any] = {name: usd(minor) for name, minor in parts.items()}
    return evolve(empty, version=1, **amounts)


def taken(entries: Any) -> dict[AccountKind, int]:
    """How much left each kind of account."""
    sums: dict[AccountKind, int] = {}
    for entry in entries:
        assert entry.credit.kind is K.REFUNDS_IN_TRANSIT
        sums[entry.debit.kind] = sums.get(entry.debit.kind, 0) + entry.amount.minor
    return sums


def back(paid: Payment, amount: int, purse: Wallet | None = None) -> tuple[LedgerEntry, ...]:
    return tuple(given_back(paid, usd(amount), K.REFUNDS_IN_TRANSIT, purse))


def test_before_the_release_escrow_and_the_platform_give_back() -> None:
    assert taken(back(payment(), 10_000)) == {K.ESCROW: 9_000, K.PLATFORM_FEE: 1_000}


def test_after_the_release_each_gives_what_it_got() -> None:
    assert taken(back(released(), 10_000, wallet(available=70_000))) == {
        K.PLATFORM_FEE: 1_000,
        K.SERVICE_FEE: 2_000,
        K.WALLET_AVAILABLE: 7_000,
    }


def test_a_wallet_gives_what_is_pending_then_what_is_available_and_owes_the_rest() -> None:
    purse = wallet(pending=1_000, available=2_000, reserved=50_000)
    assert taken(back(released(clearing=usd(1_000)), 10_000, purse)) == {
        K.PLATFORM_FEE: 1_000,
        K.SERVICE_FEE: 2_000,
        K.WALLET_PENDING: 1_000,
        K.WALLET_AVAILABLE: 2_000,
        K.RECEIVABLE: 4_000,
    }


def test_what_is_pending_of_another_payment_stays_there() -> None:
    purse = wallet(pending=9_000, available=2_000)
    assert taken(back(released(clearing=usd(1_000)), 10_000, purse)) == {
        K.PLATFORM_FEE: 1_000,
        K.SERVICE_FEE: 2_000,
        K.WALLET_PENDING: 1_000,
        K.WALLET_AVAILABLE: 2_000,
        K.RECEIVABLE: 4_000,
    }


@given(
    price=strategies.prices("USD", at_most=10**9),
    commission=strategies.commissions(),
    shares=st.lists(st.integers(1, 1000), max_size=6),
    release_at=st.integers(0, 6),
    available=strategies.minor_units(0, 10**9),
)
def test_partial_refunds_take_exactly_what_the_full_one_takes(
    price: Money, commission: Commission, shares: list[int], release_at: int, available: int
) -> None:
    paid = payment(price, commission=commission)
    gone: dict[AccountKind, int] = {}
    left = [share for share in shares if share <= price.minor]
    for number, share in enumerate([*left, price.minor]):
        if number == release_at:
            paid = evolve(paid, released_at=AT)
        amount = min(share, paid.refundable.minor)
        if not amount:
            continue
        entries = back(paid, amount, wallet(available=available))
        assert sum(taken(entries).values()) == amount
        for kind, minor in taken(entries).items():
            gone[kind] = gone.get(kind, 0) + minor
        paid = evolve(paid, refunded=paid.refunded + usd(amount))

    split = paid.split
    assert isinstance(split, Split)
    theirs = (K.ESCROW, K.SERVICE_FEE, K.WALLET_AVAILABLE, K.RECEIVABLE)
    assert sum(gone.values()) == price.minor
    assert gone.get(K.PLATFORM_FEE, 0) == split.platform_fee.minor
    assert sum(gone.get(kind, 0) for kind in theirs) == split.held.minor
    assert paid.remains().held.minor == 0


@given(amount=AMOUNTS, parts=st.tuples(*[strategies.minor_units(0, 10**9)] * 3))
def test_no_wallet_is_ever_below_zero(amount: int, parts: tuple[int, int, int]) -> None:
    pending, available, reserved = parts
    purse = wallet(pending=pending, available=available, reserved=reserved)
    paid = released(usd(10**9), commission=Commission("0", "0"), clearing=purse.pending)
    entries = back(paid, amount, purse)
    after = purse.post(entries, AT).entity

    assert after.reserved == purse.reserved
    assert after.total - after.receivable == purse.total - usd(amount)
    assert not after.receivable.minor or not (after.pending + after.available).minor


FINE = (PaymentStatus.CAPTURED, PaymentStatus.RELEASED)


@pytest.mark.parametrize("status", sorted(set(PaymentStatus) - set(FINE)))
def test_only_what_was_captured_can_be_refunded(status: PaymentStatus) -> None:
    with pytest.raises(Refused) as refused:
        check_refundable(payment(status=status), usd(1))
    assert refused.value.reason is Reason.NOT_REFUNDABLE


@pytest.mark.parametrize("status", FINE)
def test_what_is_left_can_be_refunded_and_no_more(status: PaymentStatus) -> None:
    paid = payment(status=status, refunded=usd(30_000), lost=usd(20_000), disputed=usd(10_000))
    check_refundable(paid, usd(40_000))
    with pytest.raises(Refused) as refused:
        check_refundable(paid, usd(40_001))
    assert refused.value.reason is Reason.NOT_REFUNDABLE


def test_an_open_chargeback_is_decided_first() -> None:
    disputed = payment(status=PaymentStatus.CHARGED_BACK, disputed=usd(1))
    with pytest.raises(Refused) as refused:
        check_refundable(disputed, usd(1))
    assert refused.value.reason is Reason.CHARGEBACK_OPEN


def test_a_refund_is_on_record_before_it_is_sent() -> None:
    begun = begin(payment(), usd(10_000), NOTHING, Role.ADMIN, RULES, AT, "half")
    [started] = sent(begun, RULES, AT)
    operation = started.entity

    assert begun.payment.refunded == usd(10_000)
    assert (begun.refund.status, begun.refund.reason) == (RefundStatus.REQUESTED, "half")
    assert (operation.kind, operation.amount) == (TransactionKind.REFUND, usd(10_000))
    assert (operation.refund, operation.target) == (begun.refund.id, "pi_1")
    assert operation.sent_at == AT
    assert {type(change.entity) for change in begun.changes} == {Payment, Refund}


def transfer(minor: int) -> PaymentTransaction:
    return PaymentTransaction(
        id=TransactionId("ptx_1"),
        payment=PaymentId("pay_1"),
        kind=TransactionKind.TRANSFER,
        amount=usd(minor),
        party="ctr_42",
        group="job_1",
        status=TransactionStatus.SUCCESS,
        gateway_id="tr_1",
        created_at=AT,
    )


@pytest.mark.parametrize(
    ("there", "asked"), [(70_000, 7_000), (7_000, 7_000), (3_000, 3_000), (0, None), (-5, None)]
)
def test_what_lies_with_the_contractor_is_asked_back(there: int, asked: int | None) -> None:
    paid = released(transferred=usd(70_000))
    moved = transfer(70_000)
    purse = wallet(available=70_000)
    held = Held(wallet=purse, moves=(moved,), there=usd(there))
    begun = begin(paid, usd(10_000), held, Role.ADMIN, RULES, AT)
    operations = [
        change.entity for change in begun.changes if isinstance(change.entity, PaymentTransaction)
    ]

    assert [one.amount.minor for one in operations] == ([] if asked is None else [asked])
    assert begun.payment.transferred == usd(70_000 - (asked or 0))
    assert held.rest(*(change.entity for change in begun.changes)) == (moved,)


# --- what credit paid in part


@given(AMOUNTS, st.data())
def test_refunds_of_what_credit_paid_go_to_the_card_first(price: int, data: st.DataObject) -> None:
    """Whatever is lost to a bank in between: card and credit are exact, and end at the full."""
    credit = data.draw(strategies.minor_units(0, price - 1))
    paid = payment(usd(price), credit=usd(credit))
    on_card, lost = 0, 0
    for last in (*[False] * data.draw(st.integers(0, 5)), True):
        room = min(paid.refundable.minor, paid.chargeable_back.minor)
        if room and data.draw(st.booleans()):
            taken = data.draw(strategies.minor_units(1, room))
            paid, lost = evolve(paid, lost=usd(lost + taken)), lost + taken
        if not paid.refundable.minor:
            break
        left = paid.refundable.minor
        amount = left if last else data.draw(strategies.minor_units(1, left))
        before = paid.chargeable_back.minor
        none = Credit.begun(CreditId("crd_1"), "cus_17", "USD", usd(0), AT)
        held = evolve(NOTHING, purse=Purse(credit=none, grants=()))
        begun = begin(paid, usd(amount), held, Role.ADMIN, RULES, AT)
        refund, paid = begun.refund, begun.payment
        assert (refund.charged.minor, refund.amount.minor) == (min(amount, before), amount)
        assert refund.charged + refund.credit == refund.amount
        assert len(sent(begun, RULES, AT)) == (1 if refund.charged.minor else 0)
        assert (refund.status is RefundStatus.SUCCEEDED) == (not refund.charged.minor)
        moved = effects(begun.entries)
        account = none.account(K.CREDIT_AVAILABLE)
        assert moved.get(account, 0) == refund.credit.minor
        assert moved.get(Account(K.REFUNDS_IN_TRANSIT, "USD"), 0) == refund.charged.minor
        on_card += refund.charged.minor
        assert on_card + lost <= price - credit
        assert min(paid.chargeable_back.minor, paid.credited.minor) >= 0
        assert paid.credited <= paid.credit
    assert (on_card + lost, paid.credited.minor) == (price - credit, credit)
