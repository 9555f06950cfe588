"""The examples run."""

import runpy
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from marketpay.ports.gateway import Void
from marketpay.testing import SimulatedGateway

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"

ANA = {"X-User": "ana", "X-Role": "customer"}
BEN = {"X-User": "ben", "X-Role": "contractor"}
EVE = {"X-User": "eve", "X-Role": "contractor"}
OFFER = {"contractor": "ben", "amount": "1000", "currency": "USD", "payment_method": "pm_card_visa"}


@pytest.mark.covers("A001")
def test_the_first_job(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(str(EXAMPLES / "first_job.py"), run_name="__main__")
    assert capsys.readouterr().out == (
        "in ben's wallet: USD 700.00\nthe platform's revenue: USD 300.00\n"
    )


def test_the_first_job_stays_short() -> None:
    assert len((EXAMPLES / "first_job.py").read_text().splitlines()) <= 25


@pytest.fixture
def http(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of the FastAPI example, on a database of its own."""
    from fastapi.testclient import TestClient

    from examples import fastapi_app

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(fastapi_app, "WORK_EVERY", 0.02)
    with TestClient(fastapi_app.app) as client:
        yield client


def post(http: Any, path: str, user: dict[str, str], **body: Any) -> Any:
    answer = http.post(path, headers=user, json=body)
    assert answer.is_success, answer.text
    return answer.json()


def a_job(http: Any) -> str:
    return str(post(http, "/jobs", ANA, title="Paint the fence", currency="USD")["job"])


def an_offer(http: Any, job: str) -> str:
    sent = post(http, f"/jobs/{job}/offers", ANA, **OFFER)
    assert (sent["status"], sent["payment"]) == ("pending", "authorized")
    assert sent["next_action"] is None
    return str(sent["offer"])


def eventually(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + 20
    while not holds() and time.monotonic() < deadline:
        time.sleep(0.02)
    return holds()


def test_a_deal_over_http(http: Any) -> None:
    job = a_job(http)
    accepted = post(http, f"/offers/{an_offer(http, job)}/accept", BEN)
    assert (accepted["status"], accepted["payment"]) == ("accepted", "captured")
    assert post(http, f"/jobs/{job}/start", BEN)["status"] == "in_progress"
    assert post(http, f"/jobs/{job}/complete", ANA)["payment"] == "released"
    wallet = http.get("/wallet/USD", headers=BEN).json()
    assert wallet == {
        "pending": "0.00",
        "available": "700.00",
        "reserved": "0.00",
        "currency": "USD",
    }


def test_a_cancelled_job_is_refunded_over_http(http: Any) -> None:
    job = a_job(http)
    post(http, f"/offers/{an_offer(http, job)}/accept", BEN)
    cancelled = post(http, f"/jobs/{job}/cancel", ANA)
    assert (cancelled["status"], cancelled["payment"]) == ("cancelled", "refunded")


def test_what_is_due_is_done_in_the_background(http: Any) -> None:
    job = a_job(http)
    an_offer(http, job)
    assert post(http, f"/jobs/{job}/cancel", ANA)["payment"] is None
    with closing(SimulatedGateway("market.db.processor")) as processor:
        assert eventually(lambda: processor.effects(Void) == 1)


def test_a_webhook_is_heard_once_and_a_forged_one_not(http: Any) -> None:
    an_offer(http, a_job(http))
    with closing(SimulatedGateway("market.db.processor")) as processor:
        hook = processor.webhooks()[0]
    heard = [
        http.post("/webhooks/payments", content=hook.payload, headers=hook.headers).json()
        for _ in range(2)
    ]
    assert heard[0] == heard[1]
    assert heard[0]["webhook"].startswith("whk_")
    forged = http.post("/webhooks/payments", content=hook.payload + b" ", headers=hook.headers)
    assert (forged.status_code, forged.json()["code"]) == (400, "webhook_rejected")


def test_a_key_makes_a_repeated_request_safe(http: Any) -> None:
    job = a_job(http)
    headers = ANA | {"Idempotency-Key": "offer-1"}
    first = http.post(f"/jobs/{job}/offers", headers=headers, json=OFFER).json()
    again = http.post(f"/jobs/{job}/offers", headers=headers, json=OFFER).json()
    assert again["offer"] == first["offer"]
    other = http.post(f"/jobs/{job}/offers", headers=headers, json=OFFER | {"amount": "2"})
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_conflict")


def test_errors_have_their_code_and_status(http: Any) -> None:
    job = a_job(http)
    offer = an_offer(http, job)
    refused = http.post(f"/offers/{offer}/accept", headers=EVE)
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert refused.json()["retryable"] is False
    early = http.post(f"/jobs/{job}/complete", headers=ANA)
    assert (early.status_code, early.json()["code"]) == (409, "illegal_transition")
    price = OFFER | {"amount": "1.005"}
    precise = http.post(f"/jobs/{job}/offers", headers=ANA, json=price)
    assert (precise.status_code, precise.json()["code"]) == (422, "money_error")
    number = http.post(f"/jobs/{job}/offers", headers=ANA, json=OFFER | {"amount": 1000.0})
    assert number.status_code == 422
    nobody = http.post(f"/jobs/{job}/start", headers={"X-User": "\t", "X-Role": "customer"})
    assert nobody.status_code == 422
    nothing = http.get("/wallet/XYZ", headers=BEN)
    assert (nothing.status_code, nothing.json()["code"]) == (422, "money_error")


def test_a_declined_card_names_the_offer_that_still_stands(http: Any) -> None:
    job = a_job(http)
    body = OFFER | {"payment_method": "pm_card_chargeDeclined"}
    declined = http.post(f"/jobs/{job}/offers", headers=ANA, json=body)
    assert (declined.status_code, declined.json()["code"]) == (402, "payment_declined")
    assert declined.json()["offer"].startswith("off_")


def test_a_challenged_card_asks_the_client_to_confirm(http: Any) -> None:
    job = a_job(http)
    body = OFFER | {"payment_method": "pm_card_authenticationRequired"}
    sent = http.post(f"/jobs/{job}/offers", headers=ANA, json=body).json()
    assert sent["next_action"]["type"] == "confirm"
    assert sent["next_action"]["client_secret"]


def test_an_error_worth_a_retry_says_so() -> None:
    import asyncio
    from typing import cast

    from fastapi import Request

    from examples.fastapi_app import say_no
    from marketpay import Conflict

    answer = asyncio.run(say_no(cast(Request, None), Conflict("Job", "job_1")))
    assert (answer.status_code, answer.headers["Retry-After"]) == (409, "1")
