"""Changing an entity: what comes of it is as if it had been made so."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import attrs
import pytest
from attrs import Attribute, AttrsInstance

from marketpay.delivery.results import KINDS
from marketpay.domain.changing import changed
from marketpay.domain.entity import Entity, Living
from marketpay.domain.ids import JobId
from marketpay.domain.lifecycles import OfferStatus
from marketpay.domain.money import Money
from marketpay.testing.store_contract.samples import a_job, an_offer

AT = datetime(2026, 1, 1, tzinfo=UTC)


every_kind = pytest.mark.parametrize("kind", KINDS.values())


def a_value(kind: type[Entity], field: Attribute[Any], number: int) -> Any:
    if field.name == "status" and issubclass(kind, Living):
        return kind.lifecycle.statuses[-number]
    by_type = {"Money": Money(number, "USD"), "datetime": AT.replace(year=2026 + number)}
    named = getattr(field.type, "__name__", str(field.type))  # resolved by whoever asked for it
    plain = named.removesuffix(" | None")
    return by_type.get(plain, number if plain == "int" else f"{field.name} {number}")


def one_of(kind: type[Entity]) -> Entity:
    given = [field for field in attrs.fields(kind) if field.init]
    return kind(**{field.name: a_value(kind, field, 1) for field in given})


def everything_of(entity: AttrsInstance) -> dict[str, Any]:
    return attrs.asdict(entity, recurse=False)


@every_kind
def test_an_entity_changed_is_the_one_that_would_have_been_made(kind: type[Entity]) -> None:
    entity = one_of(kind)
    for field in attrs.fields(kind):
        if field.init:
            change = {field.name: a_value(kind, field, 2)}
            found, made = changed(entity, **change), attrs.evolve(entity, **change)

            assert type(found) is kind
            assert everything_of(found) == everything_of(made)
            assert getattr(found, field.name) != getattr(entity, field.name)


@every_kind
def test_no_kind_checks_or_converts_what_it_is_made_of(kind: type[Entity]) -> None:
    assert not hasattr(kind, "__attrs_post_init__")
    assert not hasattr(kind, "__attrs_pre_init__")
    assert not [f.name for f in attrs.fields(kind) if f.validator or f.converter]


def test_the_entity_itself_stays_as_it_was() -> None:
    job = a_job()
    before = everything_of(job)

    changed(job, title="Paint the wall", version=3)

    assert everything_of(job) == before


def test_what_follows_from_a_change_changes_with_it() -> None:
    pending, _ = an_offer(a_job())

    accepted = changed(pending, status=OfferStatus.ACCEPTED)

    assert (pending.claimed_job, accepted.claimed_job) == (None, pending.job)
    assert changed(accepted, status=OfferStatus.REJECTED).live_pair is None


@pytest.mark.parametrize("name", ["claimed_job", "nothing", "mutable"])
def test_only_what_an_entity_is_made_of_can_be_given(name: str) -> None:
    offer, _ = an_offer(a_job())

    with pytest.raises(KeyError, match=name):
        changed(offer, **{name: JobId("job_1")})


def test_the_changed_entity_is_frozen_too() -> None:
    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        changed(a_job(), title="Paint").title = "Paint the wall"  # type: ignore[misc]
