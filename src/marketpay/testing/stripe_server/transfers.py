"""`/v1/transfers`, their reversals, and `/v1/payouts`."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import (
    Account,
    Charge,
    Payout,
    PayoutStatus,
    Reversal,
    Transfer,
)
from marketpay.testing.stripe_server.errors import Refused, invalid, missing_parameter, no_such
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import everything, lists, page, pages
from marketpay.testing.stripe_server.params import (
    anything,
    clearable,
    currency,
    metadata,
    one_of,
    period,
    positive,
    takes,
    text,
    unsimulated,
)
from marketpay.testing.stripe_server.refusals import accepted
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.transfer_object import payout, reversal, transfer
from marketpay.testing.stripe_server.units import inwards, outwards
from marketpay.testing.stripe_server.world import World, changed_metadata


def create_transfer(world: World, call: Call) -> Json:
    """Move money to a connected account."""
    if "amount" not in call.params:
        raise missing_parameter("amount")
    code, to = call.params["currency"], call.params["destination"]
    amount = inwards(call.params["amount"], code)
    world.find(Account, to, "destination", "destination")
    source = call.get("source_transaction")
    if source is not None:
        _refuse_uncovered(world.find(Charge, source, "charge", "source_transaction"), amount, code)
    result = world.processor.transfer(
        account=to,
        amount=amount,
        currency=code,
        source=source,
        group=call.get("transfer_group"),
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    made = accepted(world, result)
    world.note(made.id, description=call.get("description"))
    if source is not None and made.group is None:
        charge = world.find(Charge, source, "charge")
        world.note(made.id, group=f"group_{charge.payment}")
    return transfer(world, made)


def _refuse_uncovered(charge: Charge, amount: int, code: str) -> None:
    if not charge.captured:
        message = (
            f"The source_transaction {charge.id} cannot be used: the charge has not been captured."
        )
        raise invalid(message, param="source_transaction")
    if code != charge.currency:
        message = (
            f"The currency of source_transaction's balance transaction "
            f"({charge.currency.lower()}) must be the same as the transfer currency "
            f"({code.lower()})"
        )
        raise invalid(message, param="currency")
    left = charge.captured - charge.transferred
    if amount > left:
        message = (
            f"The transfers using this charge as source_transaction exceed it: "
            f"{outwards(left, code)} {code.lower()} are left."
        )
        raise invalid(message, code="amount_too_large", param="amount")


def retrieve_transfer(world: World, call: Call) -> Json:
    """A transfer as it is now."""
    return transfer(world, world.find(Transfer, call.id, "transfer"))


def update_transfer(world: World, call: Call) -> Json:
    """Change what is told of a transfer."""
    one = world.find(Transfer, call.id, "transfer")
    world.change_metadata(one, call.get("metadata"))
    world.note(one.id, description=call.get("description"))
    return transfer(world, one)


def list_transfers(world: World, call: Call) -> Json:
    """Transfers, or those of a group, those to an account."""
    to, group = call.get("destination"), call.get("transfer_group")
    found = (
        one
        for one in everything(world, Transfer)
        if to in (None, one.account) and group in (None, one.group, world.detail(one.id, "group"))
    )
    return page(call, found, lambda one: transfer(world, one), "transfer")


def create_reversal(world: World, call: Call) -> Json:
    """Bring a transfer back, or a part of it."""
    one = world.find(Transfer, call.id, "transfer")
    amount, left = call.get("amount"), one.amount - one.reversed
    if amount is not None:
        amount = inwards(amount, one.currency)
    if not left or (amount is not None and amount > left):
        message = (
            f"Reversal amount is greater than unreversed amount on transfer "
            f"({outwards(left, one.currency)} {one.currency.lower()})"
        )
        raise invalid(message, param="amount")
    result = world.processor.reverse(
        one.id, amount=amount, metadata=changed_metadata({}, call.get("metadata", {}))
    )
    return reversal(world, accepted(world, result))


def retrieve_reversal(world: World, call: Call) -> Json:
    """A reversal as it is."""
    one = world.find(Reversal, call.ids[1], "transfer reversal")
    if one.transfer != call.id:
        raise no_such("transfer reversal", one.id)
    return reversal(world, one)


def list_reversals(world: World, call: Call) -> Json:
    """What came back of a transfer."""
    one = world.find(Transfer, call.id, "transfer")
    found = world.processor.find_all(Reversal, one.id)
    return page(call, found, lambda each: reversal(world, each), "transfer reversal")


def create_payout(world: World, call: Call) -> Json:
    """Send money to the bank of the account that the request is made for."""
    of, code = world.owner(call.account), call.params["currency"]
    amount = inwards(call.params["amount"], code)
    if code in ("HUF", "TWD") and amount % 100:
        raise invalid(f"Payouts in {code.lower()} must be divisible by 100.", param="amount")
    result = world.processor.pay_out(
        of,
        amount=amount,
        currency=code,
        metadata=changed_metadata({}, call.get("metadata", {})),
    )
    made = accepted(world, result)
    names = ("description", "statement_descriptor")
    world.note(made.id, **{name: call.get(name) for name in names})
    return payout(world, made)


def _payout(world: World, call: Call) -> Payout:
    one = world.find(Payout, call.id, "payout")
    if one.account != world.owner(call.account):
        raise no_such("payout", one.id)
    return one


def retrieve_payout(world: World, call: Call) -> Json:
    """A payout as it is now."""
    return payout(world, _payout(world, call))


def update_payout(world: World, call: Call) -> Json:
    """Change a payout's metadata."""
    one = _payout(world, call)
    world.change_metadata(one, call.get("metadata"))
    return payout(world, one)


def list_payouts(world: World, call: Call) -> Json:
    """The payouts of the account that the request is made for."""
    of, status = world.owner(call.account), call.get("status")
    found = (
        one
        for one in everything(world, Payout)
        if one.account == of and status in (None, one.status.value)
    )
    return page(call, found, lambda one: payout(world, one), "payout")


def cancel_payout(world: World, call: Call) -> Json:
    """Stop a payout that is still pending."""
    one = _payout(world, call)
    if one.status is not PayoutStatus.PENDING:
        raise _too_late(one)
    return payout(world, accepted(world, world.processor.cancel_payout(one.id)))


def _too_late(one: Payout) -> Refused:
    message = f"Payouts can only be canceled while they are pending; this one is {one.status}."
    return invalid(message, code="payout_not_pending")


_SOURCES: Final = one_of("bank_account", "card", "fpx")
_CREATE_TRANSFER: Final = takes(
    "currency destination", amount=positive, currency=currency, destination=text,
    source_transaction=text, transfer_group=text, description=clearable, metadata=metadata,
    source_type=_SOURCES,
)  # fmt: skip

ROUTES: Final = (
    Route("POST", "/v1/transfers", create_transfer, _CREATE_TRANSFER),
    Route("GET", "/v1/transfers", list_transfers, lists(destination=text, transfer_group=text)),
    Route("GET", "/v1/transfers/{id}", retrieve_transfer, takes()),
    Route("POST", "/v1/transfers/{id}", update_transfer,
          takes(description=clearable, metadata=metadata)),
    Route("POST", "/v1/transfers/{id}/reversals", create_reversal,
          takes(amount=positive, description=clearable, metadata=metadata,
                **unsimulated("refund_application_fee"))),
    Route("GET", "/v1/transfers/{id}/reversals", list_reversals, pages()),
    Route("GET", "/v1/transfers/{id}/reversals/{id}", retrieve_reversal, takes()),
    Route("POST", "/v1/payouts", create_payout,
          takes("amount currency", amount=positive, currency=currency, description=clearable,
                statement_descriptor=clearable, metadata=metadata, source_type=_SOURCES,
                destination=anything, method=one_of("standard"), **unsimulated("payout_method"))),
    Route("GET", "/v1/payouts", list_payouts,
          lists(status=text, destination=text, arrival_date=period)),
    Route("GET", "/v1/payouts/{id}", retrieve_payout, takes()),
    Route("POST", "/v1/payouts/{id}", update_payout, takes(metadata=metadata)),
    Route("POST", "/v1/payouts/{id}/cancel", cancel_payout, takes()),
)  # fmt: skip
