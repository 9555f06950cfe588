import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from hmac import new
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay.adapters.stripe import AsyncStripeGateway, StripeGateway
from marketpay.domain.errors import ConfigurationError, WebhookRejected
from marketpay.ports.gateway import GatewayEvent, ReadsWebhooks, Topic

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
T = int(NOW.timestamp())
OURS, CONNECT = "whsec_platform", "whsec_connect"


def gateway(key: str = "sk_test_123456", secrets: Any = (OURS, CONNECT)) -> ReadsWebhooks:
    return StripeGateway(key, webhook_secrets=secrets, now=lambda: NOW)


READER = gateway()


def signature(payload: bytes, secret: str = OURS, at: int | str = T) -> str:
    return new(secret.encode(), f"{at}.".encode() + payload, sha256).hexdigest()


def headers(payload: bytes, secret: str = OURS, at: int | str = T) -> dict[str, str]:
    return {"Stripe-Signature": f"t={at},v1={signature(payload, secret, at)}"}


def body(type: str | None = "payment_intent.succeeded", object: Any = None, **more: Any) -> bytes:
    intent = {
        "id": "pi_1",
        "object": "payment_intent",
        "metadata": {"marketpay_reference": "ptx_1"},
    }
    event = {
        "id": "evt_1",
        "object": "event",
        "type": type,
        "created": T,
        "livemode": False,
        "data": {"object": intent if object is None else object},
    }
    return json.dumps(event | more).encode()


def read(payload: bytes, given: Mapping[str, str] | None = None) -> GatewayEvent:
    return READER.read_webhook(payload, headers(payload) if given is None else given)


def rejected(payload: Any, given: Any = None, reader: ReadsWebhooks | None = None) -> str:
    """Why it is; nothing else may be raised."""
    with pytest.raises(WebhookRejected) as raised:
        (reader or READER).read_webhook(payload, headers(payload) if given is None else given)
    return str(raised.value)


def test_an_event_says_what_to_look_at() -> None:
    assert read(body()) == GatewayEvent(
        gateway="stripe",
        id="evt_1",
        type="payment_intent.succeeded",
        topic=Topic.PAYMENT,
        subject="pi_1",
        account=None,
        reference="ptx_1",
        payment="pi_1",
        at=NOW,
    )


def test_the_async_gateway_reads_them_too() -> None:
    reader = AsyncStripeGateway("sk_test_123456", webhook_secrets=OURS, now=lambda: NOW)

    assert reader.read_webhook(body(), headers(body())).id == "evt_1"


@pytest.mark.parametrize("name", ["stripe-signature", "STRIPE-SIGNATURE", "Stripe-Signature"])
def test_headers_may_be_named_in_any_case(name: str) -> None:
    given = {"content-type": "application/json", name: headers(body())["Stripe-Signature"]}

    assert read(body(), given).id == "evt_1"


@pytest.mark.covers("B061")
def test_each_endpoint_has_its_secret() -> None:
    payload = body("payout.paid", {"id": "po_1", "object": "payout"}, account="acct_1")

    event = read(payload, headers(payload, CONNECT))

    assert (event.topic, event.subject, event.account) == (Topic.PAYOUT, "po_1", "acct_1")
    assert rejected(payload, headers(payload, "whsec_other"))


def test_a_secret_alone_may_be_given_as_text() -> None:
    payload = body()

    event = gateway(secrets=CONNECT).read_webhook(payload, headers(payload, CONNECT))
    assert event.id == "evt_1"


@pytest.mark.edge(49)
def test_while_secrets_are_rolled_any_signature_will_do() -> None:
    value = f"t={T},v1={'0' * 64},v1={signature(body())},v0={'1' * 64},v2=x"

    assert read(body(), {"Stripe-Signature": value}).id == "evt_1"


@pytest.mark.parametrize("seconds", [-300, -1, 0, 1, 300])
def test_what_was_signed_just_now_is_taken(seconds: int) -> None:
    assert read(body(), headers(body(), at=T + seconds)).id == "evt_1"


@pytest.mark.parametrize("seconds", [-86_400, -301, 301, 86_400])
def test_what_was_signed_long_ago_or_is_to_be_is_not(seconds: int) -> None:
    assert "just now" in rejected(body(), headers(body(), at=T + seconds))


@pytest.mark.covers("A133", "B060")
def test_one_byte_changed_is_somebody_elses() -> None:
    changed = body().replace(b"pi_1", b"pi_2")

    assert "no signature fits" in rejected(changed, headers(body()))


GOOD = headers(body())["Stripe-Signature"]


@pytest.mark.covers("B062")
@pytest.mark.parametrize(
    "value",
    [
        "",
        ",",
        "t",
        "v1",
        f"t={T}",
        GOOD.partition(",")[2],
        GOOD.replace("v1", "v0"),
        GOOD.replace("v1", "v2"),
        GOOD.replace("t=", "t=+"),
        GOOD.replace("t=", "t= "),
        GOOD.replace("t=", "t=-"),
        GOOD.replace("t=", f"t={T},t="),
        GOOD.replace("t=", "t=99999999999999999999"),
        GOOD.replace("t=", "t=٣"),
        f"t={T},v1=",
        f"t={T},v1=ü",
        f"t={T},v1={signature(body()).upper()}",
        f"t={T},v1={signature(body())[:-1]}",
        f"{GOOD},v1={'x' * 5000}",
        "\x00",
        "ü",
        b"t=1",
        None,
        1,
        ["t=1"],
    ],
    ids=repr,
)
def test_a_header_that_stripe_would_not_send_is_rejected(value: Any) -> None:
    rejected(body(), {"Stripe-Signature": value})


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"X-Signature": GOOD},
        {"Stripe-Signature": GOOD, "stripe-signature": GOOD},
        {b"Stripe-Signature": GOOD},
        [("Stripe-Signature", GOOD)],
        GOOD,
        7,
    ],
    ids=repr,
)
def test_without_exactly_one_signature_it_is_nobodys(given: Any) -> None:
    rejected(body(), given)


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff\xfe",
        b"nonsense",
        b"null",
        b"[]",
        b"7",
        b'"event"',
        b"{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"9" * 10_000,
        b'{"object": "event"}',
        body(object=[]),
        body(object="pi_1"),
        body(data=None),
        body(id=None),
        body(id=""),
        body(id=7),
        body(id="evt_\ud800"),
        body(id="x" * 1000),
        body(type="Robert'); DROP TABLE"),
        body(type=None),
        body(created=None),
        body(created=True),
        body(created="soon"),
        body(created=1.5),
        body(created=10**30),
        body(created=-(10**30)),
        body(created=-62_135_596_800),
        body(account="acct_1/../x"),
        body(account={"id": "acct_1"}),
        body(livemode=True),
        body(livemode=None),
        body(livemode="false"),
        body().replace(b'"livemode": false, ', b""),
    ],
    ids=lambda payload: str(payload[:40]),
)
def test_what_is_signed_but_no_event_of_ours_is_rejected(payload: bytes) -> None:
    rejected(payload)


@pytest.mark.parametrize("payload", [body().decode(), bytearray(body()), None, {}, 7], ids=repr)
def test_a_payload_is_the_bytes_that_were_received(payload: Any) -> None:
    assert "bytes" in rejected(payload, {"Stripe-Signature": GOOD})


def test_a_payload_has_its_limit() -> None:
    payload = body(filler="x" * 2**20)

    assert "too large" in rejected(payload)


@pytest.mark.edge(49)
@pytest.mark.parametrize("key", ["sk_live_123456", "rk_live_123456"])
def test_a_live_gateway_takes_live_events_alone(key: str) -> None:
    live = body(livemode=True)

    assert gateway(key).read_webhook(live, headers(live)).id == "evt_1"
    assert "live mode" in rejected(body(), reader=gateway(key))


def test_a_key_that_tells_no_mode_takes_both() -> None:
    for payload in (body(livemode=True), body()):
        read = gateway("sk_123456789").read_webhook(payload, headers(payload))
        assert read.id == "evt_1"


@pytest.mark.covers("B061")
def test_a_gateway_without_secrets_takes_nothing() -> None:
    assert "no webhook secret" in rejected(body(), reader=gateway(secrets=()))


@pytest.mark.parametrize("secrets", ["", [""], ["whsec_1", ""], [None], ["whsec_\n"], ["ü"]])
def test_a_secret_is_never_empty(secrets: Any) -> None:
    with pytest.raises(ConfigurationError):
        gateway(secrets=secrets)


DISPUTE = {"id": "du_1", "object": "dispute", "charge": "ch_1", "payment_intent": "pi_1"}
CHARGE = {"id": "ch_1", "object": "charge", "payment_intent": "pi_1"}
REFUND = {"id": "re_1", "object": "refund", "charge": "ch_1", "payment_intent": {"id": "pi_1"}}
SESSION = {"id": "cs_test_1", "object": "checkout.session", "payment_intent": None}
WARNING = {"id": "issfr_1", "object": "radar.early_fraud_warning", "payment_intent": "pi_1"}
REVIEW = {"id": "prv_1", "object": "review", "payment_intent": "pi_1"}
APPROVED = REVIEW | {"reason": "approved"}
INTENT = {"id": "pi_1", "object": "payment_intent"}
TRANSFER = {"id": "tr_1", "object": "transfer"}
PAYOUT = {"id": "po_1", "object": "payout"}
ACCOUNT = {"id": "acct_1", "object": "account"}
CAPABILITY = {"id": "transfers", "object": "capability", "account": "acct_1"}
BANK = {"id": "ba_1", "object": "bank_account", "account": "acct_1"}
APPLICATION = {"id": "ca_1", "object": "application"}
BALANCE = {"object": "balance"}

FAMILIES = [
    (
        "payment_intent.",
        "amount_capturable_updated requires_action processing payment_failed succeeded canceled",
        (INTENT, Topic.PAYMENT, "pi_1", "pi_1"),
    ),
    (
        "charge.",
        "expired captured succeeded updated refunded",
        (CHARGE, Topic.PAYMENT, "pi_1", "pi_1"),
    ),
    ("refund.", "created updated failed", (REFUND, Topic.REFUND, "re_1", "pi_1")),
    ("charge.refund.", "updated", (REFUND, Topic.REFUND, "re_1", "pi_1")),
    (
        "charge.dispute.",
        "created updated funds_withdrawn funds_reinstated closed",
        (DISPUTE, Topic.CHARGEBACK, "du_1", "pi_1"),
    ),
    ("radar.early_fraud_warning.", "created", (WARNING, Topic.WARNING, "issfr_1", "pi_1")),
    ("review.", "opened", (REVIEW, Topic.WARNING, "prv_1", "pi_1")),
    ("review.", "closed", (APPROVED, Topic.ALL_CLEAR, "prv_1", "pi_1")),
    ("review.", "closed", (REVIEW | {"reason": "refunded"}, Topic.UNKNOWN, "prv_1", "pi_1")),
    (
        "checkout.session.",
        "completed async_payment_succeeded async_payment_failed expired",
        (SESSION, Topic.CHECKOUT, "cs_test_1", None),
    ),
    ("transfer.", "created reversed updated", (TRANSFER, Topic.TRANSFER, "tr_1", None)),
    (
        "payout.",
        "created updated paid failed canceled reconciliation_completed",
        (PAYOUT, Topic.PAYOUT, "po_1", None),
    ),
    ("account.", "updated", (ACCOUNT, Topic.ACCOUNT, "acct_1", None)),
    ("capability.", "updated", (CAPABILITY, Topic.ACCOUNT, "acct_1", None)),
    ("account.external_account.", "created", (BANK, Topic.ACCOUNT, "acct_1", None)),
    ("account.application.", "deauthorized", (APPLICATION, Topic.ACCOUNT, "acct_1", None)),
    ("balance.", "available", (BALANCE, Topic.BALANCE, "acct_1", None)),
    ("customer.", "created", ({"id": "cus_1"}, Topic.UNKNOWN, "cus_1", None)),
]


@pytest.mark.covers("B063", "B064")
@pytest.mark.parametrize(
    ("type", "expected"),
    [(start + end, seen) for start, ends, seen in FAMILIES for end in ends.split()],
)
def test_every_event_that_matters_has_its_topic(type: str, expected: Any) -> None:
    object, topic, subject, payment = expected
    event = read(body(type, object, account="acct_1"))

    assert (event.topic, event.subject, event.payment) == (topic, subject, payment)
    assert event.account == "acct_1"


def test_the_platforms_own_balance_is_nobodys() -> None:
    event = read(body("balance.available", BALANCE))

    assert (event.topic, event.subject, event.account) == (Topic.BALANCE, None, None)


def test_a_charge_without_a_payment_is_named_itself() -> None:
    event = read(body("charge.succeeded", CHARGE | {"payment_intent": None}))

    assert (event.subject, event.payment) == ("ch_1", None)


@pytest.mark.parametrize("metadata", [None, [], {}, {"marketpay_reference": 7}, "x"], ids=repr)
def test_what_is_not_our_reference_is_none(metadata: Any) -> None:
    assert read(body(object=INTENT | {"metadata": metadata})).reference is None


def thin(type: str, related: Any, **more: Any) -> bytes:
    event = {
        "id": "evt_65RCjkHZ",
        "object": "v2.core.event",
        "type": type,
        "created": "2026-11-22T12:00:00.000Z",
        "livemode": False,
        "related_object": related,
    }
    return json.dumps(event | more).encode()


V2 = {"id": "acct_1", "type": "v2.core.account", "url": "/v2/core/accounts/acct_1"}
PERSON = {
    "id": "person_1",
    "type": "v2.core.account_person",
    "url": "/v2/core/accounts/acct_1/persons/person_1",
}


@pytest.mark.parametrize(
    ("type", "related"),
    [
        ("v2.core.account.updated", V2),
        ("v2.core.account.closed", V2),
        ("v2.core.account[requirements].updated", V2),
        ("v2.core.account[configuration.recipient].capability_status_updated", V2),
        ("v2.core.account_person.updated", PERSON),
    ],
)
def test_accounts_v2_report_by_thin_events(type: str, related: Any) -> None:
    assert read(thin(type, related)) == GatewayEvent(
        gateway="stripe",
        id="evt_65RCjkHZ",
        type=type,
        topic=Topic.ACCOUNT,
        subject="acct_1",
        account="acct_1",
        at=NOW,
    )


@pytest.mark.parametrize(
    "payload",
    [
        thin("v1.billing.meter.no_meter_found", V2),
        thin("v2.core.account_link.returned", None),
        thin("v2.core.event_destination.ping", V2),
        thin("v2.core.account.updated", None),
        thin("v2.core.account.updated", {"id": "acct_1/x"}),
        thin("v2.core.account_person.updated", PERSON | {"url": "/v2/core/accounts/../x"}),
        thin("v2.core.account.updated", V2, created="soon"),
        thin("v2.core.account.updated", V2, created=T),
        thin("v2.core.account.updated", V2, created="0001-01-01T00:00:00Z"),
        thin("v2.core.account.updated", V2, livemode=True),
    ],
    ids=lambda payload: str(payload[30:90]),
)
def test_other_thin_events_are_rejected(payload: bytes) -> None:
    rejected(payload)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=9,
)
fields = st.sampled_from(
    ["id", "object", "type", "created", "livemode", "data", "account", "related_object"]
)


@given(st.dictionaries(fields, anything), st.sampled_from(["event", "v2.core.event"]))
def test_no_signed_event_raises_anything_else(change: dict[str, Any], kind: str) -> None:
    event = json.loads(body() if kind == "event" else thin("v2.core.account.updated", V2))
    payload = json.dumps(event | change).encode()
    try:
        found = read(payload)
    except WebhookRejected:
        return
    assert isinstance(found, GatewayEvent)


@given(anything)
def test_no_object_in_it_does_either(object: Any) -> None:
    for type in ("charge.refunded", "capability.updated", "payment_intent.x", "refund.failed"):
        for inside in (object, {"id": object, "payment_intent": object, "metadata": object}):
            try:
                read(body(type, inside, data={"object": inside}))
            except WebhookRejected:
                continue


@given(st.binary(), st.dictionaries(st.text(), st.text()), st.text())
def test_nothing_that_strangers_send_raises_anything_else(
    payload: bytes, given: dict[str, str], value: str
) -> None:
    for sent in (given, given | {"Stripe-Signature": value}, headers(payload)):
        try:
            read(payload, sent)
        except WebhookRejected:
            continue
        pytest.fail("it was taken")


def test_without_a_clock_of_its_own_it_goes_by_the_real_one() -> None:
    reader = StripeGateway("sk_test_123456", webhook_secrets=OURS)
    now = int(datetime.now(UTC).timestamp())

    assert reader.read_webhook(body(), headers(body(), at=now)).id == "evt_1"
    rejected(body(), headers(body(), at=now - 1000), reader)
