"""marketpay, through its public store: `python -m ... URL`."""

import sys

from benchmarks.peers.speaking import EARNED, FEE, speak
from marketpay.adapters.sql.store import SqlStore
from marketpay.domain.decision import Decision
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry
from marketpay.domain.money import Money
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Store, Work
from marketpay.testing.store_contract.samples import AT, a_job, a_record, a_wallet, an_offer, write

ESCROW = Account(AccountKind.ESCROW, "USD")
FEES = Account(AccountKind.PLATFORM_FEE, "USD")


class Marketpay:
    """A wallet, and a payment that everything is posted for.

    A posting changes the wallet under its version, is written to the journal and the outbox, and
    moves money from escrow to the platform and the contractor.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        job = a_job()
        offer, payment = an_offer(job)
        [*_, wallet] = write(store, job, offer, payment, a_wallet())
        self._wallet: Wallet = wallet
        self._owed = self._wallet.account(AccountKind.WALLET_AVAILABLE)
        self._entries = (
            LedgerEntry(ESCROW, FEES, Money.from_minor(FEE, "USD"), payment=payment.id),
            LedgerEntry(ESCROW, self._owed, Money.from_minor(EARNED, "USD"), payment=payment.id),
        )

    def post(self, number: int) -> int:
        change = self._wallet.post(self._entries, AT)
        decision = Decision(None, changes=[change], entries=self._entries)
        record = a_record()

        def use(work: Work) -> Wallet:
            kept = work.write(decision, record)[change.entity.id]
            assert isinstance(kept, Wallet)
            return kept

        self._wallet = self._store.run(use)
        return self._store.read(lambda records: records.balance(self._owed))

    def balances(self) -> tuple[int, int, int]:
        totals = {
            total.account: total.summed
            for total in self._store.read(lambda records: records.accounts())
            if total.summed == total.kept
        }
        return -totals[ESCROW], totals[FEES], totals[self._owed]


if __name__ == "__main__":
    speak(Marketpay(SqlStore.connect(sys.argv[1])))
