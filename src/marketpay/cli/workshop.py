"""A marketplace on a SQLite file with a processor beside it, to try things on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from marketpay.cli.checks import Checks, check
from marketpay.cli.sides import SimulatedSide, StripeSide, check_name
from marketpay.domain.errors import ConfigurationError
from marketpay.domain.payout_account import PayoutAccount
from marketpay.marketplace import Marketplace

BATCH = 1000  # of each kind of work that is due


@frozen(kw_only=True)
class Workshop:
    """The marketplace, the processor's side of it, and where it is kept."""

    market: Marketplace
    side: SimulatedSide | StripeSide
    database: Path
    is_kept: bool  # or is it gone afterwards?

    def work(self) -> None:
        """Let everything that is due be done."""
        work_off(self.market)

    def check(self) -> Checks:
        """Look at all the books and at all that the processor has."""
        return check(self.market, self.side)

    def activate(self, account: PayoutAccount) -> None:
        """The account's owner gives their details, and the processor is content with them."""
        self.side.activate(self.market, account)
        self.work()


def work_off(market: Marketplace) -> None:
    """Do what is due until nothing is left."""
    while market.work(BATCH):
        pass


@contextmanager
def workshop(path: Path | None, stripe_url: str | None = None) -> Iterator[Workshop]:
    """On the database at `path`, made or added to; on one that nobody keeps, without.

    The processor is simulated, or the Stripe-compatible server at `stripe_url`.
    """
    with ExitStack() as stack:
        place = path
        if place is None:
            folder = TemporaryDirectory(prefix="marketpay-", ignore_cleanup_errors=True)
            place = Path(stack.enter_context(folder), "market.db")
        check_name(place)
        try:
            side: SimulatedSide | StripeSide = (
                stack.enter_context(closing(SimulatedSide.beside(place)))
                if stripe_url is None
                else stack.enter_context(closing(StripeSide.at(stripe_url)))
            )
            market = Marketplace.connect(
                f"sqlite:///{place}", gateway=side.gateway, rules=side.rules
            )
            stack.enter_context(market)
        except sqlite3.Error as error:
            raise ConfigurationError(f"{place} cannot be opened: {error}.") from None
        yield Workshop(market=market, side=side, database=place, is_kept=path is not None)
