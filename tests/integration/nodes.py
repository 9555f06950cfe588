"""The nodes of a cluster, as tests speak of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import make_url

from tests.servers.galera import GaleraCluster

FIRST, SECOND, THIRD = range(3)
# As long as a host would wait for a node that has gone silent.
PATIENCE: Final = {"connect_timeout": 2, "read_timeout": 2}
IMPATIENT: Final = {"connect_args": {**PATIENCE, "write_timeout": 2}}
ASYNC_IMPATIENT: Final = {"connect_args": PATIENCE}  # asyncmy does not know the third


def all_nodes_have_the_same(galera: GaleraCluster, urls: Sequence[str]) -> None:
    """In every table, once they have caught up."""
    database = str(make_url(urls[FIRST]).database)
    tables = [name for (name,) in galera.nodes[FIRST].run("SHOW TABLES", database)]
    seen = []
    for number in range(len(urls)):
        galera.wait_synced(number)
        seen.append(galera.nodes[number].run(f"CHECKSUM TABLE {', '.join(tables)}", database))
    assert seen[FIRST] == seen[SECOND] == seen[THIRD]
    assert "marketpay_turn" not in tables
