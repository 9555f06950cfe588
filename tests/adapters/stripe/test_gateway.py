import asyncio
import inspect
import json
import logging
import subprocess
import sys
import traceback
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import parse_qs

import pytest
import stripe

from marketpay.adapters.stripe import AsyncStripeGateway, StripeGateway
from marketpay.domain.errors import (
    ConfigurationError,
    GatewayError,
    GatewayUnavailable,
    MissingDependency,
    MoneyError,
)
from marketpay.ports import gateway as port
from marketpay.ports.gateway import HasLimits, Limits, PaymentGateway, ReadsWebhooks
from tests.adapters.stripe.blocking import Blocking
from tests.adapters.stripe.requests import AUTHORIZE, LINK, OPEN, PAY_OUT, REFUND, VOID
from tests.adapters.stripe.test_replies import payment, refund, v2_account
from tests.adapters.stripe.wire import HANG, HANG_UP, Said, Wire

KEY = "sk_test_51HsecretKEY"
SECRET = "pi_1_secret_xyz"
CANCELED = Said(200, payment("canceled"))
VOIDED = port.Voided(gateway_id="pi_1")


@pytest.fixture(params=["sync", "async"])
def open_gateway(request: pytest.FixtureRequest) -> Iterator[Any]:
    opened: list[Any] = []

    def open_gateway(wire: Wire, **options: Any) -> PaymentGateway:
        options = {"base_url": wire.url, "max_network_retries": 0, **options}
        if request.param == "sync":
            gateway: Any = StripeGateway(KEY, **options)
        else:
            gateway = Blocking(AsyncStripeGateway(KEY, **options))
        opened.append(gateway)
        return gateway  # type: ignore[no-any-return]

    yield open_gateway
    for gateway in opened:
        gateway.close()


def test_a_call_carries_its_key_its_version_and_nothing_about_this_machine(
    open_gateway: Any,
) -> None:
    with Wire(CANCELED) as wire:
        gateway = open_gateway(wire)
        assert gateway.perform(VOID, key="ptx_1") == VOIDED
        assert gateway.perform(VOID, key="ptx_1") == VOIDED

    for asked in wire.asked:
        assert (asked.method, asked.path) == ("POST", "/v1/payment_intents/pi_1/cancel")
        assert asked.headers["idempotency-key"] == "ptx_1"
        assert asked.headers["stripe-version"] == "2026-10-28.endive"
        assert asked.headers["authorization"] == f"Bearer {KEY}"
        assert "stripe-account" not in asked.headers
        assert "x-stripe-client-telemetry" not in asked.headers
        assert "x-stripe-client-user-agent" not in asked.headers


def test_the_version_is_the_sdks_whatever_another_part_of_the_program_sets(
    open_gateway: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "api_version", "2020-08-27")
    monkeypatch.setattr(stripe, "api_key", "sk_test_of_somebody_else")
    with Wire(CANCELED) as wire:
        open_gateway(wire).perform(VOID, key="k")

    assert wire.asked[0].headers["stripe-version"] == "2026-10-28.endive"
    assert wire.asked[0].headers["authorization"] == f"Bearer {KEY}"


def test_nothing_of_the_sdk_is_changed_for_others(open_gateway: Any) -> None:
    def globals_() -> dict[str, Any]:
        names = ("api_key", "api_base", "api_version", "enable_telemetry", "max_network_retries")
        return {name: getattr(stripe, name) for name in (*names, "default_http_client", "log")}

    before = globals_()
    with Wire(CANCELED) as wire:
        open_gateway(wire).perform(VOID, key="k")

    assert globals_() == before


def test_a_form_says_what_was_asked(open_gateway: Any) -> None:
    with Wire(Said(200, payment("requires_capture"))) as wire:
        open_gateway(wire).perform(AUTHORIZE, key="k")

    form = parse_qs(wire.asked[0].body.decode())
    assert form["confirm"] == ["true"]
    assert form["allowed_payment_method_types[0]"] == ["card"]
    assert form["metadata[marketpay_reference]"] == ["ptx_1"]
    assert form["expand[0]"] == ["latest_charge"]


def test_a_payout_is_sent_for_its_account(open_gateway: Any) -> None:
    payout = {"id": "po_1", "status": "pending"}
    with Wire(Said(200, payout)) as wire:
        assert open_gateway(wire).perform(PAY_OUT, key="k") == port.Processing(gateway_id="po_1")

    assert wire.asked[0].headers["stripe-account"] == "acct_1"


def test_the_calls_of_one_request_have_keys_of_their_own(open_gateway: Any) -> None:
    with Wire(Said(200, v2_account("active")), Said(200, {})) as wire:
        open_gateway(wire).perform(OPEN, key="pac_1")

    opened, told = wire.asked
    assert json.loads(opened.body)["metadata"]["marketpay_owner"] == "ctr_42"
    assert opened.headers["content-type"] == "application/json"
    assert (opened.headers["idempotency-key"], told.headers["idempotency-key"]) == (
        "pac_1",
        "pac_1:manual",
    )
    assert told.headers["stripe-account"] == "acct_1"


def test_two_links_are_two(open_gateway: Any) -> None:
    link = {"url": "https://connect.stripe.com/x", "expires_at": "2026-11-22T12:00:00.000Z"}
    with Wire(Said(200, link)) as wire:
        gateway = open_gateway(wire)
        given = gateway.perform(LINK, key="k")
        gateway.perform(LINK, key="k")

    assert given.url == "https://connect.stripe.com/x"
    first, second = [asked.headers["idempotency-key"] for asked in wire.asked]
    assert first != second


def test_asking_has_no_key(open_gateway: Any) -> None:
    with Wire(Said(404, {"error": {"code": "resource_missing"}})) as wire:
        look = port.LookUp(request=VOID)
        assert open_gateway(wire).perform(look, key="k") == port.NotThere()

    assert wire.asked[0].method == "GET"
    assert "idempotency-key" not in wire.asked[0].headers


@pytest.mark.parametrize(
    "failing",
    [
        Said(HANG_UP),
        Said(500, {"error": {"type": "api_error"}}),
        Said(409, {"error": {"type": "idempotency_error", "code": "idempotency_key_in_use"}}),
        Said(429, {"error": {"code": "lock_timeout"}}, {"Stripe-Should-Retry": "true"}),
    ],
    ids=lambda said: str(said.status),
)
def test_what_is_not_answered_is_sent_again_under_its_key(open_gateway: Any, failing: Said) -> None:
    with Wire(failing, CANCELED) as wire:
        reply = open_gateway(wire, max_network_retries=1).perform(VOID, key="k")

    assert reply == VOIDED
    assert [asked.headers["idempotency-key"] for asked in wire.asked] == ["k", "k"]


@pytest.mark.parametrize(
    "said",
    [
        Said(HANG_UP),
        Said(500, {"error": {"type": "api_error"}}),
        Said(503, b"<html>Service Unavailable</html>"),
        Said(200, b"<html>Welcome</html>"),
        Said(200, b"[1]"),
        Said(200, b"\xff\xfe"),
        Said(404, b"<html>Not Found</html>"),
        Said(302, b"", {"Location": "https://example.com/"}),
        Said(429, {"error": {"code": "rate_limit"}}),
    ],
    ids=lambda said: f"{said.status} {str(said.body)[:20]}",
)
def test_no_answer_is_told_as_that(open_gateway: Any, said: Said) -> None:
    with Wire(said) as wire, pytest.raises(GatewayUnavailable):
        open_gateway(wire).perform(VOID, key="k")


def test_stripe_that_keeps_silent_is_not_waited_for(open_gateway: Any) -> None:
    with Wire(Said(HANG)) as wire, pytest.raises(GatewayUnavailable):
        open_gateway(wire, timeout=0.05).perform(VOID, key="k")


def test_nobody_there_is_no_answer(open_gateway: Any) -> None:
    with Wire(CANCELED) as wire:
        pass

    with pytest.raises(GatewayUnavailable):
        open_gateway(wire).perform(VOID, key="k")


def test_a_sync_gateway_may_be_shared_between_threads() -> None:
    with Wire(CANCELED) as wire, ThreadPoolExecutor(8) as threads:
        gateway = StripeGateway(KEY, base_url=wire.url)
        replies = list(threads.map(lambda i: gateway.perform(VOID, key=f"k{i}"), range(40)))
        gateway.close()

    assert replies == [VOIDED] * 40
    assert {asked.headers["idempotency-key"] for asked in wire.asked} == {
        f"k{i}" for i in range(40)
    }


def test_awaiting_does_not_hold_up_the_event_loop() -> None:
    async def both() -> list[Any]:
        gateway = AsyncStripeGateway(KEY, base_url=wire.url)
        try:
            return await asyncio.gather(*(gateway.perform(VOID, key=f"k{i}") for i in range(5)))
        finally:
            await gateway.aclose()

    with Wire(CANCELED) as wire:
        assert asyncio.run(both()) == [VOIDED] * 5
    assert inspect.iscoroutinefunction(AsyncStripeGateway.perform)


ACT = Said(200, payment("requires_action"))
ASKED_FOR = {"type": "card_error", "code": "authentication_required"}
BY_ERROR = Said(402, {"error": {**ASKED_FOR, "payment_intent": payment("requires_action")}})
PAGE = Said(200, {"data": [{"metadata": {"marketpay_reference": "ptx_1"}} | payment(
    "requires_action"
)], "has_more": False})  # fmt: skip


@pytest.mark.parametrize("said", [ACT, BY_ERROR, PAGE], ids=["object", "error", "list"])
def test_a_payers_secret_reaches_the_payer_and_no_log(
    open_gateway: Any, said: Said, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    request = port.LookUp(request=AUTHORIZE) if said is PAGE else AUTHORIZE
    with Wire(said) as wire:
        reply = open_gateway(wire).perform(request, key="k")

    assert reply == port.ActionRequired(gateway_id="pi_1", client_secret=SECRET)
    assert "requires_action" in caplog.text  # the SDK does log bodies
    assert SECRET not in caplog.text
    assert KEY not in caplog.text
    assert SECRET not in repr(reply)


def test_a_link_is_in_no_log_either(open_gateway: Any, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    url = 'https://connect.stripe.com/setup/e/acct_1/ünïque \\"quoted\\"'
    with Wire(Said(200, {"url": url, "expires_at": "2026-11-22T12:00:00.000Z"})) as wire:
        given = open_gateway(wire).perform(LINK, key="k")

    assert given.url == url
    assert "/setup/e/" not in caplog.text


@pytest.mark.parametrize("status", [400, 401, 403, 500])
def test_no_error_tells_a_secret(open_gateway: Any, status: int) -> None:
    error = {
        "type": "invalid_request_error",
        "message": f"Invalid API Key provided: {KEY}",
        "payment_intent": payment("requires_action"),
    }
    with Wire(Said(status, {"error": error})) as wire, pytest.raises(GatewayError) as raised:
        open_gateway(wire).perform(REFUND, key="k")

    told = "".join(traceback.format_exception(raised.value)) + repr(raised.value)
    assert KEY not in told
    assert SECRET not in told
    assert raised.value.__context__ is None
    assert raised.value.__cause__ is None


@pytest.mark.parametrize("kind", [StripeGateway, AsyncStripeGateway])
def test_no_repr_tells_a_secret(kind: Any) -> None:
    gateway = kind(KEY, webhook_secrets="whsec_hidden", base_url="https://stripe.example")

    assert repr(gateway) == f"{kind.__name__}(test mode, accounts v2, at https://stripe.example)"
    inside = "".join(repr(value) for value in vars(gateway).values())
    assert KEY not in inside
    assert "whsec_hidden" not in inside


@pytest.mark.parametrize(
    "key", ["", "sk_", "pk_test_123456", "whsec_123456", "sk_test_1\n23456", "sk_test_ü2345", None]
)
def test_a_key_that_is_none_is_refused_and_not_shown(key: Any) -> None:
    with pytest.raises(ConfigurationError) as raised:
        StripeGateway(key)

    assert not key or key == "sk_" or key not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["stripe.example", "ftp://stripe.example", "https://", "http://x/?a=b", "https://x/#a"]
)
def test_a_base_url_is_an_address(url: str) -> None:
    with pytest.raises(ConfigurationError):
        StripeGateway(KEY, base_url=url)


def test_a_live_key_is_not_sent_in_the_clear() -> None:
    with pytest.raises(ConfigurationError):
        StripeGateway("sk_live_123456", base_url="http://localhost:12111")


def test_there_are_two_kinds_of_accounts() -> None:
    with pytest.raises(ConfigurationError, match="v1"):
        StripeGateway(KEY, accounts="v3")  # type: ignore[arg-type]


def test_it_reads_webhooks_and_has_limits() -> None:
    gateway = StripeGateway(KEY, settlement_currencies=("EUR", "ISK"))

    assert isinstance(gateway, ReadsWebhooks)
    assert isinstance(gateway, HasLimits)
    assert gateway.limits("EUR") == Limits(least=50, most=99_999_999)
    with pytest.raises(MoneyError):
        gateway.limits("USD")


@pytest.mark.parametrize("package", ["stripe", "httpx"])
def test_a_package_that_is_missing_is_named(package: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*sys.modules]:
        if name.startswith("marketpay.adapters.stripe.") and name.rpartition(".")[2] in (
            "sending",
            "transport",
        ):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(MissingDependency) as raised:
        StripeGateway(KEY)

    assert (raised.value.package, raised.value.extra) == (package, "stripe")


def test_the_sdk_is_imported_when_a_gateway_is_made() -> None:
    script = (
        "import sys, marketpay, marketpay.adapters.stripe as adapter\n"
        "assert 'stripe' not in sys.modules\n"
        "assert 'httpx' not in sys.modules\n"
        f"adapter.StripeGateway({KEY!r})\n"
        "assert 'stripe' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_refund_is_read_as_stripe_says_it(open_gateway: Any) -> None:
    with Wire(Said(200, refund("pending"))) as wire:
        reply = open_gateway(wire).perform(REFUND, key="k")

    assert reply == port.Processing(gateway_id="re_1")
