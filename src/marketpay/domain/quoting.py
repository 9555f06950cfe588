"""What a price comes to, before anybody commits to it."""

from __future__ import annotations

from marketpay.domain.commission import Split
from marketpay.domain.money import Money
from marketpay.domain.rules import Rules


def fees(price: Money, rules: Rules) -> Split:
    """The commission as it is now, or the error that an offer of this price would raise.

    An offer has its split frozen when it is accepted: until then the commission can change.
    """
    split = rules.commission.split(price)
    rules.limits(price.currency).check(price, "price")
    return split
