"""The async twin of a store that only knows how to wait: each call in a worker thread."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from marketpay.domain.errors import ConfigurationError
from marketpay.ports.joining import CANNOT_BE_JOINED, AsyncJoinable
from marketpay.ports.store import AsyncStore, Records, Store, Work

R = TypeVar("R")


class ThreadedStore:
    """Runs a sync store in threads of its own, one to write, so that the event loop never waits."""

    def __init__(self, store: Store, *, readers: int = 4) -> None:
        self.store = store
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="marketpay")
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="marketpay-read")

    async def run(self, use: Callable[[Work], R], /) -> R:
        """See `AsyncStore.run`."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, self.store.run, use)

    async def read(self, use: Callable[[Records], R], /) -> R:
        """See `AsyncStore.read`."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self.store.read, use)

    def within_async(self, host: object, /, *, attempts: int) -> AsyncStore:
        """See `AsyncJoinable.within_async`: the host's connection is awaited, without a thread."""
        if isinstance(self.store, AsyncJoinable):
            return self.store.within_async(host, attempts=attempts)
        raise ConfigurationError(CANNOT_BE_JOINED)

    async def close(self) -> None:
        """See `AsyncStore.close`."""
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._thread, self.store.close)
        self._thread.shutdown()
        self._readers.shutdown()
