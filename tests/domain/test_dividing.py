"""What is left of a payment is divided to the cent, or not at all."""

from datetime import UTC, datetime

import pytest

from marketpay.domain.actor import Role
from marketpay.domain.commission import Commission
from marketpay.domain.dividing import Parties, divide
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.ids import JobId, OfferId, PaymentId, WalletId
from marketpay.domain.ledger import AccountKind, effects
from marketpay.domain.lifecycles import PaymentStatus
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.domain.refunding import Held
from marketpay.domain.rules import Rules
from marketpay.domain.shares import Shares
from marketpay.domain.wallet import Wallet
from marketpay.testing import VirtualClock

AT = datetime(2026, 1, 1, tzinfo=UTC)
RULES = Rules(now=VirtualClock())
PARTIES = Parties(
    held=Held.nothing("USD"),
    wallet=Wallet.empty(WalletId("wal_1"), "ctr_42", "USD", AT),
    accounts=(),
)


def usd(amount: str) -> Money:
    return Money(amount, "USD")


PAYMENT = Payment(
    id=PaymentId("pay_1"),
    offer=OfferId("off_1"),
    job=JobId("job_1"),
    customer="cus_17",
    contractor="ctr_42",
    amount=usd("1000"),
    split=Commission().split(usd("1000")),
    status=PaymentStatus.CAPTURED,
    refunded=usd("100"),
    gateway_payment="pi_1",
    created_at=AT,
)


def shares(customer: str, contractor: str, kept: str = "0", currency: str = "USD") -> Shares:
    parts = (Money(part, currency) for part in (customer, contractor, kept))
    return Shares(**dict(zip(("to_customer", "to_contractor", "kept"), parts, strict=True)))


@pytest.mark.parametrize(
    "parts",
    [("0", "900"), ("900", "0"), ("300", "600"), ("300", "500", "100"), ("0", "0", "900")],
)
def test_what_is_left_is_divided_without_rest(parts: tuple[str, ...]) -> None:
    done = divide(PAYMENT, shares(*parts), PARTIES, Role.SYSTEM, RULES, AT)
    out = {account.kind: minor for account, minor in effects(done.entries).items()}
    assert -out[AccountKind.ESCROW] == PAYMENT.taken_back(PAYMENT.refundable).held.minor
    assert done.payment.is_released == (parts[0] != "900")


@pytest.mark.parametrize(
    "parts",
    [("0", "900.01"), ("899.99", "0"), ("0", "0"), ("100", "900"), ("300", "500", "100.01")],
)
def test_more_or_less_than_is_left_is_never_divided(parts: tuple[str, ...]) -> None:
    """However Python was started."""
    with pytest.raises(ConfigurationError, match=r"of pay_1 is divided, and USD 900\.00 is left"):
        divide(PAYMENT, shares(*parts), PARTIES, Role.SYSTEM, RULES, AT)


def test_nor_is_anything_in_another_currency() -> None:
    euros = shares("0", "900", currency="EUR")
    with pytest.raises(ConfigurationError, match="EUR 900"):
        divide(PAYMENT, euros, PARTIES, Role.SYSTEM, RULES, AT)
