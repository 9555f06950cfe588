"""One entity by its id."""

from typing import Any

import pytest

from marketpay import (
    CancelJob,
    FindPayoutAccount,
    GetApplication,
    GetChargeback,
    GetDispute,
    GetIncident,
    GetJob,
    GetOffer,
    GetPayment,
    GetPaymentTransaction,
    GetPayoutAccount,
    GetRefund,
    GetUpgrade,
    GetWebhook,
    GetWithdrawal,
    InvalidInput,
    ListChargebacks,
    ListIncidents,
    ListWebhooks,
    Marketplace,
    NotFound,
    OpenPayoutAccount,
    RequestWithdrawal,
    TransactionKind,
)
from marketpay.testing import SimulatedGateway
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    NONE_SUCH,
    applied,
    assigned,
    completed,
    now,
    operations,
    payee,
    post,
    usd,
)

QUESTIONS = {
    GetJob: "job",
    GetApplication: "app",
    GetOffer: "off",
    GetPayment: "pay",
    GetPaymentTransaction: "ptx",
    GetRefund: "ref",
    GetPayoutAccount: "pac",
    GetWithdrawal: "wdr",
    GetChargeback: "chb",
    GetDispute: "dsp",
    GetUpgrade: "upg",
    GetIncident: "inc",
    GetWebhook: "whk",
}
every_question = pytest.mark.parametrize(
    ("question", "prefix"), QUESTIONS.items(), ids=lambda value: getattr(value, "__name__", value)
)


def test_each_thing_is_found_by_its_id(market: Marketplace) -> None:
    job = post(market)
    application = applied(market, job)
    accepted = assigned(market)
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    cancelled = market.execute(CancelJob(by=CUSTOMER, job=accepted.job.id))
    [capture] = operations(market, accepted.payment, TransactionKind.CAPTURE)

    assert market.query(GetJob(job.id)) == now(market, job)
    assert market.query(GetApplication(application.id)) == application
    assert market.query(GetOffer(accepted.offer.id)) == accepted.offer
    assert market.query(GetPayment(accepted.payment.id)) == cancelled.payment
    assert market.query(GetPaymentTransaction(capture.id)) == capture
    assert cancelled.refund is not None
    assert market.query(GetRefund(cancelled.refund.id)) == cancelled.refund
    assert market.query(GetPayoutAccount(account.id)) == account


def test_what_came_of_a_payment_is_found_by_its_id(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    market.work()
    withdrawal = market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("1")))
    gateway.dispute(paid)
    for told in gateway.webhooks():
        market.receive(told.payload, told.headers)
    [chargeback] = market.query(ListChargebacks(payment=paid.id)).items
    [incident] = market.query(ListIncidents(subject=paid.id)).items
    webhook = market.query(ListWebhooks()).items[0]

    assert market.query(GetWithdrawal(withdrawal.id)) == withdrawal
    assert market.query(GetChargeback(chargeback.id)) == chargeback
    assert market.query(GetIncident(incident.id)) == incident
    assert market.query(GetWebhook(webhook.id)) == webhook


@every_question
def test_what_is_not_there_is_not_found(market: Marketplace, question: Any, prefix: str) -> None:
    with pytest.raises(NotFound) as missing:
        market.query(question(f"{prefix}_{NONE_SUCH}"))

    assert missing.value.kind == question.__name__.removeprefix("Get")
    assert NONE_SUCH in str(missing.value)


@every_question
@pytest.mark.parametrize("id", ["cus_17", "", 7, None])
def test_an_id_of_another_kind_is_invalid(question: Any, prefix: str, id: Any) -> None:
    with pytest.raises(InvalidInput, match=f"{prefix}_"):
        question(id)


def test_who_has_no_payout_account_has_none(market: Marketplace) -> None:
    assert market.query(FindPayoutAccount(contractor="ctr_42")) is None
