"""What may go wrong on the way."""

from __future__ import annotations

from http.client import RemoteDisconnected
from time import monotonic
from typing import Any

import pytest
import stripe

from marketpay.domain.errors import InvalidInput
from marketpay.testing import StripeServer
from marketpay.testing.processor_values import Payment, PaymentStatus
from marketpay.testing.stripe_server import Fault, Slow
from tests.testing.stripe_server.client import Client

Json = dict[str, Any]
PATH = "/v1/payment_intents"


def status(server: StripeServer, payment: Json) -> PaymentStatus:
    """How a payment stands, whatever was answered."""
    found = server.processor.find(Payment, payment["id"])
    assert found is not None
    return found.status


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (Fault.DROP_BEFORE, PaymentStatus.REQUIRES_CAPTURE),
        (Fault.DROP_AFTER, PaymentStatus.SUCCEEDED),
    ],
)
def test_a_connection_ends_before_the_effect_or_after(
    api: Client, server: StripeServer, held: Json, fault: Fault, expected: PaymentStatus
) -> None:
    server.fault("POST", f"{PATH}/*/capture", fault)
    path = f"{PATH}/{held['id']}/capture"

    with pytest.raises(RemoteDisconnected):
        api.post(path, Idempotency_Key="one")
    assert status(server, held) == expected

    again = api.ask("POST", path, Idempotency_Key="one")
    assert again.body["status"] == "succeeded"
    assert ("Idempotent-Replayed" in again.headers) is (fault is Fault.DROP_AFTER)


def test_the_sdk_sees_a_broken_connection(sdk: stripe.StripeClient, server: StripeServer) -> None:
    server.fault("GET", "/v1/balance", "drop_before")

    with pytest.raises(stripe.APIConnectionError):
        sdk.v1.balance.retrieve()
    assert sdk.v1.balance.retrieve().object == "balance"


def test_the_sdk_tries_again_by_itself(server: StripeServer) -> None:
    http = stripe.RequestsClient()
    sdk = stripe.StripeClient(
        server.api_key,
        base_addresses={"api": server.url},
        max_network_retries=2,
        http_client=http,
    )
    server.fault("POST", PATH, Fault.DROP_AFTER)

    paid = sdk.v1.payment_intents.create({"amount": 5000, "currency": "usd"})

    assert [each.id for each in server.processor.page(Payment)] == [paid.id]
    http.close()  # type: ignore[no-untyped-call]


def test_the_sdk_knows_what_is_too_much(sdk: stripe.StripeClient, server: StripeServer) -> None:
    server.fault("GET", "/v1/balance", Fault.RATE_LIMIT, Fault.ERROR_500)

    with pytest.raises(stripe.RateLimitError) as caught:
        sdk.v1.balance.retrieve()
    assert caught.value.headers is not None
    assert caught.value.headers["Stripe-Rate-Limited-Reason"] == "global-rate"
    with pytest.raises(stripe.APIError):
        sdk.v1.balance.retrieve()


def test_faults_come_in_their_order_and_end(api: Client, server: StripeServer) -> None:
    server.fault("GET", "/v1/balance", Fault.RATE_LIMIT, Fault.NONE, Fault.CONFLICT)
    assert server.faults_left == 3

    asked = [api.ask("GET", "/v1/balance").status for _ in range(4)]

    assert asked == [429, 200, 409, 200]
    assert server.faults_left == 0


def test_a_fault_is_for_its_requests_alone(api: Client, server: StripeServer) -> None:
    server.fault("POST", f"{PATH}/*/capture", Fault.RATE_LIMIT)
    server.fault("*", "/v1/refunds*", Fault.CONFLICT)

    assert api.ask("GET", "/v1/balance").status == 200
    assert api.ask("POST", PATH, {"amount": 500, "currency": "usd"}).status == 200
    assert api.ask("GET", "/v1/refunds").status == 409
    assert api.ask("POST", f"{PATH}/pi_x/capture").status == 429


def test_a_slow_answer_takes_its_time(api: Client, server: StripeServer) -> None:
    server.fault("GET", "/v1/balance", Slow(0.2), "slow:0.2")

    for _ in range(2):
        before = monotonic()
        api.get("/v1/balance")
        assert monotonic() - before >= 0.2


def test_an_unknown_fault_is_refused(server: StripeServer) -> None:
    for word in ("nonsense", "slow:many"):
        with pytest.raises(InvalidInput, match="drop_before"):
            server.fault("GET", "/v1/balance", word)
