"""What a marketplace relies on in its payment gateway, as tests: one file for each topic."""

from __future__ import annotations

import pytest

PARTS = ("keys", "payments", "accounts", "checkouts", "looking")

# So that a failed assertion shows what was compared, as in a test of one's own.
pytest.register_assert_rewrite(*(f"{__name__}.{part}" for part in PARTS))

from marketpay.testing.gateway_contract.whole import GatewayContract  # noqa: E402  # after that

__all__ = ["GatewayContract"]
