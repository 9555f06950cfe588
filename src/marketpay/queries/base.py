"""The shape of a question and of a page."""

from __future__ import annotations

import base64
import binascii
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Generic, TypeVar

from attrs import field, frozen

from marketpay.domain.entity import Entity
from marketpay.domain.errors import InvalidInput
from marketpay.domain.validators import Party
from marketpay.ports.store import Records

R = TypeVar("R")
T = TypeVar("T")
E = TypeVar("E", bound=Entity)

LARGEST_PAGE = 500


class Question(ABC, Generic[R]):
    """Something to be found out, as a value.  Whether the asker may know is the host's to say."""

    @abstractmethod
    def answer(self, records: Records, /) -> R:
        """The answer, from one consistent state of the store."""


@frozen(kw_only=True)
class Page(Generic[T]):
    """Part of a list.  `next` goes into the same question's `cursor` for the part after it."""

    items: tuple[T, ...]
    next: str | None


def _is_limit(_instance: object, _attribute: object, value: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError(f"limit must be an int, not {type(value).__name__}")
    if not 1 <= value <= LARGEST_PAGE:
        raise InvalidInput(f"must be from 1 to {LARGEST_PAGE}.", "limit")


@frozen(kw_only=True)
class Listing(Question[Page[T]]):
    """A question answered in pages of at most `limit`, the newest first.

    A page starts from where the last one ended, whatever came or went meanwhile.
    """

    limit: int = field(default=50, validator=_is_limit)
    cursor: str | None = field(default=None, validator=Party())

    def position(self) -> str | None:
        """Where the last page ended."""
        if self.cursor is None:
            return None
        try:
            text = base64.urlsafe_b64decode(self.cursor.encode()).decode()
        except (binascii.Error, UnicodeError, ValueError):
            text = ""
        kind, _, position = text.partition(":")
        if kind != type(self).__name__ or not position:
            raise InvalidInput("is not one that a page of this list gave.", "cursor")
        return position

    def number(self) -> int | None:
        """The same, where lists are numbered."""
        position = self.position()
        if position is None:
            return None
        if not (position.isascii() and position.isdigit()) or len(position) > 18:
            raise InvalidInput("is not one that a page of this list gave.", "cursor")
        return int(position)

    def paged(self, found: list[T], last: str | None) -> Page[T]:
        """A page of what was found, asked for with one more than `limit`.

        `last` is the position of the last item that fits, None where everything did.
        """
        token = None
        if last is not None:
            token = base64.urlsafe_b64encode(f"{type(self).__name__}:{last}".encode()).decode()
        return Page(items=tuple(found[: self.limit]), next=token)

    def entities(self: Listing[E], records: Records, kind: type[E], **equal: object) -> Page[E]:
        """A page of entities whose fields equal these; None means any."""
        wanted: Mapping[str, object] = {k: v for k, v in equal.items() if v is not None}
        found = records.page(kind, wanted, after=self.position(), limit=self.limit + 1)
        last = found[self.limit - 1].id if len(found) > self.limit else None
        return self.paged(found, last)
