"""Stripe's lists, page by page, to their end."""

from __future__ import annotations

from typing import Final
from urllib.parse import parse_qs, urlsplit

from marketpay.adapters.stripe.call import Call, Object, Talk
from marketpay.adapters.stripe.errors import object_of
from marketpay.adapters.stripe.ids import checked
from marketpay.adapters.stripe.metadata import reference_of
from marketpay.domain.errors import GatewayError

PAGE: Final = 100  # the most objects that Stripe lists at once


def first_made_for(reference: str, listing: Call) -> Talk[Object | None]:
    """The first object in a list that was made for `reference`."""
    page: Call | None = listing
    while page is not None:
        listed = object_of((yield page))
        for object in listed["data"]:
            if reference_of(object) == reference:
                found: Object = object
                return found
        page = _next(page, listed)
    return None


def everything(listing: Call) -> Talk[list[Object]]:
    """All objects in a list."""
    objects: list[Object] = []
    page: Call | None = listing
    while page is not None:
        listed = object_of((yield page))
        objects += listed["data"]
        page = _next(page, listed)
    return objects


def reversals_of(transfer: str) -> Call:
    """The list of what came back of a transfer."""
    path = f"/v1/transfers/{checked('transfer', transfer)}/reversals"
    return Call("get", path, {"limit": PAGE})


def _next(call: Call, listed: Object) -> Call | None:
    """The call for the page after this one."""
    if url := listed.get("next_page_url"):  # v2
        after = {"page": parse_qs(urlsplit(url).query)["page"][0]}
    elif listed.get("has_more"):
        if not listed["data"]:
            raise GatewayError("Stripe says that there is more of a list, and lists nothing")
        after = {"starting_after": listed["data"][-1]["id"]}
    else:
        return None
    return Call(call.method, call.path, {**call.params, **after}, account=call.account)
