"""Facts about what somebody should look at, and what the gateway reported."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event


@frozen(kw_only=True)
class IncidentEvent(Event):
    """Something happened that a person should know of."""

    incident: str
    kind: str
    subject: str


class IncidentRaised(IncidentEvent):
    """An administrator should look."""


class IncidentResolved(IncidentEvent):
    """An administrator has looked."""


@frozen(kw_only=True)
class WebhookEvent(Event):
    """Something happened to a stored webhook."""

    webhook: str
    type: str


class WebhookReceived(WebhookEvent):
    """It was verified and stored."""


class WebhookApplied(WebhookEvent):
    """What it reports is in the books."""


class WebhookIgnored(WebhookEvent):
    """It concerns nothing here; it is kept."""


class WebhookDeferred(WebhookEvent):
    """It came early or could not be applied yet; it comes up again."""


class WebhookDied(WebhookEvent):
    """It could not be applied for so long that an administrator has to look."""


class WebhookReplayed(WebhookEvent):
    """An administrator wants it applied again."""
