"""The simulated processor by itself: money, holds, accounts and keys, in memory and in a file."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay.domain.errors import ConfigurationError
from marketpay.testing import VirtualClock
from marketpay.testing.cards import CARDS, GENERIC, card_named
from marketpay.testing.file_shelf import FileShelf
from marketpay.testing.processor import Processor
from marketpay.testing.processor_records import KeyReused
from marketpay.testing.processor_values import (
    PLATFORM,
    Account,
    Charge,
    Movement,
    Payment,
    PaymentStatus,
    Payout,
    Refund,
    RefundStatus,
    Refusal,
    Result,
    ServerFault,
    Standing,
    Transfer,
)
from marketpay.testing.shelf import MemoryShelf


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "file"])
def processor(
    request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock
) -> Iterator[Processor]:
    shelf = MemoryShelf() if request.param == "memory" else FileShelf(tmp_path / "processor.db")
    processor = Processor(shelf, clock)
    yield processor
    processor.close()


def hold(
    processor: Processor, amount: int = 1000, *, currency: str = "USD", method: str | None = "pm_x"
) -> Payment:
    payment = processor.authorize(
        amount=amount,
        currency=currency,
        payer="cus_1",
        method=method,
        reference="ptx_1",
        subject="pay_1",
        group="job_1",
    )
    assert isinstance(payment, Payment)
    return payment


def charge(processor: Processor, amount: int = 1000) -> Payment:
    payment = processor.capture(hold(processor, amount).id, amount=amount, currency="USD")
    assert isinstance(payment, Payment)
    return payment


def account(processor: Processor, owner: str = "ctr_1") -> Account:
    opened = processor.open_account(owner=owner, reference=f"pac_{owner}")
    active = processor.set_standing(opened.id, Standing.ACTIVE)
    assert isinstance(active, Account)
    return active


def transfer(processor: Processor, to: str, amount: int, source: str | None = None) -> Result:
    return processor.transfer(
        account=to,
        amount=amount,
        currency="USD",
        source=source,
        reference="ptx_2",
        group="job_1",
    )


def code(result: Result) -> str:
    assert isinstance(result, Refusal)
    return result.decline.code


# ------------------------------------------------------------------------------ payments


def test_a_hold_takes_no_money_and_stands_for_seven_days(
    processor: Processor, clock: VirtualClock
) -> None:
    payment = hold(processor)
    assert payment.status is PaymentStatus.REQUIRES_CAPTURE
    assert payment.expires_at == clock() + timedelta(days=7)
    assert processor.held("USD") == 1000
    assert processor.balance(PLATFORM, "USD") == 0


def test_a_capture_moves_what_was_held_to_the_platform(processor: Processor) -> None:
    payment = charge(processor)
    assert payment.status is PaymentStatus.SUCCEEDED
    assert payment.captured == processor.balance(PLATFORM, "USD") == 1000
    assert processor.held("USD") == 0


def test_a_smaller_capture_lets_go_of_the_rest(processor: Processor) -> None:
    captured = processor.capture(hold(processor).id, amount=400, currency="USD")
    assert isinstance(captured, Payment)
    assert (captured.captured, processor.balance(PLATFORM, "USD")) == (400, 400)
    assert processor.held("USD") == 0


@pytest.mark.parametrize(
    ("amount", "currency", "why"),
    [
        (1001, "USD", "amount_too_large"),
        (0, "USD", "parameter_invalid_integer"),
        (-1, "USD", "parameter_invalid_integer"),
        (1000, "EUR", "currency_mismatch"),
    ],
)
def test_a_capture_of_anything_else_is_refused(
    processor: Processor, amount: int, currency: str, why: str
) -> None:
    payment = hold(processor)
    assert code(processor.capture(payment.id, amount=amount, currency=currency)) == why
    assert processor.find(Payment, payment.id) == payment
    assert processor.balance(PLATFORM, currency) == 0


def test_a_hold_is_gone_after_seven_days_without_anybody_doing_anything(
    processor: Processor, clock: VirtualClock
) -> None:
    payment = hold(processor)
    clock.advance(days=7, microseconds=-1)
    assert processor.held("USD") == 1000
    clock.advance(microseconds=1)
    assert processor.held("USD") == 0
    gone = processor.find(Payment, payment.id)
    assert gone is not None
    assert (gone.status, gone.canceled_because) == (PaymentStatus.CANCELED, "expired")
    late = processor.capture(payment.id, amount=1000, currency="USD")
    assert code(late) == "payment_intent_unexpected_state"
    assert processor.balance(PLATFORM, "USD") == 0


def test_a_captured_payment_does_not_expire(processor: Processor, clock: VirtualClock) -> None:
    payment = charge(processor)
    clock.advance(days=8)
    assert processor.find(Payment, payment.id) == payment


def test_nothing_is_captured_twice(processor: Processor) -> None:
    payment = charge(processor)
    again = processor.capture(payment.id, amount=1000, currency="USD")
    assert code(again) == "payment_intent_unexpected_state"
    assert processor.balance(PLATFORM, "USD") == 1000


def test_a_cancelled_hold_cannot_be_captured(processor: Processor) -> None:
    payment = hold(processor)
    processor.cancel(payment.id)
    refused = processor.capture(payment.id, amount=1000, currency="USD")
    assert code(refused) == "payment_intent_unexpected_state"
    assert code(processor.cancel(payment.id)) == "payment_intent_unexpected_state"
    assert processor.held("USD") == 0


def test_an_amount_that_is_not_above_zero_cannot_be_held(processor: Processor) -> None:
    request = {"currency": "USD", "payer": "c", "method": None, "reference": "r"}
    refused = processor.authorize(amount=0, subject="s", group="g", **request)  # type: ignore[arg-type]
    assert code(refused) == "parameter_invalid_integer"
    assert processor.find(Payment, "r") is None


def test_without_a_payment_method_the_payer_chooses_one(processor: Processor) -> None:
    payment = hold(processor, method=None)
    assert payment.status is PaymentStatus.REQUIRES_PAYMENT_METHOD
    assert payment.waits_for_payer
    confirmed = processor.confirm(payment.id, method="pm_card_mastercard")
    assert isinstance(confirmed, Payment)
    assert confirmed.status is PaymentStatus.REQUIRES_CAPTURE
    assert confirmed.method == "pm_card_mastercard"


def test_a_refused_card_leaves_a_payment_that_another_card_can_rescue(
    processor: Processor,
) -> None:
    payment = hold(processor, method=None)
    refused = processor.confirm(payment.id, method="pm_card_chargeDeclinedExpiredCard")
    assert code(refused) == "expired_card"
    assert code(processor.confirm(payment.id)) == "payment_intent_unexpected_state"
    assert code(processor.confirm(payment.id, method="pm_card_typo")) == "resource_missing"
    rescued = processor.confirm(payment.id, method="pm_card_visa")
    assert isinstance(rescued, Payment)
    assert (rescued.status, rescued.decline) == (PaymentStatus.REQUIRES_CAPTURE, None)


def test_the_clock_of_a_hold_starts_when_the_payer_confirms(
    processor: Processor, clock: VirtualClock
) -> None:
    payment = hold(processor, method="pm_card_authenticationRequired")
    assert payment.status is PaymentStatus.REQUIRES_ACTION
    clock.advance(days=5)
    confirmed = processor.confirm(payment.id)
    assert isinstance(confirmed, Payment)
    assert confirmed.expires_at == clock() + timedelta(days=7)


def test_what_nobody_knows_is_missing(processor: Processor) -> None:
    nowhere = [
        processor.confirm("pi_no"),
        processor.fail_confirmation("pi_no"),
        processor.capture("pi_no", amount=1, currency="USD"),
        processor.cancel("pi_no"),
        processor.expire("pi_no"),
        processor.refund("pi_no", amount=1, currency="USD", reference="r"),
        processor.set_standing("acct_no", Standing.ACTIVE),
        processor.pay_out("acct_no", amount=1, currency="USD", reference="r"),
        transfer(processor, "acct_no", 1),
        transfer(processor, account(processor).id, 1, source="pi_no"),
    ]
    assert {code(result) for result in nowhere} == {"resource_missing"}


# ------------------------------------------------------------------------------- refunds


def test_a_refund_comes_from_the_platforms_balance(processor: Processor) -> None:
    payment = charge(processor)
    refund = processor.refund(payment.id, amount=400, currency="USD", reference="ptx_3")
    assert isinstance(refund, Refund)
    assert processor.find(Refund, "ptx_3") == refund
    assert processor.balance(PLATFORM, "USD") == 600


def test_no_more_is_refunded_than_was_captured(processor: Processor) -> None:
    payment = charge(processor)
    charge(processor)  # so that the balance would allow it

    def refund(amount: int, currency: str = "USD") -> Result:
        return processor.refund(payment.id, amount=amount, currency=currency, reference="r")

    assert code(refund(1001)) == "amount_too_large"
    assert code(refund(0)) == "parameter_invalid_integer"
    assert code(refund(1, "EUR")) == "currency_mismatch"
    assert isinstance(refund(700), Refund)
    assert code(refund(301)) == "amount_too_large"
    assert isinstance(refund(300), Refund)
    assert code(refund(1)) == "charge_already_refunded"
    assert processor.balance(PLATFORM, "USD") == 1000


def test_what_is_only_held_cannot_be_refunded(processor: Processor) -> None:
    refused = processor.refund(hold(processor).id, amount=1, currency="USD", reference="r")
    assert code(refused) == "payment_intent_unexpected_state"


def test_what_the_platform_has_not_it_does_not_refund_yet(processor: Processor) -> None:
    payment = charge(processor)
    transfer(processor, account(processor).id, 700)
    refund = processor.refund(payment.id, amount=301, currency="USD", reference="r")
    assert isinstance(refund, Refund)
    assert (refund.status, processor.balance(PLATFORM, "USD")) == (RefundStatus.PENDING, 300)


# --------------------------------------------------------------- accounts and transfers


def test_a_transfer_moves_money_from_the_platform_to_an_account(processor: Processor) -> None:
    payment, to = charge(processor), account(processor)
    moved = transfer(processor, to.id, 700, source=payment.id)
    assert isinstance(moved, Transfer)
    assert processor.balance(PLATFORM, "USD") == 300
    assert processor.balance(to.id, "USD") == 700


@pytest.mark.parametrize("standing", [Standing.PENDING, Standing.RESTRICTED, Standing.REJECTED])
def test_only_an_active_account_can_be_paid(processor: Processor, standing: Standing) -> None:
    payment, to = charge(processor), account(processor)
    processor.set_standing(to.id, standing)
    assert code(transfer(processor, to.id, 700, source=payment.id)) == "account_not_active"
    assert processor.balance(PLATFORM, "USD") == 1000


def test_transfers_out_of_a_charge_are_together_at_most_the_charge(processor: Processor) -> None:
    payment, to = charge(processor), account(processor)
    charge(processor)  # so that the balance would allow it
    assert isinstance(transfer(processor, to.id, 700, source=payment.id), Transfer)
    assert code(transfer(processor, to.id, 301, source=payment.id)) == "amount_too_large"
    assert isinstance(transfer(processor, to.id, 300, source=payment.id), Transfer)
    assert code(transfer(processor, to.id, 1, source=payment.id)) == "amount_too_large"
    assert isinstance(transfer(processor, to.id, 301), Transfer)


def test_what_is_only_held_covers_no_transfer(processor: Processor) -> None:
    charge(processor)
    source = hold(processor).id
    refused = transfer(processor, account(processor).id, 1, source=source)
    assert code(refused) == "amount_too_large"


def test_a_transfer_in_another_currency_than_its_charge_is_refused(processor: Processor) -> None:
    payment = hold(processor, currency="EUR")
    processor.capture(payment.id, amount=1000, currency="EUR")
    refused = transfer(processor, account(processor).id, 1, source=payment.id)
    assert code(refused) == "currency_mismatch"


def test_the_platform_cannot_transfer_what_it_has_not(processor: Processor) -> None:
    charge(processor)
    assert code(transfer(processor, account(processor).id, 1001)) == "balance_insufficient"
    assert code(transfer(processor, account(processor).id, 0)) == "parameter_invalid_integer"


def test_a_payout_leaves_the_connected_account(processor: Processor) -> None:
    charge(processor)
    to = account(processor)
    transfer(processor, to.id, 700)

    def pay_out(amount: int) -> Result:
        return processor.pay_out(to.id, amount=amount, currency="USD", reference="po_1")

    assert code(pay_out(701)) == "balance_insufficient"
    assert code(pay_out(0)) == "parameter_invalid_integer"
    assert isinstance(pay_out(700), Payout)
    assert processor.balance(to.id, "USD") == 0
    processor.set_standing(to.id, Standing.RESTRICTED)
    assert code(pay_out(1)) == "account_not_active"


# ------------------------------------------------------------------------ names and ids


def test_a_payment_is_found_by_its_id_its_reference_and_its_subject(processor: Processor) -> None:
    payment = hold(processor)
    for name in (payment.id, "ptx_1", "pay_1"):
        assert processor.find(Payment, name) == payment
    assert processor.find(Account, payment.id) is None
    assert processor.find(Refund, "pay_1") is None


def test_of_several_with_the_same_name_the_newest_counts(processor: Processor) -> None:
    older, newer = hold(processor), hold(processor)
    processor.cancel(older.id)  # a change makes nothing newer
    assert processor.find(Payment, "pay_1") == newer
    assert [found.id for found in processor.find_all(Payment, "pay_1")] == [newer.id, older.id]


@pytest.mark.parametrize("place", ["memory", "file"])
def test_what_is_captured_or_cancelled_is_not_looked_through_any_more(
    tmp_path: Path, clock: VirtualClock, place: str
) -> None:
    shelf = MemoryShelf() if place == "memory" else FileShelf(tmp_path / "processor.db")
    processor = Processor(shelf, clock)
    charge(processor)
    processor.cancel(hold(processor).id)
    waiting = [hold(processor), hold(processor, method=None)]
    with shelf:
        assert list(shelf.open(Payment)) == waiting
        assert list(shelf.open(Account)) == []


# --------------------------------------------------------------------------------- keys


def test_a_key_takes_effect_once_and_gives_the_same_answer_for_ever(
    processor: Processor, clock: VirtualClock
) -> None:
    first = processor.once("k", ("hold", 1000), lambda: hold(processor))
    assert isinstance(first, Payment)
    processor.capture(first.id, amount=1000, currency="USD")
    clock.advance(days=400)
    assert processor.once("k", ("hold", 1000), lambda: hold(processor)) == first
    assert processor.effects("authorize") == 1


@pytest.mark.parametrize("answer", [ServerFault(), Refusal(decline=GENERIC)])
def test_a_bad_answer_is_kept_as_well(processor: Processor, answer: Result) -> None:
    assert processor.once("k", ("x",), lambda: answer) == answer
    assert processor.once("k", ("x",), lambda: hold(processor)) == answer
    assert processor.effects("authorize") == 0


def test_a_key_that_comes_with_another_request_is_an_error(processor: Processor) -> None:
    processor.once("k", ("hold", 1000, None), lambda: hold(processor))
    with pytest.raises(KeyReused):
        processor.once("k", ("hold", 1001, None), lambda: hold(processor))
    assert processor.effects("authorize") == 1


# -------------------------------------------------------------------------------- cards


def test_every_documented_card_does_what_its_name_says(processor: Processor) -> None:
    for method, card in CARDS.items():
        result = processor.authorize(
            amount=1,
            currency="USD",
            payer="c",
            method=method,
            reference=method,
            subject="s",
            group="g",
        )
        named_bad = any(word in method for word in ("chargeDeclined", "radarBlock", "Fail"))
        assert isinstance(result, Refusal) is (card.decline is not None)
        if named_bad and "cvc" not in method and "avs" not in method and "refund" not in method:
            assert isinstance(result, Refusal)


def test_a_card_that_stripe_does_not_document_is_not_there() -> None:
    assert card_named("pm_card_visa_chargeDeclinedTypo") is None
    assert card_named("pm_1PqRsT") is not None


# ------------------------------------------------------------------------------- money

AMOUNTS = st.integers(-1, 40)
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["hold", "capture", "cancel", "refund", "transfer", "pay_out", "wait"]),
        AMOUNTS,
        st.integers(0, 3),
        st.booleans(),
    ),
    max_size=60,
)


def run(processor: Processor, clock: VirtualClock, steps: list[tuple[str, int, int, bool]]) -> None:
    """Do whatever comes, sensible or not."""
    accounts = [account(processor, f"ctr_{n}").id for n in range(2)]
    payments = ["pi_nowhere"]
    for what, amount, pick, with_source in steps:
        payment = payments[-1 - pick % len(payments)]
        to = accounts[pick % 2]
        match what:
            case "hold" if amount > 0:
                payments.append(hold(processor, amount).id)
            case "capture":
                processor.capture(payment, amount=amount, currency="USD")
            case "cancel":
                processor.cancel(payment)
            case "refund":
                processor.refund(payment, amount=amount, currency="USD", reference="r")
            case "transfer":
                transfer(processor, to, amount, source=payment if with_source else None)
            case "pay_out":
                processor.pay_out(to, amount=amount, currency="USD", reference="p")
            case "wait":
                clock.advance(days=pick)


def check_money(processor: Processor) -> None:
    moved: Counter[Movement] = Counter()
    balances: Counter[str] = Counter()
    for change in processor.transactions():
        moved[change.movement] += change.amount
        balances[change.account] += change.amount
    accounts = {account for account in balances if account != PLATFORM}
    connected = sum(processor.balance(account, "USD") for account in accounts)
    refunded, paid_out = -moved[Movement.REFUND], -moved[Movement.PAYOUT]
    captured = moved[Movement.CHARGE]
    assert processor.balance(PLATFORM, "USD") + connected + refunded + paid_out == captured
    assert moved[Movement.TRANSFER] == 0
    for name, amount in balances.items():
        assert processor.balance(name, "USD") == amount >= 0


@given(STEPS)
def test_whatever_is_asked_no_money_is_made_or_lost(
    steps: list[tuple[str, int, int, bool]],
) -> None:
    clock = VirtualClock()
    processor = Processor(MemoryShelf(), clock)
    run(processor, clock, steps)
    check_money(processor)


@settings(max_examples=20, deadline=None)
@given(STEPS)
def test_a_file_holds_the_same_money_as_memory(steps: list[tuple[str, int, int, bool]]) -> None:
    with TemporaryDirectory() as folder:
        totals = []
        for shelf in (MemoryShelf(), FileShelf(Path(folder) / "processor.db")):
            clock = VirtualClock()
            processor = Processor(shelf, clock)
            run(processor, clock, steps)
            check_money(processor)
            changes = [(change.movement, change.amount) for change in processor.transactions()]
            totals.append((processor.balance(PLATFORM, "USD"), processor.held("USD"), changes))
            processor.close()
    assert totals[0] == totals[1]


# --------------------------------------------------------------------------------- file


def test_everything_survives_the_process(tmp_path: Path, clock: VirtualClock) -> None:
    before = Processor(FileShelf(tmp_path / "processor.db"), clock)
    payment, to = charge(before), account(before)
    kept = before.once("k", ("transfer",), lambda: transfer(before, to.id, 700, payment.id))
    before.close()
    after = Processor(FileShelf(tmp_path / "processor.db"), clock)
    found = after.find(Payment, "pay_1")
    assert found is not None
    source = after.find(Charge, found.id)
    assert source is not None
    assert (found.id, source.transferred) == (payment.id, 700)
    assert after.find(Account, "ctr_1") == to
    assert after.balance(to.id, "USD") == 700
    assert after.once("k", ("transfer",), lambda: hold(after)) == kept
    assert after.effects("transfer") == 1
    assert after.transactions()[0].movement is Movement.CHARGE
    after.close()


def test_an_effect_that_fails_half_way_leaves_nothing_in_the_file(tmp_path: Path) -> None:
    processor = Processor(FileShelf(tmp_path / "processor.db"), VirtualClock())

    def broken() -> Result:
        charge(processor)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        processor.once("k", ("x",), broken)
    assert processor.find(Payment, "pay_1") is None
    assert processor.balance(PLATFORM, "USD") == 0
    assert processor.effects("capture") == 0
    processor.close()


def test_a_file_of_something_else_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("Dear processor, " * 100)
    with pytest.raises(ConfigurationError, match=r"letter\.txt is not the file"):
        FileShelf(tmp_path / "letter.txt")
    assert (tmp_path / "letter.txt").read_text().startswith("Dear")


def test_somebody_elses_database_is_refused(tmp_path: Path) -> None:
    other = sqlite3.connect(tmp_path / "market.db")
    other.execute("CREATE TABLE job (id)")
    other.close()
    with pytest.raises(ConfigurationError, match=r"market\.db is not the file"):
        FileShelf(tmp_path / "market.db")
