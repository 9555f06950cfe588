"""The three flows of a deal, step by step, and its worked example.  Each step names its row."""

from decimal import Decimal

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    ClientAction,
    Commission,
    CompleteJob,
    EntriesOf,
    GetOffer,
    GetPayment,
    IllegalTransition,
    JobStatus,
    Marketplace,
    MemoryPublisher,
    Money,
    OfferFunding,
    OfferStatus,
    PaymentStatus,
    Reason,
    Refused,
    StartJob,
    TransactionKind,
    TransactionStatus,
    TrialBalance,
)
from marketpay.ports.gateway import Authorize, Capture, Transfer
from marketpay.testing import Outcome, SimulatedGateway
from tests.conftest import OpenMarket
from tests.deals import (
    ASKING,
    CONTRACTOR,
    CUSTOMER,
    PRICE,
    RIVAL,
    assigned,
    balance,
    books_are_right,
    completed,
    entries,
    happened_to,
    heard,
    in_progress,
    journal,
    now,
    offering,
    operations,
    payee,
    post,
    send,
    usd,
)

# --- the offer is created ---------------------------------------------------------------


@pytest.mark.covers("A090")
def test_the_offer_is_created_in_six_steps(market: Marketplace, publisher: MemoryPublisher) -> None:
    job = post(market)
    with heard(market) as told:
        sent = send(market, job)

    assert [record.command for record in told.records] == ["SendOffer", "SettleTransaction"]
    assert told.names == [
        "offer.created",
        "payment.created",
        "payment_transaction.started",
        "payment.authorized",
        "payment_transaction.succeeded",
        "offer.funded",
    ]
    assert isinstance(sent, OfferFunding)


@pytest.mark.covers("A091")
def test_the_customer_sends_the_offer(market: Marketplace) -> None:
    job = post(market)
    sent = market.execute(offering(job))

    assert (sent.offer.job, sent.offer.customer) == (job.id, CUSTOMER.id)
    assert (sent.offer.contractor, sent.offer.price) == (CONTRACTOR.id, PRICE)


@pytest.mark.covers("A092")
def test_the_offer_is_on_record_as_pending_before_anybody_is_called(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_BEFORE)  # the gateway knows nothing of it
    sent = send(market)

    assert market.query(GetOffer(sent.offer.id)).status is OfferStatus.PENDING
    assert gateway.effects(Authorize) == 0


@pytest.mark.covers("A093")
def test_the_payment_intent_is_created_under_the_key_of_its_transaction(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    [transaction] = operations(market, sent.payment, TransactionKind.AUTHORIZE)

    assert gateway.calls == ((Authorize, transaction.id),)
    assert (gateway.effects(Authorize), gateway.held("USD")) == (1, PRICE)


@pytest.mark.covers("A094")
def test_the_payments_details_are_stored_and_the_clients_secret_is_not(
    market: Marketplace,
) -> None:
    sent = send(market, payment_method=ASKING)
    stored = market.query(GetPayment(sent.payment.id))

    assert stored == sent.payment
    assert stored.status is PaymentStatus.AWAITING_CONFIRMATION
    assert stored.gateway_payment is not None
    assert isinstance(sent.next_action, ClientAction)
    secret = str(sent.next_action.client_secret)
    assert len(secret) > len(stored.gateway_payment)
    assert not any(secret in str(record) + record.events for record in journal(market))


@pytest.mark.covers("A095")
def test_the_contractor_is_told_once_the_offer_is_there_and_once_it_is_funded(
    market: Marketplace, gateway: SimulatedGateway, publisher: MemoryPublisher
) -> None:
    sent = send(market, payment_method=ASKING)
    market.work()
    assert "offer.created" in publisher.names
    assert "offer.funded" not in publisher.names
    gateway.confirm(sent.payment)
    market.work()

    told = [one.event for one in publisher.events if one.name == "offer.funded"]
    assert [(event.offer, event.contractor) for event in told] == [  # type: ignore[attr-defined]
        (sent.offer.id, CONTRACTOR.id)
    ]


@pytest.mark.covers("A096")
def test_the_customer_gets_the_offer_its_payment_and_what_is_to_do(market: Marketplace) -> None:
    at_once, asked = send(market), send(market, payment_method=ASKING)

    assert (at_once.offer, at_once.payment) == (
        now(market, at_once.offer),
        now(market, at_once.payment),
    )
    assert at_once.next_action is None
    assert isinstance(asked.next_action, ClientAction)


# --- the offer is accepted --------------------------------------------------------------


@pytest.mark.covers("A097")
def test_the_offer_is_accepted_in_nine_steps(market: Marketplace) -> None:
    sent = send(market)
    with heard(market) as told:
        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert [record.command for record in told.records] == ["AcceptOffer", "SettleTransaction"]
    assert told.names == [
        "offer.claimed",
        "payment.split_frozen",
        "payment_transaction.started",
        "job.assigned",
        "offer.accepted",
        "payment.captured",
        "payment_transaction.succeeded",
    ]


@pytest.mark.covers("A098")
def test_the_contractor_accepts(market: Marketplace) -> None:
    sent = send(market)
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert accepted.offer.id == sent.offer.id
    assert happened_to(market, sent.offer.id)[-2:] == ["AcceptOffer", "SettleTransaction"]


@pytest.mark.covers("A099")
def test_the_offer_goes_from_pending_to_accepted_by_way_of_a_claim(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    sent = send(market)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    claimed = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert (claimed.offer.status, claimed.job.status) == (OfferStatus.ACCEPTING, JobStatus.OPEN)
    market.work()

    assert now(market, sent.offer).status is OfferStatus.ACCEPTED


@pytest.mark.covers("A100")
def test_the_payment_is_captured_once(market: Marketplace, gateway: SimulatedGateway) -> None:
    sent = send(market)
    assert gateway.balance("USD") == usd("0")
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert accepted.payment.status is PaymentStatus.CAPTURED
    [capture] = operations(market, sent.payment, TransactionKind.CAPTURE)
    assert (capture.status, capture.amount) == (TransactionStatus.SUCCESS, PRICE)
    assert (Capture, capture.id) in gateway.calls
    assert (gateway.balance("USD"), gateway.held("USD")) == (PRICE, usd("0"))


@pytest.mark.covers("A101")
def test_the_fees_are_calculated_and_kept_with_the_payment(market: Marketplace) -> None:
    sent = send(market)
    assert sent.payment.split is None
    split = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id)).payment.split

    assert split is not None
    assert (split.platform_fee, split.held) == (usd("100"), usd("900"))
    assert now(market, sent.payment).split == split


@pytest.mark.covers("A050", "A102")
def test_the_job_is_assigned_to_the_contractor(market: Marketplace) -> None:
    job = assigned(market).job

    assert (job.status, job.contractor) == (JobStatus.ASSIGNED, CONTRACTOR.id)
    assert now(market, job) == job


@pytest.mark.covers("A103")
def test_acceptance_is_in_the_ledger(market: Marketplace) -> None:
    payment = assigned(market).payment

    assert entries(market, payment) == [
        ("processor", "escrow", "1000.00"),
        ("escrow", "platform_fee", "100.00"),
    ]
    posted = market.query(EntriesOf(payment=payment.id))
    assert all(one.entry.payment == payment.id for one in posted)


@pytest.mark.covers("A104")
def test_the_platform_has_its_tenth(market: Marketplace) -> None:
    assert market.revenue("USD").total == usd("0")
    assigned(market)

    revenue = market.revenue("USD")
    assert (revenue.platform_fee, revenue.service_fee) == (usd("100"), usd("0"))


@pytest.mark.covers("A105")
def test_the_customer_is_told_that_the_offer_was_accepted(
    market: Marketplace, publisher: MemoryPublisher
) -> None:
    accepted = assigned(market)
    market.work()

    [told] = [one.event for one in publisher.events if one.name == "offer.accepted"]
    assert (told.customer, told.offer) == (  # type: ignore[attr-defined]
        CUSTOMER.id,
        accepted.offer.id,
    )


@pytest.mark.covers("A106")
def test_the_other_offers_for_the_job_are_blocked(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent, other = send(market, job), send(market, job, to=RIVAL)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    market.work()

    assert now(market, other.offer).status is OfferStatus.SUPERSEDED
    assert now(market, other.payment).status is PaymentStatus.CANCELED
    assert gateway.held("USD") == usd("0")
    with pytest.raises(Refused) as accepting:
        market.execute(AcceptOffer(by=RIVAL, offer=other.offer.id))
    assert accepting.value.reason is Reason.JOB_ALREADY_ASSIGNED
    with pytest.raises(Refused) as sending:
        send(market, job, contractor="ctr_44")
    assert sending.value.reason is Reason.JOB_NOT_OPEN


# --- the job is completed ---------------------------------------------------------------


@pytest.mark.covers("A107")
def test_the_job_is_completed_in_nine_steps(market: Marketplace, gateway: SimulatedGateway) -> None:
    payee(market, gateway)
    job = in_progress(market).job
    with heard(market) as told:
        market.execute(CompleteJob(by=CUSTOMER, job=job.id))
        market.work()

    assert [record.command for record in told.records] == ["CompleteJob", "SettleTransaction"]
    assert told.names == [
        "job.completed",
        "payment.released",
        "wallet.credited",
        "payment_transaction.started",
        "payment.transferred",
        "payment_transaction.succeeded",
    ]


@pytest.mark.covers("A008", "A108")
def test_the_customer_marks_the_job_complete(market: Marketplace) -> None:
    job = in_progress(market).job
    done = market.execute(CompleteJob(by=CUSTOMER, job=job.id))

    assert done.job.id == job.id
    assert happened_to(market, job.id)[-1] == "CompleteJob"


@pytest.mark.covers("A046", "A109")
def test_the_job_goes_from_in_progress_to_completed(market: Marketplace) -> None:
    job = assigned(market).job
    with pytest.raises(IllegalTransition):
        market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    started = market.execute(StartJob(by=CONTRACTOR, job=job.id))
    assert started.status is JobStatus.IN_PROGRESS

    done = market.execute(CompleteJob(by=CUSTOMER, job=job.id))
    assert done.job.status is now(market, job).status is JobStatus.COMPLETED


@pytest.mark.covers("A110")
def test_the_service_fee_is_the_one_that_was_promised(open_market: OpenMarket) -> None:
    job = in_progress(open_market()).job
    market = open_market(commission=Commission("0.10", "0.50"))
    done = market.execute(CompleteJob(by=CUSTOMER, job=job.id))

    assert done.payment.split is not None
    assert done.payment.split.service_fee == usd("200")
    assert market.revenue("USD").service_fee == usd("200")


@pytest.mark.covers("A111")
@pytest.mark.parametrize("price", ["1000", "999.99", "0.05", "33.35"])
def test_the_contractor_gets_what_the_fees_leave(market: Marketplace, price: str) -> None:
    split = completed(market, price=usd(price)).payment.split

    assert split is not None
    assert split.payout == split.price - split.platform_fee - split.service_fee
    assert market.wallet(CONTRACTOR.id, "USD").available == split.payout


@pytest.mark.covers("A112")
def test_the_platform_has_its_fifth_as_well(market: Marketplace) -> None:
    completed(market)

    revenue = market.revenue("USD")
    assert (revenue.platform_fee, revenue.service_fee) == (usd("100"), usd("200"))


@pytest.mark.covers("A113")
def test_the_contractors_wallet_has_seven_tenths(market: Marketplace) -> None:
    assert market.wallet(CONTRACTOR.id, "USD").total == usd("0")
    completed(market)

    wallet = market.wallet(CONTRACTOR.id, "USD")
    assert (wallet.available, wallet.pending, wallet.reserved) == (usd("700"), usd("0"), usd("0"))


@pytest.mark.covers("A114")
def test_completion_is_in_the_ledger(market: Marketplace) -> None:
    assert entries(market, completed(market).payment)[2:] == [
        ("escrow", "service_fee", "200.00"),
        ("escrow", "wallet.available(ctr_42)", "700.00"),
    ]


@pytest.mark.covers("A115")
def test_the_contractor_is_told_that_the_payment_was_released(
    market: Marketplace, publisher: MemoryPublisher
) -> None:
    done = completed(market)
    market.work()

    [told] = [one.event for one in publisher.events if one.name == "payment.released"]
    assert (told.contractor, told.payment) == (  # type: ignore[attr-defined]
        CONTRACTOR.id,
        done.payment.id,
    )


@pytest.mark.covers("A116")
def test_the_payment_is_released_to_the_contractors_account(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    done = completed(market)
    market.work()

    assert gateway.effects(Transfer) == 1
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("700")
    assert entries(market, done.payment)[-1] == ("connected(ctr_42)", "processor", "700.00")
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")


# --- the fees ---------------------------------------------------------------------------


@pytest.mark.covers("A117")
def test_the_platform_fee_is_a_tenth(market: Marketplace) -> None:
    assert market.rules.commission.platform.rate == Decimal("0.10")
    assigned(market, price=usd("250"))

    assert market.revenue("USD").platform_fee == usd("25")


@pytest.mark.covers("A118")
def test_the_platform_fee_is_taken_at_acceptance(market: Marketplace) -> None:
    sent = send(market)
    assert market.revenue("USD").platform_fee == usd("0")
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert market.revenue("USD").platform_fee == usd("100")


@pytest.mark.covers("A119")
def test_the_platform_fee_is_taken_from_the_whole_price(market: Marketplace) -> None:
    split = assigned(market).payment.split

    assert split is not None
    assert split.platform_fee.minor * 10 == split.price.minor


@pytest.mark.covers("A120", "A121")
def test_the_platform_fee_is_the_platforms_and_has_a_name(market: Marketplace) -> None:
    assigned(market)

    assert balance(market, AccountKind.PLATFORM_FEE) == usd("100")
    assert AccountKind.PLATFORM_FEE.value == "platform_fee"


@pytest.mark.covers("A122")
def test_the_service_fee_is_a_fifth_of_the_whole_price(market: Marketplace) -> None:
    assert market.rules.commission.service.rate == Decimal("0.20")
    completed(market, price=usd("250"))

    assert market.revenue("USD").service_fee == usd("50")


@pytest.mark.covers("A123")
def test_the_service_fee_is_taken_at_completion(market: Marketplace) -> None:
    job = in_progress(market).job
    assert market.revenue("USD").service_fee == usd("0")
    market.execute(CompleteJob(by=CUSTOMER, job=job.id))

    assert market.revenue("USD").service_fee == usd("200")


@pytest.mark.covers("A124")
def test_the_service_fee_is_the_platforms_and_has_a_name(market: Marketplace) -> None:
    completed(market)

    assert balance(market, AccountKind.SERVICE_FEE) == usd("200")
    assert AccountKind.SERVICE_FEE.value == "service_fee"


@pytest.mark.covers("A125", "A126")
@pytest.mark.parametrize("price", ["0.01", "0.02", "0.03", "0.15", "7.77", "1000"])
def test_the_parts_are_the_price_to_the_last_cent(
    market: Marketplace, gateway: SimulatedGateway, price: str
) -> None:
    completed(market, price=usd(price))

    revenue, wallet = market.revenue("USD"), market.wallet(CONTRACTOR.id, "USD")
    assert revenue.total + wallet.total == usd(price)
    assert min(revenue.platform_fee, revenue.service_fee, wallet.available) >= usd("0")
    books_are_right(market, gateway)


@pytest.mark.covers("A127", "A128", "A129", "A170")
def test_the_worked_example_of_a_thousand_dollars(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    account = payee(market, gateway)
    sent = send(market, price=Money("1000", "USD"))
    assert gateway.held("USD") == usd("1000")
    assert market.query(TrialBalance()) == {}

    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert accepted.payment.split is not None
    assert accepted.payment.split.held == usd("900")
    assert balance(market, AccountKind.ESCROW) == usd("900")
    assert balance(market, AccountKind.PROCESSOR) == gateway.balance("USD") == usd("1000")
    assert market.revenue("USD").total == usd("100")

    market.execute(StartJob(by=CONTRACTOR, job=accepted.job.id))
    done = market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))
    market.work()
    assert done.payment.split is not None
    assert done.payment.split.commission == usd("300")
    assert market.revenue("USD").total == usd("300")
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    assert gateway.balance("USD") == usd("300")
    assert gateway.connected_balance(account, "USD") == usd("700")
    assert {str(one): str(money.amount) for one, money in market.query(TrialBalance()).items()} == {
        "connected(ctr_42)": "700.00",
        "escrow": "0.00",
        "platform_fee": "100.00",
        "processor": "300.00",
        "service_fee": "200.00",
        "wallet.available(ctr_42)": "700.00",
    }
    assert entries(market, done.payment) == [
        ("processor", "escrow", "1000.00"),
        ("escrow", "platform_fee", "100.00"),
        ("escrow", "service_fee", "200.00"),
        ("escrow", "wallet.available(ctr_42)", "700.00"),
        ("connected(ctr_42)", "processor", "700.00"),
    ]
    books_are_right(market, gateway)
