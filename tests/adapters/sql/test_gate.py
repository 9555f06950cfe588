"""A gate before a pool: who has to wait waits there, and not for ever."""

import asyncio

import pytest
from sqlalchemy.pool import NullPool, QueuePool

from marketpay.adapters.sql.gate import Gate, gate_before
from marketpay.domain.errors import DatabaseBusy


def test_it_lets_in_as_many_as_there_are_places() -> None:
    inside, most = 0, 0

    async def visit(gate: Gate) -> None:
        nonlocal inside, most
        async with gate:
            inside += 1
            most = max(most, inside)
            await asyncio.sleep(0)
            inside -= 1

    async def all_of_them() -> None:
        gate = Gate(3, 30)
        await asyncio.gather(*(visit(gate) for _ in range(20)))

    asyncio.run(all_of_them())
    assert (inside, most) == (0, 3)


def test_who_waits_in_vain_is_told_that_the_database_is_busy() -> None:
    async def wait() -> None:
        gate = Gate(1, 0.01)
        async with gate:
            with pytest.raises(DatabaseBusy):
                async with gate:
                    raise AssertionError("there was no place")
        async with gate:
            pass  # whoever waited in vain took nobody's place

    asyncio.run(wait())


def test_who_is_cancelled_while_waiting_takes_nobodys_place() -> None:
    async def wait() -> None:
        gate = Gate(1, 30)
        async with gate:
            waiting = asyncio.create_task(gate.__aenter__())
            await asyncio.sleep(0)
            waiting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await waiting
        async with gate:
            pass

    asyncio.run(wait())


@pytest.mark.parametrize(("size", "overflow", "places"), [(5, 10, 15), (1, 0, 1)])
def test_it_is_as_wide_as_the_pool(size: int, overflow: int, places: int) -> None:
    pool = QueuePool(lambda: None, pool_size=size, max_overflow=overflow, timeout=7)  # type: ignore[arg-type]
    gate = gate_before(pool)
    assert isinstance(gate, Gate)
    assert (gate._places, gate._patience) == (places, 7)


def test_there_is_none_before_a_pool_without_an_end() -> None:
    endless = QueuePool(lambda: None, max_overflow=-1)  # type: ignore[arg-type]
    for pool in (endless, NullPool(lambda: None)):  # type: ignore[arg-type]
        assert not isinstance(gate_before(pool), Gate)
