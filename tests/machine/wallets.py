"""Contractors' wallets are frozen, withdrawn from, paid out; their accounts are looked at."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    Actor,
    ApproveWithdrawal,
    CancelWithdrawal,
    FreezeWallet,
    OpenPayoutAccount,
    Payment,
    PayoutAccount,
    RequestWithdrawal,
    RetryTransfer,
    UnfreezeWallet,
    Wallet,
    Withdrawal,
)
from tests.machine.house import House
from tests.machine.machine import (
    ADMIN,
    CONTRACTORS,
    NUMBER,
    PERCENT,
    Machine,
    part_of,
    said_by,
    there_is,
)

BANK = ("cancel_payout", "fail_payout", "return_payout", "arrive_payout")


@rule(by=st.sampled_from(CONTRACTORS))
def open_account(machine: Machine, by: Actor) -> None:
    machine.say(OpenPayoutAccount(by=by))


@there_is(PayoutAccount)
@rule(number=NUMBER, is_fine=st.sampled_from((True, True, False)))
def look_at_account(machine: Machine, number: int, is_fine: bool) -> None:
    machine.happens("activate" if is_fine else "restrict", machine.pick(PayoutAccount, number))


@there_is(Wallet)
@rule(number=NUMBER, percent=PERCENT)
def request_withdrawal(machine: Machine, number: int, percent: int) -> None:
    wallet = machine.prefer(Wallet, number, lambda one: one.available.minor > 0)
    by = next(one for one in CONTRACTORS if one.id == wallet.owner)
    machine.say(RequestWithdrawal(by=by, amount=part_of(wallet.available, percent)))


@there_is(Withdrawal)
@rule(number=NUMBER, role=said_by("admin"))
def approve_withdrawal(machine: Machine, number: int, role: str) -> None:
    asked = machine.pick(Withdrawal, number)
    machine.say(ApproveWithdrawal(by=_of(role, asked), withdrawal=asked.id))


@there_is(Withdrawal)
@rule(number=NUMBER, role=said_by("contractor", "admin"))
def cancel_withdrawal(machine: Machine, number: int, role: str) -> None:
    asked = machine.pick(Withdrawal, number)
    machine.say(CancelWithdrawal(by=_of(role, asked), withdrawal=asked.id))


@there_is(Withdrawal)
@rule(number=NUMBER, what=st.sampled_from(BANK))
def bank_answers_payout(machine: Machine, number: int, what: Any) -> None:
    asked = machine.pick(Withdrawal, number)

    def act(house: House) -> None:
        name = house.get(Withdrawal, asked.id).gateway_payout
        if name is not None:
            getattr(house.gateway, what)(name)

    machine.outside(act)


@rule(owner=st.sampled_from(CONTRACTORS), is_freed=st.booleans(), by=st.just(ADMIN))
def freeze_wallet(machine: Machine, owner: Actor, is_freed: bool, by: Actor) -> None:
    what = UnfreezeWallet if is_freed else FreezeWallet
    machine.say(what(by=by, owner=owner.id, currency="USD", reason="Hm"))


@there_is(Payment)
@rule(number=NUMBER)
def transfer_again(machine: Machine, number: int) -> None:
    machine.say(RetryTransfer(by=ADMIN, payment=machine.pick(Payment, number).id))


def _of(role: str, asked: Withdrawal) -> Actor:
    if role == "contractor":
        return next(one for one in CONTRACTORS if one.id == asked.contractor)
    return ADMIN if role == "admin" else CONTRACTORS[0]
