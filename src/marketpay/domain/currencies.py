"""How many digits each currency has after the point: ISO 4217, and what a host registers.

A code is compared as it is written, letter by letter: "usd" is no currency.
"""

import re
from typing import Final

from marketpay.domain.errors import ConfigurationError, InvalidInput, MoneyError
from marketpay.domain.iso4217 import EXPONENTS
from marketpay.domain.numbers import is_int, shown

MAX_EXPONENT: Final = 18  # as many as the finest coins in use, a wei of an ether, have

_CODE: Final = re.compile(r"[A-Z][A-Z0-9]{2,11}")
_known: Final[dict[str, int]] = dict(EXPONENTS)


def exponent(code: str) -> int:
    """The digits after the point: 2 for USD, 0 for JPY.  `MoneyError` if nobody knows `code`."""
    try:
        return _known[code]
    except KeyError:
        if not isinstance(code, str):
            raise TypeError(f"a currency is a str, not {type(code).__name__}") from None
        raise MoneyError(f"{shown(code)} is not a known currency.", "currency") from None


def register_currency(code: str, exponent: int) -> None:
    """Make `code` known with so many digits after the point: loyalty points, a coin.

    What is known stays as it is, because amounts have been stored by it: saying the same again
    is fine, saying otherwise is a `ConfigurationError`.
    """
    if not isinstance(code, str):
        raise TypeError(f"a currency is a str, not {type(code).__name__}")
    if not is_int(exponent):
        raise TypeError(f"an exponent is an int, not {type(exponent).__name__}")
    if not _CODE.fullmatch(code):
        raise InvalidInput(
            f"{shown(code)} is not 3 to 12 capital letters and digits, a letter first.", "code"
        )
    if not 0 <= exponent <= MAX_EXPONENT:
        raise InvalidInput(f"A currency has 0 to {MAX_EXPONENT} digits.", "exponent")
    known = _known.setdefault(code, exponent)
    if known != exponent:
        raise ConfigurationError(
            f"{code} has {known} digits after the point and cannot get {exponent}: "
            "amounts may have been stored already. Register another code."
        )
