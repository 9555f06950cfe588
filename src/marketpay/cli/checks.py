"""The two checks: the books against themselves, and against the processor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from attrs import frozen

from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.money import Money, unchecked
from marketpay.marketplace import Marketplace
from marketpay.queries.money import TrialBalance
from marketpay.testing import SimulatedGateway
from marketpay.testing.processor_values import PLATFORM

AT_PROCESSOR: Final = (AccountKind.PROCESSOR, AccountKind.CONNECTED)


@frozen(kw_only=True)
class Difference:
    """The processor has one amount on an account, or on all connected ones, the ledger another."""

    account: AccountKind
    ledger: Money
    processor: Money

    def __str__(self) -> str:
        return f"{self.account}: {self.ledger} in the ledger, {self.processor} at the processor."


@frozen(kw_only=True)
class Checks:
    """What is wrong: nothing, if all is well."""

    balances: Mapping[Account, Money]  # of every account
    problems: tuple[str, ...]
    differences: tuple[Difference, ...]

    @property
    def trial_balance_ok(self) -> bool:
        """Whether debits equal credits and every account is what its entries say."""
        return not self.problems

    @property
    def processor_matches_ledger(self) -> bool:
        """Whether the money is where the ledger says."""
        return not self.differences

    @property
    def ok(self) -> bool:
        """Whether all is well."""
        return self.trial_balance_ok and self.processor_matches_ledger


def check(market: Marketplace, gateway: SimulatedGateway) -> Checks:
    """Look at all the books and at all that the processor has."""
    balances = market.query(TrialBalance())
    return Checks(
        balances=balances,
        problems=market.verify().problems,
        differences=tuple(_differences(balances, gateway)),
    )


def _differences(
    balances: Mapping[Account, Money], gateway: SimulatedGateway
) -> Iterator[Difference]:
    """For each currency that either side knows: the platform's balance, and all connected ones."""
    booked: Counter[tuple[AccountKind, str]] = Counter()
    for account, balance in balances.items():
        if account.kind in AT_PROCESSOR:
            booked[account.kind, account.currency] += balance.minor
    real = _at_processor(gateway)
    for kind, currency in sorted({*booked, *real}):
        ledger, processor = booked[kind, currency], real[kind, currency]
        if ledger != processor:
            yield Difference(
                account=kind,
                ledger=unchecked(ledger, currency),
                processor=unchecked(processor, currency),
            )


def _at_processor(gateway: SimulatedGateway) -> Counter[tuple[AccountKind, str]]:
    processor = gateway.processor
    accounts = {(moved.account, moved.currency) for moved in processor.transactions()}
    real: Counter[tuple[AccountKind, str]] = Counter()
    for account, currency in accounts:
        is_platform = account == PLATFORM
        kind = AccountKind.PROCESSOR if is_platform else AccountKind.CONNECTED
        real[kind, currency] += processor.balance(account, currency)
    return real
