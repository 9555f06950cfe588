"""Completing a job: escrow pays out."""

import pytest

from marketpay import (
    AcceptOffer,
    AccountKind,
    Actor,
    CancelJob,
    Commission,
    CompleteJob,
    IllegalTransition,
    Job,
    JobStatus,
    Marketplace,
    Money,
    Payment,
    PaymentStatus,
    StartJob,
    TransactionKind,
    TransactionStatus,
)
from marketpay.domain.timer import Timer, TimerKind
from marketpay.ports.gateway import LookUp, Transfer
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    FOR_EVER,
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
    post,
    send,
    usd,
)


@pytest.mark.covers("A043", "A075")
@pytest.mark.parametrize("by", [CUSTOMER, ADMIN], ids=str)
def test_completing_pays_the_platform_and_the_contractor(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    accepted = in_progress(market)
    with heard(market) as told:
        done = market.execute(CompleteJob(by=by, job=accepted.job.id))

    assert done.next_action is None
    assert done.job.status is JobStatus.COMPLETED
    assert done.payment.status is PaymentStatus.RELEASED
    assert done.payment.split == accepted.payment.split
    assert (now(market, done.job), now(market, done.payment)) == (done.job, done.payment)
    assert told.names == ["job.completed", "payment.released", "wallet.credited"]
    assert entries(market, done.payment)[2:] == [
        ("escrow", "service_fee", "200.00"),
        ("escrow", "wallet.available(ctr_42)", "700.00"),
    ]
    wallet = market.wallet("ctr_42", "USD")
    assert (wallet.available, wallet.total) == (usd("700"), usd("700"))
    assert market.revenue("USD").total == usd("300")
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


def test_what_was_promised_is_paid_whatever_the_commission_is_by_then(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    accepted = in_progress(open_market())
    market = open_market(commission=Commission("0.5", "0.5"))
    market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))

    assert market.wallet("ctr_42", "USD").available == usd("700")
    books_are_right(market, gateway)


@pytest.mark.parametrize(
    ("price", "payout"), [("0.01", "0.01"), ("0.05", "0.04"), ("33.35", "23.34")]
)
def test_the_contractor_gets_what_the_fees_leave(
    market: Marketplace, gateway: SimulatedGateway, price: str, payout: str
) -> None:
    completed(market, price=usd(price))

    assert market.wallet("ctr_42", "USD").available == usd(payout)
    assert market.revenue("USD").total == usd(price) - usd(payout)
    books_are_right(market, gateway)


@pytest.mark.covers("A164")
def test_wallets_add_up_by_owner_and_currency(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    completed(market)
    completed(market, to=RIVAL, price=usd("10"))
    completed(market, price=usd("0.10"))
    job = post(market, currency="JPY")
    sent = completed_in(market, job, Money("1000", "JPY"))

    assert sent.status is PaymentStatus.RELEASED
    assert market.wallet("ctr_42", "USD").available == usd("700.07")
    assert market.wallet("ctr_43", "USD").available == usd("7")
    assert market.wallet("ctr_42", "JPY").available == Money("700", "JPY")
    books_are_right(market, gateway)
    books_are_right(market, gateway, "JPY")


def completed_in(market: Marketplace, job: Job, price: Money) -> Payment:
    sent = send(market, job, price=price)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    market.execute(StartJob(by=CONTRACTOR, job=sent.offer.job))
    return market.execute(CompleteJob(by=CUSTOMER, job=sent.offer.job)).payment


def test_a_job_is_completed_only_while_in_progress(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    open_one, waiting, gone = post(market), assigned(market).job, post(market)
    market.execute(CancelJob(by=CUSTOMER, job=gone.id))

    with nothing_changes(market, gateway):
        for job in (open_one, waiting, gone):
            with pytest.raises(IllegalTransition) as illegal:
                market.execute(CompleteJob(by=CUSTOMER, job=job.id))
            assert illegal.value.event == "job.completed"


def test_completing_again_pays_nobody_twice(market: Marketplace, gateway: SimulatedGateway) -> None:
    first = completed(market)
    again = market.execute(CompleteJob(by=CUSTOMER, job=first.job.id))

    assert again == first
    assert market.wallet("ctr_42", "USD").available == usd("700")
    assert len(entries(market, first.payment)) == 4


@pytest.mark.covers("A030", "A039")
def test_a_contractor_with_an_account_is_sent_the_money(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    account = payee(market, gateway)
    with heard(market) as told:
        done = completed(market)
    assert done.payment.transfer_blocked is None
    assert told.names[-1] == "payment_transaction.started"
    assert gateway.count(Transfer) == 0  # a worker does that
    with heard(market) as told:
        market.work()

    [sent] = operations(market, done.payment, TransactionKind.TRANSFER)
    assert sent.status is TransactionStatus.SUCCESS
    assert (sent.amount, sent.party) == (usd("700"), "ctr_42")
    assert (sent.destination, sent.target) == (
        account.gateway_account or now(market, account).gateway_account,
        done.payment.gateway_charge,
    )
    assert done.payment.gateway_charge is not None
    payment = now(market, done.payment)
    assert (payment.status, payment.transferred) == (PaymentStatus.RELEASED, usd("700"))
    assert told.names == ["payment.transferred", "payment_transaction.succeeded"]
    assert entries(market, payment)[-1] == ("connected(ctr_42)", "processor", "700.00")
    assert gateway.connected_balance("ctr_42", "USD") == usd("700")
    assert market.wallet("ctr_42", "USD").available == usd("700")  # until it is withdrawn
    books_are_right(market, gateway)


def test_without_an_account_the_transfer_waits(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    done = completed(market)
    market.work()

    assert now(market, done.payment).transfer_blocked == "onboarding"
    assert operations(market, done.payment, TransactionKind.TRANSFER) == []
    assert gateway.count(Transfer) == 0


def test_an_account_that_became_active_at_the_same_moment_is_looked_for_again(
    market: Marketplace, clock: VirtualClock
) -> None:
    completed(market)
    sweep = Timer(TimerKind.TRANSFER_SWEEP, CONTRACTOR.id, clock() + market.rules.lookup_every)

    assert sweep in market.store.read(lambda records: records.due(FOR_EVER, limit=10))


@pytest.mark.parametrize(
    "outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER, Outcome.ERROR_500]
)
def test_a_transfer_without_answer_is_made_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    payee(market, gateway)
    done = completed(market)
    gateway.script(Transfer, outcome)
    gateway.script(LookUp, Outcome.TIMEOUT_BEFORE)
    market.work()
    [sent] = operations(market, done.payment, TransactionKind.TRANSFER)
    assert sent.status is TransactionStatus.UNKNOWN
    clock.advance(minutes=1)
    market.work()

    assert now(market, done.payment).transferred == usd("700")
    assert gateway.effects(Transfer) == 1
    books_are_right(market, gateway)


@pytest.mark.parametrize("rates", [("0.5", "0.5"), ("1", "0")])
def test_who_earns_nothing_is_sent_nothing(
    open_market: OpenMarket, gateway: SimulatedGateway, rates: tuple[str, str]
) -> None:
    market = open_market(commission=Commission(*rates))
    payee(market, gateway)
    with heard(market) as told:
        done = completed(market)
        market.work()

    assert "wallet.credited" not in told.names
    assert gateway.count(Transfer) == 0
    assert now(market, done.payment).transfer_blocked is None
    assert market.revenue("USD").total == usd("1000")
    assert market.wallet("ctr_42", "USD").total == usd("0")
    books_are_right(market, gateway)


def test_what_is_promised_in_full_is_paid_in_full(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(commission=Commission("0", "0"))
    completed(market)

    assert market.wallet("ctr_42", "USD").available == usd("1000")
    assert market.revenue("USD").total == usd("0")
    books_are_right(market, gateway)
