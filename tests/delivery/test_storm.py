"""A storm of webhooks: shuffled, doubled, from many threads, and nothing is lost or done twice."""

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import frozen

from marketpay import (
    AcceptOffer,
    Actor,
    CancelJob,
    Chargeback,
    CompleteJob,
    Incident,
    IssueRefund,
    Job,
    Marketplace,
    Money,
    Offer,
    OpenPayoutAccount,
    Payment,
    PaymentTransaction,
    PayoutAccount,
    PostJob,
    Refund,
    Rules,
    SendOffer,
    StartJob,
    TransactionKind,
    TrialBalance,
    Wallet,
    Webhook,
    WebhookStatus,
    WithdrawOffer,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.webhooks import Webhook as Told
from tests.deals import ADMIN, books_are_right

THREADS = 4
MOVED = TransactionKind.TRANSFER
CONTRACTORS = 10
ENTITIES: tuple[type[Any], ...] = (
    Job, Offer, Payment, PaymentTransaction, Refund, PayoutAccount, Wallet, Chargeback, Incident,
)  # fmt: skip
TOLD = (
    "kind", "status", "price", "amount", "refunded", "disputed", "lost", "withheld", "transferred",
    "transferring", "transfer_blocked", "available", "reserved", "receivable", "withdrawn", "fee",
    "covered", "owner", "contractor", "customer", "failure",
)  # fmt: skip


@frozen
class World:
    """A marketplace and a gateway of its own; both worlds number alike."""

    market: Marketplace
    gateway: SimulatedGateway
    clock: VirtualClock

    def rest(self) -> None:
        """Work until there is nothing more to do now."""
        while self.market.work(limit=1_000):
            pass


def numbered() -> Callable[[str], str]:
    numbers: Iterator[int] = count()
    return lambda prefix: f"{prefix}_{next(numbers):026d}"


def world(where: str) -> World:
    clock = VirtualClock()
    gateway = SimulatedGateway(now=clock)
    rules = Rules(now=clock, new_id=numbered())
    if where == "memory":
        return World(Marketplace(gateway=gateway, rules=rules), gateway, clock)
    return World(
        Marketplace.connect(f"sqlite:///{where}", gateway=gateway, rules=rules), gateway, clock
    )


def customer(number: int) -> Actor:
    return Actor.customer(f"cus_{number}")


def contractor(number: int) -> Actor:
    return Actor.contractor(f"ctr_{number % CONTRACTORS}")


def price(number: int) -> Money:
    """Different for each deal, and never round."""
    return Money.from_minor(100_003 + 7 * number, "USD")


def begun(one: World, deals: int) -> list[Any]:
    """So many offers with their holds; every fifth customer is asked to confirm."""
    for number in range(CONTRACTORS):
        one.gateway.activate(one.market.execute(OpenPayoutAccount(by=contractor(number))))
    one.rest()
    sent = []
    for number in range(deals):
        by = customer(number)
        job = one.market.execute(PostJob(by=by, title="Paint the fence", currency="USD"))
        method = "pm_card_threeDSecure2Required" if number % 5 == 0 else "pm_card_visa"
        offer = SendOffer(
            by=by,
            job=job.id,
            contractor=contractor(number).id,
            price=price(number),
            payment_method=method,
        )
        sent.append(one.market.execute(offer))
        if number % 5 == 0:
            one.gateway.confirm(sent[-1].payment)
    return sent


def go_on(one: World, sent: list[Any]) -> None:
    """Whatever deals come to, by their number."""
    market = one.market
    for number, funding in enumerate(sent):
        by, job = customer(number), funding.offer.job
        match number % 10:
            case 9:
                one.gateway.expire(funding.payment)
                continue
            case 8:
                market.execute(WithdrawOffer(by=by, offer=funding.offer.id))
                continue
        market.execute(AcceptOffer(by=contractor(number), offer=funding.offer.id))
        if number % 10 == 7:
            market.execute(CancelJob(by=by, job=job))
            continue
        market.execute(StartJob(by=contractor(number), job=job))
        market.execute(CompleteJob(by=by, job=job))
    one.rest()


def happen(one: World, sent: list[Any]) -> None:
    """What staff, banks and the dashboard do afterwards."""
    gateway, market = one.gateway, one.market
    for number, funding in enumerate(sent):
        payment = funding.payment
        match number % 10:
            case 0:
                disputed = gateway.dispute(payment)
                gateway.review(disputed.id)
                gateway.lose(disputed.id)
            case 1:
                gateway.win(gateway.dispute(payment, amount=part_of(payment)).id)
            case 2:
                gateway.escalate(gateway.dispute(payment, inquiry=True).id)
            case 3:
                gateway.refund_elsewhere(payment, part_of(payment))
            case 4:
                market.execute(IssueRefund(by=ADMIN, payment=payment.id, amount=part_of(payment)))
            case 5:
                gateway.warn(payment)
            case 6:
                gateway.close_inquiry(gateway.dispute(payment, inquiry=True).id)
                moves = all_of(market, PaymentTransaction, payment=payment.id, kind=MOVED)
                gateway.reverse_elsewhere(moves[0].id, Money.from_minor(123, "USD"))


def part_of(payment: Payment) -> Money:
    return Money.from_minor(payment.amount.minor // 3, "USD")


def all_of(market: Marketplace, what: type[Any], /, **equal: Any) -> list[Any]:
    return market.store.read(lambda records: records.find(what, **equal))


def whole_truth(one: World) -> dict[str, Any]:
    """How everything stands, without the ids that the order of news gives."""
    market = one.market
    found: dict[str, Any] = {}
    for kind in ENTITIES:
        rows = all_of(market, kind)
        found[kind.__name__] = Counter(_told(row) for row in rows)
    books = market.query(TrialBalance())
    found["books"] = {str(account): money for account, money in books.items() if money.minor}
    return found


def _told(entity: Any) -> tuple[str, ...]:
    return tuple(f"{name}: {getattr(entity, name)}" for name in TOLD if hasattr(entity, name))


def in_order(where: str, deals: int) -> World:
    """Everything is heard when it happens, once."""
    one = world(where)

    def hear() -> None:
        for webhook in one.gateway.webhooks():
            one.market.receive(webhook.payload, webhook.headers)
        one.rest()

    sent = begun(one, deals)
    hear()
    go_on(one, sent)
    hear()
    happen(one, sent)
    hear()
    hear()
    return one


def in_a_storm(where: str, deals: int, random: Random) -> tuple[World, int]:
    """The same happens; what is told comes at the end of each act, mixed, doubled, at once.

    Of what was told in an act some comes only after the next one.
    """
    one = world(where)
    late: list[Told] = []
    delivered = 0

    def storm(*, keep: bool) -> None:
        nonlocal late, delivered
        fresh = [*late, *one.gateway.webhooks()]
        late = [webhook for webhook in fresh if keep and random.random() < 0.2]
        mixed = [webhook for webhook in fresh for _ in range(random.randint(1, 3))]
        mixed += [webhook for webhook in late if random.random() < 0.5]
        random.shuffle(mixed)
        delivered += len(mixed)
        with ThreadPoolExecutor(THREADS) as pool:
            parts = [mixed[number::THREADS] for number in range(THREADS)]
            for done in [pool.submit(bring, one.market, part) for part in parts]:
                done.result()
        one.rest()

    sent = begun(one, deals)
    one.clock.advance(minutes=6)
    one.rest()
    storm(keep=True)
    go_on(one, sent)
    storm(keep=True)
    happen(one, sent)
    storm(keep=False)
    storm(keep=False)
    return one, delivered


def bring(market: Marketplace, webhooks: list[Told]) -> None:
    for number, webhook in enumerate(webhooks):
        market.receive(webhook.payload, webhook.headers, at_once=number % 4 > 0)


@pytest.mark.parametrize(
    ("where", "deals", "least"), [("memory", 500, 10_000), ("sqlite", 80, 1_600)]
)
def test_after_a_storm_everything_is_as_if_it_had_been_told_in_order_once(
    where: str, deals: int, least: int, tmp_path: Path
) -> None:
    path = where if where == "memory" else str(tmp_path / "market.db")
    calm = in_order("memory", deals)
    other, delivered = in_a_storm(path, deals, Random(17))

    assert delivered >= least
    told, heard = whole_truth(calm), whole_truth(other)
    for name in told:
        assert heard[name] == told[name], name
    for one in (calm, other):
        books_are_right(one.market, one.gateway)
    statuses = Counter(one.status for one in all_of(other.market, Webhook))
    assert set(statuses) <= {WebhookStatus.APPLIED, WebhookStatus.IGNORED}
    assert sum(statuses.values()) * 3 >= delivered
    other.market.close()
