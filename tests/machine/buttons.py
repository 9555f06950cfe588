"""What `possible` promises, against what `execute` would do."""

from collections.abc import Iterable
from typing import Any

from marketpay import Actor, Command, IllegalTransition, MarketpayError, Marketplace
from tests.commands.test_possible import GIVEN

STAFF = (Actor.admin("adm_1"), Actor.service("srv_1"))
SHUT = ("forbidden", "illegal_transition")


def check_buttons(market: Marketplace, entities: Iterable[Any]) -> None:
    """Who is shown a button is not told that they may not, or that it is too late for it.

    What is not shown does not move it.
    """
    for entity in entities:
        if type(entity) not in GIVEN:
            continue
        for actor in _whoever(entity):
            shown = market.possible(entity, actor)
            given = {type(one).__name__: one for one in GIVEN[type(entity)](actor, entity)}
            assert shown <= given.keys()
            for name, command in given.items():
                came = _came_of(market, command, entity)
                if name in shown:
                    assert came not in SHUT, (command, entity)
                else:
                    assert came != "something", (command, entity)


def _whoever(entity: Any) -> Iterable[Actor]:
    if getattr(entity, "customer", None):
        yield Actor.customer(entity.customer)
    if getattr(entity, "contractor", None):
        yield Actor.contractor(entity.contractor)
    yield from STAFF


def _came_of(market: Marketplace, command: Command[Any], entity: Any) -> str:
    """The error's code, unless that is about something else, which the entity does not show."""
    try:
        decision = market.preview(command)
    except IllegalTransition as error:
        return error.code if error.id == entity.id else "elsewhere"
    except MarketpayError as error:
        return error.code
    is_moved = any(change.entity.id == entity.id for change in decision.changes)
    return "something" if is_moved else "nothing"
