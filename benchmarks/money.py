"""Splitting and adding money, against bare Decimal, py-moneyed and stockholm.

Every candidate computes the same: a price of USD 1000.07 in three parts, 10% and 20% rounded and
the rest.  (Of this price no fee is half a cent, which stockholm always rounds up and the others
round to even.)  The floor does it on bare Decimals, without a currency or a check.
"""

from decimal import ROUND_HALF_EVEN, Decimal

import moneyed
import stockholm

from benchmarks.harness import Candidate, Comparison, Goal, interleave
from marketpay.domain.commission import Commission
from marketpay.domain.money import Money

PRICE = "1000.07"
MINOR = 100_007
CENT = Decimal("0.01")
PLATFORM, SERVICE = Decimal("0.10"), Decimal("0.20")
PARTS = ("100.01", "200.01", "700.05")

OURS, BARE, MONEYED, STOCKHOLM = "marketpay", "bare Decimal", "py-moneyed", "stockholm"
FASTER = (Goal(OURS, MONEYED, 0.5), Goal(OURS, STOCKHOLM, 0.1), Goal(OURS, BARE, 6))

Three = tuple[object, object, object]


def run(rounds: int = 5) -> list[Comparison]:
    """Each comparison, as the medians of so many interleaved rounds."""
    return [
        Comparison("A price split 10 / 20 / 70", BARE, interleave(splits(), rounds), FASTER),
        Comparison("Two amounts added", BARE, interleave(additions(), rounds)),
        Comparison("An amount from minor units", BARE, interleave(constructions(), rounds)),
    ]


def splits() -> dict[str, Candidate]:
    commission, ours = Commission(), Money(PRICE, "USD")
    bare = Decimal(PRICE)
    theirs = moneyed.Money(PRICE, "USD")
    others = stockholm.Money(PRICE, "USD")

    def bare_split() -> Three:
        platform = (bare * PLATFORM).quantize(CENT, ROUND_HALF_EVEN)
        service = (bare * SERVICE).quantize(CENT, ROUND_HALF_EVEN)
        return platform, service, bare - platform - service

    def moneyed_split() -> Three:
        platform = (theirs * PLATFORM).round(2)
        service = (theirs * SERVICE).round(2)
        return platform, service, theirs - platform - service

    def stockholm_split() -> Three:
        platform = round(others * PLATFORM, 2)
        service = round(others * SERVICE, 2)
        return platform, service, others - platform - service

    split = commission.split(ours)
    parts = (split.platform_fee, split.service_fee, split.payout)
    assert parts == tuple(Money(part, "USD") for part in PARTS)
    assert bare_split() == tuple(Decimal(part) for part in PARTS)
    assert moneyed_split() == tuple(moneyed.Money(part, "USD") for part in PARTS)
    assert stockholm_split() == tuple(stockholm.Money(part, "USD") for part in PARTS)
    return {
        OURS: lambda: commission.split(ours),
        BARE: bare_split,
        MONEYED: moneyed_split,
        STOCKHOLM: stockholm_split,
    }


def additions() -> dict[str, Candidate]:
    a, b = Money(PRICE, "USD"), Money("0.93", "USD")
    bare_a, bare_b = Decimal(PRICE), Decimal("0.93")
    moneyed_a, moneyed_b = moneyed.Money(PRICE, "USD"), moneyed.Money("0.93", "USD")
    stockholm_a, stockholm_b = stockholm.Money(PRICE, "USD"), stockholm.Money("0.93", "USD")
    assert a + b == Money(1001, "USD")
    return {
        OURS: lambda: a + b,
        BARE: lambda: bare_a + bare_b,
        MONEYED: lambda: moneyed_a + moneyed_b,
        STOCKHOLM: lambda: stockholm_a + stockholm_b,
    }


def constructions() -> dict[str, Candidate]:
    assert Money.from_minor(MINOR, "USD") == Money(PRICE, "USD")
    assert moneyed.Money(Decimal(MINOR).scaleb(-2), "USD") == moneyed.Money(PRICE, "USD")
    return {
        OURS: lambda: Money.from_minor(MINOR, "USD"),
        BARE: lambda: Decimal(MINOR).scaleb(-2),
        MONEYED: lambda: moneyed.Money(Decimal(MINOR).scaleb(-2), "USD"),
        STOCKHOLM: lambda: stockholm.Money.from_sub_units(MINOR, "USD"),
    }
