"""Dividing a whole number into whole parts, in proportion to weights.

Two methods, because no one method has every virtue (Balinski and Young, "Fair Representation"):

* `largest_remainder` (Hamilton) keeps each part within one unit of its exact share.  For
  dividing once.
* `webster` (Webster, Sainte-Lague) never takes from any part when the total grows.  For dividing
  step by step: the difference between two totals is a division, too, and the steps add up.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from heapq import heapify, heappop, heapreplace
from math import lcm

from marketpay.domain.errors import InvalidInput
from marketpay.domain.numbers import is_int, ratio


def largest_remainder(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Parts of `total`, each its exact share rounded down, and the rest to the largest remainders.

    Equal remainders are served in the order given, and a weight of zero gets nothing.

    >>> largest_remainder(100, (1, 1, 1))
    (34, 33, 33)
    """
    whole = checked_sum(total, weights)
    parts = [total * weight // whole for weight in weights]
    by_remainder = sorted(range(len(parts)), key=lambda i: -(total * weights[i] % whole))
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return tuple(parts)


def webster(total: int, weights: Sequence[int]) -> tuple[int, ...]:
    """Parts of `total` as if given out unit by unit, the next one to the largest w / (2n + 1).

    `w` is a weight and `n` what it has so far; of equal claims the earlier is served first.
    So no part shrinks when `total` grows, and a `total` that is the sum of the weights is
    divided into them.

    >>> webster(3, (100, 200, 700)), webster(1000, (100, 200, 700))
    ((0, 1, 2), (100, 200, 700))
    """
    whole = checked_sum(total, weights)
    # Each exact share rounded, a half down: all units whose claim is above whole / 2 total.
    parts = [-((whole - 2 * total * weight) // (2 * whole)) for weight in weights]
    missing = total - sum(parts)
    if missing > 0:
        _give(missing, parts, weights)
    elif missing < 0:
        _give_up(-missing, parts, weights)
    return tuple(parts)


def _give(units: int, parts: list[int], weights: Sequence[int]) -> None:
    """Give out the next units: to the largest claim, of equal ones to the earliest."""
    claims = [(-Fraction(w, 2 * parts[i] + 1), i) for i, w in enumerate(weights) if w]
    heapify(claims)
    for _ in range(units):
        i = claims[0][1]
        parts[i] += 1
        heapreplace(claims, (-Fraction(weights[i], 2 * parts[i] + 1), i))


def _give_up(units: int, parts: list[int], weights: Sequence[int]) -> None:
    """Fewer units, the last first: from the smallest claim, of equal ones from the latest."""
    claims = [(Fraction(weights[i], 2 * n - 1), -i) for i, n in enumerate(parts) if n]
    heapify(claims)
    for _ in range(units):
        i = -claims[0][1]
        parts[i] -= 1
        if parts[i]:
            heapreplace(claims, (Fraction(weights[i], 2 * parts[i] - 1), -i))
        else:
            heappop(claims)


def checked_sum(total: int, weights: Sequence[int]) -> int:
    """The sum of the weights.  Raises unless these are a total and weights to divide it by."""
    for number in (total, *weights):
        if not is_int(number):
            raise TypeError(f"totals and weights are ints, not {type(number).__name__}")
    if total < 0:
        raise InvalidInput("A total below zero cannot be divided.", "total")
    if any(weight < 0 for weight in weights):
        raise InvalidInput("A weight cannot be below zero.", "weights")
    whole = sum(weights)
    if not whole:
        raise InvalidInput("At least one weight must be above zero.", "weights")
    return whole


def whole_weights(weights: Iterable[int | Decimal]) -> tuple[int, ...]:
    """Ints in the same proportions: (Decimal("0.5"), 1) is (1, 2)."""
    fractions: list[tuple[int, int]] = []
    for weight in weights:
        if isinstance(weight, Decimal):
            fraction = ratio(weight)
            if fraction is None:
                raise InvalidInput("A weight must be a number of at most 40 digits.", "weights")
        elif is_int(weight):
            fraction = (weight, 1)
        else:
            raise TypeError(f"a weight is an int or a Decimal, not {type(weight).__name__}")
        fractions.append(fraction)
    common = lcm(*(denominator for _, denominator in fractions))
    return tuple(numerator * (common // denominator) for numerator, denominator in fractions)
