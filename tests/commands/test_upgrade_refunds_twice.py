"""What was paid for an upgrade is paid back once, whoever does it, and however it ends."""

import pytest

from marketpay import (
    AccountKind,
    GetSale,
    GrantCredit,
    ListSales,
    ListWebhooks,
    Marketplace,
    MemoryStore,
    Money,
    NotFound,
    Reason,
    RefundUpgrade,
    Refused,
    Rules,
    Sale,
    SaleId,
    SendOffer,
    TransactionStatus,
    UpgradeStatus,
    WebhookStatus,
)
from marketpay.ports.gateway import RefundPayment
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.commands.test_upgrade_refunds import (
    DAY,
    all_is_right,
    in_lira,
    lira,
    refunding,
    the,
    upgrade,
)
from tests.commands.test_upgrades import GOLD, bought
from tests.conftest import on_both_stores, on_one_store
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, GOOD, NONE_SUCH, nothing_changes, now, post
from tests.money import hear, settle

K = AccountKind


def credit(market: Marketplace) -> Money:
    return market.credit(CUSTOMER.id, "TRY").available


def sold(market: Marketplace) -> Sale:
    found: Sale = the(market, Sale)
    return found


def refused(market: Marketplace, gateway: SimulatedGateway, amount: str | None = None) -> None:
    """All of it is asked back here, and the gateway refuses."""
    [charge] = {sale.charge for sale in market.store.read(lambda read: read.find(Sale))}
    gateway.script(RefundPayment, Outcome.DECLINE)
    part = None if amount is None else lira(amount)
    market.execute(RefundUpgrade(by=ADMIN, purchase=charge, amount=part))


def there(market: Marketplace, gateway: SimulatedGateway, amount: str = "249") -> str:
    """So much of it is refunded at the dashboard, and heard of."""
    made = gateway.refund_elsewhere(sold(market).gateway_payment, lira(amount))
    settle(market, gateway)
    return made.id


@pytest.mark.edge(48)
def test_what_the_dashboard_was_faster_with_is_no_credit_too(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    charge = bought(market, gateway).transaction
    gateway.script(RefundPayment, Outcome.TIMEOUT_BEFORE)
    asked = market.execute(refunding(charge)).transaction
    gateway.refund_elsewhere(sold(market).gateway_payment, lira("249"))
    hear(market, gateway)
    assert in_lira(market, K.BAD_DEBT) == "249.00"  # as long as nobody knows about the other
    clock.advance(hours=1)
    settle(market, gateway)
    assert now(market, asked).status is TransactionStatus.FAILED
    assert (credit(market), in_lira(market, K.BAD_DEBT)) == (lira("0"), "0.00")
    assert (sold(market).refunded, sold(market).excess) == (lira("249"), lira("0"))
    all_is_right(market, gateway)


@pytest.mark.edge(48)
def test_a_refund_at_the_dashboard_takes_the_place_of_credit(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    refused(market, gateway)
    assert (credit(market), sold(market).credited) == (lira("249"), lira("249"))
    made = there(market, gateway)
    assert (credit(market), sold(market).credited) == (lira("0"), lira("0"))
    assert in_lira(market, K.BAD_DEBT) == "0.00"
    all_is_right(market, gateway)

    gateway.fail_refund(made)
    settle(market, gateway)
    assert credit(market) == lira("249")  # it was paid once, and is back once
    all_is_right(market, gateway)


@pytest.mark.parametrize(("days", "left"), [(0, "100"), (2, "0")])
def test_what_was_given_for_a_time_does_not_last_because_of_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, days: int, left: str
) -> None:
    until = clock() + DAY
    given = GrantCredit(
        by=ADMIN, customer=CUSTOMER.id, amount=lira("100"), reason="Welcome", expires_at=until
    )
    market.execute(given)
    bought(market, gateway)
    refused(market, gateway)
    clock.advance(days=days)
    gateway.refund_elsewhere(sold(market).gateway_payment, lira("249"))
    hear(market, gateway)  # before any worker has seen that something expired
    assert credit(market) == lira(left)
    clock.advance(days=2)
    settle(market, gateway)
    assert (credit(market), in_lira(market, K.BAD_DEBT)) == (lira("0"), "0.00")
    all_is_right(market, gateway)


def test_of_credit_that_is_spent_the_platform_bears_the_rest(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    bought(market, gateway)
    refused(market, gateway)
    job = post(market, currency="TRY")
    market.execute(
        SendOffer(
            by=CUSTOMER,
            job=job.id,
            contractor=CONTRACTOR.id,
            price=lira("1000"),
            payment_method=GOOD,
            credit=lira("100"),
        )
    )
    made = there(market, gateway)
    assert (credit(market), in_lira(market, K.BAD_DEBT)) == (lira("0"), "100.00")
    settle(market, gateway)

    gateway.fail_refund(made)
    settle(market, gateway)
    assert (credit(market), in_lira(market, K.BAD_DEBT)) == (lira("149"), "0.00")
    assert market.verify().problems == ()


def test_in_parts_it_is_the_same(market: Marketplace, gateway: SimulatedGateway) -> None:
    bought(market, gateway)
    refused(market, gateway, "100")
    there(market, gateway, "150")  # which is instead of those, and 50 of what is left
    assert (credit(market), sold(market).refunded) == (lira("0"), lira("150"))
    refused(market, gateway, "50")
    there(market, gateway, "99")
    assert (credit(market), sold(market).refunded) == (lira("0"), lira("249"))
    assert in_lira(market, K.BAD_DEBT) == "0.00"
    all_is_right(market, gateway)


@pytest.mark.edge(48)
def test_credit_of_a_refund_is_as_good_as_any(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gift = lira("10")
    market.execute(GrantCredit(by=ADMIN, customer=CUSTOMER.id, amount=gift, reason="Thanks"))
    bought(market, gateway)
    refused(market, gateway)
    assert credit(market) == lira("259")
    assert market.verify().problems == ()
    job = post(market, currency="TRY")
    sent = market.execute(
        SendOffer(
            by=CUSTOMER,
            job=job.id,
            contractor=CONTRACTOR.id,
            price=lira("1000"),
            payment_method=GOOD,
            credit=lira("200"),
        )
    )
    assert sent.payment.credit == lira("200")
    all_is_right(market, gateway)


@pytest.mark.edge(48)
def test_what_a_bank_disputes_is_not_paid_back(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    made = gateway.dispute(sold(market).gateway_payment, withdrawn=True)
    settle(market, gateway)
    with nothing_changes(market, gateway), pytest.raises(Refused) as open_one:
        market.execute(refunding(charge))
    assert open_one.value.reason is Reason.CHARGEBACK_OPEN

    gateway.lose(made.id)
    for _ in range(2):
        settle(market, gateway)
    assert (sold(market).lost, sold(market).refundable) == (lira("249"), lira("0"))
    with nothing_changes(market, gateway), pytest.raises(Refused) as gone:
        market.execute(refunding(charge))
    assert gone.value.reason is Reason.NOT_REFUNDABLE
    assert credit(market) == lira("0")


@on_one_store
def test_what_the_bank_did_not_take_can_be_paid_back(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    made = gateway.dispute(sold(market).gateway_payment, withdrawn=True)
    settle(market, gateway)
    gateway.win(made.id)
    settle(market, gateway)
    assert (sold(market).disputes, sold(market).lost) == ((), lira("0"))
    market.execute(refunding(charge))
    assert sold(market).refunded == lira("249")


@pytest.mark.edge(48)
def test_what_is_refused_for_a_dispute_stays_with_the_platform(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charge = bought(market, gateway).transaction
    gateway.dispute(sold(market).gateway_payment, withdrawn=True)
    assert list(gateway.webhooks())  # which nobody hears
    done = market.execute(refunding(charge, "83"))
    assert (done.transaction.failure, credit(market)) == ("charge_disputed", lira("0"))
    assert (sold(market).refunded, in_lira(market, K.UPGRADE)) == (lira("0"), "249.00")
    assert in_lira(market, K.REFUNDS_IN_TRANSIT) == "0.00"
    assert market.verify().problems == ()


@pytest.mark.edge(48)
def test_what_is_used_up_takes_nothing_of_another_purchase(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    first, second = (bought(market, gateway).transaction for _ in range(2))
    until = upgrade(market).expires_at
    clock.advance(days=31)
    market.work()
    market.execute(refunding(first))
    assert (upgrade(market).status, upgrade(market).expires_at) == (UpgradeStatus.ACTIVE, until)
    market.execute(refunding(second))
    assert upgrade(market).status is UpgradeStatus.REVOKED
    all_is_right(market, gateway)


@on_one_store
def test_what_is_half_used_takes_its_other_half(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    first, second = (bought(market, gateway).transaction for _ in range(2))
    clock.advance(days=10)
    market.execute(refunding(first))
    assert upgrade(market).expires_at == clock() + 30 * DAY
    sales = market.store.read(lambda read: read.find(Sale))
    [later] = [sale for sale in sales if sale.charge == second.id]
    assert (later.starts_at, later.ends_at) == (clock(), clock() + 30 * DAY)
    clock.advance(days=20)
    market.execute(refunding(second, "83"))
    assert upgrade(market).status is UpgradeStatus.REVOKED  # its last ten days
    all_is_right(market, gateway)


@on_one_store
def test_what_is_not_paid_is_not_paid_back(market: Marketplace, gateway: SimulatedGateway) -> None:
    charge = market.execute(GOLD).transaction
    with nothing_changes(market, gateway), pytest.raises(Refused) as unpaid:
        market.execute(refunding(charge))
    assert unpaid.value.reason is Reason.NOT_REFUNDABLE


@on_both_stores
@pytest.mark.parametrize("what", ["refund", "dispute"])
def test_what_is_heard_before_the_payment_waits_for_it(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, what: str
) -> None:
    page = gateway.pay_checkout(market.execute(GOLD).transaction)
    gateway.webhooks()  # of the payment, and they are lost
    assert page.payment is not None
    if what == "refund":
        gateway.refund_elsewhere(page.payment)
    else:
        gateway.dispute(page.payment, withdrawn=True)
    heard = [market.receive(one.payload, one.headers).status for one in gateway.webhooks()]
    assert WebhookStatus.DEFERRED in heard
    assert WebhookStatus.IGNORED not in heard
    for _ in range(4):
        clock.advance(hours=10)
        settle(market, gateway)
    if what == "refund":
        assert upgrade(market).status is UpgradeStatus.REVOKED
        assert sold(market).refunded == lira("249")
        all_is_right(market, gateway)
    else:
        assert sold(market).disputes
    waiting = market.query(ListWebhooks(status=WebhookStatus.DEFERRED))
    assert waiting.items == ()


@on_one_store
def test_what_was_there_before_any_purchase_is_none_of_ours(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    """Somebody else charges by the same account at the gateway."""
    foreign = Marketplace(store=MemoryStore(), gateway=gateway, rules=Rules(now=clock))
    page = gateway.pay_checkout(foreign.execute(GOLD).transaction)
    settle(foreign, gateway)
    assert page.payment is not None
    gateway.refund_elsewhere(page.payment)
    clock.advance(hours=1)
    market.execute(GOLD)
    news = [one for one in gateway.webhooks() if b"refund.created" in one.payload]
    assert [market.receive(one.payload, one.headers).status for one in news] == [
        WebhookStatus.IGNORED
    ]


@on_both_stores
def test_sales_are_found_by_what_they_are_of(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    charges = [bought(market, gateway).transaction.id for _ in range(2)]
    newest, _ = found = market.query(ListSales(customer=CUSTOMER.id)).items
    assert [sale.charge for sale in reversed(found)] == charges
    assert market.query(ListSales(listing=GOLD.listing)).items == found
    assert market.query(ListSales(upgrade=upgrade(market).id)).items == found
    assert market.query(ListSales(customer="cus_none")).items == ()
    assert market.query(GetSale(newest.id)) == newest
    with pytest.raises(NotFound):
        market.query(GetSale(SaleId(f"sal_{NONE_SUCH}")))
