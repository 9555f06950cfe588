"""Listings become premium on the processor's page."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    Actor,
    BuyUpgrade,
    PaymentTransaction,
    RefundUpgrade,
    RevokeUpgrade,
    Sale,
    TransactionKind,
    Upgrade,
)
from tests.machine.chargebacks import BEGUN, ENDS
from tests.machine.house import House
from tests.machine.machine import (
    ADMIN,
    CUSTOMERS,
    NUMBER,
    PERCENT,
    Machine,
    part_of,
    said_by,
    there_is,
)

PAGE = ("pay_checkout", "pay_checkout", "promise_checkout", "settle_checkout", "fail_checkout")


WHAT = st.sampled_from(("bronze", "gold"))


@rule(by=st.sampled_from(CUSTOMERS), kind=WHAT)
def buy_upgrade(machine: Machine, by: Actor, kind: str) -> None:
    machine.say(
        BuyUpgrade(
            by=by,
            listing="lst_1",
            premium_type=kind,
            success_url="https://host.example/yes",
            cancel_url="https://host.example/no",
        )
    )


@rule(by=st.sampled_from(CUSTOMERS), kind=WHAT)
def buy_and_pay(machine: Machine, by: Actor, kind: str) -> None:
    """As most do."""
    buy_upgrade(machine, by, kind)
    for charge in machine.sight.of(PaymentTransaction, kind=TransactionKind.CHARGE)[:1]:
        machine.happens("pay_checkout", charge)
    machine.both(House.hear)


@there_is(PaymentTransaction, kind=TransactionKind.CHARGE)
@rule(number=NUMBER, what=st.sampled_from((*PAGE, "expire_checkout")))
def use_page(machine: Machine, number: int, what: Any) -> None:
    charge = machine.pick(PaymentTransaction, number, kind=TransactionKind.CHARGE)
    machine.happens(what, charge)


@there_is(Upgrade)
@rule(number=NUMBER)
def revoke_upgrade(machine: Machine, number: int) -> None:
    machine.say(RevokeUpgrade(by=ADMIN, upgrade=machine.pick(Upgrade, number).id))


@there_is(Sale)
@rule(number=NUMBER, percent=st.none() | PERCENT, role=said_by("admin", "service"))
def refund_upgrade(machine: Machine, number: int, percent: int | None, role: str) -> None:
    sale = machine.pick(Sale, number)
    amount = None if percent is None else part_of(sale.amount, percent)
    by = machine.who(role, sale)
    machine.say(RefundUpgrade(by=by, purchase=sale.charge, amount=amount))


@there_is(Sale)
@rule(number=NUMBER, percent=PERCENT)
def refund_upgrade_elsewhere(machine: Machine, number: int, percent: int) -> None:
    sale = machine.pick(Sale, number)
    amount = part_of(sale.amount, percent)

    def act(house: House) -> None:
        paid = house.get(Sale, sale.id).gateway_payment
        house.gateway.refund_elsewhere(paid, amount)

    machine.outside(act)


@there_is(Sale)
@rule(number=NUMBER, is_fine=st.booleans())
def bank_answers_upgrade_refund(machine: Machine, number: int, is_fine: bool) -> None:
    """The payer's bank sends it back, or has it."""
    sent = [
        one
        for one in machine.sight.of(PaymentTransaction, kind=TransactionKind.REFUND)
        if one.refund is None
    ]
    if not sent:
        return
    name = sent[number % len(sent)].id

    def act(house: House) -> None:
        id = house.get(PaymentTransaction, name).gateway_id
        if id is not None:
            (house.gateway.settle_refund if is_fine else house.gateway.fail_refund)(id)

    machine.outside(act)


@there_is(Sale)
@rule(number=NUMBER, percent=PERCENT, how=st.sampled_from([*BEGUN]))
def bank_disputes_upgrade(machine: Machine, number: int, percent: int, how: str) -> None:
    sale = machine.pick(Sale, number)
    amount = part_of(sale.amount, percent)

    def act(house: House) -> None:
        paid = house.get(Sale, sale.id).gateway_payment
        opened = house.gateway.dispute(paid, amount=amount, **BEGUN[how])
        house.disputed_sales.append(opened.id)

    machine.outside(act)


@there_is(Sale)
@rule(number=NUMBER, what=st.sampled_from(("escalate", "withdraw", "review", *ENDS * 2)))
def dispute_about_upgrade_goes_on(machine: Machine, number: int, what: str) -> None:
    """`lose`, then `win`: it was decided, and is overturned."""

    def act(house: House) -> None:
        disputes = house.disputed_sales
        if disputes:
            getattr(house.gateway, what)(disputes[number % len(disputes)])

    machine.outside(act)
