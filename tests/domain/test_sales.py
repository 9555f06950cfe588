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


def test_what_each_dispute_comes_to_is_known_once() -> None:
    [sale, _], at = Shop().sales, VirtualClock()()
    some, rest = Money("49", "TRY"), Money("200", "TRY")
    for id, amount in (("dp_1", some), ("dp_2", rest)):
        change = sale.dispute(id, amount, at)
        assert change is not None
        sale = change.entity
        assert sale.dispute(id, amount, at) is None
    assert (sale.disputes, sale.refundable) == (("dp_1", "dp_2"), sale.amount)

    lost = sale.lose("dp_2", rest, at)
    assert lost is not None
    sale = lost.entity
    assert sale.lose("dp_2", rest, at) is None
    assert (sale.disputes, sale.refundable, sale.is_contested) == (("dp_1",), some, True)

    for id, amount in (("dp_1", some), ("dp_2", rest)):  # the latter after all
        won = sale.win(id, amount, at)
        assert won is not None
        sale = won.entity
        assert sale.win(id, amount, at) is None
    assert (sale.disputes, sale.refundable, sale.is_contested) == ((), sale.amount, False)
