"""Stand-ins for your tests and for a first try: a simulated payment processor and a clock.

The names below are imported when first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from marketpay.testing import strategies
    from marketpay.testing.clock import VirtualClock
    from marketpay.testing.contracts import Blocking, GatewayContract, StoreContract
    from marketpay.testing.outcome import Outcome
    from marketpay.testing.simulated_gateway import SimulatedGateway
    from marketpay.testing.stripe_server import StripeServer

__all__ = [
    "Blocking",
    "GatewayContract",
    "Outcome",
    "SimulatedGateway",
    "StoreContract",
    "StripeServer",
    "VirtualClock",
    "strategies",
]

_HOMES = {
    "Blocking": "marketpay.testing.contracts",
    "GatewayContract": "marketpay.testing.contracts",
    "Outcome": "marketpay.testing.outcome",
    "SimulatedGateway": "marketpay.testing.simulated_gateway",
    "StoreContract": "marketpay.testing.contracts",
    "StripeServer": "marketpay.testing.stripe_server",
    "VirtualClock": "marketpay.testing.clock",
}

if not TYPE_CHECKING:  # a type checker must not take every name for an existing one

    def __getattr__(name: str) -> object:
        if name == "strategies":  # a module, itself
            return import_module(f"{__name__}.strategies")
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(_HOMES[name]), name)
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
