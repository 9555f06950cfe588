"""A marketplace on a SQLite file with a simulated processor beside it, to try things on."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from attrs import frozen

from marketpay.cli.checks import Checks, check
from marketpay.domain.errors import ConfigurationError
from marketpay.marketplace import Marketplace
from marketpay.testing import SimulatedGateway

BATCH = 1000  # of each kind of work that is due


@frozen(kw_only=True)
class Workshop:
    """The marketplace, its processor, and where they are kept."""

    market: Marketplace
    gateway: SimulatedGateway
    database: Path
    is_kept: bool  # or is it gone afterwards?

    def work(self) -> None:
        """Let everything that is due be done."""
        work_off(self.market)

    def check(self) -> Checks:
        """Look at all the books and at all that the processor has."""
        return check(self.market, self.gateway)


def work_off(market: Marketplace) -> None:
    """Do what is due until nothing is left."""
    while market.work(BATCH):
        pass


@contextmanager
def workshop(path: Path | None) -> Iterator[Workshop]:
    """On the database at `path`, made or added to; on one that nobody keeps, without."""
    if path is not None:
        with _opened(path, is_kept=True) as opened:
            yield opened
        return
    with (
        TemporaryDirectory(prefix="marketpay-", ignore_cleanup_errors=True) as folder,
        _opened(Path(folder, "market.db"), is_kept=False) as opened,
    ):
        yield opened


@contextmanager
def _opened(path: Path, *, is_kept: bool) -> Iterator[Workshop]:
    processor = path.with_name(f"{path.name}.processor")
    _check_place(path, processor)
    with ExitStack() as stack:
        try:
            gateway = stack.enter_context(closing(SimulatedGateway(processor)))
            url = f"sqlite:///{path}"
            market = stack.enter_context(Marketplace.connect(url, gateway=gateway))
        except sqlite3.Error as error:
            raise ConfigurationError(f"{path} cannot be opened: {error}.") from None
        yield Workshop(market=market, gateway=gateway, database=path, is_kept=is_kept)


def _check_place(path: Path, processor: Path) -> None:
    """Refuse half of a pair: what one side has done, the other could not know."""
    if "?" in str(path) or str(path) == ":memory:":
        raise ConfigurationError(f"{path} is no name for a database's file.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"There is no directory {path.parent}.")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory.")
    is_there = path.exists() and path.stat().st_size > 0
    if is_there and not processor.exists():
        raise ConfigurationError(
            f"{path} was not made by a demo: there is no {processor.name} beside it. "
            "Name another file."
        )
    if processor.exists() and not is_there:
        raise ConfigurationError(
            f"{processor} belongs to a database that is gone; delete it, or name another file."
        )
