"""The simulated gateway: what the port promises, scripted fates, and playing the outside."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay.domain.errors import (
    ConfigurationError,
    GatewayError,
    GatewayUnavailable,
    InvalidInput,
    NotFound,
)
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    ActingRequest,
    ActionRequired,
    Authorize,
    Authorized,
    Capture,
    Captured,
    Declined,
    GatewayReply,
    GatewayRequest,
    HoldGone,
    LookUp,
    NotThere,
    OpenAccount,
    PaymentGateway,
    Refunded,
    RefundPayment,
    Transfer,
    Transferred,
    Void,
    Voided,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock

PRICE = Money("1000", "USD")
PAYOUT = Money("700", "USD")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "file"])
def gateway(
    request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock
) -> SimulatedGateway:
    path = None if request.param == "memory" else tmp_path / "gateway.db"
    return SimulatedGateway(path, now=clock)


def authorize(method: str | None = "pm_card_visa", n: int = 1, amount: Money = PRICE) -> Authorize:
    return Authorize(
        reference=f"ptx_{n}",
        subject=f"pay_{n}",
        amount=amount,
        payer="cus_17",
        payment_method=method,
        group="job_1",
    )


def held(gateway: SimulatedGateway, method: str | None = "pm_card_visa", n: int = 1) -> str:
    reply = gateway.perform(authorize(method, n), key=f"authorize_{n}")
    assert isinstance(reply, Authorized | ActionRequired)
    return reply.gateway_id


def captured(gateway: SimulatedGateway, n: int = 1) -> str:
    id = held(gateway, n=n)
    gateway.perform(Capture(gateway_id=id, amount=PRICE), key=f"capture_{n}")
    return id


def opened(gateway: SimulatedGateway) -> str:
    reply = gateway.perform(OpenAccount(reference="pac_1", owner="ctr_42"), key="open")
    assert isinstance(reply, AccountState)
    return reply.gateway_id


def transfer(account: str, source: str, amount: Money = PAYOUT) -> Transfer:
    return Transfer(reference="ptx_t", account=account, amount=amount, source=source, group="job_1")


def refund(id: str, amount: Money = PRICE) -> RefundPayment:
    return RefundPayment(reference="ptx_r", gateway_id=id, amount=amount)


def asked(gateway: SimulatedGateway, request: ActingRequest, id: str | None = None) -> GatewayReply:
    return gateway.perform(LookUp(request=request, gateway_id=id), key="")


# -------------------------------------------------------------------------- what it does


def test_it_is_a_payment_gateway() -> None:
    gateway: PaymentGateway = SimulatedGateway()
    assert isinstance(gateway.perform(authorize(), key="k"), Authorized)


def test_a_good_card_is_held_for_seven_days(gateway: SimulatedGateway, clock: VirtualClock) -> None:
    reply = gateway.perform(authorize(), key="k")
    assert isinstance(reply, Authorized)
    assert reply.gateway_id.startswith("pi_sim_")
    assert reply.expires_at == clock() + timedelta(days=7)
    assert gateway.held("USD") == PRICE


def test_a_deal_goes_from_the_hold_to_the_contractors_account(gateway: SimulatedGateway) -> None:
    id = held(gateway)
    taken = gateway.perform(Capture(gateway_id=id, amount=PRICE), key="c")
    assert isinstance(taken, Captured)
    assert (taken.gateway_id, taken.amount) == (id, PRICE)
    assert taken.charge is not None
    account = opened(gateway)
    gateway.activate("ctr_42")
    moved = gateway.perform(transfer(account, taken.charge), key="t")
    assert isinstance(moved, Transferred)
    assert moved.amount == PAYOUT
    assert gateway.balance("USD") == Money("300", "USD")
    assert gateway.connected_balance("ctr_42", "USD") == PAYOUT
    assert gateway.held("USD") == Money.zero("USD")


def test_a_refund_goes_back_to_the_payer(gateway: SimulatedGateway) -> None:
    reply = gateway.perform(refund(captured(gateway)), key="r")
    assert isinstance(reply, Refunded)
    assert reply.amount == PRICE
    assert gateway.balance("USD") == Money.zero("USD")


def test_a_refund_of_too_much_is_refused(gateway: SimulatedGateway) -> None:
    id = captured(gateway)
    captured(gateway, n=2)
    too_much = gateway.perform(refund(id, Money("1000.01", "USD")), key="r1")
    assert too_much == Declined(code="amount_too_large", gateway_id=id)
    gateway.perform(refund(id), key="r2")
    again = gateway.perform(refund(id), key="r3")
    assert again == Declined(code="charge_already_refunded", gateway_id=id)


def test_a_voided_hold_takes_nothing_and_voiding_it_again_is_no_error(
    gateway: SimulatedGateway,
) -> None:
    id = held(gateway)
    for key in ("v1", "v2"):
        assert gateway.perform(Void(gateway_id=id), key=key) == Voided(gateway_id=id)
    assert gateway.effects(Void) == 1
    assert gateway.held("USD") == Money.zero("USD")


def test_an_expired_hold_counts_as_voided(gateway: SimulatedGateway, clock: VirtualClock) -> None:
    id = held(gateway)
    clock.advance(days=7)
    assert gateway.perform(Void(gateway_id=id), key="v") == Voided(gateway_id=id)
    assert gateway.effects(Void) == 0


def test_what_was_captured_cannot_be_voided(gateway: SimulatedGateway) -> None:
    id = captured(gateway)
    reply = gateway.perform(Void(gateway_id=id), key="v")
    assert reply == Declined(code="payment_intent_unexpected_state", gateway_id=id)
    assert gateway.balance("USD") == PRICE


def test_what_waits_for_the_payer_can_be_voided(gateway: SimulatedGateway) -> None:
    id = held(gateway, "pm_card_threeDSecure2Required")
    assert gateway.perform(Void(gateway_id=id), key="v") == Voided(gateway_id=id)
    with pytest.raises(GatewayError, match="nothing to confirm"):
        gateway.confirm(id)


def test_capturing_what_is_captured_says_so_and_takes_nothing_more(
    gateway: SimulatedGateway,
) -> None:
    id = captured(gateway)
    capture = Capture(gateway_id=id, amount=PRICE)
    again = gateway.perform(capture, key="c2")
    assert again == gateway.perform(capture, key="capture_1")
    assert isinstance(again, Captured)
    assert (gateway.effects(Capture), gateway.balance("USD")) == (1, PRICE)


def test_what_the_payer_has_not_confirmed_cannot_be_captured(gateway: SimulatedGateway) -> None:
    id = held(gateway, "pm_card_threeDSecure2Required")
    reply = gateway.perform(Capture(gateway_id=id, amount=PRICE), key="c")
    assert reply == Declined(code="payment_intent_unexpected_state", gateway_id=id)


def test_an_account_is_pending_until_the_gateway_made_up_its_mind(
    gateway: SimulatedGateway,
) -> None:
    request = OpenAccount(reference="pac_1", owner="ctr_42")
    first = gateway.perform(request, key="open")
    assert isinstance(first, AccountState)
    assert first.standing is AccountStanding.PENDING
    moves: list[tuple[Callable[[str], None], AccountStanding]] = [
        (gateway.activate, AccountStanding.ACTIVE),
        (gateway.restrict, AccountStanding.RESTRICTED),
        (gateway.reject, AccountStanding.REJECTED),
    ]
    for move, standing in moves:
        move("pac_1")
        now = AccountState(gateway_id=first.gateway_id, standing=standing)
        assert asked(gateway, request, first.gateway_id) == asked(gateway, request) == now
    assert gateway.perform(request, key="open") == first


def test_only_an_active_account_is_paid(gateway: SimulatedGateway) -> None:
    id, account = captured(gateway), opened(gateway)
    reply = gateway.perform(transfer(account, id), key="t1")
    assert reply == Declined(code="account_not_active")
    gateway.activate(account)
    assert gateway.perform(transfer(account, id), key="t1") == reply
    assert isinstance(gateway.perform(transfer(account, id), key="t2"), Transferred)


def test_a_transfer_takes_no_more_than_its_charge_covers(gateway: SimulatedGateway) -> None:
    id, account = captured(gateway), opened(gateway)
    captured(gateway, n=2)
    gateway.activate(account)
    too_much = transfer(account, id, Money("1000.01", "USD"))
    assert gateway.perform(too_much, key="t") == Declined(code="amount_too_large")
    assert gateway.connected_balance(account, "USD") == Money.zero("USD")


def test_amounts_have_the_digits_of_their_currency(gateway: SimulatedGateway) -> None:
    yen = Money("1000", "JPY")
    gateway.perform(authorize(amount=yen), key="k")
    assert gateway.held("JPY") == yen
    assert gateway.held("USD") == Money.zero("USD")


def test_a_balance_may_be_larger_than_any_single_amount(gateway: SimulatedGateway) -> None:
    most = Money.from_minor(10**15, "USD")
    for n in range(2):
        reply = gateway.perform(authorize(n=n, amount=most), key=f"a{n}")
        assert isinstance(reply, Authorized)
        gateway.perform(Capture(gateway_id=reply.gateway_id, amount=most), key=f"c{n}")
    assert gateway.balance("USD").minor == 2 * 10**15


# --------------------------------------------------------------------------------- cards


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_chargeDeclined", "generic_decline"),
        ("pm_card_visa_chargeDeclined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedInsufficientFunds", "insufficient_funds"),
        ("pm_card_visa_chargeDeclinedLostCard", "lost_card"),
        ("pm_card_visa_chargeDeclinedStolenCard", "stolen_card"),
        ("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "card_velocity_exceeded"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card"),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc"),
        ("pm_card_chargeDeclinedProcessingError", "processing_error"),
        ("pm_card_chargeDeclinedFraudulent", "fraudulent"),
        ("pm_card_radarBlock", "fraudulent"),
        ("pm_card_chargeCustomerFail", "generic_decline"),
        ("pm_card_visa_chargeDeclinedTypo", "resource_missing"),
    ],
)
def test_a_bad_card_is_declined_for_its_own_reason(
    gateway: SimulatedGateway, method: str, code: str
) -> None:
    reply = gateway.perform(authorize(method), key="k")
    assert isinstance(reply, Declined)
    assert reply.code == code
    assert gateway.perform(authorize(method), key="k") == reply
    assert (gateway.effects(Authorize), gateway.held("USD")) == (0, Money.zero("USD"))


@pytest.mark.parametrize("method", ["pm_card_visa", "pm_card_mastercard", "pm_card_de", "pm_1PqRs"])
def test_a_good_card_is_good(gateway: SimulatedGateway, method: str) -> None:
    assert isinstance(gateway.perform(authorize(method), key="k"), Authorized)


@pytest.mark.parametrize(
    "method",
    [
        None,
        "pm_card_authenticationRequired",
        "pm_card_authenticationRequiredOnSetup",
        "pm_card_threeDSecure2Required",
        "pm_card_threeDSecureRequired",
    ],
)
def test_a_card_that_asks_stands_once_the_payer_has_confirmed(
    gateway: SimulatedGateway, method: str | None
) -> None:
    reply = gateway.perform(authorize(method), key="k")
    assert isinstance(reply, ActionRequired)
    assert reply.client_secret is not None
    assert reply.client_secret.startswith(f"{reply.gateway_id}_secret_")
    assert reply.client_secret not in repr(reply)
    assert gateway.held("USD") == Money.zero("USD")
    assert asked(gateway, authorize(method)) == reply
    gateway.confirm("pay_1")
    assert isinstance(asked(gateway, authorize(method)), Authorized)
    assert gateway.held("USD") == PRICE


@pytest.mark.parametrize(
    ("method", "code"),
    [
        ("pm_card_threeDSecureRequiredChargeDeclined", "generic_decline"),
        ("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds", "insufficient_funds"),
    ],
)
def test_a_card_may_be_declined_after_the_payer_has_confirmed(
    gateway: SimulatedGateway, method: str, code: str
) -> None:
    id = held(gateway, method)
    gateway.confirm(id)
    assert asked(gateway, authorize(method)) == Declined(code=code, gateway_id=id)
    with pytest.raises(GatewayError, match="nothing to confirm"):
        gateway.confirm(id)


# --------------------------------------------------------------------------- the outside


def test_a_failed_confirmation_is_a_refusal(gateway: SimulatedGateway) -> None:
    id = held(gateway, "pm_card_authenticationRequired")
    gateway.fail_confirmation(id)
    failure = Declined(code="payment_intent_authentication_failure", gateway_id=id)
    assert asked(gateway, authorize()) == failure
    with pytest.raises(GatewayError, match="nothing to confirm"):
        gateway.fail_confirmation(id)


def test_confirming_what_stands_already_has_no_effect(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    id = held(gateway)
    before = asked(gateway, authorize())
    clock.advance(days=1)
    gateway.confirm(id)
    assert asked(gateway, authorize()) == before


def test_the_bank_may_let_go_of_a_hold_early(gateway: SimulatedGateway) -> None:
    id = held(gateway)
    gateway.expire("pay_1")
    gateway.expire("pay_1")
    assert gateway.perform(Capture(gateway_id=id, amount=PRICE), key="c") == HoldGone(gateway_id=id)
    assert (gateway.held("USD"), gateway.effects(Void)) == (Money.zero("USD"), 0)


def test_what_is_captured_does_not_expire(gateway: SimulatedGateway) -> None:
    id = captured(gateway)
    with pytest.raises(GatewayError, match="no hold to expire"):
        gateway.expire(id)


def test_a_hold_past_its_time_is_gone(gateway: SimulatedGateway, clock: VirtualClock) -> None:
    id = held(gateway)
    clock.advance(days=7)
    assert asked(gateway, authorize()) == HoldGone(gateway_id=id)
    assert gateway.perform(Capture(gateway_id=id, amount=PRICE), key="c") == HoldGone(gateway_id=id)
    assert (gateway.effects(Capture), gateway.balance("USD")) == (0, Money.zero("USD"))


def test_a_payment_goes_by_its_names_and_by_anything_with_its_id(
    gateway: SimulatedGateway,
) -> None:
    for name in ("its own id", "pay_1", "ptx_1"):
        fresh = SimulatedGateway()
        id = held(fresh, None)
        fresh.confirm(id if name == "its own id" else name)
        assert fresh.held("USD") == PRICE
    held(gateway, None)
    gateway.confirm(SimpleNamespace(id="pay_1"))
    opened(gateway)
    gateway.activate(SimpleNamespace(id="pac_1"))
    assert gateway.held("USD") == PRICE


def test_the_newest_try_of_a_payment_counts(gateway: SimulatedGateway) -> None:
    request = authorize("pm_card_chargeDeclined")
    gateway.perform(request, key="k1")
    second = Authorize(
        reference="ptx_2",
        subject="pay_1",
        amount=PRICE,
        payer="cus_17",
        payment_method=None,
        group="job_1",
    )
    gateway.perform(second, key="k2")
    gateway.confirm("pay_1")
    assert isinstance(asked(gateway, second), Authorized)
    assert isinstance(asked(gateway, request), Declined)


def test_what_it_does_not_know_is_not_found(gateway: SimulatedGateway) -> None:
    held(gateway)
    opened(gateway)
    for play_payment in (gateway.confirm, gateway.fail_confirmation, gateway.expire):
        with pytest.raises(NotFound, match="no payment 'pac_1'"):
            play_payment("pac_1")
    for play_account in (gateway.activate, gateway.restrict, gateway.reject):
        with pytest.raises(NotFound, match="no account 'pay_1'"):
            play_account("pay_1")
    assert gateway.connected_balance("ctr_none", "USD") == Money.zero("USD")


# --------------------------------------------------------------------------------- keys


def test_the_same_key_gives_the_same_answer_without_another_effect(
    gateway: SimulatedGateway,
) -> None:
    first = gateway.perform(authorize(), key="k")
    gateway.perform(
        Capture(gateway_id=str(getattr(first, "gateway_id", "")), amount=PRICE), key="c"
    )
    assert gateway.perform(authorize(), key="k") == first
    assert gateway.effects(Authorize) == 1


ONE_OF_EACH: list[tuple[ActingRequest, ActingRequest]] = [
    (authorize(), authorize(n=2)),
    (authorize(), authorize("pm_card_mastercard")),
    (authorize(), authorize(amount=Money("1001", "USD"))),
    (authorize(), Capture(gateway_id="pi", amount=PRICE)),
    (Capture(gateway_id="pi", amount=PRICE), Capture(gateway_id="pi", amount=PAYOUT)),
    (Capture(gateway_id="pi", amount=PRICE), Capture(gateway_id="pi2", amount=PRICE)),
    (Void(gateway_id="pi"), Void(gateway_id="pi2")),
    (refund("pi"), refund("pi", PAYOUT)),
    (transfer("acct", "pi"), transfer("acct2", "pi")),
    (transfer("acct", "pi"), transfer("acct", "pi2")),
    (OpenAccount(reference="r", owner="o"), OpenAccount(reference="r", owner="o2")),
]


@pytest.mark.parametrize(("first", "other"), ONE_OF_EACH)
def test_the_same_key_for_another_request_is_an_error(
    gateway: SimulatedGateway, first: ActingRequest, other: ActingRequest
) -> None:
    succeeds = not isinstance(gateway.perform(first, key="k"), Declined)
    with pytest.raises(GatewayError, match="used for another request") as error:
        gateway.perform(other, key="k")
    assert not isinstance(error.value, GatewayUnavailable)
    if type(other) is not type(first):
        assert gateway.effects(type(other)) == 0
    assert gateway.effects(type(first)) == (1 if succeeds else 0)


# ------------------------------------------------------------------------------- scripts


def test_ok_changes_nothing(gateway: SimulatedGateway) -> None:
    gateway.script(Authorize, Outcome.OK, Outcome.DECLINE)
    assert isinstance(gateway.perform(authorize(), key="k1"), Authorized)
    assert isinstance(gateway.perform(authorize(n=2), key="k2"), Declined)
    assert isinstance(gateway.perform(authorize(n=3), key="k3"), Authorized)


def test_a_scripted_decline_is_kept_with_its_key(gateway: SimulatedGateway) -> None:
    id, account = captured(gateway), opened(gateway)
    gateway.activate(account)
    requests: list[ActingRequest] = [
        authorize(n=9),
        Capture(gateway_id=held(gateway, n=2), amount=PRICE),
        Void(gateway_id=held(gateway, n=3)),
        refund(id),
        transfer(account, id),
        OpenAccount(reference="pac_9", owner="ctr_9"),
    ]
    effects = [gateway.effects(type(request)) for request in requests]
    for request in requests:
        gateway.script(type(request), "decline")
        for _ in range(2):
            reply = gateway.perform(request, key=f"k_{type(request).__name__}")
            assert isinstance(reply, Declined)
            assert reply.code == "generic_decline"
    assert [gateway.effects(type(request)) for request in requests] == effects
    assert isinstance(asked(gateway, authorize(n=9)), Declined)


def test_a_scripted_action_is_required_of_any_card(gateway: SimulatedGateway) -> None:
    gateway.script(Authorize, Outcome.ACTION_REQUIRED)
    reply = gateway.perform(authorize(), key="k")
    assert isinstance(reply, ActionRequired)
    gateway.confirm(reply.gateway_id)
    assert gateway.held("USD") == PRICE


def test_a_timeout_before_leaves_nothing_behind(gateway: SimulatedGateway) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_BEFORE)
    with pytest.raises(GatewayUnavailable):
        gateway.perform(authorize(), key="k")
    assert asked(gateway, authorize()) == NotThere()
    assert gateway.effects(Authorize) == 0
    assert isinstance(gateway.perform(authorize(n=2), key="k"), Authorized)


def test_a_timeout_after_leaves_the_effect_and_its_answer(gateway: SimulatedGateway) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER, Outcome.TIMEOUT_AFTER)
    for _ in range(2):
        with pytest.raises(GatewayUnavailable):
            gateway.perform(authorize(), key="k")
    found = asked(gateway, authorize())
    assert isinstance(found, Authorized)
    assert gateway.perform(authorize(), key="k") == found
    assert gateway.effects(Authorize) == 1


def test_an_error_500_is_repeated_for_ever_although_the_effect_is_there(
    gateway: SimulatedGateway,
) -> None:
    gateway.script(Authorize, Outcome.ERROR_500)
    for _ in range(3):
        with pytest.raises(GatewayUnavailable, match="500"):
            gateway.perform(authorize(), key="k")
    assert isinstance(asked(gateway, authorize()), Authorized)
    assert gateway.effects(Authorize) == 1


def test_an_error_500_before_the_effect_is_repeated_for_ever_too(
    gateway: SimulatedGateway,
) -> None:
    gateway.script(Authorize, Outcome.ERROR_500_BEFORE)
    for _ in range(3):
        with pytest.raises(GatewayUnavailable, match="500"):
            gateway.perform(authorize(), key="k")
    assert asked(gateway, authorize()) == NotThere()
    assert gateway.effects(Authorize) == 0
    assert isinstance(gateway.perform(authorize(), key="another"), Authorized)


def test_a_hold_may_be_gone_just_before_it_is_captured(gateway: SimulatedGateway) -> None:
    id = held(gateway)
    gateway.script(Capture, Outcome.HOLD_GONE)
    assert gateway.perform(Capture(gateway_id=id, amount=PRICE), key="c") == HoldGone(gateway_id=id)
    assert gateway.balance("USD") == gateway.held("USD") == Money.zero("USD")
    assert gateway.effects(Capture) == gateway.effects(Void) == 0


def test_a_hold_may_be_gone_just_before_it_is_voided(gateway: SimulatedGateway) -> None:
    id = held(gateway)
    gateway.script(Void, Outcome.HOLD_GONE)
    assert gateway.perform(Void(gateway_id=id), key="v") == Voided(gateway_id=id)


def test_a_key_that_was_answered_keeps_its_answer_whatever_the_script_says(
    gateway: SimulatedGateway,
) -> None:
    first = gateway.perform(authorize(), key="k")
    gateway.script(Authorize, Outcome.DECLINE, Outcome.ERROR_500, Outcome.ACTION_REQUIRED)
    for _ in range(3):
        assert gateway.perform(authorize(), key="k") == first


@pytest.mark.parametrize("outcome", ["timeout_before", "timeout_after", "error_500"])
def test_a_look_up_may_go_unanswered(gateway: SimulatedGateway, outcome: str) -> None:
    gateway.script(LookUp, outcome)
    with pytest.raises(GatewayUnavailable):
        asked(gateway, authorize())
    assert asked(gateway, authorize()) == NotThere()


@pytest.mark.parametrize(
    ("request_class", "outcome"),
    [
        (Capture, "action_required"),
        (LookUp, "decline"),
        (Authorize, "hold_gone"),
        (Authorize, "sunshine"),
        (Captured, "ok"),
    ],
)
def test_a_script_that_cannot_happen_is_refused(
    gateway: SimulatedGateway, request_class: type[GatewayRequest], outcome: str
) -> None:
    with pytest.raises(InvalidInput):
        gateway.script(request_class, "ok", outcome)
    gateway.perform(authorize(), key="k")


# ------------------------------------------------------------------------------- look-ups


def test_a_look_up_finds_nothing_before_and_the_thing_after(gateway: SimulatedGateway) -> None:
    account = opened(gateway)
    gateway.activate(account)
    id = held(gateway)
    capture, void = Capture(gateway_id=id, amount=PRICE), Void(gateway_id=id)
    steps: list[ActingRequest] = [capture, transfer(account, id), refund(id, Money("300", "USD"))]
    for request in steps:
        assert asked(gateway, request) == NotThere()
        reply = gateway.perform(request, key=type(request).__name__)
        assert asked(gateway, request) == reply
        assert asked(gateway, request, getattr(reply, "gateway_id", None)) == reply
    assert asked(gateway, void) == NotThere()
    assert asked(gateway, authorize()) == asked(gateway, capture)
    other = held(gateway, n=2)
    assert asked(gateway, Void(gateway_id=other)) == NotThere()
    gateway.perform(Void(gateway_id=other), key="v")
    assert asked(gateway, Void(gateway_id=other)) == Voided(gateway_id=other)
    gone = HoldGone(gateway_id=other)
    assert asked(gateway, Capture(gateway_id=other, amount=PRICE)) == gone
    assert asked(gateway, authorize(n=2), other) == gone


def test_a_look_up_goes_by_the_very_try_and_the_very_account(gateway: SimulatedGateway) -> None:
    held(gateway)
    opened(gateway)
    another_try = Authorize(
        reference="pay_1",  # the subject of the one that is there
        subject="pay_1",
        amount=PRICE,
        payer="cus_17",
        payment_method="pm_card_visa",
        group="job_1",
    )
    assert asked(gateway, another_try) == NotThere()
    assert asked(gateway, OpenAccount(reference="ctr_42", owner="ctr_42")) == NotThere()
    assert asked(gateway, authorize(), "pi_sim_nowhere") == NotThere()


@pytest.mark.parametrize(
    "request_",
    [
        authorize(),
        Capture(gateway_id="pi_no", amount=PRICE),
        Void(gateway_id="pi_no"),
        refund("pi_no"),
        transfer("acct_no", "pi_no"),
        OpenAccount(reference="pac_1", owner="ctr_42"),
    ],
)
def test_a_look_up_creates_nothing_and_uses_no_key(
    gateway: SimulatedGateway, request_: ActingRequest
) -> None:
    for _ in range(2):
        assert gateway.perform(LookUp(request=request_), key="k") == NotThere()
    assert gateway.effects(type(request_)) == 0
    gateway.perform(authorize(n=5), key="k")  # the key is free


# ---------------------------------------------------------------------------- bookkeeping


def test_it_remembers_what_it_was_asked(gateway: SimulatedGateway) -> None:
    gateway.script(Authorize, Outcome.TIMEOUT_BEFORE)
    with pytest.raises(GatewayUnavailable):
        gateway.perform(authorize(), key="k")
    gateway.perform(authorize(), key="k")
    asked(gateway, authorize())
    assert gateway.calls == ((Authorize, "k"), (Authorize, "k"), (LookUp, ""))
    assert (gateway.count(Authorize), gateway.count(LookUp), gateway.count(Void)) == (2, 1, 0)
    assert gateway.effects(Authorize) == 1


def test_its_memory_of_calls_is_bounded() -> None:
    gateway = SimulatedGateway()
    for _ in range(10_001):
        asked(gateway, authorize())
    assert len(gateway.calls) == 10_000
    assert gateway.count(LookUp) == 10_001


# --------------------------------------------------------------------------------- clock


def test_it_takes_the_clock_of_the_marketplace(clock: VirtualClock) -> None:
    gateway = SimulatedGateway()
    gateway.use_clock(clock)
    reply = gateway.perform(authorize(), key="k")
    assert isinstance(reply, Authorized)
    assert reply.expires_at == clock() + timedelta(days=7)


def test_its_own_clock_wins(clock: VirtualClock) -> None:
    gateway = SimulatedGateway(now=clock)
    gateway.use_clock(lambda: datetime(2040, 1, 1, tzinfo=UTC))
    reply = gateway.perform(authorize(), key="k")
    assert isinstance(reply, Authorized)
    assert reply.expires_at == clock() + timedelta(days=7)


def test_without_any_clock_it_lives_by_the_real_one() -> None:
    reply = SimulatedGateway().perform(authorize(), key="k")
    assert isinstance(reply, Authorized)
    assert reply.expires_at is not None
    assert abs(reply.expires_at - datetime.now(UTC) - timedelta(days=7)) < timedelta(minutes=1)


# ------------------------------------------------------------------------ faults together

FAULTS = st.lists(st.sampled_from(sorted({"ok", "timeout_before", "timeout_after", "error_500"})))


@given(st.data(), st.sampled_from(["authorize", "capture", "void", "refund", "transfer", "open"]))
def test_a_key_has_at_most_one_effect_whatever_goes_wrong(data: st.DataObject, what: str) -> None:
    gateway = SimulatedGateway()
    account, id = opened(gateway), captured(gateway)
    gateway.activate(account)
    hold = held(gateway, n=2)
    requests: dict[str, ActingRequest] = {
        "authorize": authorize(n=3),
        "capture": Capture(gateway_id=hold, amount=PRICE),
        "void": Void(gateway_id=hold),
        "refund": refund(id),
        "transfer": transfer(account, id),
        "open": OpenAccount(reference="pac_2", owner="ctr_2"),
    }
    request = requests[what]
    before = gateway.effects(type(request))
    faults = data.draw(FAULTS)
    gateway.script(type(request), *faults)
    replies = [tried(gateway, request) for _ in faults]
    answered = [reply for reply in replies if reply is not None]
    assert answered == answered[:1] * len(answered)
    arrived = any(fault != "timeout_before" for fault in faults)
    assert gateway.effects(type(request)) - before == (1 if arrived else 0)
    assert (asked(gateway, request) != NotThere()) == arrived


def tried(gateway: SimulatedGateway, request: ActingRequest) -> GatewayReply | None:
    try:
        return gateway.perform(request, key="k")
    except GatewayUnavailable:
        return None


# -------------------------------------------------------------------- files and neighbours


def test_with_a_file_it_survives_the_process(tmp_path: Path, clock: VirtualClock) -> None:
    before = SimulatedGateway(tmp_path / "gateway.db", now=clock)
    reply = before.perform(authorize("pm_card_authenticationRequired"), key="k")
    before.script(OpenAccount, Outcome.ERROR_500)
    with pytest.raises(GatewayUnavailable):
        opened(before)
    before.close()
    after = SimulatedGateway(tmp_path / "gateway.db", now=clock)
    assert after.perform(authorize("pm_card_authenticationRequired"), key="k") == reply
    with pytest.raises(GatewayUnavailable):
        opened(after)
    after.confirm("pay_1")
    assert after.held("USD") == PRICE
    assert (after.effects(Authorize), after.effects(OpenAccount)) == (1, 1)
    assert captured(after, n=2) != held(after)
    after.close()


def test_what_one_does_with_a_file_the_other_sees_at_once(tmp_path: Path) -> None:
    one, other = (SimulatedGateway(str(tmp_path / "gateway.db")) for _ in range(2))
    id = captured(one)
    assert other.balance("USD") == PRICE
    other.perform(refund(id), key="r")
    assert one.balance("USD") == Money.zero("USD")
    assert one.perform(refund(id), key="r") == asked(other, refund(id))


WORKER = """
import sys
from marketpay.domain.money import Money
from marketpay.ports.gateway import Authorize, Capture
from marketpay.testing import SimulatedGateway

path, name = sys.argv[1:]
gateway = SimulatedGateway(path)
price = Money("10", "USD")
for n in range(100):
    for key in (f"shared_{n}", f"{name}_{n}"):
        hold = gateway.perform(Authorize(reference=key, subject=key, amount=price, payer="c",
                               payment_method="pm_card_visa", group="g"), key=f"a_{key}")
        gateway.perform(Capture(gateway_id=hold.gateway_id, amount=price), key=f"c_{key}")
"""


def start_worker(path: Path, name: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen([sys.executable, "-c", WORKER, path, name], env=environment)


def test_two_processes_share_a_file_and_each_key_takes_effect_once(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"  # they also make it at the same time
    workers = [start_worker(path, name) for name in ("left", "right")]
    assert [worker.wait(timeout=120) for worker in workers] == [0, 0]
    gateway = SimulatedGateway(path)
    assert gateway.effects(Authorize) == gateway.effects(Capture) == 300
    assert gateway.balance("USD") == Money("3000", "USD")


def test_a_killed_process_leaves_whole_effects_that_its_keys_know(tmp_path: Path) -> None:
    path = tmp_path / "gateway.db"
    worker = start_worker(path, "left")
    gateway = SimulatedGateway(path)
    while gateway.effects(Capture) < 20:
        assert worker.poll() in (None, 0)  # not failed
    worker.kill()
    worker.wait()
    assert gateway.balance("USD") == Money("10", "USD") * gateway.effects(Capture)
    assert start_worker(path, "left").wait(timeout=120) == 0
    assert gateway.effects(Authorize) == gateway.effects(Capture) == 200
    assert gateway.balance("USD") == Money("2000", "USD")


@pytest.mark.skipif(not hasattr(os, "fork"), reason="only where processes fork")
def test_a_gateway_in_a_file_is_opened_in_each_process(tmp_path: Path) -> None:
    gateway = SimulatedGateway(tmp_path / "gateway.db")
    child = os.fork()
    if child == 0:
        try:
            captured(gateway)
        except ConfigurationError:
            os._exit(3)
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3


def test_threads_share_it_and_each_key_takes_effect_once(gateway: SimulatedGateway) -> None:
    def work(_: int) -> list[str]:
        return [captured(gateway, n) for n in range(50)]

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(work, range(8)))
    assert all(result == results[0] for result in results)
    assert gateway.effects(Authorize) == gateway.effects(Capture) == 50
    assert gateway.balance("USD") == Money("50000", "USD")
    assert gateway.count(Capture) == 400


def test_a_scripted_fate_befalls_one_request_however_many_threads_ask() -> None:
    gateway = SimulatedGateway()
    gateway.script(Authorize, *[Outcome.DECLINE] * 100)
    with ThreadPoolExecutor(8) as threads:
        replies = list(
            threads.map(lambda n: gateway.perform(authorize(n=n), key=f"k{n}"), range(400))
        )
    assert sum(isinstance(reply, Declined) for reply in replies) == 100


# ------------------------------------------------------------------------------ the module


def test_the_public_names_are_there_and_no_others() -> None:
    from marketpay import testing

    for name in testing.__all__:
        assert getattr(testing, name).__name__.rpartition(".")[2] == name
        assert name in dir(testing)
    with pytest.raises(AttributeError, match="StripeSever"):
        testing.StripeSever  # type: ignore[attr-defined]  # noqa: B018
