"""Edge cases and the right behaviour, each by its number in the list."""

from datetime import timedelta
from decimal import localcontext
from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    ApplyToJob,
    CancelJob,
    ClientAction,
    Commission,
    CompleteJob,
    CurrencyMismatch,
    IdempotencyConflict,
    IllegalTransition,
    InvalidInput,
    JobStatus,
    Marketplace,
    Money,
    MoneyError,
    OfferStatus,
    OpenPayoutAccount,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
    Pending,
    Reason,
    Refused,
    RejectOffer,
    StartJob,
    TransactionKind,
    TransactionStatus,
    WithdrawApplication,
    WithdrawOffer,
)
from marketpay.commands.settling import SettleTransaction
from marketpay.commands.timers import ExpireOffer
from marketpay.ports.gateway import (
    ActionRequired,
    Authorize,
    Authorized,
    Capture,
    Captured,
    Declined,
    RefundPayment,
    Transfer,
    Void,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    PRICE,
    RIVAL,
    applied,
    assigned,
    balance,
    books_are_right,
    completed,
    declined,
    entries,
    heard,
    in_progress,
    nothing_changes,
    now,
    offering,
    operations,
    payee,
    post,
    send,
    usd,
)


def accept(market: Marketplace, sent: Any, by: Actor = CONTRACTOR, key: str | None = None) -> Any:
    return market.execute(AcceptOffer(by=by, offer=sent.offer.id), key=key)


def reason(market: Marketplace, command: Any) -> Reason:
    with pytest.raises(Refused) as refused:
        market.execute(command)
    return refused.value.reason


@pytest.mark.edge(1)
def test_accepting_after_the_hold_is_gone_expires_the_offer_and_assigns_nobody(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(days=30))
    clock.advance(days=7)
    command = AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)
    with heard(market) as told:
        assert reason(market, command) is Reason.AUTHORIZATION_EXPIRED

    assert now(market, sent.offer).status is OfferStatus.EXPIRED
    assert now(market, sent.payment).status is PaymentStatus.EXPIRED
    assert "job.assigned" not in told.names
    assert gateway.balance("USD") == usd("0")


@pytest.mark.edge(2)
@pytest.mark.parametrize("first", ["timer", "contractor"])
def test_of_acceptance_and_expiry_one_wins(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, first: str
) -> None:
    sent = send(market, expires_at=clock() + timedelta(minutes=10))
    expire = ExpireOffer(by=Actor.SYSTEM, offer=sent.offer.id)
    if first == "timer":
        clock.advance(minutes=10)
        market.execute(expire)
        command = AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)
        assert reason(market, command) is Reason.OFFER_EXPIRED
        assert now(market, sent.offer).status is OfferStatus.EXPIRED
    else:
        gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
        accept(market, sent)
        clock.advance(minutes=10)
        market.execute(expire)
        market.work()
        assert now(market, sent.offer).status is OfferStatus.ACCEPTED
    books_are_right(market, gateway)


@pytest.mark.edge(3)
def test_the_second_of_two_acceptances_captures_nothing_and_its_hold_is_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    accept(market, sent)
    calls = gateway.count(Capture)
    command = AcceptOffer(by=RIVAL, offer=other.offer.id)
    assert reason(market, command) is Reason.JOB_ALREADY_ASSIGNED
    market.work()

    assert gateway.count(Capture) == calls == 1
    assert now(market, other.payment).status is PaymentStatus.CANCELED
    assert gateway.held("USD") == usd("0")


@pytest.mark.edge(4)
@pytest.mark.parametrize("key", [None, "k"])
def test_the_same_acceptance_twice_is_one(
    market: Marketplace, gateway: SimulatedGateway, key: str | None
) -> None:
    sent = send(market)

    assert accept(market, sent, key=key) == accept(market, sent, key=key)
    assert gateway.count(Capture) == 1
    assert len(entries(market, sent.payment)) == 2


@pytest.mark.edge(5)
@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_a_capture_that_times_out_is_pending_until_a_worker_knows(
    market: Marketplace, gateway: SimulatedGateway, outcome: Outcome
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.script(Capture, outcome)
    accepted = accept(market, sent)

    assert isinstance(accepted.next_action, Pending)
    assert accepted.offer.status is OfferStatus.ACCEPTING
    assert now(market, job).status is JobStatus.OPEN
    assert accepted.payment.status is PaymentStatus.AUTHORIZED
    for command in (
        AcceptOffer(by=RIVAL, offer=other.offer.id),
        WithdrawOffer(by=CUSTOMER, offer=other.offer.id),
        CancelJob(by=CUSTOMER, job=job.id),
    ):
        assert reason(market, command) is Reason.ACCEPTANCE_IN_PROGRESS
    market.work()
    assert now(market, job).status is JobStatus.ASSIGNED


@pytest.mark.edge(6)
def test_a_capture_that_nobody_heard_of_is_booked_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    accept(market, sent)
    [capture] = operations(market, sent.payment, TransactionKind.CAPTURE)
    news = Captured(gateway_id=str(sent.payment.gateway_payment), amount=PRICE)
    for _ in range(2):
        market.execute(SettleTransaction(by=Actor.SYSTEM, transaction=capture.id, news=news))
    clock.advance(hours=1)
    market.work()

    assert len(entries(market, sent.payment)) == 2
    assert gateway.effects(Capture) == 1
    books_are_right(market, gateway)


@pytest.mark.edge(7)
def test_a_refused_capture_leaves_the_offer_to_another_card(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.DECLINE)
    with heard(market) as told, pytest.raises(PaymentDeclined):
        accept(market, sent)

    assert now(market, sent.offer).status is OfferStatus.PENDING
    assert now(market, sent.payment).status is PaymentStatus.FAILED
    assert "offer.acceptance_failed" in told.names
    assert "job.assigned" not in told.names
    market.execute(PayOffer(by=CUSTOMER, offer=sent.offer.id, payment_method=GOOD))
    assert accept(market, sent).job.contractor == CONTRACTOR.id


@pytest.mark.edge(9)
def test_old_news_after_newer_ones_are_ignored(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = assigned(market)
    [hold] = operations(market, accepted.payment, TransactionKind.AUTHORIZE)
    id = str(hold.gateway_id)
    with nothing_changes(market, gateway):
        for news in (
            Authorized(gateway_id=id, expires_at=None),
            ActionRequired(gateway_id=id),
            Declined(code="late"),
        ):
            market.execute(SettleTransaction(by=Actor.SYSTEM, transaction=hold.id, news=news))


@pytest.mark.edge(10)
def test_a_siblings_hold_that_will_not_go_leaves_the_assignment(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.script(Void, *[Outcome.TIMEOUT_BEFORE] * 3)
    accept(market, sent)
    market.work()
    assert now(market, job).status is JobStatus.ASSIGNED
    assert gateway.held("USD") == PRICE
    for _ in range(5):
        clock.advance(minutes=10)
        market.work()

    assert gateway.held("USD") == usd("0")
    assert now(market, other.payment).status is PaymentStatus.CANCELED
    assert gateway.effects(Void) == 1


@pytest.mark.edge(11)
def test_a_superseded_offer_that_is_confirmed_late_is_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, late = send(market, job), send(market, job, to=RIVAL, payment_method=ASKING)
    accept(market, sent)
    gateway.confirm(late.payment)
    for _ in range(3):
        market.work()

    assert now(market, late.offer).status is OfferStatus.SUPERSEDED
    assert now(market, late.payment).status is PaymentStatus.CANCELED
    assert gateway.held("USD") == usd("0")


@pytest.mark.edge(12)
def test_cancelling_before_the_start_gives_everything_back(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = assigned(market)
    cancelled = market.execute(CancelJob(by=CONTRACTOR, job=accepted.job.id))

    assert cancelled.refund is not None
    assert cancelled.refund.amount == PRICE
    assert market.revenue("USD").total == gateway.balance("USD") == usd("0")


@pytest.mark.edge(13)
def test_work_under_way_is_not_cancelled_by_one_side(market: Marketplace) -> None:
    job = in_progress(market).job
    for by in (CUSTOMER, CONTRACTOR):
        with pytest.raises(IllegalTransition):
            market.execute(CancelJob(by=by, job=job.id))

    assert market.execute(CancelJob(by=ADMIN, job=job.id)).job.status is JobStatus.CANCELLED


@pytest.mark.edge(21)
def test_a_refund_that_cannot_be_paid_back_is_the_customers_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = assigned(market).job
    gateway.script(RefundPayment, Outcome.DECLINE)
    market.execute(CancelJob(by=CUSTOMER, job=job.id))

    assert balance(market, AccountKind.CREDIT_AVAILABLE, "cus_17") == PRICE
    assert balance(market, AccountKind.REFUNDS_IN_TRANSIT) == usd("0")
    books_are_right(market, gateway)


@pytest.mark.edge(25)
def test_without_an_account_the_wallet_is_credited_and_the_transfer_waits(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    done = completed(market)
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    assert done.payment.transfer_blocked == "onboarding"
    assert operations(market, done.payment, TransactionKind.TRANSFER) == []
    gateway.activate(market.execute(OpenPayoutAccount(by=CONTRACTOR)))
    clock.advance(minutes=5)
    for _ in range(2):
        market.work()

    assert now(market, done.payment).transferred == usd("700")
    assert now(market, done.payment).transfer_blocked is None
    books_are_right(market, gateway)


@pytest.mark.edge(26)
def test_money_for_a_restricted_account_is_sent_once_it_is_active_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    gateway.restrict(account)
    done = completed(market)
    market.work()
    assert now(market, done.payment).transferred == usd("0")
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    gateway.activate(account)
    for _ in range(5):
        clock.advance(minutes=6)
        market.work()

    assert now(market, done.payment).transferred == usd("700")
    assert gateway.effects(Transfer) == 1


@pytest.mark.edge(29)
def test_currencies_never_meet(market: Marketplace, gateway: SimulatedGateway) -> None:
    job = post(market, currency="EUR")
    with nothing_changes(market, gateway), pytest.raises(CurrencyMismatch):
        market.execute(offering(job))
    send(market, job, price=Money("10", "EUR"))
    completed(market)

    assert market.wallet(CONTRACTOR.id, "EUR").total == Money("0", "EUR")
    assert market.wallet(CONTRACTOR.id, "USD").total == usd("700")


@pytest.mark.edge(30)
@pytest.mark.parametrize(
    ("price", "currency", "fees", "payout"),
    [("1001", "JPY", "300", "701"), ("1.005", "KWD", "0.301", "0.704")],
)
def test_currencies_have_their_own_coins(
    market: Marketplace,
    gateway: SimulatedGateway,
    price: str,
    currency: str,
    fees: str,
    payout: str,
) -> None:
    job = post(market, currency=currency)
    sent = send(market, job, price=Money(price, currency))
    accept(market, sent)
    market.execute(StartJob(by=CONTRACTOR, job=job.id))
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))

    assert market.revenue(currency).total == Money(fees, currency)
    assert market.wallet(CONTRACTOR.id, currency).available == Money(payout, currency)
    books_are_right(market, gateway, currency)
    with pytest.raises(MoneyError):
        Money(f"{price}{'.' * (currency == 'JPY')}5", currency)


@pytest.mark.edge(31)
@pytest.mark.parametrize("price", ["0", "-0.01"])
def test_nothing_is_no_price(market: Marketplace, gateway: SimulatedGateway, price: str) -> None:
    job = post(market)
    with nothing_changes(market, gateway), pytest.raises(MoneyError):
        market.execute(offering(job, price=usd(price)))


@pytest.mark.edge(32)
@pytest.mark.parametrize(
    ("platform", "service", "held", "payout"),
    [("0", "0", "10", "10"), ("0", "1", "10", "0"), ("1", "0", "0", "0"), ("0.5", "0.5", "5", "0")],
)
def test_the_extremes_of_the_commission(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    platform: str,
    service: str,
    held: str,
    payout: str,
) -> None:
    market = open_market(commission=Commission(platform, service))
    payee(market, gateway)
    accepted = in_progress(market, price=usd("10"))
    assert balance(market, AccountKind.ESCROW) == usd(held)
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    report = market.work()

    assert report.failures == ()
    assert market.wallet(CONTRACTOR.id, "USD").available == usd(payout)
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd(payout)
    assert now(market, accepted.payment).transfer_blocked is None
    assert now(market, accepted.payment).transferred == usd(payout)
    books_are_right(market, gateway)


@pytest.mark.edge(32)
@pytest.mark.parametrize("rates", [("1.1", "0"), ("-0.1", "0"), ("0.6", "0.6")])
def test_a_commission_of_more_than_everything_is_invalid(rates: tuple[str, str]) -> None:
    with pytest.raises(InvalidInput):
        Commission(*rates)


@pytest.mark.edge(33)
def test_a_new_commission_leaves_what_was_promised(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    before = open_market()
    cancelled, kept = assigned(before), in_progress(before)
    after = open_market(commission=Commission("0.01", "0.01"))
    after.execute(CompleteJob(by=CUSTOMER, job=kept.job.id))
    after.execute(CancelJob(by=CUSTOMER, job=cancelled.job.id))

    assert after.revenue("USD").total == usd("300")
    assert after.wallet(CONTRACTOR.id, "USD").available == usd("700")
    books_are_right(after, gateway)


@pytest.mark.edge(34)
def test_nobody_is_both_sides_of_a_deal(market: Marketplace, gateway: SimulatedGateway) -> None:
    job, themselves = post(market), Actor.contractor(CUSTOMER.id)
    with nothing_changes(market, gateway):
        assert reason(market, ApplyToJob(by=themselves, job=job.id)) is Reason.OWN_JOB
        assert reason(market, offering(job, to=themselves)) is Reason.OWN_JOB


@pytest.mark.edge(35)
def test_an_offer_needs_an_application_only_by_rule_and_ends_with_it(
    open_market: OpenMarket,
) -> None:
    market = open_market()
    assert send(market).offer.application is None
    job = post(market)
    application = applied(market, job)
    sent = send(market, job)
    market.execute(WithdrawApplication(by=CONTRACTOR, application=application.id))
    assert now(market, sent.offer).status is OfferStatus.WITHDRAWN
    strict = open_market(require_application=True)

    assert reason(strict, offering(post(strict))) is Reason.APPLICATION_REQUIRED


@pytest.mark.edge(39)
def test_that_the_payer_is_asked_is_no_failure(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, payment_method=ASKING)
    offer = declined(market)
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=ASKING))

    for one in (sent, paid):
        assert isinstance(one.next_action, ClientAction)
        gateway.confirm(str(one.payment.gateway_payment))
    market.work()
    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    assert now(market, paid.payment).status is PaymentStatus.AUTHORIZED


@pytest.mark.edge(40)
def test_the_clock_of_the_rules_decides_what_is_due(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    sent = send(market, expires_at=clock() + timedelta(days=300))
    market.execute(RejectOffer(by=CONTRACTOR, offer=sent.offer.id))
    other = send(market, expires_at=clock() + timedelta(hours=1))
    market.work()
    assert now(market, other.offer).status is OfferStatus.PENDING
    clock.advance(hours=1)
    market.work()

    assert now(market, other.offer).status is OfferStatus.EXPIRED
    assert now(market, sent.offer).status is OfferStatus.REJECTED


@pytest.mark.edge(44)
def test_a_key_is_for_one_command_of_one_actor(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    command = offering(job)
    sent = market.execute(command, key="k")
    for changes in (
        {"price": usd("999")},
        {"contractor": "ctr_43"},
        {"payment_method": None},
        {"message": "other words"},
        {"expires_at": market.rules.now() + timedelta(days=1)},
    ):
        with nothing_changes(market, gateway), pytest.raises(IdempotencyConflict):
            market.execute(evolve(command, **changes), key="k")

    assert market.execute(command, key="k").offer == sent.offer
    assert accept(market, sent, key="k").offer.status is OfferStatus.ACCEPTED  # another actor
    assert market.execute(command, key="k").offer.status is OfferStatus.ACCEPTED


@pytest.mark.edge(44)
def test_what_was_refused_is_decided_again_under_the_same_key(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    sent = send(market)
    with pytest.raises(Refused):
        accept(market, sent, key="k")
    market.work()

    assert accept(market, sent, key="k").offer.status is OfferStatus.ACCEPTED


@pytest.mark.edge(20)
def test_two_equal_deals_are_two(market: Marketplace, gateway: SimulatedGateway) -> None:
    for job in (assigned(market).job, assigned(market).job):
        market.execute(CancelJob(by=CUSTOMER, job=job.id))
    keys = [key for request, key in gateway.calls if request is RefundPayment]

    assert len(set(keys)) == gateway.effects(RefundPayment) == 2


@pytest.mark.edge(30)
def test_no_amount_depends_on_the_decimal_context(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    with localcontext() as context:
        context.prec = 2
        done = completed(market, price=usd("12345.67"))
        assert done.payment.split == Commission().split(usd("12345.67"))

    assert market.wallet(CONTRACTOR.id, "USD").available == usd("8641.97")
    books_are_right(market, gateway)


@pytest.mark.edge(8)
def test_what_the_gateway_has_is_found_by_our_own_reference(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, Outcome.ERROR_500)
    sent = send(market)
    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert (hold.gateway_id, hold.status) == (None, TransactionStatus.UNKNOWN)
    market.work()

    assert now(market, hold).gateway_id is not None
    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    assert gateway.count(Authorize) == 1
