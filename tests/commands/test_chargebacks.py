"""Chargebacks: what the card network takes, what each side sets aside, gives and gets back."""

from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AccountKind,
    Actor,
    ApproveWithdrawal,
    CancelJob,
    Chargeback,
    ChargebackStatus,
    CompleteJob,
    CurrencyMismatch,
    Forbidden,
    GatewayError,
    GetPayment,
    IncidentKind,
    IssueRefund,
    JobStatus,
    Liability,
    ListChargebacks,
    Marketplace,
    Money,
    Payment,
    PaymentStatus,
    Refused,
    RequestWithdrawal,
    SettleChargeback,
    TransactionKind,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    RIVAL,
    assigned,
    balance,
    books_are_right,
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
from tests.hearing import hear, incidents, receive, rest, stated, tell

K = AccountKind
C = ChargebackStatus
DECIDED = ("won", "lost", "closed")


def wallet(market: Marketplace) -> tuple[str, str, str]:
    """What the contractor can withdraw, what is set aside, and what they owe."""
    held = market.wallet(CONTRACTOR.id, "USD")
    return tuple(str(one.amount) for one in (held.available, held.reserved, held.receivable))  # type: ignore[return-value]


def in_books(market: Marketplace, *kinds: AccountKind) -> list[str]:
    """What is in some accounts of the platform's."""
    return [str(balance(market, kind).amount) for kind in kinds]


def chargebacks(market: Marketplace, payment: Payment) -> list[Chargeback]:
    return list(market.query(ListChargebacks(payment=payment.id)).items)


def spent(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, amount: str) -> None:
    """So much of the contractor's wallet is at their bank."""
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd(amount)))
    rest(market)
    clock.advance(days=3)
    hear(market, gateway)


def paid_out(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, amount: str
) -> Any:
    """A released payment, of which the contractor has so much at their bank already."""
    payee(market, gateway)
    done = completed(market)
    rest(market)
    hear(market, gateway)
    spent(market, gateway, clock, amount)
    return done


def test_an_inquiry_moves_nothing_and_is_known_of(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    hear(market, gateway)
    booked = entries(market, payment)
    gateway.dispute(payment, inquiry=True)
    hear(market, gateway)

    [asked] = chargebacks(market, payment)
    assert (asked.status, asked.withdrawn, asked.amount) == (C.INQUIRY, usd("0"), usd("1000"))
    assert entries(market, payment) == booked
    assert now(market, payment).status is PaymentStatus.RELEASED
    assert [one.subject for one in incidents(market, IncidentKind.CHARGEBACK)] == [payment.id]
    books_are_right(market, gateway)


def test_an_inquiry_that_comes_to_nothing_moves_nothing_either(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    hear(market, gateway)
    booked = entries(market, payment)
    asked = gateway.dispute(payment, inquiry=True)
    gateway.close_inquiry(asked.id)
    hear(market, gateway)

    assert [one.status for one in chargebacks(market, payment)] == [C.CLOSED]
    assert entries(market, payment) == booked
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("is_asked_first", [False, True])
def test_what_is_withdrawn_is_disputed_and_the_fee_is_an_expense(
    market: Marketplace, gateway: SimulatedGateway, *, is_asked_first: bool
) -> None:
    payment = in_progress(market).payment
    disputed = gateway.dispute(payment, inquiry=is_asked_first)
    if is_asked_first:
        hear(market, gateway)
        gateway.escalate(disputed.id)
    hear(market, gateway)

    [found] = chargebacks(market, payment)
    assert found.status is C.NEEDS_RESPONSE
    assert (found.withdrawn, found.covered, found.fee) == (usd("1000"), usd("1000"), usd("15"))
    assert found.respond_by == disputed.respond_by
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_FEE, K.ESCROW) == [
        "1000.00",
        "15.00",
        "900.00",
    ]
    after = now(market, payment)
    assert (after.status, after.disputed) == (PaymentStatus.CHARGED_BACK, usd("1000"))
    assert after.refundable == usd("0")
    books_are_right(market, gateway)


def test_nothing_moves_until_the_network_withdraws_it(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = in_progress(market).payment
    disputed = gateway.dispute(payment, withdrawn=False)
    hear(market, gateway)
    assert now(market, payment).status is PaymentStatus.CAPTURED
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_FEE) == ["0.00", "0.00"]

    gateway.withdraw(disputed.id)
    hear(market, gateway)
    assert now(market, payment).status is PaymentStatus.CHARGED_BACK
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_FEE) == ["1000.00", "15.00"]
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("part", ["1000", "0.01"])
@pytest.mark.parametrize("wanted", ["complete", "cancel", "refund"])
def test_while_it_is_open_nothing_is_released_cancelled_or_refunded(
    market: Marketplace, gateway: SimulatedGateway, wanted: str, part: str
) -> None:
    accepted = in_progress(market)
    gateway.dispute(accepted.payment, amount=usd(part))
    hear(market, gateway)
    command: Any = {
        "complete": CompleteJob(by=CUSTOMER, job=accepted.job.id),
        "cancel": CancelJob(by=ADMIN, job=accepted.job.id),
        "refund": IssueRefund(by=ADMIN, payment=accepted.payment.id, amount=usd("0.01")),
    }[wanted]

    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(command)
    assert refused.value.reason == "chargeback_open"


def test_after_the_release_the_contractors_part_is_set_aside(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    gateway.dispute(payment, amount=usd("400"))
    hear(market, gateway)

    assert wallet(market) == ("420.00", "280.00", "0.00")
    [found] = chargebacks(market, payment)
    assert (found.covered, found.reserved) == (usd("400"), usd("280"))
    with pytest.raises(Refused) as refused:
        market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("1")))
    assert refused.value.reason == "chargeback_open"
    books_are_right(market, gateway)


def test_it_is_set_aside_as_far_as_the_wallet_reaches(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = paid_out(market, gateway, clock, "600").payment
    gateway.dispute(payment)
    hear(market, gateway)

    assert wallet(market) == ("0.00", "100.00", "0.00")
    assert chargebacks(market, payment)[0].reserved == usd("100")
    books_are_right(market, gateway)


@pytest.mark.edge(23)
@on_both_stores
@pytest.mark.parametrize("fee_returned", [False, True])
@pytest.mark.parametrize("is_released", [False, True])
def test_won_everything_is_as_before_but_for_the_fee(
    market: Marketplace, gateway: SimulatedGateway, *, is_released: bool, fee_returned: bool
) -> None:
    payment: Any = completed(market).payment if is_released else in_progress(market).payment
    hear(market, gateway)
    before = now(market, payment)
    owed = wallet(market)
    disputed = gateway.dispute(payment)
    hear(market, gateway)
    gateway.review(disputed.id)
    hear(market, gateway)
    assert chargebacks(market, payment)[0].status is C.UNDER_REVIEW
    gateway.win(disputed.id, fee_returned=fee_returned)
    hear(market, gateway)

    after = now(market, payment)
    assert (after.status, after.disputed, after.lost) == (before.status, usd("0"), usd("0"))
    assert wallet(market) == owed
    [won] = chargebacks(market, payment)
    assert (won.status, won.withdrawn, won.covered) == (C.WON, usd("0"), usd("0"))
    assert won.reserved == won.lost == usd("0")
    fee = "0.00" if fee_returned else "15.00"
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_FEE, K.CHARGEBACK_LOSS) == [
        "0.00",
        fee,
        "0.00",
    ]
    books_are_right(market, gateway)


def test_once_won_the_deal_goes_on(market: Marketplace, gateway: SimulatedGateway) -> None:
    accepted = in_progress(market)
    disputed = gateway.dispute(accepted.payment)
    hear(market, gateway)
    gateway.win(disputed.id)
    hear(market, gateway)
    done = market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))

    assert done.payment.status is PaymentStatus.RELEASED
    assert wallet(market) == ("700.00", "0.00", "0.00")
    books_are_right(market, gateway)


@pytest.mark.edge(24)
def test_lost_before_the_release_escrow_and_the_platforms_fee_are_gone(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    disputed = gateway.dispute(accepted.payment)
    gateway.lose(disputed.id)
    hear(market, gateway)

    assert in_books(market, K.ESCROW, K.PLATFORM_FEE, K.DISPUTED) == ["0.00", "0.00", "0.00"]
    assert in_books(market, K.CHARGEBACK_LOSS, K.CHARGEBACK_FEE) == ["0.00", "15.00"]
    after = now(market, accepted.payment)
    assert (after.status, after.lost) == (PaymentStatus.CHARGED_BACK, usd("1000"))
    assert ("escrow", "disputed", "900.00") in entries(market, after)
    assert ("platform_fee", "disputed", "100.00") in entries(market, after)
    books_are_right(market, gateway)


def test_lost_after_the_release_each_part_gives_what_it_got(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    disputed = gateway.dispute(payment, amount=usd("400"))
    hear(market, gateway)
    gateway.lose(disputed.id)
    hear(market, gateway)

    assert wallet(market) == ("420.00", "0.00", "0.00")
    assert in_books(market, K.PLATFORM_FEE, K.SERVICE_FEE, K.CHARGEBACK_LOSS) == [
        "60.00",
        "120.00",
        "0.00",
    ]
    booked = entries(market, payment)
    assert (f"wallet.reserved({CONTRACTOR.id})", "disputed", "280.00") in booked
    after = now(market, payment)
    assert (after.status, after.lost) == (PaymentStatus.RELEASED, usd("400"))
    [lost] = chargebacks(market, payment)
    assert (lost.status, lost.lost, lost.reserved) == (C.LOST, usd("400"), usd("0"))
    books_are_right(market, gateway)


def test_what_the_wallet_does_not_have_is_owed(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = paid_out(market, gateway, clock, "600").payment
    disputed = gateway.dispute(payment)
    hear(market, gateway)
    gateway.lose(disputed.id)
    hear(market, gateway)

    assert wallet(market) == ("0.00", "0.00", "600.00")
    assert balance(market, K.CONNECTED, CONTRACTOR.id) == usd("0")
    books_are_right(market, gateway)


def test_what_is_set_aside_is_used_first_then_what_is_available(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = paid_out(market, gateway, clock, "600").payment
    disputed = gateway.dispute(payment)
    hear(market, gateway)
    completed(market, price=usd("100"))
    rest(market)
    assert wallet(market) == ("70.00", "100.00", "0.00")
    gateway.lose(disputed.id)
    hear(market, gateway)

    assert wallet(market) == ("0.00", "0.00", "530.00")
    parts = [one for one in entries(market, payment) if one[1] == "disputed"]
    assert [(debit, amount) for debit, _, amount in parts if CONTRACTOR.id in debit] == [
        (f"wallet.reserved({CONTRACTOR.id})", "100.00"),
        (f"wallet.available({CONTRACTOR.id})", "70.00"),
        (f"receivable({CONTRACTOR.id})", "530.00"),
    ]
    books_are_right(market, gateway)


def test_a_loss_brings_back_what_was_transferred(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = paid_out(market, gateway, clock, "100").payment
    disputed = gateway.dispute(payment)
    hear(market, gateway)
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("600")
    gateway.lose(disputed.id)
    hear(market, gateway)

    [back] = operations(market, payment, TransactionKind.TRANSFER_REVERSAL)
    assert (back.amount, back.status) == (usd("600"), "success")
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("0")
    assert now(market, payment).transferred == usd("100")
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("is_released", [False, True])
def test_where_the_platform_is_liable_it_bears_the_contractors_part(
    open_market: OpenMarket, gateway: SimulatedGateway, *, is_released: bool
) -> None:
    market = open_market(chargeback_liability=Liability.PLATFORM)
    payment: Any = completed(market).payment if is_released else in_progress(market).payment
    disputed = gateway.dispute(payment)
    hear(market, gateway)
    assert wallet(market)[1] == "0.00"  # nothing is set aside
    gateway.lose(disputed.id)
    hear(market, gateway)

    kept = "700.00" if is_released else "0.00"  # before the release nobody has been paid
    assert wallet(market) == (kept, "0.00", "0.00")
    assert in_books(market, K.CHARGEBACK_LOSS, K.PLATFORM_FEE, K.ESCROW) == [kept, "0.00", "0.00"]
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("part", ["1000", "400"])
def test_where_the_platform_is_liable_the_contractor_keeps_what_was_transferred(
    open_market: OpenMarket, gateway: SimulatedGateway, part: str
) -> None:
    market = open_market(chargeback_liability=Liability.PLATFORM)
    payee(market, gateway)
    payment = completed(market).payment
    rest(market)
    disputed = gateway.dispute(payment, amount=usd(part))
    hear(market, gateway)
    gateway.lose(disputed.id)
    hear(market, gateway)

    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("700")
    assert operations(market, payment, TransactionKind.TRANSFER_REVERSAL) == []


@on_both_stores
def test_where_the_platform_is_liable_the_contractor_is_still_paid(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(chargeback_liability=Liability.PLATFORM)
    payment = completed(market).payment
    assigned(market)  # of whose money the platform can pay
    disputed = gateway.dispute(payment)
    gateway.lose(disputed.id)
    hear(market, gateway)
    payee(market, gateway)
    rest(market)

    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("700")


@on_both_stores
def test_once_won_what_waited_for_onboarding_is_transferred(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = completed(market).payment
    disputed = gateway.dispute(payment)
    hear(market, gateway)
    payee(market, gateway)
    gateway.win(disputed.id)
    hear(market, gateway)
    clock.advance(days=3)
    rest(market)

    assert now(market, payment).transfer_blocked is None
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("700")


@pytest.mark.edge(23)
def test_several_chargebacks_of_one_payment_add_up(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    first = gateway.dispute(payment, amount=usd("300"))
    hear(market, gateway)
    second = gateway.dispute(payment, amount=usd("500"))
    hear(market, gateway)
    assert wallet(market) == ("140.00", "560.00", "0.00")
    assert now(market, payment).disputed == usd("800")

    gateway.lose(first.id)
    hear(market, gateway)
    half = now(market, payment)
    assert (half.status, half.disputed, half.lost) == (
        PaymentStatus.CHARGED_BACK,
        usd("500"),
        usd("300"),
    )
    gateway.win(second.id)
    hear(market, gateway)

    after = now(market, payment)
    assert (after.status, after.disputed, after.lost) == (
        PaymentStatus.RELEASED,
        usd("0"),
        usd("300"),
    )
    assert wallet(market) == ("490.00", "0.00", "0.00")
    books_are_right(market, gateway)


@pytest.mark.edge(24)
def test_after_a_partial_loss_the_rest_can_be_released(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    disputed = gateway.dispute(accepted.payment, amount=usd("400"))
    gateway.lose(disputed.id)
    hear(market, gateway)
    held = now(market, accepted.payment)
    assert (held.status, held.refundable) == (PaymentStatus.CAPTURED, usd("600"))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))

    assert wallet(market) == ("420.00", "0.00", "0.00")
    assert in_books(market, K.ESCROW, K.PLATFORM_FEE, K.SERVICE_FEE) == ["0.00", "60.00", "120.00"]
    books_are_right(market, gateway)


def test_after_a_partial_loss_the_rest_can_be_refunded(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    in_progress(market, to=RIVAL, price=usd("50"))  # the platform's balance can bear the fee
    accepted = in_progress(market)
    disputed = gateway.dispute(accepted.payment, amount=usd("400"))
    gateway.lose(disputed.id)
    hear(market, gateway)
    market.execute(CancelJob(by=ADMIN, job=accepted.job.id))
    hear(market, gateway)

    after = now(market, accepted.payment)
    assert (after.status, after.refunded, after.lost) == (
        PaymentStatus.REFUNDED,
        usd("600"),
        usd("400"),
    )
    assert in_books(market, K.ESCROW, K.PLATFORM_FEE) == ["45.00", "5.00"]
    assert in_books(market, K.REFUNDS_IN_TRANSIT, K.DISPUTED) == ["0.00", "0.00"]
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("is_released", [False, True])
def test_after_a_partial_refund_only_the_rest_is_covered(
    market: Marketplace, gateway: SimulatedGateway, *, is_released: bool
) -> None:
    payment: Any = completed(market).payment if is_released else in_progress(market).payment
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("300")))
    disputed = gateway.dispute(payment, amount=usd("1000"))
    hear(market, gateway)
    [found] = chargebacks(market, payment)
    assert (found.withdrawn, found.covered) == (usd("1000"), usd("700"))
    gateway.lose(disputed.id)
    hear(market, gateway)

    after = now(market, payment)
    assert (after.refunded, after.lost) == (usd("300"), usd("700"))
    assert after.status is PaymentStatus.CHARGED_BACK
    assert in_books(market, K.CHARGEBACK_LOSS, K.DISPUTED, K.ESCROW) == ["300.00", "0.00", "0.00"]
    assert wallet(market) == ("0.00", "0.00", "0.00")
    books_are_right(market, gateway)


@pytest.mark.edge(22)
@on_both_stores
@pytest.mark.parametrize("end", ["won", "lost"])
@pytest.mark.parametrize("is_released", [False, True])
def test_after_a_whole_refund_the_platform_bears_it(
    market: Marketplace, gateway: SimulatedGateway, end: str, *, is_released: bool
) -> None:
    payment: Any = completed(market).payment if is_released else in_progress(market).payment
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("1000")))
    hear(market, gateway)
    disputed = gateway.dispute(payment, amount=usd("1000"))
    hear(market, gateway)
    assert now(market, payment).status is PaymentStatus.REFUNDED
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_LOSS) == ["1000.00", "0.00"]
    (gateway.win if end == "won" else gateway.lose)(disputed.id)
    hear(market, gateway)

    after = now(market, payment)
    assert (after.status, after.refunded, after.lost) == (
        PaymentStatus.REFUNDED,
        usd("1000"),
        usd("0"),
    )
    loss = "1000.00" if end == "lost" else "0.00"
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_LOSS) == ["0.00", loss]
    books_are_right(market, gateway)


@on_both_stores
def test_a_refunded_payment_whose_transfer_stayed_with_the_contractor_can_be_charged_back(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = paid_out(market, gateway, clock, "700").payment
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("1000")))
    hear(market, gateway)
    completed(market, price=usd("2000"))
    hear(market, gateway)
    gateway.dispute(payment, amount=usd("1000"))
    hear(market, gateway)

    assert in_books(market, K.DISPUTED) == ["1000.00"]
    assert now(market, payment).status is PaymentStatus.REFUNDED
    books_are_right(market, gateway)


@on_both_stores
@pytest.mark.parametrize("then", ["inquiry", "loss", "refund"])
def test_a_debt_that_was_collected_is_not_asked_back_once_more(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, then: str
) -> None:
    payment = paid_out(market, gateway, clock, "700").payment
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("500")))
    hear(market, gateway)
    assert wallet(market) == ("0.00", "0.00", "350.00")
    completed(market, price=usd("2000"))
    hear(market, gateway)
    assert wallet(market) == ("1050.00", "0.00", "0.00")
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("1050")
    if then == "refund":
        market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("100")))
    else:
        asked = gateway.dispute(payment, amount=usd("100"), inquiry=then == "inquiry")
        if then == "loss":
            gateway.lose(asked.id)
    hear(market, gateway)

    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd(wallet(market)[0])


@on_both_stores
@pytest.mark.parametrize("is_released", [False, True])
def test_the_first_news_can_be_that_it_is_lost(
    market: Marketplace, gateway: SimulatedGateway, *, is_released: bool
) -> None:
    payment: Any = completed(market).payment if is_released else in_progress(market).payment
    with heard(market) as told:
        lost = tell(market, stated(market, payment, "lost", "1000", fee="15"))

    assert (lost.status, lost.lost, lost.covered) == (C.LOST, usd("1000"), usd("1000"))
    assert [name for name in told.names if name.startswith("chargeback")] == [
        "chargeback.opened",
        "chargeback.escalated",
        "chargeback.lost",
    ]
    assert wallet(market) == ("0.00", "0.00", "0.00")
    assert now(market, payment).lost == usd("1000")
    assert market.verify().problems == ()


@on_both_stores
@pytest.mark.parametrize("end", DECIDED)
def test_the_first_news_can_be_any_decision(market: Marketplace, end: str) -> None:
    payment = completed(market).payment
    decided = tell(market, stated(market, payment, end))

    assert decided.status == end
    assert now(market, payment).status is PaymentStatus.RELEASED
    assert market.verify().problems == ()


def test_won_can_be_known_before_the_money_is_back(market: Marketplace) -> None:
    payment = completed(market).payment
    tell(market, stated(market, payment, "needs_response", "1000", fee="15"))
    won = tell(market, stated(market, payment, "won", "1000", fee="15"))

    assert (won.status, won.withdrawn) == (C.WON, usd("1000"))
    assert now(market, payment).status is PaymentStatus.RELEASED
    assert wallet(market) == ("700.00", "0.00", "0.00")
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_FEE) == ["1000.00", "15.00"]

    back = tell(market, stated(market, payment, "won", "0"))
    assert (back.withdrawn, back.fee) == (usd("0"), usd("0"))
    assert in_books(market, K.DISPUTED, K.CHARGEBACK_FEE, K.CHARGEBACK_LOSS) == ["0.00"] * 3
    assert market.verify().problems == ()


@on_both_stores
@pytest.mark.parametrize("end", ["won", "closed"])
def test_money_that_is_back_does_not_leave_again_by_an_older_look(
    market: Marketplace, gateway: SimulatedGateway, end: str
) -> None:
    payment = in_progress(market).payment
    tell(market, stated(market, payment, "needs_response", "1000", fee="15"))
    tell(market, stated(market, payment, end, "0", fee="0"))

    with nothing_changes(market, gateway):
        tell(market, stated(market, payment, end, "1000", fee="15"))


STORY = (
    ("inquiry", "0", "0"),
    ("needs_response", "0", "0"),
    ("needs_response", "1000", "15"),
    ("under_review", "1000", "15"),
)


@on_both_stores
@pytest.mark.parametrize("end", DECIDED)
def test_stale_news_change_nothing(
    market: Marketplace, gateway: SimulatedGateway, end: str
) -> None:
    payment = completed(market).payment
    for standing, withdrawn, fee in STORY:
        tell(market, stated(market, payment, standing, withdrawn, fee=fee))
    taken = "1000" if end == "lost" else "0"
    last = tell(market, stated(market, payment, end, taken, fee="15"))

    for standing, withdrawn, fee in (*STORY, (end, taken, "15")):
        with nothing_changes(market, gateway):
            again = tell(market, stated(market, payment, standing, withdrawn, fee=fee))
        assert again == last


def test_what_is_decided_is_not_decided_otherwise(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    lost = tell(market, stated(market, payment, "lost", "1000"))
    with nothing_changes(market, gateway):
        assert tell(market, stated(market, payment, "closed", "1000")) == lost


@on_one_store
@pytest.mark.parametrize("late", STORY)
@pytest.mark.parametrize("first", STORY)
def test_told_twice_or_out_of_order_it_ends_where_the_furthest_news_are(
    market: Marketplace, first: tuple[str, str, str], late: tuple[str, str, str]
) -> None:
    payment = completed(market).payment
    told = [
        tell(market, stated(market, payment, standing, withdrawn, fee=fee))
        for standing, withdrawn, fee in (first, late, first, late)
    ]
    known = told[-1]
    furthest = max(first, late, key=STORY.index)

    assert (known.status, known.withdrawn, known.fee) == (
        furthest[0],
        usd(furthest[1]),
        usd(furthest[2]),
    )
    assert len(incidents(market, IncidentKind.CHARGEBACK)) == 1
    assert market.verify().problems == ()


def test_the_date_for_evidence_can_move(market: Marketplace, clock: VirtualClock) -> None:
    payment = completed(market).payment
    soon, later = clock() + timedelta(days=7), clock() + timedelta(days=9)
    tell(market, stated(market, payment, "needs_response", "1000", respond_by=soon))
    with heard(market) as told:
        moved = tell(market, stated(market, payment, "needs_response", "1000", respond_by=later))

    assert moved.respond_by == later
    assert told.names == ["chargeback.changed"]


@on_both_stores
@pytest.mark.parametrize("is_released", [False, True])
def test_a_whole_loss_is_for_good(
    market: Marketplace, gateway: SimulatedGateway, *, is_released: bool
) -> None:
    accepted = in_progress(market)
    if is_released:
        market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    gateway.lose(gateway.dispute(accepted.payment).id)
    hear(market, gateway)

    after = now(market, accepted.payment)
    assert (after.status, after.refundable) == (PaymentStatus.CHARGED_BACK, usd("0"))
    with pytest.raises(Refused) as refused:
        market.execute(IssueRefund(by=ADMIN, payment=after.id, amount=usd("0.01")))
    assert refused.value.reason == "not_refundable"
    if not is_released:
        done = market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
        assert done.job.status is JobStatus.COMPLETED
        assert wallet(market) == ("0.00", "0.00", "0.00")
    assert now(market, after).status is PaymentStatus.CHARGED_BACK
    books_are_right(market, gateway)


def test_a_job_whose_payment_is_all_lost_can_be_cancelled(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(market)
    gateway.lose(gateway.dispute(accepted.payment).id)
    hear(market, gateway)
    cancelled = market.execute(CancelJob(by=ADMIN, job=accepted.job.id))

    assert (cancelled.job.status, cancelled.refund) == (JobStatus.CANCELLED, None)
    books_are_right(market, gateway)


def test_a_refund_that_was_on_its_way_arrives_while_the_payment_is_charged_back(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = in_progress(market, payment_method="pm_card_pendingRefund").payment
    asked = market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("300")))
    disputed = gateway.dispute(payment, amount=usd("700"))
    hear(market, gateway)
    assert now(market, payment).disputed == usd("700")
    gateway.settle_refund(operations(market, payment, TransactionKind.REFUND)[0].id)
    hear(market, gateway)
    assert now(market, asked.refund).status == "succeeded"
    gateway.win(disputed.id)
    hear(market, gateway)

    after = now(market, payment)
    assert (after.status, after.refunded, after.disputed) == (
        PaymentStatus.CAPTURED,
        usd("300"),
        usd("0"),
    )
    books_are_right(market, gateway)


@on_both_stores
def test_what_was_captured_elsewhere_and_lost_is_the_platforms_loss(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payment = send(market).payment
    gateway.capture_elsewhere(payment)
    hear(market, gateway)
    clock.advance(days=8)
    rest(market)
    assert now(market, payment).status is PaymentStatus.EXPIRED
    gateway.lose(gateway.dispute(payment).id)
    hear(market, gateway)

    assert in_books(market, K.DISPUTED, K.CHARGEBACK_LOSS) == ["0.00", "1000.00"]


def test_another_currency_than_the_payments_is_an_incident_and_holds_the_release(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = in_progress(market).payment
    state = stated(market, payment, "needs_response", "1000")
    elsewise = evolve(state, withdrawn=Money("1000", "EUR"))
    settling = SettleChargeback(by=Actor.SYSTEM, state=elsewise)
    assert market.execute(settling) is None
    with nothing_changes(market, gateway):
        assert market.execute(settling) is None
    assert len(incidents(market, IncidentKind.CHARGEBACK)) == 1
    with pytest.raises(Refused) as refused:
        market.execute(CompleteJob(by=CUSTOMER, job=payment.job))
    assert refused.value.reason == "payment_under_review"
    other_fee = evolve(state, fee=Money("15", "EUR"))
    with nothing_changes(market, gateway), pytest.raises((GatewayError, CurrencyMismatch)):
        tell(market, other_fee)


def test_a_chargeback_of_somebody_elses_payment_is_none_of_ours(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = in_progress(market).payment
    state = evolve(stated(market, payment, "lost", "1000"), payment="pi_of_another")
    with nothing_changes(market, gateway):
        assert market.execute(SettleChargeback(by=Actor.SYSTEM, state=state)) is None


@on_one_store
@pytest.mark.parametrize("by", [a for a in EVERYBODY if a != Actor.SYSTEM], ids=lambda a: a.role)
def test_nobody_but_the_system_settles_a_chargeback(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    payment = in_progress(market).payment
    command = SettleChargeback(by=by, state=stated(market, payment, "lost", "1000"))
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(command)


def test_the_charged_back_amount_is_never_more_than_was_captured(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = completed(market).payment
    tell(market, stated(market, payment, "lost", "1200", id="dp_1"))
    second = tell(market, stated(market, payment, "lost", "50", id="dp_2"))

    after = market.query(GetPayment(payment.id))
    assert (after.lost, after.refundable) == (usd("1000"), usd("0"))
    assert (second.covered, second.lost) == (usd("0"), usd("50"))
    assert balance(market, K.CHARGEBACK_LOSS) == usd("250")
    assert balance(market, K.DISPUTED) == usd("0")
    assert market.verify().problems == ()


@on_both_stores
@pytest.mark.parametrize("needs_approval", [False, True])
def test_what_a_withdrawal_has_set_aside_stays_where_it_can_be_paid_out(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock, *, needs_approval: bool
) -> None:
    market = open_market(approve_withdrawals=needs_approval)
    payee(market, gateway)
    payment = completed(market).payment
    rest(market)
    hear(market, gateway)
    asked = market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
    gateway.lose(gateway.dispute(payment).id)
    receive(market, gateway.webhooks())
    if needs_approval:
        market.execute(ApproveWithdrawal(by=ADMIN, withdrawal=asked.id))
    for _ in range(4):
        hear(market, gateway)
        clock.advance(days=1)

    assert now(market, asked).status == "paid"
    assert wallet(market) == ("0.00", "0.00", "700.00")
    books_are_right(market, gateway)


@on_both_stores
def test_what_was_lost_and_is_won_after_all_can_be_withdrawn_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.processor.top_up(100_000, "USD")
    payee(market, gateway)
    payment = completed(market).payment
    hear(market, gateway)
    tell(market, stated(market, payment, "lost", "1000"))
    rest(market)
    assert now(market, payment).status is PaymentStatus.CHARGED_BACK
    assert gateway.connected_balance("ctr_42", "USD") == usd("0")

    won = tell(market, stated(market, payment, "won"))
    assert (won.status, won.withdrawn, won.lost) == (C.WON, usd("0"), usd("0"))
    after = now(market, payment)
    assert (after.status, after.lost, after.transferred) == (
        PaymentStatus.RELEASED,
        usd("0"),
        usd("0"),
    )
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
    hear(market, gateway)
    clock.advance(days=3)
    hear(market, gateway)
    assert market.wallet(CONTRACTOR.id, "USD").total == usd("0")
    assert now(market, payment).transferred == usd("700")
    assert market.verify().ok


@on_both_stores
def test_what_is_won_after_all_of_a_cancelled_job_can_be_refunded(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payment = in_progress(market).payment
    tell(market, stated(market, payment, "lost", "400", amount="400"))
    market.execute(CancelJob(by=ADMIN, job=payment.job))
    hear(market, gateway)
    assert now(market, payment).status is PaymentStatus.REFUNDED

    tell(market, stated(market, payment, "won", amount="400"))
    assert now(market, payment).refundable == usd("400")
    market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=usd("400")))
    hear(market, gateway)
    assert now(market, payment).status is PaymentStatus.REFUNDED
    assert balance(market, K.ESCROW) == usd("0")
    assert market.verify().ok


def test_what_is_won_after_all_is_paid_out_by_the_schedule(
    open_market: OpenMarket, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = open_market(transfers="scheduled", payout_every=timedelta(days=1))
    gateway.processor.top_up(100_000, "USD")
    payee(market, gateway)
    payment = completed(market).payment
    tell(market, stated(market, payment, "lost", "1000"))
    for _ in range(3):  # nothing is there, and the schedule rests
        clock.advance(days=1)
        hear(market, gateway)

    tell(market, stated(market, payment, "won"))
    for _ in range(6):
        clock.advance(days=1)
        hear(market, gateway)
    assert market.wallet(CONTRACTOR.id, "USD").total == usd("0")
    assert now(market, payment).transferred == usd("700")
