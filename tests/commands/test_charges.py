"""What a customer pays beyond the offer: extras and tips, each a payment of its own."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketpay import (
    AccountKind,
    Actor,
    CancelJob,
    ClientAction,
    Commission,
    CompleteJob,
    CurrencyMismatch,
    Forbidden,
    GetRevenue,
    IllegalTransition,
    InvalidInput,
    ListPayments,
    Marketplace,
    MemoryStore,
    Money,
    MoneyError,
    NotFound,
    PayExtra,
    PaymentDeclined,
    PaymentPurpose,
    PaymentStatus,
    PayTip,
    Pending,
)
from marketpay.ports.gateway import Authorize, Capture, RefundPayment, Void
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import OpenMarket, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    NONE_SUCH,
    REFUSED,
    RIVAL,
    assigned,
    balance,
    books_are_right,
    completed,
    heard,
    in_progress,
    nothing_changes,
    now,
    payee,
    post,
    usd,
)
from tests.money import all_is_right, hear, wallet, work_off

ASKS = "pm_card_authenticationRequired"
BOTH = pytest.mark.parametrize("kind", [PayExtra, PayTip])


def paying(kind: Any, job: Any, amount: str | Money = "50", **fields: Any) -> Any:
    price = usd(amount) if isinstance(amount, str) else amount
    given = {"by": CUSTOMER, "job": job.id, "amount": price, "payment_method": GOOD}
    return kind(**given | fields)


def complete(market: Marketplace, job: Any) -> Any:
    return market.execute(CompleteJob(by=CUSTOMER, job=job.id))


def test_an_extra_is_in_escrow_until_the_job_is_done(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = in_progress(market).job
    with heard(market) as told:
        paid = market.execute(paying(PayExtra, job, "50"))
    assert (paid.payment.status, paid.next_action) == (PaymentStatus.CAPTURED, None)
    assert (paid.payment.purpose, paid.job.id) == (PaymentPurpose.EXTRA, job.id)
    assert "payment.captured" in told.names
    assert "job.assigned" not in told.names
    assert balance(market, AccountKind.ESCROW) == usd("945")  # of 1050, less a tenth
    books_are_right(market, gateway)

    complete(market, job)
    assert now(market, paid.payment).status is PaymentStatus.RELEASED
    assert wallet(market) == ("735.00", "0.00", "0.00")
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


def test_a_tip_is_the_contractor_s_at_once_and_whole(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    job = completed(market).job
    tip = market.execute(paying(PayTip, job, "20.01", message="Lovely."))
    assert tip.payment.status is PaymentStatus.RELEASED
    assert wallet(market) == ("720.01", "0.00", "0.00")
    assert market.query(GetRevenue(currency="USD")).total == usd("300")
    work_off(market)
    assert gateway.connected_balance(CONTRACTOR.id, "USD") == usd("720.01")
    all_is_right(market, gateway)


@on_one_store
def test_the_platform_can_have_its_part_of_a_tip(
    open_market: OpenMarket, gateway: SimulatedGateway
) -> None:
    market = open_market(tip_commission=Commission(platform="0.05", service=0))
    tip = market.execute(paying(PayTip, in_progress(market).job, "20"))
    assert tip.payment.split.platform_fee == usd("1")
    assert wallet(market) == ("19.00", "0.00", "0.00")
    books_are_right(market, gateway)


@BOTH
def test_there_can_be_several(market: Marketplace, gateway: SimulatedGateway, kind: Any) -> None:
    job = in_progress(market).job
    paid = [market.execute(paying(kind, job, amount)) for amount in ("10", "10", "33.33")]
    assert len({one.payment.id for one in paid}) == 3
    complete(market, job)
    assert len(market.query(ListPayments(job=job.id)).items) == 4
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


@BOTH
def test_the_same_key_pays_once(market: Marketplace, gateway: SimulatedGateway, kind: Any) -> None:
    command = paying(kind, in_progress(market).job)
    first = market.execute(command, key="extra 1")
    assert market.execute(command, key="extra 1").payment == first.payment
    assert gateway.effects(Capture) == 2


@BOTH
def test_the_same_key_hears_again_that_its_capture_was_refused(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    command = paying(kind, in_progress(market).job)
    gateway.script(Capture, Outcome.DECLINE)
    for _ in range(2):
        with pytest.raises(PaymentDeclined):
            market.execute(command, key="extra 1")
    assert gateway.count(Authorize) == 2


@BOTH
def test_the_same_key_goes_on_with_a_capture_that_was_not_answered(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    command = paying(kind, in_progress(market).job)
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    assert isinstance(market.execute(command, key="extra 1").next_action, Pending)
    paid = market.execute(command, key="extra 1")
    assert paid.next_action is None
    assert paid.payment.gateway_charge
    assert gateway.effects(Capture) == 2


@BOTH
def test_a_refused_card_leaves_the_deal_as_it_was(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    job = in_progress(market).job
    with pytest.raises(PaymentDeclined) as declined:
        market.execute(paying(kind, job, payment_method=REFUSED))
    assert declined.value.payment.status is PaymentStatus.FAILED
    assert now(market, job).status == "in_progress"
    complete(market, job)
    assert wallet(market) == ("700.00", "0.00", "0.00")
    books_are_right(market, gateway)


@BOTH
def test_a_capture_that_is_refused_lets_go_of_the_hold(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    job = in_progress(market).job
    gateway.script(Capture, Outcome.DECLINE)
    with pytest.raises(PaymentDeclined):
        market.execute(paying(kind, job))
    market.work()
    assert gateway.effects(Void) == 1
    complete(market, job)
    books_are_right(market, gateway)


@BOTH
@pytest.mark.parametrize("request_", [Authorize, Capture])
@pytest.mark.parametrize("outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER])
def test_what_went_unanswered_is_finished_by_work_and_paid_once(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    kind: Any,
    request_: Any,
    outcome: Outcome,
) -> None:
    job = in_progress(market).job
    gateway.script(request_, outcome)
    paid = market.execute(paying(kind, job))
    assert isinstance(paid.next_action, Pending)
    for _ in range(3):
        clock.advance(minutes=10)
        market.work()
    complete(market, job)
    assert now(market, paid.payment).status is PaymentStatus.RELEASED
    assert (gateway.effects(Authorize), gateway.effects(Capture)) == (2, 2)
    books_are_right(market, gateway)


@BOTH
def test_a_customer_who_has_to_confirm_does_so_and_it_is_captured(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    job = in_progress(market).job
    paid = market.execute(paying(kind, job, payment_method=ASKS))
    assert isinstance(paid.next_action, ClientAction)
    gateway.confirm(paid.next_action.gateway_payment)
    hear(market, gateway)
    assert now(market, paid.payment).gateway_charge
    complete(market, job)
    assert now(market, paid.payment).status is PaymentStatus.RELEASED
    books_are_right(market, gateway)


def test_an_extra_that_is_confirmed_when_the_job_is_over_is_let_go(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = in_progress(market).job
    paid = market.execute(paying(PayExtra, job, payment_method=ASKS))
    complete(market, job)
    gateway.confirm(paid.next_action.gateway_payment)
    hear(market, gateway)
    market.work()
    assert now(market, paid.payment).status is PaymentStatus.CANCELED
    assert gateway.effects(Capture) == 1
    books_are_right(market, gateway)


def test_an_extra_that_nobody_confirmed_is_canceled_whatever_is_heard_of_first(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    job = in_progress(market).job
    gateway.script(Authorize, Outcome.TIMEOUT_AFTER)
    paid = market.execute(paying(PayExtra, job, payment_method=ASKS))
    complete(market, job)
    gateway.script(Void, Outcome.TIMEOUT_AFTER)  # the authorization is looked up before it
    for _ in range(3):
        clock.advance(minutes=6)
        work_off(market)
    assert now(market, paid.payment).status is PaymentStatus.CANCELED


@pytest.mark.parametrize(
    ("ending", "status"),
    [("complete", PaymentStatus.RELEASED), ("cancel", PaymentStatus.REFUNDED)],
)
def test_an_extra_that_is_captured_when_the_job_is_over_goes_where_the_rest_went(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    ending: str,
    status: PaymentStatus,
) -> None:
    job = in_progress(market).job
    gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    paid = market.execute(paying(PayExtra, job))
    over = (
        CompleteJob(by=CUSTOMER, job=job.id)
        if ending == "complete"
        else CancelJob(by=ADMIN, job=job.id)
    )
    market.execute(over)
    for _ in range(3):
        clock.advance(minutes=10)
        market.work()
    assert now(market, paid.payment).status is status
    assert balance(market, AccountKind.ESCROW) == usd("0")
    books_are_right(market, gateway)


def test_a_cancelled_job_gives_extras_back_too(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = in_progress(market).job
    paid = market.execute(paying(PayExtra, job))
    market.execute(CancelJob(by=ADMIN, job=job.id))
    assert now(market, paid.payment).status is PaymentStatus.REFUNDED
    assert gateway.effects(RefundPayment) == 2
    assert gateway.balance("USD") == usd("0")
    books_are_right(market, gateway)


@BOTH
@pytest.mark.parametrize("by", [CONTRACTOR, RIVAL, ADMIN, Actor.customer("cus_99")])
def test_only_its_customer_pays(
    market: Marketplace, gateway: SimulatedGateway, kind: Any, by: Actor
) -> None:
    job = in_progress(market).job
    with nothing_changes(market, gateway, denials=1), pytest.raises(Forbidden):
        market.execute(paying(kind, job, by=by))


@on_one_store
@pytest.mark.parametrize(
    ("kind", "make"),
    [
        (PayExtra, post),
        (PayExtra, lambda market: completed(market).job),
        (PayTip, post),
        (PayTip, lambda market: assigned(market).job),
    ],
)
def test_not_before_there_is_a_contractor_nor_after_what_it_is_for(
    market: Marketplace, gateway: SimulatedGateway, kind: Any, make: Any
) -> None:
    job = make(market)
    with nothing_changes(market, gateway), pytest.raises(IllegalTransition):
        market.execute(paying(kind, job))


@on_one_store
@BOTH
def test_in_the_currency_of_the_job(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    job = in_progress(market).job
    with nothing_changes(market, gateway), pytest.raises(CurrencyMismatch):
        market.execute(paying(kind, job, amount=Money("5", "EUR")))


@on_one_store
@BOTH
def test_a_job_that_is_not_there_is_not_found(
    market: Marketplace, gateway: SimulatedGateway, kind: Any
) -> None:
    with nothing_changes(market, gateway), pytest.raises(NotFound):
        market.execute(
            kind(by=CUSTOMER, job=f"job_{NONE_SUCH}", amount=usd("5"), payment_method=GOOD)
        )


@BOTH
@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"amount": usd("0")}, MoneyError),
        ({"amount": 5.0}, TypeError),
        ({"job": "off_1"}, InvalidInput),
        ({"payment_method": "4242 4242 4242 4242"}, InvalidInput),
    ],
)
def test_bad_values_are_refused(kind: Any, wrong: dict[str, Any], error: type[Exception]) -> None:
    good = {"by": CUSTOMER, "job": f"job_{NONE_SUCH}", "amount": usd("5")}
    with pytest.raises(error):
        kind(**good | wrong)


KINDS: list[Any] = [PayExtra, PayTip]


@given(
    st.lists(st.tuples(st.sampled_from(KINDS), st.integers(50, 10_000)), max_size=4),
    st.booleans(),
)
def test_whatever_is_paid_the_contractor_has_their_part_of_each(
    charges: list[tuple[Any, int]], is_cancelled: bool
) -> None:
    gateway = SimulatedGateway()
    with Marketplace(store=MemoryStore(), gateway=gateway) as market:
        job = in_progress(market).job
        paid = [
            market.execute(paying(kind, job, amount=Money.from_minor(minor, "USD")))
            for kind, minor in charges
        ]
        end = (
            CancelJob(by=ADMIN, job=job.id)
            if is_cancelled
            else CompleteJob(by=CUSTOMER, job=job.id)
        )
        market.execute(end)
        earned = usd("0") if is_cancelled else usd("700")
        for one in paid:
            if not is_cancelled or one.payment.purpose is PaymentPurpose.TIP:
                earned += one.payment.split.payout
        assert market.wallet(CONTRACTOR.id, "USD").total == earned
        books_are_right(market, gateway)
