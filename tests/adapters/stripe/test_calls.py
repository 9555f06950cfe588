from typing import Any

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from marketpay.adapters.stripe.accounts import account_call, link_call, manual_payouts_call
from marketpay.adapters.stripe.calls import Request, call_for
from marketpay.adapters.stripe.config import AccountsApi, Config
from marketpay.adapters.stripe.currencies import DECIMALS, STEPS
from marketpay.domain.currencies import exponent, register_currency
from marketpay.domain.errors import InvalidInput, MoneyError
from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import Topic
from tests.adapters.stripe.openapi import problems
from tests.adapters.stripe.playing import V1, V2
from tests.adapters.stripe.requests import (
    ACTING,
    AT,
    AUTHORIZE,
    BALANCE,
    CAPTURE,
    EXPIRE,
    INSPECT,
    LINK,
    OPEN,
    PAY_OUT,
    REFUND,
    REVERSE,
    START,
    TRANSFER,
    VOID,
)

ALL: tuple[Request, ...] = (
    *ACTING,
    evolve(AUTHORIZE, payment_method=None),
    evolve(AUTHORIZE, payer_account="cus_9s6XKzkNRiz8i3"),
    evolve(AUTHORIZE, payer_account="acct_9"),
    evolve(TRANSFER, source=None),
    evolve(OPEN, country=None),
    evolve(START, expires_at=None),
    LINK,
    BALANCE,
    evolve(BALANCE, after=None),
    *INSPECT,
)
HOSTILE = (
    "", "pi_", "pi_1/capture", "pi_1/../../v1/accounts", "../pi_1", "pi_1?x=1", "pi_1#", "pi_1%2F",
    "pi_1 ", "pi_1\n", "pi_ü", "re_1", "ch_1", "PI_1", "pi_" + "1" * 300,
)  # fmt: skip


@pytest.mark.covers("A028")
@pytest.mark.parametrize("config", [V1, V2], ids=["accounts v1", "accounts v2"])
@pytest.mark.parametrize("request_", ALL, ids=lambda one: type(one).__name__)
def test_stripe_knows_all_that_a_call_says(request_: Request, config: Config) -> None:
    assert problems(call_for(request_, config)) == []


@pytest.mark.covers("A030")
@pytest.mark.parametrize("api", AccountsApi)
def test_stripe_knows_the_calls_about_accounts(api: AccountsApi) -> None:
    assert problems(account_call("acct_1", api)) == []
    assert problems(link_call(LINK, api)) == []
    assert problems(manual_payouts_call("acct_1")) == []


amounts = st.sampled_from(sorted(DECIMALS)).flatmap(
    lambda code: st.builds(Money.from_minor, st.integers(1, 10**8), st.just(code))
)


@given(amounts)
def test_an_amount_is_either_told_exactly_or_refused(amount: Money) -> None:
    request = evolve(AUTHORIZE, amount=amount)
    try:
        call = call_for(request, V2)
    except MoneyError:
        digits = exponent(amount.currency)
        whole = amount.minor * 10 ** DECIMALS[amount.currency] / 10**digits
        assert whole % STEPS.get(amount.currency, 1) != 0
        return
    assert problems(call) == []
    scale = 10 ** DECIMALS[amount.currency]
    assert call.params["amount"] == amount.amount * scale
    assert call.params["currency"] == amount.currency.lower()


def test_a_saved_card_is_confirmed_while_its_owner_is_away() -> None:
    params = call_for(AUTHORIZE, V2).params

    assert params["capture_method"] == "manual"
    assert params["allowed_payment_method_types"] == ["card"]
    assert (params["payment_method"], params["confirm"]) == ("pm_card_visa", True)
    assert params["off_session"] is True
    assert params["metadata"] == {
        "marketpay_reference": "ptx_1", "marketpay_subject": "pay_1", "marketpay_payer": "cus_17",
    }  # fmt: skip
    assert "customer" not in params


def test_without_a_card_nothing_is_confirmed() -> None:
    params = call_for(evolve(AUTHORIZE, payment_method=None), V2).params

    assert not {"payment_method", "confirm", "off_session"} & set(params)


def test_who_owns_a_saved_card_is_a_customer_or_an_account() -> None:
    def owner(payer_account: str) -> Any:
        params = call_for(evolve(AUTHORIZE, payer_account=payer_account), V2).params
        return params.get("customer"), params.get("customer_account")

    assert owner("cus_9") == ("cus_9", None)
    assert owner("acct_9") == (None, "acct_9")


def test_a_payout_is_made_for_its_account() -> None:
    call = call_for(PAY_OUT, V2)

    assert (call.path, call.account) == ("/v1/payouts", "acct_1")


def test_an_account_opened_by_v1_is_paid_out_by_hand() -> None:
    params = call_for(OPEN, V1).params

    assert params["settings"] == {"payouts": {"schedule": {"interval": "manual"}}}
    assert params["country"] == "DE"


def test_the_address_of_an_owner_goes_to_stripe_where_the_host_tells_it() -> None:
    def email(owner: str) -> str:
        return f"{owner}@example.com"

    for api, name in ((AccountsApi.V1, "email"), (AccountsApi.V2, "contact_email")):
        call = call_for(OPEN, Config(accounts=api, contact_email=email))
        assert call.params[name] == "ctr_42@example.com"
        assert problems(call) == []


def test_a_link_is_never_given_twice() -> None:
    assert [call_for(LINK, config).once for config in (V1, V2)] == [False, False]


def test_a_window_of_the_balance_counts_whole_seconds() -> None:
    until = AT.replace(second=10, microsecond=500_000)
    window = call_for(evolve(BALANCE, since=AT, until=until), V2).params["created"]

    assert window == {"gte": int(AT.timestamp()), "lt": int(AT.timestamp()) + 11}


@pytest.mark.parametrize("id", HOSTILE)
@pytest.mark.parametrize("request_", [CAPTURE, VOID, REFUND], ids=lambda one: type(one).__name__)
def test_an_id_that_is_none_of_a_payment_changes_no_path(request_: Any, id: str) -> None:
    with pytest.raises(InvalidInput):
        call_for(evolve(request_, gateway_id=id), V2)


@pytest.mark.parametrize(
    "request_",
    [
        evolve(EXPIRE, gateway_id="cs_1/expire"),
        evolve(REVERSE, gateway_id="pi_1"),
        evolve(TRANSFER, account="cus_1"),
        evolve(TRANSFER, source="pi_1"),
        evolve(PAY_OUT, account="acct_1\r\nX: y"),
        evolve(LINK, account="acct_1/x"),
        evolve(BALANCE, after="x&limit=1"),
        port.Inspect(topic=Topic.REFUND, gateway_id="re_1/cancel"),
        port.Inspect(topic=Topic.PAYOUT, gateway_id="po_1", account="me"),
        port.Inspect(topic=Topic.CHARGEBACK, gateway_id="ch_1"),
        port.Inspect(topic=Topic.ACCOUNT, gateway_id=".."),
        port.Inspect(topic=Topic.WARNING, gateway_id="issfr_1"),
    ],
    ids=str,
)
def test_no_other_id_does_either(request_: Any) -> None:
    with pytest.raises(InvalidInput):
        call_for(request_, V2)


@given(st.text(max_size=20))
def test_whatever_the_id_the_path_is_the_one_that_was_meant(id: str) -> None:
    try:
        call = call_for(evolve(VOID, gateway_id=id), V2)
    except InvalidInput:
        return
    assert call.path == f"/v1/payment_intents/{id}/cancel"
    assert id.isalnum() or "_" in id
    assert not set(id) & set("/.?#%& \r\n")


def test_a_currency_that_stripe_does_not_know_is_not_sent() -> None:
    register_currency("PTS", 0)

    for request in (AUTHORIZE, CAPTURE, REFUND, TRANSFER, REVERSE, PAY_OUT, START):
        with pytest.raises(MoneyError):
            call_for(evolve(request, amount=Money(5, "PTS")), V2)


def test_where_the_balance_is_kept_in_some_currencies_no_other_is_charged() -> None:
    config = Config(settlement_currencies=["EUR"])

    for request in (AUTHORIZE, START):
        with pytest.raises(MoneyError):
            call_for(request, config)
        call_for(evolve(request, amount=Money(5, "EUR")), config)


def test_settlement_currencies_are_ones_that_stripe_has() -> None:
    with pytest.raises(MoneyError):
        Config(settlement_currencies=["XYZ"])
    with pytest.raises(TypeError):
        Config(settlement_currencies="EUR")
