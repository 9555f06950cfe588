"""Edge cases of disputes and the right behaviour, each by its number in the list."""

import pytest

from marketpay import (
    AccountKind,
    Actor,
    CancelJob,
    CompleteJob,
    DisputeStatus,
    ExpireDispute,
    GetDispute,
    GetJob,
    GetPayment,
    IssueRefund,
    JobStatus,
    Marketplace,
    OpenDispute,
    PaymentStatus,
    Reason,
    Refused,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    SERVICE,
    balance,
    books_are_right,
    completed,
    in_progress,
    nothing_changes,
    usd,
)
from tests.disputes import disputed, released, resolved, resolving, under_review
from tests.hearing import hear, rest


@pytest.mark.edge(14)
def test_a_job_is_not_cancelled_under_a_dispute_but_a_full_refund_cancels_it(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    dispute = disputed(market, CUSTOMER, deal)
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(CancelJob(by=ADMIN, job=deal.job.id))
    assert refused.value.code == "dispute_open"

    resolved(market, dispute, "1000", "0")
    assert market.query(GetJob(deal.job.id)).status is JobStatus.CANCELLED
    assert market.query(GetPayment(deal.payment.id)).status is PaymentStatus.REFUNDED
    books_are_right(market, gateway)


@pytest.mark.edge(15)
def test_completion_is_blocked_at_once_and_after_release_there_is_only_a_refund(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal, done = in_progress(market), completed(market)
    disputed(market, CUSTOMER, deal)
    with nothing_changes(market, gateway), pytest.raises(Refused) as blocked:
        market.execute(CompleteJob(by=CUSTOMER, job=deal.job.id))
    assert blocked.value.reason is Reason.DISPUTE_OPEN

    late = OpenDispute(by=CUSTOMER, payment=done.payment.id, reason="It fell over")
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(late)
    assert refused.value.reason is Reason.NOT_DISPUTABLE
    issued = market.execute(IssueRefund(by=ADMIN, payment=done.payment.id, amount=usd("100")))
    assert issued.payment.refunded == usd("100")
    books_are_right(market, gateway)


@pytest.mark.edge(16)
@pytest.mark.parametrize(("rule", "to_customer"), [("opener", "0"), ("customer", "1000")])
def test_who_is_silent_loses_unless_the_rules_say_otherwise(
    open_market: OpenMarket,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    rule: str,
    to_customer: str,
) -> None:
    market = open_market(dispute_default=rule)
    dispute = disputed(market, CONTRACTOR)
    clock.advance(days=7)
    rest(market)
    market.execute(ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id))

    expired = market.query(GetDispute(dispute.id))
    assert (expired.status, expired.to_customer) == (DisputeStatus.EXPIRED, usd(to_customer))
    books_are_right(market, gateway)


@pytest.mark.edge(17)
def test_a_split_is_of_what_is_left_with_commission_on_the_contractors_part_only(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    deal = in_progress(market)
    market.execute(IssueRefund(by=SERVICE, payment=deal.payment.id, amount=usd("200")))
    outcome = resolved(market, under_review(market, CUSTOMER, deal=deal), "300", "500")

    assert outcome.payment.refunded + released(outcome.payment) == usd("1000")
    assert market.revenue("USD").total == usd("150")
    assert market.wallet(CONTRACTOR.id, "USD").available == usd("350")
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


@pytest.mark.edge(22)
def test_nothing_is_refunded_beside_a_dispute(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    dispute = disputed(market)
    for by in (ADMIN, SERVICE):
        refund = IssueRefund(by=by, payment=dispute.payment, amount=usd("1"))
        with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
            market.execute(refund)
        assert refused.value.reason is Reason.DISPUTE_OPEN

    outcome = resolved(market, dispute, "400", "600")
    assert gateway.balance("USD") == usd("600")
    assert outcome.payment.refunded == usd("400")


@pytest.mark.edge(24)
def test_a_chargeback_under_a_dispute_goes_first_and_leaves_the_rest_to_it(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    dispute = under_review(market)
    payment = market.query(GetPayment(dispute.payment))
    gateway.dispute(payment, amount=usd("400"))
    hear(market, gateway)
    command = resolving(dispute, "300", "300")
    with nothing_changes(market, gateway), pytest.raises(Refused) as refused:
        market.execute(command)
    assert refused.value.reason is Reason.CHARGEBACK_OPEN

    gateway.lose(payment)
    hear(market, gateway)
    outcome = market.execute(command)
    assert (outcome.payment.lost, outcome.payment.refunded) == (usd("400"), usd("300"))
    assert released(outcome.payment) == usd("300")
    assert outcome.job.status is JobStatus.COMPLETED
    hear(market, gateway)
    books_are_right(market, gateway)
