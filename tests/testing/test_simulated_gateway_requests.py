"""The simulated gateway's newer requests: what they come to, and what can be asked afterwards."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs import evolve

from marketpay.domain.errors import GatewayError, GatewayUnavailable
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    ActingRequest,
    AskingRequest,
    Authorize,
    Authorized,
    BalanceKind,
    BalancePage,
    Capture,
    Captured,
    ChargebackStanding,
    ChargebackState,
    CheckoutExpired,
    CheckoutOpen,
    CheckoutPaid,
    Declined,
    ExpireCheckout,
    GatewayReply,
    Inspect,
    Link,
    ListBalance,
    LookUp,
    NotThere,
    OnboardingLink,
    OpenAccount,
    PaidOut,
    PayOut,
    PayoutState,
    Processing,
    Progress,
    Refunded,
    RefundPayment,
    RefundState,
    Reversed,
    ReverseTransfer,
    StartCheckout,
    Topic,
    Transfer,
    Transferred,
    TransferState,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from marketpay.testing.processor_values import Account, Method
from marketpay.testing.terms import Fees, Terms

PRICE, PART, FEE = Money("1000", "USD"), Money("300", "USD"), Money("15", "USD")


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture(params=["memory", "file"])
def gateway(
    request: pytest.FixtureRequest, tmp_path: Path, clock: VirtualClock
) -> Iterator[SimulatedGateway]:
    path = None if request.param == "memory" else tmp_path / "gateway.db"
    gateway = SimulatedGateway(path, now=clock)
    yield gateway
    gateway.close()


def authorize(method: str = "pm_card_visa", n: int = 1, payer: str | None = None) -> Authorize:
    return Authorize(
        reference=f"ptx_{n}",
        subject=f"pay_{n}",
        amount=PRICE,
        payer="cus_17",
        payer_account=payer,
        payment_method=method,
        group="job_1",
    )


def taken(gateway: SimulatedGateway, method: str = "pm_card_visa", n: int = 1) -> Captured:
    held = gateway.perform(authorize(method, n), key=f"a{n}")
    assert isinstance(held, Authorized)
    capture = Capture(gateway_id=held.gateway_id, amount=PRICE)
    reply = gateway.perform(capture, key=f"c{n}")
    assert isinstance(reply, Captured)
    return reply


def account(gateway: SimulatedGateway) -> str:
    reply = gateway.perform(OpenAccount(reference="pac_1", owner="ctr_42"), key="o")
    assert isinstance(reply, AccountState)
    gateway.activate(reply.gateway_id)
    return reply.gateway_id


def transferred(gateway: SimulatedGateway, to: str, n: int = 1) -> Transferred:
    transfer = Transfer(
        reference=f"ptx_t{n}",
        account=to,
        amount=PRICE,
        source=taken(gateway, n=n).charge,
        group="job_1",
    )
    reply = gateway.perform(transfer, key=f"t{n}")
    assert isinstance(reply, Transferred)
    return reply


def asked(gateway: SimulatedGateway, request: ActingRequest, id: str | None = None) -> GatewayReply:
    return gateway.perform(LookUp(request=request, gateway_id=id), key="")


def inspected(
    gateway: SimulatedGateway, topic: Topic, id: str, account: str | None = None
) -> GatewayReply:
    return gateway.perform(Inspect(topic=topic, gateway_id=id, account=account), key="")


# ------------------------------------------------------------------------------- payments


def test_a_payer_who_is_known_pays_with_their_own_card_alone(gateway: SimulatedGateway) -> None:
    ann, bob = (gateway.processor.open_customer().id for _ in range(2))
    card = gateway.processor.attach("pm_card_visa", ann)
    assert isinstance(card, Method)
    refused = gateway.perform(authorize(card.id, payer=bob), key="a1")
    assert refused == Declined(code="payment_method_unexpected_state")
    assert isinstance(gateway.perform(authorize(card.id, payer=ann), key="a2"), Authorized)
    with pytest.raises(GatewayError, match="used for another request"):
        gateway.perform(authorize(card.id, payer=bob), key="a2")


def test_a_transfer_may_name_the_payment_for_its_charge(gateway: SimulatedGateway) -> None:
    to, paid = account(gateway), taken(gateway)
    transfer = Transfer(
        reference="ptx_t", account=to, amount=PART, source=paid.gateway_id, group="job_1"
    )
    assert isinstance(gateway.perform(transfer, key="t"), Transferred)
    assert gateway.connected_balance("ctr_42", "USD") == PART


# -------------------------------------------------------------------------------- refunds


def refund(id: str, amount: Money = PART) -> RefundPayment:
    return RefundPayment(reference="ptx_r", gateway_id=id, amount=amount)


def test_a_refund_that_takes_its_time_is_processing(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    request = refund(taken(gateway, "pm_card_pendingRefund").gateway_id)
    reply = gateway.perform(request, key="r")
    assert isinstance(reply, Processing)
    assert asked(gateway, request) == reply
    clock.advance(hours=1)
    assert asked(gateway, request) == Refunded(gateway_id=reply.gateway_id, amount=PART)
    assert gateway.perform(request, key="r") == reply


def test_a_refund_that_fails_later_is_declined_with_its_id(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    request = refund(taken(gateway, "pm_card_refundFail").gateway_id)
    reply = gateway.perform(request, key="r")
    assert isinstance(reply, Refunded)
    assert gateway.balance("USD") == PRICE - PART
    clock.advance(hours=1)
    assert asked(gateway, request) == Declined(code="unknown", gateway_id=reply.gateway_id)
    assert inspected(gateway, Topic.REFUND, reply.gateway_id) == RefundState(
        gateway_id=reply.gateway_id,
        payment=request.gateway_id,
        amount=PART,
        progress=Progress.FAILED,
        reference="ptx_r",
        failure="unknown",
    )
    assert gateway.balance("USD") == PRICE


def test_a_refund_waits_for_the_platforms_money(gateway: SimulatedGateway) -> None:
    moved = transferred(gateway, account(gateway))
    request = refund(gateway.processor.transactions()[0].source)
    reply = gateway.perform(request, key="r")
    assert isinstance(reply, Processing)
    assert gateway.effects(RefundPayment) == 1
    gateway.reverse_elsewhere(moved.gateway_id, PART)
    assert asked(gateway, request) == Refunded(gateway_id=reply.gateway_id, amount=PART)


def test_a_disputed_payment_is_not_refunded(gateway: SimulatedGateway) -> None:
    id = taken(gateway).gateway_id
    gateway.dispute(id)
    assert gateway.perform(refund(id), key="r") == Declined(code="charge_disputed", gateway_id=id)


# -------------------------------------------------------------------- reversals and payouts


def test_what_comes_back_of_a_transfer_is_told_apart(gateway: SimulatedGateway) -> None:
    to = account(gateway)
    id = transferred(gateway, to).gateway_id
    requests = [
        ReverseTransfer(reference=f"ptx_v{n}", gateway_id=id, amount=PART) for n in range(2)
    ]
    replies = [gateway.perform(one, key=one.reference) for one in requests]
    assert all(isinstance(reply, Reversed) for reply in replies)
    assert [asked(gateway, one) for one in requests] == replies
    state = inspected(gateway, Topic.TRANSFER, id)
    assert isinstance(state, TransferState)
    assert (state.account, state.amount, state.reference) == (to, PRICE, "ptx_t1")
    assert {(one.reference, one.amount) for one in state.reversals} == {
        ("ptx_v0", PART),
        ("ptx_v1", PART),
    }
    assert {one.gateway_id for one in state.reversals} == {
        reply.gateway_id for reply in replies if isinstance(reply, Reversed)
    }
    too_much = ReverseTransfer(reference="ptx_v3", gateway_id=id, amount=PART * 2)
    assert gateway.perform(too_much, key="v3") == Declined(code="amount_too_large")
    assert gateway.effects(ReverseTransfer) == 2


def pay_out(to: str, amount: Money = PART) -> PayOut:
    return PayOut(reference="ptx_p", account=to, amount=amount)


def test_a_payout_is_processing_until_it_is_paid_out(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    to = account(gateway)
    transferred(gateway, to)
    reply = gateway.perform(pay_out(to), key="p")
    assert isinstance(reply, Processing)
    assert gateway.connected_balance(to, "USD") == PRICE - PART
    clock.advance(days=1)
    assert asked(gateway, pay_out(to)) == reply
    clock.advance(days=1)
    paid = PaidOut(gateway_id=reply.gateway_id, amount=PART)
    assert asked(gateway, pay_out(to)) == asked(gateway, pay_out(to), reply.gateway_id) == paid
    gateway.return_payout("ptx_p", "no_account")
    returned = Declined(code="no_account", gateway_id=reply.gateway_id)
    assert asked(gateway, pay_out(to)) == returned
    assert gateway.connected_balance(to, "USD") == PRICE


def test_a_payout_that_was_canceled_is_declined_with_its_id(gateway: SimulatedGateway) -> None:
    to = account(gateway)
    transferred(gateway, to)
    reply = gateway.perform(pay_out(to), key="p")
    assert isinstance(reply, Processing)
    gateway.cancel_payout(reply.gateway_id)
    canceled = Declined(code="canceled", gateway_id=reply.gateway_id)
    assert asked(gateway, pay_out(to)) == canceled
    assert gateway.connected_balance(to, "USD") == PRICE
    state = inspected(gateway, Topic.PAYOUT, reply.gateway_id, to)
    assert isinstance(state, PayoutState)
    assert (state.progress, state.failure) == (Progress.CANCELED, None)


def test_a_payout_that_never_was_is_declined_without_an_id(gateway: SimulatedGateway) -> None:
    to = account(gateway)
    transferred(gateway, to)
    too_much = pay_out(to, PRICE + PART)
    assert gateway.perform(too_much, key="p1") == Declined(code="balance_insufficient")
    gateway.restrict(to)
    assert gateway.perform(pay_out(to), key="p2") == Declined(code="account_not_active")
    assert asked(gateway, pay_out(to)) == NotThere()
    assert gateway.effects(PayOut) == 0


# ------------------------------------------------------------------------------ checkouts


def start(clock: VirtualClock | None = None) -> StartCheckout:
    return StartCheckout(
        reference="ptx_c",
        subject="pay_c",
        amount=PRICE,
        payer="cus_17",
        description="A listing",
        success_url="https://market.example/thanks",
        cancel_url="https://market.example/back",
        expires_at=clock() + timedelta(hours=1) if clock else None,
    )


def opened(gateway: SimulatedGateway) -> CheckoutOpen:
    reply = gateway.perform(start(), key="s")
    assert isinstance(reply, CheckoutOpen)
    return reply


def test_a_checkout_that_is_paid_names_its_payment(gateway: SimulatedGateway) -> None:
    page = opened(gateway)
    paid = gateway.pay_checkout("pay_c")
    reply = asked(gateway, start())
    assert reply == CheckoutPaid(
        gateway_id=page.gateway_id, payment=paid.payment or "", amount=PRICE
    )
    assert gateway.balance("USD") == PRICE
    close = ExpireCheckout(gateway_id=page.gateway_id)
    assert asked(gateway, close) == gateway.perform(close, key="e") == reply
    assert gateway.effects(ExpireCheckout) == 0


def test_a_checkout_that_nobody_pays_expires(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    reply = gateway.perform(start(clock), key="s")
    assert isinstance(reply, CheckoutOpen)
    assert reply.expires_at == clock() + timedelta(hours=1)
    close = ExpireCheckout(gateway_id=reply.gateway_id)
    assert asked(gateway, close) == NotThere()
    clock.advance(hours=1)
    expired = CheckoutExpired(gateway_id=reply.gateway_id)
    assert asked(gateway, start()) == asked(gateway, close) == expired
    assert gateway.perform(close, key="e") == expired


@pytest.mark.parametrize("comes", [True, False])
def test_a_slow_payment_is_processing_until_it_is_decided(
    gateway: SimulatedGateway, comes: bool
) -> None:
    id = opened(gateway).gateway_id
    payment = gateway.promise_checkout(id).payment
    assert payment is not None
    assert asked(gateway, start()) == Processing(gateway_id=id)
    assert asked(gateway, authorize(), payment) == Processing(gateway_id=payment)
    assert gateway.perform(ExpireCheckout(gateway_id=id), key="e") == Processing(gateway_id=id)
    if comes:
        gateway.settle_checkout(id)
        assert isinstance(asked(gateway, start()), CheckoutPaid)
    else:
        gateway.fail_checkout(id)
        failed = Declined(code="payment_intent_payment_attempt_failed", gateway_id=id)
        assert asked(gateway, start()) == failed


def test_a_checkout_that_nobody_knows_is_declined(gateway: SimulatedGateway) -> None:
    close = ExpireCheckout(gateway_id="cs_no")
    assert gateway.perform(close, key="e") == Declined(code="resource_missing")
    assert asked(gateway, close) == NotThere()


# ----------------------------------------------------------------------------- inspecting


def test_a_chargeback_says_how_it_stands(gateway: SimulatedGateway, clock: VirtualClock) -> None:
    id = taken(gateway).gateway_id
    dispute = gateway.dispute(id, amount=PART, reason="duplicate", inquiry=True)
    state = ChargebackState(
        gateway_id=dispute.id,
        payment=id,
        amount=PART,
        standing=ChargebackStanding.INQUIRY,
        withdrawn=Money.zero("USD"),
        fee=Money.zero("USD"),
        reason="duplicate",
        respond_by=clock() + timedelta(days=7),
    )
    assert inspected(gateway, Topic.CHARGEBACK, dispute.id) == state
    gateway.escalate(dispute)
    standing = ChargebackStanding.NEEDS_RESPONSE
    state = evolve(state, standing=standing, withdrawn=PART, fee=FEE)
    assert inspected(gateway, Topic.CHARGEBACK, dispute.id) == state
    gateway.review(dispute)
    state = evolve(state, standing=ChargebackStanding.UNDER_REVIEW)
    assert inspected(gateway, Topic.CHARGEBACK, dispute.id) == state
    gateway.win(dispute)
    won = evolve(state, standing=ChargebackStanding.WON, withdrawn=PART - PART, respond_by=None)
    assert inspected(gateway, Topic.CHARGEBACK, dispute.id) == won
    assert gateway.balance("USD") == PRICE - FEE


def test_how_things_stand_is_asked_by_the_gateways_id_alone(gateway: SimulatedGateway) -> None:
    to = account(gateway)
    moved = transferred(gateway, to)
    state = AccountState(gateway_id=to, standing=AccountStanding.ACTIVE)
    assert inspected(gateway, Topic.ACCOUNT, to) == state
    assert inspected(gateway, Topic.ACCOUNT, "pac_1") == NotThere()
    assert inspected(gateway, Topic.TRANSFER, "ptx_t1") == NotThere()
    assert inspected(gateway, Topic.TRANSFER, moved.gateway_id, to) == NotThere()
    assert inspected(gateway, Topic.REFUND, moved.gateway_id) == NotThere()
    with pytest.raises(GatewayError, match="cannot be inspected"):
        inspected(gateway, Topic.BALANCE, "balance")


def test_what_was_done_without_us_has_no_reference(gateway: SimulatedGateway) -> None:
    to = account(gateway)
    transferred(gateway, to)
    id = taken(gateway, n=2).gateway_id
    refunded, paid_out = gateway.refund_elsewhere(id, PART), gateway.pay_out_elsewhere(to, PART)
    refund_state = inspected(gateway, Topic.REFUND, refunded.id)
    payout_state = inspected(gateway, Topic.PAYOUT, paid_out.id, to)
    assert isinstance(refund_state, RefundState)
    assert isinstance(payout_state, PayoutState)
    assert refund_state.reference is payout_state.reference is None
    assert (refund_state.payment, payout_state.account) == (id, to)


# -------------------------------------------------------------------------------- balance


def listed(gateway: SimulatedGateway, clock: VirtualClock, after: str | None = None) -> BalancePage:
    hour = timedelta(hours=1)
    page = gateway.perform(
        ListBalance(since=clock() - hour, until=clock() + hour, after=after), key=""
    )
    assert isinstance(page, BalancePage)
    return page


def test_each_change_of_the_balance_says_where_it_comes_from(clock: VirtualClock) -> None:
    terms = Terms(fees=Fees(Decimal("0.029"), 30))
    gateway = SimulatedGateway(now=clock, terms=terms)
    to = account(gateway)
    paid = taken(gateway)
    transfer = Transfer(
        reference="ptx_t", account=to, amount=PART, source=paid.charge, group="job_1"
    )
    moved = gateway.perform(transfer, key="t")
    assert isinstance(moved, Transferred)
    gateway.reverse_elsewhere(moved.gateway_id)
    gateway.dispute(paid.gateway_id, amount=PART)
    gateway.win(paid.gateway_id)
    gateway.perform(refund(paid.gateway_id), key="r")
    gateway.fail_refund("ptx_r")
    gateway.processor.top_up(5, "USD")
    kinds = [(one.kind, one.amount, one.fee) for one in listed(gateway, clock).changes]
    assert kinds == [
        (BalanceKind.OTHER, 5, 0),
        (BalanceKind.REFUND_FAILURE, 30_000, 0),
        (BalanceKind.REFUND, -30_000, 0),
        (BalanceKind.CHARGEBACK_REVERSAL, 30_000, 0),
        (BalanceKind.CHARGEBACK, -30_000, 1500),
        (BalanceKind.TRANSFER_REVERSAL, 30_000, 0),
        (BalanceKind.TRANSFER, -30_000, 0),
        (BalanceKind.CHARGE, 100_000, 2930),
    ]
    changes = listed(gateway, clock).changes
    assert {one.payment for one in changes[1:]} == {paid.gateway_id}
    references = [one.reference for one in changes]
    assert references == [None, "ptx_r", "ptx_r", None, None, None, "ptx_t", "ptx_1"]
    assert (changes[-1].source, changes[-2].source) == (paid.charge, moved.gateway_id)
    assert {(one.currency, one.at) for one in changes} == {("USD", clock())}


def test_the_balance_comes_in_pages_of_a_hundred(clock: VirtualClock) -> None:
    gateway = SimulatedGateway(now=clock)
    for n in range(101):
        taken(gateway, n=n)
    first = listed(gateway, clock)
    second = listed(gateway, clock, first.next)
    assert (len(first.changes), len(second.changes), second.next) == (100, 1, None)
    assert {one.reference for one in (*first.changes, *second.changes)} == {
        f"ptx_{n}" for n in range(101)
    }


def test_exactly_a_hundred_changes_are_one_page(clock: VirtualClock) -> None:
    gateway = SimulatedGateway(now=clock)
    for n in range(100):
        taken(gateway, n=n)
    assert listed(gateway, clock).next is None


def test_a_payout_of_the_platforms_own_money_is_listed(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    taken(gateway)
    gateway.processor.pay_out("platform", amount=100, currency="USD")
    newest = listed(gateway, clock).changes[0]
    assert (newest.kind, newest.amount, newest.payment) == (BalanceKind.PAYOUT, -100, None)


# ------------------------------------------------------------------------------ onboarding


def test_an_onboarding_link_is_good_for_a_while(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    to = account(gateway)
    ask = OnboardingLink(
        account=to, return_url="https://a.example", refresh_url="https://b.example"
    )
    link = gateway.perform(ask, key="")
    assert isinstance(link, Link)
    assert to in link.url
    assert clock() < link.expires_at < clock() + timedelta(hours=1)
    missing = gateway.perform(evolve(ask, account="acct_no"), key="")
    assert missing == Declined(code="resource_missing")


def test_an_account_is_opened_in_its_country(gateway: SimulatedGateway) -> None:
    gateway.perform(OpenAccount(reference="pac_9", owner="ctr_9", country="DE"), key="o9")
    found = gateway.processor.find_all(Account, "pac_9")
    assert [one.country for one in found] == ["DE"]


# -------------------------------------------------------------------------------- scripts


def acting(gateway: SimulatedGateway) -> list[ActingRequest]:
    """One of each newer request, each of which would succeed."""
    to = account(gateway)
    moved = transferred(gateway, to)
    page = opened(gateway).gateway_id
    return [
        ReverseTransfer(reference="ptx_v", gateway_id=moved.gateway_id, amount=PART),
        pay_out(to),
        evolve(start(), reference="ptx_c2"),
        ExpireCheckout(gateway_id=page),
        refund(gateway.processor.transactions()[0].source),
    ]


@pytest.mark.parametrize("n", range(5))
def test_each_newer_request_may_meet_any_fate(gateway: SimulatedGateway, n: int) -> None:
    request = acting(gateway)[n]
    before = gateway.effects(type(request))

    def tried(outcome: Outcome, key: str) -> GatewayReply | None:
        gateway.script(type(request), outcome)
        try:
            return gateway.perform(request, key=key)
        except GatewayUnavailable:
            return None

    assert tried(Outcome.DECLINE, "k1") == Declined(code="generic_decline")
    assert tried(Outcome.TIMEOUT_BEFORE, "k2") is None
    assert tried(Outcome.ERROR_500_BEFORE, "k3") is None
    assert asked(gateway, request) == NotThere()
    assert gateway.effects(type(request)) == before
    assert tried(Outcome.TIMEOUT_AFTER, "k2") is None
    done = asked(gateway, request)
    assert done != NotThere()
    assert tried(Outcome.OK, "k2") == done
    assert gateway.effects(type(request)) == before + 1


@pytest.mark.parametrize("n", range(5))
def test_an_error_500_may_hide_the_effect_of_each_newer_request(
    gateway: SimulatedGateway, n: int
) -> None:
    request = acting(gateway)[n]
    before = gateway.effects(type(request))
    gateway.script(type(request), Outcome.ERROR_500)
    for _ in range(2):
        with pytest.raises(GatewayUnavailable, match="500"):
            gateway.perform(request, key="k")
    assert asked(gateway, request) != NotThere()
    assert gateway.effects(type(request)) == before + 1


def test_whatever_only_asks_may_go_unanswered(gateway: SimulatedGateway) -> None:
    now = gateway.processor.now()
    questions: list[AskingRequest] = [
        Inspect(topic=Topic.REFUND, gateway_id="re_no"),
        ListBalance(since=now, until=now),
        OnboardingLink(account="acct_no", return_url="", refresh_url=""),
    ]
    for question in questions:
        for fate in (Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER, Outcome.ERROR_500):
            gateway.script(type(question), fate)
            with pytest.raises(GatewayUnavailable):
                gateway.perform(question, key="k")
        assert gateway.perform(question, key="k") is not None


def test_every_detail_of_a_request_belongs_to_its_key(gateway: SimulatedGateway) -> None:
    details: list[tuple[ActingRequest, ActingRequest]] = [
        (start(), evolve(start(), description="Another listing")),
        (start(), evolve(start(), expires_at=gateway.processor.now() + timedelta(hours=2))),
        (
            OpenAccount(reference="r", owner="o"),
            OpenAccount(reference="r", owner="o", country="DE"),
        ),
        (pay_out("acct_no"), pay_out("acct_other")),
    ]
    for n, (first, other) in enumerate(details):
        gateway.perform(first, key=f"k{n}")
        with pytest.raises(GatewayError, match="used for another request"):
            gateway.perform(other, key=f"k{n}")


def test_a_made_thing_goes_by_anything_with_its_id(gateway: SimulatedGateway) -> None:
    to = account(gateway)
    transferred(gateway, to)
    gateway.perform(pay_out(to), key="p")
    gateway.fail_payout(SimpleNamespace(id="ptx_p"))
    assert gateway.connected_balance(SimpleNamespace(id="pac_1"), "USD") == PRICE
