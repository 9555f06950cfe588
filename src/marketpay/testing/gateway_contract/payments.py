"""Holds, captures and refunds."""

from __future__ import annotations

from attrs import evolve

from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    ActionRequired,
    Capture,
    Declined,
    GatewayReply,
    HoldGone,
    LookUp,
    PaymentGateway,
    Refunded,
    Void,
)
from marketpay.testing.gateway_contract.samples import PRICE, GatewaySamples


class PaymentsContract(GatewaySamples):
    """What becomes of the payer's money."""

    def test_what_was_captured_says_its_amount_and_its_charge(
        self, gateway: PaymentGateway
    ) -> None:
        """The charge is what a transfer names as its source."""
        taken = self.taken(gateway)

        assert taken.amount == PRICE
        assert taken.charge

    def test_what_is_captured_can_be_refunded_up_to_its_amount(
        self, gateway: PaymentGateway
    ) -> None:
        """In parts, and no more."""
        id = self.captured(gateway)

        def refund(amount: Money) -> GatewayReply:
            return gateway.perform(self.refund(id, amount), key=new_id("ptx"))

        part, rest = Money("400.00", "USD"), Money("600.00", "USD")
        first = refund(part)
        assert isinstance(first, Refunded)
        assert first.amount == part
        assert isinstance(refund(Money("600.01", "USD")), Declined)
        second = refund(rest)
        assert isinstance(second, Refunded)
        assert (second.amount, second.gateway_id == first.gateway_id) == (rest, False)
        assert isinstance(refund(Money("0.01", "USD")), Declined)

    def test_a_hold_that_was_let_go_cannot_be_captured(self, gateway: PaymentGateway) -> None:
        """The money is not there, and that is no refusal of a card."""
        id = self.held(gateway).gateway_id
        gateway.perform(Void(gateway_id=id), key=new_id("ptx"))

        reply = gateway.perform(Capture(gateway_id=id, amount=PRICE), key=new_id("ptx"))

        assert reply == HoldGone(gateway_id=id)

    def test_what_was_captured_cannot_be_let_go(self, gateway: PaymentGateway) -> None:
        """It would have to be refunded."""
        reply = gateway.perform(Void(gateway_id=self.captured(gateway)), key=new_id("ptx"))

        assert isinstance(reply, Declined)

    def test_what_is_only_held_cannot_be_refunded(self, gateway: PaymentGateway) -> None:
        """It would have to be let go."""
        refund = self.refund(self.held(gateway).gateway_id)

        assert isinstance(gateway.perform(refund, key=new_id("ptx")), Declined)

    def test_without_a_payment_method_the_payer_has_to_act(self, gateway: PaymentGateway) -> None:
        """The secret is for the payer's client alone."""
        request = evolve(self.authorize(), payment_method=None)

        reply = gateway.perform(request, key=new_id("ptx"))

        assert isinstance(reply, ActionRequired)
        assert reply.client_secret
        assert reply.client_secret not in repr(reply)
        looked = gateway.perform(LookUp(request=request), key=new_id("ptx"))
        assert isinstance(looked, ActionRequired)
        assert looked.gateway_id == reply.gateway_id
