"""Playing the outside world with the simulated gateway: banks, owners, the dashboard."""

from types import SimpleNamespace

import pytest

from marketpay.domain.errors import GatewayError, NotFound
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountState,
    Authorize,
    Authorized,
    Capture,
    Captured,
    HoldGone,
    LookUp,
    OpenAccount,
    RefundPayment,
    StartCheckout,
    Transfer,
    Void,
    Voided,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.processor_values import (
    CheckoutStatus,
    DisputeStatus,
    FraudWarning,
    PayoutStatus,
    RefundStatus,
)

PRICE, PART, ZERO = Money("1000", "USD"), Money("300", "USD"), Money.zero("USD")
PAYMENT = SimpleNamespace(id="pay_1")  # as the marketplace has it


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def gateway(clock: VirtualClock) -> SimulatedGateway:
    return SimulatedGateway(now=clock)


@pytest.fixture
def held(gateway: SimulatedGateway) -> str:
    request = Authorize(
        reference="ptx_1",
        subject="pay_1",
        amount=PRICE,
        payer="cus_17",
        payment_method="pm_card_visa",
        group="job_1",
    )
    reply = gateway.perform(request, key="a")
    assert isinstance(reply, Authorized)
    return reply.gateway_id


@pytest.fixture
def paid(gateway: SimulatedGateway, held: str) -> Captured:
    reply = gateway.perform(Capture(gateway_id=held, amount=PRICE), key="c")
    assert isinstance(reply, Captured)
    return reply


@pytest.fixture
def account(gateway: SimulatedGateway, paid: Captured) -> str:
    opened = gateway.perform(OpenAccount(reference="pac_1", owner="ctr_42"), key="o")
    assert isinstance(opened, AccountState)
    gateway.activate("pac_1")
    transfer = Transfer(
        reference="ptx_t",
        account=opened.gateway_id,
        amount=PART,
        source=paid.charge,
        group="job_1",
    )
    gateway.perform(transfer, key="t")
    return opened.gateway_id


# ------------------------------------------------------------------------------ dashboard


def test_what_is_captured_elsewhere_is_captured(gateway: SimulatedGateway, held: str) -> None:
    gateway.capture_elsewhere(PAYMENT)
    capture = Capture(gateway_id=held, amount=PRICE)
    looked = gateway.perform(LookUp(request=capture), key="")
    assert isinstance(looked, Captured)
    assert gateway.perform(capture, key="c") == looked
    assert gateway.balance("USD") == PRICE


def test_less_may_be_captured_elsewhere(gateway: SimulatedGateway, held: str) -> None:
    gateway.capture_elsewhere(held, PART)
    reply = gateway.perform(Capture(gateway_id=held, amount=PRICE), key="c")
    assert isinstance(reply, Captured)
    assert reply.amount == gateway.balance("USD") == PART


def test_what_is_canceled_elsewhere_is_gone(gateway: SimulatedGateway, held: str) -> None:
    gateway.cancel_elsewhere(PAYMENT)
    gone = gateway.perform(Capture(gateway_id=held, amount=PRICE), key="c")
    assert gone == HoldGone(gateway_id=held)
    assert gateway.perform(Void(gateway_id=held), key="v") == Voided(gateway_id=held)


def test_what_is_refunded_elsewhere_leaves_less_to_refund(
    gateway: SimulatedGateway, paid: Captured
) -> None:
    assert gateway.refund_elsewhere(PAYMENT, PART).reference is None
    assert gateway.refund_elsewhere(PAYMENT).amount == (PRICE - PART).minor
    assert gateway.balance("USD") == ZERO


def test_what_is_reversed_elsewhere_comes_from_the_account(
    gateway: SimulatedGateway, account: str
) -> None:
    gateway.reverse_elsewhere("ptx_t", Money("1", "USD"))
    gateway.reverse_elsewhere(PAYMENT)  # the transfer of its charge, all that is left
    assert gateway.connected_balance("ctr_42", "USD") == ZERO
    with pytest.raises(GatewayError, match="parameter_invalid_integer"):
        gateway.reverse_elsewhere("ptx_t")


def test_an_owner_pays_themselves_out(gateway: SimulatedGateway, account: str) -> None:
    payout = gateway.pay_out_elsewhere(SimpleNamespace(id="pac_1"), PART)
    assert (payout.account, payout.reference) == (account, None)
    assert gateway.connected_balance(account, "USD") == ZERO
    with pytest.raises(GatewayError, match="balance_insufficient"):
        gateway.pay_out_elsewhere(account, PART)


# --------------------------------------------------------------------------------- payouts


def test_a_payout_goes_by_its_account_too(
    gateway: SimulatedGateway, account: str, clock: VirtualClock
) -> None:
    gateway.pay_out_elsewhere(account, PART)
    assert gateway.arrive_payout("pac_1").status is PayoutStatus.PAID
    failed = gateway.fail_payout(account, "debit_not_authorized")
    assert failed.failure == "debit_not_authorized"
    assert gateway.connected_balance(account, "USD") == PART
    with pytest.raises(GatewayError, match="payout_not_on_its_way"):
        gateway.fail_payout(account)


def test_a_payout_that_is_returned_was_paid_first(gateway: SimulatedGateway, account: str) -> None:
    payout = gateway.pay_out_elsewhere(account, PART)
    gateway.webhooks()
    gateway.return_payout(payout)
    types = [gateway.read_webhook(one.payload, one.headers).type for one in gateway.webhooks()]
    assert types == ["payout.updated", "payout.paid", "payout.failed"]


def test_a_payout_is_canceled_only_while_it_is_pending(
    gateway: SimulatedGateway, account: str, clock: VirtualClock
) -> None:
    gateway.pay_out_elsewhere(account, PART)
    clock.advance(days=1)
    with pytest.raises(GatewayError, match="payout_not_pending"):
        gateway.cancel_payout(account)


# --------------------------------------------------------------------- refunds, checkouts


def test_a_refund_goes_by_its_payment_too(gateway: SimulatedGateway, paid: Captured) -> None:
    refund = RefundPayment(reference="ptx_r", gateway_id=paid.gateway_id, amount=PART)
    gateway.perform(refund, key="r")
    failed = gateway.fail_refund(PAYMENT, "declined")
    assert (failed.status, failed.failure, failed.reference) == (
        RefundStatus.FAILED,
        "declined",
        "ptx_r",
    )
    with pytest.raises(GatewayError, match="refund_not_pending"):
        gateway.settle_refund("ptx_r")


def test_a_page_is_paid_or_closed_once(gateway: SimulatedGateway) -> None:
    start = StartCheckout(
        reference="ptx_c",
        subject="lst_1",
        amount=PRICE,
        payer="cus_17",
        description="A listing",
        success_url="https://market.example/thanks",
        cancel_url="https://market.example/back",
    )
    gateway.perform(start, key="s")
    with pytest.raises(GatewayError, match="insufficient_funds"):
        gateway.pay_checkout("lst_1", card="pm_card_chargeDeclinedInsufficientFunds")
    assert gateway.pay_checkout(SimpleNamespace(id="lst_1")).status is CheckoutStatus.COMPLETE
    for again in (gateway.pay_checkout, gateway.promise_checkout, gateway.expire_checkout):
        with pytest.raises(GatewayError, match="not_open"):
            again("ptx_c")


# ------------------------------------------------------------------------------- disputes


def test_a_dispute_goes_by_its_payment(gateway: SimulatedGateway, paid: Captured) -> None:
    dispute = gateway.dispute(PAYMENT, amount=PART, withdrawn=False)
    assert gateway.balance("USD") == PRICE
    assert gateway.withdraw(PAYMENT).withdrawn == PART.minor
    assert gateway.review(PAYMENT).status is DisputeStatus.UNDER_REVIEW
    assert gateway.lose(dispute.id).status is DisputeStatus.LOST
    assert gateway.balance("USD") == PRICE - PART - Money("15", "USD")
    with pytest.raises(GatewayError, match="dispute_not_open"):
        gateway.win(PAYMENT)


def test_an_inquiry_may_come_to_nothing(gateway: SimulatedGateway, paid: Captured) -> None:
    gateway.dispute(PAYMENT, inquiry=True)
    assert gateway.close_inquiry(PAYMENT).status is DisputeStatus.WARNING_CLOSED
    assert gateway.balance("USD") == PRICE


def test_the_fee_of_a_dispute_may_be_given_back(gateway: SimulatedGateway, paid: Captured) -> None:
    gateway.dispute(PAYMENT)
    assert gateway.balance("USD") == -Money("15", "USD")
    gateway.win(PAYMENT, fee_returned=True)
    assert gateway.balance("USD") == PRICE


def test_an_issuer_warns_of_a_payment(gateway: SimulatedGateway, paid: Captured) -> None:
    warning = gateway.warn(PAYMENT)
    assert isinstance(warning, FraudWarning)
    assert warning.payment == paid.gateway_id


# ------------------------------------------------------------------------------- accounts


def test_an_owner_who_leaves_is_gone(gateway: SimulatedGateway, account: str) -> None:
    gateway.deauthorize("pac_1")
    with pytest.raises(GatewayError, match="account_invalid"):
        gateway.activate("pac_1")
    with pytest.raises(GatewayError, match="account_not_active"):
        gateway.pay_out_elsewhere(account, PART)


def test_what_it_does_not_know_is_not_found(gateway: SimulatedGateway, held: str) -> None:
    for play in (
        gateway.capture_elsewhere,
        gateway.refund_elsewhere,
        gateway.dispute,
        gateway.warn,
        gateway.fail_refund,
        gateway.fail_payout,
        gateway.return_payout,
        gateway.pay_checkout,
        gateway.reverse_elsewhere,
        gateway.win,
        gateway.deauthorize,
    ):
        with pytest.raises(NotFound, match="'pay_9'"):
            play("pay_9")
    with pytest.raises(NotFound, match="no dispute 'pay_1'"):
        gateway.win(PAYMENT)


def test_a_tick_lets_happen_what_is_due(
    gateway: SimulatedGateway, held: str, clock: VirtualClock
) -> None:
    assert gateway.tick() == 0
    clock.advance(days=7)
    assert gateway.tick() == 1
    assert gateway.held("USD") == ZERO
