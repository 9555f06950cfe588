"""What the endpoints act on: the processor, and what the server alone knows of its records."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

from attrs import field, frozen

from marketpay.testing.processor import Processor
from marketpay.testing.processor_values import PLATFORM, Account, Made, Record
from marketpay.testing.stripe_server.errors import no_access, no_such
from marketpay.testing.stripe_server.messages import Json

R = TypeVar("R", bound=Record)


@frozen(kw_only=True, eq=False)
class World:
    """Where everything happens."""

    processor: Processor
    url: Callable[[], str]  # where the server listens
    details: defaultdict[str, Json] = field(factory=lambda: defaultdict(dict))

    def now(self) -> datetime:
        """The processor's time."""
        return self.processor.now()

    def find(self, kind: type[R], id: object, what: str, param: str = "id") -> R:
        """The record with that id.  Raises `Refused` if there is none."""
        found = self.processor.find(kind, id) if isinstance(id, str) else None
        if found is None or found.id != id:  # a record has other names, which Stripe knows not
            raise no_such(what, id, param)
        return found

    def account(self, id: str, status: int = 403) -> Account:
        """The connected account.  Raises `Refused` if there is none, or none any more."""
        found = self.processor.find(Account, id)
        if found is None or found.id != id or found.deauthorized:
            raise no_access(id, status)
        return found

    def owner(self, named: str | None) -> str:
        """Whose balance a request is about; the platform's if it names no account."""
        return PLATFORM if named is None else self.account(named).id

    def detail(self, id: str, name: str, default: Any = None) -> Any:
        """What the server alone knows of a record."""
        known = self.details.get(id)
        return default if known is None else known.get(name, default)

    def note(self, id: str, **details: Any) -> None:
        """Remember that; what is None is no news."""
        news = {name: value for name, value in details.items() if value is not None}
        if news:
            self.details[id].update(news)

    def metadata(self, record: Made, checkout: str | None = None) -> dict[str, str]:
        """The record's metadata, with what was changed of it.

        A payment on a page of `checkout` has the metadata that its page was told to give it.
        """
        meant = self.detail(checkout or "", "payment_intent_data")
        first = dict(record.metadata) if meant is None else meant.get("metadata", {})
        return changed_metadata(first, self.detail(record.id, "metadata", {}))

    def change_metadata(self, record: Made, changes: dict[str, str] | None) -> None:
        """Add, replace and take away."""
        if changes is None:
            return
        if "" in changes:
            changes = dict.fromkeys(self.metadata(record), "")
        self.note(record.id, metadata={**self.detail(record.id, "metadata", {}), **changes})


def changed_metadata(metadata: dict[str, str], changes: dict[str, str]) -> dict[str, str]:
    """The metadata after the changes: an empty text takes a key away."""
    return {key: text for key, text in {**metadata, **changes}.items() if key and text}


def derived_id(prefix: str, id: str) -> str:
    """The id of something that always comes with the object `id`."""
    return f"{prefix}_{id.partition('_')[2]}"


def secret(prefix: str) -> str:
    """An id or a secret that nobody can guess."""
    return f"{prefix}_{os.urandom(12).hex()}"
