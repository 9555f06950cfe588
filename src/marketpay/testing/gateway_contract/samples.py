"""What the contract asks of a gateway: requests with references of their own."""

from __future__ import annotations

from typing import ClassVar

import pytest

from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountState,
    ActingRequest,
    Authorize,
    Authorized,
    Capture,
    Captured,
    CheckoutOpen,
    ExpireCheckout,
    OpenAccount,
    PaymentGateway,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Transferred,
    Void,
)

PRICE = Money("1000.00", "USD")
PART = Money("300.00", "USD")


class GatewaySamples:
    """Requests, and what has to be there before they can be made."""

    good: ClassVar[str] = "pm_card_visa"
    declined: ClassVar[str] = "pm_card_visa_chargeDeclined"

    def activate(self, gateway: PaymentGateway, account: str) -> None:
        """Make the connected account with this id of the gateway's active."""
        pytest.skip("this gateway cannot be told to activate an account")

    def settle_payout(self, gateway: PaymentGateway, payout: str) -> None:
        """Make the payout with this id of the gateway's arrive at its bank."""
        pytest.skip("this gateway cannot be told to let a payout arrive")

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

    def taken(self, gateway: PaymentGateway) -> Captured:
        """A payment whose money was taken."""
        capture = Capture(gateway_id=self.held(gateway).gateway_id, amount=PRICE)
        reply = gateway.perform(capture, key=new_id("ptx"))
        assert isinstance(reply, Captured)
        return reply

    def captured(self, gateway: PaymentGateway) -> str:
        """The id of a payment whose money was taken."""
        return self.taken(gateway).gateway_id

    def refund(self, id: str, amount: Money = PRICE) -> RefundPayment:
        """A request to give some of a payment back."""
        return RefundPayment(reference=new_id("ptx"), gateway_id=id, amount=amount)

    def active_account(self, gateway: PaymentGateway) -> str:
        """The id of an account that can be paid."""
        opening = OpenAccount(reference=new_id("pac"), owner="ctr_42")
        account = gateway.perform(opening, key=opening.reference)
        assert isinstance(account, AccountState)
        self.activate(gateway, account.gateway_id)
        return account.gateway_id

    def transfer(self, gateway: PaymentGateway) -> Transfer:
        """A transfer of a whole charge to an active account."""
        taken = self.taken(gateway)
        return Transfer(
            reference=new_id("ptx"),
            account=self.active_account(gateway),
            amount=PRICE,
            source=taken.charge or taken.gateway_id,
            group=new_id("job"),
        )

    def transferred(self, gateway: PaymentGateway) -> tuple[Transfer, Transferred]:
        """A transfer that was made, and what it came to."""
        transfer = self.transfer(gateway)
        reply = gateway.perform(transfer, key=transfer.reference)
        assert isinstance(reply, Transferred)
        return transfer, reply

    def start_checkout(self) -> StartCheckout:
        """A page to pay on."""
        return StartCheckout(
            reference=new_id("ptx"),
            subject=new_id("pay"),
            amount=PRICE,
            payer="cus_17",
            description="A listing",
            success_url="https://market.example/thanks",
            cancel_url="https://market.example/back",
        )

    def open_checkout(self, gateway: PaymentGateway) -> str:
        """The id of a page that waits for its payer."""
        start = self.start_checkout()
        reply = gateway.perform(start, key=start.reference)
        assert isinstance(reply, CheckoutOpen)
        return reply.gateway_id

    def requests(self, gateway: PaymentGateway) -> list[ActingRequest]:
        """One of each that can be made with no account."""
        return [
            self.authorize(),
            Capture(gateway_id=self.held(gateway).gateway_id, amount=PRICE),
            Void(gateway_id=self.held(gateway).gateway_id),
            self.refund(self.captured(gateway), PART),
            OpenAccount(reference=new_id("pac"), owner="ctr_42"),
            self.start_checkout(),
            ExpireCheckout(gateway_id=self.open_checkout(gateway)),
        ]

    def account_requests(self, gateway: PaymentGateway) -> list[ActingRequest]:
        """One of each that needs an account that can be paid."""
        _, made = self.transferred(gateway)
        other, _ = self.transferred(gateway)
        return [
            self.transfer(gateway),
            ReverseTransfer(reference=new_id("ptx"), gateway_id=made.gateway_id, amount=PART),
            PayOut(reference=new_id("ptx"), account=other.account, amount=PART),
        ]
