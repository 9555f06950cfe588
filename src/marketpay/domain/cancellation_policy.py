"""Who gets what of a captured payment when its job is cancelled."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Self

from attrs import field, frozen

from marketpay.domain.actor import Role
from marketpay.domain.apportionment import largest_remainder, whole_weights
from marketpay.domain.commission import Fee, Split
from marketpay.domain.errors import InvalidInput
from marketpay.domain.lifecycles import JOB, JobStatus
from marketpay.domain.limits import Limits
from marketpay.domain.money import unchecked
from marketpay.domain.shares import Shares

# Where a job is paid for and not over: what there is to divide.
STAGES: Final = tuple(
    one for one in JobStatus if one is not JobStatus.OPEN and one not in JOB.final
)
CANCELLING: Final = (Role.CUSTOMER, Role.CONTRACTOR, Role.ADMIN)


class CancellationBasis(StrEnum):
    """Of what the shares of a tier are shares."""

    WHOLE = "whole"  # of all that is left of the payment
    HELD = "held"  # of what is left besides the platform fee, which the platform keeps


def _share(value: str | int | Decimal) -> Decimal:
    return Fee(value).rate


def _stage(value: JobStatus | str) -> JobStatus:
    if value not in [*STAGES]:
        raise InvalidInput(f"is one of: {', '.join(STAGES)}.", "stage")
    return JobStatus(value)


def _role(value: Role | str | None) -> Role | None:
    if value is None:
        return None
    if value not in [*CANCELLING]:
        raise InvalidInput(f"is one of: {', '.join(CANCELLING)}.", "by")
    return Role(value)


def _basis(value: CancellationBasis | str) -> CancellationBasis:
    if value not in [*CancellationBasis]:
        raise InvalidInput(f"is one of: {', '.join(CancellationBasis)}.", "of")
    return CancellationBasis(value)


def _is_age(_tier: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, timedelta):
        raise TypeError(f"{attribute.name} must be a timedelta, not {type(value).__name__}")
    if value < timedelta(0):
        raise InvalidInput("cannot be below zero.", attribute.name)


@frozen(kw_only=True)
class CancellationTier:
    """Who gets what when a job is cancelled at a `stage`, from `after` its assignment on.

    `by`: who cancels; None is whoever does.  The customer gets the share `to_customer`, and
    the contractor `to_contractor`, less the platform's fees.  What is left of the whole the
    platform keeps as a cancellation fee.

    `of`: with `CancellationBasis.HELD` the platform keeps its platform fee, and the customer's
    share is of the rest.  A contractor's share bears that fee already, so they have none then.
    """

    stage: JobStatus = field(converter=_stage)
    by: Role | None = field(default=None, converter=_role)
    after: timedelta = field(default=timedelta(0), validator=_is_age)
    to_customer: Decimal = field(converter=_share)
    to_contractor: Decimal = field(default=Decimal(0), converter=_share)
    of: CancellationBasis = field(default=CancellationBasis.WHOLE, converter=_basis)

    def __attrs_post_init__(self) -> None:
        if self._weights()[2] < 0:
            raise InvalidInput("The two shares cannot be more than 1 together.", "to_contractor")
        if self.of is CancellationBasis.HELD and self.to_contractor:
            raise InvalidInput("must be 0 where the platform keeps its fee.", "to_contractor")

    def holds(self, stage: JobStatus, by: Role, age: timedelta) -> bool:
        """Whether it is for a job assigned so long ago, cancelled at this stage by this role."""
        return self.stage is stage and self.by in (None, by) and self.after <= age

    def shares(self, left: Split, limits: Limits) -> Shares:
        """Of what is `left` of a payment.

        By the largest remainder, in steps that the gateway can refund.  What is less than a
        step goes to the customer only if everything does.
        """
        is_whole = self.of is CancellationBasis.WHOLE
        if is_whole and self.to_customer == 1:
            return Shares.whole(left.price)
        divided = left.price if is_whole else left.held
        weights = self._weights()
        steps = largest_remainder(divided.minor // limits.step, weights)
        customers, contractors = (n * limits.step for n in steps[:2])
        if weights[1] and not weights[2]:
            contractors = divided.minor - customers
        to_customer = unchecked(customers, left.price.currency)
        to_contractor = unchecked(contractors, left.price.currency)
        kept = left.price - to_customer - to_contractor
        return Shares(to_customer=to_customer, to_contractor=to_contractor, kept=kept)

    def _weights(self) -> tuple[int, int, int]:
        """The customer's, the contractor's and the platform's."""
        customer, contractor, whole = whole_weights((self.to_customer, self.to_contractor, 1))
        return customer, contractor, whole - customer - contractor


def _tiers(values: Iterable[CancellationTier]) -> tuple[CancellationTier, ...]:
    tiers = tuple(values)
    for tier in tiers:
        if not isinstance(tier, CancellationTier):
            raise TypeError(f"tiers are CancellationTier, not {type(tier).__name__}")
    if len({(tier.stage, tier.by, tier.after) for tier in tiers}) < len(tiers):
        raise InvalidInput("has two of one stage, role and time.", "tiers")
    return tiers


@frozen
class CancellationPolicy:
    """What is left of the payment of a cancelled job is divided by the tier that holds.

    Of several that hold it is the one with the largest `after`, and of these the one that
    names who cancels.  Where none holds, everything goes back to the customer.
    """

    tiers: tuple[CancellationTier, ...] = field(default=(), converter=_tiers)

    @classmethod
    def keeping_platform_fee(cls) -> Self:
        """The platform keeps its platform fee, whoever cancels; the customer gets the rest."""
        return cls(
            CancellationTier(stage=one, to_customer=1, of=CancellationBasis.HELD) for one in STAGES
        )

    def shares(
        self, stage: JobStatus, by: Role, age: timedelta, left: Split, limits: Limits
    ) -> Shares:
        """Of what is `left` of a payment, whose job was assigned so long ago."""
        holding = [tier for tier in self.tiers if tier.holds(stage, by, age)]
        if not holding:
            return Shares.whole(left.price)
        return max(holding, key=lambda tier: (tier.after, tier.by or "")).shares(left, limits)
