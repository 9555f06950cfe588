"""Connected accounts: transfers, what comes back of them, and payouts."""

from __future__ import annotations

from datetime import UTC, datetime

from attrs import evolve

from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    Declined,
    GatewayReply,
    Inspect,
    Link,
    LookUp,
    OnboardingLink,
    OpenAccount,
    PaidOut,
    PaymentGateway,
    PayOut,
    PayoutState,
    Processing,
    Progress,
    Reversed,
    ReverseTransfer,
    Topic,
    Transferred,
    TransferState,
)
from marketpay.testing.gateway_contract.samples import PART, PRICE, GatewaySamples

CENT = Money("0.01", "USD")


class AccountsContract(GatewaySamples):
    """What becomes of the payees' money."""

    def test_an_account_is_not_active_by_itself(self, gateway: PaymentGateway) -> None:
        """Somebody has to hand in their details."""
        opening = OpenAccount(reference=new_id("pac"), owner="ctr_42")

        account = gateway.perform(opening, key=opening.reference)

        assert isinstance(account, AccountState)
        assert account.standing is not AccountStanding.ACTIVE
        assert gateway.perform(LookUp(request=opening), key=new_id("ptx")) == account

    def test_the_owner_of_an_account_gets_a_link(self, gateway: PaymentGateway) -> None:
        """It is not for anybody else's eyes."""
        opening = OpenAccount(reference=new_id("pac"), owner="ctr_42", country="US")
        account = gateway.perform(opening, key=opening.reference)
        assert isinstance(account, AccountState)
        asked = OnboardingLink(
            account=account.gateway_id,
            return_url="https://market.example/done",
            refresh_url="https://market.example/again",
        )

        link = gateway.perform(asked, key=new_id("ptx"))

        assert isinstance(link, Link)
        assert link.url.startswith("https://")
        assert link.url not in repr(link)
        assert link.expires_at > datetime(2020, 1, 1, tzinfo=UTC)

    def test_a_transfer_to_an_active_account_is_made(self, gateway: PaymentGateway) -> None:
        """Once for its key."""
        transfer, key = self.transfer(gateway), new_id("ptx")

        first = gateway.perform(transfer, key=key)

        assert isinstance(first, Transferred)
        assert first.amount == PRICE
        assert gateway.perform(transfer, key=key) == first
        assert gateway.perform(LookUp(request=transfer), key=new_id("ptx")) == first

    def test_a_transfer_may_have_no_source(self, gateway: PaymentGateway) -> None:
        """The platform's balance is it then."""
        transfer = evolve(self.transfer(gateway), source=None)

        assert isinstance(gateway.perform(transfer, key=new_id("ptx")), Transferred)

    def test_transfers_of_a_charge_are_together_at_most_the_charge(
        self, gateway: PaymentGateway
    ) -> None:
        """However much the platform has besides."""
        transfer, _ = self.transferred(gateway)
        self.taken(gateway)

        more = evolve(transfer, reference=new_id("ptx"), amount=CENT)

        assert isinstance(gateway.perform(more, key=new_id("ptx")), Declined)

    def test_a_transfer_comes_back_in_parts_up_to_its_amount(self, gateway: PaymentGateway) -> None:
        """And says how much of it did."""
        transfer, made = self.transferred(gateway)

        def reverse(amount: Money) -> GatewayReply:
            id = made.gateway_id
            request = ReverseTransfer(reference=new_id("ptx"), gateway_id=id, amount=amount)
            return gateway.perform(request, key=new_id("ptx"))

        first, second = reverse(PART), reverse(PART)
        assert isinstance(first, Reversed)
        assert isinstance(second, Reversed)
        assert first.amount == second.amount == PART
        assert first.gateway_id != second.gateway_id
        assert isinstance(reverse(PRICE - PART * 2 + CENT), Declined)
        state = gateway.perform(
            Inspect(topic=Topic.TRANSFER, gateway_id=made.gateway_id), key=new_id("ptx")
        )
        assert isinstance(state, TransferState)
        assert (state.account, state.amount) == (transfer.account, PRICE)
        assert state.reference == transfer.reference
        back = {one.gateway_id: one.amount for one in state.reversals}
        assert back == {first.gateway_id: PART, second.gateway_id: PART}

    def test_what_an_account_has_paid_out_does_not_come_back(self, gateway: PaymentGateway) -> None:
        """A transfer comes back as far as the account has any money."""
        transfer, made = self.transferred(gateway)
        pay_out = PayOut(reference=new_id("ptx"), account=transfer.account, amount=PRICE)
        assert isinstance(gateway.perform(pay_out, key=new_id("ptx")), Processing)

        id = made.gateway_id
        reverse = ReverseTransfer(reference=new_id("ptx"), gateway_id=id, amount=PART)

        assert isinstance(gateway.perform(reverse, key=new_id("ptx")), Declined)

    def test_no_more_is_paid_out_than_an_account_has(self, gateway: PaymentGateway) -> None:
        """Then there is no payout at all."""
        transfer, _ = self.transferred(gateway)
        too_much = PayOut(reference=new_id("ptx"), account=transfer.account, amount=PRICE + CENT)

        reply = gateway.perform(too_much, key=new_id("ptx"))

        assert isinstance(reply, Declined)
        assert reply.gateway_id is None

    def test_a_payout_arrives(self, gateway: PaymentGateway) -> None:
        """It is on its way until then."""
        transfer, _ = self.transferred(gateway)
        pay_out = PayOut(reference=new_id("ptx"), account=transfer.account, amount=PART)
        sent = gateway.perform(pay_out, key=new_id("ptx"))
        assert isinstance(sent, Processing)
        self.settle_payout(gateway, sent.gateway_id)

        looked = gateway.perform(
            LookUp(request=pay_out, gateway_id=sent.gateway_id), key=new_id("ptx")
        )

        assert looked == PaidOut(gateway_id=sent.gateway_id, amount=PART)
        assert self._progress(gateway, transfer.account, sent.gateway_id) is Progress.SUCCEEDED

    def test_a_payout_is_inspected_on_its_account(self, gateway: PaymentGateway) -> None:
        """The platform has no such payout."""
        transfer, _ = self.transferred(gateway)
        pay_out = PayOut(reference=new_id("ptx"), account=transfer.account, amount=PART)
        sent = gateway.perform(pay_out, key=new_id("ptx"))
        assert isinstance(sent, Processing)

        assert self._progress(gateway, transfer.account, sent.gateway_id) is Progress.PENDING
        assert self._progress(gateway, None, sent.gateway_id) is None

    def _progress(
        self, gateway: PaymentGateway, account: str | None, payout: str
    ) -> Progress | None:
        asked = Inspect(topic=Topic.PAYOUT, gateway_id=payout, account=account)
        state = gateway.perform(asked, key=new_id("ptx"))
        return state.progress if isinstance(state, PayoutState) else None
