"""The house rules of one marketplace: its policies, its clock and its source of ids."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from attrs import field, frozen
from attrs.validators import instance_of, optional

from marketpay.domain.cancellation_policy import CancellationPolicy
from marketpay.domain.commission import Commission
from marketpay.domain.errors import InvalidInput
from marketpay.domain.ids import new_id
from marketpay.domain.limits import Limits, no_limits
from marketpay.domain.loyalty import Loyalty
from marketpay.domain.money import Money
from marketpay.domain.package import PACKAGES, Package

DAY = timedelta(days=1)
NO_FEES = Commission(platform=0, service=0)
EPOCH = datetime(2000, 1, 3, tzinfo=UTC)  # a Monday


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _span(_rules: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, timedelta):
        raise TypeError(f"{attribute.name} must be a timedelta, not {type(value).__name__}")
    if value <= timedelta(0):
        raise InvalidInput("must be above zero.", attribute.name)


def _count(_rules: object, attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"{attribute.name} must be an int, not {type(value).__name__}")
    if value < 1:
        raise InvalidInput("must be above zero.", attribute.name)


def _span_or_none(rules: object, attribute: Any, value: Any) -> None:
    if value is not None:
        _span(rules, attribute, value)


def _amounts(values: Iterable[Money]) -> tuple[Money, ...]:
    amounts = tuple(values)
    for money in amounts:
        if not isinstance(money, Money):
            raise TypeError(f"withdrawal_minimum is of Money, not {type(money).__name__}")
    if len({money.currency for money in amounts}) < len(amounts):
        raise InvalidInput("has two amounts in one currency.", "withdrawal_minimum")
    return amounts


def _packages(values: Iterable[Package]) -> tuple[Package, ...]:
    packages = tuple(values)
    for package in packages:
        if not isinstance(package, Package):
            raise TypeError(f"packages are Package, not {type(package).__name__}")
    if len({package.premium_type for package in packages}) < len(packages):
        raise InvalidInput("has two of one premium_type.", "packages")
    return packages


class TransferPolicy(StrEnum):
    """When what a contractor earned moves to their account at the gateway."""

    ON_RELEASE = "on_release"  # at once
    ON_WITHDRAWAL = "on_withdrawal"  # when they withdraw it
    SCHEDULED = "scheduled"  # by a withdrawal that is made for them every `payout_every`


class Liability(StrEnum):
    """Who bears the contractor's part of a payment that is lost after its release."""

    CONTRACTOR = "contractor"
    PLATFORM = "platform"


class DisputeDefault(StrEnum):
    """Who has all that is left of a payment in dispute when its time is over."""

    OPENER = "opener"  # of the dispute
    CUSTOMER = "customer"
    CONTRACTOR = "contractor"


def _policy(value: TransferPolicy | str) -> TransferPolicy:
    try:
        return TransferPolicy(value)
    except ValueError:
        raise InvalidInput(f"is one of: {', '.join(TransferPolicy)}.", "transfers") from None


def _liability(value: Liability | str) -> Liability:
    try:
        return Liability(value)
    except ValueError:
        known = ", ".join(Liability)
        raise InvalidInput(f"is one of: {known}.", "chargeback_liability") from None


def _winner(value: DisputeDefault | str, name: str) -> DisputeDefault:
    try:
        return DisputeDefault(value)
    except ValueError:
        known = ", ".join(DisputeDefault)
        raise InvalidInput(f"is one of: {known}.", name) from None


def _default(value: DisputeDefault | str) -> DisputeDefault:
    return _winner(value, "dispute_default")


def _undecided(value: DisputeDefault | str) -> DisputeDefault:
    return _winner(value, "dispute_undecided")


@frozen(kw_only=True)
class Rules:
    """Frozen.  `now` (aware, UTC) is the only clock in the library, leases and timers too.

    `lease`: how long one process has a gateway operation to itself; longer than the gateway's
    time-out with all its retries.
    `lookup_every`: how seldom the gateway is asked about what waits for somebody; what has
    waited for hours is asked about ever more seldom.
    `retry_base`, `retry_cap`, `retry_window`: an operation without an answer is taken up again
    at once (looked up, and sent again if it is not there), then after up to 1, 3, 7, 15 ...
    times `retry_base`, at most `retry_cap`, until `retry_window` has passed since it was first
    sent (gateways forget keys after 24 hours).
    `tip_commission`: what the platform keeps of tips: nothing, unless it is said.
    `attempts`: how often a command is decided again after losing a race.

    `transfers`: when what a contractor earned moves to their account at the gateway; with
    `SCHEDULED`, a withdrawal of all that can be withdrawn is made every `payout_every`.
    `withdrawal_minimum`: an amount for each currency that has one.
    `approve_withdrawals`: whether an administrator has to agree to each.
    `auto_release`: how long after the work was submitted the job is completed if the customer says
    nothing; None: never.
    `clearance`: how long what was released waits before it can be withdrawn; None: not at all.
    `chargeback_liability`: who bears the contractor's part of what is lost after its release.
    `confirm_within`: how long an extra, a tip, a milestone's payment or an offer with credit waits
    for its customer to confirm the hold; then that is called off, as if the card had been refused.
    `warn_before`: how long before a hold runs out its parties are told.
    `webhook_window`: how long a webhook that cannot be applied is tried again.
    `dispute_response`: how long the other side of a dispute has to respond; if it is silent,
    `dispute_default` says who has the money.  `dispute_review`: how long an administrator has to
    decide from then on; if nobody does, `dispute_undecided` says who has it.
    `adjustment_lifetime`: how long an adjustment of a wallet waits for a second administrator.
    `limits`: of a charge, by currency; a gateway that has limits gives its own.
    `packages`: what a listing can be upgraded to.
    `cancellation`: who gets what of the payment of a cancelled job; the customer everything,
    unless it says otherwise.
    `loyalty`: what points customers earn, and what those are worth; None: there are none.
    """

    commission: Commission = field(factory=Commission, validator=instance_of(Commission))
    tip_commission: Commission = field(default=NO_FEES, validator=instance_of(Commission))
    require_application: bool = False  # offers go only to contractors who have applied
    now: Callable[[], datetime] = _utc_now
    new_id: Callable[[str], str] = new_id
    lease: timedelta = field(default=timedelta(minutes=5), validator=_span)
    lookup_every: timedelta = field(default=timedelta(minutes=5), validator=_span)
    retry_base: timedelta = field(default=timedelta(seconds=10), validator=_span)
    retry_cap: timedelta = field(default=timedelta(hours=1), validator=_span)
    retry_window: timedelta = field(default=timedelta(hours=23), validator=_span)
    attempts: int = field(default=20, validator=_count)
    transfers: TransferPolicy = field(default=TransferPolicy.ON_RELEASE, converter=_policy)
    payout_every: timedelta = field(default=timedelta(days=7), validator=_span)
    withdrawal_minimum: tuple[Money, ...] = field(default=(), converter=_amounts)
    approve_withdrawals: bool = False
    chargeback_liability: Liability = field(default=Liability.CONTRACTOR, converter=_liability)
    auto_release: timedelta | None = field(default=None, validator=_span_or_none)
    clearance: timedelta | None = field(default=None, validator=_span_or_none)
    confirm_within: timedelta = field(default=timedelta(days=1), validator=_span)
    warn_before: timedelta = field(default=timedelta(days=1), validator=_span)
    webhook_window: timedelta = field(default=timedelta(days=3), validator=_span)
    dispute_response: timedelta = field(default=timedelta(days=7), validator=_span)
    dispute_review: timedelta = field(default=timedelta(days=14), validator=_span)
    adjustment_lifetime: timedelta = field(default=timedelta(days=14), validator=_span)
    dispute_default: DisputeDefault = field(default=DisputeDefault.OPENER, converter=_default)
    dispute_undecided: DisputeDefault = field(default=DisputeDefault.CUSTOMER, converter=_undecided)
    limits: Callable[[str], Limits] = no_limits
    packages: tuple[Package, ...] = field(default=PACKAGES, converter=_packages)
    cancellation: CancellationPolicy = field(
        factory=CancellationPolicy, validator=instance_of(CancellationPolicy)
    )
    loyalty: Loyalty | None = field(default=None, validator=optional(instance_of(Loyalty)))

    def __attrs_post_init__(self) -> None:
        for package in self.packages:
            self.check_money(package.price.currency, "packages")

    def check_money(self, currency: str, name: str) -> None:
        """Raise `InvalidInput` for the currency of points: they pay for nothing but credit."""
        if self.loyalty is not None and currency == self.loyalty.currency:
            raise InvalidInput("cannot be points, in which nobody is paid.", name)

    def retry_at(self, attempts: int, now: datetime, id: str) -> datetime:
        """When to send again what has gone unanswered `attempts` times.

        The first time at once.  Spread by the id, so that what failed together does not come
        back together.
        """
        times: int = 2 ** min(attempts - 1, 20) - 1
        delay = min(self.retry_cap, self.retry_base * times)
        spread = sum(id.encode()) % 32  # of 64: half to all of the delay
        return now + delay * (64 - spread) // 64

    def transfer_at(self, tries: int, now: datetime) -> datetime:
        """When to make a transfer again that was refused `tries` times; once a day in the end."""
        times: int = 2 ** min(tries, 20) - 1
        return now + min(DAY, self.retry_base * times)

    def lookup_at(self, since: datetime, now: datetime) -> datetime:
        """When to ask again about what has waited for somebody `since` then.

        Often at first, then every `lookup_every`, and after some hours ever more seldom.
        """
        age = now - since
        return now + max(min(age, self.lookup_every), age / 24)

    def later(self, since: datetime, now: datetime) -> datetime:
        """When to look again at what could not be done `since` then: ever more seldom."""
        return now + max(self.lookup_every, (now - since) / 24)

    def least_withdrawal(self, currency: str) -> Money:
        """What a withdrawal must at least be."""
        for money in self.withdrawal_minimum:
            if money.currency == currency:
                return money
        return Money.zero(currency)

    def package(self, premium_type: str) -> Package:
        """The package of that name, or `InvalidInput`."""
        for package in self.packages:
            if package.premium_type == premium_type:
                return package
        known = ", ".join(package.premium_type for package in self.packages) or "nothing"
        raise InvalidInput(f"{premium_type!r} is not one of: {known}.", "premium_type")

    def next_payout(self, now: datetime) -> datetime:
        """The next time of the schedule, the same for whoever asks before it."""
        return now + self.payout_every - (now - EPOCH) % self.payout_every
