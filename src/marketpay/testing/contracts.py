"""What any store and any gateway must keep to, as tests that you run on your own.

Subclass a contract in a test module and give it the fixture that it asks for:

    class TestMyStore(StoreContract):
        @pytest.fixture
        def store(self) -> Iterator[Store]:
            store = MyStore()
            yield store
            store.close()

An async store goes through `Blocking`.  Each test wants a store that is empty.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from threading import Thread
from typing import Any, TypeVar

from marketpay.ports.store import AsyncStore, Records, Work
from marketpay.testing.gateway_contract import GatewayContract
from marketpay.testing.store_contract.books import BooksContract
from marketpay.testing.store_contract.chain import ChainContract
from marketpay.testing.store_contract.claims import ClaimsContract
from marketpay.testing.store_contract.exactness import ExactnessContract
from marketpay.testing.store_contract.forgetting import ForgettingContract
from marketpay.testing.store_contract.putting import PuttingContract
from marketpay.testing.store_contract.queues import QueuesContract
from marketpay.testing.store_contract.reading import ReadingContract
from marketpay.testing.store_contract.threads import ThreadsContract
from marketpay.testing.store_contract.timers import TimersContract
from marketpay.testing.store_contract.writing import WritingContract
from marketpay.testing.store_contract.writing_many import WritingManyContract

__all__ = ["Blocking", "GatewayContract", "StoreContract"]

R = TypeVar("R")
S = TypeVar("S", bound=AsyncStore)


class StoreContract(
    WritingContract,
    WritingManyContract,
    PuttingContract,
    ClaimsContract,
    ReadingContract,
    ExactnessContract,
    BooksContract,
    QueuesContract,
    TimersContract,
    ChainContract,
    ForgettingContract,
    ThreadsContract,
):
    """All that a marketplace relies on in its store.  Needs the fixture `store`, empty."""


class Blocking:
    """An async store as a sync one: it lives on an event loop in a thread of its own.

    `Blocking.opened(MyStore.connect(...))` also opens it on that loop, which stores want whose
    connections belong to the loop that made them.
    """

    def __init__(self, store: AsyncStore) -> None:
        self._loop, self._thread = _started_loop()
        self.store = store

    @classmethod
    def opened(cls, opening: Coroutine[Any, Any, AsyncStore]) -> Blocking:
        """The store that `opening` gives."""
        loop, thread = _started_loop()
        made = cls.__new__(cls)
        made._loop, made._thread = loop, thread
        made.store = asyncio.run_coroutine_threadsafe(opening, loop).result()
        return made

    def run(self, use: Callable[[Work], R], /) -> R:
        """See `Store.run`."""
        return self._wait_for(lambda: self.store.run(use))

    def read(self, use: Callable[[Records], R], /) -> R:
        """See `Store.read`."""
        return self._wait_for(lambda: self.store.read(use))

    def close(self) -> None:
        """Close the store, then the loop."""
        self._wait_for(self.store.close)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _wait_for(self, start: Callable[[], Awaitable[R]]) -> R:
        async def awaited() -> R:
            return await start()

        return asyncio.run_coroutine_threadsafe(awaited(), self._loop).result()


def _started_loop() -> tuple[asyncio.AbstractEventLoop, Thread]:
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="marketpay-blocking", daemon=True)
    thread.start()
    return loop, thread
