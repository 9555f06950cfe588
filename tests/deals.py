"""Deals as far as a test wants them, and looking at all that is stored."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from attrs import field, frozen

from marketpay import (
    Acceptance,
    AcceptOffer,
    Account,
    AccountKind,
    Actor,
    Adjustment,
    Application,
    ApplyToJob,
    Chargeback,
    CompleteJob,
    Completion,
    Credit,
    CreditGrant,
    Dispute,
    Evidence,
    GetBalance,
    GetOffer,
    GetPayment,
    Incident,
    Job,
    JournalOf,
    Marketplace,
    Milestone,
    Money,
    Offer,
    OfferFunding,
    OpenPayoutAccount,
    PayerAccount,
    Payment,
    PaymentDeclined,
    PaymentTransaction,
    PayoutAccount,
    PostJob,
    ProcessorFee,
    Refund,
    Sale,
    SendOffer,
    StartJob,
    TransactionKind,
    Upgrade,
    Wallet,
    Webhook,
    Withdrawal,
)
from marketpay.ports.gateway import LookUp
from marketpay.ports.journal import JournalRecord
from marketpay.testing import SimulatedGateway

CUSTOMER, OTHER_CUSTOMER = Actor.customer("cus_17"), Actor.customer("cus_18")
CONTRACTOR, RIVAL = Actor.contractor("ctr_42"), Actor.contractor("ctr_43")
ADMIN, SERVICE = Actor.admin("adm_1"), Actor.service("srv_1")
EVERYBODY = (CUSTOMER, OTHER_CUSTOMER, CONTRACTOR, RIVAL, ADMIN, SERVICE, Actor.SYSTEM)

PRICE = Money("1000", "USD")
GOOD, REFUSED, ASKING = "pm_card_visa", "pm_card_chargeDeclined", "pm_card_threeDSecure2Required"

KINDS: tuple[type[Any], ...] = (
    Job, Application, Offer, Payment, PaymentTransaction, Refund, PayoutAccount, Wallet,
    Withdrawal, Chargeback, PayerAccount, ProcessorFee, Upgrade, Incident, Webhook,
    Dispute, Evidence, Milestone, Credit, CreditGrant, Adjustment, Sale,
)  # fmt: skip
FOR_EVER = datetime(9000, 1, 1, tzinfo=UTC)
NONE_SUCH = "01kt000000e00000000000000z"


def usd(amount: str) -> Money:
    """So many dollars."""
    return Money(amount, "USD")


def post(market: Marketplace, by: Actor = CUSTOMER, currency: str = "USD") -> Job:
    """An open job."""
    return market.execute(PostJob(by=by, title="Paint the fence", currency=currency))


def applied(market: Marketplace, job: Job, by: Actor = CONTRACTOR) -> Application:
    """An application for it."""
    return market.execute(ApplyToJob(by=by, job=job.id, message="I have the brushes"))


def offering(job: Job, to: Actor = CONTRACTOR, **changes: Any) -> SendOffer:
    """The command that offers it, with a good card."""
    fields = {"contractor": to.id, "price": PRICE, "payment_method": GOOD, **changes}
    return SendOffer(by=Actor.customer(job.customer), job=job.id, **fields)


def send(
    market: Marketplace, job: Job | None = None, to: Actor = CONTRACTOR, **changes: Any
) -> OfferFunding:
    """An offer with its hold."""
    return market.execute(offering(job or post(market), to, **changes))


def assigned(market: Marketplace, to: Actor = CONTRACTOR, **changes: Any) -> Acceptance:
    """An accepted offer: its money captured, its job assigned."""
    sent = send(market, to=to, **changes)
    return market.execute(AcceptOffer(by=to, offer=sent.offer.id))


def in_progress(market: Marketplace, to: Actor = CONTRACTOR, **changes: Any) -> Acceptance:
    """The same, started."""
    accepted = assigned(market, to, **changes)
    market.execute(StartJob(by=to, job=accepted.job.id))
    return accepted


def completed(market: Marketplace, to: Actor = CONTRACTOR, **changes: Any) -> Completion:
    """The same, completed."""
    accepted = in_progress(market, to, **changes)
    return market.execute(CompleteJob(by=CUSTOMER, job=accepted.job.id))


def payee(market: Marketplace, gateway: SimulatedGateway, by: Actor = CONTRACTOR) -> PayoutAccount:
    """A contractor's payout account, active."""
    account = market.execute(OpenPayoutAccount(by=by))
    gateway.activate(account)
    market.work()
    return account


def declined(market: Marketplace, job: Job | None = None, to: Actor = CONTRACTOR) -> Offer:
    """An offer whose card was refused."""
    try:
        send(market, job, to, payment_method=REFUSED)
    except PaymentDeclined as error:
        return error.offer
    raise AssertionError("the card was not refused")


def now(market: Marketplace, thing: Any) -> Any:
    """An entity as it stands now."""
    return market.store.read(lambda records: records.get(type(thing), thing.id))


def payment_of(market: Marketplace, offer: Offer) -> Payment:
    """The payment behind an offer, as it stands now."""
    return market.query(GetPayment(market.query(GetOffer(offer.id)).payment))


def operations(
    market: Marketplace, payment: Payment, kind: TransactionKind
) -> list[PaymentTransaction]:
    """A payment's operations of one kind, the oldest first."""
    return market.store.read(
        lambda records: records.find(PaymentTransaction, payment=payment.id, kind=kind)
    )


def balance(
    market: Marketplace, kind: AccountKind, owner: str = "", currency: str = "USD"
) -> Money:
    """What is in an account."""
    return market.query(GetBalance(account=Account(kind, currency, owner)))


def entries(market: Marketplace, payment: Payment) -> list[tuple[str, str, str]]:
    """Debit, credit and amount of everything that was booked for a payment."""
    posted = market.store.read(lambda records: records.entries(payment.id))
    return [
        (str(one.entry.debit), str(one.entry.credit), str(one.entry.amount.amount))
        for one in posted
    ]


def journal(market: Marketplace) -> list[JournalRecord]:
    """Every record, in the order of the feed."""
    market.store.run(lambda work: work.sequence(10_000))
    items = market.store.read(lambda records: records.feed(0, limit=10_000))
    return [item.record for item in items]


def events_of(record: JournalRecord) -> list[str]:
    """The names of what happened."""
    return [event["name"] for event in json.loads(record.events)]


def happened_to(market: Marketplace, subject: str) -> list[str]:
    """The commands that changed something, the oldest first."""
    page = market.query(JournalOf(subject=subject, limit=500))
    return [entry.record.command for entry in reversed(page.items)]


@frozen
class Heard:
    """The names of the events that commands caused, and the records they are from."""

    records: list[JournalRecord] = field(factory=list)

    @property
    def names(self) -> list[str]:
        """All of them, in order."""
        return [name for record in self.records for name in events_of(record)]


@contextmanager
def heard(market: Marketplace) -> Iterator[Heard]:
    """What is put on record inside the block; there once the block is left."""
    told, before = Heard(), len(journal(market))
    yield told
    told.records.extend(journal(market)[before:])


def everything(market: Marketplace) -> dict[str, Any]:
    """All that is stored but the journal: to be compared with what is stored later."""

    def look(records: Any) -> dict[str, Any]:
        found: dict[str, Any] = {
            kind.__name__: records.page(kind, {}, after=None, limit=500) for kind in KINDS
        }
        found["accounts"] = records.accounts()
        found["timers"] = records.due(FOR_EVER, limit=500)
        found["entries"] = [records.entries(payment.id) for payment in found["Payment"]]
        return found

    return market.store.read(look)


@contextmanager
def nothing_changes(
    market: Marketplace, gateway: SimulatedGateway, *, denials: int = 0, may_look: bool = False
) -> Iterator[None]:
    """Inside the block nothing is stored but so many denials, and nothing is sent.

    A look at what became of something earlier is not sent, where it `may_look`.
    """
    before, written, calls = everything(market), journal(market), gateway.calls
    yield
    assert everything(market) == before
    called = gateway.calls[len(calls) :]
    assert all(may_look and request is LookUp for request, _ in called)
    added = journal(market)[len(written) :]
    assert [(record.error, record.key) for record in added] == [("forbidden", None)] * denials
    assert all(json.loads(record.events) == [] for record in added)


def books_are_right(market: Marketplace, gateway: SimulatedGateway, currency: str = "USD") -> None:
    """Every sum holds, and what the ledger says of the processor is what the processor says."""
    assert market.verify().problems == ()
    assert balance(market, AccountKind.PROCESSOR, currency=currency) == gateway.balance(currency)
