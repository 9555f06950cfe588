"""Evidence: what somebody shows in a dispute."""

from __future__ import annotations

from attrs import field, frozen
from attrs.validators import instance_of

from marketpay.commands.base import PERSONAL, Command
from marketpay.commands.disputes import permit_party
from marketpay.domain import events as e
from marketpay.domain.attachment import Attachment
from marketpay.domain.decision import Decision
from marketpay.domain.dispute import Dispute
from marketpay.domain.evidence import Evidence
from marketpay.domain.ids import DisputeId, EvidenceId
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf, Text
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class AddEvidence(Command[Evidence]):
    """A party or an administrator shows a file that the host keeps, while a dispute goes on.

    It is no response: for that there is `RespondToDispute`.
    """

    dispute: DisputeId = field(validator=IdOf("Dispute"))
    attachment: Attachment = field(validator=instance_of(Attachment))
    note: str = field(default="", validator=Text(at_most=20_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Evidence]:
        """The evidence on record; the same again is on record already."""
        dispute, at = read.get(Dispute, self.dispute), rules.now()
        event = e.DisputeEvidenceAdded
        permit_party(self.by, dispute, event, "add evidence to this dispute")
        known = read.find(Evidence, dispute=dispute.id, sha256=self.attachment.sha256)
        same = [one for one in known if self._is_same(one)]
        if same:
            return Decision(same[0], waives=(dispute, *known))
        added = Evidence(
            id=EvidenceId(rules.new_id("evi")),
            dispute=dispute.id,
            by=self.by.id,
            role=self.by.role,
            url=self.attachment.url,
            media_type=self.attachment.media_type,
            sha256=self.attachment.sha256,
            note=self.note,
            created_at=at,
        ).added(at)
        changed = dispute.become(event, self.by.role, at)
        return Decision(added.entity, changes=(changed, added), waives=known)

    def _is_same(self, other: Evidence) -> bool:
        said = (self.by.id, self.by.role, self.attachment, self.note)
        return said == (other.by, other.role, other.attachment, other.note)
