"""A real MariaDB of our own, on a port of its own, gone when it is closed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Self

from attrs import define, field, frozen
from sqlalchemy import NullPool, create_engine, make_url
from sqlalchemy.exc import OperationalError

from tests.servers.account import Account
from tests.servers.ports import HOST, free_port
from tests.servers.process import Process

SUPERUSER = "root"
SYSTEM = "mysql"  # a database that is always there
# A killed server still has what was committed; a machine without power might not.
HASTE = ("innodb-flush-log-at-trx-commit=2", "innodb-flush-method=nosync", "innodb-doublewrite=0")
SMALL = (
    "innodb-buffer-pool-size=64M", "innodb-log-file-size=32M", "performance-schema=off",
    "max-connections=200", "skip-name-resolve", "character-set-server=utf8mb4",
    "default-time-zone=+00:00",
)  # fmt: skip
# Servers lie in a folder that not every user's shell looks into: the `sbin` next to each `bin`.
_FOLDERS = os.get_exec_path()
PATHS = os.pathsep.join((*_FOLDERS, *(str(Path(each).with_name("sbin")) for each in _FOLDERS)))


def missing_mariadb() -> str | None:
    """Why no MariaDB can be started here; None if one can."""
    for program in ("mariadbd", "mariadb-install-db"):
        if shutil.which(program, path=PATHS) is None:
            return f"no {program} here: install the package mariadb-server"
    return None


def program(name: str) -> Path:
    """Where a program of MariaDB's lies."""
    found = shutil.which(name, path=PATHS)
    assert found is not None, name
    return Path(found)


@frozen
class MariadbDatabases:
    """The databases of a running server; whoever has this can use it but not stop it."""

    port: int

    def url(self, database: str = SYSTEM) -> str:
        """Where SQLAlchemy finds a database."""
        return f"mariadb+pymysql://{SUPERUSER}@{HOST}:{self.port}/{database}?charset=utf8mb4"

    def run(self, sql: str, database: str = SYSTEM) -> list[tuple[Any, ...]]:
        """Run one statement by itself; its rows."""
        engine = create_engine(
            self.url(database),
            poolclass=NullPool,
            isolation_level="AUTOCOMMIT",
            connect_args={"connect_timeout": 10, "read_timeout": 60},
        )
        with engine.connect() as connection:
            result = connection.exec_driver_sql(sql)
            return [tuple(row) for row in result] if result.returns_rows else []

    def create_database(self, name: str) -> str:
        """Make an empty database; its URL."""
        self.run(f"CREATE DATABASE `{name}`")
        return self.url(name)

    def fresh_database(self) -> str:
        """Make an empty database under a new name; its URL."""
        return self.create_database(f"fresh_{uuid.uuid4().hex}")

    def empty(self, url: str, tables: Iterable[str]) -> None:
        """Take away all rows of these tables, whatever triggers and foreign keys say."""
        engine = create_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        asked = " UNION ALL ".join(f"(SELECT '{one}' FROM `{one}` LIMIT 1)" for one in tables)
        with engine.connect() as connection:
            filled = [name for (name,) in connection.exec_driver_sql(asked)]
            connection.exec_driver_sql("SET FOREIGN_KEY_CHECKS = 0")
            for name in filled:
                connection.exec_driver_sql(f"TRUNCATE `{name}`")

    def drop_database(self, url: str) -> None:
        """Drop the database of a URL; whoever is still connected to it is cut off."""
        name = make_url(url).database
        others = f"SELECT id FROM information_schema.processlist WHERE db = '{name}'"
        for (connection,) in self.run(others):
            with contextlib.suppress(OperationalError):  # it has just gone by itself
                self.run(f"KILL {connection}")
        self.run(f"DROP DATABASE IF EXISTS `{name}`")


@define
class MariadbServer:
    """A MariaDB server and its data.

    It runs as `nobody` when we are root.  `durable` off leaves out waiting for the disk, which a
    machine that loses its power would miss and a killed server does not.
    """

    durable: bool = True
    settings: tuple[str, ...] = ()  # as `innodb-lock-wait-timeout=5`
    port: int = field(factory=free_port)
    account: Account = field(factory=Account.of_servers)
    _folder: Path | None = None
    _process: Process | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def databases(self) -> MariadbDatabases:
        """What to use the server by."""
        return MariadbDatabases(self.port)

    @property
    def data(self) -> Path:
        """The data folder, made when it is first asked for."""
        if self._folder is None:
            self._folder = self.account.make_folder("mariadb")
        return self._folder / "data"

    @property
    def is_running(self) -> bool:
        """True until it was stopped, killed or fell."""
        return self._process is not None and self._process.is_running

    def start(self, *extra: str) -> None:
        """Make the data folder if there is none; run, with `extra` settings, until it answers."""
        if not self.data.exists():
            self.install()
        self._process = Process.start(
            self.command(*extra),
            account=self.account,
            folder=self.data.parent,
            environment={"PATH": PATHS},
        )
        self._process.wait_until(self.answers, "ready for connections")

    def install(self) -> None:
        """Make the data folder, with a `root` who needs no password.

        In a place of its own for temporary tables: where two share one, each removes the other's.
        """
        done = subprocess.run(
            [
                program("mariadb-install-db"), "--no-defaults", f"--datadir={self.data}",
                f"--tmpdir={self.data.parent}",
                "--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve",
                *(f"--{setting}" for setting in (*SMALL, *HASTE)),
            ],
            cwd=self.data.parent, env={**os.environ, "PATH": PATHS}, capture_output=True,
            text=True, check=False, **self.account.popen,
        )  # fmt: skip
        assert done.returncode == 0, f"mariadb-install-db: {done.stdout}{done.stderr}"

    def command(self, *extra: str) -> list[str | Path]:
        """What runs the server."""
        folder = self.data.parent
        own = (
            f"datadir={self.data}", f"tmpdir={folder}", f"socket={folder / 'socket'}",
            f"pid-file={folder / 'pid'}", f"port={self.port}", f"bind-address={HOST}",
        )  # fmt: skip
        haste = () if self.durable else HASTE
        given = (*own, *SMALL, *haste, *self.settings, *extra)
        return [program("mariadbd"), "--no-defaults", *(f"--{setting}" for setting in given)]

    def stop(self) -> None:
        """Stop it as its service would."""
        if self._process is not None:
            self._process.signal(signal.SIGTERM)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut does; `start` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def wait_until(self, ready: Callable[[], bool], what: str) -> None:
        """Wait until the running server is `ready`; `Unwell` if it ends before."""
        assert self._process is not None, "the server was not started"
        self._process.wait_until(ready, what)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal: SIGSTOP freezes it, SIGCONT thaws it."""
        if self._process is not None:
            self._process.signal(number)

    def restart(self) -> None:
        """Stop and start it on the same data and port."""
        self.stop()
        self.start()

    def close(self) -> None:
        """End it and remove its data."""
        self.kill()
        if self._folder is not None:
            shutil.rmtree(self._folder)
            self._folder = None

    def answers(self) -> bool:
        """True if it takes connections."""
        with contextlib.suppress(OperationalError):
            return bool(self.run("SELECT 1"))
        return False

    def url(self, database: str = SYSTEM) -> str:
        """Where SQLAlchemy finds a database of this server."""
        return self.databases.url(database)

    def run(self, sql: str, database: str = SYSTEM) -> list[tuple[Any, ...]]:
        """Run one statement by itself; its rows."""
        return self.databases.run(sql, database)

    def create_database(self, name: str) -> str:
        """Make an empty database; its URL."""
        return self.databases.create_database(name)

    def fresh_database(self) -> str:
        """Make an empty database under a new name; its URL."""
        return self.databases.fresh_database()
