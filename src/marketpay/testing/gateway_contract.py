"""What a marketplace relies on in its payment gateway, as tests."""

from __future__ import annotations

from typing import ClassVar

import pytest
from attrs import evolve

from marketpay.domain.errors import GatewayError
from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountState,
    ActingRequest,
    ActionRequired,
    Authorize,
    Authorized,
    Capture,
    Captured,
    Declined,
    GatewayReply,
    LookUp,
    NotThere,
    OpenAccount,
    PaymentGateway,
    Refunded,
    RefundPayment,
    Transfer,
    Transferred,
    Void,
    Voided,
)

PRICE = Money("1000.00", "USD")


class GatewayContract:
    """Keys, refusals and look-ups.  Needs the fixture `gateway`.

    A subclass may name payment methods of its own, and says how an account becomes active.
    """

    good: ClassVar[str] = "pm_card_visa"
    declined: ClassVar[str] = "pm_card_visa_chargeDeclined"

    def activate(self, gateway: PaymentGateway, account: str) -> None:
        """Make the connected account with this id of the gateway's active."""
        pytest.skip("this gateway cannot be told to activate an account")

    def authorize(self, method: str | None = None, amount: Money = PRICE) -> Authorize:
        """A request with a reference of its own."""
        return Authorize(
            reference=new_id("ptx"),
            subject=new_id("pay"),
            amount=amount,
            payer="cus_17",
            payment_method=method or self.good,
            group=new_id("job"),
        )

    def held(self, gateway: PaymentGateway) -> Authorized:
        """A hold that stands."""
        reply = gateway.perform(self.authorize(), key=new_id("ptx"))
        assert isinstance(reply, Authorized)
        return reply

    def captured(self, gateway: PaymentGateway) -> str:
        """The id of a payment whose money was taken."""
        id = self.held(gateway).gateway_id
        capture = Capture(gateway_id=id, amount=PRICE)
        assert isinstance(gateway.perform(capture, key=new_id("ptx")), Captured)
        return id

    def requests(self, gateway: PaymentGateway) -> list[ActingRequest]:
        """One of each that can be made with no account."""
        return [
            self.authorize(),
            Capture(gateway_id=self.held(gateway).gateway_id, amount=PRICE),
            Void(gateway_id=self.held(gateway).gateway_id),
            RefundPayment(reference=new_id("ptx"), gateway_id=self.captured(gateway), amount=PRICE),
            OpenAccount(reference=new_id("pac"), owner="ctr_42"),
        ]

    def transfer(self, gateway: PaymentGateway) -> Transfer:
        """A transfer to an active account."""
        opening = OpenAccount(reference=new_id("pac"), owner="ctr_42")
        account = gateway.perform(opening, key=opening.reference)
        assert isinstance(account, AccountState)
        self.activate(gateway, account.gateway_id)
        return Transfer(
            reference=new_id("ptx"),
            account=account.gateway_id,
            amount=PRICE,
            source=self.captured(gateway),
            group=new_id("job"),
        )

    def test_each_request_has_its_reply(self, gateway: PaymentGateway) -> None:
        """What was asked is done."""
        replies = [gateway.perform(one, key=new_id("ptx")) for one in self.requests(gateway)]

        kinds = [type(reply) for reply in replies]
        assert kinds == [Authorized, Captured, Voided, Refunded, AccountState]

    def test_a_transfer_to_an_active_account_is_made(self, gateway: PaymentGateway) -> None:
        """Once for its key."""
        transfer = self.transfer(gateway)

        first = gateway.perform(transfer, key="k")

        assert isinstance(first, Transferred)
        assert first.amount == PRICE
        assert gateway.perform(transfer, key="k") == first
        assert gateway.perform(LookUp(request=transfer), key="k") == first

    def test_the_same_key_and_request_take_effect_once(self, gateway: PaymentGateway) -> None:
        """And give the same reply."""
        for request in self.requests(gateway):
            key = new_id("ptx")
            first = gateway.perform(request, key=key)

            assert gateway.perform(request, key=key) == first
            assert gateway.perform(request, key=key) == first

    def test_the_same_request_under_another_key_is_another_one(
        self, gateway: PaymentGateway
    ) -> None:
        """Two holds, say: that is why there is one key for one operation."""
        request = self.authorize()
        first, second = gateway.perform(request, key="k1"), gateway.perform(request, key="k2")

        assert isinstance(first, Authorized)
        assert isinstance(second, Authorized)
        assert first.gateway_id != second.gateway_id

    def test_a_key_is_for_one_request(self, gateway: PaymentGateway) -> None:
        """Another one under it is a fault, not a refusal, and has no effect."""
        request = self.authorize()
        first = gateway.perform(request, key="k")

        with pytest.raises(GatewayError):
            gateway.perform(evolve(request, amount=PRICE * 2), key="k")

        assert gateway.perform(request, key="k") == first

    def test_a_decline_is_final_for_its_key(self, gateway: PaymentGateway) -> None:
        """Another try is another key."""
        request = self.authorize(self.declined)
        first = gateway.perform(request, key="k1")

        assert isinstance(first, Declined)
        assert first.code
        assert gateway.perform(request, key="k1") == first
        another = evolve(request, reference=new_id("ptx"), payment_method=self.good)
        assert isinstance(gateway.perform(another, key="k2"), Authorized)

    def test_a_look_up_creates_nothing(self, gateway: PaymentGateway) -> None:
        """However often it is asked, nothing is there until somebody acts."""
        requests: list[ActingRequest] = [
            self.authorize(),
            RefundPayment(reference=new_id("ptx"), gateway_id=self.captured(gateway), amount=PRICE),
            OpenAccount(reference=new_id("pac"), owner="ctr_42"),
            Capture(gateway_id=self.held(gateway).gateway_id, amount=PRICE),
            Void(gateway_id=self.held(gateway).gateway_id),
        ]
        for request in requests:
            for _ in range(2):
                reply = gateway.perform(LookUp(request=request), key=new_id("ptx"))
                assert reply == NotThere()

    def test_a_look_up_uses_up_no_key(self, gateway: PaymentGateway) -> None:
        """The operation is sent under it afterwards."""
        request = self.authorize()
        gateway.perform(LookUp(request=request), key="k")

        assert isinstance(gateway.perform(request, key="k"), Authorized)

    def test_a_look_up_says_what_the_reply_said(self, gateway: PaymentGateway) -> None:
        """By our reference, and by the gateway's id."""
        for request in self.requests(gateway):
            reply = gateway.perform(request, key=new_id("ptx"))
            id: str = reply.gateway_id  # type: ignore[union-attr,assignment]

            for look in (LookUp(request=request), LookUp(request=request, gateway_id=id)):
                assert gateway.perform(look, key=new_id("ptx")) == reply

    def test_what_is_captured_can_be_refunded_up_to_its_amount(
        self, gateway: PaymentGateway
    ) -> None:
        """In parts, and no more."""
        id = self.captured(gateway)

        def refund(amount: Money) -> GatewayReply:
            request = RefundPayment(reference=new_id("ptx"), gateway_id=id, amount=amount)
            return gateway.perform(request, key=new_id("ptx"))

        assert isinstance(refund(Money("400.00", "USD")), Refunded)
        assert isinstance(refund(Money("600.01", "USD")), Declined)
        assert isinstance(refund(Money("600.00", "USD")), Refunded)
        assert isinstance(refund(Money("0.01", "USD")), Declined)

    def test_a_hold_that_was_let_go_cannot_be_captured(self, gateway: PaymentGateway) -> None:
        """The money is not there, and that is no refusal of a card."""
        id = self.held(gateway).gateway_id
        gateway.perform(Void(gateway_id=id), key=new_id("ptx"))

        reply = gateway.perform(Capture(gateway_id=id, amount=PRICE), key=new_id("ptx"))

        assert type(reply).__name__ == "HoldGone"

    def test_what_was_captured_cannot_be_let_go(self, gateway: PaymentGateway) -> None:
        """It would have to be refunded."""
        reply = gateway.perform(Void(gateway_id=self.captured(gateway)), key=new_id("ptx"))

        assert isinstance(reply, Declined)

    def test_without_a_payment_method_the_payer_has_to_act(self, gateway: PaymentGateway) -> None:
        """The secret is for the payer's client alone."""
        request = evolve(self.authorize(), payment_method=None)

        reply = gateway.perform(request, key="k")

        assert isinstance(reply, ActionRequired)
        assert reply.client_secret
        assert reply.client_secret not in repr(reply)
        looked = gateway.perform(LookUp(request=request), key="k")
        assert isinstance(looked, ActionRequired)
        assert looked.gateway_id == reply.gateway_id
