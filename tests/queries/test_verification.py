"""The books against themselves and against the chain: every planted fault is found, and said."""

from typing import Any

import pytest
from attrs import evolve

from marketpay import (
    Account,
    AccountKind,
    CancelJob,
    ChainHead,
    Change,
    Decision,
    InvalidInput,
    LedgerEntry,
    Marketplace,
    MemoryStore,
    Payment,
    PostedEntry,
    Verify,
    Wallet,
)
from marketpay.adapters.memory.store import MemoryWork
from marketpay.adapters.memory.tables import Tables
from marketpay.domain import events as e
from marketpay.domain.entity import Entity
from marketpay.domain.ids import new_id
from marketpay.ports.chain import GENESIS
from marketpay.ports.gateway import RefundPayment
from marketpay.ports.journal import JournalEntry, JournalRecord
from marketpay.queries import batches
from marketpay.testing import Outcome, SimulatedGateway
from tests.conftest import on_one_store
from tests.credits import give
from tests.deals import (
    CUSTOMER,
    assigned,
    completed,
    in_progress,
    journal,
    payee,
    send,
    usd,
)


def plant(
    market: Marketplace, *, entity: Entity | None = None, entries: tuple[LedgerEntry, ...] = ()
) -> None:
    """Write what no command would."""
    at = market.rules.now()
    fact = e.WalletCredited(at=at, wallet="wal_1", owner="ctr_42", amount=usd("1"))
    changes = () if entity is None else (Change(entity, fact),)
    decision: Decision[None] = Decision(None, changes=changes, entries=entries)
    record = JournalRecord(
        attempt=new_id("att"),
        at=at,
        actor="eve",
        role="admin",
        key=None,
        command="Plant",
        body="{}",
        events="[]",
        result=None,
        error=None,
    )
    market.store.run(lambda work: work.write(decision, record))


def test_an_empty_book_is_right(market: Marketplace) -> None:
    assert market.verify().ok
    assert market.verify().problems == ()


def test_a_deal_is_right_at_every_moment(market: Marketplace, gateway: SimulatedGateway) -> None:
    for far_enough in (send, assigned, in_progress, completed):
        far_enough(market)
        assert market.verify().problems == ()
    payee(market, gateway)
    assert market.verify().ok
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    market.execute(CancelJob(by=CUSTOMER, job=assigned(market).job.id))
    assert market.verify().problems == ()
    market.work()
    assert market.verify().problems == ()


def test_a_wallet_that_was_changed_by_hand_is_found(market: Marketplace) -> None:
    completed(market)
    [wallet] = market.store.read(lambda records: records.find(Wallet, owner="ctr_42"))
    plant(market, entity=evolve(wallet, available=usd("700.01")))
    found = market.verify()

    assert not found.ok
    assert "wallet.available(ctr_42) USD: kept 70001, entries sum to 70000." in found.problems
    assert any("differ" in problem for problem in found.problems)


@pytest.mark.covers("A170")
def test_a_payment_whose_escrow_is_not_its_split_is_found(market: Marketplace) -> None:
    payment = assigned(market).payment
    escrow = Account(AccountKind.ESCROW, "USD")
    fee = Account(AccountKind.PLATFORM_FEE, "USD")
    plant(market, entries=(LedgerEntry(escrow, fee, usd("1"), payment=payment.id),))
    [problem] = market.verify().problems

    assert problem == f"escrow of {payment.id}: 89900 by its entries, 90000 by the payment."


def test_what_is_left_of_a_closed_payment_is_found(market: Marketplace) -> None:
    payment = completed(market).payment
    processor = Account(AccountKind.PROCESSOR, "USD")
    escrow = Account(AccountKind.ESCROW, "USD")
    plant(market, entries=(LedgerEntry(processor, escrow, usd("1"), payment=payment.id),))

    assert market.verify().problems == (
        f"escrow of {payment.id}: 100 by its entries, 0 by the payment.",
    )


def test_money_taken_for_a_payment_that_was_never_captured_is_found(market: Marketplace) -> None:
    payment = send(market).payment
    processor = Account(AccountKind.PROCESSOR, "USD")
    escrow = Account(AccountKind.ESCROW, "USD")
    plant(market, entries=(LedgerEntry(processor, escrow, usd("1"), payment=payment.id),))

    assert not market.verify().ok


def test_a_fault_among_many_is_found(market: Marketplace, monkeypatch: Any) -> None:
    monkeypatch.setattr(batches, "BATCH", 2)
    payments = [assigned(market, price=usd("1")).payment for _ in range(5)]
    processor = Account(AccountKind.PROCESSOR, "USD")
    escrow = Account(AccountKind.ESCROW, "USD")
    for payment in (payments[0], payments[4]):
        plant(market, entries=(LedgerEntry(processor, escrow, usd("1"), payment=payment.id),))

    assert len(market.verify().problems) == 2


def tables_of(market: Marketplace) -> Tables:
    """What somebody changes who does not go through the marketplace."""
    assert isinstance(market.store, MemoryStore)
    return market.store._tables


# --- amounts that cannot be true


@on_one_store
def test_credit_that_stands_behind_no_payment_is_found(market: Marketplace) -> None:
    give(market, "50")
    payment = send(market, credit=usd("30")).payment
    assert market.verify().problems == ()
    tables_of(market).entities[Payment][payment.id] = evolve(payment, credit_reserved=usd("0"))

    [found] = market.verify().problems

    assert found.endswith("of cus_17: USD 30.00 is reserved, and 0 behind payments.")


@on_one_store
def test_a_wallet_whose_parts_cannot_be_is_found(market: Marketplace) -> None:
    completed(market)
    [wallet] = market.store.read(lambda records: records.find(Wallet))
    wrong = evolve(wallet, pending=usd("-1"), overdrawn=usd("2"))
    tables_of(market).entities[Wallet][wallet.id] = wrong

    found = market.verify().problems

    assert f"wallet {wallet.id} of ctr_42: pending is below zero, USD -1.00." in found
    assert f"wallet {wallet.id} of ctr_42: USD 2.00 overdrawn, of USD 0.00 owed." in found


@on_one_store
@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"refunded": usd("-1")}, "refunded is below zero, USD -1.00."),
        (
            {"lost": usd("1000.01")},
            "USD 1000.01 of it is refunded, disputed, lost or kept, and it was",
        ),
        ({"amount": usd("10000")}, "the parts of its split sum to USD 1000.00, and it is of USD 1"),
        ({"split": None}, "it is captured and has no split."),
        ({"clearing": usd("1")}, "USD 1.00 of it waits for no time."),
        ({"transferred": usd("700.01")}, "USD 700.01 transferred, of USD 700.00."),
    ],
)
def test_a_payment_that_cannot_be_is_found(market: Marketplace, changes: Any, said: str) -> None:
    payment = assigned(market).payment
    tables_of(market).entities[Payment][payment.id] = evolve(payment, **changes)

    [problem] = market.verify().problems
    assert problem.startswith(f"payment {payment.id}: {said}")


# --- the chain


def test_a_market_at_work_has_a_chain_that_grows(market: Marketplace) -> None:
    assert market.verify().head == ChainHead(0, GENESIS)
    completed(market)
    assert market.verify().head == ChainHead(0, GENESIS)
    market.work()
    head = market.verify().head
    assert head.position == len(journal(market)) > 5

    assigned(market)
    assert market.verify().head == head
    market.work()
    found = market.query(Verify(expect=head, since=head))
    assert found.ok
    assert found.head == market.verify().head
    assert found.head.position == len(journal(market)) > head.position


def worked(market: Marketplace) -> Tables:
    """A deal from beginning to end, chained."""
    completed(market)
    market.work()
    return tables_of(market)


def row_of(tables: Tables, command: str) -> int:
    """The number of its journal row."""
    [number] = [n for n, entry in tables.journal.items() if entry.record.command == command]
    return number


def place_of(tables: Tables, number: int) -> int:
    [position] = [position for position, one in tables.feed.items() if one.journal == number]
    return position


@on_one_store
@pytest.mark.parametrize("name", ["actor", "body", "events", "result", "command"])
def test_a_changed_journal_row_is_named(market: Marketplace, name: str) -> None:
    tables = worked(market)
    number = row_of(tables, "AcceptOffer")
    kept = tables.journal[number]
    changes: dict[str, Any] = {name: "other"}
    tables.journal[number] = evolve(kept, record=evolve(kept.record, **changes))

    [problem] = market.verify().problems
    command = "other" if name == "command" else "AcceptOffer"
    assert problem == (
        f"journal row {number} ({command}, position {place_of(tables, number)}): "
        "it or its ledger entries are not what was chained."
    )


@on_one_store
def test_what_is_personal_may_be_erased(market: Marketplace) -> None:
    tables = worked(market)
    for number, kept in tables.journal.items():
        tables.journal[number] = evolve(kept, record=evolve(kept.record, personal=None))

    assert market.verify().ok


@on_one_store
def test_a_changed_ledger_entry_is_named_by_its_journal_row(market: Marketplace) -> None:
    tables = worked(market)
    entry, posted = next(iter(tables.entries.items()))
    tables.entries[entry] = evolve(posted, entry=evolve(posted.entry, amount=usd("1")))

    number = tables.journal_of[entry]
    chained = [p for p in market.verify().problems if p.startswith(f"journal row {number} (")]
    assert len(chained) == 1


@on_one_store
def test_an_entry_added_to_a_row_that_is_chained_is_named(market: Marketplace) -> None:
    tables = worked(market)
    number = row_of(tables, "PostJob")
    one, other = Account(AccountKind.PROCESSOR, "USD"), Account(AccountKind.UPGRADE, "USD")
    entry = LedgerEntry(one, other, usd("5"))
    tables.post(PostedEntry(number=999, at=market.rules.now(), entry=entry), number)

    [problem] = market.verify().problems  # the books are in balance
    assert problem.startswith(f"journal row {number} (PostJob, ")


@on_one_store
def test_a_journal_row_that_was_taken_away_is_named_with_its_entries(market: Marketplace) -> None:
    tables = worked(market)
    number = row_of(tables, "CompleteJob")
    place = place_of(tables, number)
    del tables.journal[number]

    assert market.verify().problems == (
        f"journal row {number} (position {place}): the journal row is gone.",
        *(
            f"ledger entry {entry}: its journal row {number} is gone."
            for entry in tables.entries_in[number]
        ),
    )
    assert len(tables.entries_in[number]) == 2


@on_one_store
def test_a_row_taken_out_of_the_feed_is_said_of_the_feed_and_the_row(market: Marketplace) -> None:
    tables = worked(market)
    number = row_of(tables, "SendOffer")
    place = place_of(tables, number)
    del tables.feed[place]
    gap, stray = market.verify().problems

    assert gap.startswith(f"Position {place} is missing from the feed; ")
    assert stray == (
        f"journal row {number} (SendOffer): it is not in the feed and does not wait for a place "
        "in it."
    )


@on_one_store
def test_a_journal_row_that_was_slipped_in_is_named(market: Marketplace) -> None:
    tables = worked(market)
    tables.journal[999] = JournalEntry(number=999, record=tables.journal[1].record)

    [problem] = market.verify().problems
    assert problem.startswith("journal row 999 (PostJob): it is not in the feed ")


@on_one_store
def test_a_tail_that_was_cut_off_is_found_by_the_head_that_was_kept(market: Marketplace) -> None:
    tables = worked(market)
    head = market.verify().head
    last = tables.feed.pop(head.position)
    tables.to_sequence[last.journal] = None

    assert market.verify().ok  # as it was at an earlier time
    for question in (Verify(expect=head), Verify(since=head)):
        assert market.query(question).problems == (
            f"The chain has no position {head.position} any more.",
        )


def rechain(tables: Tables) -> None:
    """As somebody would who can do everything but change what is kept elsewhere."""
    numbers = [one.journal for one in tables.feed.values()]
    tables.feed.clear()
    tables.to_sequence.update(dict.fromkeys(numbers))
    MemoryWork(tables).sequence(len(numbers))


@on_one_store
def test_a_chain_made_anew_is_found_by_the_head_that_was_kept(market: Marketplace) -> None:
    tables = worked(market)
    head = market.verify().head
    kept = tables.journal[1]
    tables.journal[1] = evolve(kept, record=evolve(kept.record, actor="eve"))
    rechain(tables)
    completed(market)
    market.work()

    assert market.verify().ok
    [problem] = market.query(Verify(expect=head)).problems
    assert problem == f"The chain up to position {head.position} is another than it was."


@on_one_store
def test_a_chain_made_anew_is_the_same_if_nothing_was_changed(market: Marketplace) -> None:
    tables = worked(market)
    head = market.verify().head
    rechain(tables)

    assert market.query(Verify(expect=head)).ok
    assert market.query(Verify(expect=ChainHead(0, GENESIS))).ok
    assert not market.query(Verify(expect=ChainHead(0, "1" * 64))).ok


@on_one_store
def test_from_a_head_on_only_what_came_later_is_walked(market: Marketplace) -> None:
    tables = worked(market)
    head = market.verify().head
    completed(market)
    market.work()
    for number in (1, max(tables.journal)):
        kept = tables.journal[number]
        tables.journal[number] = evolve(kept, record=evolve(kept.record, actor="eve"))

    [problem] = market.query(Verify(since=head)).problems
    assert problem.startswith(f"journal row {max(tables.journal)} (")
    assert len(market.verify().problems) == 2


@on_one_store
def test_problems_are_counted_where_there_are_more_than_anybody_would_read(
    market: Marketplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = worked(market)
    monkeypatch.setattr(batches, "MOST", 2)
    for number, kept in tables.journal.items():
        tables.journal[number] = evolve(kept, record=evolve(kept.record, actor="eve"))
    first, second, more = market.verify().problems

    assert first.startswith("journal row ")
    assert second.startswith("journal row ")
    assert more == f"The chain: {len(tables.journal) - 2} more problems."


@on_one_store
def test_the_chain_is_read_in_batches(market: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    tables = worked(market)
    monkeypatch.setattr(batches, "BATCH", 1)
    one, last = 1, max(tables.journal)
    for number in (one, last):
        kept = tables.journal[number]
        tables.journal[number] = evolve(kept, record=evolve(kept.record, actor="eve"))

    assert len(market.verify().problems) == 2


@on_one_store
def test_a_row_that_cannot_be_read_is_a_problem_and_no_error(market: Marketplace) -> None:
    tables = worked(market)
    kept = tables.journal[1]
    naive = kept.record.at.replace(tzinfo=None)
    tables.journal[1] = evolve(kept, record=evolve(kept.record, at=naive))

    [problem] = market.verify().problems
    assert problem.startswith("The chain: not all of it can be read: ")


def test_a_head_is_written_as_text_and_read_again() -> None:
    head = ChainHead(12, "0123456789abcdef" * 4)

    assert str(head) == f"12:{head.link}"
    assert ChainHead.parse(str(head)) == head


@pytest.mark.parametrize(
    "text",
    ["", "12", "12:", ":", "-1:" + GENESIS, "1:" + "g" * 64, "1:" + GENESIS[:-1], "x:" + GENESIS,
     "9" * 19 + ":" + GENESIS, "9" * 5000 + ":" + GENESIS, "\u0663:" + GENESIS, "1:" + "A" * 64],
)  # fmt: skip
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        ChainHead.parse(text)


@pytest.mark.parametrize("parts", [("1", GENESIS), (True, GENESIS), (1, None), (1, 5)])
def test_a_head_of_other_types_is_refused(parts: Any) -> None:
    with pytest.raises(TypeError):
        ChainHead(*parts)
