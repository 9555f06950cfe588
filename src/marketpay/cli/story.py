"""One deal from posting to payout, told step by step.  It knows of no terminal."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any, Final

from attrs import define, field, frozen

from marketpay.cli.amounts import shown
from marketpay.cli.workshop import Workshop
from marketpay.commands.acceptance import AcceptOffer
from marketpay.commands.applications import ApplyToJob
from marketpay.commands.completion import CompleteJob
from marketpay.commands.jobs import PostJob, StartJob
from marketpay.commands.offers import SendOffer
from marketpay.commands.payout_accounts import OpenPayoutAccount
from marketpay.domain.actor import Actor
from marketpay.domain.ids import PaymentId
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry, effects
from marketpay.domain.money import Money
from marketpay.domain.payment import Payment
from marketpay.queries.base import Question
from marketpay.queries.entities import (
    GetApplication,
    GetJob,
    GetOffer,
    GetPayment,
    GetPayoutAccount,
)
from marketpay.queries.listings import FindPayoutAccount
from marketpay.queries.money import EntriesOf, Revenue, WalletBalance

CURRENCY: Final = "USD"
PRICE: Final = Money("1000", CURRENCY)
TITLE: Final = "Paint the fence"
CARD: Final = "pm_card_visa"
CUSTOMER, CONTRACTOR = Actor.customer("ana"), Actor.contractor("ben")
PROCESSOR: Final = "the processor"


@frozen(kw_only=True)
class Move:
    """An entity has a new status; `before` is None where it has just come to be."""

    entity: str
    before: str | None
    after: str


@frozen(kw_only=True)
class Step:
    """Who did what, and what came of it."""

    who: str
    role: str | None
    what: str
    moves: tuple[Move, ...]
    entries: tuple[LedgerEntry, ...]
    note: str | None


@frozen(kw_only=True)
class Sums:
    """What the ledger and the wallets say of this deal."""

    held: Money  # in escrow after the acceptance
    platform_fee: Money
    service_fee: Money
    contractor_available: Money
    platform_revenue: Money


@frozen(kw_only=True)
class Books:
    """A wallet and the platform's revenue, at one time."""

    wallet: WalletBalance
    revenue: Revenue


@define
class Story:
    """Runs the deal: take all of `steps`, then ask for the `sums`."""

    shop: Workshop
    _seen: dict[str, Question[Any]] = field(factory=dict)  # the entities of this deal
    _statuses: dict[str, str] = field(factory=dict)
    _payment: PaymentId | None = None
    _told: int = 0  # ledger entries
    _held: Money = Money.zero(CURRENCY)
    _before: Books | None = None

    def steps(self) -> Iterator[Step]:
        """Every step, as soon as it is done."""
        self._before = self.books()
        payment = yield from self._hiring()
        yield from self._working(payment)

    def _hiring(self) -> Generator[Step, None, Payment]:
        """From the posted job to the captured payment."""
        market = self.shop.market
        job = market.execute(PostJob(by=CUSTOMER, title=TITLE, currency=CURRENCY))
        self._seen["job"] = GetJob(job.id)
        yield self._step(CUSTOMER, f"posts the job {TITLE!r}")

        applied = market.execute(ApplyToJob(by=CONTRACTOR, job=job.id))
        self._seen["application"] = GetApplication(applied.id)
        yield self._step(CONTRACTOR, "applies for it")

        yield from self._onboarding()
        sent = market.execute(
            SendOffer(
                by=CUSTOMER,
                job=job.id,
                application=applied.id,
                price=PRICE,
                payment_method=CARD,
            )
        )
        self._seen |= {"offer": GetOffer(sent.offer.id), "payment": GetPayment(sent.payment.id)}
        self._payment = sent.payment.id
        note = f"{shown(sent.payment.amount)} is on hold on {CUSTOMER.id}'s card; nothing is taken."
        yield self._step(CUSTOMER, f"offers {CONTRACTOR.id} the job", note)

        market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
        self._held = self._balance(AccountKind.ESCROW)
        note = f"{shown(self._held)} is held for the contractor in escrow."
        yield self._step(CONTRACTOR, "accepts the offer, and the card is charged", note)
        return sent.payment

    def _working(self, payment: Payment) -> Iterator[Step]:
        """From the start of the work to the money on the contractor's account."""
        market = self.shop.market
        market.execute(StartJob(by=CONTRACTOR, job=payment.job))
        yield self._step(CONTRACTOR, "starts the work")

        market.execute(CompleteJob(by=CUSTOMER, job=payment.job))
        yield self._step(CUSTOMER, "completes the job, and escrow pays out")

        self.shop.work()
        moved = market.query(GetPayment(payment.id)).transferred
        note = f"{shown(moved)} lies on {CONTRACTOR.id}'s account at the processor."
        yield self._step(Actor.SYSTEM, "transfers what the contractor earned", note)

    def sums(self) -> Sums:
        """What came of it; of a database with earlier deals in it, only what this one added."""
        assert self._before is not None  # the steps were taken
        now = self.books()
        return Sums(
            held=self._held,
            platform_fee=self._balance(AccountKind.PLATFORM_FEE),
            service_fee=self._balance(AccountKind.SERVICE_FEE),
            contractor_available=now.wallet.available - self._before.wallet.available,
            platform_revenue=now.revenue.total - self._before.revenue.total,
        )

    def books(self) -> Books:
        """The contractor's wallet and the platform's revenue, with all that was there before."""
        market = self.shop.market
        return Books(
            wallet=market.wallet(CONTRACTOR.id, CURRENCY),
            revenue=market.revenue(CURRENCY),
        )

    def _onboarding(self) -> Iterator[Step]:
        """The contractor gets an account at the processor, unless an earlier demo opened it."""
        market = self.shop.market
        if market.query(FindPayoutAccount(contractor=CONTRACTOR.id)) is not None:
            return
        account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
        self._seen["payout account"] = GetPayoutAccount(account.id)
        yield self._step(CONTRACTOR, "opens a payout account at the processor")

        self.shop.activate(account)
        yield self._step(None, f"has checked {CONTRACTOR.id} and opens the account for payouts")

    def _step(self, actor: Actor | None, what: str, note: str | None = None) -> Step:
        entries = self._entries()
        new, self._told = entries[self._told :], len(entries)
        return Step(
            who=actor.id if actor else PROCESSOR,
            role=actor.role.value if actor and actor is not Actor.SYSTEM else None,
            what=what,
            moves=tuple(self._moves()),
            entries=new,
            note=note,
        )

    def _moves(self) -> Iterator[Move]:
        for name, question in self._seen.items():
            after = self.shop.market.query(question).status.value
            before = self._statuses.get(name)
            if before != after:
                self._statuses[name] = after
                yield Move(entity=name, before=before, after=after)

    def _entries(self) -> tuple[LedgerEntry, ...]:
        if self._payment is None:
            return ()
        posted = self.shop.market.query(EntriesOf(payment=self._payment))
        return tuple(one.entry for one in posted)

    def _balance(self, kind: AccountKind) -> Money:
        """What the deal's ledger entries have put into one of the platform's accounts."""
        minor = effects(self._entries()).get(Account(kind, CURRENCY), 0)
        return Money.from_minor(minor, CURRENCY)
