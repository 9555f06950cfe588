"""A real PostgreSQL of our own, on a port of its own, gone when it is closed."""

from __future__ import annotations

import contextlib
import shutil
import signal
import subprocess
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import psycopg
from attrs import define, field, frozen

from tests.servers.account import Account
from tests.servers.ports import HOST, free_port
from tests.servers.postgres_programs import postgres_programs
from tests.servers.process import Process, wait_until

SUPERUSER = "postgres"
STANDBY = "standby"
MEMORY = 6  # the line of `postmaster.pid` with the key and the number of the shared memory
# `fsync` alone is left out where speed counts: a killed server still has what was committed.
HASTE = ("-c", "fsync=off", "-c", "full_page_writes=off")


@frozen
class PostgresDatabases:
    """The databases of a running server; whoever has this can use it but not stop it."""

    port: int

    def url(self, database: str = SUPERUSER) -> str:
        """Where SQLAlchemy finds a database."""
        return f"postgresql+psycopg://{SUPERUSER}@{HOST}:{self.port}/{database}"

    def run(self, sql: str, database: str = SUPERUSER) -> list[tuple[Any, ...]]:
        """Run one statement by itself, outside of a transaction; its rows."""
        with psycopg.connect(
            host=HOST,
            port=self.port,
            user=SUPERUSER,
            dbname=database,
            autocommit=True,
            connect_timeout=10,
        ) as connection:
            cursor = connection.execute(sql.encode())
            return cursor.fetchall() if cursor.description else []

    def create_database(self, name: str) -> str:
        """Make an empty database; its URL."""
        self.run(f'CREATE DATABASE "{name}" TEMPLATE template0')
        return self.url(name)

    def fresh_database(self) -> str:
        """Make an empty database under a new name; its URL."""
        return self.create_database(f"fresh_{uuid.uuid4().hex}")

    def copied_database(self, url: str) -> str:
        """Make a copy of the database of a URL, which nobody is connected to; its URL."""
        name = f"copy_{uuid.uuid4().hex}"
        self.run(f'CREATE DATABASE "{name}" TEMPLATE "{url.rpartition("/")[2]}"')
        return self.url(name)

    def empty(self, url: str, tables: Iterable[str]) -> None:
        """Take away all rows of these tables, whatever triggers and foreign keys say.

        Numbers that the database counts begin anew.
        """
        database = url.rpartition("/")[2]
        asked = " UNION ALL ".join(f"(SELECT '{one}' FROM {one} LIMIT 1)" for one in tables)
        filled = [name for (name,) in self.run(asked, database)]
        counted = "SELECT sequencename FROM pg_sequences WHERE last_value IS NOT NULL"
        begun = [name for (name,) in self.run(counted, database)]
        self.run(
            "SET session_replication_role = replica; "
            + "".join(f"DELETE FROM {name}; " for name in filled)
            + "".join(f"ALTER SEQUENCE {name} RESTART; " for name in begun)
            + "SELECT 1",
            database,
        )

    def drop_database(self, url: str) -> None:
        """Drop the database of a URL, whoever is still connected to it."""
        self.run(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')


@define
class PostgresServer:
    """A PostgreSQL server and its data.

    It runs as `nobody` when we are root. `durable` off leaves out `fsync`, which a machine that
    loses its power would miss and a killed server does not.
    """

    durable: bool = True
    settings: tuple[str, ...] = ()  # as `wal_level=logical`
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
    def databases(self) -> PostgresDatabases:
        """What to use the server by."""
        return PostgresDatabases(self.port)

    @property
    def data(self) -> Path:
        """The data folder, made when it is first asked for."""
        if self._folder is None:
            self._folder = self.account.make_folder("postgres")
        return self._folder / "data"

    @property
    def is_running(self) -> bool:
        """True until it was stopped, killed or fell."""
        return self._process is not None and self._process.is_running

    def start(self) -> None:
        """Make the data folder if there is none yet; run until it answers."""
        if not self.data.exists():
            self.program("initdb", "-N", "-A", "trust", "-U", SUPERUSER, "-E", "UTF8",
                         "--locale=C", "-D", self.data)  # fmt: skip
        given = ("max_connections=200", "timezone=UTC", *self.settings)
        self._process = Process.start(
            [
                postgres_programs() / "postgres", "-D", self.data, "-p", str(self.port),
                "-c", f"listen_addresses={HOST}", "-c", "unix_socket_directories=",
                *(() if self.durable else HASTE),
                *(part for setting in given for part in ("-c", setting)),
            ],
            account=self.account,
            folder=self.data.parent,
        )  # fmt: skip
        self._process.wait_until(self.answers, "ready for connections")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop it: fast by SIGINT, at once and without tidying up by SIGQUIT."""
        if self._process is not None:
            self._process.signal(how)
            self._process.wait()
            self._process = None

    def kill(self) -> None:
        """End it as a power cut does; `start` brings it back."""
        if self._process is not None:
            self._process.kill()
            self._process = None

    def restart(self) -> None:
        """Stop and start it on the same data and port."""
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it and remove its data."""
        self.stop(signal.SIGQUIT)
        if self._folder is not None:
            self._free_memory()
            shutil.rmtree(self._folder)
            self._folder = None

    def answers(self) -> bool:
        """True if it takes connections."""
        with contextlib.suppress(psycopg.OperationalError):
            return bool(self.run("SELECT 1"))
        return False

    @contextmanager
    def standby(self) -> Iterator[PostgresServer]:
        """A second server that has every commit before it is acknowledged.

        While the standby is away this server acknowledges nothing.
        """
        standby = PostgresServer(self.durable, self.settings, account=self.account)
        source = f"host={HOST} port={self.port} user={SUPERUSER} application_name={STANDBY}"
        try:
            standby.program(
                "pg_basebackup", "-d", source, "-D", standby.data, "-R", "-c", "fast",
                *(() if self.durable else ("-N",)),
            )  # fmt: skip
            standby.start()
            self._wait_for_standby(f"'{STANDBY}'")
            wait_until(self._has_standby, "in step with the standby")
            yield standby
        finally:
            standby.close()
            if self.is_running:
                self._wait_for_standby("DEFAULT")

    def promote(self) -> None:
        """Make a standby take writes; what it followed must be gone."""
        assert self.run("SELECT pg_promote(true, 60)") == [(True,)], "not promoted in a minute"
        self._wait_for_standby("DEFAULT")

    def _free_memory(self) -> None:
        """Give back the shared memory that a killed server leaves in the system's short table."""
        lock = self.data / "postmaster.pid"
        written = lock.read_text().splitlines() if lock.exists() else []
        if len(written) > MEMORY:
            segment = written[MEMORY].split()[1]
            subprocess.run(["ipcrm", "-m", segment], check=False)  # noqa: S607

    def _wait_for_standby(self, names: str) -> None:
        self.run(f"ALTER SYSTEM SET synchronous_standby_names = {names}")
        self.run("SELECT pg_reload_conf()")

    def _has_standby(self) -> bool:
        sql = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"
        return self.run(sql) == [("sync",)]

    def program(self, name: str, *arguments: str | Path) -> None:
        """Run one of PostgreSQL's programs to its end, as the server's user."""
        command = [postgres_programs() / name, *arguments]
        done = subprocess.run(
            command,
            cwd=self.data.parent,
            capture_output=True,
            text=True,
            check=False,
            **self.account.popen,
        )
        assert done.returncode == 0, f"{name}: {done.stderr}"

    def url(self, database: str = SUPERUSER) -> str:
        """Where SQLAlchemy finds a database of this server."""
        return self.databases.url(database)

    def run(self, sql: str, database: str = SUPERUSER) -> list[tuple[Any, ...]]:
        """Run one statement by itself; its rows."""
        return self.databases.run(sql, database)

    def create_database(self, name: str) -> str:
        """Make an empty database; its URL."""
        return self.databases.create_database(name)

    def fresh_database(self) -> str:
        """Make an empty database under a new name; its URL."""
        return self.databases.fresh_database()
