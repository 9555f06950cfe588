"""Whatever is refunded of purchases, here and there, in whatever order: it is paid back once."""

from contextlib import suppress
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay import (
    AccountKind,
    GatewayError,
    Marketplace,
    MemoryStore,
    Money,
    PaymentTransaction,
    RefundUpgrade,
    Rules,
    Sale,
    TransactionKind,
    Upgrade,
    UpgradeStatus,
)
from marketpay.domain.ledger import effects
from marketpay.domain.sale_dispute import Taken
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.commands.test_upgrades import bought
from tests.deals import ADMIN, CUSTOMER, balance
from tests.money import hear, settle

K = AccountKind
PRICE = 24_900
OUTCOMES = (Outcome.OK, Outcome.DECLINE, Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER)

which = st.integers(0, 1)
percent = st.integers(1, 100)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("here"), which, percent, st.sampled_from(OUTCOMES)),
        st.tuples(st.just("there"), which, percent, st.booleans()),
        st.tuples(st.just("back"), st.integers(0, 9)),
        st.tuples(st.just("days"), st.integers(1, 20)),
        st.tuples(st.just("rest")),
    ),
    max_size=12,
)


class Shop:
    """Two purchases of one upgrade, and what became of them."""

    def __init__(self) -> None:
        self.clock = VirtualClock()
        self.gateway = SimulatedGateway(now=self.clock)
        rules = Rules(now=self.clock)
        self.market = Marketplace(store=MemoryStore(), gateway=self.gateway, rules=rules)
        for _ in range(2):
            bought(self.market, self.gateway)

    @property
    def sales(self) -> list[Sale]:
        found = self.market.store.read(lambda read: read.find(Sale))
        return sorted(found, key=lambda sale: sale.charge)

    def here(self, one: int, percent: int, outcome: Outcome) -> None:
        """Staff ask for a part of what is left."""
        sale = self.sales[one]
        minor = sale.refundable.minor * percent // 100
        if not minor:
            return
        self.gateway.script(RefundPayment, outcome)
        part = Money.from_minor(minor, "TRY")
        self.market.execute(RefundUpgrade(by=ADMIN, purchase=sale.charge, amount=part))

    def there(self, one: int, percent: int, is_heard: bool) -> None:
        """Somebody refunds at the dashboard, as far as the gateway lets them."""
        sale = self.sales[one]
        part = Money.from_minor(max(PRICE * percent // 100, 1), "TRY")
        try:
            self.gateway.refund_elsewhere(sale.gateway_payment, part)
        except GatewayError:  # there is not that much left of the charge
            return
        if is_heard:
            hear(self.market, self.gateway)

    def back(self, one: int) -> None:
        """A bank sends one of the refunds back."""
        refunds = TransactionKind.REFUND
        found = self.market.store.read(lambda read: read.find(PaymentTransaction, kind=refunds))
        there = sorted(one.gateway_id for one in found if one.gateway_id is not None)
        if there:
            with suppress(GatewayError):  # it did already
                self.gateway.fail_refund(there[one % len(there)])

    def days(self, number: int) -> None:
        """So many days pass, in which nothing is forgotten for long."""
        self.rest()
        self.clock.advance(days=number)
        self.market.work()

    def rest(self) -> None:
        """All is heard and done."""
        for _ in range(3):
            self.clock.advance(hours=1)
            settle(self.market, self.gateway)

    def minor(self, kind: AccountKind, owner: str = "") -> int:
        """What is in an account."""
        return balance(self.market, kind, owner, "TRY").minor


@given(steps)
@settings(max_examples=200)
def test_a_customer_gets_back_what_was_refunded_and_no_more(steps: list[tuple[Any, ...]]) -> None:
    shop = Shop()
    for name, *args in steps:
        getattr(shop, name)(*args)
        assert shop.market.verify().problems == ()
    shop.rest()

    cash = 2 * PRICE - shop.gateway.balance("TRY").minor
    refunded = sum(sale.refunded.minor for sale in shop.sales)
    assert shop.minor(K.CREDIT_AVAILABLE, CUSTOMER.id) + cash == refunded
    assert shop.minor(K.BAD_DEBT) == shop.minor(K.REFUNDS_IN_TRANSIT) == 0
    assert shop.minor(K.UPGRADE) == 2 * PRICE - refunded
    assert shop.market.verify().problems == ()


@given(steps)
@settings(max_examples=200)
def test_periods_follow_one_another_to_the_end(steps: list[tuple[Any, ...]]) -> None:
    shop = Shop()
    for name, *args in steps:
        getattr(shop, name)(*args)
    [upgrade] = shop.market.store.read(lambda read: read.find(Upgrade))
    first, second = shop.sales
    assert upgrade.created_at == first.starts_at <= first.ends_at == second.starts_at
    if upgrade.status is UpgradeStatus.ACTIVE:
        assert second.ends_at == upgrade.expires_at


def taken(id: str, amount: str, fee: str = "15") -> Taken:
    return Taken(dispute=id, withdrawn=Money(amount, "TRY"), fee=Money(fee, "TRY"))


def test_what_each_dispute_comes_to_is_known_once() -> None:
    [sale, _], at = Shop().sales, VirtualClock()()
    some, rest = Money("49", "TRY"), Money("200", "TRY")
    for id, amount in (("dp_1", some), ("dp_2", rest)):
        told = taken(id, str(amount.amount))
        change = sale.dispute(amount, told, at)
        assert change is not None
        sale = change.entity
        assert sale.dispute(amount, told, at) is None
        assert sale.taken_for(id) == told
    assert (sale.disputes, sale.refundable) == (("dp_1", "dp_2"), sale.amount)

    told = taken("dp_2", "200")
    lost = sale.lose(rest, told, at)
    assert lost is not None
    sale = lost.entity
    assert sale.lose(rest, told, at) is None
    assert (sale.disputes, sale.refundable, sale.is_contested) == (("dp_1",), some, True)

    for id, amount in (("dp_1", some), ("dp_2", rest)):  # the latter after all
        told = taken(id, "0")
        won = sale.win(amount, told, at)
        assert won is not None
        sale = won.entity
        assert sale.win(amount, told, at) is None
    assert (sale.disputes, sale.refundable, sale.is_contested) == ((), sale.amount, False)


def test_what_is_older_than_what_is_known_is_no_news() -> None:
    [sale, _], at = Shop().sales, VirtualClock()()
    price = sale.amount
    begun = sale.dispute(price, taken("dp_1", "249"), at)
    assert begun is not None
    assert begun.entity.dispute(price, taken("dp_1", "0", "0"), at) is None
    for decided in (begun.entity.win, begun.entity.lose):
        change = decided(price, taken("dp_1", "0"), at)
        assert change is not None
        assert change.entity.dispute(price, taken("dp_1", "249"), at) is None


def test_who_only_asked_has_taken_nothing() -> None:
    [sale, _], at = Shop().sales, VirtualClock()()
    assert sale.win(sale.amount, taken("dp_1", "0", "0"), at) is None
    assert sale.taken is None


LOOKS = st.lists(
    st.tuples(
        st.sampled_from(("dispute", "lose", "win")),
        st.sampled_from(("dp_1", "dp_2")),
        st.sampled_from(("0", "49", "249")),
        st.sampled_from(("0", "15")),
    ),
    max_size=8,
)


@given(LOOKS)
def test_the_books_are_what_the_disputes_have_taken(looks: list[tuple[str, str, str, str]]) -> None:
    [sale, _], at = Shop().sales, VirtualClock()()
    books: dict[AccountKind, int] = {}
    for how, id, amount, fee in looks:
        change = getattr(sale, how)(sale.amount, taken(id, amount, fee), at)
        if change is None:
            continue
        for account, minor in effects(sale.booked(change.entity, id)).items():
            books[account.kind] = books.get(account.kind, 0) + minor
        sale = change.entity
    has = [one for one in (sale.taken_for("dp_1"), sale.taken_for("dp_2")) if one is not None]
    lost = sum(one.withdrawn.minor for one in has if one.dispute in (sale.lost_to or ""))
    withdrawn, fees = (sum(one.withdrawn.minor for one in has), sum(one.fee.minor for one in has))
    assert books.get(AccountKind.CHARGEBACK_LOSS, 0) == lost
    assert books.get(AccountKind.DISPUTED, 0) == withdrawn - lost
    assert books.get(AccountKind.CHARGEBACK_FEE, 0) == fees
    assert books.get(AccountKind.PROCESSOR, 0) == -withdrawn - fees
