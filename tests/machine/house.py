"""One marketplace with a store and a processor of its own, that does as it is told."""

from collections.abc import Callable
from itertools import count
from typing import Any

from marketpay import Command, MarketpayError, Marketplace, MemoryPublisher, Pending, Rules
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.terms import Terms
from tests.machine.sight import Sight, plain

ENOUGH = 60  # calls of `work()` after which it should have come to rest


class Counter:
    """Ids that are the same in every house."""

    def __init__(self) -> None:
        self._acts, self._numbers = 0, count()

    def go_on(self) -> None:
        """To what is done next: how often what was refused was looked at makes no difference."""
        self._acts, self._numbers = self._acts + 1, count()

    def __call__(self, prefix: str) -> str:
        return f"{prefix}_{self._acts:021d}{next(self._numbers):05d}"


class House:
    """It answers what came of it, so that the answers of two can be compared."""

    def __init__(self, store: Any, clock: VirtualClock, terms: Terms, rules: dict[str, Any]):
        self.gateway = SimulatedGateway(now=clock, terms=terms)
        self.publisher = MemoryPublisher()
        self.disputed_sales: list[str] = []  # the processor's names
        kept: dict[str, Any] = {"store": store, "gateway": self.gateway}
        self.counter = Counter()
        counted = Rules(now=clock, new_id=self.counter, **rules)
        self.market = Marketplace(**kept, publisher=self.publisher, rules=counted)
        # The same without counting: what is only looked at takes no number.
        self.uncounted = Marketplace(**kept, rules=Rules(now=clock, **rules))

    def say(self, command: Command[Any]) -> tuple[str, Any]:
        """`ok`, `action` or `pending` with the result, or the code of the error."""
        self.counter.go_on()
        try:
            result = self.market.execute(command)
        except MarketpayError as error:
            return error.code, None
        action = getattr(result, "next_action", None)
        if action is None:
            return "ok", plain(result)
        return ("pending" if isinstance(action, Pending) else "action"), plain(result)

    def outside(self, act: Callable[["House"], Any]) -> str:
        """Whether the processor let it happen."""
        try:
            act(self)
        except MarketpayError as error:
            return error.code
        return "ok"

    def get(self, kind: type[Any], id: str) -> Any:
        """An entity as it is now, with the names that this house's processor gave it."""
        return self.market.store.read(lambda records: records.get(kind, id))

    def look(self) -> Sight:
        """All there is."""
        return self.market.store.read(Sight.of_all)

    def work(self) -> int:
        """Do what is due, until nothing is; how often there was something."""
        for times in range(ENOUGH):
            self.counter.go_on()
            report = self.market.work()
            assert report.failures == ()
            if not report:
                return times
        raise AssertionError("there is always more to do")

    def hear(self) -> list[str]:
        """Receive what the processor has to tell, in order; what became of each."""
        told = self.gateway.webhooks()
        self.counter.go_on()
        return [self.market.receive(one.payload, one.headers).status for one in told]

    def settle(self) -> None:
        """Everything is heard and done."""
        for _ in range(ENOUGH):
            self.work()
            if not self.hear():
                return
        raise AssertionError("there is always more to hear")

    def close(self) -> None:
        """Let go of the store."""
        self.market.close()
