"""Whose saved cards are whose: a customer's account at the gateway."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    Forbidden,
    InvalidInput,
    LinkPayerAccount,
    Marketplace,
    OfferFunding,
    PayerAccount,
    PaymentDeclined,
    PaymentStatus,
    PayOffer,
    TransactionKind,
)
from marketpay.testing import SimulatedGateway
from marketpay.testing.processor_values import Customer, Method
from tests.conftest import on_both_stores, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    OTHER_CUSTOMER,
    SERVICE,
    books_are_right,
    declined,
    heard,
    nothing_changes,
    now,
    operations,
    post,
    send,
)


def link(
    market: Marketplace, account: str, customer: str = "cus_17", by: Actor = ADMIN
) -> PayerAccount:
    command = LinkPayerAccount(by=by, customer=customer, gateway_customer=account)
    return market.execute(command)


def saved_card(gateway: SimulatedGateway, customer: str = "cus_17") -> tuple[str, str]:
    """A payer that the gateway knows, and a card of theirs."""
    payer = gateway.processor.open_customer(reference=customer)
    assert isinstance(payer, Customer)
    card = gateway.processor.attach(GOOD, payer.id)
    assert isinstance(card, Method)
    return payer.id, card.id


def payers_sent(market: Marketplace, sent: OfferFunding) -> list[str | None]:
    holds = operations(market, sent.payment, TransactionKind.AUTHORIZE)
    return [hold.payer for hold in sorted(holds, key=lambda one: one.id)]


@pytest.mark.parametrize("by", [ADMIN, SERVICE], ids=str)
def test_staff_say_which_account_is_a_customers(market: Marketplace, by: Actor) -> None:
    with heard(market) as told:
        account = link(market, "cus_sim_1", by=by)

    assert (account.customer, account.gateway_customer) == ("cus_17", "cus_sim_1")
    assert now(market, account) == account
    assert told.names == ["payer_account.linked"]


@on_one_store
@pytest.mark.parametrize("by", [CUSTOMER, OTHER_CUSTOMER, CONTRACTOR], ids=str)
def test_nobody_says_so_of_themselves(
    market: Marketplace, gateway: SimulatedGateway, by: Actor
) -> None:
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        link(market, "cus_sim_1", by=by)


def test_linking_again_changes_nothing(market: Marketplace, gateway: SimulatedGateway) -> None:
    account = link(market, "cus_sim_1")
    with heard(market) as told:
        assert link(market, "cus_sim_1") == account
    assert told.names == []


def test_another_account_takes_the_place_of_that_before(market: Marketplace) -> None:
    before = link(market, "cus_sim_1")
    after = link(market, "cus_sim_2")

    assert (after.id, after.gateway_customer) == (before.id, "cus_sim_2")
    assert now(market, before) == after
    other = link(market, "cus_sim_1", customer="cus_18")  # it is free again
    assert other.id != before.id


def test_an_account_is_one_customers(market: Marketplace, gateway: SimulatedGateway) -> None:
    link(market, "cus_sim_1")
    link(market, "cus_sim_2", customer="cus_18")
    with nothing_changes(market, gateway):
        for account, customer in (("cus_sim_1", "cus_18"), ("cus_sim_1", "cus_19")):
            with pytest.raises(InvalidInput) as invalid:
                link(market, account, customer=customer)
            assert invalid.value.field == "gateway_customer"


@on_both_stores
def test_of_two_customers_at_once_one_gets_the_account(market: Marketplace) -> None:
    def attempt(customer: str) -> Any:
        try:
            return link(market, "cus_sim_1", customer=customer).customer
        except InvalidInput as error:
            return error.field

    with ThreadPoolExecutor(2) as threads:
        outcomes = set(threads.map(attempt, ["cus_17", "cus_18"]))

    assert outcomes in ({"cus_17", "gateway_customer"}, {"cus_18", "gateway_customer"})


def test_a_saved_card_is_charged_as_that_account(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payer, card = saved_card(gateway)
    link(market, payer)
    sent = send(market, payment_method=card)

    assert payers_sent(market, sent) == [payer]
    assert sent.payment.status is PaymentStatus.AUTHORIZED
    accepted = market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    assert accepted.payment.status is PaymentStatus.CAPTURED
    books_are_right(market, gateway)


def test_somebody_elses_card_is_refused(market: Marketplace, gateway: SimulatedGateway) -> None:
    _, card = saved_card(gateway)
    other, _ = saved_card(gateway, "cus_18")
    link(market, other, customer="cus_18")
    with pytest.raises(PaymentDeclined):
        send(market, post(market, by=OTHER_CUSTOMER), payment_method=card)


def test_without_a_card_no_account_is_named(market: Marketplace, gateway: SimulatedGateway) -> None:
    link(market, "cus_sim_1")
    sent = send(market, payment_method=None)

    assert payers_sent(market, sent) == [None]
    assert sent.payment.status is PaymentStatus.AWAITING_CONFIRMATION


def test_only_the_customers_own_account_is_named(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    link(market, "cus_sim_2", customer="cus_18")
    sent = send(market)

    assert payers_sent(market, sent) == [None]
    assert sent.payment.status is PaymentStatus.AUTHORIZED


def test_another_try_names_the_account_that_is_linked_by_then(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    offer = declined(market)
    payer, card = saved_card(gateway)
    link(market, payer)
    paid = market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=card))

    assert payers_sent(market, paid) == [None, payer]
    assert paid.payment.status is PaymentStatus.AUTHORIZED


def test_what_is_on_record_of_a_try_does_not_change_with_the_account(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payer, card = saved_card(gateway)
    link(market, payer)
    sent = send(market, payment_method=card)
    link(market, "cus_sim_9")

    assert payers_sent(market, sent) == [payer]
