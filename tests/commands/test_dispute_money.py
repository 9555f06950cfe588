"""Whatever happened before, a dispute divides what is left, to the cent."""

from hypothesis import given, settings
from hypothesis import strategies as st

from marketpay import (
    AcceptSettlement,
    AccountKind,
    Actor,
    Commission,
    Dispute,
    DisputeOutcome,
    ExpireDispute,
    GetPayment,
    IssueRefund,
    Marketplace,
    MemoryStore,
    Money,
    Payment,
    ProposeSettlement,
    ResolveDispute,
    Rules,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, balance, in_progress
from tests.disputes import disputed, released
from tests.hearing import hear, rest, stated, tell

K = AccountKind
SMALL = st.integers(1, 60)
ENDS = st.sampled_from(["resolved", "settled", "expired"])
RATES = st.sampled_from(["0", "0.01", "0.10", "0.333", "0.5"])


class House:
    """A marketplace in memory, with a clock and a gateway of its own."""

    def __init__(self, platform: str, service: str) -> None:
        self.clock = VirtualClock()
        self.gateway = SimulatedGateway(now=self.clock)
        commission = Commission(platform=platform, service=service)
        rules = Rules(now=self.clock, commission=commission)
        self.market = Marketplace(store=MemoryStore(), gateway=self.gateway, rules=rules)

    def now(self, payment: Payment) -> Payment:
        return self.market.query(GetPayment(payment.id))

    def lose(self, payment: Payment, minor: int, name: str) -> None:
        """A bank takes so much, and keeps it."""
        amount = str(Money.from_minor(minor, "USD").amount)
        tell(self.market, stated(self.market, payment, "lost", amount, id=name))

    def end(self, dispute: Dispute, how: str, share: int) -> DisputeOutcome:
        """The dispute ends somehow, with so many hundredths of what is left to the customer."""
        left = self.market.query(GetPayment(dispute.payment)).refundable
        to_customer = Money.from_minor(left.minor * share // 100, "USD")
        if how == "resolved":
            return self.market.execute(
                ResolveDispute(
                    by=ADMIN,
                    dispute=dispute.id,
                    to_customer=to_customer,
                    to_contractor=left - to_customer,
                )
            )
        if how == "settled":
            proposing = ProposeSettlement(
                by=CONTRACTOR, dispute=dispute.id, to_customer=to_customer
            )
            self.market.execute(proposing)
            return self.market.execute(
                AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=to_customer)
            )
        self.clock.advance(days=7)
        return self.market.execute(ExpireDispute(by=Actor.SYSTEM, dispute=dispute.id))


@settings(max_examples=60, deadline=None)
@given(
    price=st.integers(1, 300),
    rates=st.tuples(RATES, RATES),
    before=st.lists(SMALL, max_size=3),
    lost=st.lists(SMALL, max_size=2),
    elsewhere=st.lists(SMALL, max_size=1),
    share=st.integers(0, 100),
    how=ENDS,
    opener=st.sampled_from([CUSTOMER, CONTRACTOR]),
)
def test_refunded_lost_kept_and_released_are_the_price(
    price: int,
    rates: tuple[str, str],
    before: list[int],
    lost: list[int],
    elsewhere: list[int],
    share: int,
    how: str,
    opener: Actor,
) -> None:
    house = House(*rates)
    market, gateway = house.market, house.gateway
    deal = in_progress(market, price=Money.from_minor(price, "USD"))
    paid = deal.payment
    for minor in before:
        if minor < house.now(paid).refundable.minor:
            amount = Money.from_minor(minor, "USD")
            market.execute(IssueRefund(by=ADMIN, payment=paid.id, amount=amount))
    dispute = disputed(market, opener, deal)
    for number, minor in enumerate(lost):
        if minor <= house.now(paid).refundable.minor:
            house.lose(paid, minor, f"dp_{number}")
    for minor in elsewhere:
        if minor <= house.now(paid).refundable.minor:
            gateway.refund_elsewhere(paid.id, Money.from_minor(minor, "USD"))
    hear(market, gateway)
    left = house.now(paid).refundable

    outcome = house.end(dispute, how, share)
    ended, done = outcome.dispute, house.now(paid)
    assert ended.to_customer is not None
    assert ended.to_contractor is not None
    assert ended.to_customer + ended.to_contractor == left
    assert done.refunded + done.lost + done.kept + released(done) == done.amount
    assert done.contested is None
    assert balance(market, K.ESCROW) == Money.zero("USD")
    rest(market)
    assert market.verify().problems == ()
    fees = market.revenue("USD").total
    earned = market.wallet(CONTRACTOR.id, "USD").available
    assert fees + earned == ended.to_contractor
