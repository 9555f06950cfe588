"""An awaited gateway for tests that do not await: one event loop, run until it answers."""

from __future__ import annotations

import asyncio

from marketpay.adapters.stripe import AsyncStripeGateway
from marketpay.ports.gateway import GatewayReply, GatewayRequest


class Blocking:
    """Waits for the answers of `gateway`."""

    def __init__(self, gateway: AsyncStripeGateway) -> None:
        self.gateway = gateway
        self._loop = asyncio.new_event_loop()

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        """The answer."""
        return self._loop.run_until_complete(self.gateway.perform(request, key=key))

    def close(self) -> None:
        """Close the gateway, then the loop."""
        self._loop.run_until_complete(self.gateway.aclose())
        self._loop.close()
