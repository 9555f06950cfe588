"""Numbers as people write them, read exactly.

Nothing here depends on the ambient decimal context, and nothing takes longer for a number that
is absurdly large or fine: its size is judged before its digits are.
"""

import re
from decimal import (
    MAX_EMAX,
    MIN_EMIN,
    ROUND_HALF_EVEN,
    Context,
    Decimal,
    Inexact,
    InvalidOperation,
)
from typing import Final, TypeGuard

LONGEST: Final = 80  # characters; no amount, rate or weight that anybody means is longer
FINEST: Final = 40  # digits before or after the point of a ratio

EXACT: Final = Context(
    prec=60,
    rounding=ROUND_HALF_EVEN,
    Emin=MIN_EMIN,
    Emax=MAX_EMAX,
    capitals=1,
    clamp=0,
    flags=[],
    traps=[Inexact, InvalidOperation],
)
_PLAIN: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)")


def is_int(value: object) -> TypeGuard[int]:
    """True for an int that is meant as a number: a bool is not."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: object) -> TypeGuard[str | int | Decimal]:
    """True for what can say an exact number; no float can say ten cents."""
    return isinstance(value, (str, int, Decimal)) and not isinstance(value, bool)


def read(text: str) -> Decimal | None:
    """The number that `text` says in plain digits, like "-12.50"; None if it says none."""
    if len(text) > LONGEST or not _PLAIN.fullmatch(text):
        return None
    return Decimal(text)


def ratio(number: Decimal) -> tuple[int, int] | None:
    """`number` as a fraction in lowest terms; None if it is not finite, or too large or fine."""
    if not number.is_finite():
        return None
    if not number:
        return 0, 1
    digits = number.as_tuple().exponent
    if not isinstance(digits, int) or digits < -FINEST or number.adjusted() > FINEST:
        return None
    return number.as_integer_ratio()


def shown(value: object) -> str:
    """`value` as an error message can show it, cut where it is long."""
    text = repr(value[:LONGEST]) if isinstance(value, str) else str(value)
    return text if len(text) <= FINEST else f"{text[:FINEST]}..."
