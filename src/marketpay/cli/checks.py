"""The two checks: the books against themselves, and against the processor."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import frozen

from marketpay.cli.sides import SimulatedSide, StripeSide
from marketpay.domain.ledger import Account
from marketpay.domain.money import Money
from marketpay.marketplace import Marketplace
from marketpay.queries.money import TrialBalance


@frozen(kw_only=True)
class Checks:
    """What is wrong: nothing, if all is well."""

    balances: Mapping[Account, Money]  # of every account
    problems: tuple[str, ...]
    differences: tuple[str, ...]

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


def check(market: Marketplace, side: SimulatedSide | StripeSide) -> Checks:
    """Look at all the books and at what the processor has."""
    balances = market.query(TrialBalance())
    return Checks(
        balances=balances,
        problems=market.verify().problems,
        differences=tuple(side.differences(market, balances)),
    )
