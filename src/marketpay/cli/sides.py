"""The processor's side of a demo: a simulated one, or a server that speaks Stripe's API."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self
from urllib.error import URLError
from urllib.request import Request, urlopen

from attrs import field, frozen

from marketpay.adapters.stripe import StripeGateway
from marketpay.domain.errors import ConfigurationError, GatewayError, GatewayUnavailable
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.lifecycles import PayoutAccountStatus
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.rules import Rules
from marketpay.marketplace import Marketplace
from marketpay.queries.entities import GetPayoutAccount
from marketpay.testing import SimulatedGateway
from marketpay.testing.processor_values import PLATFORM

AT_PROCESSOR: Final = (AccountKind.PROCESSOR, AccountKind.CONNECTED)
KEY: Final = "STRIPE_SECRET_KEY"  # the environment variable
TEST_KEY: Final = "sk_test_marketpay"
HERE: Final = "https://example.com/done"
PATIENCE: Final = 120.0  # seconds for somebody to give their details
SILENCE: Final = 3.0  # seconds before they are told where


def check_name(path: Path) -> None:
    """Raise `ConfigurationError` unless a database can be kept there."""
    if "?" in str(path) or str(path) == ":memory:":
        raise ConfigurationError(f"{path} is no name for a database's file.")
    if not path.parent.is_dir():
        raise ConfigurationError(f"There is no directory {path.parent}.")
    if path.is_dir():
        raise ConfigurationError(f"{path} is a directory.")


@frozen
class SimulatedSide:
    """A simulated processor, kept in a file beside the database."""

    gateway: SimulatedGateway
    rules: Rules = field(factory=Rules)
    name: str = "simulated payment processor"

    @classmethod
    def beside(cls, database: Path) -> Self:
        """In a file beside `database`.  Half of a pair is refused: it could not be known here
        what the other half has done.
        """
        processor = database.with_name(f"{database.name}.processor")
        is_there = database.exists() and database.stat().st_size > 0
        if is_there and not processor.exists():
            raise ConfigurationError(
                f"{database} was not made by a demo: there is no {processor.name} beside it. "
                "Name another file."
            )
        if processor.exists() and not is_there:
            raise ConfigurationError(
                f"{processor} belongs to a database that is gone; delete it, or name another file."
            )
        return cls(SimulatedGateway(processor))

    def activate(self, _market: Marketplace, account: PayoutAccount) -> None:
        """The owner has been checked."""
        self.gateway.activate(account)

    def differences(self, _market: Marketplace, balances: Mapping[Account, Money]) -> Iterator[str]:
        """Where the processor has one amount on an account, or on all connected ones, and the
        ledger another.
        """
        booked: Counter[tuple[AccountKind, str]] = Counter()
        for account, balance in balances.items():
            if account.kind in AT_PROCESSOR:
                booked[account.kind, account.currency] += balance.minor
        real = self._real()
        for kind, currency in sorted({*booked, *real}):
            ledger, processor = booked[kind, currency], real[kind, currency]
            if ledger != processor:
                here, there = unchecked(ledger, currency), unchecked(processor, currency)
                yield f"{kind}: {here} in the ledger, {there} at the processor."

    def close(self) -> None:
        """Close its file."""
        self.gateway.close()

    def _real(self) -> Counter[tuple[AccountKind, str]]:
        processor = self.gateway.processor
        accounts = {(moved.account, moved.currency) for moved in processor.transactions()}
        real: Counter[tuple[AccountKind, str]] = Counter()
        for account, currency in accounts:
            is_platform = account == PLATFORM
            kind = AccountKind.PROCESSOR if is_platform else AccountKind.CONNECTED
            real[kind, currency] += processor.balance(account, currency)
        return real


@frozen
class StripeSide:
    """A server that speaks Stripe's API."""

    gateway: StripeGateway
    url: str
    since: datetime  # in whole seconds, as Stripe tells time
    rules: Rules = field(factory=lambda: Rules(lookup_every=timedelta(seconds=1)))

    @classmethod
    def at(cls, url: str) -> Self:
        """At `url`, with the key that the environment has or, without one, a made-up one."""
        key = os.environ.get(KEY, TEST_KEY)
        since = datetime.now(UTC).replace(microsecond=0)
        return cls(StripeGateway(key, webhook_secrets=(), base_url=url), url, since)

    @property
    def name(self) -> str:
        """What it is, and where."""
        return f"Stripe's API at {self.url}"

    def activate(self, market: Marketplace, account: PayoutAccount) -> None:
        """Press the button on the onboarding page; where there is none, wait for its owner."""
        if market.query(GetPayoutAccount(account.id)).gateway_account is None:
            raise GatewayUnavailable(f"{self.url} does not answer")
        link = market.onboarding_link(account, return_url=HERE, refresh_url=HERE)
        with suppress(URLError, OSError):
            urlopen(Request(link.url, data=b"", method="POST"), timeout=10).close()  # noqa: S310  # the server's own page
        started, told = time.monotonic(), False
        while market.query(GetPayoutAccount(account.id)).status is not PayoutAccountStatus.ACTIVE:
            waited = time.monotonic() - started
            if waited > PATIENCE:
                raise GatewayError(f"the account {account.gateway_account} is not active yet")
            if waited > SILENCE and not told:
                print(f"Waiting for the onboarding of {link.url}", file=sys.stderr)
                told = True
            market.work()
            time.sleep(0.05)

    def differences(self, market: Marketplace, _balances: Mapping[Account, Money]) -> Iterator[str]:
        """What its balance transactions since the start say, and the ledger does not."""
        until = datetime.now(UTC) + timedelta(hours=1)
        for one in market.reconcile(self.since, until).breaks:
            what = one.subject or one.gateway_id
            yield f"{one.kind}: {what}: {one.here} in the ledger, {one.there} at the processor."

    def close(self) -> None:
        """Let go of connections."""
        self.gateway.close()
