"""Codes, hints and sentences: what clients switch on must not change by accident."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from marketpay import errors
from marketpay.domain.errors import (
    CommitUnknown,
    ConfigurationError,
    Conflict,
    CurrencyMismatch,
    DatabaseBusy,
    DatabaseRefused,
    DatabaseUnavailable,
    Forbidden,
    GatewayError,
    GatewayUnavailable,
    IdempotencyConflict,
    IllegalTransition,
    InvalidInput,
    MarketpayError,
    MissingDependency,
    MoneyError,
    NotFound,
    PaymentDeclined,
    Reason,
    Refused,
    WebhookRejected,
)
from marketpay.domain.ids import JobId, OfferId, PaymentId
from marketpay.domain.money import Money
from marketpay.domain.offer import Offer
from marketpay.domain.payment import Payment
from marketpay.domain.reasons import SENTENCES
from marketpay.ports.gateway import ActionRequired
from marketpay.ports.journal import JournalRecord

AT = datetime(2026, 1, 1, tzinfo=UTC)
OFFER = Offer(
    id=OfferId("off_1"), job=JobId("job_1"), application=None,
    customer="cus_17", contractor="ctr_42",
    price=Money("1", "USD"), message="", payment=PaymentId("pay_1"), created_at=AT,
)  # fmt: skip
PAYMENT = Payment(
    id=PaymentId("pay_1"), offer=OFFER.id, job=OFFER.job, customer="cus_17", contractor="ctr_42",
    amount=OFFER.price, created_at=AT,
)  # fmt: skip

WAITING = (Reason.ACCEPTANCE_IN_PROGRESS, Reason.FUNDING_IN_PROGRESS)
EXAMPLES: list[tuple[MarketpayError, str, int, bool]] = [
    (NotFound("job", "job_1"), "not_found", 404, False),
    (Forbidden("x", "customer", "do it", "its contractor"), "forbidden", 403, False),
    (IllegalTransition("job", "job_1", "open", "job.started"), "illegal_transition", 409, False),
    (Conflict("job", "job_1"), "conflict", 409, True),
    (DatabaseBusy("database", "busy"), "conflict", 409, True),
    (DatabaseRefused("marketpay_wallets_pending"), "database_refused", 500, False),
    (DatabaseUnavailable("cut off"), "database_unavailable", 503, True),
    (CommitUnknown(), "commit_unknown", 503, False),
    (IdempotencyConflict("k"), "idempotency_conflict", 422, False),
    (InvalidInput("is wrong", "field"), "invalid_input", 422, False),
    (MoneyError("is too much"), "money_error", 422, False),
    (CurrencyMismatch("USD", "EUR"), "currency_mismatch", 422, False),
    (PaymentDeclined(OFFER, PAYMENT, "lost_card"), "payment_declined", 402, False),
    (GatewayError("no such key"), "gateway_error", 502, False),
    (GatewayUnavailable("timeout"), "gateway_unavailable", 503, True),
    (WebhookRejected("bad signature"), "webhook_rejected", 400, False),
    (ConfigurationError("set it up"), "configuration_error", 500, False),
    (MissingDependency("stripe", "stripe"), "missing_dependency", 500, False),
    *((Refused(reason), reason.value, 409, reason in WAITING) for reason in Reason),
]


def kinds(of: type[MarketpayError] = MarketpayError) -> Iterator[type[MarketpayError]]:
    for kind in of.__subclasses__():
        if kind.__module__.startswith("marketpay.domain"):
            yield kind
        yield from kinds(kind)


@pytest.mark.parametrize(
    ("error", "code", "status", "retryable"), EXAMPLES, ids=lambda one: str(one)[:30]
)
def test_codes_and_hints_are_stable(
    error: MarketpayError, code: str, status: int, *, retryable: bool
) -> None:
    assert (error.code, error.status_hint, error.retryable) == (code, status, retryable)


def test_this_table_has_every_error() -> None:
    assert {type(error) for error, *_ in EXAMPLES} == set(kinds())


def test_codes_are_never_shared() -> None:
    codes = [code for error, code, *_ in EXAMPLES if not isinstance(error, DatabaseBusy)]

    assert len(set(codes)) == len(codes)


@pytest.mark.covers("A159")
@pytest.mark.parametrize(
    "error", [error for error, *_ in EXAMPLES], ids=lambda one: type(one).__name__
)
def test_an_error_is_a_sentence_that_a_user_can_read(error: MarketpayError) -> None:
    sentence = str(error)

    assert sentence
    assert "None" not in sentence
    assert "<" not in sentence
    assert "Traceback" not in sentence
    assert error.__class__.__name__ not in sentence


def test_every_reason_has_its_sentence() -> None:
    assert SENTENCES.keys() == set(Reason)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


def test_a_currency_mismatch_is_a_money_error_is_invalid_input() -> None:
    assert issubclass(CurrencyMismatch, MoneyError)
    assert issubclass(MoneyError, InvalidInput)
    assert issubclass(GatewayUnavailable, GatewayError)


def test_fields_are_structured() -> None:
    mismatch = CurrencyMismatch("USD", "EUR")
    declined = PaymentDeclined(OFFER, PAYMENT, "lost_card")

    assert (mismatch.left, mismatch.right) == ("USD", "EUR")
    assert (declined.offer, declined.payment, declined.decline_code) == (
        OFFER,
        PAYMENT,
        "lost_card",
    )


def test_all_are_imported_from_one_place() -> None:
    assert errors.MarketpayError is MarketpayError
    for kind in kinds():
        assert getattr(errors, kind.__name__) is kind


@pytest.mark.parametrize(
    "error", [error for error, *_ in EXAMPLES], ids=lambda one: type(one).__name__
)
def test_an_error_survives_a_pickle(error: MarketpayError) -> None:
    import pickle

    copied: Any = pickle.loads(pickle.dumps(error))  # noqa: S301  # our own

    assert type(copied) is type(error)
    assert (copied.code, str(copied)) == (error.code, str(error))


def test_secrets_are_not_in_what_is_printed() -> None:
    action = ActionRequired(gateway_id="pi_1", client_secret="pi_1_secret_x")
    record = JournalRecord(
        attempt="a", at=AT, actor="x", role="customer", key=None, command="PostJob", body="{}",
        events="[]", result=None, error=None, personal="my address",
    )  # fmt: skip

    assert "pi_1_secret_x" not in repr(action)
    assert "my address" not in repr(record)
