"""Events that are told of their own accord."""

from __future__ import annotations

import json
import socket
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import stripe

from marketpay.domain.errors import InvalidInput
from marketpay.testing import StripeServer, VirtualClock
from marketpay.testing.processor_values import Standing
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.conftest import hold

Json = dict[str, Any]


class Receiver:
    """A host's endpoint: it says no as often as it is told to."""

    def __init__(self) -> None:
        self.taken: list[tuple[bytes, str]] = []
        self.refusing = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.refusing:
                    receiver.refusing -= 1
                    self.send_response(500)
                else:
                    receiver.taken.append((body, self.headers["Stripe-Signature"]))
                    self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/webhooks"
        self.thread = Thread(target=self.http.serve_forever, args=(0.02,), daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()

    @property
    def types(self) -> list[str]:
        return [json.loads(body)["type"] for body, _ in self.taken]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    yield receiver
    receiver.close()


HELD = ["payment_intent.created", "charge.succeeded", "payment_intent.amount_capturable_updated"]


def test_events_are_posted_and_signed(
    api: Client, server: StripeServer, clock: VirtualClock, receiver: Receiver
) -> None:
    server.webhooks_to(receiver.url)
    held = hold(api)

    assert server.webhooks_delivered()
    assert receiver.types == HELD
    for body, signature in receiver.taken:
        assert signature.startswith(f"t={int(clock().timestamp())},v1=")
        assert stripe.WebhookSignature.verify_header(
            body.decode(), signature, server.webhook_secret, tolerance=0
        )
    last = json.loads(receiver.taken[-1][0])
    assert last["data"]["object"] == held
    assert (last["api_version"], last["livemode"]) == ("2026-10-28.endive", False)
    assert last["pending_webhooks"] == 1
    assert "account" not in last


def test_another_secret_does_not_prove_them(
    api: Client, server: StripeServer, receiver: Receiver
) -> None:
    server.webhooks_to(receiver.url, secret="whsec_of_the_host")
    hold(api)
    assert server.webhooks_delivered()

    body, signature = receiver.taken[0]
    verify = stripe.WebhookSignature.verify_header
    assert verify(body.decode(), signature, "whsec_of_the_host", tolerance=0)
    with pytest.raises(stripe.SignatureVerificationError):
        verify(body.decode(), signature, server.webhook_secret, tolerance=0)


def test_what_is_not_taken_is_posted_again(
    api: Client, server: StripeServer, receiver: Receiver
) -> None:
    receiver.refusing = 3
    server.webhooks_to(receiver.url)
    hold(api)

    assert server.webhooks_delivered()
    assert receiver.refusing == 0
    assert receiver.types == HELD


def test_nobody_there_is_no_reason_to_hang(api: Client, server: StripeServer) -> None:
    server.webhooks_to("http://127.0.0.1:9/webhooks")
    hold(api)

    assert not server.webhooks_delivered(timeout=0.1)


def test_what_is_no_address_is_refused(server: StripeServer) -> None:
    for url in ("nonsense", "file:///secrets", "ftp://127.0.0.1/x"):
        with pytest.raises(InvalidInput, match="HTTP"):
            server.webhooks_to(url)


def test_a_receiver_that_speaks_no_http_is_asked_again(api: Client, server: StripeServer) -> None:
    with socket.create_server(("127.0.0.1", 0)) as babbler:
        server.webhooks_to(f"http://127.0.0.1:{babbler.getsockname()[1]}/x")
        api.post("/v1/customers")
        for answer in (b"nonsense", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"):
            wire, _ = babbler.accept()
            with wire:
                wire.recv(65_536)
                wire.sendall(answer + b"\r\n")

        assert server.webhooks_delivered()


def test_events_of_connected_accounts_have_an_endpoint_of_their_own(
    api: Client, server: StripeServer, receiver: Receiver
) -> None:
    platform = Receiver()
    server.webhooks_to(platform.url)
    server.webhooks_to(receiver.url, connected=True)
    account = api.post("/v1/accounts")["id"]
    hold(api)
    server.processor.set_standing(account, Standing.ACTIVE)
    server.tick()

    assert server.webhooks_delivered()
    platform.close()
    assert platform.types == HELD
    assert receiver.types == ["account.updated", "capability.updated", "account.updated"]
    body, signature = receiver.taken[-1]
    event = json.loads(body)
    assert event["account"] == account
    assert event["data"]["object"]["payouts_enabled"] is True
    assert stripe.WebhookSignature.verify_header(
        body.decode(), signature, server.connect_webhook_secret, tolerance=0
    )


def test_only_what_happens_from_now_on_is_posted(
    api: Client, server: StripeServer, receiver: Receiver
) -> None:
    hold(api)
    server.webhooks_to(receiver.url)
    api.post("/v1/customers", {"name": "Ana"})

    assert server.webhooks_delivered()
    assert receiver.types == ["customer.created"]


def test_with_a_seed_some_come_twice_and_not_in_order(
    api: Client, server: StripeServer, receiver: Receiver
) -> None:
    server.webhooks_to(receiver.url, seed=3)
    for _ in range(10):
        hold(api)

    assert server.webhooks_delivered()
    ids = Counter(json.loads(body)["id"] for body, _ in receiver.taken)
    assert len(ids) == 30
    assert set(ids.values()) == {1, 2}
    assert receiver.types != HELD * 10


def test_webhooks_can_be_had_without_http(api: Client, server: StripeServer) -> None:
    hold(api)

    got = server.webhooks()

    assert [json.loads(each.payload)["type"] for each in got] == HELD
    client = stripe.StripeClient(server.api_key)
    event = client.construct_event(
        got[0].payload, got[0].headers["Stripe-Signature"], server.webhook_secret, tolerance=0
    )
    assert event.type == "payment_intent.created"
    assert server.webhooks() == []


def test_a_seed_says_how_they_are_disturbed(api: Client, server: StripeServer) -> None:
    for _ in range(10):
        hold(api)
    with StripeServer(server.processor) as again:
        first = server.webhooks(seed=5)
        second = again.webhooks(seed=5)

    assert [each.payload for each in first] == [each.payload for each in second]
    assert len(first) > 30
    assert len({each.payload for each in first}) == 30


def test_they_can_be_told_apart(api: Client, server: StripeServer) -> None:
    api.post("/v1/accounts")
    api.post("/v1/customers")

    told = [json.loads(each.payload)["type"] for each in server.webhooks(connected=True)]

    assert told == ["account.updated"]


def test_an_event_has_its_object_as_it_was(api: Client, held: Json) -> None:
    api.post(f"/v1/payment_intents/{held['id']}/capture")

    events = api.get("/v1/events", {"type": "payment_intent.*"})["data"]

    states = [event["data"]["object"]["status"] for event in events]
    assert states == ["succeeded", "requires_capture", "requires_confirmation"]
    assert api.get(f"/v1/events/{events[0]['id']}") == events[0]


def test_events_are_remembered_for_30_days(api: Client, held: Json, clock: VirtualClock) -> None:
    clock.advance(days=29)
    assert len(api.get("/v1/events", {"types": HELD})["data"]) == 3

    clock.advance(days=1)
    listed = api.get("/v1/events")["data"]
    assert {event["type"] for event in listed} == {"charge.expired", "payment_intent.canceled"}


def test_events_of_an_account_are_its_own(api: Client) -> None:
    account = api.post("/v1/accounts")["id"]

    assert api.get("/v1/events")["data"] == []
    [event] = api.get("/v1/events", Stripe_Account=account)["data"]
    assert (event["type"], event["account"]) == ("account.updated", account)
    assert api.ask("GET", f"/v1/events/{event['id']}").status == 404


def test_the_second_api_tells_of_its_accounts_alone(
    api: Client, server: StripeServer, sdk: stripe.StripeClient, receiver: Receiver
) -> None:
    server.webhooks_to(receiver.url, thin=True)
    api.post("/v1/accounts")
    account = api.post("/v2/core/accounts")["id"]
    server.processor.set_standing(account, Standing.ACTIVE)

    assert server.webhooks_delivered()
    assert receiver.types == [
        "v2.core.account.created",
        "v2.core.account[configuration.recipient].capability_status_updated",
        "v2.core.account[requirements].updated",
    ]
    body, signature = receiver.taken[1]
    notice: Any = sdk.parse_event_notification(
        body, signature, server.thin_webhook_secret, tolerance=0
    )
    assert type(notice).__name__.endswith("CapabilityStatusUpdatedEventNotification")
    assert notice.related_object.id == account
    assert notice.fetch_related_object().id == account
    assert notice.fetch_event().data.updated_capability == "stripe_balance.stripe_transfers"
    types = [receiver.types[0]]
    assert len(api.get("/v2/core/events", {"types": types})["data"]) == 1
    assert api.ask("GET", "/v2/core/events/evt_unknown").status == 404


def test_thin_webhooks_can_be_had_without_http_too(api: Client, server: StripeServer) -> None:
    account = api.post("/v2/core/accounts")["id"]

    [thin] = server.webhooks(thin=True)

    event = json.loads(thin.payload)
    assert event["related_object"]["id"] == account
    assert server.webhooks(thin=True) == []
    assert len(server.webhooks()) == 1  # the same, as the first API tells it
