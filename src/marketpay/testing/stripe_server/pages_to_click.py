"""The few pages that a person sees: onboarding, a challenge of the bank, a page to pay on.

Whoever knows the address may click; a test posts the form that the button would.
"""

from __future__ import annotations

from collections.abc import Callable
from html import escape
from typing import Final

from attrs import frozen

from marketpay.testing.processor_values import Checkout, Payment, PaymentStatus, Refusal
from marketpay.testing.stripe_server.accounts import onboard
from marketpay.testing.stripe_server.cards import why_declined
from marketpay.testing.stripe_server.errors import Refused
from marketpay.testing.stripe_server.forms import read_form
from marketpay.testing.stripe_server.messages import Json, Request, Response
from marketpay.testing.stripe_server.payment_object import capture_method
from marketpay.testing.stripe_server.units import outwards
from marketpay.testing.stripe_server.world import World

PREFIX: Final = "/_pages/"
_STYLE: Final = "body{font:16px system-ui;margin:4em auto;max-width:32em}button{font:inherit}"


@frozen
class _Gone(Exception):
    """The page has nothing to offer any more."""

    why: str


def answer_page(world: World, request: Request) -> Response:
    """The page, or what a click on it leads to."""
    words = request.path.removeprefix(PREFIX).split("/")
    page = _PAGES.get(words[0])
    if page is None or len(words) < 2:
        return _html("Nothing here", "<p>There is no such page.</p>", 404)
    try:
        form = read_form(request.body.decode("utf-8", "replace"))
        return page(world, words[1:], form if request.method == "POST" else None)
    except _Gone as gone:
        return _html("Nothing here", f"<p>{escape(gone.why)}</p>", 404)
    except Refused as refused:
        return _html("Refused", f"<p>{escape(str(refused))}</p>", 409)


def _onboarding(world: World, words: list[str], form: Json | None) -> Response:
    account = world.detail(words[0], "account")
    if account is None or world.detail(words[0], "expires_at") <= world.now():
        raise _Gone("This link is no longer good; ask for another one.")
    if form is None:
        text = f"<p>Give the details of {escape(account)}.</p>"
        return _html("Onboarding", text + _button("complete", "These are my details"))
    onboard(world, account)
    return _redirect(world.detail(words[0], "return_url"))


def _challenge(world: World, words: list[str], form: Json | None) -> Response:
    payment = world.processor.find(Payment, words[0])
    if payment is None or payment.client_secret != words[-1]:
        raise _Gone("There is no such payment.")
    if payment.status is not PaymentStatus.REQUIRES_ACTION:
        raise _Gone("There is nothing to confirm.")
    back = world.detail(payment.id, "return_url")
    if form is None:
        buttons = _button("complete", "It is me") + _button("fail", "It is not me")
        return _html("Your bank asks", buttons)
    if form.get("choice") == "fail":
        world.processor.fail_confirmation(payment.id)
    else:
        result = world.processor.confirm(payment.id)
        if isinstance(result, Payment) and capture_method(world, result) != "manual":
            world.processor.capture(payment.id)
    if back is not None:
        return _redirect(f"{back}{'&' if '?' in back else '?'}payment_intent={payment.id}")
    return _html("Thank you", "<p>You may close this page.</p>")


def _checkout(world: World, words: list[str], form: Json | None) -> Response:
    one = world.processor.find(Checkout, words[0])
    if one is None or one.id != words[0] or not one.open:
        raise _Gone("This page is no longer open.")
    amount = f"{outwards(one.amount, one.currency)} {one.currency.lower()} (minor units)"
    if form is None:
        asked = (
            f"<p>{escape(one.description)}: {amount}</p>"
            + _button("pay", "Pay", '<input name="payment_method" value="pm_card_visa">')
            + _button("promise", "Pay by a slow bank transfer")
        )
        return _html("Checkout", asked)
    if form.get("choice") == "promise":
        result = world.processor.promise_checkout(one.id)
    else:
        result = world.processor.pay_checkout(
            one.id, method=str(form.get("payment_method", "pm_card_visa"))
        )
    if isinstance(result, Refusal):
        why = why_declined(result.decline.code, result.decline.decline_code)
        return _html("Checkout", f"<p>{escape(why)}</p>", 402)
    return _redirect(one.success_url.replace("{CHECKOUT_SESSION_ID}", one.id))


_PAGES: Final[dict[str, Callable[[World, list[str], Json | None], Response]]] = {
    "onboarding": _onboarding,
    "challenge": _challenge,
    "checkout": _checkout,
}


def _button(choice: str, label: str, inputs: str = "") -> str:
    hidden = f'<input type="hidden" name="choice" value="{choice}">'
    return f'<form method="post">{inputs}{hidden}<button>{label}</button></form>'


def _html(title: str, inside: str, status: int = 200) -> Response:
    text = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style><h1>{title}</h1>{inside}</html>"
    )
    return Response(status=status, body=text.encode(), content_type="text/html; charset=utf-8")


def _redirect(to: str) -> Response:
    return Response(status=303, content_type="text/html", headers={"Location": to})
