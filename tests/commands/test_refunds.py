"""Refunds: what each party gives back, and what follows; asked for here or made elsewhere."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from random import Random
from typing import Any

import pytest

from marketpay import (
    AccountKind,
    Actor,
    CancelJob,
    Commission,
    CompleteJob,
    CurrencyMismatch,
    Forbidden,
    IncidentKind,
    IssueRefund,
    JobStatus,
    Marketplace,
    Money,
    PaymentStatus,
    Pending,
    Reason,
    RefundStatus,
    Refused,
    TransactionKind,
    TransactionStatus,
)
from marketpay.ports.gateway import LookUp, RefundPayment, ReverseTransfer, Transfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock, webhooks
from marketpay.testing.terms import Terms
from tests.conftest import OpenMarket, on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    OTHER_CUSTOMER,
    PRICE,
    SERVICE,
    assigned,
    balance,
    completed,
    entries,
    heard,
    in_progress,
    nothing_changes,
    now,
    operations,
    payee,
    send,
    usd,
)
from tests.money import (
    all_is_right,
    at_gateway,
    credit,
    hear,
    incidents,
    paid_out,
    payment_now,
    payout_of,
    refund,
    refund_now,
    refunds_of,
    settle,
    wallet,
    withdraw,
    work_off,
)

K = AccountKind
PENDS, FAILS = "pm_card_pendingRefund", "pm_card_refundFail"


def transit(market: Marketplace) -> Money:
    return balance(market, K.REFUNDS_IN_TRANSIT)


def refused(market: Marketplace, payment: Any, amount: str) -> Reason:
    with pytest.raises(Refused) as error:
        refund(market, payment, amount)
    return error.value.reason


# who may, and how much


@on_one_store
@pytest.mark.parametrize("by", [CUSTOMER, OTHER_CUSTOMER, CONTRACTOR, Actor.SYSTEM], ids=str)
def test_only_staff_refunds(market: Marketplace, gateway: SimulatedGateway, by: Actor) -> None:
    paid = in_progress(market).payment
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(IssueRefund(by=by, payment=paid.id, amount=usd("1")))


@pytest.mark.covers("A076", "B042")
@pytest.mark.parametrize("by", [ADMIN, SERVICE], ids=str)
def test_a_part_goes_back_before_the_release(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    paid = in_progress(market).payment
    with heard(market) as told:
        issued = market.execute(
            IssueRefund(by=by, payment=paid.id, amount=usd("100"), reason="half the fence")
        )

    assert issued.next_action is None
    assert (issued.refund.status, issued.refund.amount) == (RefundStatus.SUCCEEDED, usd("100"))
    assert (issued.refund.customer, issued.refund.reason) == ("cus_17", "half the fence")
    assert (issued.payment.status, issued.payment.refunded) == (PaymentStatus.CAPTURED, usd("100"))
    assert issued.payment.refundable == usd("900")
    assert (now(market, issued.refund), now(market, issued.payment)) == (
        issued.refund,
        issued.payment,
    )
    assert told.names == [
        "payment.refund_requested",
        "refund.requested",
        "payment_transaction.started",
        "payment.partly_refunded",
        "refund.succeeded",
        "payment_transaction.succeeded",
    ]
    assert entries(market, paid)[2:] == [
        ("escrow", "refunds_in_transit", "90.00"),
        ("platform_fee", "refunds_in_transit", "10.00"),
        ("refunds_in_transit", "processor", "100.00"),
    ]
    all_is_right(market, gateway)


@pytest.mark.covers("A076")
def test_all_of_it_goes_back_before_the_release(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    issued = refund(market, accepted.payment, "1000")

    assert (issued.payment.status, issued.payment.refunded) == (PaymentStatus.REFUNDED, PRICE)
    assert now(market, accepted.job).status is JobStatus.IN_PROGRESS  # the deal is not undone
    assert gateway.balance("USD") == market.revenue("USD").total == usd("0")
    all_is_right(market, gateway)


def test_after_the_release_every_party_gives_its_part(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    done = completed(market)
    issued = refund(market, done.payment, "100")

    assert issued.payment.status is PaymentStatus.RELEASED
    assert entries(market, done.payment)[4:] == [
        ("platform_fee", "refunds_in_transit", "10.00"),
        ("service_fee", "refunds_in_transit", "20.00"),
        ("wallet.available(ctr_42)", "refunds_in_transit", "70.00"),
        ("refunds_in_transit", "processor", "100.00"),
    ]
    assert wallet(market) == ("630.00", "0.00", "0.00")
    assert market.revenue("USD").total == usd("270")
    all_is_right(market, gateway)


@on_one_store
@pytest.mark.parametrize("price", ["0.01", "0.05", "0.99", "33.35", "1000"])
@pytest.mark.parametrize("rates", [("0", "0"), ("0.10", "0.20"), ("1", "0"), ("0.335", "0.335")])
@pytest.mark.parametrize("released_after", [0, 1, 3], ids="released_after_{}".format)
def test_partial_refunds_end_exactly_where_the_full_one_does(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    price: str,
    rates: tuple[str, str],
    released_after: int,
) -> None:
    market = open_market(commission=Commission(*rates))
    accepted = in_progress(market, price=usd(price))
    for number, part in enumerate(parts_of(usd(price).minor)):
        if number == released_after:
            market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
        market.execute(
            IssueRefund(by=ADMIN, payment=accepted.payment.id, amount=Money.from_minor(part, "USD"))
        )
        assert market.verify().ok

    paid = payment_now(market, accepted.payment)
    assert (paid.status, paid.refunded) == (PaymentStatus.REFUNDED, usd(price))
    assert gateway.balance("USD") == market.revenue("USD").total == usd("0")
    assert wallet(market) == ("0.00", "0.00", "0.00")
    assert balance(market, K.ESCROW) == usd("0")
    all_is_right(market, gateway)


def parts_of(whole: int) -> list[int]:
    """Up to five parts above zero, which are together the whole."""
    random = Random(whole)
    cuts = sorted(random.sample(range(1, whole), min(4, whole - 1)))
    return [after - before for before, after in pairwise([0, *cuts, whole])]


@pytest.mark.edge(19)
@on_one_store
def test_no_more_than_is_left_can_be_refunded(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    refund(market, paid, "999.99")
    with nothing_changes(market, gateway):
        assert refused(market, paid, "0.02") is Reason.NOT_REFUNDABLE
        assert refused(market, paid, "1000") is Reason.NOT_REFUNDABLE
    refund(market, paid, "0.01")
    with nothing_changes(market, gateway):
        assert refused(market, paid, "0.01") is Reason.NOT_REFUNDABLE


@on_one_store
def test_what_was_not_captured_is_not_refunded(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    held, gone = send(market), send(market)
    market.execute(CancelJob(by=CUSTOMER, job=gone.offer.job))
    work_off(market)
    with nothing_changes(market, gateway):
        assert refused(market, held.payment, "1") is Reason.NOT_REFUNDABLE
        assert refused(market, gone.payment, "1") is Reason.NOT_REFUNDABLE


@on_one_store
def test_a_refund_is_in_the_currency_of_its_payment(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    with nothing_changes(market, gateway), pytest.raises(CurrencyMismatch):
        market.execute(IssueRefund(by=ADMIN, payment=paid.id, amount=Money("1", "EUR")))


@pytest.mark.edge(20)
def test_two_equal_refunds_on_purpose_are_two(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    first, second = refund(market, paid, "100"), refund(market, paid, "100")

    assert first.refund.id != second.refund.id
    assert second.payment.refunded == usd("200")
    assert gateway.effects(RefundPayment) == 2
    all_is_right(market, gateway)


def test_the_same_key_is_the_same_refund(market: Marketplace, gateway: SimulatedGateway) -> None:
    paid = in_progress(market).payment
    first, second = refund(market, paid, "100", "k"), refund(market, paid, "100", "k")

    assert first == second
    assert gateway.effects(RefundPayment) == 1
    all_is_right(market, gateway)


@pytest.mark.edge(19)
@on_both_stores
def test_refunds_at_once_are_never_more_than_the_payment(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment

    def attempt(_number: int) -> Reason | None:
        try:
            refund(market, paid, "300")
        except Refused as error:
            return error.reason
        return None

    with ThreadPoolExecutor(6) as threads:
        outcomes = list(threads.map(attempt, range(6)))

    assert outcomes.count(None) == 3
    assert outcomes.count(Reason.NOT_REFUNDABLE) == 3
    assert payment_now(market, paid).refunded == usd("900")
    assert gateway.effects(RefundPayment) == 3
    all_is_right(market, gateway)


@on_both_stores
def test_a_refund_and_a_withdrawal_at_once_never_spend_the_same_money(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)

    def spend(how: Callable[[], Any]) -> None:
        try:
            how()
        except Refused as error:
            assert error.reason is Reason.BALANCE_TOO_LOW  # noqa: PT017  # the refund was first

    with ThreadPoolExecutor(2) as threads:
        list(
            threads.map(
                spend, [lambda: refund(market, paid, "1000"), lambda: withdraw(market, "700")]
            )
        )

    has = market.wallet("ctr_42", "USD")
    assert has.available == usd("0")
    assert has.reserved == has.receivable  # what is being withdrawn is owed
    assert market.verify().ok


@on_both_stores
def test_a_refund_and_the_release_at_once_agree_on_what_is_left(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    complete = CompleteJob(by=CUSTOMER, job=accepted.job.id)
    with ThreadPoolExecutor(2) as threads:
        list(
            threads.map(
                lambda how: how(),
                [lambda: refund(market, accepted.payment, "400"), lambda: market.execute(complete)],
            )
        )

    assert wallet(market) == ("420.00", "0.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
def test_a_refund_made_elsewhere_that_is_heard_of_twice_at_once_is_recorded_once(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    hear(market, gateway)
    gateway.refund_elsewhere(paid.id, usd("100"))
    told = [one for one in gateway.webhooks() for _ in range(3)]
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda one: market.receive(one.payload, one.headers), told))

    assert len(refunds_of(market, paid)) == 1
    assert len(incidents(market)) == 1
    assert payment_now(market, paid).refunded == usd("100")
    all_is_right(market, gateway)


# what becomes of it at the gateway


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_a_refund_without_answer_is_made_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    paid = in_progress(market).payment
    gateway.script(RefundPayment, outcome)
    issued = refund(market, paid, "100")
    [sent] = operations(market, paid, TransactionKind.REFUND)
    assert issued.next_action == Pending(transaction=sent.id)
    assert transit(market) == usd("100")
    clock.advance(minutes=10)
    settle(market, gateway)

    assert refund_now(market, issued.refund).status is RefundStatus.SUCCEEDED
    assert gateway.effects(RefundPayment) == 1
    all_is_right(market, gateway)


@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "look"])
def test_a_pending_refund_succeeds_later(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by_webhook: bool
) -> None:
    paid = in_progress(market, payment_method=PENDS).payment
    issued = refund(market, paid, "1000")
    [sent] = operations(market, paid, TransactionKind.REFUND)

    assert issued.next_action == Pending(transaction=sent.id)
    assert sent.status is TransactionStatus.AWAITING_CONFIRMATION
    assert issued.refund.status is RefundStatus.PENDING
    assert (issued.payment.status, issued.payment.refunded) == (PaymentStatus.CAPTURED, PRICE)
    clock.advance(hours=2)
    hear(market, gateway) if by_webhook else work_off(market)

    assert refund_now(market, issued.refund).status is RefundStatus.SUCCEEDED
    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    assert gateway.effects(RefundPayment) == 1
    all_is_right(market, gateway)


@pytest.mark.covers("A032")
@pytest.mark.parametrize("by_webhook", [True, False], ids=["webhook", "look"])
def test_a_pending_refund_fails_later_and_the_customer_has_credit(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, by_webhook: bool
) -> None:
    accepted = in_progress(market, payment_method=PENDS)
    issued = refund(market, accepted.payment, "400")
    gateway.fail_refund(at_gateway(market, issued.refund))
    clock.advance(minutes=10)
    hear(market, gateway) if by_webhook else work_off(market)

    failed = refund_now(market, issued.refund)
    assert (failed.status, failed.failure) == (RefundStatus.FAILED, "lost_or_stolen_card")
    assert (credit(market), transit(market)) == ("400.00", usd("0"))
    assert payment_now(market, accepted.payment).refunded == usd("400")
    assert incidents(market) == [(IncidentKind.REFUND_FAILED, issued.refund.id)]
    all_is_right(market, gateway)


def test_a_refund_that_is_refused_at_once_does_not_undo_the_deal(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    gateway.script(RefundPayment, Outcome.DECLINE)
    issued = refund(market, accepted.payment, "400")

    assert issued.next_action is None
    assert (issued.refund.status, issued.refund.failure) == (
        RefundStatus.FAILED,
        "generic_decline",
    )
    assert credit(market) == "400.00"
    assert incidents(market) == [(IncidentKind.REFUND_FAILED, issued.refund.id)]
    done = market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    assert done.payment.status is PaymentStatus.RELEASED
    assert wallet(market) == ("420.00", "0.00", "0.00")
    all_is_right(market, gateway)


@pytest.mark.parametrize("card", [GOOD, FAILS], ids=["good", "fails"])
def test_a_refund_that_comes_back_after_it_had_left_is_credit(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, card: str
) -> None:
    paid = in_progress(market, payment_method=card).payment
    issued = refund(market, paid, "1000")
    assert issued.refund.status is RefundStatus.SUCCEEDED
    if card == GOOD:
        gateway.fail_refund(at_gateway(market, issued.refund))
    clock.advance(hours=2)
    twice = webhooks.unordered(gateway.webhooks(), Random(1), doubled=1)
    for one in twice:
        market.receive(one.payload, one.headers)

    assert refund_now(market, issued.refund).status is RefundStatus.FAILED
    assert entries(market, paid)[-2:] == [
        ("processor", "refunds_in_transit", "1000.00"),
        ("refunds_in_transit", "credit.available(cus_17)", "1000.00"),
    ]
    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    assert incidents(market) == [(IncidentKind.REFUND_FAILED, issued.refund.id)]
    assert gateway.balance("USD") == PRICE
    all_is_right(market, gateway)


def test_a_payment_is_refunded_when_the_last_of_its_refunds_is_through(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    paid = in_progress(market, payment_method=PENDS).payment
    first = refund(market, paid, "400")
    clock.advance(minutes=30)
    second = refund(market, paid, "600")
    assert payment_now(market, paid).status is PaymentStatus.CAPTURED
    clock.advance(minutes=31)
    settle(market, gateway)
    assert refund_now(market, first.refund).status is RefundStatus.SUCCEEDED
    assert refund_now(market, second.refund).status is RefundStatus.PENDING
    assert payment_now(market, paid).status is PaymentStatus.CAPTURED
    clock.advance(minutes=30)
    settle(market, gateway)

    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    all_is_right(market, gateway)


def test_a_refund_waits_for_the_platform_to_have_the_money(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    issued = refund(market, paid, "1000")  # the platform has 300 until the reversal

    assert issued.refund.status is RefundStatus.PENDING
    assert transit(market) == PRICE
    clock.advance(minutes=10)
    settle(market, gateway)
    assert refund_now(market, issued.refund).status is RefundStatus.SUCCEEDED
    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    assert gateway.balance("USD") == gateway.connected_balance("ctr_42", "USD") == usd("0")
    all_is_right(market, gateway)


# debts


@pytest.mark.edge(18)
def test_after_the_payout_the_contractor_owes_and_pays_with_what_they_earn_next(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    paid_out(market, gateway, clock, "700")
    refund(market, paid, "100")
    assert ("receivable(ctr_42)", "refunds_in_transit", "70.00") in entries(market, paid)
    assert wallet(market) == ("0.00", "0.00", "70.00")
    assert gateway.count(ReverseTransfer) == 0  # nothing is there
    done = completed(market)
    assert done.payment.withheld == usd("70")
    assert wallet(market) == ("630.00", "0.00", "0.00")
    all_is_right(market, gateway)

    [sent] = operations(market, done.payment, TransactionKind.TRANSFER)
    assert sent.amount == usd("630")
    assert gateway.connected_balance("ctr_42", "USD") == usd("630")


def test_a_debt_takes_as_many_releases_as_it_needs(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    paid_out(market, gateway, clock, "700")
    refund(market, paid, "1000")
    first = completed(market, price=usd("500")).payment
    assert (first.withheld, wallet(market)) == (usd("350"), ("0.00", "0.00", "350.00"))
    second = completed(market).payment
    assert (second.withheld, wallet(market)) == (usd("350"), ("350.00", "0.00", "0.00"))
    all_is_right(market, gateway)

    assert operations(market, first, TransactionKind.TRANSFER) == []
    assert gateway.connected_balance("ctr_42", "USD") == usd("350")


def test_a_wallet_gives_what_it_has_and_the_rest_is_owed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    paid_out(market, gateway, clock, "500")
    refund(market, paid, "1000")
    assert wallet(market) == ("0.00", "0.00", "500.00")
    all_is_right(market, gateway)

    [back] = operations(market, paid, TransactionKind.TRANSFER_REVERSAL)
    assert (back.amount, back.status) == (usd("200"), TransactionStatus.SUCCESS)
    assert gateway.connected_balance("ctr_42", "USD") == usd("0")


# transfers and reversals


@pytest.mark.edge(18)
def test_what_was_transferred_is_asked_back(market: Marketplace, gateway: SimulatedGateway) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    issued = refund(market, paid, "100")
    assert issued.payment.transferred == usd("630")
    all_is_right(market, gateway)

    [sent] = operations(market, paid, TransactionKind.TRANSFER)
    [back] = operations(market, paid, TransactionKind.TRANSFER_REVERSAL)
    assert (back.amount, back.target) == (usd("70"), sent.gateway_id)
    assert back.status is TransactionStatus.SUCCESS
    assert ("processor", "connected(ctr_42)", "70.00") in entries(market, paid)
    assert gateway.connected_balance("ctr_42", "USD") == usd("630")


def test_each_refund_asks_back_its_own_part(market: Marketplace, gateway: SimulatedGateway) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    for amount in ("333.33", "333.33", "333.34"):
        refund(market, paid, amount)
        settle(market, gateway)

    assert len(operations(market, paid, TransactionKind.TRANSFER_REVERSAL)) == 3
    assert payment_now(market, paid).transferred == usd("0")
    assert gateway.connected_balance("ctr_42", "USD") == usd("0")
    all_is_right(market, gateway)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_a_reversal_without_answer_is_made_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    gateway.script(ReverseTransfer, outcome)
    refund(market, paid, "100")
    work_off(market)
    clock.advance(minutes=10)
    settle(market, gateway)

    assert gateway.effects(ReverseTransfer) == 1
    assert gateway.connected_balance("ctr_42", "USD") == usd("630")
    all_is_right(market, gateway)


def test_a_reversal_that_is_refused_leaves_the_money_where_it_is(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    gateway.script(ReverseTransfer, Outcome.DECLINE)
    refund(market, paid, "100")
    work_off(market)

    after = payment_now(market, paid)
    assert (after.transferred, after.due) == (usd("700"), usd("630"))
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    assert wallet(market) == ("630.00", "0.00", "0.00")
    all_is_right(market, gateway)


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_a_refund_while_the_transfer_is_under_way_asks_back_what_arrives(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    gateway.script(Transfer, outcome)
    gateway.script(LookUp, Outcome.TIMEOUT_BEFORE)
    work_off(market)
    issued = refund(market, paid, "100")
    assert (issued.payment.transferring, issued.payment.transferred) == (usd("700"), usd("0"))
    clock.advance(minutes=10)
    settle(market, gateway)

    after = payment_now(market, paid)
    assert (after.transferring, after.transferred) == (usd("0"), usd("630"))
    assert gateway.connected_balance("ctr_42", "USD") == usd("630")
    all_is_right(market, gateway)


def test_a_refund_of_all_while_the_transfer_is_under_way(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment  # the transfer is due, and not sent
    refund(market, paid, "1000")
    settle(market, gateway)

    after = payment_now(market, paid)
    assert (after.status, after.transferred) == (PaymentStatus.REFUNDED, usd("0"))
    assert gateway.connected_balance("ctr_42", "USD") == usd("0")
    all_is_right(market, gateway)


def test_a_transfer_that_waited_for_an_account_is_of_what_is_left(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    paid = completed(market).payment
    refund(market, paid, "400")
    payee(market, gateway)
    clock.advance(minutes=10)
    settle(market, gateway)

    [sent] = operations(market, paid, TransactionKind.TRANSFER)
    assert sent.amount == usd("420")
    assert wallet(market) == ("420.00", "0.00", "0.00")
    all_is_right(market, gateway)


@pytest.mark.parametrize("amount", ["100", "1000"])
def test_a_refused_transfer_is_made_again_of_what_is_left(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, amount: str
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    gateway.script(Transfer, Outcome.DECLINE)
    work_off(market)
    refund(market, paid, amount)
    clock.advance(hours=1)
    settle(market, gateway)

    left = "630.00" if amount == "100" else "0.00"
    assert gateway.connected_balance("ctr_42", "USD") == usd(left)
    assert wallet(market) == (left, "0.00", "0.00")
    all_is_right(market, gateway)


@on_both_stores
def test_a_debt_that_was_collected_is_not_asked_back_as_well(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    paid_out(market, gateway, clock, "700")
    refund(market, paid, "100")
    completed(market)  # 70 of it pay the debt
    completed(market)
    settle(market, gateway)
    refund(market, paid, "900")
    settle(market, gateway)

    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    all_is_right(market, gateway)


@on_both_stores
def test_what_a_withdrawal_has_reserved_is_not_asked_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    withdraw(market, "700")
    refund(market, paid, "100")  # before the payout is sent
    settle(market, gateway)
    clock.advance(days=3)
    settle(market, gateway)
    assert wallet(market) == ("0.00", "0.00", "70.00")
    completed(market)
    settle(market, gateway)

    assert wallet(market) == ("630.00", "0.00", "0.00")
    assert gateway.connected_balance("ctr_42", "USD") == usd("630")
    all_is_right(market, gateway)


@on_both_stores
def test_a_reversal_of_money_that_is_not_available_yet_is_made_once_it_is(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.processor.terms = Terms(settles_after=timedelta(days=2))
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    refund(market, paid, "100")
    work_off(market)
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    for _ in range(5):
        clock.advance(days=1)
        settle(market, gateway)

    assert gateway.connected_balance("ctr_42", "USD") == usd("630")
    all_is_right(market, gateway)


@on_both_stores
def test_what_a_failed_payout_brings_back_cannot_be_withdrawn_while_it_is_owed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    work_off(market)
    asked = withdraw(market, "700")
    work_off(market)
    issued = refund(market, paid, "1000")
    gateway.fail_payout(payout_of(market, asked))
    clock.advance(days=10)
    settle(market, gateway)

    assert wallet(market) == ("700.00", "0.00", "700.00")
    with pytest.raises(Refused) as error:
        withdraw(market, "0.01")
    assert error.value.reason is Reason.BALANCE_TOO_LOW
    completed(market)  # the debt is paid, and there is enough for the refund
    clock.advance(days=1)
    settle(market, gateway)
    assert refund_now(market, issued.refund).status is RefundStatus.SUCCEEDED
    assert wallet(market) == ("700.00", "0.00", "0.00")
    all_is_right(market, gateway)


# completion and cancellation


def test_completing_releases_what_is_left(market: Marketplace, gateway: SimulatedGateway) -> None:
    accepted = in_progress(market)
    refund(market, accepted.payment, "100")
    done = market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))

    assert done.payment.status is PaymentStatus.RELEASED
    assert entries(market, done.payment)[-2:] == [
        ("escrow", "service_fee", "180.00"),
        ("escrow", "wallet.available(ctr_42)", "630.00"),
    ]
    assert market.revenue("USD").total == usd("270")
    all_is_right(market, gateway)


@pytest.mark.parametrize("card", [GOOD, PENDS, FAILS], ids=["good", "pends", "fails"])
def test_completing_after_a_full_refund_releases_nothing(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, card: str
) -> None:
    payee(market, gateway)
    accepted = in_progress(market, payment_method=card)
    refund(market, accepted.payment, "1000")
    done = market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    clock.advance(hours=2)
    settle(market, gateway)

    assert done.job.status is JobStatus.COMPLETED
    assert payment_now(market, done.payment).status is PaymentStatus.REFUNDED
    assert wallet(market) == ("0.00", "0.00", "0.00")
    assert gateway.count(Transfer) == 0
    all_is_right(market, gateway)


@pytest.mark.parametrize("card", [GOOD, PENDS], ids=["good", "pends"])
def test_cancelling_after_a_partial_refund_refunds_the_rest(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, card: str
) -> None:
    accepted = assigned(market, payment_method=card)
    refund(market, accepted.payment, "333.33")
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
    assert cancelled.refund is not None
    assert cancelled.refund.amount == usd("666.67")
    clock.advance(hours=2)
    settle(market, gateway)

    assert payment_now(market, accepted.payment).status is PaymentStatus.REFUNDED
    assert gateway.balance("USD") == market.revenue("USD").total == usd("0")
    all_is_right(market, gateway)


def test_cancelling_after_a_full_refund_refunds_nothing_more(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = assigned(market)
    refund(market, accepted.payment, "1000")
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))

    assert cancelled.job.status is JobStatus.CANCELLED
    assert gateway.effects(RefundPayment) == 1
    all_is_right(market, gateway)


# chargebacks


@pytest.mark.edge(22)
@on_one_store
def test_nothing_is_refunded_while_a_chargeback_is_open(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    paid = in_progress(market).payment
    gateway.dispute(paid.id, amount=usd("400"))
    hear(market, gateway)
    with nothing_changes(market, gateway):
        assert refused(market, paid, "1") is Reason.CHARGEBACK_OPEN


@pytest.mark.parametrize("release", [False, True], ids=["before", "after"])
def test_what_was_lost_to_a_chargeback_cannot_be_refunded_too(
    market: Marketplace, gateway: SimulatedGateway, release: bool
) -> None:
    in_progress(market)  # there has to be a balance
    paid = (completed(market) if release else in_progress(market)).payment
    lost = gateway.dispute(paid.id, amount=usd("400"))
    gateway.lose(lost.id)
    hear(market, gateway)
    assert refused(market, paid, "600.01") is Reason.NOT_REFUNDABLE
    refund(market, paid, "600")

    assert payment_now(market, paid).status is PaymentStatus.REFUNDED
    assert wallet(market) == ("0.00", "0.00", "0.00")
    all_is_right(market, gateway)
