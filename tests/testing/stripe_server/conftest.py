"""A server for each test, and two clients.  What it told of its own accord is checked, too."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import stripe

from marketpay.testing import StripeServer, VirtualClock
from tests.testing.stripe_server import spec
from tests.testing.stripe_server.client import Client


@pytest.fixture
def server(clock: VirtualClock) -> Iterator[StripeServer]:
    with StripeServer(now=clock) as server:
        yield server
        server.tick()
        with StripeServer(server.processor) as witness:  # has handed out nothing yet
            check_webhooks(witness)


def check_webhooks(server: StripeServer) -> None:
    """Every event, and the object that it is about, is as Stripe describes it."""
    for webhook in server.webhooks():
        event = json.loads(webhook.payload)
        told = event["data"]["object"]
        faults = spec.faults_of(spec.validator("event"), {**event, "data": {"object": {}}})
        faults += spec.faults_of(spec.validator(told["object"]), told)
        assert not faults, (event["type"], faults[:5])
    for webhook in server.webhooks(thin=True):
        thin = json.loads(webhook.payload)
        assert not spec.faults_of(spec.validator(thin["object"]), thin)


@pytest.fixture
def api(server: StripeServer) -> Iterator[Client]:
    client = Client.at(server.url, server.api_key)
    yield client
    client.connection.close()


@pytest.fixture
def sdk(server: StripeServer) -> Iterator[stripe.StripeClient]:
    http = stripe.RequestsClient()
    yield stripe.StripeClient(
        server.api_key,
        base_addresses={"api": server.url},
        max_network_retries=0,
        http_client=http,
    )
    http.close()  # type: ignore[no-untyped-call]


@pytest.fixture
def held(api: Client) -> dict[str, Any]:
    """A hold of USD 1000.00."""
    return hold(api)


def hold(api: Client, amount: int = 100_000, **more: Any) -> dict[str, Any]:
    """A hold on a good card."""
    usual = {"amount": amount, "currency": "usd", "capture_method": "manual", "confirm": True}
    return api.post("/v1/payment_intents", {**usual, "payment_method": "pm_card_visa", **more})
