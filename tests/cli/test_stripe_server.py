"""`marketpay stripe-server`, as a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys

import stripe

from marketpay.testing import StripeServer
from tests.cli.test_demo import COMMAND, marketpay


def test_it_says_where_it_is_and_answers_until_ctrl_c() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", COMMAND, "stripe-server", "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as server:
        assert server.stdout is not None
        facts = dict(server.stdout.readline().strip().split("  ", 1) for _ in range(5))
        facts = {name: value.strip() for name, value in facts.items()}
        http = stripe.RequestsClient()
        sdk = stripe.StripeClient(
            facts["secret key"], base_addresses={"api": facts["base URL"]}, http_client=http
        )
        payment = sdk.v1.payment_intents.create({"amount": 5000, "currency": "usd"})
        http.close()  # type: ignore[no-untyped-call]
        server.send_signal(signal.SIGINT)
        out, err = server.communicate(timeout=20)

    assert payment.status == "requires_payment_method"
    assert facts["publishable key"].startswith("pk_test_")
    assert facts["webhook secret"].startswith("whsec_")
    assert facts["connect webhook secret"] != facts["webhook secret"]
    assert (server.returncode, out.splitlines()[-1], err) == (0, "Ended.", "")


def test_a_port_that_is_taken_is_said_in_a_sentence() -> None:
    with StripeServer() as server:
        port = server.url.rpartition(":")[2]

        done = marketpay("stripe-server", "--port", port)

    assert done.status == 2
    assert done.err.startswith(f"Port {port} cannot be listened on: ")
    assert done.err.count("\n") == 1


def test_an_impossible_port_is_refused() -> None:
    assert marketpay("stripe-server", "--port", "70000").status == 2
