"""The ledger: balances, statements, and what each payment left in escrow."""

from __future__ import annotations

from attrs import evolve

from marketpay.domain.ids import PaymentId
from marketpay.domain.ledger import WALLET, Account, AccountKind, LedgerEntry
from marketpay.domain.money import LIMIT, Money
from marketpay.domain.payment import Payment
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import PostedEntry, Store, Work
from marketpay.testing.store_contract.samples import (
    AT,
    LATER,
    a_job,
    a_record,
    a_wallet,
    an_offer,
    deciding,
    ids,
    kept,
    write,
)

K = AccountKind
PROCESSOR, ESCROW, PLATFORM_FEE = (
    Account(kind, "USD") for kind in (K.PROCESSOR, K.ESCROW, K.PLATFORM_FEE)
)


def usd(minor: int) -> Money:
    """So many cents."""
    return Money.from_minor(minor, "USD")


def _payment(store: Store, contractor: str = "ctr_42") -> Payment:
    [job] = write(store, a_job())
    [_, payment] = write(store, *an_offer(job, contractor))
    assert isinstance(payment, Payment)
    return payment


def _captured(payment: PaymentId, minor: int = 1000) -> tuple[LedgerEntry, ...]:
    return (
        LedgerEntry(PROCESSOR, ESCROW, usd(minor), payment=payment),
        LedgerEntry(ESCROW, PLATFORM_FEE, usd(minor // 10), payment=payment),
    )


def _paid_out(store: Store, wallet: Wallet, payment: PaymentId, minor: int) -> Wallet:
    """The wallet after `minor` cents went from escrow to it."""
    owed = Account(K.WALLET_AVAILABLE, wallet.currency, wallet.owner)
    escrow = Account(K.ESCROW, wallet.currency)
    amount = Money.from_minor(minor, wallet.currency)
    entries = (LedgerEntry(escrow, owed, amount, payment=payment),)
    change = wallet.post(entries, AT)
    [saved] = write(store, change.entity, entries=entries)
    assert isinstance(saved, Wallet)
    return saved


class BooksContract:
    """Append-only, and always in balance."""

    def test_an_account_that_was_never_used_has_nothing(self, store: Store) -> None:
        """And is not listed."""
        assert store.read(lambda records: records.balance(ESCROW)) == 0
        assert store.read(lambda records: records.accounts()) == []

    def test_each_entry_moves_two_balances_on_their_own_side_of_the_book(
        self, store: Store
    ) -> None:
        """What the platform has grows by debits, what it owes and earned by credits."""
        payment = _payment(store)
        write(store, entries=_captured(payment.id))
        write(store, entries=_captured(payment.id, 50))

        assert store.read(lambda records: records.balance(PROCESSOR)) == 1050
        assert store.read(lambda records: records.balance(ESCROW)) == 945
        assert store.read(lambda records: records.balance(PLATFORM_FEE)) == 105

    def test_a_balance_may_go_below_zero_and_past_any_single_amount(self, store: Store) -> None:
        """A platform account is no wallet."""
        payment = _payment(store)
        huge = usd(LIMIT)
        entries = [LedgerEntry(PROCESSOR, ESCROW, huge, payment=payment.id) for _ in range(5)]
        write(store, entries=tuple(entries))
        back = LedgerEntry(
            PLATFORM_FEE, Account(K.REFUNDS_IN_TRANSIT, "USD"), usd(7), payment=payment.id
        )
        write(store, entries=(back,))

        assert store.read(lambda records: records.balance(ESCROW)) == 5 * LIMIT
        assert store.read(lambda records: records.balance(PLATFORM_FEE)) == -7

    def test_every_account_that_was_used_is_listed_with_the_sum_of_its_entries(
        self, store: Store
    ) -> None:
        """Wallets too, and they are what their rows say."""
        payment = _payment(store)
        write(store, entries=_captured(payment.id))
        _paid_out(store, a_wallet(), payment.id, 700)
        connected = Account(K.CONNECTED, "USD", "ctr_42")
        write(store, entries=(LedgerEntry(connected, PROCESSOR, usd(700), payment=payment.id),))

        totals = store.read(lambda records: records.accounts())

        assert all(total.kept == total.summed for total in totals)
        assert {str(total.account): total.kept for total in totals} == {
            "processor": 300,
            "escrow": 200,
            "platform_fee": 100,
            "wallet.available(ctr_42)": 700,
            "connected(ctr_42)": 700,
        }

    def test_the_balance_of_a_wallets_part_is_what_the_wallet_keeps(self, store: Store) -> None:
        """What its owner owes too; nothing for who has no wallet in that currency."""
        wallet, transit = a_wallet(), Account(K.REFUNDS_IN_TRANSIT, "USD")
        available, reserved, receivable = (
            wallet.account(kind) for kind in (K.WALLET_AVAILABLE, K.WALLET_RESERVED, K.RECEIVABLE)
        )
        entries = (
            LedgerEntry(ESCROW, available, usd(5)),
            LedgerEntry(available, reserved, usd(3)),
            LedgerEntry(receivable, transit, usd(4)),
        )
        write(store, wallet.post(entries, AT).entity, a_wallet("ctr_43"), entries=entries)

        def balances(owner: str, currency: str) -> list[int]:
            accounts = [Account(kind, currency, owner) for kind in WALLET]
            return store.read(lambda records: [records.balance(one) for one in accounts])

        assert balances("ctr_42", "USD") == [0, 2, 3, 4]
        assert balances("ctr_43", "USD") == [0, 0, 0, 0]
        assert balances("ctr_42", "EUR") == [0, 0, 0, 0]
        assert balances("nobody", "USD") == [0, 0, 0, 0]

    def test_the_balance_of_what_lies_elsewhere_is_one_owners(self, store: Store) -> None:
        """In one currency, before it is folded and after."""
        payment = _payment(store)
        mine = Account(K.CONNECTED, "USD", "ctr_42")
        for minor in (700, 30):
            entry = LedgerEntry(mine, PROCESSOR, usd(minor), payment=payment.id)
            write(store, entries=(entry,))

        for _ in range(2):
            assert store.read(lambda records: records.balance(mine)) == 730
            for other in (evolve(mine, owner="ctr_43"), evolve(mine, currency="EUR")):
                assert store.read(lambda r: r.balance(other)) == 0  # noqa: B023
            store.run(lambda work: work.fold(99))

    def test_a_transaction_sees_the_balance_that_it_wrote(self, store: Store) -> None:
        """Before it commits."""
        payment = _payment(store)

        def use(work: Work) -> int:
            work.write(deciding(entries=_captured(payment.id)), a_record())
            return work.balance(ESCROW)

        assert store.run(use) == 900

    def test_a_wallet_that_differs_from_its_entries_shows(self, store: Store) -> None:
        """What is kept comes from the wallet, what is summed from the entries."""
        [wallet] = write(store, a_wallet())
        write(store, evolve(wallet, available=usd(5)))

        [total] = [t for t in store.read(lambda r: r.accounts()) if t.kept != t.summed]

        assert (str(total.account), total.kept, total.summed) == ("wallet.available(ctr_42)", 5, 0)

    def test_folding_changes_no_balance(self, store: Store) -> None:
        """However much is folded at a time, and whatever is written in between."""
        payment = _payment(store)
        for _ in range(5):
            write(store, entries=_captured(payment.id))
            store.run(lambda work: work.fold(3))

        for _ in range(9):
            store.run(lambda work: work.fold(2))
            assert store.read(lambda records: records.balance(ESCROW)) == 4500
        write(store, entries=_captured(payment.id))
        totals = store.read(lambda records: records.accounts())

        assert {str(t.account): (t.kept, t.summed) for t in totals} == {
            "processor": (6000, 6000),
            "escrow": (5400, 5400),
            "platform_fee": (600, 600),
        }

    def test_folding_comes_to_an_end(self, store: Store) -> None:
        """Nothing is folded twice."""
        payment = _payment(store)
        write(store, entries=_captured(payment.id))
        for _ in range(9):
            store.run(lambda work: work.fold(1))

        assert store.run(lambda work: work.fold(100)) == 0

    def test_the_entries_of_a_payment_come_in_their_order(self, store: Store) -> None:
        """As they were written, numbered, at the time of their record."""
        payment, other = _payment(store), _payment(store)
        first, second = _captured(payment.id), _captured(payment.id, 30)
        write(store, entries=first)
        write(store, entries=_captured(other.id))
        write(store, entries=second, record=a_record(at=LATER))

        found = store.read(lambda records: records.entries(payment.id))

        assert [posted.entry for posted in found] == [*first, *second]
        assert [posted.at for posted in found] == [AT, AT, LATER, LATER]
        assert len({posted.number for posted in found}) == 4
        assert found == sorted(found, key=lambda posted: posted.number)

    def test_a_statement_has_the_entries_of_one_wallet_the_newest_first(self, store: Store) -> None:
        """Of that owner, byte by byte, in that currency, in pages."""
        payment = _payment(store)
        mine, other, euros = a_wallet("Bob"), a_wallet("bob"), a_wallet("Bob", "EUR")
        for minor in (1, 2, 3, 4, 5):
            mine = _paid_out(store, mine, payment.id, minor)
        _paid_out(store, other, payment.id, 99)
        _paid_out(store, euros, payment.id, 98)

        def page(before: int | None, limit: int = 2) -> list[PostedEntry]:
            return store.read(
                lambda records: records.statement("Bob", "USD", before=before, limit=limit)
            )

        first = page(None)
        second = page(first[-1].number)
        rest = page(second[-1].number, 9)

        amounts = [posted.entry.amount.minor for posted in (*first, *second, *rest)]
        assert amounts == [5, 4, 3, 2, 1]
        assert page(rest[-1].number) == []

    def test_where_the_money_lies_is_no_movement_of_a_wallet(self, store: Store) -> None:
        """A transfer leaves what the contractor is owed as it is."""
        payment = _payment(store)
        _paid_out(store, a_wallet(), payment.id, 700)
        connected = Account(K.CONNECTED, "USD", "ctr_42")
        write(store, entries=(LedgerEntry(connected, PROCESSOR, usd(700), payment=payment.id),))

        found = store.read(lambda r: r.statement("ctr_42", "USD", before=None, limit=9))

        assert [posted.entry.credit.kind for posted in found] == [K.WALLET_AVAILABLE]

    def test_escrow_says_what_is_left_of_each_payment(self, store: Store) -> None:
        """Of all of them, by id, in pages."""
        payments = sorted((_payment(store) for _ in range(3)), key=lambda payment: payment.id)
        write(store, entries=_captured(payments[0].id))
        write(store, entries=_captured(payments[2].id, 20))

        first = store.read(lambda records: records.escrow(after=None, limit=2))
        rest = store.read(lambda records: records.escrow(after=first[-1][0], limit=2))

        assert [*first, *rest] == list(zip(ids(payments), (900, 0, 18), strict=True))
        assert store.read(lambda records: records.escrow(after=rest[-1][0], limit=2)) == []

    def test_a_wallet_and_its_entries_are_one_save(self, store: Store) -> None:
        """Both are there."""
        payment = _payment(store)
        wallet = _paid_out(store, a_wallet(), payment.id, 700)

        assert kept(store, wallet).available == usd(700)
        owed = Account(K.WALLET_AVAILABLE, "USD", "ctr_42")
        assert store.read(lambda records: records.balance(owed)) == 700
