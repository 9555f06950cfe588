"""Each request takes effect once for its key, and has its reply."""

from __future__ import annotations

import pytest
from attrs import evolve

from marketpay.domain.errors import GatewayError
from marketpay.domain.ids import new_id
from marketpay.ports.gateway import (
    AccountState,
    ActingRequest,
    Authorized,
    Captured,
    CheckoutExpired,
    CheckoutOpen,
    Declined,
    LookUp,
    PaymentGateway,
    Processing,
    Refunded,
    Reversed,
    Transferred,
    Voided,
)
from marketpay.testing.gateway_contract.samples import PRICE, GatewaySamples


class KeysContract(GatewaySamples):
    """Requests and keys."""

    def test_each_request_has_its_reply(self, gateway: PaymentGateway) -> None:
        """What was asked is done."""
        replies = [gateway.perform(one, key=new_id("ptx")) for one in self.requests(gateway)]

        kinds = [type(reply) for reply in replies]
        payments = [Authorized, Captured, Voided, Refunded]
        assert kinds == [*payments, AccountState, CheckoutOpen, CheckoutExpired]

    def test_each_request_about_an_account_has_its_reply(self, gateway: PaymentGateway) -> None:
        """A payout is only on its way."""
        asked = self.account_requests(gateway)
        replies = [gateway.perform(one, key=new_id("ptx")) for one in asked]

        assert [type(reply) for reply in replies] == [Transferred, Reversed, Processing]

    def test_the_same_key_and_request_take_effect_once(self, gateway: PaymentGateway) -> None:
        """And give the same reply."""
        self._check_once(gateway, self.requests(gateway))

    def test_the_same_key_moves_money_of_an_account_once(self, gateway: PaymentGateway) -> None:
        """And gives the same reply."""
        self._check_once(gateway, self.account_requests(gateway))

    def test_the_same_request_under_another_key_is_another_one(
        self, gateway: PaymentGateway
    ) -> None:
        """Two holds, say: that is why there is one key for one operation."""
        request = self.authorize()
        first = gateway.perform(request, key=new_id("ptx"))
        second = gateway.perform(request, key=new_id("ptx"))

        assert isinstance(first, Authorized)
        assert isinstance(second, Authorized)
        assert first.gateway_id != second.gateway_id

    def test_a_key_is_for_one_request(self, gateway: PaymentGateway) -> None:
        """Another one under it is a fault, not a refusal, and has no effect."""
        request, key = self.authorize(), new_id("ptx")
        first = gateway.perform(request, key=key)

        with pytest.raises(GatewayError):
            gateway.perform(evolve(request, amount=PRICE * 2), key=key)

        assert gateway.perform(request, key=key) == first

    def test_a_decline_is_final_for_its_key(self, gateway: PaymentGateway) -> None:
        """Another try is another key."""
        request, key = self.authorize(self.declined), new_id("ptx")
        first = gateway.perform(request, key=key)

        assert isinstance(first, Declined)
        assert first.code
        assert gateway.perform(request, key=key) == first
        another = evolve(request, reference=new_id("ptx"), payment_method=self.good)
        assert isinstance(gateway.perform(another, key=new_id("ptx")), Authorized)

    def test_a_look_up_uses_up_no_key(self, gateway: PaymentGateway) -> None:
        """The operation is sent under it afterwards."""
        request, key = self.authorize(), new_id("ptx")
        gateway.perform(LookUp(request=request), key=key)

        assert isinstance(gateway.perform(request, key=key), Authorized)

    def _check_once(self, gateway: PaymentGateway, requests: list[ActingRequest]) -> None:
        for request in requests:
            key = new_id("ptx")
            first = gateway.perform(request, key=key)

            assert gateway.perform(request, key=key) == first
            assert gateway.perform(request, key=key) == first
