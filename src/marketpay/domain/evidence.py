"""Evidence: what somebody shows in a dispute."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from attrs import field, frozen

from marketpay.domain.actor import Role
from marketpay.domain.attachment import Attachment
from marketpay.domain.entity import Change, Entity, Names
from marketpay.domain.events import EvidenceAdded
from marketpay.domain.ids import DisputeId, EvidenceId


@frozen(kw_only=True)
class Evidence(Entity):
    """A file that the host keeps, and a note.  Nothing but an erasure changes it."""

    id: EvidenceId
    dispute: DisputeId
    by: str  # who added it
    role: Role  # ... and what they were to the dispute
    url: str = field(repr=False)
    media_type: str
    sha256: str
    note: str
    created_at: datetime

    mutable: ClassVar[Names] = ("url", "note")
    indexed: ClassVar[Names] = ("dispute",)

    @property
    def attachment(self) -> Attachment:
        """The file."""
        return Attachment(self.url, self.media_type, self.sha256)

    def added(self, at: datetime) -> Change[Evidence]:
        """The evidence with the fact that it is there."""
        fact = EvidenceAdded(
            at=at, evidence=self.id, dispute=self.dispute, by=self.by, role=self.role.value
        )
        return Change(self, fact)
