from collections.abc import Iterator

import pytest

from marketpay.adapters.stripe import AsyncStripeGateway, StripeGateway
from marketpay.ports.gateway import PaymentGateway
from marketpay.testing.contracts import GatewayContract
from marketpay.testing.processor_values import Standing
from marketpay.testing.stripe_server import StripeServer
from tests.adapters.stripe.blocking import Blocking


class Contract(GatewayContract):
    """Everything that a marketplace relies on, against a Stripe of our own."""

    @pytest.fixture
    def server(self) -> Iterator[StripeServer]:
        with StripeServer() as self.server_:
            yield self.server_

    def activate(self, gateway: PaymentGateway, account: str) -> None:
        self.server_.processor.set_standing(account, Standing.ACTIVE)

    def settle_payout(self, gateway: PaymentGateway, payout: str) -> None:
        self.server_.processor.arrive_payout(payout)


class TestStripeGateway(Contract):
    @pytest.fixture(params=["v1", "v2"])
    def gateway(
        self, request: pytest.FixtureRequest, server: StripeServer
    ) -> Iterator[PaymentGateway]:
        gateway = StripeGateway(server.api_key, base_url=server.url, accounts=request.param)
        yield gateway
        gateway.close()


class TestAsyncStripeGateway(Contract):
    @pytest.fixture
    def gateway(self, server: StripeServer) -> Iterator[PaymentGateway]:
        gateway = Blocking(AsyncStripeGateway(server.api_key, base_url=server.url))
        yield gateway
        gateway.close()
