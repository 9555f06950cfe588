from datetime import UTC, datetime
from typing import Any

import pytest

from marketpay.adapters.stripe.balance import balance_page
from marketpay.adapters.stripe.replies import link, reply_to
from marketpay.adapters.stripe.states import state_for
from marketpay.domain.errors import GatewayError
from marketpay.domain.money import Money
from marketpay.ports import gateway as port
from marketpay.ports.gateway import (
    AccountStanding,
    BalanceChange,
    BalanceKind,
    ChargebackStanding,
    GatewayReply,
    Inspect,
    Progress,
    Topic,
)
from tests.adapters.stripe.requests import (
    AUTHORIZE,
    CAPTURE,
    EXPIRE,
    OPEN,
    PAY_OUT,
    PRICE,
    REFUND,
    REVERSE,
    START,
    TRANSFER,
    VOID,
)

UNTIL = 1_700_000_000
WHEN = datetime.fromtimestamp(UNTIL, UTC)
SECRET = "pi_1_secret_xyz"


def payment(status: str, **more: Any) -> dict[str, Any]:
    """A payment intent as Stripe renders one, as far as it is read."""
    card = {"brand": "visa", "capture_before": UNTIL}
    charge = {"id": "ch_1", "object": "charge", "payment_method_details": {"card": card}}
    return {
        "id": "pi_1",
        "object": "payment_intent",
        "amount": 100_000,
        "amount_received": 100_000 if status == "succeeded" else 0,
        "client_secret": SECRET,
        "currency": "usd",
        "last_payment_error": None,
        "latest_charge": charge,
        "status": status,
        **more,
    }


HELD = port.Authorized(gateway_id="pi_1", expires_at=WHEN)
ACT = port.ActionRequired(gateway_id="pi_1", client_secret=SECRET)
TAKEN = port.Captured(gateway_id="pi_1", amount=PRICE, charge="ch_1")
GONE = port.HoldGone(gateway_id="pi_1")
BUSY = port.Processing(gateway_id="pi_1")


@pytest.mark.parametrize(
    ("status", "authorized", "captured", "voided"),
    [
        ("requires_payment_method", ACT, port.NotThere(), port.NotThere()),
        ("requires_confirmation", ACT, port.NotThere(), port.NotThere()),
        ("requires_action", ACT, port.NotThere(), port.NotThere()),
        ("processing", BUSY, BUSY, port.NotThere()),
        ("requires_capture", HELD, port.NotThere(), port.NotThere()),
        ("succeeded", TAKEN, TAKEN, port.NotThere()),
        ("canceled", GONE, GONE, port.Voided(gateway_id="pi_1")),
    ],
)
def test_a_payment_answers_each_request_by_its_state(
    status: str, authorized: GatewayReply, captured: GatewayReply, voided: GatewayReply
) -> None:
    object = payment(status)

    assert reply_to(AUTHORIZE, object) == authorized
    assert reply_to(CAPTURE, object) == captured
    assert reply_to(VOID, object) == voided


def test_a_payment_that_was_refused_says_why() -> None:
    error = {"type": "card_error", "code": "card_declined", "decline_code": "lost_card"}
    object = payment("requires_payment_method", last_payment_error=error)

    assert reply_to(AUTHORIZE, object) == port.Declined(code="lost_card", gateway_id="pi_1")


def test_a_payer_who_has_to_be_asked_is_no_refusal() -> None:
    error = {"type": "card_error", "code": "authentication_required"}
    object = payment("requires_payment_method", last_payment_error=error)

    assert reply_to(AUTHORIZE, object) == ACT


@pytest.mark.parametrize(
    "charge",
    ["ch_1", None, {"id": "ch_1"}, {"id": "ch_1", "payment_method_details": {"card": {}}}],
    ids=["not expanded", "none", "without details", "without a date"],
)
def test_a_hold_without_a_date_has_none(charge: object) -> None:
    held = payment("requires_capture", latest_charge=charge)

    assert reply_to(AUTHORIZE, held) == port.Authorized(gateway_id="pi_1", expires_at=None)


def test_what_was_taken_is_what_stripe_received() -> None:
    taken = payment("succeeded", amount_received=50_000, latest_charge="ch_1")

    half = port.Captured(gateway_id="pi_1", amount=Money("500.00", "USD"), charge="ch_1")
    assert reply_to(CAPTURE, taken) == half


def refund(status: str, **more: Any) -> dict[str, Any]:
    amounts = {"amount": 100_000, "currency": "usd"}
    ours = {"metadata": {"marketpay_reference": "ref_1"}}
    return {"id": "re_1", "status": status, "payment_intent": "pi_1", **amounts, **ours, **more}


@pytest.mark.parametrize(
    ("status", "reply", "progress"),
    [
        ("succeeded", port.Refunded(gateway_id="re_1", amount=PRICE), Progress.SUCCEEDED),
        ("pending", port.Processing(gateway_id="re_1"), Progress.PENDING),
        ("requires_action", port.Processing(gateway_id="re_1"), Progress.PENDING),
        ("failed", port.Declined(code="refund_failed", gateway_id="re_1"), Progress.FAILED),
        ("canceled", port.Declined(code="refund_canceled", gateway_id="re_1"), Progress.CANCELED),
    ],
)
def test_a_refund_answers_by_its_status(
    status: str, reply: GatewayReply, progress: Progress
) -> None:
    inspect = Inspect(topic=Topic.REFUND, gateway_id="re_1")

    assert reply_to(REFUND, refund(status)) == reply
    assert state_for(inspect, refund(status)) == port.RefundState(
        gateway_id="re_1", payment="pi_1", amount=PRICE, progress=progress, reference="ref_1"
    )


def test_a_refund_that_failed_says_why() -> None:
    failed = refund("failed", failure_reason="lost_or_stolen_card")

    declined = port.Declined(code="lost_or_stolen_card", gateway_id="re_1")
    assert reply_to(REFUND, failed) == declined
    state = state_for(Inspect(topic=Topic.REFUND, gateway_id="re_1"), failed)
    assert isinstance(state, port.RefundState)
    assert state.failure == "lost_or_stolen_card"


def test_a_refund_made_by_hand_for_a_charge_names_the_charge() -> None:
    odd = refund("succeeded", payment_intent=None, charge="ch_1", metadata={})

    state = state_for(Inspect(topic=Topic.REFUND, gateway_id="re_1"), odd)
    assert isinstance(state, port.RefundState)
    assert (state.payment, state.reference) == ("ch_1", None)


def test_a_transfer_and_its_reversal_are_made_at_once() -> None:
    transfer = {
        "id": "tr_1",
        "amount": 100_000,
        "reversals": {"data": [{"id": "trr_1", "amount": 40_000, "currency": "usd"}]},
        "currency": "usd",
        "destination": "acct_1",
        "metadata": {"marketpay_reference": "ptx_2"},
    }
    reversal = {"id": "trr_1", "amount": 40_000, "currency": "usd", "transfer": "tr_1"}
    part = Money("400.00", "USD")

    assert reply_to(TRANSFER, transfer) == port.Transferred(gateway_id="tr_1", amount=PRICE)
    assert reply_to(REVERSE, reversal) == port.Reversed(gateway_id="trr_1", amount=part)
    assert state_for(Inspect(topic=Topic.TRANSFER, gateway_id="tr_1"), transfer) == (
        port.TransferState(
            gateway_id="tr_1",
            account="acct_1",
            amount=PRICE,
            reversals=(port.ReversalState(gateway_id="trr_1", amount=part, reference=None),),
            reference="ptx_2",
        )
    )


@pytest.mark.parametrize(
    ("status", "reply", "progress"),
    [
        ("pending", port.Processing(gateway_id="po_1"), Progress.PENDING),
        ("in_transit", port.Processing(gateway_id="po_1"), Progress.PENDING),
        ("paid", port.PaidOut(gateway_id="po_1", amount=PRICE), Progress.SUCCEEDED),
        ("failed", port.Declined(code="account_closed", gateway_id="po_1"), Progress.FAILED),
    ],
)
def test_a_payout_answers_by_its_status(
    status: str, reply: GatewayReply, progress: Progress
) -> None:
    failure = "account_closed" if status == "failed" else None
    payout = {"id": "po_1", "amount": 100_000, "currency": "usd", "metadata": {}}
    payout |= {"status": status, "failure_code": failure}

    assert reply_to(PAY_OUT, payout) == reply
    inspect = Inspect(topic=Topic.PAYOUT, gateway_id="po_1", account="acct_1")
    assert state_for(inspect, payout) == port.PayoutState(
        gateway_id="po_1",
        account="acct_1",
        amount=PRICE,
        progress=progress,
        reference=None,
        failure=failure,
    )


def page(status: str, paid: str = "unpaid") -> dict[str, Any]:
    return {
        "id": "cs_test_1",
        "status": status,
        "payment_status": paid,
        "amount_total": 100_000,
        "currency": "usd",
        "expires_at": UNTIL,
        "url": "https://checkout.stripe.com/c/pay/cs_test_1" if status == "open" else None,
        "payment_intent": "pi_1" if status == "complete" else None,
    }


@pytest.mark.covers("B065")
def test_a_payment_page_is_open_paid_or_expired() -> None:
    url = "https://checkout.stripe.com/c/pay/cs_test_1"
    waits = port.CheckoutOpen(gateway_id="cs_test_1", url=url, expires_at=WHEN)
    paid = port.CheckoutPaid(gateway_id="cs_test_1", payment="pi_1", amount=PRICE)
    expired = port.CheckoutExpired(gateway_id="cs_test_1")

    assert reply_to(START, page("open")) == waits
    assert reply_to(START, page("complete", "paid")) == paid
    assert reply_to(START, page("complete")) == port.Processing(gateway_id="cs_test_1")
    assert reply_to(START, page("expired")) == expired
    assert reply_to(EXPIRE, page("open")) == port.NotThere()
    assert reply_to(EXPIRE, page("complete", "paid")) == paid
    assert reply_to(EXPIRE, page("expired")) == expired


def v2_account(transfers: str, code: str = "", payouts: str | None = None) -> dict[str, Any]:
    resolution = "contact_stripe" if code == "restricted_other" else "provide_info"
    details = [{"code": code, "resolution": resolution}] if code else []
    balance = {"stripe_transfers": {"status": transfers, "status_details": details}}
    if payouts is not None:
        balance["payouts"] = {"status": payouts, "status_details": []}
    recipient = {"applied": True, "capabilities": {"stripe_balance": balance}}
    return {
        "id": "acct_1",
        "object": "v2.core.account",
        "closed": False,
        "configuration": {"customer": None, "recipient": recipient},
    }


def v1_account(transfers: str | None, **more: Any) -> dict[str, Any]:
    capabilities = {} if transfers is None else {"transfers": transfers}
    return {"id": "acct_1", "object": "account", "capabilities": capabilities, **more}


@pytest.mark.parametrize(
    ("account", "standing"),
    [
        (v2_account("active"), AccountStanding.ACTIVE),
        (v2_account("active", payouts="active"), AccountStanding.ACTIVE),
        (v2_account("active", payouts="pending"), AccountStanding.PENDING),
        (v2_account("pending", "determining_status"), AccountStanding.PENDING),
        (v2_account("restricted", "requirements_past_due"), AccountStanding.PENDING),
        (v2_account("restricted", "restricted_other"), AccountStanding.RESTRICTED),
        (v2_account("rejected"), AccountStanding.REJECTED),
        (v2_account("unsupported", "unsupported_country"), AccountStanding.REJECTED),
        (v2_account("active") | {"closed": True}, AccountStanding.REJECTED),
        (v2_account("active") | {"configuration": None}, AccountStanding.PENDING),
        (v1_account(None), AccountStanding.PENDING),
        (v1_account("pending", details_submitted=True), AccountStanding.PENDING),
        (
            v1_account("active", details_submitted=True, payouts_enabled=True),
            AccountStanding.ACTIVE,
        ),
        (
            v1_account("active", details_submitted=True, payouts_enabled=False),
            AccountStanding.RESTRICTED,
        ),
        (
            v1_account(
                "inactive",
                details_submitted=True,
                requirements={"disabled_reason": "requirements.past_due"},
            ),
            AccountStanding.RESTRICTED,
        ),
        (
            v1_account(
                "inactive",
                details_submitted=True,
                requirements={"disabled_reason": "requirements.pending_verification"},
            ),
            AccountStanding.PENDING,
        ),
        (
            v1_account("active", requirements={"disabled_reason": "rejected.fraud"}),
            AccountStanding.REJECTED,
        ),
    ],
)
def test_an_account_stands_as_its_capabilities_do(
    account: dict[str, Any], standing: AccountStanding
) -> None:
    expected = port.AccountState(gateway_id="acct_1", standing=standing)

    assert reply_to(OPEN, account) == expected
    assert state_for(Inspect(topic=Topic.ACCOUNT, gateway_id="acct_1"), account) == expected


def test_a_link_tells_until_when_in_either_way_of_stripes() -> None:
    v1 = link({"url": "https://connect.stripe.com/x", "expires_at": UNTIL})
    v2 = link({"url": "https://connect.stripe.com/x", "expires_at": "2023-11-14T22:13:20.000Z"})

    assert v1 == v2 == port.Link(url="https://connect.stripe.com/x", expires_at=WHEN)


def movement(amount: int, fee: int = 0, **more: Any) -> dict[str, Any]:
    return {"id": "txn_1", "amount": amount, "fee": fee, "currency": "usd", **more}


def dispute(status: str, *movements: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "du_1",
        "amount": 100_000,
        "currency": "usd",
        "balance_transactions": list(movements),
        "charge": "ch_1",
        "payment_intent": "pi_1",
        "evidence_details": {"due_by": UNTIL},
        "reason": "fraudulent",
        "status": status,
        **more,
    }


def inspected(object: dict[str, Any]) -> port.ChargebackState:
    state = state_for(Inspect(topic=Topic.CHARGEBACK, gateway_id="du_1"), object)
    assert isinstance(state, port.ChargebackState)
    return state


def test_a_chargeback_took_the_amount_and_a_fee() -> None:
    assert inspected(dispute("needs_response", movement(-100_000, 1_500))) == port.ChargebackState(
        gateway_id="du_1",
        payment="pi_1",
        amount=PRICE,
        standing=ChargebackStanding.NEEDS_RESPONSE,
        withdrawn=PRICE,
        fee=Money("15.00", "USD"),
        reason="fraudulent",
        respond_by=WHEN,
    )


def test_one_that_was_won_gave_the_amount_back_and_not_the_fee() -> None:
    state = inspected(dispute("won", movement(-100_000, 1_500), movement(100_000)))

    assert state.withdrawn == Money.zero("USD")
    assert state.fee == Money("15.00", "USD")


def test_an_inquiry_has_taken_nothing() -> None:
    state = inspected(dispute("warning_needs_response", evidence_details=None))

    assert (state.withdrawn, state.fee) == (Money.zero("USD"), Money.zero("USD"))
    assert state.respond_by is None


def test_what_was_withdrawn_is_in_the_currency_of_the_balance() -> None:
    state = inspected(dispute("lost", movement(-92_000, 2_000) | {"currency": "eur"}))

    assert state.amount == PRICE
    assert (state.withdrawn, state.fee) == (Money("920.00", "EUR"), Money("20.00", "EUR"))


def test_more_given_back_than_taken_is_nothing_taken() -> None:
    state = inspected(dispute("won", movement(-90_000), movement(92_000)))

    assert state.withdrawn == Money.zero("USD")


@pytest.mark.parametrize(
    ("status", "standing"),
    [
        ("warning_needs_response", ChargebackStanding.INQUIRY),
        ("warning_under_review", ChargebackStanding.INQUIRY),
        ("warning_closed", ChargebackStanding.CLOSED),
        ("prevented", ChargebackStanding.CLOSED),
        ("needs_response", ChargebackStanding.NEEDS_RESPONSE),
        ("under_review", ChargebackStanding.UNDER_REVIEW),
        ("won", ChargebackStanding.WON),
        ("lost", ChargebackStanding.LOST),
    ],
)
def test_every_status_of_a_dispute_has_its_standing(
    status: str, standing: ChargebackStanding
) -> None:
    assert inspected(dispute(status)).standing is standing


@pytest.mark.parametrize(
    ("request_", "object"),
    [
        (REFUND, refund("teleported")),
        (START, page("teleported")),
        (PAY_OUT, {"id": "po_1", "status": "teleported"}),
    ],
)
def test_a_status_that_is_new_is_no_answer(request_: Any, object: dict[str, Any]) -> None:
    with pytest.raises(GatewayError, match="teleported"):
        reply_to(request_, object)


def test_a_dispute_or_refund_of_a_new_status_is_no_answer_either() -> None:
    with pytest.raises(GatewayError, match="teleported"):
        inspected(dispute("teleported"))
    with pytest.raises(GatewayError, match="teleported"):
        state_for(Inspect(topic=Topic.REFUND, gateway_id="re_1"), refund("teleported"))


def change(type: str, source: object = None, category: str = "", **more: Any) -> dict[str, Any]:
    return {
        "id": "txn_1",
        "amount": 100_000,
        "fee": 2_930,
        "currency": "usd",
        "created": UNTIL,
        "reporting_category": category,
        "source": source,
        "type": type,
        **more,
    }


def test_a_change_of_the_balance_names_what_caused_it() -> None:
    charge = {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": "pi_1",
        "metadata": {"marketpay_reference": "ptx_1"},
    }
    listed = {"data": [change("charge", charge)], "has_more": False}

    assert balance_page(listed) == port.BalancePage(
        changes=(
            BalanceChange(
                gateway_id="txn_1",
                kind=BalanceKind.CHARGE,
                amount=100_000,
                fee=2_930,
                currency="USD",
                source="ch_1",
                payment="pi_1",
                reference="ptx_1",
                at=WHEN,
            ),
        )
    )


@pytest.mark.parametrize(
    ("type", "category", "kind"),
    [
        ("payment", "charge", BalanceKind.CHARGE),
        ("refund", "refund", BalanceKind.REFUND),
        ("payment_refund", "refund", BalanceKind.REFUND),
        ("refund_failure", "refund_failure", BalanceKind.REFUND_FAILURE),
        ("transfer", "transfer", BalanceKind.TRANSFER),
        ("transfer_refund", "transfer_reversal", BalanceKind.TRANSFER_REVERSAL),
        ("adjustment", "dispute", BalanceKind.CHARGEBACK),
        ("adjustment", "dispute_reversal", BalanceKind.CHARGEBACK_REVERSAL),
        ("adjustment", "fee", BalanceKind.FEE),
        ("adjustment", "other_adjustment", BalanceKind.OTHER),
        ("stripe_fee", "fee", BalanceKind.FEE),
        ("payout", "payout", BalanceKind.PAYOUT),
        ("payout_failure", "payout_reversal", BalanceKind.PAYOUT),
        ("topup", "topup", BalanceKind.OTHER),
        ("something_new", "", BalanceKind.OTHER),
    ],
)
def test_every_change_has_its_kind(type: str, category: str, kind: BalanceKind) -> None:
    listed = {"data": [change(type, "src_1", category)], "has_more": False}
    (one,) = balance_page(listed).changes

    assert (one.kind, one.source, one.payment) == (kind, "src_1", None)


def test_a_page_that_is_not_the_last_tells_how_to_ask_for_the_next() -> None:
    listed = [change("charge") | {"id": id} for id in ("txn_2", "txn_1")]

    assert balance_page({"data": listed, "has_more": True}).next == "txn_1"
    assert balance_page({"data": listed, "has_more": False}).next is None
    assert balance_page({"data": [], "has_more": False}) == port.BalancePage(changes=())


def test_what_was_taken_in_one_currency_and_given_back_in_another_is_no_sum() -> None:
    with pytest.raises(GatewayError):
        inspected(dispute("won", movement(-100), movement(90) | {"currency": "eur"}))
