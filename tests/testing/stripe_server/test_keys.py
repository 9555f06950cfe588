"""Idempotency keys, as Stripe keeps them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest
import stripe

from marketpay.testing import StripeServer, VirtualClock
from marketpay.testing.processor_values import Payment
from marketpay.testing.stripe_server import Fault, Slow
from tests.testing.stripe_server.client import Answer, Client
from tests.testing.stripe_server.conftest import hold

Json = dict[str, Any]
PATH = "/v1/payment_intents"
GOOD: Json = {
    "amount": 5000, "currency": "usd", "capture_method": "manual", "confirm": True,
    "payment_method": "pm_card_visa",
}  # fmt: skip


def keyed(api: Client, key: str, params: Any = GOOD, path: str = PATH) -> Answer:
    """A request with a key."""
    return api.ask("POST", path, params, Idempotency_Key=key)


def payments(server: StripeServer) -> int:
    """How many there are."""
    return len(server.processor.page(Payment))


def test_the_same_key_is_answered_the_same(api: Client, server: StripeServer) -> None:
    first, second = keyed(api, "one"), keyed(api, "one")

    assert first.body == second.body
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert second.headers["Original-Request"] == first.headers["Request-Id"]
    assert second.headers["Idempotency-Key"] == "one"
    assert second.headers["Request-Id"] != first.headers["Request-Id"]
    assert payments(server) == 1


def test_the_answer_is_the_old_one_even_if_things_have_changed(api: Client) -> None:
    first = keyed(api, "one")
    api.post(f"{PATH}/{first.body['id']}/cancel")

    assert keyed(api, "one").body["status"] == "requires_capture"


def test_a_refused_card_is_refused_again(api: Client, server: StripeServer) -> None:
    refused = {**GOOD, "payment_method": "pm_card_chargeDeclined"}

    first, second = keyed(api, "one", refused), keyed(api, "one", refused)

    assert (first.status, second.status) == (402, 402)
    assert first.body == second.body
    assert payments(server) == 1


def test_other_parameters_are_an_error(api: Client) -> None:
    keyed(api, "one")

    other = keyed(api, "one", {**GOOD, "amount": 6000})

    assert other.status == 400
    assert other.error["type"] == "idempotency_error"
    assert "the same parameters" in other.error["message"]


def test_another_endpoint_is_an_error(api: Client, sdk: stripe.StripeClient) -> None:
    keyed(api, "one")

    other = keyed(api, "one", {"name": "Ana"}, "/v1/customers")

    assert other.status == 400
    assert "the same endpoint" in other.error["message"]
    with pytest.raises(stripe.IdempotencyError):
        sdk.v1.customers.create({"name": "Ana"}, {"idempotency_key": "one"})


def test_what_was_never_begun_is_not_kept(api: Client) -> None:
    assert keyed(api, "one", {**GOOD, "amount": "many"}).status == 400
    assert keyed(api, "one", {**GOOD, "foo": 1}).status == 400
    assert keyed(Client(api.connection, {}), "one").status == 401

    assert keyed(api, "one").status == 200


@pytest.mark.parametrize(("fault", "status"), [(Fault.RATE_LIMIT, 429), (Fault.CONFLICT, 409)])
def test_who_was_turned_away_may_come_again(
    api: Client, server: StripeServer, fault: Fault, status: int
) -> None:
    server.fault("POST", PATH, fault)

    assert keyed(api, "one").status == status
    assert keyed(api, "one").status == 200
    assert payments(server) == 1


def test_a_failure_is_kept(api: Client, server: StripeServer, held: Json) -> None:
    path = f"{PATH}/{held['id']}/cancel"
    api.post(f"{PATH}/{held['id']}/capture")

    first = keyed(api, "one", {}, path)

    assert first.status == 400
    assert keyed(api, "one", {}, path).headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(("fault", "effects"), [(Fault.ERROR_500, 1), (Fault.ERROR_500_BEFORE, 0)])
def test_an_error_500_is_kept_with_its_effect_or_without(
    api: Client, server: StripeServer, fault: Fault, effects: int
) -> None:
    server.fault("POST", PATH, fault)

    first, second = keyed(api, "one"), keyed(api, "one")

    assert (first.status, second.status) == (500, 500)
    assert first.error["type"] == "api_error"
    assert second.headers["Idempotent-Replayed"] == "true"
    assert payments(server) == effects
    assert keyed(api, "two").status == 200


def test_a_key_is_forgotten_after_a_day(
    api: Client, server: StripeServer, clock: VirtualClock
) -> None:
    first = keyed(api, "one").body["id"]
    clock.advance(hours=23, minutes=59)
    assert keyed(api, "one").body["id"] == first

    clock.advance(minutes=1)

    assert keyed(api, "one").body["id"] != first
    assert payments(server) == 2


def test_a_key_is_in_use_until_it_is_answered(api: Client, server: StripeServer) -> None:
    other = Client.at(server.url, server.api_key)
    key, second = "", Answer(0, {}, {})
    with ThreadPoolExecutor() as pool:
        for key in map(str, range(50)):  # once is enough, unless the second overtakes the first
            server.fault("POST", PATH, Slow(0.3))
            first = pool.submit(keyed, other, key)
            while server.faults_left:
                sleep(0.001)
            second = keyed(api, key)
            assert first.result().status == 200
            if second.status == 409:
                break
    other.connection.close()

    assert second.error["code"] == "idempotency_key_in_use"
    assert keyed(api, key).headers["Idempotent-Replayed"] == "true"


def test_a_key_has_at_most_255_characters(api: Client) -> None:
    assert keyed(api, "k" * 255).status == 200
    assert keyed(api, "k" * 256).error["type"] == "idempotency_error"


def test_a_connected_account_has_keys_of_its_own(api: Client) -> None:
    account = api.post("/v1/accounts")["id"]
    keyed(api, "one")

    answer = api.ask("POST", "/v1/payouts", {"amount": 1, "currency": "usd"},
                     Idempotency_Key="one", Stripe_Account=account)  # fmt: skip

    assert answer.error["type"] == "invalid_request_error"


def test_only_what_changes_something_has_a_key(api: Client) -> None:
    hold(api)

    for _ in range(2):
        answer = api.ask("GET", PATH, Idempotency_Key="one")
        assert "Idempotent-Replayed" not in answer.headers


def test_one_of_many_at_once_has_the_effect(server: StripeServer) -> None:
    def ask(_: int) -> Answer:
        client = Client.at(server.url, server.api_key)
        answer = keyed(client, "one")
        client.connection.close()
        return answer

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(24)))

    assert {answer.status for answer in answers} <= {200, 409}
    assert len({answer.body["id"] for answer in answers if answer.status == 200}) == 1
    assert payments(server) == 1


V2 = "/v2/core/accounts"


def test_the_second_api_repeats_a_success(api: Client) -> None:
    first = keyed(api, "one", {"contact_email": "a@market.test"}, V2)
    second = keyed(api, "one", {"contact_email": "a@market.test"}, V2)

    assert first.body == second.body
    assert second.headers["Idempotent-Replayed"] == "true"


def test_the_second_api_tries_again_what_has_failed(api: Client, server: StripeServer) -> None:
    server.fault("POST", V2, Fault.ERROR_500_BEFORE)

    assert keyed(api, "one", {}, V2).status == 500
    answer = keyed(api, "one", {}, V2)
    assert answer.status == 200
    assert "Idempotent-Replayed" not in answer.headers


def test_the_second_api_remembers_for_30_days(api: Client, clock: VirtualClock) -> None:
    first = keyed(api, "one", {}, V2).body["id"]
    clock.advance(days=29)
    assert keyed(api, "one", {}, V2).body["id"] == first
    clock.advance(days=1)
    assert keyed(api, "one", {}, V2).body["id"] != first
