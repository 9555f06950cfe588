"""Revisions of the tables: the oldest database there is becomes one of today's."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, event, inspect, make_url, select, text

from marketpay import (
    ConfigurationError,
    GetPayment,
    GetPaymentTransaction,
    GetSale,
    GetUpgrade,
    ListChargebacks,
    ListJobs,
    ListPayments,
    ListSales,
    Marketplace,
)
from marketpay.adapters.sql.engines import backend_of
from marketpay.adapters.sql.inspection import lacking
from marketpay.adapters.sql.migrations import third, upgrading
from marketpay.adapters.sql.migrations.chaining import BATCH
from marketpay.adapters.sql.migrations.terms import Place
from marketpay.adapters.sql.migrations.third.sold import fill_sales
from marketpay.adapters.sql.schema import HEAD, Tables
from marketpay.adapters.sql.store import SqlStore
from marketpay.ports.chain import link
from marketpay.testing import SimulatedGateway
from tests.adapters.sql.catalogue import catalogue
from tests.adapters.sql.released_databases import (
    ENGINES,
    Fresh,
    connected,
    loaded,
    migrated,
    released,
)
from tests.deals import completed

FEED = 124  # rows of the released database that have a place in the feed
BORNE = {"1000.00": "0.00", "500.00": "350.00"}  # lost, and borne by the platform


SERVERS = {"postgresql": "postgres", "mariadb": "mariadb"}


@pytest.fixture(params=ENGINES)
def fresh(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Fresh]:
    """Makes empty databases of one engine; their URLs."""
    made: list[str] = []
    server = SERVERS.get(request.param)
    databases: Any = request.getfixturevalue(server) if server else None

    def make() -> str:
        url = databases.fresh_database() if databases else f"sqlite:///{tmp_path}/{len(made)}.db"
        made.append(url)
        return url

    yield make
    if databases:
        for url in made:
            databases.drop_database(url)


@pytest.fixture(scope="module")
def made() -> dict[str, dict[str, Any]]:
    """What the package makes, by engine, once it was looked at."""
    return {}


@pytest.fixture
def wanted(fresh: Fresh, made: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What the package makes of an empty database."""
    engine = make_url(fresh()).get_backend_name()
    if engine not in made:
        url = fresh()
        SqlStore.connect(url).close()
        made[engine] = looked_at(url)
    return made[engine]


@pytest.fixture
def old(fresh: Fresh, tmp_path: Path) -> str:
    """The URL of a database of the first revision, with the rows that its package wrote."""
    source = released("0001", tmp_path / "released.db")
    url = fresh()
    return source if url.startswith("sqlite") else loaded(url, source, Tables())


@pytest.fixture(scope="module", params=ENGINES)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The URL of such a database, upgraded, for all who leave it as it is."""
    source = released("0001", tmp_path_factory.mktemp("upgraded") / "released.db")
    server = SERVERS.get(request.param)
    databases: Any = request.getfixturevalue(server) if server else None
    url = loaded(databases.fresh_database(), source, Tables()) if databases else source
    upgrading.upgrade(url, Tables())
    yield url
    if databases:
        databases.drop_database(url)


def open_market(url: str) -> Marketplace:
    return Marketplace.connect(url, gateway=SimulatedGateway())


def looked_at(url: str, schema: str | None = None) -> dict[str, Any]:
    with connected(url) as connection:
        return catalogue(connection, schema)


def as_text(found: dict[str, Any]) -> str:
    return json.dumps(found, sort_keys=True, default=str)


def revision_of(url: str) -> str | None:
    with connected(url) as connection:
        return connection.execute(select(Tables().version.c.version_num)).scalar()


def test_the_newest_revision_is_the_one_that_the_package_needs() -> None:
    config = Config()
    config.set_main_option("script_location", upgrading.SCRIPTS)

    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


@pytest.mark.covers("B081")
def test_the_revisions_make_what_the_package_makes(fresh: Fresh, wanted: dict[str, Any]) -> None:
    url = migrated(fresh(), Tables())

    assert looked_at(url) == wanted
    assert revision_of(url) == HEAD


def test_they_do_so_under_another_prefix(fresh: Fresh) -> None:
    made, by_revisions = fresh(), fresh()
    SqlStore.connect(made, prefix="pay_").close()

    migrated(by_revisions, Tables(prefix="pay_"))

    assert looked_at(by_revisions) == looked_at(made)


@pytest.mark.parametrize("fresh", ["postgresql", "mariadb"], indirect=True)
def test_they_do_so_in_a_schema(fresh: Fresh) -> None:
    made, by_revisions = fresh(), fresh()
    places = [in_schema(url) for url in (made, by_revisions)]
    SqlStore.connect(made, schema=places[0]).close()

    migrated(by_revisions, Tables(schema=places[1]))

    found, wanted = looked_at(by_revisions, places[1]), looked_at(made, places[0])
    assert as_text(found).replace(places[1], places[0]) == as_text(wanted)
    with connected(made) as connection:
        assert inspect(connection).get_table_names() == []


def in_schema(url: str) -> str:
    """A schema for the database: on MariaDB that is a database beside it."""
    name = "money" if url.startswith("postgresql") else f"{make_url(url).database}_money"
    with connected(url) as connection:
        connection.execute(text(f"CREATE SCHEMA {name}"))
    return name


def test_a_database_with_data_becomes_what_the_package_makes(
    old: str, wanted: dict[str, Any]
) -> None:
    upgrading.upgrade(old, Tables())

    assert looked_at(old) == wanted
    assert revision_of(old) == HEAD
    with connected(old) as connection:
        assert list(lacking(connection, Tables())) == []


def test_its_books_are_right_and_work_goes_on(old: str) -> None:
    upgrading.upgrade(old, Tables())

    with closing(open_market(old)) as market:
        found = market.verify()
        assert found.problems == ()
        assert found.head.position == FEED
        before = market.query(ListJobs(limit=100)).items
        done = completed(market)
        assert market.query(GetPayment(done.payment.id)).status == "released"
        market.work()
        after = market.query(ListJobs(limit=100)).items
        assert [job.id for job in after] == [done.job.id, *(job.id for job in before)]
        assert len(market.query(ListPayments(limit=100)).items) == 16
        found = market.verify()
        assert found.problems == ()
        assert found.head.position > FEED


def test_a_loss_says_how_much_of_it_the_platform_bore(upgraded: str) -> None:
    with closing(open_market(upgraded)) as market:
        found = market.query(ListChargebacks(limit=100)).items

    borne = {str(one.lost.amount): str(one.borne.amount) for one in found if one.lost.minor}
    assert borne == BORNE
    assert all(one.borne.minor == 0 for one in found if not one.lost.minor)


def test_what_was_paid_for_upgrades_is_found_again(upgraded: str) -> None:
    with closing(open_market(upgraded)) as market:
        [sale] = market.query(ListSales()).items
        upgrade = market.query(GetUpgrade(sale.upgrade))
        charge = market.query(GetPaymentTransaction(sale.charge))
        assert (sale.customer, sale.listing) == ("cus_17", upgrade.listing)
        assert (sale.amount, sale.days) == (charge.amount, charge.days)
        assert (sale.starts_at, sale.ends_at) == (upgrade.created_at, upgrade.expires_at)
        assert sale.gateway_payment.startswith("pi_sim_")
        assert (sale.refundable, sale.created_at) == (sale.amount, charge.settled_at)
        assert market.query(GetSale(sale.id)) == sale  # its id is one


def test_sales_are_made_once_and_in_batches(upgraded: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marketpay.adapters.sql.migrations.third.sold.BATCH", 1)

    with connected(upgraded) as connection:
        place = Place()
        third.define(place, connection.dialect.name)
        made = connection.execute(select(place["sales"])).all()
        connection.execute(place["sales"].delete())
        for _ in range(2):
            fill_sales(connection, place)
            assert connection.execute(select(place["sales"])).all() == made


def test_the_feed_is_linked_in_batches(old: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert BATCH > FEED
    monkeypatch.setattr("marketpay.adapters.sql.migrations.chaining.BATCH", 10)

    upgrading.upgrade(old, Tables())

    with closing(open_market(old)) as market:
        assert market.verify().problems == ()


@pytest.mark.parametrize("fresh", ["mariadb"], indirect=True)
def test_on_mariadb_each_batch_that_was_linked_stays(
    old: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def link_until(previous: str, position: int, *rest: Any) -> str:
        if position > 35:
            raise PowerCut
        return link(previous, position, *rest)

    monkeypatch.setattr("marketpay.adapters.sql.migrations.chaining.BATCH", 10)
    monkeypatch.setattr("marketpay.adapters.sql.migrations.chaining.link", link_until)
    with pytest.raises(PowerCut):
        upgrading.upgrade(old, Tables())

    with connected(old) as connection:
        count = "SELECT COUNT(*) FROM marketpay_feed WHERE link IS NOT NULL"
        assert connection.scalar(text(count)) == 30


def test_an_older_database_is_not_used_as_it_is(old: str) -> None:
    with pytest.raises(ConfigurationError, match="run: marketpay db upgrade"):
        open_market(old)


def test_to_upgrade_again_changes_nothing(upgraded: str) -> None:
    before = looked_at(upgraded)

    upgrading.upgrade(upgraded, Tables())

    assert looked_at(upgraded) == before


class PowerCut(Exception):
    """The upgrade ends here."""


def cut_off(url: str, after: int) -> None:
    """An upgrade that ends at a statement, and leaves what is done by then."""
    backend = backend_of(url)
    engine = backend.open_engine(url)
    told = count(1)

    def cut(*_: object) -> None:
        if next(told) == after:
            raise PowerCut

    with engine.connect() as connection:
        event.listen(engine, "before_cursor_execute", cut)
        try:
            upgrading.bring_up(connection, Tables(), backend)
        finally:
            connection.invalidate()
            engine.dispose()


# MariaDB keeps what was done until then.
CUTS = (("sqlite", 100), ("postgresql", 100), *(("mariadb", n) for n in (8, 84, 160)))


@pytest.mark.parametrize(("fresh", "after"), CUTS, indirect=["fresh"])
def test_an_upgrade_that_broke_off_is_run_again(
    old: str, wanted: dict[str, Any], after: int
) -> None:
    with pytest.raises(PowerCut):
        cut_off(old, after)

    upgrading.upgrade(old, Tables())

    assert looked_at(old) == wanted
    with closing(open_market(old)) as market:
        assert market.verify().problems == ()


UPGRADE = "import sys; from marketpay.cli import main; sys.argv[0] = 'marketpay'; main()"


def test_of_two_who_upgrade_at_once_one_waits(old: str) -> None:
    command = [sys.executable, "-c", UPGRADE, "db", "upgrade", old]

    both = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(2)]

    assert [(one.communicate()[1], one.returncode) for one in both] == [("", 0)] * 2
    with closing(open_market(old)) as market:
        assert market.verify().problems == ()


def test_who_upgrades_waits_for_who_makes_the_tables(fresh: Fresh) -> None:
    url = fresh()
    begun, done = threading.Event(), []

    def upgrade() -> None:
        begun.set()
        upgrading.upgrade(url, Tables())
        done.append(HEAD)

    with connected(url) as connection, backend_of(url).alone(connection):
        other = threading.Thread(target=upgrade)
        other.start()
        begun.wait()
        other.join(0.3)
        assert not done
    other.join()
    assert done


def set_revision(connection: Connection, revision: str) -> None:
    connection.execute(text(f"UPDATE marketpay_version SET version_num = '{revision}'"))
    connection.commit()


def test_a_newer_database_is_left_alone(fresh: Fresh) -> None:
    url = fresh()
    SqlStore.connect(url).close()
    with connected(url) as connection:
        set_revision(connection, "9999")
    before = looked_at(url)

    for use in (open_market, lambda url: upgrading.upgrade(url, Tables())):
        with pytest.raises(ConfigurationError, match=r"revision 9999 .* upgrade the package"):
            use(url)

    assert looked_at(url) == before
    assert revision_of(url) == "9999"


def test_a_database_from_before_the_first_release_is_refused(tmp_path: Path) -> None:
    url = released("0001", tmp_path / "old.db")
    with connected(url) as connection:
        connection.execute(text("UPDATE marketpay_schema SET version = 1"))
        connection.commit()

    with pytest.raises(ConfigurationError, match=r"version 1 .* never released"):
        upgrading.upgrade(url, Tables())


def test_rows_that_refer_to_nothing_stop_the_upgrade(tmp_path: Path) -> None:
    url = released("0001", tmp_path / "old.db")
    with connected(url) as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys = OFF")
        connection.execute(text("DELETE FROM marketpay_jobs"))
        connection.commit()
    before = looked_at(url)

    with pytest.raises(ConfigurationError, match="foreign_key_check"):
        upgrading.upgrade(url, Tables())

    assert looked_at(url) == before
