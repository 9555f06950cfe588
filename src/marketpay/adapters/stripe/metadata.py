"""What we leave with Stripe's objects, and find them again by."""

from __future__ import annotations

from typing import Final

from marketpay.adapters.stripe.call import Object

REFERENCE: Final = "marketpay_reference"


def metadata(reference: str, **more: str) -> dict[str, str]:
    """What an object made for `reference` is marked with."""
    return {REFERENCE: reference, **more}


def reference_of(object: Object) -> str | None:
    """Our reference, where the object was made for one."""
    found = (object.get("metadata") or {}).get(REFERENCE)
    return found if isinstance(found, str) else None
