"""The ledger against itself: every planted fault is found, and said."""

from typing import Any

from attrs import evolve

from marketpay import (
    Account,
    AccountKind,
    CancelJob,
    Change,
    Decision,
    LedgerEntry,
    Marketplace,
    Wallet,
)
from marketpay.domain import events as e
from marketpay.domain.entity import Entity
from marketpay.domain.ids import new_id
from marketpay.ports.gateway import RefundPayment
from marketpay.ports.journal import JournalRecord
from marketpay.queries import verification
from marketpay.testing import Outcome, SimulatedGateway
from tests.deals import (
    CUSTOMER,
    assigned,
    completed,
    in_progress,
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
    monkeypatch.setattr(verification, "BATCH", 2)
    payments = [assigned(market, price=usd("1")).payment for _ in range(5)]
    processor = Account(AccountKind.PROCESSOR, "USD")
    escrow = Account(AccountKind.ESCROW, "USD")
    for payment in (payments[0], payments[4]):
        plant(market, entries=(LedgerEntry(processor, escrow, usd("1"), payment=payment.id),))

    assert len(market.verify().problems) == 2
