"""Sixteen processes that want the same at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import NullPool, create_engine, make_url, text

from marketpay.ports.store import Work
from tests.integration import acts, races
from tests.integration.crowd import Clock, Crowd, Place, raise_any
from tests.integration.scene import Scene, scene
from tests.servers.process import wait_until

pytestmark = pytest.mark.xdist_group("races")  # one crowd

SERVERS = ("postgres", "mariadb")
# Hosts change what their server does by default.
CHANGED = ("postgres repeatable read", "postgres serializable", "mariadb serializable")

Folders = pytest.TempPathFactory


@pytest.fixture(scope="module", params=SERVERS)
def together(
    request: pytest.FixtureRequest, everybody: Crowd, tmp_path_factory: Folders
) -> Iterator[Scene]:
    databases: Any = request.getfixturevalue(request.param)
    url = databases.fresh_database()
    with scene(everybody, Place(url, tmp_path_factory.mktemp("shared"))) as opened:
        yield opened
    databases.drop_database(url)


def changed(server: str, isolation: str, request: pytest.FixtureRequest, folder: Path) -> Place:
    """An empty database where every transaction begins like this, unless it says otherwise."""
    url = str(request.getfixturevalue(f"{server}_url"))
    if server == "mariadb":
        told = f"SET SESSION TRANSACTION ISOLATION LEVEL {isolation}"
        return Place(url, folder, {"connect_args": {"init_command": told}})
    name = make_url(url).database
    alter = f"ALTER DATABASE \"{name}\" SET default_transaction_isolation = '{isolation}'"
    request.getfixturevalue("postgres").run(alter)
    return Place(url, folder)


def test_of_offers_for_one_job_one_is_accepted(together: Scene) -> None:
    races.accept_offers_of_one_job(together)
    together.is_right()


def test_a_job_is_completed_once(together: Scene) -> None:
    races.complete_one_job(together)
    together.is_right()


def test_a_wallet_pays_out_what_is_in_it(together: Scene) -> None:
    races.withdraw_from_one_wallet(together)
    together.is_right()


def test_a_key_has_one_effect(together: Scene) -> None:
    races.repeat_one_key(together)
    together.is_right()


def test_every_job_is_posted_once(together: Scene) -> None:
    races.post_jobs(together)
    together.is_right()


def test_what_is_due_is_done_once(together: Scene) -> None:
    races.work_at_once(together)
    together.is_right()


def test_whatever_they_do_the_books_are_right(together: Scene) -> None:
    races.do_anything(together, seconds=2)
    together.is_right()


@pytest.mark.parametrize("server", SERVERS)
def test_all_can_open_an_empty_database_at_once(
    server: str, request: pytest.FixtureRequest, everybody: Crowd, tmp_path: Path
) -> None:
    place = Place(request.getfixturevalue(f"{server}_url"), tmp_path)
    everybody.open(place)
    raise_any(everybody.all(acts.post, 1))
    everybody.close()


@pytest.mark.parametrize("where", CHANGED)
def test_what_a_server_does_by_default_makes_no_difference(
    where: str, request: pytest.FixtureRequest, everybody: Crowd, tmp_path: Path
) -> None:
    server, _, isolation = where.partition(" ")
    with scene(everybody, changed(server, isolation, request, tmp_path)) as together:
        races.accept_offers_of_one_job(together)
        races.complete_one_job(together)
        races.repeat_one_key(together)
        races.do_anything(together, seconds=1.5)
        together.is_right()


def test_a_cursor_that_was_moved_meanwhile_is_not_taken_where_it_was(
    postgres_url: str, tmp_path: Path
) -> None:
    place = Place(postgres_url, tmp_path)
    engine = create_engine(postgres_url, poolclass=NullPool)
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )

    def is_waiting() -> bool:
        with engine.connect() as looking:
            return looking.execute(waiting).scalar() == 1

    def take(work: Work) -> int | None:
        now = datetime.now(UTC)
        return work.take_cursor("mail", now=now, until=now + timedelta(minutes=1))

    def move(work: Work) -> bool:
        return work.move_cursor("mail", 5, held)

    with (
        place.open(place.gateway(), Clock()) as market,
        ThreadPoolExecutor() as thread,
        engine.begin() as other,
    ):
        held = datetime.now(UTC)
        market.store.run(lambda work: work.take_cursor("mail", now=held, until=held))
        assert market.store.run(move)
        other.execute(text("UPDATE marketpay_cursors SET position = 9"))
        taken = thread.submit(market.store.run, take)
        wait_until(is_waiting, "waiting for the other")
        other.commit()
        assert taken.result(timeout=60) is None
        assert market.store.run(take) == 9
