"""No answer: looked up, sent again under the same key, and after its time never again."""

from itertools import pairwise
from typing import Any

import pytest

from marketpay import (
    AcceptOffer,
    Actor,
    BuyUpgrade,
    CancelJob,
    CompleteJob,
    GatewayError,
    IssueRefund,
    Job,
    Marketplace,
    Money,
    OpenPayoutAccount,
    Payment,
    PaymentTransaction,
    PayoutAccount,
    Pending,
    PostJob,
    RequestWithdrawal,
    Rules,
    SendOffer,
    StartJob,
)
from marketpay.ports.gateway import (
    Authorize,
    Capture,
    GatewayReply,
    GatewayRequest,
    LookUp,
    OpenAccount,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    StartCheckout,
    Transfer,
    Void,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock

CUSTOMER, ANN = Actor.customer("cus_17"), Actor.contractor("ann")
ADMIN = Actor.admin("adm_1")
PRICE = Money("1000", "USD")
BEFORE, AFTER, ERROR = Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER, Outcome.ERROR_500


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def gateway(clock: VirtualClock) -> SimulatedGateway:
    return SimulatedGateway(now=clock)


@pytest.fixture
def market(clock: VirtualClock, gateway: SimulatedGateway) -> Marketplace:
    return Marketplace(gateway=gateway, rules=Rules(now=clock))


def send(market: Marketplace) -> Any:
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    return market.execute(
        SendOffer(by=CUSTOMER, job=job.id, contractor="ann", price=PRICE,
                  payment_method="pm_card_visa")
    )  # fmt: skip


def rest(market: Marketplace) -> None:
    while market.work():
        pass


def operations(market: Marketplace, kind: str) -> list[PaymentTransaction]:
    return market.store.read(lambda records: records.find(PaymentTransaction, kind=kind))


def sent(gateway: SimulatedGateway, kind: type[Any]) -> list[str]:
    return [key for request, key in gateway.calls if request is kind]


@pytest.mark.parametrize("outcome", [BEFORE, AFTER, ERROR])
def test_an_answer_that_is_missing_is_a_value_and_found_out_later(
    market: Marketplace, gateway: SimulatedGateway, outcome: Outcome
) -> None:
    gateway.script(Authorize, outcome)

    result = send(market)

    [operation] = operations(market, "authorize")
    assert result.next_action == Pending(transaction=operation.id)
    assert operation.status == "unknown"
    rest(market)
    assert operations(market, "authorize")[0].status == "success"
    assert set(sent(gateway, Authorize)) == {operation.id}
    assert gateway.effects(Authorize) == 1


def test_it_is_looked_up_before_it_is_sent_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(Authorize, AFTER)
    send(market)

    rest(market)

    assert [request for request, _ in gateway.calls] == [Authorize, LookUp]


@pytest.mark.covers("A140", "A147")
@pytest.mark.parametrize("times", [2, 5, 9])
def test_it_is_sent_again_ever_later_under_the_same_key(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, times: int
) -> None:
    gateway.script(Authorize, *[BEFORE] * times)
    send(market)
    waits: list[float] = []
    for _ in range(3_000):
        before = len(sent(gateway, Authorize))
        rest(market)
        if len(sent(gateway, Authorize)) > before:
            waits.append(clock().timestamp())
        if gateway.effects(Authorize):
            break
        clock.advance(seconds=10)

    gaps = [later - sooner for sooner, later in pairwise(waits)]
    assert len(set(sent(gateway, Authorize))) == 1
    assert gaps == sorted(gaps)
    assert operations(market, "authorize")[0].status == "success"


def test_after_the_window_it_is_a_dead_letter_and_never_sent_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.script(Authorize, *[BEFORE] * 10_000)
    send(market)
    for _ in range(26):
        clock.advance(hours=1)
        rest(market)
    before = sent(gateway, Authorize)
    [operation] = operations(market, "authorize")
    assert operation.status == "unknown"

    for _ in range(50):
        clock.advance(hours=5)
        rest(market)

    assert sent(gateway, Authorize) == before
    assert len(set(before)) == 1
    assert gateway.effects(Authorize) == 0


def test_what_was_done_is_found_even_after_the_window(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    offer = send(market).offer
    gateway.script(Capture, AFTER)
    market.execute(AcceptOffer(by=ANN, offer=offer.id))
    clock.advance(hours=30)

    rest(market)

    assert operations(market, "capture")[0].status == "success"
    assert sent(gateway, Capture) == [operations(market, "capture")[0].id]
    assert market.store.read(lambda records: records.find(Job))[0].status == "assigned"


@pytest.mark.parametrize("outcome", [BEFORE, AFTER, ERROR])
@pytest.mark.parametrize("kind", [Capture, Void, RefundPayment, Transfer, OpenAccount])
def test_every_kind_of_operation_takes_effect_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: Any, outcome: Outcome
) -> None:
    gateway.script(kind, outcome)
    market.execute(OpenPayoutAccount(by=ANN))
    clock.advance(minutes=6)
    rest(market)
    gateway.activate("ann")
    clock.advance(minutes=6)
    rest(market)
    refunded, paid, withdrawn = send(market).offer, send(market).offer, send(market).offer
    for offer in (refunded, paid):
        market.execute(AcceptOffer(by=ANN, offer=offer.id))
        clock.advance(minutes=6)
        rest(market)
    market.execute(CancelJob(by=CUSTOMER, job=refunded.job))
    market.execute(CancelJob(by=CUSTOMER, job=withdrawn.job))
    market.execute(StartJob(by=ANN, job=paid.job))
    market.execute(CompleteJob(by=CUSTOMER, job=paid.job))
    for _ in range(3):
        clock.advance(minutes=6)
        rest(market)

    assert market.verify().ok
    assert gateway.balance("USD") == Money("300", "USD")
    assert gateway.connected_balance("ann", "USD") == Money("700", "USD")
    assert gateway.held("USD") == Money.zero("USD")
    assert [gateway.effects(k) for k in (Capture, Void, RefundPayment, Transfer, OpenAccount)] == [
        2, 1, 1, 1, 1,
    ]  # fmt: skip
    statuses = market.store.read(lambda r: [p.status.value for p in r.find(Payment)])
    assert sorted(statuses) == ["canceled", "refunded", "released"]


@pytest.mark.parametrize("outcome", [BEFORE, AFTER, ERROR])
@pytest.mark.parametrize("kind", [RefundPayment, ReverseTransfer, PayOut, StartCheckout])
def test_what_goes_back_or_to_a_bank_or_is_sold_takes_effect_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, kind: Any, outcome: Outcome
) -> None:
    market.execute(OpenPayoutAccount(by=ANN))
    gateway.activate("ann")
    rest(market)
    paid = send(market)
    market.execute(AcceptOffer(by=ANN, offer=paid.offer.id))
    market.execute(StartJob(by=ANN, job=paid.offer.job))
    market.execute(CompleteJob(by=CUSTOMER, job=paid.offer.job))
    rest(market)
    gateway.script(kind, outcome)
    market.execute(IssueRefund(by=ADMIN, payment=paid.payment.id, amount=Money("100", "USD")))
    market.execute(RequestWithdrawal(by=ANN, amount=Money("200", "USD")))
    market.execute(
        BuyUpgrade(
            by=CUSTOMER,
            listing="lst_1",
            premium_type="gold",
            success_url="https://host.example/yes",
            cancel_url="https://host.example/no",
        )
    )
    for _ in range(3):
        clock.advance(minutes=6)
        rest(market)
    [charge] = operations(market, "charge")
    gateway.pay_checkout(charge.id)
    clock.advance(days=3)
    rest(market)

    assert market.verify().problems == ()
    assert gateway.balance("USD") == Money("270", "USD")
    assert gateway.connected_balance("ann", "USD") == Money("430", "USD")
    assert market.wallet("ann", "USD").available == Money("430", "USD")
    assert gateway.balance("TRY") == market.revenue("TRY").upgrades == Money("249", "TRY")
    kinds = (RefundPayment, ReverseTransfer, PayOut, StartCheckout)
    assert [gateway.effects(one) for one in kinds] == [1, 1, 1, 1]
    statuses = market.store.read(lambda r: [one.status for one in r.find(PaymentTransaction)])
    assert {*statuses} == {"success"}


def test_an_account_that_was_never_opened_is_asked_for_under_one_key_for_good(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    gateway.script(OpenAccount, *[BEFORE] * 31)
    market.execute(OpenPayoutAccount(by=ANN))
    for _ in range(30):
        clock.advance(hours=1)
        rest(market)
    [account] = market.store.read(lambda records: records.find(PayoutAccount))
    assert account.gateway_account is None
    assert set(sent(gateway, OpenAccount)) == {account.id}

    clock.advance(hours=1)
    rest(market)

    [account] = market.store.read(lambda records: records.find(PayoutAccount))
    assert account.gateway_account is not None
    assert gateway.effects(OpenAccount) == 1


class Faulty:
    """A gateway whose setup is wrong, or that raises what it should not."""

    def __init__(self, gateway: SimulatedGateway, error: Exception) -> None:
        self.gateway = gateway
        self.error: Exception | None = error

    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        if self.error is not None:
            raise self.error
        return self.gateway.perform(request, key=key)


@pytest.mark.parametrize("error", [GatewayError("no such API key"), ValueError("a bug")], ids=repr)
def test_a_fault_of_the_gateway_is_raised_and_the_operation_comes_up_again(
    gateway: SimulatedGateway, clock: VirtualClock, error: Exception
) -> None:
    faulty = Faulty(gateway, error)
    market = Marketplace(gateway=faulty, rules=Rules(now=clock))
    job = market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))

    with pytest.raises(type(error)):
        market.execute(
            SendOffer(by=CUSTOMER, job=job.id, contractor="ann", price=PRICE,
                      payment_method="pm_card_visa")
        )  # fmt: skip
    clock.advance(minutes=6)
    assert market.work().failures
    faulty.error = None
    clock.advance(hours=2)
    rest(market)

    [operation] = operations(market, "authorize")
    assert operation.status == "success"
    assert gateway.effects(Authorize) == 1


def test_one_that_cannot_be_finished_stops_no_other(
    gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    class Poisoned(Faulty):
        def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
            if key == bad or self.error is None:
                raise ValueError("cannot read this reply")
            return self.gateway.perform(request, key=key)

    bad = ""
    market = Marketplace(gateway=Poisoned(gateway, ValueError()), rules=Rules(now=clock))
    gateway.script(Authorize, BEFORE, BEFORE)
    send(market)
    send(market)
    bad = operations(market, "authorize")[0].id
    clock.advance(minutes=6)
    reports = [(market.work(), clock.advance(hours=1))[0] for _ in range(3)]

    assert [failure.subject for failure in reports[-1].failures] == [bad]
    assert [one.status.value for one in operations(market, "authorize")] == ["unknown", "success"]
