"""`/v1/disputes` and `/v1/radar/early_fraud_warnings`."""

from __future__ import annotations

from typing import Final

from marketpay.testing.processor_values import Dispute, FraudWarning
from marketpay.testing.stripe_server.charge_object import EVIDENCE, dispute, fraud_warning
from marketpay.testing.stripe_server.errors import invalid
from marketpay.testing.stripe_server.messages import Json
from marketpay.testing.stripe_server.pages import everything, lists, page
from marketpay.testing.stripe_server.params import (
    anything,
    boolean,
    clearable,
    metadata,
    nested,
    takes,
    text,
    unsimulated,
)
from marketpay.testing.stripe_server.refusals import accepted
from marketpay.testing.stripe_server.route import Call, Route
from marketpay.testing.stripe_server.world import World


def retrieve(world: World, call: Call) -> Json:
    """A dispute as it is now."""
    return dispute(world, world.find(Dispute, call.id, "dispute"))


def list_all(world: World, call: Call) -> Json:
    """Disputes, or those of a charge or a payment."""
    charge, payment = call.get("charge"), call.get("payment_intent")
    found = (
        one
        for one in everything(world, Dispute)
        if charge in (None, one.charge) and payment in (None, one.payment)
    )
    return page(call, found, lambda one: dispute(world, one), "dispute")


def update(world: World, call: Call) -> Json:
    """Hand in evidence, to be submitted at once unless the request says otherwise."""
    one = world.find(Dispute, call.id, "dispute")
    if not one.open:
        raise invalid("This dispute is already closed.", code="dispute_closed")
    world.change_metadata(one, call.get("metadata"))
    evidence = call.get("evidence", {})
    if evidence:
        world.note(one.id, evidence={**world.detail(one.id, "evidence", {}), **evidence})
    if evidence and call.get("submit", True):
        one = accepted(world, world.processor.review_dispute(one.id))
    return dispute(world, one)


def close(world: World, call: Call) -> Json:
    """Accept the dispute: it is lost."""
    one = world.find(Dispute, call.id, "dispute")
    if not one.open:
        raise invalid("This dispute is already closed.", code="dispute_closed")
    return dispute(world, accepted(world, world.processor.lose_dispute(one.id)))


def retrieve_warning(world: World, call: Call) -> Json:
    """An early fraud warning."""
    return fraud_warning(world, world.find(FraudWarning, call.id, "early fraud warning"))


def list_warnings(world: World, call: Call) -> Json:
    """Early fraud warnings, or those about a charge or a payment."""
    charge, payment = call.get("charge"), call.get("payment_intent")
    found = (
        one
        for one in everything(world, FraudWarning)
        if charge in (None, one.charge) and payment in (None, one.payment)
    )
    return page(call, found, lambda one: fraud_warning(world, one), "early fraud warning")


_EVIDENCE: Final = nested(enhanced_evidence=anything, **dict.fromkeys(EVIDENCE, clearable))

ROUTES: Final = (
    Route("GET", "/v1/disputes", list_all, lists(charge=text, payment_intent=text)),
    Route("GET", "/v1/disputes/{id}", retrieve, takes()),
    Route("POST", "/v1/disputes/{id}", update,
          takes(evidence=_EVIDENCE, submit=boolean, metadata=metadata,
                **unsimulated("intended_submission_method"))),
    Route("POST", "/v1/disputes/{id}/close", close, takes()),
    Route("GET", "/v1/radar/early_fraud_warnings", list_warnings,
          lists(charge=text, payment_intent=text)),
    Route("GET", "/v1/radar/early_fraud_warnings/{id}", retrieve_warning, takes()),
)  # fmt: skip
