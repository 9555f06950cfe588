"""What a platform decides about its Stripe."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import StrEnum

from attrs import field, frozen

from marketpay.adapters.stripe.currencies import stripe_currency
from marketpay.domain.errors import ConfigurationError, MoneyError


class AccountsApi(StrEnum):
    """With which of Stripe's two interfaces connected accounts are opened and read."""

    V1 = "v1"
    V2 = "v2"


def _api(word: str) -> AccountsApi:
    try:
        return AccountsApi(word)
    except ValueError:
        raise ConfigurationError(f"accounts are v1 or v2, not {word!r}.") from None


def _currencies(codes: Iterable[str] | None) -> frozenset[str] | None:
    if codes is None:
        return None
    if isinstance(codes, str):
        raise TypeError("settlement_currencies are several codes, not one str")
    for code in (known := frozenset(codes)):
        stripe_currency(code)
    return known


@frozen(kw_only=True)
class Config:
    """How requests become calls.  It holds no secret."""

    accounts: AccountsApi = field(default=AccountsApi.V2, converter=_api)
    # None: Stripe converts what is charged in another currency than the balance is kept in.
    settlement_currencies: frozenset[str] | None = field(default=None, converter=_currencies)
    contact_email: Callable[[str], str] | None = None  # of the owner of an account

    def charged_in(self, currency: str) -> str:
        """`currency`, or `MoneyError` if nothing is charged in it."""
        kept = self.settlement_currencies
        if kept is not None and currency not in kept:
            raise MoneyError(f"{currency} is not what the balance is kept in.", "currency")
        return currency
