"""A made-up file of deals, and the two who carry them out: marketpay and a careful hand."""

from itertools import cycle, islice
from random import Random
from typing import Final, Protocol

from attrs import frozen

from benchmarks.floor import Floor
from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    CompleteJob,
    Marketplace,
    Money,
    PaymentDeclined,
    PostJob,
    RejectOffer,
    SendOffer,
    StartJob,
    WithdrawOffer,
)
from marketpay.domain.ids import JobId, OfferId

GOOD, BAD = "pm_card_visa", "pm_card_chargeDeclined"
BATCH = 1000  # of each kind of work that is due
WORK_EVERY = 50  # deals


@frozen(kw_only=True)
class Deal:
    """A line of the file."""

    title: str
    customer: str
    contractor: str
    price: int  # minor units
    currency: str
    outcome: str


def deals(number: int) -> list[Deal]:
    """Always the same: 78 of 100 completed, 7 rejected, and 5 each of what else can happen."""
    random = Random(17)  # noqa: S311  # no secret
    shares = {"completed": 78, "rejected": 7, "withdrawn": 5, "declined": 5, "cancelled": 5}
    outcomes = [outcome for outcome, share in shares.items() for _ in range(share)]
    random.shuffle(outcomes)
    currencies = ["USD"] * 6 + ["EUR"] * 3 + ["TRY", "JPY", "KWD"]
    return [
        Deal(
            title=f"{random.choice(WHAT)} for {random.choice(WHOM)}, number {n}",
            customer=f"cust_{random.randrange(700)}",
            contractor=f"ctr_{random.randrange(500)}",
            price=random.randrange(2_000, 900_000),
            currency=random.choice(currencies),
            outcome=outcome,
        )
        for n, outcome in enumerate(islice(cycle(outcomes), number))
    ]


WHAT = ("A booking website", "Product photographs", "A logo", "A mobile app", "Translation")
WHOM = ("a small hotel", "our web shop", "a horse racing club", "the neighbourhood bakery")
DEALS: Final = deals(1000)
COMPLETED: Final = [deal for deal in DEALS if deal.outcome == "completed"]


class Dealer(Protocol):
    """Whoever carries out a deal."""

    def post_job(self, deal: Deal) -> str: ...
    def send_offer(self, deal: Deal, job: str) -> str | None: ...
    def accept(self, deal: Deal, offer: str | None) -> None: ...
    def start_work(self, deal: Deal, job: str) -> None: ...
    def complete(self, deal: Deal, job: str) -> None: ...
    def reject(self, deal: Deal, offer: str) -> None: ...
    def withdraw(self, deal: Deal, offer: str) -> None: ...
    def cancel(self, deal: Deal, job: str) -> None: ...
    def work(self) -> bool: ...


def run_deal(dealer: Dealer, deal: Deal) -> None:
    """From posting to its outcome."""
    job = dealer.post_job(deal)
    offer = dealer.send_offer(deal, job)
    if offer is None:
        return
    match deal.outcome:
        case "rejected":
            dealer.reject(deal, offer)
        case "withdrawn":
            dealer.withdraw(deal, offer)
        case "cancelled":
            dealer.accept(deal, offer)
            dealer.cancel(deal, job)
        case _:
            dealer.accept(deal, offer)
            dealer.start_work(deal, job)
            dealer.complete(deal, job)


def run_line(dealer: Dealer, number: int) -> None:
    """That line of the file; every so often a worker catches up."""
    run_deal(dealer, DEALS[number])
    if (number + 1) % WORK_EVERY == 0:
        catch_up(dealer)


def catch_up(dealer: Dealer) -> None:
    """Let everything that is due be done."""
    while dealer.work():
        pass


def _card(deal: Deal) -> str:
    return BAD if deal.outcome == "declined" else GOOD


@frozen
class Ours:
    """By marketpay's commands."""

    market: Marketplace

    def post_job(self, deal: Deal) -> str:
        by = Actor.customer(deal.customer)
        return self.market.execute(PostJob(by=by, title=deal.title, currency=deal.currency)).id

    def send_offer(self, deal: Deal, job: str) -> str | None:
        command = SendOffer(
            by=Actor.customer(deal.customer),
            job=JobId(job),
            contractor=deal.contractor,
            price=Money.from_minor(deal.price, deal.currency),
            payment_method=_card(deal),
        )
        try:
            return self.market.execute(command).offer.id
        except PaymentDeclined:
            return None

    def accept(self, deal: Deal, offer: str | None) -> None:
        by = Actor.contractor(deal.contractor)
        self.market.execute(AcceptOffer(by=by, offer=OfferId(str(offer))))

    def start_work(self, deal: Deal, job: str) -> None:
        self.market.execute(StartJob(by=Actor.contractor(deal.contractor), job=JobId(job)))

    def complete(self, deal: Deal, job: str) -> None:
        self.market.execute(CompleteJob(by=Actor.customer(deal.customer), job=JobId(job)))

    def reject(self, deal: Deal, offer: str) -> None:
        by = Actor.contractor(deal.contractor)
        self.market.execute(RejectOffer(by=by, offer=OfferId(offer)))

    def withdraw(self, deal: Deal, offer: str) -> None:
        by = Actor.customer(deal.customer)
        self.market.execute(WithdrawOffer(by=by, offer=OfferId(offer)))

    def cancel(self, deal: Deal, job: str) -> None:
        self.market.execute(CancelJob(by=Actor.customer(deal.customer), job=JobId(job)))

    def work(self) -> bool:
        return bool(self.market.work(BATCH))


@frozen
class Hand:
    """By the floor's functions."""

    floor: Floor

    def post_job(self, deal: Deal) -> str:
        return self.floor.post_job(deal.customer, deal.title, deal.currency)

    def send_offer(self, deal: Deal, job: str) -> str | None:
        what = (deal.contractor, deal.price, deal.currency, _card(deal))
        offer, is_held = self.floor.send_offer(deal.customer, job, *what)
        return offer if is_held else None

    def accept(self, deal: Deal, offer: str | None) -> None:
        self.floor.accept(deal.contractor, str(offer))

    def start_work(self, deal: Deal, job: str) -> None:
        self.floor.start_work(deal.contractor, job)

    def complete(self, deal: Deal, job: str) -> None:
        self.floor.complete(deal.customer, job)

    def reject(self, deal: Deal, offer: str) -> None:
        self.floor.reject(deal.contractor, offer)

    def withdraw(self, deal: Deal, offer: str) -> None:
        self.floor.withdraw(deal.customer, offer)

    def cancel(self, deal: Deal, job: str) -> None:
        self.floor.cancel(deal.customer, job)

    def work(self) -> bool:
        return self.floor.work(BATCH)
