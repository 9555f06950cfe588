"""The packages: what a listing can be upgraded to, for how much and how long."""

from __future__ import annotations

from typing import Any, Final

from attrs import field, frozen

from marketpay.domain.errors import InvalidInput
from marketpay.domain.money import Money


def _is_name(_package: object, attribute: Any, value: Any) -> None:
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be a str, not {type(value).__name__}")
    if not 1 <= len(value) <= 64 or not value.isprintable() or ":" in value:
        raise InvalidInput("must be 1 to 64 printable characters, without a colon.", "premium_type")


def _is_price(_package: object, _attribute: Any, value: Any) -> None:
    if not isinstance(value, Money):
        raise TypeError(f"a price is Money, not {type(value).__name__}")
    if value.minor <= 0:
        raise InvalidInput("must be above zero.", "price")


def _is_days(_package: object, _attribute: Any, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"days must be an int, not {type(value).__name__}")
    if not 1 <= value <= 36_500:
        raise InvalidInput("must be from 1 to 36500.", "days")


@frozen
class Package:
    """So many days of `premium_type` for a price."""

    premium_type: str = field(validator=_is_name)
    price: Money = field(validator=_is_price)
    days: int = field(validator=_is_days)


PACKAGES: Final = (
    Package("bronze", Money("59", "TRY"), 7),
    Package("silver", Money("129", "TRY"), 15),
    Package("gold", Money("249", "TRY"), 30),
)
