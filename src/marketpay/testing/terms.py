"""What a simulated processor charges, and how long it takes."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from attrs import frozen


@frozen
class Fees:
    """What the processor keeps of each charge: a share of it, and so many minor units."""

    rate: Decimal = Decimal(0)  # 0.029 is 2.9 percent
    fixed: int = 0

    def of(self, amount: int) -> int:
        """The fee on a charge of `amount`, rounded half up; nothing on nothing."""
        share = (amount * self.rate).quantize(Decimal(1), ROUND_HALF_UP)
        return int(share) + self.fixed


@frozen(kw_only=True)
class Terms:
    """Without anything said: no fees, money there at once, payouts two days on their way."""

    fees: Fees = Fees()
    settles_after: timedelta = timedelta(0)  # from the charge until its money is available
    payout_takes: timedelta = timedelta(days=2)
    refund_takes: timedelta = timedelta(hours=1)  # where it does not end at once
    dispute_fee: int = 1500  # minor units of the payment's currency
    country: str = "US"  # of the platform, and of accounts that name none
