from collections.abc import Iterator

import pytest

from marketpay.adapters.stripe import AsyncStripeGateway, StripeGateway
from marketpay.domain.ids import new_id
from marketpay.ports.gateway import (
    AccountState,
    CheckoutOpen,
    Link,
    LookUp,
    OnboardingLink,
    OpenAccount,
    PaymentGateway,
)
from marketpay.testing.contracts import GatewayContract
from marketpay.testing.processor_values import Standing
from marketpay.testing.stripe_server import StripeServer
from marketpay.testing.stripe_server.server import ROUTES
from tests.adapters.stripe.blocking import Blocking


class OnStripeServer(GatewayContract):
    """All that a marketplace relies on, against a Stripe of our own."""

    stripe: StripeServer

    @pytest.fixture
    def server(self) -> Iterator[StripeServer]:
        with StripeServer() as self.stripe:
            yield self.stripe

    def activate(self, gateway: PaymentGateway, account: str) -> None:
        self.stripe.processor.set_standing(account, Standing.ACTIVE)

    def settle_payout(self, gateway: PaymentGateway, payout: str) -> None:
        self.stripe.processor.arrive_payout(payout)

    # Pages of this server are on this machine, so that their addresses begin with http:.

    def test_a_checkout_has_an_address(self, gateway: PaymentGateway) -> None:
        start = self.start_checkout()

        reply = gateway.perform(start, key=start.reference)

        assert isinstance(reply, CheckoutOpen)
        assert reply.url.startswith(self.stripe.url)
        assert reply.expires_at is not None
        assert gateway.perform(LookUp(request=start), key=new_id("ptx")) == reply

    def test_the_owner_of_an_account_gets_a_link(self, gateway: PaymentGateway) -> None:
        opening = OpenAccount(reference=new_id("pac"), owner="ctr_42", country="US")
        account = gateway.perform(opening, key=opening.reference)
        assert isinstance(account, AccountState)
        url = "https://market.example"
        asked = OnboardingLink(account=account.gateway_id, return_url=url, refresh_url=url)

        link = gateway.perform(asked, key=new_id("ptx"))

        assert isinstance(link, Link)
        assert link.url.startswith(self.stripe.url)
        assert link.url not in repr(link)


def has_payout_settings() -> bool:
    """Whether the server knows the call that follows the opening of an account by v2."""
    return any(route.path == "/v1/balance_settings" for route in ROUTES)


both_accounts = pytest.fixture(
    params=[
        "v1",
        pytest.param(
            "v2",
            marks=pytest.mark.skipif(
                not has_payout_settings(), reason="this server has no /v1/balance_settings"
            ),
        ),
    ]
)


@pytest.mark.covers("A002", "A078", "B088")
class TestStripeGateway(OnStripeServer):
    @both_accounts
    def gateway(
        self, request: pytest.FixtureRequest, server: StripeServer
    ) -> Iterator[PaymentGateway]:
        gateway = StripeGateway(server.api_key, base_url=server.url, accounts=request.param)
        yield gateway
        gateway.close()


class TestAsyncStripeGateway(OnStripeServer):
    @both_accounts
    def gateway(
        self, request: pytest.FixtureRequest, server: StripeServer
    ) -> Iterator[PaymentGateway]:
        key, accounts = server.api_key, request.param
        gateway = Blocking(AsyncStripeGateway(key, base_url=server.url, accounts=accounts))
        yield gateway
        gateway.close()
