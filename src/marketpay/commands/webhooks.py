"""Stored webhooks: given up, and applied again."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import Command, only_system
from marketpay.domain import events as e
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.ids import WebhookId
from marketpay.domain.incident import IncidentKind, incident
from marketpay.domain.lifecycles import WEBHOOK, WebhookStatus
from marketpay.domain.rules import Rules
from marketpay.domain.validators import IdOf
from marketpay.domain.webhook import Webhook
from marketpay.ports.store import Reader

WAITING = (WebhookStatus.RECEIVED, WebhookStatus.DEFERRED)


@frozen(kw_only=True)
class BuryWebhook(Command[Webhook]):
    """A webhook could not be applied for so long that somebody has to look."""

    webhook: WebhookId = field(validator=IdOf("Webhook"))
    failure: str = field(default="", repr=False)

    def decide(self, read: Reader, rules: Rules) -> Decision[Webhook]:
        """The webhook, dead, with an incident."""
        only_system(self.by, "bury a webhook")
        webhook, at = read.get(Webhook, self.webhook), rules.now()
        if webhook.status not in WAITING:
            return Decision(webhook, waives=(webhook,))
        failure = self.failure or webhook.failure
        dead = webhook.become(e.WebhookDied, self.by.role, at, due_at=None, failure=failure)
        raised = incident(IncidentKind.WEBHOOK_DEAD, webhook.id, webhook.event_type, rules, at)
        return Decision(dead.entity, changes=(dead, raised))


@frozen(kw_only=True)
class ReplayWebhook(Command[Webhook]):
    """An administrator wants a stored webhook applied again; `work()` does it."""

    webhook: WebhookId = field(validator=IdOf("Webhook"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Webhook]:
        """The webhook, as it was when it came in."""
        webhook, at = read.get(Webhook, self.webhook), rules.now()
        permit(self.by, WEBHOOK, e.WebhookReplayed, "replay this webhook")
        if webhook.status in WAITING:
            return Decision(webhook, waives=(webhook,))
        again = webhook.become(
            e.WebhookReplayed, self.by.role, at, due_at=at, sent_at=None, attempts=0
        )
        return Decision(again.entity, changes=(again,))
