"""Amounts as a person reads them."""

from __future__ import annotations

from marketpay.domain.money import Money


def digits(money: Money) -> str:
    """As in `1,000.00`."""
    return f"{money.amount:,f}"


def shown(money: Money) -> str:
    """As in `USD 1,000.00`."""
    return f"{money.currency} {digits(money)}"
