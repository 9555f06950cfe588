"""How disputes end: by agreement, or by an administrator."""

from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    AcceptSettlement,
    AccountKind,
    Actor,
    CurrencyMismatch,
    Dispute,
    DisputeStatus,
    FlagPayment,
    Forbidden,
    GetDispute,
    GetPayment,
    GetRefund,
    IdempotencyConflict,
    IllegalTransition,
    InvalidInput,
    IssueRefund,
    JobStatus,
    Marketplace,
    Money,
    MoneyError,
    Payment,
    PaymentStatus,
    Pending,
    ProposeSettlement,
    Reason,
    RefundStatus,
    Refused,
    ResolveDispute,
)
from marketpay.domain.limits import Limits
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    OTHER_CUSTOMER,
    RIVAL,
    SERVICE,
    assigned,
    balance,
    books_are_right,
    completed,
    entries,
    heard,
    in_progress,
    nothing_changes,
    now,
    payee,
    usd,
)
from tests.disputes import (
    PARTIES,
    as_it_is,
    disputed,
    other,
    released,
    resolved,
    resolving,
    under_review,
)
from tests.hearing import hear, rest, stated, tell
from tests.money import paid_out

D = DisputeStatus


def payment_of(market: Marketplace, dispute: Dispute) -> Payment:
    return market.query(GetPayment(dispute.payment))


def proposed(market: Marketplace, by: Actor, dispute: Dispute, amount: str) -> Dispute:
    return market.execute(ProposeSettlement(by=by, dispute=dispute.id, to_customer=usd(amount)))


@pytest.mark.covers("A044")
def test_an_administrator_divides_the_money(market: Marketplace, gateway: SimulatedGateway) -> None:
    payee(market, gateway)
    dispute = under_review(market)
    command = evolve(resolving(dispute, "400", "600"), note="Half a fence is a fence")
    with heard(market) as told:
        outcome = market.execute(command)

    assert (outcome.dispute.status, outcome.dispute.closed_at) == (D.RESOLVED, market.rules.now())
    assert (outcome.dispute.to_customer, outcome.dispute.to_contractor) == (usd("400"), usd("600"))
    assert outcome.dispute.note == "Half a fence is a fence"
    assert outcome.job.status is JobStatus.COMPLETED
    assert outcome.payment.status is PaymentStatus.RELEASED
    assert (outcome.payment.refunded, outcome.payment.contested) == (usd("400"), None)
    assert outcome.refund is not None
    assert (outcome.refund.id, outcome.refund.amount) == (outcome.dispute.refund, usd("400"))
    assert outcome.refund.status is RefundStatus.SUCCEEDED
    assert outcome.next_action is None
    assert as_it_is(market, outcome) == outcome
    assert {"dispute.resolved", "payment.freed", "job.completed"} < {*told.names}
    books_are_right(market, gateway)


def test_the_fees_are_of_the_contractors_part_only(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    outcome = resolved(market, under_review(market), "400", "600")

    assert market.wallet(CONTRACTOR.id, "USD").available == usd("420")
    assert market.revenue("USD").total == usd("180")
    assert balance(market, AccountKind.ESCROW) == usd("0")
    assert entries(market, outcome.payment)[2:] == [
        ("escrow", "refunds_in_transit", "360.00"),
        ("platform_fee", "refunds_in_transit", "40.00"),
        ("escrow", "service_fee", "120.00"),
        ("escrow", "wallet.available(ctr_42)", "420.00"),
        ("refunds_in_transit", "processor", "400.00"),
    ]
    rest(market)
    books_are_right(market, gateway)


def test_all_to_the_customer_cancels_the_job(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    outcome = resolved(market, disputed(market), "1000", "0")

    assert outcome.job.status is JobStatus.CANCELLED
    assert outcome.payment.status is PaymentStatus.REFUNDED
    assert market.revenue("USD").total == usd("0")
    books_are_right(market, gateway)


def test_all_to_the_contractor_is_no_refund(market: Marketplace, gateway: SimulatedGateway) -> None:
    outcome = resolved(market, disputed(market, deal=assigned(market)), "0", "1000")

    assert (outcome.job.status, outcome.refund) == (JobStatus.COMPLETED, None)
    assert (outcome.dispute.refund, gateway.count(RefundPayment)) == (None, 0)
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("700")
    books_are_right(market, gateway)


def test_what_was_refunded_before_is_not_there_to_divide(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    market.execute(IssueRefund(by=ADMIN, payment=deal.payment.id, amount=usd("100")))
    dispute = disputed(market, deal=deal)
    with nothing_changes(market, gateway), pytest.raises(InvalidInput) as wrong:
        resolved(market, dispute, "400", "600")
    assert "USD 900.00" in str(wrong.value)

    outcome = resolved(market, dispute, "300", "600")
    assert outcome.payment.refunded == usd("400")
    assert released(outcome.payment) == usd("600")
    books_are_right(market, gateway)


def test_an_older_debt_is_collected_from_the_contractors_part(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    done = completed(market)
    paid_out(market, gateway, clock, "700")
    market.execute(IssueRefund(by=ADMIN, payment=done.payment.id, amount=usd("100")))
    assert market.wallet(CONTRACTOR.id, "USD").receivable == usd("70")

    resolved(market, under_review(market), "400", "600")
    wallet = market.wallet(CONTRACTOR.id, "USD")
    assert (wallet.available, wallet.receivable) == (usd("350"), usd("0"))
    assert market.verify().ok


def test_resolving_again_the_same_way_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    dispute = disputed(market)
    outcome = resolved(market, dispute, "400", "600")
    again = resolved(market, dispute, "400", "600")

    assert again == outcome
    assert gateway.count(RefundPayment) == 1
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        resolved(market, dispute, "500", "500")


def test_a_refund_without_an_answer_is_pending(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    dispute = disputed(market)
    gateway.script(RefundPayment, Outcome.TIMEOUT_AFTER)
    outcome = resolved(market, dispute, "400", "600")

    assert outcome.refund is not None
    assert isinstance(outcome.next_action, Pending)
    assert outcome.dispute.status is D.RESOLVED
    assert resolved(market, dispute, "400", "600").next_action == outcome.next_action
    clock.advance(minutes=10)
    rest(market)
    assert market.query(GetRefund(outcome.refund.id)).status is RefundStatus.SUCCEEDED
    assert gateway.effects(RefundPayment) == 1
    books_are_right(market, gateway)


@pytest.mark.parametrize("by", [*PARTIES, RIVAL, SERVICE, Actor.SYSTEM], ids=str)
def test_only_an_administrator_decides(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    command = evolve(resolving(under_review(market), "400", "600"), by=by)
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(command)


@pytest.mark.parametrize(
    ("amounts", "error"),
    [
        ((usd("400"), usd("500")), InvalidInput),
        ((usd("400"), usd("601")), InvalidInput),
        ((usd("1001"), usd("0")), InvalidInput),
        ((Money("400", "EUR"), Money("600", "EUR")), CurrencyMismatch),
        ((usd("400"), Money("600", "EUR")), CurrencyMismatch),
        ((usd("-1"), usd("1001")), MoneyError),
        ((usd("1001"), usd("-1")), MoneyError),
        ((400, usd("600")), TypeError),
        ((usd("400"), "600"), TypeError),
    ],
)
def test_the_amounts_must_be_what_is_left(
    market: Marketplace,
    gateway: SimulatedGateway,
    amounts: tuple[Any, Any],
    error: type[Exception],
) -> None:
    dispute = under_review(market)
    to_customer, to_contractor = amounts
    with nothing_changes(market, gateway), pytest.raises(error) as raised:
        market.execute(
            ResolveDispute(
                by=ADMIN,
                dispute=dispute.id,
                to_customer=to_customer,
                to_contractor=to_contractor,
            )
        )
    assert type(raised.value) is error


def test_a_refund_is_what_the_gateway_can_refund(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(limits=lambda _: Limits(step=100))
    dispute = disputed(market)
    with nothing_changes(market, gateway), pytest.raises(MoneyError):
        resolved(market, dispute, "399.99", "600.01")
    with nothing_changes(market, gateway), pytest.raises(MoneyError):
        proposed(market, CUSTOMER, dispute, "399.99")


def test_not_while_the_payment_is_flagged(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market)
    market.execute(FlagPayment(by=Actor.SYSTEM, payment=dispute.payment, detail="issfr_1"))
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        resolved(market, dispute, "400", "600")
    assert refused.value.reason is Reason.PAYMENT_UNDER_REVIEW

    assert resolved(market, dispute, "1000", "0").job.status is JobStatus.CANCELLED
    books_are_right(market, gateway)


@pytest.mark.covers("A171")
@pytest.mark.parametrize("by", PARTIES, ids=str)
def test_one_side_accepts_what_the_other_proposes(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    dispute = under_review(market)
    proposed(market, other(by), dispute, "250")
    with heard(market) as told:
        outcome = market.execute(
            AcceptSettlement(by=by, dispute=dispute.id, to_customer=usd("250"))
        )

    assert outcome.dispute.status is D.RESOLVED
    assert (outcome.dispute.to_customer, outcome.dispute.to_contractor) == (usd("250"), usd("750"))
    assert released(outcome.payment) == usd("750")
    assert "dispute.settled" in told.names
    again = AcceptSettlement(by=by, dispute=dispute.id, to_customer=usd("250"))
    assert market.execute(again) == outcome
    books_are_right(market, gateway)


def test_proposals_of_both_sides_stand_beside_each_other(market: Marketplace) -> None:
    dispute = under_review(market)
    proposed(market, CUSTOMER, dispute, "800")
    proposed(market, CONTRACTOR, dispute, "100")
    found = proposed(market, CUSTOMER, dispute, "700")

    assert (found.customer_proposal, found.contractor_proposal) == (usd("700"), usd("100"))
    assert proposed(market, CUSTOMER, dispute, "700") == found


def test_nobody_accepts_what_they_have_not_seen(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    dispute = under_review(market)
    proposed(market, CONTRACTOR, dispute, "250")
    proposed(market, CONTRACTOR, dispute, "150")
    for by, amount in ((CUSTOMER, "250"), (CONTRACTOR, "150"), (CONTRACTOR, "0")):
        command = AcceptSettlement(by=by, dispute=dispute.id, to_customer=usd(amount))
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.PROPOSAL_CHANGED


def test_a_proposal_is_void_once_there_is_another_sum_to_divide(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    dispute = under_review(market)
    proposed(market, CONTRACTOR, dispute, "250")
    gateway.refund_elsewhere(dispute.payment, usd("300"))
    hear(market, gateway)
    accepting = AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=usd("250"))
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(accepting)
    assert refused.value.reason is Reason.PROPOSAL_CHANGED

    found = proposed(market, CUSTOMER, dispute, "200")
    assert (found.contractor_proposal, found.at_stake) == (None, usd("700"))
    proposed(market, CONTRACTOR, dispute, "250")
    outcome = market.execute(accepting)
    assert (outcome.dispute.to_contractor, outcome.payment.refunded) == (usd("450"), usd("550"))
    books_are_right(market, gateway)


@pytest.mark.parametrize("by", [OTHER_CUSTOMER, RIVAL, ADMIN, SERVICE, Actor.SYSTEM], ids=str)
def test_only_the_parties_settle(market: Marketplace, gateway: SimulatedGateway, by: Actor) -> None:
    dispute = under_review(market)
    for kind in (ProposeSettlement, AcceptSettlement):
        command: Any = kind(by=by, dispute=dispute.id, to_customer=usd("250"))
        with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
            market.execute(command)


def test_a_proposal_is_of_what_is_left(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = disputed(market)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        proposed(market, CUSTOMER, dispute, "1000.01")
    assert refused.value.reason is Reason.NOT_REFUNDABLE
    for kind in (ProposeSettlement, AcceptSettlement):
        command: Any = kind(by=CUSTOMER, dispute=dispute.id, to_customer=Money("1", "EUR"))
        with nothing_changes(market, gateway), pytest.raises(CurrencyMismatch):
            market.execute(command)


def test_what_is_over_is_not_settled(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market)
    proposed(market, CONTRACTOR, dispute, "250")
    resolved(market, dispute, "400", "600")
    for kind in (ProposeSettlement, AcceptSettlement):
        command: Any = kind(by=CUSTOMER, dispute=dispute.id, to_customer=usd("250"))
        with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
            market.execute(command)


def test_a_bank_goes_first(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market)
    proposed(market, CONTRACTOR, dispute, "250")
    tell(market, stated(market, payment_of(market, dispute), "needs_response", "400"))
    for command in (
        resolving(dispute, "400", "600"),
        resolving(dispute, "400", "200"),
        AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=usd("250")),
        ProposeSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=usd("250")),
    ):
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(command)
        assert refused.value.reason is Reason.CHARGEBACK_OPEN

    tell(market, stated(market, payment_of(market, dispute), "lost", "400"))
    outcome = resolved(market, dispute, "100", "500")
    assert (outcome.payment.lost, released(outcome.payment)) == (usd("400"), usd("500"))
    assert market.verify().ok


def test_where_a_bank_took_all_there_is_nothing_to_divide(market: Marketplace) -> None:
    dispute = under_review(market)
    tell(market, stated(market, payment_of(market, dispute), "lost", "1000"))
    outcome = resolved(market, dispute, "0", "0")

    assert outcome.payment.status is PaymentStatus.CHARGED_BACK
    assert (outcome.payment.contested, outcome.refund) == (None, None)
    assert outcome.job.status is JobStatus.CANCELLED
    assert market.verify().ok


def test_after_a_refund_of_all_elsewhere_it_can_still_be_closed(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    dispute = under_review(market)
    gateway.refund_elsewhere(dispute.payment, usd("1000"))
    hear(market, gateway)
    outcome = resolved(market, dispute, "0", "0")

    assert outcome.payment.status is PaymentStatus.REFUNDED
    assert now(market, outcome.payment).contested is None
    books_are_right(market, gateway)


def test_a_key_gives_the_same_outcome_again(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market)
    outcome = market.execute(resolving(dispute, "400", "600"), key="k")

    assert market.execute(resolving(dispute, "400", "600"), key="k") == outcome
    with nothing_changes(market, gateway), pytest.raises(IdempotencyConflict):
        market.execute(resolving(dispute, "500", "500"), key="k")


def test_a_preview_resolves_nothing(market: Marketplace, gateway: SimulatedGateway) -> None:
    dispute = under_review(market)
    with nothing_changes(market, gateway):
        decision = market.preview(resolving(dispute, "400", "600"))

    assert decision.result.dispute.status is D.RESOLVED
    assert market.query(GetDispute(dispute.id)) == dispute
