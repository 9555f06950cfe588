"""What every fact has in common, and its name for the outside."""

from __future__ import annotations

import re
from datetime import datetime
from typing import ClassVar, Final

from attrs import frozen

SUBJECTS: Final = (
    "PaymentTransaction", "PayoutAccount", "PayerAccount", "Application", "Chargeback",
    "ProcessorFee", "Withdrawal", "Incident", "Payment", "Webhook", "Wallet", "Refund", "Offer",
    "Job", "Upgrade", "Dispute", "Evidence", "Milestone", "CreditGrant", "Credit", "Adjustment",
    "Sale", "Person",
)  # fmt: skip


def _snake(words: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", "_", words).lower()


@frozen(kw_only=True)
class Event:
    """Base of every fact.  `at` is when it became true, in UTC."""

    at: datetime

    name: ClassVar[str] = ""  # `offer.accepted`: entity, point, past tense
    kinds: ClassVar[dict[str, type[Event]]] = {}

    def __init_subclass__(cls) -> None:
        subject = next((s for s in SUBJECTS if cls.__name__.startswith(s)), "")
        fact = cls.__name__.removeprefix(subject)
        if fact != "Event":
            cls.name = f"{_snake(subject)}.{_snake(fact)}".removeprefix(".")
            Event.kinds[cls.name] = cls
