"""HTTP itself."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from contextlib import closing, suppress
from datetime import UTC, datetime
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import pytest

from marketpay.testing import StripeServer, VirtualClock
from marketpay.testing.processor import Processor
from marketpay.testing.shelf import MemoryShelf
from tests.testing.stripe_server.client import Client
from tests.testing.stripe_server.conftest import hold

KEY = "Authorization: Bearer sk_test_marketpay\r\n"


def talk(server: StripeServer, sent: bytes) -> bytes:
    """What is answered to these bytes, until the server hangs up or has said all."""
    place = urlsplit(server.url)
    with closing(socket.create_connection((place.hostname, place.port), timeout=10)) as wire:
        wire.sendall(sent)
        with suppress(OSError):  # it may have hung up by now
            wire.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: wire.recv(65_536), b""))


def test_urllib_is_enough(server: StripeServer) -> None:
    basic = b64encode(f"{server.api_key}:".encode()).decode()
    request = Request(  # noqa: S310 - this very machine
        f"{server.url}/v1/customers", data=b"name=Ana", headers={"Authorization": f"Basic {basic}"}
    )

    with urlopen(request) as answer:  # noqa: S310 - likewise
        assert answer.status == 200
        assert answer.headers["Request-Id"].startswith("req_")
        assert b'"object":"customer"' in answer.read()

    with pytest.raises(HTTPError) as caught:
        urlopen(f"{server.url}/v1/customers")  # noqa: S310 - likewise
    with caught.value as refused:
        assert refused.status == 401


def test_a_connection_is_kept(server: StripeServer) -> None:
    request = f"GET /v1/balance HTTP/1.1\r\nHost: x\r\n{KEY}\r\n".encode()

    answered = talk(server, request * 3)

    assert answered.count(b"HTTP/1.1 200 OK\r\n") == 3


def test_a_connection_is_ended_on_request(server: StripeServer) -> None:
    request = f"GET /v1/balance HTTP/1.1\r\n{KEY}Connection: close\r\n\r\n".encode()

    assert talk(server, request * 2).count(b"HTTP/1.1 200 OK\r\n") == 1


def test_who_asks_first_may_go_on(server: StripeServer) -> None:
    body = b"name=Ana"
    head = f"POST /v1/customers HTTP/1.1\r\n{KEY}Expect: 100-continue\r\nContent-Length: 8\r\n\r\n"

    answered = talk(server, head.encode() + body)

    assert answered.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


@pytest.mark.parametrize(
    "sent",
    [
        "nonsense\r\n\r\n",
        "GET nowhere HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nno header\r\n\r\n",
        "GET /" + "x" * 70_000 + " HTTP/1.1\r\n\r\n",
        "POST /v1/customers HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /v1/customers HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        "POST /v1/customers HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
        "GET / HTTP/1.1\r\n" + "".join(f"h{n}: x\r\n" for n in range(101)) + "\r\n",
    ],
)
def test_what_is_no_http_is_a_bad_request(server: StripeServer, sent: str) -> None:
    assert talk(server, sent.encode()).startswith(b"HTTP/1.1 400 Bad Request")


def test_half_a_request_has_no_effect(server: StripeServer, api: Client) -> None:
    sent = f"POST /v1/customers HTTP/1.1\r\n{KEY}Content-Length: 100\r\n\r\nname=Ana".encode()

    assert talk(server, sent) == b""
    assert api.get("/v1/customers")["data"] == []


def test_a_server_that_is_closed_leaves_nothing_behind(clock: VirtualClock) -> None:
    threads = threading.active_count()
    with StripeServer(now=clock) as server:
        place = urlsplit(server.url)
        idle = socket.create_connection((place.hostname, place.port), timeout=10)
        Client.at(server.url, server.api_key)
        hold(client := Client.at(server.url, server.api_key))
    assert idle.recv(1) == b""
    assert threading.active_count() == threads

    idle.close()
    client.connection.close()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((place.hostname, place.port), timeout=10)


def test_a_server_that_never_ran_is_closed_too() -> None:
    StripeServer().close()


def test_a_server_can_be_closed_twice() -> None:
    with StripeServer() as server:
        server.close()


def test_a_port_is_taken_once() -> None:
    with StripeServer() as first:
        port = urlsplit(first.url).port
        assert port
        with pytest.raises(OSError, match="in use"):
            StripeServer(port=port)


def test_two_servers_can_stand_before_one_processor(clock: VirtualClock) -> None:
    processor = Processor(MemoryShelf(), clock)
    with StripeServer(processor) as first, StripeServer(processor, api_key="sk_test_2") as second:
        one, other = Client.at(first.url, first.api_key), Client.at(second.url, "sk_test_2")
        held = hold(one)
        assert other.get(f"/v1/payment_intents/{held['id']}")["status"] == "requires_capture"
        assert (
            other.ask("GET", "/v1/balance", Authorization=f"Bearer {first.api_key}").status == 401
        )
        one.connection.close()
        other.connection.close()


def test_an_error_of_its_own_is_an_error_500(caplog: pytest.LogCaptureFixture) -> None:
    times = [datetime(2026, 1, 1, tzinfo=UTC)]
    with StripeServer(now=lambda: times[0]) as server:
        api = Client.at(server.url, server.api_key)
        times.clear()

        answer = api.ask("GET", "/v1/balance")

        assert (answer.status, answer.error["type"]) == (500, "api_error")
        assert "GET /v1/balance failed" in caplog.text
        times.append(datetime(2026, 1, 1, tzinfo=UTC))
        assert api.ask("GET", "/v1/balance").status == 200
        api.connection.close()
