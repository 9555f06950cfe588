"""What a price comes to, before anybody commits to it."""

from typing import Any

import pytest
from hypothesis import given

from marketpay import Commission, Money, MoneyError, Rules
from marketpay.domain.limits import Limits
from marketpay.domain.quoting import fees
from marketpay.testing import strategies


@given(price=strategies.prices("USD"), commission=strategies.commissions("USD"))
def test_a_quote_is_the_split_that_acceptance_would_freeze(
    price: Money, commission: Commission
) -> None:
    assert fees(price, Rules(commission=commission)) == commission.split(price)


@pytest.mark.parametrize("minor", [0, -1, 49, 1001, 105])
def test_a_price_that_cannot_be_offered_has_no_quote(minor: int) -> None:
    rules = Rules(limits=lambda _: Limits(least=50, most=1000, step=10))
    with pytest.raises(MoneyError) as refused:
        fees(Money.from_minor(minor, "USD"), rules)
    assert refused.value.field == "price"


@pytest.mark.parametrize("price", [10.0, "10", None])
def test_a_price_is_money(price: Any) -> None:
    with pytest.raises(TypeError):
        fees(price, Rules())
