"""Which payments can be disputed, which job ends with a dispute, and who has what is left."""

from typing import Any

import pytest
from attrs import evolve

from marketpay.domain.actor import Role
from marketpay.domain.commission import Commission
from marketpay.domain.deal import Deal
from marketpay.domain.disputing import Contest, all_to, check_undisputed, is_disputable
from marketpay.domain.errors import Reason, Refused
from marketpay.domain.ids import DisputeId, PaymentId
from marketpay.domain.lifecycles import JobStatus, MilestoneStatus, OfferStatus, PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment, PaymentPurpose
from marketpay.domain.rules import DisputeDefault
from marketpay.testing.store_contract.further_samples import a_dispute, a_milestone
from marketpay.testing.store_contract.samples import PRICE, a_job, an_offer

NOTHING = Money("0", "USD")


def contest(**changes: Any) -> Contest:
    """A dispute about a payment that was captured for a job in progress."""
    job = a_job(status=JobStatus.IN_PROGRESS, contractor="ctr_42", **changes)
    offer, pending = an_offer(job, status=OfferStatus.ACCEPTED)
    payment = captured(pending)
    deal = Deal(job, (offer,), (payment,), ())
    return Contest(dispute=a_dispute(payment), deal=deal)


def captured(payment: Payment, **changes: Any) -> Payment:
    usual: dict[str, Any] = {"status": PaymentStatus.CAPTURED, "split": Commission().split(PRICE)}
    return evolve(payment, **usual | changes)


@pytest.mark.parametrize("status", PaymentStatus)
def test_what_is_captured_and_not_gone_can_be_disputed(status: PaymentStatus) -> None:
    payment = contest().payment

    is_captured = status is PaymentStatus.CAPTURED
    assert is_disputable(evolve(payment, status=status)) == is_captured
    assert not is_disputable(evolve(payment, status=status, refunded=PRICE))


def test_one_contested_payment_of_several_is_enough() -> None:
    free = contest().payment
    contested = evolve(free, contested=DisputeId("dsp_1"))

    check_undisputed(free, free)
    with pytest.raises(Refused) as refused:
        check_undisputed(free, contested)
    assert refused.value.reason is Reason.DISPUTE_OPEN


def test_the_job_ends_with_the_dispute_about_what_was_paid_for_it() -> None:
    disputed = contest()

    assert disputed.ending == disputed.deal.job


def test_a_job_that_is_over_does_not_end_again() -> None:
    disputed = contest()
    for status in (JobStatus.COMPLETED, JobStatus.CANCELLED):
        over = evolve(disputed.deal, job=evolve(disputed.deal.job, status=status))
        assert evolve(disputed, deal=over).ending is None


def test_a_job_goes_on_where_a_further_payment_was_disputed() -> None:
    disputed = contest()
    further = evolve(disputed.payment, id=PaymentId("pay_further"))
    deal = evolve(disputed.deal, payments=(*disputed.deal.payments, further))
    about = evolve(disputed.dispute, payment=further.id)

    assert Contest(dispute=about, deal=deal).payment == further
    assert Contest(dispute=about, deal=deal).ending is None


@pytest.mark.parametrize("about", ["part", "extra"])
@pytest.mark.parametrize("beside", [None, "part", "extra", "charging"])
def test_a_job_in_parts_ends_with_the_last_that_is_open(about: str, beside: str | None) -> None:
    whole = contest()
    offer, paid_for = whole.deal.offers[0], whole.payment.id
    is_open = {True: MilestoneStatus.FUNDED, False: MilestoneStatus.RELEASED}
    parts = (
        a_milestone(offer, payment=paid_for, status=is_open[about == "part"]),
        a_milestone(offer, payment=None, status=is_open[beside == "part"]),
    )
    extra = evolve(whole.payment, id=PaymentId("pay_2"), purpose=PaymentPurpose.EXTRA)
    wanted = {"extra": PaymentStatus.CAPTURED, "charging": PaymentStatus.AUTHORIZED}
    paid = [whole.payment, *([extra] if about == "extra" else [])]
    if beside in wanted:
        paid.append(evolve(extra, id=PaymentId("pay_3"), status=wanted[beside]))
    deal = evolve(whole.deal, payments=tuple(paid), milestones=parts)
    id = extra.id if about == "extra" else whole.payment.id
    disputed = Contest(dispute=evolve(whole.dispute, payment=id), deal=deal)

    assert disputed.ending == (None if beside else deal.job)
    assert disputed.is_for_a_part


@pytest.mark.parametrize("opener", [Role.CUSTOMER, Role.CONTRACTOR])
@pytest.mark.parametrize("winner", DisputeDefault)
def test_all_that_is_left_goes_to_one_side(opener: Role, winner: DisputeDefault) -> None:
    disputed = contest()
    about = evolve(disputed.dispute, opened_by=opener)
    left = PRICE - Money("100", "USD")
    paid = evolve(disputed.payment, refunded=Money("100", "USD"))
    deal = evolve(disputed.deal, payments=(paid,))

    shares = all_to(winner, Contest(dispute=about, deal=deal))
    side = opener.value if winner is DisputeDefault.OPENER else winner.value
    assert shares.kept == NOTHING
    assert (shares.to_customer, shares.to_contractor) == (
        (left, NOTHING) if side == "customer" else (NOTHING, left)
    )
