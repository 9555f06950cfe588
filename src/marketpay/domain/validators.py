"""Checks of single values, for the fields of commands and questions."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from itertools import islice
from typing import Any
from unicodedata import category

from marketpay.domain.actor import check_party
from marketpay.domain.currencies import exponent
from marketpay.domain.errors import InvalidInput, MoneyError
from marketpay.domain.ids import check_id
from marketpay.domain.money import Money


class IdOf:
    """A validator: the value is an id of this kind of entity (or None, if `optional`)."""

    def __init__(self, kind: str, *, optional: bool = False) -> None:
        self.kind = kind
        self.optional = optional

    def __call__(self, _instance: object, attribute: Any, value: Any) -> None:
        """Raise `InvalidInput` for anything else."""
        if not (self.optional and value is None):
            check_id(attribute.name, value, self.kind)


class Text:
    """A validator: text of so many characters, printable but for tabs and line ends."""

    def __init__(self, *, at_least: int = 0, at_most: int, optional: bool = False) -> None:
        self.at_least = at_least
        self.at_most = at_most
        self.optional = optional

    def __call__(self, _instance: object, attribute: Any, value: Any) -> None:
        """Raise `InvalidInput` for unfit text, `TypeError` for no text."""
        if self.optional and value is None:
            return
        if not isinstance(value, str):
            raise TypeError(f"{attribute.name} must be a str, not {type(value).__name__}")
        visible = (c for c in value if c.isprintable() and not c.isspace())
        if len([*islice(visible, self.at_least)]) < self.at_least:
            raise InvalidInput("must not be empty.", attribute.name)
        if len(value) > self.at_most:
            raise InvalidInput(f"must have at most {self.at_most} characters.", attribute.name)
        if not value.isprintable() and any(map(_is_control, value)):
            raise InvalidInput("must not have control characters.", attribute.name)


def _is_control(character: str) -> bool:
    return category(character) in ("Cc", "Cs") and character not in "\t\r\n"


def above_zero(_instance: object, attribute: Any, value: Any) -> None:
    """A validator: an amount above zero."""
    if not isinstance(value, Money):
        raise TypeError(f"{attribute.name} must be Money, not {type(value).__name__}")
    if value.minor <= 0:
        raise MoneyError(f"must be above zero, not {value}.", attribute.name)


def above_zero_or_none(instance: object, attribute: Any, value: Any) -> None:
    """A validator: an amount above zero, or None."""
    if value is not None:
        above_zero(instance, attribute, value)


def not_below_zero(_instance: object, attribute: Any, value: Any) -> None:
    """A validator: an amount of zero or more, or None."""
    if value is None:
        return
    if not isinstance(value, Money):
        raise TypeError(f"{attribute.name} must be Money, not {type(value).__name__}")
    if value.minor < 0:
        raise MoneyError(f"cannot be below zero, as {value} is.", attribute.name)


def is_currency(_instance: object, _attribute: Any, value: Any) -> None:
    """A validator: the code of a known currency, or `MoneyError`."""
    exponent(value)


def is_aware(_instance: object, attribute: Any, value: Any) -> None:
    """A validator: a time that knows its zone, or None."""
    if value is None:
        return
    if not isinstance(value, datetime):
        raise TypeError(f"{attribute.name} must be a datetime, not {type(value).__name__}")
    if value.utcoffset() is None:
        raise InvalidInput("must have a time zone.", attribute.name)
    if not 1 < value.year < 9999:
        raise InvalidInput("must be a year that every calendar has.", attribute.name)


def is_payment_method(_instance: object, attribute: Any, value: Any) -> None:
    """A validator: a gateway's id of a saved payment method, or None.  Never a card number."""
    if value is None:
        return
    check_party(None, attribute, value)
    digits = str(value).replace(" ", "").replace("-", "")
    if digits.isdigit() and len(digits) >= 12:
        raise InvalidInput("give the gateway's id, never a card number.", attribute.name)


def is_country(_instance: object, attribute: Any, value: Any) -> None:
    """A validator: two capital letters, as ISO 3166 has them, or None."""
    if value is None:
        return
    if not isinstance(value, str):
        raise TypeError(f"{attribute.name} must be a str, not {type(value).__name__}")
    if len(value) != 2 or not (value.isascii() and value.isalpha() and value.isupper()):
        raise InvalidInput("must be the two capital letters of a country.", attribute.name)


def is_web_address(_instance: object, attribute: Any, value: Any) -> None:
    """A validator: an address that a browser can be sent to."""
    check_web_address(attribute.name, value)


def check_web_address(field: str, value: object) -> None:
    """Raise unless `value` is an address that a browser can be sent to."""
    if not isinstance(value, str):
        raise TypeError(f"{field} must be a str, not {type(value).__name__}")
    is_plain = value.isascii() and value.isprintable() and " " not in value
    if not is_plain or len(value) > 2_000 or not value.startswith(("https://", "http://")):
        raise InvalidInput("must be an address that starts with https://.", field)


class Party:
    """A validator: a party's id, or None."""

    def __call__(self, _instance: object, attribute: Any, value: Any) -> None:
        """Raise `InvalidInput` or `TypeError` for anything else."""
        if value is not None:
            check_party(None, attribute, value)


class OneOf:
    """A validator: a member of an enum, or its text, or None."""

    def __init__(self, kind: type[StrEnum]) -> None:
        self.kind = kind

    def __call__(self, _instance: object, attribute: Any, value: Any) -> None:
        """Raise `InvalidInput` for anything else."""
        if value is not None and value not in [*self.kind]:
            members = ", ".join(self.kind)
            raise InvalidInput(f"{value!r} is not one of: {members}.", attribute.name)
