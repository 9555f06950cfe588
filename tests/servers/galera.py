"""A real Galera cluster: three MariaDB servers on the loopback that keep the same data."""

from __future__ import annotations

import re
import shutil
import signal
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Self

from attrs import define, field, frozen
from sqlalchemy import make_url
from sqlalchemy.exc import DBAPIError

from tests.servers.mariadb import SYSTEM, MariadbServer, missing_mariadb, program
from tests.servers.ports import HOST, free_port

NODES = 3
RECOVERED = re.compile(r"WSREP: Recovered position:\s*(\S+)")
# A silent node is given up after three seconds, not five; who joins asks again sooner.
QUICK = ("evs.suspect_timeout=PT3S", "evs.inactive_timeout=PT9S", "evs.join_retrans_period=PT0.3S")
NEW_CLUSTER = "wsrep-new-cluster"  # what the first node is told, which finds no other
CONFIGURATION = "wsrep_cluster_conf_id"  # counts who joined and left
NOBODY_KNOWS = "00000000-0000-0000-0000-000000000000"


def missing_galera() -> str | None:
    """Why no cluster can be started here; None if one can."""
    if reason := missing_mariadb():
        return reason
    if not provider().exists():
        return "no libgalera_smm.so here: install the package galera-4"
    if shutil.which("rsync") is None:
        return "no rsync here: install the package rsync"
    return None


def provider() -> Path:
    """The library that makes MariaDB a node of a cluster."""
    return program("mariadbd").resolve().parents[1] / "lib/galera/libgalera_smm.so"


@frozen
class NodePorts:
    """Where a node is spoken to by other nodes."""

    group: int = field(factory=free_port)
    missed: int = field(factory=free_port)  # receives the changes that it missed
    snapshot: int = field(factory=free_port)  # receives all the data


@define
class GaleraCluster:
    """Three nodes, numbered from 0; every one of them takes reads and writes."""

    durable: bool = False
    ports: tuple[NodePorts, ...] = field(factory=lambda: tuple(NodePorts() for _ in range(NODES)))
    nodes: tuple[MariadbServer, ...] = field(init=False)
    _frozen: set[int] = field(factory=set, init=False)

    def __attrs_post_init__(self) -> None:
        self.nodes = tuple(
            MariadbServer(durable=self.durable, settings=self._settings(number))
            for number in range(NODES)
        )

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Make the cluster and wait until all nodes are part of it."""
        first, *others = self.nodes
        first.start(NEW_CLUSTER)
        first.stop()
        for other in others:  # a copy is quicker than to be given all the data by a donor
            shutil.copytree(first.data, other.data)
            for path in (other.data, *other.data.rglob("*")):
                shutil.chown(path, other.account.uid, other.account.gid)
        first.start(NEW_CLUSTER)
        with ThreadPoolExecutor() as together:
            list(together.map(MariadbServer.start, others))
        for number in range(NODES):
            self.wait_synced(number)

    def stop(self) -> None:
        """End all nodes and remove their data."""
        for node in self.nodes:
            node.close()

    def url(self, number: int, database: str = SYSTEM) -> str:
        """Where SQLAlchemy finds a database on one node."""
        return self.nodes[number].url(database)

    def urls(self, database: str = SYSTEM) -> tuple[str, ...]:
        """Where SQLAlchemy finds a database on each node."""
        return tuple(node.url(database) for node in self.nodes)

    def kill(self, number: int) -> None:
        """End one node as a power cut does.  The others stall until they have given it up."""
        self.nodes[number].kill()

    def freeze(self, number: int) -> None:
        """Stop one node from doing anything, with its connections open."""
        self.nodes[number].signal(signal.SIGSTOP)
        self._frozen.add(number)

    def thaw(self, number: int) -> None:
        """Let a frozen node go on; the others may have gone on without it."""
        self.nodes[number].signal(signal.SIGCONT)
        self._frozen.discard(number)

    def rejoin(self, number: int) -> None:
        """Start a killed node again and wait until it has what it missed."""
        self._start_again(number)
        self.wait_synced(number)

    def heal(self) -> None:
        """Bring back every node that is frozen or gone, even if too few were left to go on."""
        for number in tuple(self._frozen):
            self.thaw(number)
        gone = [number for number, node in enumerate(self.nodes) if not node.is_running]
        with ThreadPoolExecutor() as together:  # one alone would wait for the others
            list(together.map(self._start_again, gone))
        for number in range(NODES):
            self.wait_synced(number)

    def fresh_database(self) -> tuple[str, ...]:
        """Make an empty database under a new name; its URL on each node."""
        name = str(make_url(self.nodes[0].fresh_database()).database)
        for number in range(NODES):
            self._catches_up(number)
        return self.urls(name)

    def wait_synced(self, number: int) -> None:
        """Wait until a node sees the same cluster as all others that run, with the same data."""
        self.nodes[number].wait_until(lambda: self.is_synced(number), f"synced as node {number}")

    def is_synced(self, number: int) -> bool:
        """True if a node takes reads and writes, and knows what the others have committed."""
        running = [
            each
            for each, node in enumerate(self.nodes)
            if node.is_running and each not in self._frozen
        ]
        views = {
            (self.status(each, "wsrep_cluster_state_uuid"), self.status(each, CONFIGURATION))
            for each in running
        }
        return (
            len(views) == 1
            and self.size(number) == len(running)
            and self.status(number, "wsrep_local_state_comment") == "Synced"
            and self.status(number, "wsrep_cluster_status") == "Primary"
            and self._catches_up(number)
        )

    def size(self, number: int) -> int:
        """How many nodes the cluster has, as one of them sees it; 0 if it does not answer."""
        return int(self.status(number, "wsrep_cluster_size") or 0)

    def status(self, number: int, variable: str) -> str:
        """A status variable of a node; empty if it does not answer."""
        try:
            rows = self.nodes[number].run(f"SHOW GLOBAL STATUS LIKE '{variable}'")
        except DBAPIError:
            return ""
        return str(rows[0][1]) if rows else ""

    def _start_again(self, number: int) -> None:
        node = self.nodes[number]
        position = self._recovered(node)
        node.start(*([f"wsrep-start-position={position}"] if position else []))

    def _catches_up(self, number: int) -> bool:
        """Wait until a node has applied what was committed anywhere before; False if it cannot."""
        try:
            self.nodes[number].run("SET STATEMENT wsrep_sync_wait = 1 FOR SELECT 1")
        except DBAPIError:
            return False
        return True

    def _settings(self, number: int) -> tuple[str, ...]:
        ports = self.ports[number]
        members = ",".join(f"{HOST}:{each.group}" for each in self.ports)
        options = (
            f"base_host={HOST}", f"base_port={ports.group}",
            f"gmcast.listen_addr=tcp://{HOST}:{ports.group}",
            f"ist.recv_addr={HOST}:{ports.missed}", "gcache.size=32M", *QUICK,
        )  # fmt: skip
        return (
            "wsrep-on=ON", f"wsrep-provider={provider()}",
            "wsrep-cluster-name=marketpay", f"wsrep-cluster-address=gcomm://{members}",
            f"wsrep-node-name=node{number}", f"wsrep-node-address={HOST}:{ports.group}",
            f"wsrep-sst-receive-address={HOST}:{ports.snapshot}", "wsrep-sst-method=rsync",
            f"wsrep-provider-options={';'.join(options)}", "wsrep-slave-threads=2",
            "binlog-format=ROW", "innodb-autoinc-lock-mode=2", "default-storage-engine=InnoDB",
        )  # fmt: skip

    def _recovered(self, node: MariadbServer) -> str | None:
        """Up to where a killed node has the data; with it, it asks for the rest alone."""
        done = subprocess.run(
            node.command("wsrep-recover", "disable-log-error"),
            cwd=node.data.parent, capture_output=True, text=True, check=False,
            **node.account.popen,
        )  # fmt: skip
        found = RECOVERED.search(done.stderr)
        return found[1] if found and NOBODY_KNOWS not in found[1] else None
