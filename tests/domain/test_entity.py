"""Entities: frozen, changed by facts alone, and open to whom the table says."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import attrs
import pytest

import marketpay
from marketpay.domain.actor import Actor, Role
from marketpay.domain.entity import Change, Entity, Living, permit
from marketpay.domain.errors import Forbidden, IllegalTransition
from marketpay.domain.events import (
    JobCancelled,
    JobCompleted,
    JobPosted,
    JobStarted,
    OfferWithdrawn,
)
from marketpay.domain.ids import PREFIXES, JobId
from marketpay.domain.job import Job
from marketpay.domain.lifecycles import JOB, OFFER, JobStatus
from marketpay.domain.milestone import Milestone
from marketpay.domain.offer import Offer

AT = datetime(2026, 1, 1, tzinfo=UTC)
OPEN = Job(
    id=JobId("job_1"),
    customer="cus_17",
    title="Paint",
    description="",
    currency="USD",
    created_at=AT,
)


def kinds() -> Iterator[type[Entity]]:
    todo = [Entity]
    while todo:
        kind = todo.pop()
        todo += kind.__subclasses__()
        if kind.__name__ in PREFIXES:
            yield kind


every_kind = pytest.mark.parametrize("kind", sorted(kinds(), key=str))


def test_a_change_is_a_new_value_with_its_fact() -> None:
    change = OPEN.become(JobCancelled, Role.CUSTOMER, AT)

    assert change == Change(
        attrs.evolve(OPEN, status=JobStatus.CANCELLED),
        JobCancelled(at=AT, job="job_1", customer="cus_17", contractor=None),
    )
    assert OPEN.status is JobStatus.OPEN


def test_a_beginning_is_a_fact_too() -> None:
    assert OPEN.begun(AT).event == JobPosted(at=AT, job="job_1", customer="cus_17", contractor=None)


@pytest.mark.covers("A049")
def test_what_the_table_does_not_say_does_not_happen() -> None:
    with pytest.raises(
        IllegalTransition, match=r"job\.completed cannot happen to job_1: it is open"
    ):
        OPEN.become(JobCompleted, Role.CUSTOMER, AT)


@every_kind
def test_every_kind_names_its_fields_rightly(kind: type[Entity]) -> None:
    names = {field.name for field in attrs.fields(kind)}

    assert set(kind.mutable) <= names - {"id", "version"}
    assert set(kind.unique) <= names
    assert set(kind.indexed) <= names


@pytest.mark.covers("B032", "B033")
@every_kind
def test_whose_an_entity_is_and_what_it_costs_never_changes(kind: type[Entity]) -> None:
    fixed = {"customer", "owner", "currency", "price", "amount", "party", "job", "offer", "payment",
             "method", "target", "destination", "kind", "created_at", "group", "listing",
             "premium_type"}  # fmt: skip

    terms: dict[type[Entity], set[str]] = {
        Offer: {"price", "payment"},  # of another revision
        Milestone: {"payment"},  # once it is paid
    }
    assert not (fixed - terms.get(kind, set())) & set(kind.mutable)


@every_kind
def test_no_kind_changes_in_place(kind: type[Entity]) -> None:
    assert kind.__setattr__ is not object.__setattr__


def test_only_a_living_entity_needs_facts() -> None:
    with pytest.raises(NotImplementedError):
        Living.fact(OPEN, JobPosted, AT)


@pytest.mark.parametrize(
    ("actor", "allowed"),
    [
        (Actor.customer("cus_17"), True),
        (Actor.customer("cus_18"), False),
        (Actor.customer("CUS_17"), False),
        (Actor.contractor("ctr_42"), True),
        (Actor.contractor("ctr_43"), False),
        (Actor.contractor("cus_17"), False),
        (Actor.customer("ctr_42"), False),
        (Actor.admin("anybody"), False),
        (Actor.service("anybody"), False),
        (Actor.SYSTEM, False),
    ],
    ids=str,
)
def test_a_party_must_be_the_one_that_is_named(actor: Actor, *, allowed: bool) -> None:
    def ask() -> None:
        permit(actor, JOB, JobStarted, "start this job", customer="cus_17", contractor="ctr_42")

    if allowed:
        ask()
    else:
        with pytest.raises(Forbidden, match="only its contractor or its customer may") as caught:
            ask()
        assert (caught.value.actor, caught.value.role) == (actor.id, actor.role)
        assert caught.value.action == "start this job"


def test_an_administrator_is_not_asked_whose_it_is() -> None:
    permit(Actor.admin("a"), JOB, JobCancelled, "cancel", customer="cus_17", contractor=None)


def test_nobody_is_not_everybody() -> None:
    with pytest.raises(Forbidden):
        permit(Actor.contractor("None"), JOB, JobCancelled, "cancel", customer="cus_17")


def test_the_sentence_is_english() -> None:
    with pytest.raises(Forbidden) as caught:
        permit(Actor.service("x"), OFFER, OfferWithdrawn, "withdraw this offer", customer="c")

    assert "an system" not in str(caught.value)
    assert "an service" not in str(caught.value)


CARD_WORDS = {"card", "pan", "cvc", "cvv", "cvn", "expiry", "iban", "track", "pin"}


def public_classes() -> list[type[Any]]:
    found = [getattr(marketpay, name) for name in marketpay.__all__]
    return [one for one in found if isinstance(one, type) and attrs.has(one)]


@pytest.mark.covers("A131")
def test_no_public_class_has_a_field_for_card_data() -> None:
    classes = public_classes()
    assert len(classes) > 40
    for kind in (*classes, *kinds()):
        for field in attrs.fields(kind):
            words = field.name.lower().split("_")
            assert not CARD_WORDS & set(words), f"{kind.__name__}.{field.name}"


SECRETS = ("secret", "password", "token", "api_key", "personal")


def test_no_secret_is_shown() -> None:
    for kind in (*public_classes(), *kinds()):
        for field in attrs.fields(kind):
            if any(word in field.name for word in SECRETS):
                assert field.repr is False, f"{kind.__name__}.{field.name}"
