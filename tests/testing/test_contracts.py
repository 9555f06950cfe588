"""The contracts catch what they are there to catch: each broken store fails, by name."""

import inspect
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest
from _pytest.outcomes import Failed, Skipped
from attrs import evolve

from marketpay.adapters.memory.store import MemoryStore, MemoryWork
from marketpay.adapters.memory.tables import Placed
from marketpay.domain.errors import Conflict, GatewayError
from marketpay.ports.chain import GENESIS, link
from marketpay.ports.gateway import (
    Authorize,
    BalancePage,
    Captured,
    CheckoutExpired,
    Declined,
    ExpireCheckout,
    GatewayReply,
    GatewayRequest,
    Inspect,
    ListBalance,
    LookUp,
    PaidOut,
    PaymentGateway,
    PayOut,
    Processing,
    RefundPayment,
    Topic,
    TransferState,
)
from marketpay.testing import GatewayContract, SimulatedGateway, StoreContract
from marketpay.testing.processor_values import Payout, Refund


class TestSimulatedGateway(GatewayContract):
    @pytest.fixture(params=["memory", "file"])
    def gateway(self, request: pytest.FixtureRequest, tmp_path: Any) -> Iterator[PaymentGateway]:
        gateway = SimulatedGateway(None if request.param == "memory" else tmp_path / "gateway.db")
        yield gateway
        gateway.close()

    def activate(self, gateway: PaymentGateway, account: str) -> None:
        assert isinstance(gateway, SimulatedGateway)
        gateway.activate(account)

    def settle_payout(self, gateway: PaymentGateway, payout: str) -> None:
        assert isinstance(gateway, SimulatedGateway)
        gateway.arrive_payout(payout)


class ForgetsVersions(MemoryWork):
    """Saves over whatever is there."""

    def _check(self, entities: Any) -> None:
        tables = self._tables.entities
        current = [
            evolve(one, version=found.version if (found := tables[type(one)].get(one.id)) else 0)
            for one in entities
        ]
        super()._check(current)


class LosesReliance(MemoryWork):
    """Neither checks nor counts up what a decision relies on."""

    def write(self, decision: Any, record: Any, /) -> Any:
        return super().write(evolve(decision, relies_on=()), record)


class OnlyChecksReliance(MemoryWork):
    """Checks the version of what a decision relies on, and leaves it."""

    def write(self, decision: Any, record: Any, /) -> Any:
        latest = decision.latest()
        self._check([one for one in decision.relies_on if one.id not in latest])
        return super().write(evolve(decision, relies_on=()), record)


class ForgetsClaims(MemoryWork):
    """Lets a unique value be taken twice."""

    def _check(self, entities: Any) -> None:
        for one in entities:
            stored = self._tables.entities[type(one)].get(one.id)
            if (stored.version if stored else 0) != one.version:
                raise Conflict(type(one).__name__, one.id)


class ForgetsKeys(MemoryWork):
    """Lets a key be used twice."""

    def record(self, record: Any, subjects: Any = (), /) -> None:
        key = (record.actor, record.role, record.key)
        self._tables.drop(self._tables.keys, key)
        super().record(record, subjects)


class SharesKeys(MemoryWork):
    """Takes the same key of two roles for one."""

    def record(self, record: Any, subjects: Any = (), /) -> None:
        super().record(evolve(record, role="customer"), subjects)


class FoldsCase(MemoryWork):
    """Takes Bob for bob, as some collations do."""

    def find(self, kind: Any, /, **equal: object) -> list[Any]:
        def same(value: object, wanted: object) -> bool:
            if isinstance(value, str) and isinstance(wanted, str):
                return value.strip().lower() == wanted.strip().lower()
            return value == wanted

        def matches(one: Any) -> bool:
            return all(
                any(same(getattr(one, name), each) for each in wanted)
                if isinstance(wanted, tuple)
                else same(getattr(one, name), wanted)
                for name, wanted in equal.items()
            )

        return [one for one in super().find(kind) if matches(one)]


class LosesMicroseconds(MemoryWork):
    """Keeps times to the second."""

    def write(self, decision: Any, record: Any, /) -> Any:
        def cut(entity: Any) -> Any:
            return evolve(entity, created_at=entity.created_at.replace(microsecond=0))

        changes = [evolve(change, entity=cut(change.entity)) for change in decision.changes]
        return super().write(evolve(decision, changes=changes), record)


class FindsInNoOrder(MemoryWork):
    """As a table without ORDER BY."""

    def find(self, kind: Any, /, **equal: object) -> list[Any]:
        found = super().find(kind, **equal)
        return found[1:] + found[:1]


class PagesFromTheOldest(MemoryWork):
    """Ignores which way pages lead."""

    def page(self, kind: Any, equal: Any, /, *, after: Any, limit: int) -> list[Any]:
        found = [one for one in self.find(kind, **equal) if after is None or one.id > after]
        return found[:limit]


class ForgetsEndedOffers(MemoryWork):
    """A deal without the offer it was asked for."""

    def deal(self, **asked: Any) -> Any:
        deal = super().deal(**asked)
        return super().deal(job=deal.job.id)


class LeasesTwice(MemoryWork):
    """Gives what is due to everybody who asks."""

    def lease(self, kind: Any, until: Any, /, *, now: Any, **rest: Any) -> list[Any]:
        return super().lease(kind, lambda one: one.due_at, now=now, **rest)


class ForgetsWhenItWasSent(MemoryWork):
    """Says at each lease that it is the first."""

    def lease(self, kind: Any, until: Any, /, *, now: Any, **rest: Any) -> list[Any]:
        leased = []
        for one in super().lease(kind, until, now=now, **rest):
            self._tables.save(again := evolve(one, sent_at=now))
            leased.append(again)
        return leased


class LeasesWithoutAVersion(MemoryWork):
    """So that a decision made before still goes through."""

    def lease(self, kind: Any, until: Any, /, *, now: Any, **rest: Any) -> list[Any]:
        leased = []
        for one in super().lease(kind, until, now=now, **rest):
            self._tables.save(again := evolve(one, version=one.version - 1))
            leased.append(again)
        return leased


class RemovesAnyTimer(MemoryWork):
    """Also one that was set anew."""

    def remove(self, timer: Any, /) -> bool:
        self._tables.drop(self._tables.timers, (timer.kind.value, timer.subject))
        return True


class LeasesTimersTwice(MemoryWork):
    """Gives those that are due to everybody who asks."""

    def lease_timers(self, until: Any, /, *, now: Any, limit: int) -> list[Any]:
        return self.due(now, limit=limit)


class LosesUndoneTimers(MemoryWork):
    """Those that were taken up in a transaction that failed never come up again."""

    def lease_timers(self, until: Any, /, *, now: Any, limit: int) -> list[Any]:
        leased = super().lease_timers(until, now=now, limit=limit)
        self._tables.commit()
        return leased


class KeepsTheFirstTimer(MemoryWork):
    """Setting it again does not move it."""

    def write(self, decision: Any, record: Any, /) -> Any:
        there = self._tables.timers
        new = [one for one in decision.timers if (one.kind, one.subject) not in there]
        return super().write(evolve(decision, timers=new), record)


class SequencesAgain(MemoryWork):
    """Gives records a place without remembering that it did."""

    def sequence(self, limit: int, /) -> int:
        numbers = sorted(self._tables.to_sequence)[:limit]
        given = super().sequence(limit)
        for number in numbers[:1]:
            self._tables.put(self._tables.to_sequence, number, None)
        return given


class LeavesGaps(MemoryWork):
    """Positions that are the records' own numbers."""

    def feed(self, after: int, /, *, limit: int) -> list[Any]:
        return [evolve(i, position=2 * i.position) for i in super().feed(after, limit=limit)]


class ChainsNoEntries(MemoryWork):
    """Vouches for the journal and not for the ledger."""

    def _entry_rows(self, journal: int) -> Any:
        return ()


class ChainsEachAlone(MemoryWork):
    """Makes every link from the beginning and not from the one before."""

    def sequence(self, limit: int, /) -> int:
        given = super().sequence(limit)
        for row in self.chain(0, limit=10_000):
            assert row.record is not None
            alone = link(GENESIS, row.position, row.number, row.record, row.entries)
            self._tables.put(self._tables.feed, row.position, Placed(row.number, alone))
        return given


class ChainsWhatIsPersonal(MemoryWork):
    """So that it could never be erased."""

    def chain(self, after: int, /, *, limit: int) -> list[Any]:
        found = super().chain(after, limit=limit)
        return [evolve(i, record=self._tables.journal[i.number].record) for i in found]


class MistakesWhatWaits(MemoryWork):
    """Takes what was not sequenced yet for what was slipped in."""

    def unchained(self, after: int, /, *, limit: int) -> list[Any]:
        return [self._tables.journal[number] for number in self._tables.to_sequence][:limit]


class SharesTheCursor(MemoryWork):
    """Gives it to two at once."""

    def take_cursor(self, name: str, /, *, now: Any, until: Any) -> int | None:
        return super().take_cursor(name, now=now, until=now)


class FoldsAway(MemoryWork):
    """Loses a cent whenever it folds."""

    def fold(self, limit: int, /) -> int:
        for account in self._tables.balances:
            self._tables.put(self._tables.balances, account, self._tables.balances[account] - 1)
        return 0


class MixesSides(MemoryWork):
    """Counts every account as if debits made it larger."""

    def balance(self, account: Any, /) -> int:
        balance = super().balance(account)
        return balance if account.is_debit else -balance


class StatesEverything(MemoryWork):
    """A statement with what is no wallet's."""

    def statement(self, owner: str, currency: str, /, *, before: Any, limit: int) -> list[Any]:
        posted = sorted(self._tables.entries.items(), reverse=True)
        return [one for n, one in posted if before is None or n < before][:limit]


class WritesOneByOne(MemoryWork):
    """Each change in a transaction of its own."""

    def write(self, decision: Any, record: Any, /) -> Any:
        self.record(record)
        saved: dict[str, Any] = {}
        for change in decision.changes:
            one = evolve(decision, changes=(change,), relies_on=(), entries=(), timers=())
            saved |= super().write(one, evolve(record, attempt=change.entity.id, key=None))
            self._tables.commit()
        return saved


class HalfWrites(MemoryStore):
    """Keeps what was done before the error."""

    def run(self, use: Any, /) -> Any:
        with self._lock:
            try:
                return use(self.work)
            finally:
                self._tables.commit()

    @property
    def work(self) -> MemoryWork:
        return MemoryWork(self._tables)


class Forgets(MemoryStore):
    """Rolls everything back, always."""

    def run(self, use: Any, /) -> Any:
        with self._lock:
            try:
                return use(MemoryWork(self._tables))
            finally:
                self._tables.rollback()


class CatchesErrors(MemoryStore):
    """Only ever rolls back for an `Exception`."""

    def run(self, use: Any, /) -> Any:
        with self._lock:
            try:
                result = use(MemoryWork(self._tables))
            except Exception:
                self._tables.rollback()
                raise
            except BaseException:
                self._tables.commit()
                raise
            self._tables.commit()
            return result


def with_work(kind: type[MemoryWork]) -> Callable[[], MemoryStore]:
    class Broken(MemoryStore):
        def run(self, use: Any, /) -> Any:
            with self._lock:
                try:
                    result = use(kind(self._tables))
                except BaseException:
                    self._tables.rollback()
                    raise
                self._tables.commit()
                return result

        def read(self, use: Any, /) -> Any:
            with self._lock:
                return use(kind(self._tables))

    return Broken


def cases(contract: type) -> Iterator[tuple[str, Callable[..., None], dict[str, Any]]]:
    """Every test of a contract, with each of its parameters."""
    for name, test in inspect.getmembers(contract, inspect.isfunction):
        if not name.startswith("test_"):
            continue
        sets: list[list[dict[str, Any]]] = []
        for mark in getattr(test, "pytestmark", ()):
            if mark.name == "parametrize":
                names = [one.strip() for one in mark.args[0].split(",")]
                values = list(mark.args[1])
                sets.append([{names[0]: value} for value in values])
        for chosen in product(*sets):
            merged: dict[str, Any] = {}
            for one in chosen:
                merged |= one
            yield name, test, merged


def failures(contract: Any, fixture: str, make: Callable[[], Any], wanted: str = "") -> set[str]:
    """The tests that fail on what `make` makes."""
    failed: set[str] = set()
    for name, test, arguments in cases(contract):
        if name in failed or wanted not in name:
            continue
        try:
            test(contract(), **{fixture: make()}, **arguments)
        except Skipped:
            continue
        except (Exception, Failed):  # noqa: BLE001  # whatever it is, it is a failure
            failed.add(name)
    return failed


CAUGHT: dict[type, str] = {
    ForgetsVersions: "test_a_save_over_another_save_is_a_conflict",
    LosesReliance: "test_relying_on_what_was_changed_meanwhile_is_a_conflict",
    OnlyChecksReliance: "test_two_cannot_rely_on_the_same_version",
    ForgetsClaims: "test_a_unique_value_that_is_taken_is_a_conflict",
    ForgetsKeys: "test_a_key_belongs_to_one_record_of_an_actor",
    SharesKeys: "test_others_and_the_same_actor_in_another_role_have_keys_of_their_own",
    FoldsCase: "test_owners_are_compared_byte_by_byte",
    LosesMicroseconds: "test_times_keep_their_microseconds_and_are_utc",
    FindsInNoOrder: "test_entities_are_found_by_the_values_of_fields_in_order_of_id",
    PagesFromTheOldest: "test_pages_lead_from_the_newest_to_the_oldest",
    ForgetsEndedOffers: "test_an_offer_or_payment_that_was_asked_for_is_in_its_deal_"
    "though_it_has_ended",
    LeasesTwice: "test_who_leases_what_is_due_has_it",
    ForgetsWhenItWasSent: "test_when_something_was_first_sent_is_told_once",
    LeasesWithoutAVersion: "test_a_lease_is_a_change",
    RemovesAnyTimer: "test_a_timer_that_was_set_anew_meanwhile_is_not_removed",
    LeasesTimersTwice: "test_who_takes_up_timers_has_them",
    LosesUndoneTimers: "test_timers_taken_up_in_a_transaction_that_fails_are_still_due",
    KeepsTheFirstTimer: "test_setting_a_timer_again_moves_it",
    SequencesAgain: "test_each_record_gets_one_place_in_the_feed",
    LeavesGaps: "test_each_record_gets_one_place_in_the_feed",
    ChainsNoEntries: "test_a_row_vouches_for_the_ledger_entries_of_its_record",
    ChainsEachAlone: "test_every_row_is_chained_to_the_one_before",
    ChainsWhatIsPersonal: "test_a_row_vouches_for_the_record_as_it_was_written",
    MistakesWhatWaits: "test_what_waits_for_its_place_is_not_astray",
    SharesTheCursor: "test_one_reader_at_a_time_has_the_cursor",
    FoldsAway: "test_folding_changes_no_balance",
    MixesSides: "test_each_entry_moves_two_balances_on_their_own_side_of_the_book",
    StatesEverything: "test_a_statement_has_the_entries_of_one_wallet_the_newest_first",
    WritesOneByOne: "test_of_a_decision_that_conflicts_nothing_is_written",
    HalfWrites: "test_whatever_ends_a_transaction_undoes_all_of_it",
    Forgets: "test_what_is_written_is_read_again",
    CatchesErrors: "test_whatever_ends_a_transaction_undoes_all_of_it",
}  # fmt: skip


@pytest.mark.parametrize(("broken", "test"), CAUGHT.items(), ids=[one.__name__ for one in CAUGHT])
def test_a_broken_store_is_caught(broken: type, test: str) -> None:
    make = with_work(broken) if issubclass(broken, MemoryWork) else broken

    assert test in failures(StoreContract, "store", make, wanted=test)
    assert test not in failures(StoreContract, "store", MemoryStore, wanted=test)


@pytest.mark.parametrize("test", ["test_no_update_is_lost", "test_one_of_many_gets_what_is_unique"])
def test_a_store_that_looks_first_and_leaps_later_is_caught(test: str) -> None:
    class LooksFirst(MemoryWork):
        def _check(self, entities: Any) -> None:
            super()._check(entities)
            time.sleep(0.002)  # meanwhile another thread looks

    class Unlocked(MemoryStore):
        def run(self, use: Any, /) -> Any:
            try:
                return use(LooksFirst(self._tables))
            finally:
                self._tables.commit()

    assert failures(StoreContract, "store", Unlocked, wanted=test) == {test}


class Careless:
    """A gateway, all but one rule."""

    def __init__(self) -> None:
        self.gateway = SimulatedGateway()
        self.times = 0

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        return self.gateway.perform(request, key=key)


class OnCareless(GatewayContract):
    """The contract, for those."""

    def activate(self, gateway: PaymentGateway, account: str) -> None:
        gateway.gateway.activate(account)  # type: ignore[attr-defined]

    def settle_payout(self, gateway: PaymentGateway, payout: str) -> None:
        gateway.gateway.arrive_payout(payout)  # type: ignore[attr-defined]


class IgnoresKeys(Careless):
    """Acts whenever it is asked."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        self.times += 1
        return self.gateway.perform(request, key=f"{key}-{self.times}")


class PaysOutAgain(Careless):
    """Keeps to its keys, but for payouts."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        self.times += isinstance(request, PayOut)
        again = f"-{self.times}" if isinstance(request, PayOut) else ""
        return self.gateway.perform(request, key=key + again)


class AnswersWithoutLooking(Careless):
    """Gives the old answer to another request under the key."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        self.answers = getattr(self, "answers", {})
        if key not in self.answers:
            self.answers[key] = self.gateway.perform(request, key=key)
        answer: GatewayReply = self.answers[key]
        return answer


class TriesAgain(Careless):
    """Takes a decline for the beginning of a negotiation."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        self.times += 1
        if isinstance(reply, Declined) and self.times > 1 and isinstance(request, Authorize):
            request = evolve(request, payment_method="pm_card_visa")
            return self.gateway.perform(request, key=f"{key}-{self.times}")
        return reply


class ActsOnLookUps(Careless):
    """Creates what it is asked about."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, LookUp):
            self.times += 1
            return self.gateway.perform(request.request, key=f"{key}-{self.times}")
        return self.gateway.perform(request, key=key)


class Raises(Careless):
    """A decline is no exception."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        if isinstance(reply, Declined):
            raise GatewayError(reply.code)
        return reply


class FindsTheNewest(Careless):
    """Takes a refund of the payment for the refund that was asked about."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, LookUp) and isinstance(request.request, RefundPayment):
            payment = request.request.gateway_id
            found = self.gateway.processor.find(Refund, payment)
            request = evolve(request, gateway_id=found.id if found else None)
        return self.gateway.perform(request, key=key)


class Repeats(Careless):
    """Begins each page with the last change of the page before."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        if isinstance(reply, BalancePage):
            self.last, last = reply.changes[-1:], getattr(self, "last", ())
            return evolve(reply, changes=last + reply.changes)
        return reply


class StopsAfterAPage(Careless):
    """Lists the balance as far as one page goes."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        return evolve(reply, next=None) if isinstance(reply, BalancePage) else reply


class ForgetsSigns(Careless):
    """Lists what left the balance as if it had come."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        if isinstance(reply, BalancePage):
            changes = [evolve(one, amount=abs(one.amount)) for one in reply.changes]
            return evolve(reply, changes=tuple(changes))
        return reply


class IgnoresWindows(Careless):
    """Lists the balance of all times."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, ListBalance):
            ever = (datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC))
            request = evolve(request, since=ever[0], until=ever[1])
        return self.gateway.perform(request, key=key)


class CountsOneReversal(Careless):
    """Says of a transfer that one reversal was all."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        if isinstance(reply, TransferState):
            return evolve(reply, reversals=reply.reversals[:1])
        return reply


class LooksEverywhere(Careless):
    """Finds a payout on whatever account it is."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, Inspect) and request.topic is Topic.PAYOUT:
            found = self.gateway.processor.find(Payout, request.gateway_id)
            request = evolve(request, account=found.account if found else None)
        return self.gateway.perform(request, key=key)


class NamesNoCharge(Careless):
    """Leaves the caller to guess what a transfer's source is."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        return evolve(reply, charge=None) if isinstance(reply, Captured) else reply


class IsDoneAtOnce(Careless):
    """Says that a payout has arrived as soon as it is sent."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        reply = self.gateway.perform(request, key=key)
        if isinstance(request, PayOut) and isinstance(reply, Processing):
            return PaidOut(gateway_id=reply.gateway_id, amount=request.amount)
        return reply


class ClosesNothing(Careless):
    """Says that a page is closed, and leaves it open."""

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if isinstance(request, ExpireCheckout):
            return CheckoutExpired(gateway_id=request.gateway_id)
        return self.gateway.perform(request, key=key)


CARELESS = {
    IgnoresKeys: "test_the_same_key_and_request_take_effect_once",
    PaysOutAgain: "test_the_same_key_moves_money_of_an_account_once",
    AnswersWithoutLooking: "test_a_key_is_for_one_request",
    TriesAgain: "test_a_decline_is_final_for_its_key",
    ActsOnLookUps: "test_a_look_up_creates_nothing",
    Raises: "test_a_decline_is_final_for_its_key",
    FindsTheNewest: "test_of_two_refunds_each_is_found_by_its_own_reference",
    Repeats: "test_the_balance_is_listed_page_by_page_and_everything_once",
    StopsAfterAPage: "test_the_balance_is_listed_page_by_page_and_everything_once",
    ForgetsSigns: "test_what_moved_the_balance_is_said_with_its_sign_and_our_reference",
    IgnoresWindows: "test_outside_the_window_nothing_is_listed",
    CountsOneReversal: "test_a_transfer_comes_back_in_parts_up_to_its_amount",
    LooksEverywhere: "test_a_payout_is_inspected_on_its_account",
    NamesNoCharge: "test_what_was_captured_says_its_amount_and_its_charge",
    IsDoneAtOnce: "test_each_request_about_an_account_has_its_reply",
    ClosesNothing: "test_a_checkout_that_was_closed_says_so",
}


@pytest.mark.parametrize(
    ("careless", "test"), CARELESS.items(), ids=[one.__name__ for one in CARELESS]
)
def test_a_careless_gateway_is_caught(careless: type, test: str) -> None:
    assert test in failures(OnCareless, "gateway", careless, wanted=test)
    assert failures(OnCareless, "gateway", Careless, wanted=test) == set()


def test_a_gateway_that_keeps_the_contract_fails_nothing() -> None:
    assert failures(OnCareless, "gateway", Careless) == set()


def test_without_a_way_to_activate_an_account_the_rest_of_the_contract_holds() -> None:
    assert failures(GatewayContract, "gateway", Careless) == set()


def test_the_contract_asks_for_a_gateway_and_nothing_else() -> None:
    for name, test, arguments in cases(GatewayContract):
        wanted = set(inspect.signature(test).parameters) - {"self", *arguments}
        assert wanted == {"gateway"}, name


@pytest.mark.covers("B085")
def test_a_store_that_keeps_the_contract_fails_nothing() -> None:
    assert failures(StoreContract, "store", MemoryStore) == set()


def test_the_contract_asks_for_a_store_and_nothing_else() -> None:
    for name, test, arguments in cases(StoreContract):
        wanted = set(inspect.signature(test).parameters) - {"self", *arguments}
        assert wanted == {"store"}, name
