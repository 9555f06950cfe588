"""What a house can be like: its rules, and the terms of its processor."""

from datetime import timedelta

from attrs import evolve
from hypothesis import strategies as st

from marketpay import CancellationPolicy, CancellationTier, Commission
from marketpay.testing.terms import Terms
from tests.credits import LOYALTY

POLICIES = (
    CancellationPolicy(),
    CancellationPolicy.keeping_platform_fee(),
    *(
        CancellationPolicy(
            CancellationTier(stage=stage, to_customer=customer, to_contractor=contractor)
            for stage in ("assigned", "in_progress", "submitted")
        )
        for customer, contractor in (("0.50", "0.30"), ("0.335", "0.665"), ("0", "0"))
    ),
)
WINNERS = st.sampled_from(("opener", "customer", "contractor"))


def _days(*some: int | None) -> st.SearchStrategy[timedelta | None]:
    return st.sampled_from([None if days is None else timedelta(days=days) for days in some])


RULES = st.fixed_dictionaries(
    {
        "transfers": st.sampled_from(("on_release", "on_release", "on_withdrawal", "scheduled")),
        "payout_every": st.just(timedelta(days=3)),
        "approve_withdrawals": st.booleans(),
        "clearance": _days(None, 2),
        "auto_release": _days(None, 3),
        "chargeback_liability": st.sampled_from(("contractor", "contractor", "platform")),
        "dispute_default": WINNERS,
        "dispute_undecided": WINNERS,
        "cancellation": st.sampled_from(POLICIES),
        "tip_commission": st.sampled_from((Commission(platform=0, service=0), Commission())),
        "loyalty": st.sampled_from(
            (None, LOYALTY, evolve(LOYALTY, expires_after=timedelta(days=5)))
        ),
        "require_application": st.sampled_from((False,) * 5 + (True,)),
    }
)
TERMS = st.sampled_from([Terms(settles_after=timedelta(days=days)) for days in (0, 0, 2)])
