"""Running deals by the file, and adding up what came of them.  It knows of no terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Final

from attrs import Factory, define, frozen

from marketpay.cli.deal_file import BadLine, DealLine, Outcome
from marketpay.cli.workshop import work_off
from marketpay.commands.acceptance import AcceptOffer
from marketpay.commands.cancellation import CancelJob
from marketpay.commands.completion import CompleteJob
from marketpay.commands.jobs import PostJob, StartJob
from marketpay.commands.offers import OfferFunding, RejectOffer, SendOffer, WithdrawOffer
from marketpay.commands.payout_accounts import OpenPayoutAccount
from marketpay.domain.actor import Actor
from marketpay.domain.errors import MarketpayError, PaymentDeclined
from marketpay.domain.ids import PaymentId
from marketpay.domain.ledger import INCOME, WALLET, LedgerEntry, effects
from marketpay.domain.money import Money, unchecked
from marketpay.marketplace import Marketplace
from marketpay.queries.listings import FindPayoutAccount
from marketpay.queries.money import EntriesOf
from marketpay.testing import SimulatedGateway

GOOD_CARD: Final = "pm_card_visa"
BAD_CARD: Final = "pm_card_chargeDeclined"
WORK_EVERY: Final = 50  # deals


@define
class CurrencyTotal:
    """What came of the deals in one currency."""

    currency: str
    deals: int = 0
    _volume: int = 0
    _revenue: int = 0
    _paid: int = 0

    @property
    def volume(self) -> Money:
        """The prices of all its deals, whatever came of them."""
        return unchecked(self._volume, self.currency)

    @property
    def revenue(self) -> Money:
        """What the platform earned, refunds taken off."""
        return unchecked(self._revenue, self.currency)

    @property
    def paid(self) -> Money:
        """What went into the contractors' wallets."""
        return unchecked(self._paid, self.currency)

    def add(self, price: Money, entries: Iterable[LedgerEntry]) -> None:
        """Count a deal, with what the ledger says of its payment."""
        self.deals += 1
        self._volume += price.minor
        for account, minor in effects(tuple(entries)).items():
            if account.kind in INCOME:
                self._revenue += minor
            elif account.kind in WALLET:
                self._paid += minor


@define
class Totals:
    """What came of the lines of a file."""

    by_currency: dict[str, CurrencyTotal] = Factory(dict)
    by_outcome: Counter[Outcome] = Factory(Counter)
    bad_lines: list[BadLine] = Factory(list)

    @property
    def deals(self) -> int:
        """How many were run."""
        return self.by_outcome.total()

    def add(self, deal: DealLine, entries: Iterable[LedgerEntry]) -> None:
        """Count a deal that was run."""
        currency = deal.amount.currency
        total = self.by_currency.setdefault(currency, CurrencyTotal(currency))
        total.add(deal.amount, entries)
        self.by_outcome[deal.outcome] += 1


@frozen
class DealRun:
    """Runs deals one after the other: `take` each line, then `finish`."""

    market: Marketplace
    gateway: SimulatedGateway
    totals: Totals = Factory(Totals)

    def take(self, line: DealLine | BadLine) -> None:
        """Run a deal from posting to its outcome; what is wrong with it goes on the list."""
        if isinstance(line, DealLine):
            try:
                self.totals.add(line, self._ledger_of(self._run(line)))
            except MarketpayError as error:
                line = BadLine(line=line.line, reason=str(error))
            else:
                if self.totals.deals % WORK_EVERY == 0:
                    work_off(self.market)
        if isinstance(line, BadLine):
            self.totals.bad_lines.append(line)

    def finish(self) -> Totals:
        """Let what is still under way come to its end: holds let go, transfers."""
        work_off(self.market)
        return self.totals

    def _ledger_of(self, payment: PaymentId | None) -> Iterable[LedgerEntry]:
        if payment is None:
            return ()
        return (posted.entry for posted in self.market.query(EntriesOf(payment=payment)))

    def _run(self, deal: DealLine) -> PaymentId | None:
        """The payment of a deal whose money was captured."""
        try:
            sent = self._send_offer(deal)
        except PaymentDeclined:
            if deal.outcome is Outcome.DECLINED:
                return None
            raise
        execute, offer = self.market.execute, sent.offer.id
        match deal.outcome:
            case Outcome.REJECTED:
                execute(RejectOffer(by=_contractor(deal), offer=offer))
            case Outcome.WITHDRAWN:
                execute(WithdrawOffer(by=_customer(deal), offer=offer))
            case _:
                return self._accept(deal, sent)
        return None

    def _send_offer(self, deal: DealLine) -> OfferFunding:
        customer, currency = _customer(deal), deal.amount.currency
        job = self.market.execute(PostJob(by=customer, title=deal.title, currency=currency))
        card = BAD_CARD if deal.outcome is Outcome.DECLINED else GOOD_CARD
        return self.market.execute(
            SendOffer(
                by=customer,
                job=job.id,
                contractor=deal.contractor,
                price=deal.amount,
                payment_method=card,
            )
        )

    def _accept(self, deal: DealLine, sent: OfferFunding) -> PaymentId:
        execute, job = self.market.execute, sent.offer.job
        execute(AcceptOffer(by=_contractor(deal), offer=sent.offer.id))
        if deal.outcome is Outcome.CANCELLED:
            execute(CancelJob(by=_customer(deal), job=job))
            return sent.payment.id
        execute(StartJob(by=_contractor(deal), job=job))
        self._open_payout_account(deal.contractor)
        execute(CompleteJob(by=_customer(deal), job=job))
        return sent.payment.id

    def _open_payout_account(self, contractor: str) -> None:
        if self.market.query(FindPayoutAccount(contractor=contractor)) is None:
            by = Actor.contractor(contractor)
            self.gateway.activate(self.market.execute(OpenPayoutAccount(by=by)))


def _customer(deal: DealLine) -> Actor:
    return Actor.customer(deal.customer)


def _contractor(deal: DealLine) -> Actor:
    return Actor.contractor(deal.contractor)
