"""Who acts."""

from typing import Any

import pytest
from attrs.exceptions import FrozenInstanceError

from marketpay.domain.actor import Actor, Role
from marketpay.domain.errors import InvalidInput


@pytest.mark.covers("A003", "A033", "A040")
@pytest.mark.parametrize("role", ["customer", "contractor", "admin", "service"])
def test_an_actor_is_somebody_in_a_role(role: str) -> None:
    actor = getattr(Actor, role)("somebody")

    assert actor == Actor("somebody", Role(role)) == Actor("somebody", role)
    assert str(actor) == f"somebody ({role})"


def test_the_system_is_one() -> None:
    assert Actor.SYSTEM.role is Role.SYSTEM


@pytest.mark.covers("A027", "B037")
@pytest.mark.parametrize(
    "id", ["a", "x" * 255, "Bob ", "ctr 42", "Größe", "😀", "auth0|5f", "a@b.c"]
)
def test_an_id_is_the_hosts_own(id: str) -> None:
    assert Actor.customer(id).id == id


@pytest.mark.parametrize("id", ["", " ", "x" * 256, "a\nb", "a\x00", "a\ud800", "\u200b\u200e"])
def test_an_id_that_cannot_be_shown_is_refused(id: str) -> None:
    with pytest.raises(InvalidInput, match="printable"):
        Actor.customer(id)


@pytest.mark.parametrize("id", [None, 1, b"cus_17", 1.5])
def test_an_id_is_text(id: Any) -> None:
    with pytest.raises(TypeError, match="must be a str"):
        Actor.customer(id)


def test_who_differs_in_a_letters_case_is_another() -> None:
    assert Actor.customer("Bob") != Actor.customer("bob")
    assert Actor.customer("Bob") != Actor.contractor("Bob")


def test_there_is_no_other_role() -> None:
    with pytest.raises(InvalidInput, match="is not one of: customer"):
        Actor("x", "root")


def test_an_actor_does_not_change() -> None:
    with pytest.raises(FrozenInstanceError):
        Actor.customer("x").role = Role.ADMIN  # type: ignore[misc]
