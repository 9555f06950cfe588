"""What all rules of the machine do with the two houses."""

from collections.abc import Callable, Iterable
from datetime import timedelta
from types import ModuleType
from typing import Any, TypeVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition

from marketpay import (
    AcceptOffer,
    Actor,
    ApplyToJob,
    Command,
    Job,
    MemoryStore,
    Money,
    Offer,
    OpenDispute,
    PostJob,
    SendOffer,
    SqlStore,
    StartJob,
    SubmitWork,
)
from marketpay.domain.entity import Entity
from marketpay.testing import VirtualClock
from marketpay.testing.terms import Terms
from tests.machine.buttons import check_buttons
from tests.machine.house import House
from tests.machine.invariants import INVARIANTS
from tests.machine.points import INVARIANTS as POINTS
from tests.machine.punctuality import ON_TIME
from tests.machine.shares import INVARIANTS as SHARES
from tests.machine.sight import Comparing, Sight

E = TypeVar("E", bound=Entity)

CUSTOMERS = tuple(Actor.customer(f"cus_{number}") for number in (1, 2))
CONTRACTORS = tuple(Actor.contractor(f"ctr_{number}") for number in (1, 2))
ADMIN, SERVICE = Actor.admin("adm_1"), Actor.service("srv_1")
NOBODY = Actor.contractor("ctr_9")

NUMBER = st.sampled_from((0, 0, 0, 1, 2, 3))  # which of them, the newest first
PERCENT = st.sampled_from((1, 10, 33, 50, 100))
CARDS = {
    "good": "pm_card_visa",
    "bad": "pm_card_chargeDeclined",
    "asking": "pm_card_threeDSecure2Required",
    "slow refund": "pm_card_pendingRefund",
    "lost refund": "pm_card_refundFail",
    "warned": "pm_card_createIssuerFraudRecord",
}
CARD = st.sampled_from((*("good",) * 6, *CARDS))


def said_by(*roles: str) -> st.SearchStrategy[str]:
    """Mostly one of those who may, now and then somebody else."""
    others = ("customer", "contractor", "admin", "service", "nobody")
    return st.sampled_from((*roles * (12 // len(roles)), *others))


def there_is(kind: type[Entity], /, **having: Any) -> Callable[[Any], Any]:
    """The rule is for machines that have such a thing."""
    return precondition(lambda machine: bool(machine.sight.of(kind, **having)))


def goes_on(job: Job) -> bool:
    """Whether it was assigned, and is not over."""
    return job.contractor is not None and job.status not in job.lifecycle.final


def part_of(amount: Money, percent: int) -> Money:
    """At least one cent of it."""
    return Money.from_minor(max(amount.minor * percent // 100, 1), amount.currency)


def rules_of(topics: Iterable[ModuleType]) -> dict[str, Any]:
    """The rules of some modules: each is a function of the machine and of what was drawn."""
    found: dict[str, Any] = {}
    for topic in topics:
        for name, function in vars(topic).items():
            if hasattr(function, "hypothesis_stateful_rule"):
                assert name not in found, name
                assert not hasattr(Machine, name), name
                found[name] = function
    return found


class Machine(RuleBasedStateMachine):
    """Two houses, which are told the same and answer the same, at the same time."""

    houses: tuple[House, ...] = ()

    def open(self, terms: Terms, rules: dict[str, Any]) -> None:
        """A house in memory, and one in a database."""
        self.clock = VirtualClock()
        stores = (MemoryStore(), SqlStore.connect("sqlite://"))
        self.houses = tuple(House(store, self.clock, terms, rules) for store in stores)
        self.policy = self.houses[0].market.rules
        self.comparing = Comparing()
        self.seen: Sight | None = None  # the last time that the buttons were looked at
        self._sight: Sight | None = None

    @property
    def sight(self) -> Sight:
        """All there is: the same in both."""
        if self._sight is None:
            one, other = (house.look() for house in self.houses)
            unlike = self.comparing.differences(one, other)
            assert unlike == [], unlike
            told = [house.publisher.names for house in self.houses]
            assert told[0] == told[1], told
            self._sight = one
        return self._sight

    def pick(self, kind: type[E], number: int, /, **having: Any) -> E:
        """The newest of them is number 0."""
        found = self.sight.of(kind, **having)
        return found[number % len(found)]

    def prefer(self, kind: type[E], number: int, is_so: Callable[[E], bool]) -> E:
        """The newest that is so is number 0; any, if none is."""
        found = [one for one in self.sight.of(kind) if is_so(one)]
        return found[number % len(found)] if found else self.pick(kind, number)

    def both(self, act: Callable[[House], Any]) -> Any:
        """Both houses do it, and the same comes of it."""
        self._sight = None
        one, other = (act(house) for house in self.houses)
        assert one == other, (one, other)
        return one

    def say(self, command: Command[Any]) -> str:
        """Both answer the same; what that is."""
        code, _ = self.both(lambda house: house.say(command))
        return str(code)

    def outside(self, act: Callable[[House], Any]) -> str:
        """What came of it at the processors."""
        return str(self.both(lambda house: house.outside(act)))

    def happens(self, what: str, to: Entity, **how: Any) -> str:
        """Somebody does that at the processor, if that lets them."""
        return self.outside(lambda house: getattr(house.gateway, what)(to, **how))

    def strike(
        self, by: Actor, to: Actor, price: Money, method: str, steps: int, **terms: Any
    ) -> None:
        """A deal as most are: sent, accepted, begun, submitted, and then disputed."""
        due = self.clock() + timedelta(days=5)
        self.say(PostJob(by=by, title="Paint it", currency=price.currency, deadline=due))
        job = self.pick(Job, 0)
        if self.policy.require_application:
            self.say(ApplyToJob(by=to, job=job.id))
        terms = {"contractor": to.id, "price": price, "payment_method": method, **terms}
        if self.say(SendOffer(by=by, job=job.id, **terms)) != "ok":
            return
        offer = self.pick(Offer, 0)
        more = (
            AcceptOffer(by=to, offer=offer.id),
            StartJob(by=to, job=job.id),
            SubmitWork(by=to, job=job.id),
            OpenDispute(by=by, payment=offer.payment, reason="Half is missing"),
        )
        for command in more[: steps - 1]:
            self.say(command)

    def who(self, role: str, about: Any) -> Actor:
        """Who plays this role for what it is about."""
        match role:
            case "customer":
                return Actor.customer(about.customer)
            case "contractor":
                return Actor.contractor(getattr(about, "contractor", None) or NOBODY.id)
            case "admin":
                return ADMIN
            case "service":
                return SERVICE
        return NOBODY

    def settle(self) -> None:
        """Everything is heard and done, and what had its time is over."""
        self.both(House.settle)
        for check in ON_TIME:
            check(self.sight, self.clock())

    @invariant()
    def all_that_must_hold_holds(self) -> None:
        if not self.houses:
            return
        for house in self.houses:
            problems = house.market.verify().problems
            assert problems == (), problems
        for check in (*INVARIANTS, *SHARES, *POINTS):
            check(self.sight)
        check_buttons(self.houses[0].uncounted, self.sight.since(self.seen))
        self.seen = self.sight
