"""A commit that is still on its way when somebody asks what became of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from attrs import define, field

from marketpay import CommitUnknown, Conflict, ListJobs, Marketplace, PostJob, Rules
from marketpay.adapters.sql.store import SqlStore
from marketpay.ports.store import Records, Work
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.adapters.sql.doors import fixture_of
from tests.deals import CUSTOMER, journal

POST = PostJob(by=CUSTOMER, title="Paint the fence", currency="USD")


@define
class Late:
    """A store whose first COMMIT takes so long that the caller is told that it is unknown."""

    store: SqlStore
    thread: ThreadPoolExecutor
    runs: int = 0
    late: Future[Any] | None = None
    _is_ready: threading.Event = field(factory=threading.Event)
    _may_go: threading.Event = field(factory=threading.Event)

    def run(self, use: Callable[[Work], Any], /) -> Any:
        """As the store's."""
        self.runs += 1
        if self.late is None:
            self.late = self.thread.submit(self.store.run, lambda work: self._held(use, work))
            assert self._is_ready.wait(30)
            raise CommitUnknown
        # Whichever of both is first: MariaDB makes the second wait for the first.
        threading.Timer(0.1, self._may_go.set).start()
        return self.store.run(use)

    def _held(self, use: Callable[[Work], Any], work: Work) -> Any:
        result = use(work)
        self._is_ready.set()
        assert self._may_go.wait(30)
        return result

    def read(self, use: Callable[[Records], Any], /) -> Any:
        """As the store's."""
        return self.store.read(use)


@pytest.fixture(params=["psycopg", "pymysql"])
def late(request: pytest.FixtureRequest) -> Iterator[Late]:
    store = SqlStore.connect(request.getfixturevalue(fixture_of(request.param)))
    with ThreadPoolExecutor(1) as thread:
        yield Late(store, thread)
    store.close()


@pytest.mark.parametrize("key", [None, "k"])
def test_it_takes_effect_or_the_command_is_decided_again_but_never_both(
    late: Late, key: str | None, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    market = Marketplace(store=late, gateway=gateway, rules=Rules(now=clock))  # type: ignore[arg-type]

    job = market.execute(POST, key=key)

    assert late.late is not None
    failure = late.late.exception(timeout=30)
    assert market.query(ListJobs()).items == (job,)
    records = [(record.command, record.error) for record in journal(market)]
    if failure is None:
        assert records == [("PostJob", None)]
    else:
        assert isinstance(failure, Conflict)
        assert records == [("PostJob", "abandoned"), ("PostJob", None)]
    assert market.verify().ok
