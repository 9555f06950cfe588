"""Whenever a process dies, another one brings the deal to the same end."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Marketplace,
    Money,
    PaymentTransaction,
    PostJob,
    Rules,
    SendOffer,
    SqlStore,
)
from marketpay.domain.errors import CommitUnknown
from marketpay.ports.gateway import Authorize, Capture, LookUp, Void
from marketpay.ports.store import Store, Work
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.delivery.mortal import (
    ANN,
    BEN,
    CUSTOMER,
    STORIES,
    Death,
    Fate,
    Place,
    in_files,
    in_memory,
    live,
    recover,
    summary,
)

ROOT = Path(__file__).parents[2]


THOROUGH = os.environ.get("HYPOTHESIS_PROFILE") == "thorough"


@pytest.fixture(params=["memory", "sqlite"])
def new_place(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], Place]:
    if request.param == "memory":
        return in_memory

    def fresh() -> Place:
        """SQLite and a processor in memory that outlive the marketplace, as files would."""
        clock, store = VirtualClock(), SqlStore.connect("sqlite://")
        return Place(clock=clock, gateway=SimulatedGateway(now=clock), open_store=lambda: store)

    return fresh


def without_a_crash(place: Place, story: str) -> tuple[dict[str, Any], int]:
    """How it ends, and at how many points it could have ended before."""
    fate, said = Fate(), {"now": None}
    market = place.market(fate)
    live(place, market, STORIES[story], said)
    recovered = recover(place)
    return summary(recovered, place.gateway), fate.passed


@pytest.mark.covers("A138")
@pytest.mark.parametrize("story", STORIES)
def test_a_crash_at_any_point_ends_as_no_crash_would(
    new_place: Callable[[], Place], story: str
) -> None:
    expected, points = without_a_crash(new_place(), story)
    step = 1 if new_place is in_memory or THOROUGH else 3  # a database takes its time
    assert points > 60

    for at in range(1, points + 1, step):
        place, said, fate = new_place(), {"now": None}, Fate(at)
        with pytest.raises(Death):
            live(place, place.market(fate), STORIES[story], said)
        market = recover(place)
        live(place, market, STORIES[story], said)
        market = recover(place)

        assert summary(market, place.gateway) == expected, f"after a crash at point {at}"


@pytest.mark.parametrize("story", STORIES)
def test_who_repeats_the_command_at_once_takes_nothing_from_the_worker(story: str) -> None:
    expected, points = without_a_crash(in_memory(), story)

    for at in range(1, points + 1):
        place, said, fate = in_memory(), {"now": None}, Fate(at)
        with pytest.raises(Death):
            live(place, place.market(fate), STORIES[story], said)
        if said["now"]:
            make = dict(STORIES[story])[said["now"]]
            command = make(said)
            assert command is not None
            place.market().execute(command, key=said["now"])
        recover(place)
        live(place, place.market(), STORIES[story], said)

        assert summary(recover(place), place.gateway) == expected, f"after a crash at point {at}"


@pytest.mark.parametrize("story", STORIES)
def test_a_crash_before_the_first_commit_of_a_command_leaves_nothing_of_it(
    new_place: Callable[[], Place], story: str
) -> None:
    steps = [name for name, _ in STORIES[story] if name != "activation"]
    for name in steps:
        for point in (1, 2):  # before the transaction begins, before it commits
            place, said = new_place(), {"now": None}
            until = STORIES[story][: [step for step, _ in STORIES[story]].index(name)]
            live(place, place.market(), until, said)
            before = summary(recover(place), place.gateway)

            with pytest.raises(Death):
                live(place, place.market(Fate(point)), STORIES[story], said)

            assert summary(recover(place), place.gateway) == before, (name, point)


@pytest.mark.parametrize("story", STORIES)
def test_after_a_crash_behind_its_first_commit_a_command_is_finished_by_work_alone(
    new_place: Callable[[], Place], story: str
) -> None:
    names = [name for name, _ in STORIES[story]]
    for n, name in enumerate(names):
        if name == "activation":
            continue
        place, said = new_place(), {"now": None}
        live(place, place.market(), STORIES[story][: n + 1], said)
        expected = summary(recover(place), place.gateway)

        place, said = new_place(), {"now": None}
        live(place, place.market(), STORIES[story][:n], said)
        with pytest.raises(Death):
            live(place, place.market(Fate(3)), STORIES[story][: n + 1], said)

        assert summary(recover(place), place.gateway) == expected, name


KILLED = """
import sys
from pathlib import Path
from tests.delivery.mortal import STORIES, Fate, die_at_once, in_files, tell

folder, story, at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
tell(in_files(folder), STORIES[story], Fate(at, die_at_once), {"now": None})
"""


@pytest.mark.parametrize(
    ("story", "at"),
    [("completed", at) for at in (3, 5, 6, 7, 30, 45, 60, 61, 62, 63, 64, 65, 80)]
    + [("refunded", at) for at in (50, 58, 66)],
)
def test_a_killed_process_is_followed_by_one_that_ends_as_no_crash_would(
    tmp_path: Path, story: str, at: int
) -> None:
    expected, points = without_a_crash(in_memory(), story)
    assert at < points
    script = [sys.executable, "-c", KILLED, str(tmp_path), story, str(at)]
    path = {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}", "PATH": ""}
    killed = subprocess.run(script, check=False, cwd=ROOT, env=path, capture_output=True)
    assert killed.returncode == 9, killed.stderr.decode()

    place, said = in_files(tmp_path), {"now": None}
    recover(place).close()
    market = place.market()
    live(place, market, STORIES[story], said)
    market.close()
    market = recover(place)

    assert summary(market, place.gateway) == expected
    market.close()
    place.gateway.close()


class Forgetful:
    """A store whose `at`-th commit is not answered, whether or not it took effect."""

    def __init__(self, store: Store, at: int, *, took_effect: bool) -> None:
        self.store = store
        self.at = at
        self.took_effect = took_effect
        self.commits = 0
        self.read = store.read
        self.close = store.close

    def run(self, use: Callable[[Work], Any], /) -> Any:
        self.commits += 1
        if self.commits != self.at:
            return self.store.run(use)
        if self.took_effect:
            self.store.run(use)
            raise CommitUnknown

        class Lost(Exception):
            pass

        def undone(work: Work) -> None:
            use(work)
            raise Lost

        try:
            self.store.run(undone)
        except Lost:
            raise CommitUnknown from None
        raise AssertionError("it was to be undone")


@pytest.mark.parametrize("took_effect", [True, False])
@pytest.mark.parametrize("story", ["completed", "refunded"])
def test_a_commit_whose_answer_is_lost_is_looked_up(
    new_place: Callable[[], Place], story: str, *, took_effect: bool
) -> None:
    def told(at: int) -> tuple[dict[str, Any], int]:
        place, said = new_place(), {"now": None}
        store = Forgetful(place.open_store(), at, took_effect=took_effect)
        rules = Rules(now=place.clock)
        market = Marketplace(store=store, gateway=place.gateway, rules=rules)
        live(place, market, STORIES[story], said)
        return summary(recover(place), place.gateway), store.commits

    expected, _ = told(0)
    place, said = new_place(), {"now": None}
    counted = Forgetful(place.open_store(), 0, took_effect=True)
    live(place, Marketplace(store=counted, gateway=place.gateway, rules=Rules(now=place.clock)),
         STORIES[story], said)  # fmt: skip
    at_work = list(_unkeyed(story, new_place))
    for at in range(1, counted.commits + 1):
        if at not in at_work:
            assert told(at)[0] == expected, f"commit {at}"


def _unkeyed(story: str, new_place: Callable[[], Place]) -> Iterator[int]:
    """The commits that are no command's: leases and the like, which simply fail and come again."""
    place, said = new_place(), {"now": None}
    store = place.open_store()
    numbers: list[int] = []

    class Watching(Forgetful):
        def run(self, use: Callable[[Work], Any], /) -> Any:
            if type(use).__name__ != "Attempt":
                numbers.append(self.commits + 1)
            return super().run(use)

    watched = Watching(store, 0, took_effect=True)
    rules = Rules(now=place.clock)
    live(
        place, Marketplace(store=watched, gateway=place.gateway, rules=rules), STORIES[story], said
    )
    yield from numbers


def test_a_commit_of_work_whose_answer_is_lost_comes_up_again(
    new_place: Callable[[], Place],
) -> None:
    expected, _ = without_a_crash(new_place(), "completed")
    for at in _unkeyed("completed", new_place):
        place, said = new_place(), {"now": None}
        store = Forgetful(place.open_store(), at, took_effect=True)
        rules = Rules(now=place.clock)
        market = Marketplace(store=store, gateway=place.gateway, rules=rules)
        try:
            live(place, market, STORIES["completed"], said)
        except CommitUnknown:
            market = recover(place)
            live(place, market, STORIES["completed"], said)

        assert summary(recover(place), place.gateway) == expected, f"commit {at}"


@pytest.mark.parametrize("kind", [Authorize, Capture, Void])
@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_two_workers_never_send_one_operation_under_two_keys(
    new_place: Callable[[], Place], kind: Any, outcome: Outcome
) -> None:
    place = new_place()
    market = place.market()
    job = market.execute(PostJob(by=CUSTOMER, title="Paint the fence", currency="USD"))
    place.gateway.script(kind, *[outcome] * 3)
    offers = [
        market.execute(
            SendOffer(by=CUSTOMER, job=job.id, contractor=who.id, price=Money(10, "USD"),
                      payment_method="pm_card_visa")
        ).offer
        for who in (ANN, BEN)
    ]  # fmt: skip
    if kind is not Authorize:
        market.execute(AcceptOffer(by=ANN, offer=offers[0].id))
    for _ in range(4):
        place.clock.advance(minutes=10)
        _at_once(lambda: place.market().work(), lambda: place.market().work())

    sent = [(request, key) for request, key in place.gateway.calls if request is not LookUp]
    operations = market.store.read(lambda records: records.find(PaymentTransaction))
    assert {key for _, key in sent} == {operation.id for operation in operations}
    assert all(operation.is_settled for operation in operations)
    for request in (Authorize, Capture, Void):
        wanted = {key for asked, key in sent if asked is request}
        assert place.gateway.effects(request) == len(wanted)
    assert market.verify().ok


def _at_once(*things: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(things))

    def begin(thing: Callable[[], Any]) -> Any:
        start.wait(timeout=60)
        return thing()

    with ThreadPoolExecutor(len(things)) as pool:
        return list(pool.map(begin, things))
