"""As many async transactions at once as a pool has connections.

Whoever has to wait does so here: a pool's own queue makes a task and a timer for each who waits,
which is a good part of what a short transaction takes.
"""

from __future__ import annotations

import asyncio
from contextlib import AbstractAsyncContextManager, nullcontext

from attrs import define, field
from sqlalchemy import Pool
from sqlalchemy.pool import QueuePool

from marketpay.domain.errors import DatabaseBusy


@define(eq=False)
class Gate:
    """Lets so many in; `DatabaseBusy` for who waited so many seconds in vain."""

    _places: int
    _patience: float
    _free: asyncio.Semaphore = field(init=False)

    def __attrs_post_init__(self) -> None:
        self._free = asyncio.Semaphore(self._places)

    async def __aenter__(self) -> None:
        if not self._free.locked():
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError as error:
            raise DatabaseBusy("database", "no free connection") from error

    async def __aexit__(self, *_error: object) -> None:
        self._free.release()


def gate_before(pool: Pool) -> AbstractAsyncContextManager[None]:
    """A gate as wide as the pool; none before one that makes connections without end."""
    overflow: int = getattr(pool, "_max_overflow", 0)  # which a pool does not tell otherwise
    if not isinstance(pool, QueuePool) or not pool.size() or overflow < 0:
        return nullcontext()
    return Gate(pool.size() + overflow, pool.timeout())
