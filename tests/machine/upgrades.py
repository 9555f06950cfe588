"""Listings become premium on the processor's page."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import Actor, BuyUpgrade, PaymentTransaction, RevokeUpgrade, TransactionKind, Upgrade
from tests.machine.machine import ADMIN, CUSTOMERS, NUMBER, Machine, there_is

PAGE = ("pay_checkout", "pay_checkout", "promise_checkout", "settle_checkout", "fail_checkout")


@rule(by=st.sampled_from(CUSTOMERS), kind=st.sampled_from(("bronze", "gold")))
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


@there_is(PaymentTransaction, kind=TransactionKind.CHARGE)
@rule(number=NUMBER, what=st.sampled_from((*PAGE, "expire_checkout")))
def use_page(machine: Machine, number: int, what: Any) -> None:
    charge = machine.pick(PaymentTransaction, number, kind=TransactionKind.CHARGE)
    machine.happens(what, charge)


@there_is(Upgrade)
@rule(number=NUMBER)
def revoke_upgrade(machine: Machine, number: int) -> None:
    machine.say(RevokeUpgrade(by=ADMIN, upgrade=machine.pick(Upgrade, number).id))
