"""Stripe's ids, as far as they are put into a path or a header: they can never change either."""

from __future__ import annotations

import re
from typing import Final

from marketpay.domain.errors import InvalidInput
from marketpay.domain.numbers import shown

PREFIXES: Final = {
    "payment": ("pi_",),
    "charge": ("ch_", "py_"),
    "refund": ("re_", "pyr_"),
    "transfer": ("tr_",),
    "reversal": ("trr_",),
    "payout": ("po_",),
    "account": ("acct_",),
    "checkout": ("cs_",),
    "chargeback": ("dp_", "du_", "pdp_"),
    "balance change": ("txn_",),
}

ID: Final = "id"  # the field of the error
_FORM: Final = re.compile(r"[A-Za-z0-9_]{4,250}")


def checked(kind: str, id: object) -> str:
    """`id`, if it can be the id of such a thing at Stripe, else `InvalidInput`."""
    prefixes = PREFIXES[kind]
    if not (isinstance(id, str) and _FORM.fullmatch(id) and id.startswith(prefixes)):
        expected = " or ".join(f"{prefix}..." for prefix in prefixes)
        raise InvalidInput(f"{shown(id)} is not the id of a {kind} at Stripe ({expected}).", ID)
    return id
