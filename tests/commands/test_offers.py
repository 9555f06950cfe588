"""Sending an offer with a payment behind it, taking it back, turning it down."""

from datetime import timedelta
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    ClientAction,
    CurrencyMismatch,
    IllegalTransition,
    InvalidInput,
    Marketplace,
    Money,
    OfferStatus,
    PaymentDeclined,
    PaymentStatus,
    Pending,
    Reason,
    Refused,
    RejectApplication,
    RejectOffer,
    SendOffer,
    TransactionKind,
    TransactionStatus,
    WithdrawApplication,
    WithdrawOffer,
)
from marketpay.ports.gateway import Authorize, Capture, LookUp, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    REFUSED,
    RIVAL,
    applied,
    assigned,
    heard,
    journal,
    nothing_changes,
    now,
    offering,
    operations,
    post,
    send,
    usd,
)


def refusal(market: Marketplace, gateway: SimulatedGateway, command: Any) -> Reason:
    """Why a command is refused; it must change nothing."""
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(command)
    return refused.value.reason


@pytest.mark.covers("A007", "A063", "A067")
def test_an_offer_puts_its_price_on_hold(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    with heard(market) as told:
        sent = send(market, job, message="Could you?")

    offer, payment = sent.offer, sent.payment
    assert (offer.status, payment.status) == (OfferStatus.PENDING, PaymentStatus.AUTHORIZED)
    assert (offer.job, offer.customer, offer.contractor) == (job.id, "cus_17", "ctr_42")
    assert (offer.price, offer.message, offer.payment) == (PRICE, "Could you?", payment.id)
    assert (payment.offer, payment.amount, payment.split) == (offer.id, PRICE, None)
    assert sent.next_action is None
    assert gateway.held("USD") == PRICE
    assert gateway.balance("USD") == usd("0")
    assert payment.authorization_expires_at == clock() + timedelta(days=7)
    assert offer.expires_at == payment.authorization_expires_at
    assert (now(market, offer), now(market, payment)) == (offer, payment)
    assert told.names == [
        "offer.created",
        "payment.created",
        "payment_transaction.started",
        "payment.authorized",
        "payment_transaction.succeeded",
        "offer.funded",
    ]


@pytest.mark.covers("A072", "A140")
def test_the_key_of_the_call_is_the_transaction(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)

    assert gateway.calls == ((Authorize, hold.id),)
    assert hold.status is TransactionStatus.SUCCESS
    assert (hold.amount, hold.party, hold.method) == (PRICE, "cus_17", "pm_card_visa")
    assert hold.gateway_id == sent.payment.gateway_payment
    assert (hold.retry_of, hold.due_at) == (None, None)


def test_an_offer_can_end_before_its_hold(market: Marketplace, clock: VirtualClock) -> None:
    tomorrow = clock() + timedelta(days=1)
    sent = send(market, expires_at=tomorrow)

    assert sent.offer.expires_at == tomorrow
    assert sent.payment.authorization_expires_at == clock() + timedelta(days=7)


def test_an_offer_by_application_is_to_the_applicant(market: Marketplace) -> None:
    job = post(market)
    application = applied(market, job, by=RIVAL)
    sent = send(market, job, contractor=None, application=application.id)

    assert (sent.offer.contractor, sent.offer.application) == (RIVAL.id, application.id)


def test_an_offer_to_somebody_who_has_applied_finds_the_application(market: Marketplace) -> None:
    job = post(market)
    application = applied(market, job)

    assert send(market, job).offer.application == application.id


def test_an_offer_to_somebody_who_has_not_applied_is_allowed(market: Marketplace) -> None:
    assert send(market).offer.application is None


def test_a_rule_can_ask_for_an_application(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(require_application=True)
    job = post(market)
    assert refusal(market, gateway, offering(job)) is Reason.APPLICATION_REQUIRED
    application = applied(market, job)

    assert send(market, job).offer.application == application.id


def test_to_name_both_a_contractor_and_an_application_or_neither_is_invalid(
    market: Marketplace,
) -> None:
    job = post(market)
    application = applied(market, job)
    for changes in ({"application": application.id}, {"contractor": None}):
        with pytest.raises(InvalidInput, match="not both"):
            offering(job, **changes)


def test_an_application_of_another_job_is_refused(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    application = applied(market, post(market))
    command = offering(post(market), contractor=None, application=application.id)

    assert refusal(market, gateway, command) is Reason.APPLICATION_OF_ANOTHER_JOB


@pytest.mark.parametrize("end", [WithdrawApplication, RejectApplication])
def test_an_application_that_has_ended_is_refused(
    market: Marketplace, gateway: SimulatedGateway, end: Any
) -> None:
    job = post(market)
    application = applied(market, job)
    by = CONTRACTOR if end is WithdrawApplication else CUSTOMER
    market.execute(end(by=by, application=application.id))

    command = offering(job, contractor=None, application=application.id)
    assert refusal(market, gateway, command) is Reason.APPLICATION_CLOSED


@pytest.mark.covers("A068")
def test_nobody_works_for_themselves(market: Marketplace, gateway: SimulatedGateway) -> None:
    command = offering(post(market), to=Actor.contractor(CUSTOMER.id))

    assert refusal(market, gateway, command) is Reason.OWN_JOB


@pytest.mark.covers("A062")
def test_one_live_offer_for_each_contractor(market: Marketplace, gateway: SimulatedGateway) -> None:
    job = post(market)
    first = send(market, job)
    send(market, job, to=RIVAL)
    assert refusal(market, gateway, offering(job)) is Reason.OFFER_EXISTS
    market.execute(WithdrawOffer(by=CUSTOMER, offer=first.offer.id))

    assert send(market, job).offer.id != first.offer.id


def test_only_an_open_job_can_be_offered(market: Marketplace, gateway: SimulatedGateway) -> None:
    taken, gone = assigned(market).job, post(market)
    market.execute(CancelJob(by=CUSTOMER, job=gone.id))

    for job in (taken, gone):
        assert refusal(market, gateway, offering(job, to=RIVAL)) is Reason.JOB_NOT_OPEN


@pytest.mark.covers("A068")
def test_the_price_is_in_the_currency_of_the_job(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market, currency="EUR")
    with nothing_changes(market, gateway), pytest.raises(CurrencyMismatch) as mismatch:
        market.execute(offering(job))

    assert (mismatch.value.left, mismatch.value.right) == ("USD", "EUR")


@pytest.mark.parametrize("hours", [-1, 0])
def test_an_offer_lasts_at_least_a_moment(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, hours: int
) -> None:
    job = post(market)
    past = clock() + timedelta(hours=hours)
    with nothing_changes(market, gateway), pytest.raises(InvalidInput) as invalid:
        market.execute(offering(job, expires_at=past))

    assert invalid.value.field == "expires_at"


def test_that_a_date_has_passed_is_said_before_who_may(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = post(market)
    command = SendOffer(
        by=Actor.customer("cus_18"),
        job=job.id,
        contractor="ctr_42",
        price=PRICE,
        expires_at=clock(),
    )
    with nothing_changes(market, gateway), pytest.raises(InvalidInput):
        market.execute(command)


@pytest.mark.parametrize("minutes", [0, 6])
def test_without_a_card_the_customers_client_chooses_one(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, minutes: int
) -> None:
    sent = send(market, payment_method=None)
    assert isinstance(sent.next_action, ClientAction)
    assert sent.payment.status is PaymentStatus.AWAITING_CONFIRMATION
    gateway.confirm(sent.payment)
    clock.advance(minutes=minutes)
    market.work()

    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    assert now(market, sent.offer).expires_at is not None


def test_a_card_may_ask_its_owner_first(market: Marketplace, gateway: SimulatedGateway) -> None:
    with heard(market) as told:
        sent = send(market, payment_method=ASKING)

    assert sent.offer.status is OfferStatus.PENDING
    assert sent.payment.status is PaymentStatus.AWAITING_CONFIRMATION
    assert isinstance(sent.next_action, ClientAction)
    assert sent.next_action.payment == sent.payment.id
    assert sent.next_action.gateway_payment == sent.payment.gateway_payment
    assert str(sent.next_action.client_secret).startswith(sent.next_action.gateway_payment)
    assert told.names[-2:] == ["payment.action_required", "payment_transaction.action_required"]
    assert "offer.funded" not in told.names

    gateway.confirm(sent.payment)
    with heard(market) as told:
        market.work()
    assert told.names == ["payment.authorized", "payment_transaction.succeeded", "offer.funded"]


def test_the_owner_may_fail(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market, payment_method=ASKING)
    gateway.fail_confirmation(sent.payment)
    market.work()

    payment = now(market, sent.payment)
    assert payment.status is PaymentStatus.FAILED
    assert payment.failure == "payment_intent_authentication_failure"
    assert now(market, sent.offer).status is OfferStatus.PENDING


def test_what_the_client_needs_is_fetched_again_and_never_kept(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    command = offering(post(market), payment_method=ASKING)
    sent = market.execute(command, key="k")
    assert isinstance(sent.next_action, ClientAction)
    secret = str(sent.next_action.client_secret)

    fetched = market.client_action(sent.payment)
    assert fetched == sent.next_action
    assert market.client_action(sent.payment.id) == fetched
    assert market.execute(command, key="k").next_action == fetched
    assert secret not in repr(sent) + repr(fetched)
    assert secret not in str([repr(record) for record in journal(market)])
    everything = [(r.body, r.events, r.result, r.personal) for r in journal(market)]
    assert secret not in str(everything)
    assert secret not in str(operations(market, sent.payment, TransactionKind.AUTHORIZE))


def test_once_confirmed_there_is_nothing_for_the_client_to_do(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, payment_method=ASKING)
    gateway.confirm(sent.payment)

    assert market.client_action(sent.payment) is None
    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    assert market.client_action(sent.payment) is None


@pytest.mark.covers("A152")
def test_a_refused_card_leaves_the_offer_pending_without_hold(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    with heard(market) as told, pytest.raises(PaymentDeclined) as declined:
        send(market, job, payment_method=REFUSED)

    error = declined.value
    assert (error.code, error.status_hint, error.retryable) == ("payment_declined", 402, False)
    assert error.offer.status is OfferStatus.PENDING
    assert error.payment.status is PaymentStatus.FAILED
    assert error.payment.failure == error.decline_code == "generic_decline"
    assert (now(market, error.offer), now(market, error.payment)) == (error.offer, error.payment)
    assert told.names[-2:] == ["payment.failed", "payment_transaction.failed"]
    assert gateway.held("USD") == usd("0")


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
@pytest.mark.parametrize("wait", [0, 10])
def test_a_hold_without_answer_is_found_or_asked_for_again(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    outcome: Outcome,
    wait: int,
) -> None:
    gateway.script(Authorize, outcome)
    sent = send(market)
    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert sent.next_action == Pending(transaction=hold.id)
    assert (sent.payment.status, hold.status) == (PaymentStatus.PENDING, TransactionStatus.UNKNOWN)
    clock.advance(minutes=wait)
    market.work()

    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    assert gateway.effects(Authorize) == 1
    assert {key for _, key in gateway.calls} == {hold.id}


def test_after_an_error_500_a_hold_is_looked_for_and_not_asked_for_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, Outcome.ERROR_500)
    sent = send(market)
    market.work()

    assert now(market, sent.payment).status is PaymentStatus.AUTHORIZED
    assert (gateway.count(Authorize), gateway.effects(Authorize)) == (1, 1)
    assert gateway.count(LookUp) == 1


@pytest.mark.covers("A037", "A064")
@pytest.mark.parametrize(
    ("command", "by", "status", "event"),
    [
        (RejectOffer, CONTRACTOR, OfferStatus.REJECTED, "offer.rejected"),
        (WithdrawOffer, CUSTOMER, OfferStatus.WITHDRAWN, "offer.withdrawn"),
        (WithdrawOffer, ADMIN, OfferStatus.WITHDRAWN, "offer.withdrawn"),
    ],
)
def test_an_offer_that_ends_lets_go_of_its_hold(
    market: Marketplace,
    gateway: SimulatedGateway,
    command: Any,
    by: Actor,
    status: OfferStatus,
    event: str,
) -> None:
    sent = send(market)
    with heard(market) as told:
        ended = market.execute(command(by=by, offer=sent.offer.id))

    assert ended.status is status
    assert now(market, sent.offer) == ended
    assert told.names == [event, "payment_transaction.started"]
    assert gateway.effects(Void) == 0  # a worker does that
    market.work()
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    [void] = operations(market, sent.payment, TransactionKind.VOID)
    assert (void.status, void.target) == (TransactionStatus.SUCCESS, sent.payment.gateway_payment)
    assert gateway.held("USD") == usd("0")


@pytest.mark.parametrize("command", [RejectOffer, WithdrawOffer])
def test_an_offer_without_hold_has_nothing_to_let_go_of(
    market: Marketplace, gateway: SimulatedGateway, command: Any
) -> None:
    job = post(market)
    with pytest.raises(PaymentDeclined) as declined:
        send(market, job, payment_method=REFUSED)
    by = CONTRACTOR if command is RejectOffer else CUSTOMER
    market.execute(command(by=by, offer=declined.value.offer.id))
    market.work()

    assert gateway.count(Void) == 0


def test_an_offer_that_nobody_confirmed_is_called_off_at_the_gateway(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, payment_method=ASKING)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
    market.work()

    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    assert (hold.status, hold.due_at) == (TransactionStatus.CANCELED, None)
    assert not market.work()


def test_who_confirms_too_late_has_the_hold_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market, payment_method=ASKING)
    market.execute(RejectOffer(by=CONTRACTOR, offer=sent.offer.id))
    gateway.confirm(sent.payment)
    assert gateway.held("USD") == PRICE
    for _ in range(3):
        market.work()

    assert gateway.held("USD") == usd("0")
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    assert now(market, sent.offer).status is OfferStatus.REJECTED


@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_a_late_hold_for_an_offer_that_has_ended_is_let_go(
    market: Marketplace, gateway: SimulatedGateway, outcome: Outcome
) -> None:
    gateway.script(Authorize, outcome)
    sent = send(market)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
    for _ in range(3):
        market.work()

    assert gateway.held("USD") == usd("0")
    assert now(market, sent.offer).status is OfferStatus.WITHDRAWN
    assert now(market, sent.payment).status is PaymentStatus.CANCELED


def test_a_late_challenge_for_an_offer_that_has_ended_is_called_off(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    sent = send(market, payment_method=ASKING)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))
    for _ in range(3):
        market.work()

    [hold] = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    assert now(market, sent.payment).status is PaymentStatus.CANCELED
    assert hold.status is TransactionStatus.CANCELED


@pytest.mark.parametrize("command", [RejectOffer, WithdrawOffer])
def test_an_accepted_offer_does_not_end(
    market: Marketplace, gateway: SimulatedGateway, command: Any
) -> None:
    offer = assigned(market).offer
    by = CONTRACTOR if command is RejectOffer else CUSTOMER

    with nothing_changes(market, gateway), pytest.raises(IllegalTransition) as illegal:
        market.execute(command(by=by, offer=offer.id))
    assert (illegal.value.kind, illegal.value.status) == ("offer", "accepted")


@pytest.mark.covers("A016")
def test_an_offer_ends_in_one_way_only(market: Marketplace, gateway: SimulatedGateway) -> None:
    offer = send(market).offer
    market.execute(RejectOffer(by=CONTRACTOR, offer=offer.id))

    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(WithdrawOffer(by=CUSTOMER, offer=offer.id))


def test_neither_side_ends_an_offer_that_is_being_accepted(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    gateway.script(Capture, Outcome.TIMEOUT_AFTER)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    for command in (
        RejectOffer(by=CONTRACTOR, offer=sent.offer.id),
        WithdrawOffer(by=CUSTOMER, offer=sent.offer.id),
        WithdrawOffer(by=CUSTOMER, offer=other.offer.id),
    ):
        assert refusal(market, gateway, command) is Reason.ACCEPTANCE_IN_PROGRESS


@pytest.mark.parametrize(
    ("price", "currency"), [("1000", "JPY"), ("12.345", "KWD"), ("0.01", "USD")]
)
def test_amounts_of_any_currency_are_held_exactly(
    market: Marketplace, gateway: SimulatedGateway, price: str, currency: str
) -> None:
    sent = send(market, post(market, currency=currency), price=Money(price, currency))

    assert gateway.held(currency) == sent.payment.amount == Money(price, currency)
    assert now(market, sent.offer).price == Money(price, currency)


@pytest.mark.covers("A132")
def test_a_card_number_is_never_taken() -> None:
    with pytest.raises(InvalidInput, match="never a card number"):
        SendOffer(
            by=CUSTOMER,
            job="job_1",  # type: ignore[arg-type]
            contractor="ctr_42",
            price=PRICE,
            payment_method="4242 4242 4242 4242",
        )
