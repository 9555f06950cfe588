"""Facts about people who want to be forgotten."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event


@frozen(kw_only=True)
class PersonEvent(Event):
    """Something happened to what is known of a person.  `subject` is where it was written."""

    person: str
    subject: str


class PersonErased(PersonEvent):
    """Their words are no longer there."""
