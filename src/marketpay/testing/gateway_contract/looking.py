"""What can be asked of a gateway, and that asking changes nothing."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from marketpay.domain.ids import new_id
from marketpay.domain.money import Money
from marketpay.ports.gateway import (
    AccountState,
    ActingRequest,
    BalanceChange,
    BalanceKind,
    BalancePage,
    Capture,
    ExpireCheckout,
    Inspect,
    ListBalance,
    LookUp,
    NotThere,
    OpenAccount,
    PaymentGateway,
    PayOut,
    Progress,
    Refunded,
    RefundState,
    ReverseTransfer,
    Topic,
    Void,
)
from marketpay.testing.gateway_contract.samples import PART, PRICE, GatewaySamples

LONG_AGO = datetime(2001, 1, 1, tzinfo=UTC)
FAR_OFF = datetime(2100, 1, 1, tzinfo=UTC)
MANY = 104  # charges: more changes than fit on a page of a hundred


class LookingContract(GatewaySamples):
    """Look-ups, states and the balance."""

    def test_a_look_up_creates_nothing(self, gateway: PaymentGateway) -> None:
        """However often it is asked, nothing is there until somebody acts."""
        requests: list[ActingRequest] = [
            self.authorize(),
            self.refund(self.captured(gateway)),
            OpenAccount(reference=new_id("pac"), owner="ctr_42"),
            Capture(gateway_id=self.held(gateway).gateway_id, amount=PRICE),
            Void(gateway_id=self.held(gateway).gateway_id),
            self.start_checkout(),
            ExpireCheckout(gateway_id=self.open_checkout(gateway)),
        ]
        self._check_nothing_is_there(gateway, requests)

    def test_a_look_up_moves_no_money_of_an_account(self, gateway: PaymentGateway) -> None:
        """Nothing is there until somebody acts."""
        made, transferred = self.transferred(gateway)
        id = transferred.gateway_id
        requests: list[ActingRequest] = [
            self.transfer(gateway),
            ReverseTransfer(reference=new_id("ptx"), gateway_id=id, amount=PART),
            PayOut(reference=new_id("ptx"), account=made.account, amount=PART),
        ]
        self._check_nothing_is_there(gateway, requests)

    def test_a_look_up_says_what_the_reply_said(self, gateway: PaymentGateway) -> None:
        """By our reference, and by the gateway's id."""
        self._check_it_is_found(gateway, self.requests(gateway))

    def test_a_look_up_says_what_became_of_the_money_of_an_account(
        self, gateway: PaymentGateway
    ) -> None:
        """By our reference, and by the gateway's id."""
        self._check_it_is_found(gateway, self.account_requests(gateway))

    def test_of_two_refunds_each_is_found_by_its_own_reference(
        self, gateway: PaymentGateway
    ) -> None:
        """Though they are of one payment and one amount."""
        id = self.captured(gateway)
        requests = [self.refund(id, PART), self.refund(id, PART)]
        replies = [gateway.perform(one, key=one.reference) for one in requests]

        found = [gateway.perform(LookUp(request=one), key=new_id("ptx")) for one in requests]

        assert found == replies

    def test_a_refund_says_how_it_stands(self, gateway: PaymentGateway) -> None:
        """And what it is a refund of."""
        request = self.refund(self.captured(gateway), PART)
        reply = gateway.perform(request, key=request.reference)
        assert isinstance(reply, Refunded)

        asked = Inspect(topic=Topic.REFUND, gateway_id=reply.gateway_id)

        assert gateway.perform(asked, key=new_id("ptx")) == RefundState(
            gateway_id=reply.gateway_id,
            payment=request.gateway_id,
            amount=PART,
            progress=Progress.SUCCEEDED,
            reference=request.reference,
        )

    def test_an_account_says_how_it_stands(self, gateway: PaymentGateway) -> None:
        """As it did when it was opened."""
        opening = OpenAccount(reference=new_id("pac"), owner="ctr_42")
        account = gateway.perform(opening, key=opening.reference)
        assert isinstance(account, AccountState)

        asked = Inspect(topic=Topic.ACCOUNT, gateway_id=account.gateway_id)

        assert gateway.perform(asked, key=new_id("ptx")) == account

    @pytest.mark.parametrize(
        "topic", [Topic.REFUND, Topic.TRANSFER, Topic.CHARGEBACK, Topic.ACCOUNT]
    )
    def test_what_nobody_knows_is_not_there(self, gateway: PaymentGateway, topic: Topic) -> None:
        """That is an answer, not an error."""
        asked = Inspect(topic=topic, gateway_id="xx_nowhere")

        assert gateway.perform(asked, key=new_id("ptx")) == NotThere()

    def test_the_balance_is_listed_page_by_page_and_everything_once(
        self, gateway: PaymentGateway
    ) -> None:
        """With the payment that each change belongs to."""
        payments = {self.captured(gateway) for _ in range(MANY)}

        changes = self._changes(gateway)

        assert len({one.gateway_id for one in changes}) == len(changes)
        ours = [one for one in changes if one.payment in payments]
        assert len(ours) == MANY
        assert {one.payment for one in ours} == payments
        assert {(one.kind, one.amount) for one in ours} == {(BalanceKind.CHARGE, PRICE.minor)}

    def test_what_moved_the_balance_is_said_with_its_sign_and_our_reference(
        self, gateway: PaymentGateway
    ) -> None:
        """A refund takes from it; a transfer that comes back adds to it."""
        paid = self.captured(gateway)
        refund = self.refund(paid, PART)
        gateway.perform(refund, key=refund.reference)
        transfer, made = self.transferred(gateway)
        id = made.gateway_id
        reverse = ReverseTransfer(reference=new_id("ptx"), gateway_id=id, amount=PART)
        gateway.perform(reverse, key=reverse.reference)

        changes = {one.reference: one for one in self._changes(gateway)}

        assert self._seen(changes[refund.reference]) == (BalanceKind.REFUND, -PART)
        assert changes[refund.reference].payment == paid
        assert self._seen(changes[transfer.reference]) == (BalanceKind.TRANSFER, -PRICE)
        back = changes[reverse.reference]
        assert self._seen(back) == (BalanceKind.TRANSFER_REVERSAL, PART)

    def test_outside_the_window_nothing_is_listed(self, gateway: PaymentGateway) -> None:
        """Neither before nor behind it."""
        self.captured(gateway)

        assert self._changes(gateway, since=LONG_AGO, until=LONG_AGO) == []
        assert self._changes(gateway, since=FAR_OFF, until=FAR_OFF) == []

    def _changes(
        self, gateway: PaymentGateway, since: datetime = LONG_AGO, until: datetime = FAR_OFF
    ) -> list[BalanceChange]:
        changes: list[BalanceChange] = []
        after: str | None = None
        while True:
            asked = ListBalance(since=since, until=until, after=after)
            page = gateway.perform(asked, key=new_id("ptx"))
            assert isinstance(page, BalancePage)
            changes += page.changes
            if page.next is None:
                return changes
            after = page.next

    def _seen(self, change: BalanceChange) -> tuple[BalanceKind, Money]:
        return change.kind, Money.from_minor(change.amount, change.currency)

    def _check_nothing_is_there(
        self, gateway: PaymentGateway, requests: list[ActingRequest]
    ) -> None:
        for request in requests:
            for _ in range(2):
                reply = gateway.perform(LookUp(request=request), key=new_id("ptx"))
                assert reply == NotThere()

    def _check_it_is_found(self, gateway: PaymentGateway, requests: list[ActingRequest]) -> None:
        for request in requests:
            reply = gateway.perform(request, key=new_id("ptx"))
            id: str = reply.gateway_id  # type: ignore[union-attr,assignment]

            for look in (LookUp(request=request), LookUp(request=request, gateway_id=id)):
                assert gateway.perform(look, key=new_id("ptx")) == reply
