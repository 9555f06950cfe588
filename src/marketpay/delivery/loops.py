"""The two loops that drive a flow: one waits, one awaits."""

from __future__ import annotations

import asyncio
import inspect
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, assert_never

from attrs import field, frozen

from marketpay.delivery.steps import Call, CallMany, Flow, Pause, Publish, Read, Step, Transact
from marketpay.ports.gateway import AsyncPaymentGateway, PaymentGateway
from marketpay.ports.publisher import AsyncPublisher, Publisher
from marketpay.ports.store import AsyncStore, Store

T = TypeVar("T")
AT_ONCE = 8  # calls of the gateway, where there are many


@frozen(kw_only=True)
class World:
    """What a flow acts on."""

    store: Store
    gateway: PaymentGateway
    publisher: Publisher | None

    def drive(self, flow: Flow[T]) -> T:
        """Run a flow to its end."""
        try:
            step = next(flow)
            while True:
                try:
                    answer = self._take(step)
                except Exception as error:  # noqa: BLE001  # the flow decides what it means
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result

    def _take(self, step: Step) -> Any:
        match step:
            case Transact(use=use):
                return self.store.run(use)
            case Read(use=use):
                return self.store.read(use)
            case Call(request=request, key=key):
                return self.gateway.perform(request, key=key)
            case CallMany(calls=calls):
                return _call_many(self.gateway, calls)
            case Publish(events=events):
                assert self.publisher is not None  # or nothing would be published
                return self.publisher.publish(events)
            case Pause(time=moment):
                return time.sleep(moment.total_seconds())
            case never:
                assert_never(never)


@frozen(kw_only=True)
class AsyncWorld:
    """The same, awaited.  A sync gateway or publisher runs in a thread of its own."""

    store: AsyncStore
    gateway: PaymentGateway | AsyncPaymentGateway
    publisher: Publisher | AsyncPublisher | None
    _running: set[asyncio.Task[Any]] = field(factory=set, init=False, repr=False)

    async def drive(self, flow: Flow[T]) -> T:
        """Run a flow to its end, whether the caller waits for it or not.

        Cancelling the caller stops the wait, never a flow between its commit and its settling.
        """
        task = asyncio.create_task(self._drive(flow))
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return await asyncio.shield(task)

    async def follow(self, flow: Flow[T]) -> T:
        """Run a flow to its end in the caller's own task: cancelled with it, and never later."""
        return await self._drive(flow)

    async def finish(self) -> None:
        """Wait for the flows whose callers no longer do.  What they end in is on record."""
        await asyncio.gather(*self._running, return_exceptions=True)

    async def _drive(self, flow: Flow[T]) -> T:
        try:
            step = next(flow)
            while True:
                try:
                    answer = await self._take(step)
                except Exception as error:  # noqa: BLE001  # the flow decides what it means
                    step = flow.throw(error)
                else:
                    step = flow.send(answer)
        except StopIteration as stop:
            result: T = stop.value
            return result

    async def _take(self, step: Step) -> Any:
        match step:
            case Transact(use=use):
                return await self.store.run(use)
            case Read(use=use):
                return await self.store.read(use)
            case Call(request=request, key=key):
                return await _either(self.gateway.perform, request, key=key)
            case CallMany(calls=calls):
                return await self._call_many(calls)
            case Publish(events=events):
                assert self.publisher is not None  # or nothing would be published
                return await _either(self.publisher.publish, events)
            case Pause(time=moment):
                return await asyncio.sleep(moment.total_seconds())
            case never:
                assert_never(never)

    async def _call_many(self, calls: Sequence[Call]) -> list[Any]:
        perform: Callable[..., Any] = self.gateway.perform
        if not inspect.iscoroutinefunction(perform):
            return await asyncio.to_thread(_call_many, self.gateway, calls)
        free = asyncio.Semaphore(AT_ONCE)

        async def call(one: Call) -> Any:
            async with free:
                return await perform(one.request, key=one.key)

        return await asyncio.gather(*map(call, calls), return_exceptions=True)


def _call_many(gateway: Any, calls: Sequence[Call]) -> list[Any]:
    """What each comes to, a reply or an error."""

    def call(one: Call) -> Any:
        try:
            return gateway.perform(one.request, key=one.key)
        except Exception as error:  # noqa: BLE001  # its flow decides what it means
            return error

    def call_some(first: int) -> list[Any]:
        return [call(one) for one in calls[first::AT_ONCE]]

    if len(calls) == 1:
        return [call(calls[0])]
    answers: list[Any] = [None] * len(calls)
    with ThreadPoolExecutor(AT_ONCE, "marketpay-calls") as threads:
        for first, some in enumerate(threads.map(call_some, range(AT_ONCE))):
            answers[first::AT_ONCE] = some
    return answers


async def _either(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(*args, **kwargs)
    result = await asyncio.to_thread(function, *args, **kwargs)
    return await result if inspect.isawaitable(result) else result
