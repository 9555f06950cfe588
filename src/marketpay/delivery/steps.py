"""What a flow may ask of the world, one step at a time.

A flow is a plain generator: it yields a step and gets its answer, or the exception that the
step ended in.  It neither waits nor calls anything itself.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from attrs import frozen

from marketpay.ports.gateway import GatewayRequest
from marketpay.ports.publisher import PublishedEvent
from marketpay.ports.store import Records, Work

T = TypeVar("T")


@frozen
class Transact:
    """Run it in a transaction."""

    use: Callable[[Work], Any]


@frozen
class Read:
    """Run it on one consistent state; it writes nothing."""

    use: Callable[[Records], Any]


@frozen
class Call:
    """Ask the gateway."""

    request: GatewayRequest
    key: str


@frozen
class CallMany:
    """Ask the gateway several things, in any order; of each the reply or what it raised."""

    calls: Sequence[Call]


@frozen
class Publish:
    """Tell the publisher."""

    events: Sequence[PublishedEvent]


@frozen
class Pause:
    """Wait a moment."""

    time: timedelta


Step = Transact | Read | Call | CallMany | Publish | Pause
Flow = Generator[Step, Any, T]
