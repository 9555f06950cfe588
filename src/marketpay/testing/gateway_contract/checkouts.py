"""Pages of the gateway's on which a payer pays."""

from __future__ import annotations

from marketpay.domain.ids import new_id
from marketpay.ports.gateway import (
    CheckoutExpired,
    CheckoutOpen,
    ExpireCheckout,
    LookUp,
    PaymentGateway,
)
from marketpay.testing.gateway_contract.samples import GatewaySamples


class CheckoutsContract(GatewaySamples):
    """A page opens, and is closed again."""

    def test_a_checkout_has_an_address(self, gateway: PaymentGateway) -> None:
        """And says until when it is there."""
        start = self.start_checkout()

        reply = gateway.perform(start, key=start.reference)

        assert isinstance(reply, CheckoutOpen)
        assert reply.url.startswith("https://")
        assert reply.expires_at is not None
        assert gateway.perform(LookUp(request=start), key=new_id("ptx")) == reply

    def test_a_checkout_that_was_closed_says_so(self, gateway: PaymentGateway) -> None:
        """To who closed it, and to who opened it; closing it again changes nothing."""
        start = self.start_checkout()
        opened = gateway.perform(start, key=start.reference)
        assert isinstance(opened, CheckoutOpen)
        close = ExpireCheckout(gateway_id=opened.gateway_id)
        closed = CheckoutExpired(gateway_id=opened.gateway_id)

        assert gateway.perform(close, key=new_id("ptx")) == closed
        assert gateway.perform(close, key=new_id("ptx")) == closed
        for request in (start, close):
            look = LookUp(request=request, gateway_id=opened.gateway_id)
            assert gateway.perform(look, key=new_id("ptx")) == closed
