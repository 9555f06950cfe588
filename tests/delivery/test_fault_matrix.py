"""Every operation meets every fault, and comes to what it should, with one effect or none."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from attrs import evolve, field, frozen

from marketpay import (
    AbandonTransaction,
    AcceptOffer,
    Account,
    AccountKind,
    CancelJob,
    CompleteJob,
    GatewayError,
    GetBalance,
    Incident,
    IssueRefund,
    Job,
    Marketplace,
    MemoryStore,
    Money,
    Offer,
    OpenPayoutAccount,
    Payment,
    PaymentDeclined,
    PaymentTransaction,
    PayOffer,
    PayoutAccount,
    Refund,
    Refused,
    RequestWithdrawal,
    RetryTransfer,
    SqlStore,
    TransactionKind,
    TrialBalance,
    Webhook,
    Withdrawal,
)
from marketpay.domain.lifecycles import PayoutAccountStatus, TransactionStatus, WebhookStatus
from marketpay.ports.gateway import (
    ActingRequest,
    Authorize,
    Capture,
    OpenAccount,
    PayOut,
    RefundPayment,
    ReverseTransfer,
    Transfer,
    Void,
)
from marketpay.ports.store import Records
from marketpay.testing import VirtualClock
from marketpay.testing import processor_values as at_processor
from marketpay.testing.calls import OPERATIONS as TALLIES
from marketpay.testing.processor_values import PLATFORM, Standing
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    GOOD,
    REFUSED,
    assigned,
    in_progress,
    offering,
    post,
    send,
    usd,
)
from tests.delivery.faults import (
    DAYS,
    HTTP_FAULTS,
    OUTCOMES,
    SOON,
    WAITS,
    Fault,
    OtherEnd,
    OverHttp,
    Place,
    Simulated,
    rest,
    survive,
)

ENTITIES: tuple[type[Any], ...] = (Job, Offer, Payment, Refund, PayoutAccount, Withdrawal)
KINDS: tuple[type[Any], ...] = (*ENTITIES, PaymentTransaction, Incident, Webhook)
Act = Callable[[Marketplace, Any], Any]  # in a process, with what was prepared


@frozen(kw_only=True)
class Right:
    """How everything must stand."""

    effects: int  # how often the processor has done it
    tries: tuple[str, ...]  # what became of each time it was asked for
    entities: dict[str, list[str]]  # the statuses of all there are, by kind
    books: dict[str, str] = field(factory=dict)  # all accounts with something in them
    held: str = "0.00"
    incidents: tuple[str, ...] = ()


@frozen(kw_only=True)
class Operation:
    """One of the operations: how it comes about, and what must come of it."""

    request: type[ActingRequest]
    kind: TransactionKind | None  # None: the account is its own record
    prepare: Callable[[Place], Any]
    begin: Act  # the command that sends it, or makes a worker send it
    done: Right
    refused: Right  # straight after a refusal
    mend: Act | None = None  # what can be done about it then ...
    revive: Act | None = None  # ... or, where that is not the same, once it is given up ...
    waits: tuple[int, ...] = WAITS
    mended: Right  # ... and what comes of that, in time
    given_up: Right | None = None  # how it stands then, where that is not as refused
    abandoned: Right | None = None  # what comes of giving it up, where that is something else


def an_account(place: Place) -> PayoutAccount:
    """That can be paid."""
    market = place.market()
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    assert account.gateway_account is not None
    place.processor.set_standing(account.gateway_account, Standing.ACTIVE)
    rest(market)
    return account


def work_to_be_paid(place: Place) -> Any:
    an_account(place)
    return in_progress(place.market())


def money_on_the_account(place: Place) -> Any:
    started, market = work_to_be_paid(place), place.market()
    market.execute(CompleteJob(by=CUSTOMER, job=started.job.id))
    rest(market)
    return started


def accept(market: Marketplace, sent: Any) -> Any:
    return market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id), key="it")


def give_back(market: Marketplace, deal: Any, amount: str) -> Any:
    refund = IssueRefund(by=ADMIN, payment=deal.payment.id, amount=usd(amount))
    return market.execute(refund, key="it")


def withdraw(market: Marketplace, key: str) -> Any:
    return market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("100")), key=key)


def pay_again(market: Marketplace, offer: Offer) -> Any:
    return market.execute(PayOffer(by=CUSTOMER, offer=offer.id, payment_method=GOOD))


def pay_and_accept(market: Marketplace, sent: Any) -> Any:
    pay_again(market, sent.offer)
    return market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))


def only_offer(market: Marketplace) -> Offer:
    [offer] = market.store.read(lambda records: records.find(Offer))
    return offer


ESCROWED = {"processor": "1000.00", "escrow": "900.00", "platform_fee": "100.00"}
EARNED = {"platform_fee": "100.00", "service_fee": "200.00", "wallet.available": "700.00"}
PAID_OUT = {"processor": "300.00", "connected": "600.00", **EARNED, "wallet.available": "600.00"}
TRANSFERRED = {"processor": "300.00", "connected": "700.00", **EARNED}
# Of 200.00 given back, the contractor bears 140.00.
AFTER_REFUND = {"platform_fee": "80.00", "service_fee": "160.00", "wallet.available": "560.00"}
RELEASED = {"Job": ["completed"], "Offer": ["accepted"], "Payment": ["released"],
            "PayoutAccount": ["active"]}  # fmt: skip

ONCE, NOT, AGAIN = ("success",), ("failed",), ("failed", "success")
OPEN = {"Job": ["open"], "Offer": ["pending"]}
HELD = Right(effects=1, tries=ONCE, entities={**OPEN, "Payment": ["authorized"]}, held="1000.00")
NOT_HELD = Right(effects=0, tries=NOT, entities={**OPEN, "Payment": ["failed"]})
AUTHORIZE = Operation(
    request=Authorize,
    kind=TransactionKind.AUTHORIZE,
    prepare=lambda place: post(place.market()),
    begin=lambda market, job: market.execute(offering(job), key="it"),
    done=HELD,
    refused=NOT_HELD,
    mend=lambda market, job: pay_again(market, only_offer(market)),
    mended=evolve(HELD, tries=AGAIN),
)

ASSIGNED = {"Job": ["assigned"], "Offer": ["accepted"], "Payment": ["captured"]}
CAPTURED = Right(effects=1, tries=ONCE, entities=ASSIGNED, books=ESCROWED)
CAPTURE = Operation(
    request=Capture,
    kind=TransactionKind.CAPTURE,
    prepare=lambda place: send(place.market()),
    begin=accept,
    done=CAPTURED,
    refused=NOT_HELD,
    mend=pay_and_accept,
    mended=evolve(CAPTURED, tries=AGAIN),
)

CANCELLED = {"Job": ["cancelled"], "Offer": ["withdrawn"]}
VOID = Operation(
    request=Void,
    kind=TransactionKind.VOID,
    prepare=lambda place: send(place.market()),
    begin=lambda market, sent: market.execute(CancelJob(by=CUSTOMER, job=sent.offer.job), key="it"),
    done=Right(effects=1, tries=ONCE, entities={**CANCELLED, "Payment": ["canceled"]}),
    refused=Right(
        effects=0,
        tries=NOT,
        entities={**CANCELLED, "Payment": ["authorized"]},
        held="1000.00",
        incidents=("void_failed",),
    ),
    waits=(7 * DAYS,),
    given_up=Right(
        effects=0, tries=NOT, entities={**CANCELLED, "Payment": ["authorized"]}, held="1000.00"
    ),
    abandoned=Right(effects=0, tries=AGAIN, entities={**CANCELLED, "Payment": ["expired"]}),
    mended=Right(
        effects=0,
        tries=AGAIN,
        entities={**CANCELLED, "Payment": ["expired"]},
        incidents=("void_failed",),
    ),
)

PARTS = {"escrow": "540.00", "platform_fee": "60.00"}  # once 400.00 of 1000.00 are given back
AS_CREDIT = Right(
    effects=0,
    tries=NOT,
    entities={**ASSIGNED, "Refund": ["failed"]},
    books={"processor": "1000.00", **PARTS, "credit.available": "400.00"},
    incidents=("refund_failed",),
)
REFUND = Operation(
    request=RefundPayment,
    kind=TransactionKind.REFUND,
    prepare=lambda place: assigned(place.market()),
    begin=lambda market, deal: give_back(market, deal, "400"),
    done=Right(
        effects=1,
        tries=ONCE,
        entities={**ASSIGNED, "Refund": ["succeeded"]},
        books={"processor": "600.00", **PARTS},
    ),
    refused=AS_CREDIT,
    mended=AS_CREDIT,
)

ARRIVED = Right(effects=1, tries=ONCE, entities=RELEASED, books=TRANSFERRED)
TRANSFER = Operation(
    request=Transfer,
    kind=TransactionKind.TRANSFER,
    prepare=work_to_be_paid,
    begin=lambda market, deal: market.execute(CompleteJob(by=CUSTOMER, job=deal.job.id), key="it"),
    done=ARRIVED,
    refused=Right(
        effects=0, tries=NOT, entities=RELEASED, books={"processor": "1000.00", **EARNED}
    ),
    revive=lambda market, deal: market.execute(RetryTransfer(by=ADMIN, payment=deal.payment.id)),
    mended=evolve(ARRIVED, tries=AGAIN),
)

GIVEN_BACK = {**RELEASED, "Refund": ["succeeded"]}
OWED = Right(
    effects=0,
    tries=NOT,
    entities=GIVEN_BACK,
    books={"processor": "100.00", "connected": "700.00", **AFTER_REFUND},
)
TRANSFER_REVERSAL = Operation(
    request=ReverseTransfer,
    kind=TransactionKind.TRANSFER_REVERSAL,
    prepare=money_on_the_account,
    begin=lambda market, deal: give_back(market, deal, "200"),
    done=Right(
        effects=1,
        tries=ONCE,
        entities=GIVEN_BACK,
        books={"processor": "240.00", "connected": "560.00", **AFTER_REFUND},
    ),
    refused=OWED,
    abandoned=OWED,
    mended=Right(  # asked back again, ever more seldom
        effects=1,
        tries=AGAIN,
        entities=GIVEN_BACK,
        books={"processor": "240.00", "connected": "560.00", **AFTER_REFUND},
    ),
)

PAYOUT = Operation(
    request=PayOut,
    kind=TransactionKind.PAYOUT,
    prepare=money_on_the_account,
    begin=lambda market, deal: withdraw(market, "it"),
    done=Right(
        effects=1, tries=ONCE, entities={**RELEASED, "Withdrawal": ["paid"]}, books=PAID_OUT
    ),
    refused=Right(
        effects=0, tries=NOT, entities={**RELEASED, "Withdrawal": ["failed"]}, books=TRANSFERRED
    ),
    mend=lambda market, deal: withdraw(market, "again"),
    mended=Right(
        effects=1,
        tries=AGAIN,
        entities={**RELEASED, "Withdrawal": ["failed", "paid"]},
        books=PAID_OUT,
    ),
)

NO_ACCOUNT = Right(effects=0, tries=NOT, entities={"PayoutAccount": ["rejected"]})
OPEN_ACCOUNT = Operation(
    request=OpenAccount,
    kind=None,
    prepare=lambda place: None,
    begin=lambda market, nothing: market.execute(OpenPayoutAccount(by=CONTRACTOR), key="it"),
    done=Right(effects=1, tries=ONCE, entities={"PayoutAccount": ["pending"]}),
    refused=NO_ACCOUNT,
    mended=NO_ACCOUNT,
)

MATRIX = {
    "authorize": AUTHORIZE,
    "capture": CAPTURE,
    "void": VOID,
    "refund": REFUND,
    "transfer": TRANSFER,
    "transfer_reversal": TRANSFER_REVERSAL,
    "payout": PAYOUT,
    "open_account": OPEN_ACCOUNT,
}

# Stripe has two interfaces for accounts; the second is the usual one.
PLACES = ("memory", "sqlite", "async_memory", "stripe", "stripe_v1")
# Enough to see that the asynchronous loop makes no difference.
SAMPLE = (Fault.REFUSED, Fault.TIMEOUT_AFTER, Fault.CRASH_BEFORE_SETTLING, Fault.WEBHOOK_FIRST)
REFUSING = (Fault.REFUSED, Fault.ERROR_500_BEFORE)  # for good, or until it is given up
ENDING = [fault for fault in Fault if fault is not Fault.ERROR_500_BEFORE]
SILENT = (
    Fault.TIMEOUT_AFTER,
    Fault.ERROR_500_AFTER,
    Fault.CRASH_AFTER,
    Fault.CRASH_BEFORE_SETTLING,
)


@pytest.fixture
def place(request: pytest.FixtureRequest, clock: VirtualClock) -> Iterator[Place]:
    kind: str = request.param
    place = Place(
        clock=clock,
        other_end=other_end(kind, clock),
        store=SqlStore.connect("sqlite://") if kind == "sqlite" else MemoryStore(),
        is_async=kind.startswith("async"),
    )
    yield place
    place.close()


def other_end(kind: str, clock: VirtualClock) -> OtherEnd:
    if kind == "stripe_v1":
        return OverHttp(clock, accounts="v1")
    return OverHttp(clock) if kind == "stripe" else Simulated(clock)


def can_meet(operation: Operation, fault: Fault, place: str) -> bool:
    """Stripe refuses nothing at a word; only over HTTP there is more than one way to be silent."""
    if place == "stripe_v1":
        return operation is OPEN_ACCOUNT and fault is not Fault.REFUSED
    if place == "stripe":
        return fault is not Fault.REFUSED
    if place == "async_memory":
        return fault in SAMPLE
    if operation is OPEN_ACCOUNT and fault is Fault.ERROR_500_BEFORE:
        return False  # an error that is kept with the key for ever: it is never opened
    return fault in OUTCOMES or fault not in HTTP_FAULTS


def cases(places: tuple[str, ...] = PLACES, faults: Iterable[Fault] = Fault) -> list[Any]:
    """Operation, fault and place."""
    return [
        pytest.param(operation, fault, place, id=f"{name}-{fault}-{place}")
        for name, operation in MATRIX.items()
        for fault in faults
        for place in places
        if can_meet(operation, fault, place)
    ]


def check(place: Place, operation: Operation, right: Right, before: int) -> None:
    """Everything is right here and at the processor, and nothing is left to do."""
    market = place.market()
    seen: dict[type[Any], list[Any]] = market.store.read(
        lambda records: {kind: records.find(kind) for kind in KINDS}
    )
    statuses = {kind.__name__: [one.status.value for one in seen[kind]] for kind in ENTITIES}
    assert {name: found for name, found in statuses.items() if found} == right.entities
    totals = market.query(TrialBalance())
    books = {one.kind.value: str(sum.amount) for one, sum in totals.items() if sum.minor}
    assert books == right.books
    assert sorted(one.kind.value for one in seen[Incident]) == sorted(right.incidents)
    assert all(
        one.status in (WebhookStatus.APPLIED, WebhookStatus.IGNORED) for one in seen[Webhook]
    )
    assert market.verify().problems == ()
    assert place.processor.effects(TALLIES[operation.request]) - before == right.effects
    if operation.kind is not None:
        tries = [one.status.value for one in seen[PaymentTransaction] if one.kind is operation.kind]
        assert tuple(tries) == right.tries
    check_processor(place, right)
    for payment in seen[Payment]:
        mine = [one for one in seen[PaymentTransaction] if one.payment == payment.id]
        assert payment.transferred == moved(mine, TransactionKind.TRANSFER) - moved(
            mine, TransactionKind.TRANSFER_REVERSAL
        )
        assert not payment.transferring.minor


def moved(operations: list[PaymentTransaction], kind: TransactionKind) -> Money:
    """How much was, in all."""
    done = (
        one.amount
        for one in operations
        if one.kind is kind and one.status is TransactionStatus.SUCCESS
    )
    return sum(done, usd("0"))


def check_processor(place: Place, right: Right) -> None:
    """The processor has what the books say that it has."""
    processor = place.processor
    accounts = processor.page(at_processor.Account)
    on_accounts = sum(processor.balance(one.id, "USD") for one in accounts)
    assert processor.balance(PLATFORM, "USD") == usd(right.books.get("processor", "0")).minor
    assert on_accounts == usd(right.books.get("connected", "0")).minor
    assert processor.held("USD") == usd(right.held).minor


def left_open(place: Place) -> list[Any]:
    """The operations of which nobody knows yet what became of them."""

    def look(records: Records) -> list[Any]:
        sent = records.find(PaymentTransaction)
        return [
            *(one for one in sent if not one.is_settled),
            *(one for one in records.find(PayoutAccount)
              if one.gateway_account is None and one.status is not PayoutAccountStatus.REJECTED),
        ]  # fmt: skip

    return place.market().store.read(look)


def effects(place: Place, operation: Operation) -> int:
    """How many times the processor has done such a thing."""
    return place.processor.effects(TALLIES[operation.request])


def live(place: Place, operation: Operation, fault: Fault) -> tuple[Any, int]:
    """Begin, and meet the fault; what was prepared, and the effects that there were by then."""
    prepared = operation.prepare(place)
    place.tell()
    before = effects(place, operation)
    market = place.stricken(operation.request, fault)

    def begin() -> None:
        say(market, operation, prepared, fault)
        rest(market)

    survive(begin)
    assert place.lines[-1].is_met
    return prepared, before


def say(market: Marketplace, operation: Operation, prepared: Any, fault: Fault) -> None:
    """Say it, again under the same key; only a refusal may be heard of as an error."""
    try:
        operation.begin(market, prepared)
    except PaymentDeclined:
        assert fault in REFUSING


@pytest.mark.covers("A071")
@pytest.mark.parametrize(("operation", "fault", "place"), cases(), indirect=["place"])
def test_whatever_happens_to_an_operation_it_comes_to_what_it_should(
    operation: Operation, fault: Fault, place: Place
) -> None:
    prepared, before = live(place, operation, fault)
    right, waits = operation.done, WAITS
    if fault is Fault.REFUSED:
        check(place, operation, operation.refused, before)
        mend(place, operation.mend, prepared)
        right, waits = operation.mended, operation.waits
    elif fault is Fault.ERROR_500_BEFORE and not is_sent_for_ever(operation):
        give_up(place, operation, prepared, before)
        right, waits = stuck(operation.abandoned or operation.mended), operation.waits
    elif fault is Fault.WEBHOOK_TWICE:
        assert place.tell(times=2, seed=1)
    place.recover(waits)

    assert not left_open(place)
    check(place, operation, right, before)
    if fault is not Fault.WEBHOOK_NEVER:
        place.tell(times=2, seed=2)
        say(place.market(), operation, prepared, fault)
        place.recover(SOON)
        check(place, operation, right, before)


def mend(place: Place, act: Act | None, prepared: Any) -> None:
    if act is not None:
        act(place.market(), prepared)


def give_up(place: Place, operation: Operation, prepared: Any, before: int) -> None:
    """The gateway keeps its error with the key: somebody has to look, and say that it was not."""
    market = place.recover()
    [unanswered] = left_open(place)
    market.execute(AbandonTransaction(by=ADMIN, transaction=unanswered.id))
    rest(market)
    check(place, operation, stuck(operation.given_up or operation.refused), before)
    mend(place, operation.revive or operation.mend, prepared)


def stuck(right: Right) -> Right:
    """The same, and somebody was told that an operation is stuck."""
    return evolve(right, incidents=(*right.incidents, "operation_stuck"))


def is_sent_for_ever(operation: Operation) -> bool:
    """An account is opened in the end, once the gateway has forgotten the key."""
    return operation is OPEN_ACCOUNT


@pytest.mark.parametrize(
    ("operation", "fault", "place"), cases(("memory",), ENDING), indirect=["place"]
)
def test_who_says_it_again_at_once_changes_nothing_of_that(
    operation: Operation, fault: Fault, place: Place
) -> None:
    prepared, before = live(place, operation, fault)

    for _ in range(2):
        say(place.market(), operation, prepared, fault)

    if fault is Fault.REFUSED:
        check(place, operation, operation.refused, before)
    else:
        place.recover()
        assert not left_open(place)
        check(place, operation, operation.done, before)


@pytest.mark.parametrize(
    ("operation", "fault", "place"), cases(("memory", "stripe"), SILENT), indirect=["place"]
)
def test_a_webhook_tells_at_once_what_no_answer_did(
    operation: Operation, fault: Fault, place: Place
) -> None:
    _, before = live(place, operation, fault)
    for payout in place.processor.page(at_processor.Payout):
        place.processor.arrive_payout(payout.id)

    assert place.tell()

    assert not left_open(place)
    check(place, operation, operation.done, before)


@frozen(kw_only=True)
class Reason:
    """Why the processor does not do it, or undoes it, and what must come of that."""

    operation: Operation
    arrange: Callable[[Place], None] = lambda place: None  # before it is sent
    begin: Act | None = None  # in place of the usual one
    afterwards: Callable[[Place], object] = lambda place: None  # once it was sent
    right: Right
    mend: Callable[[Place], None] | None = None
    mended: Right | None = None


def set_standing(standing: Standing) -> Callable[[Place], None]:
    def act(place: Place) -> None:
        [account] = place.processor.page(at_processor.Account)
        place.processor.set_standing(account.id, standing)

    return act


def expire_hold(place: Place) -> None:
    [payment] = place.processor.page(at_processor.Payment)
    place.processor.expire(payment.id)


def fail_refund(place: Place) -> None:
    [refund] = place.processor.page(at_processor.Refund)
    place.processor.fail_refund(refund.id)


def fail_payout(place: Place) -> None:
    [payout] = place.processor.page(at_processor.Payout)
    place.processor.fail_payout(payout.id)


def pay_out_elsewhere(place: Place) -> None:
    [account] = place.processor.page(at_processor.Account)
    place.processor.pay_out(account.id, amount=usd("700").minor, currency="USD")


def withdraw_again(place: Place) -> None:
    set_standing(Standing.ACTIVE)(place)
    place.tell()
    withdraw(place.market(), "again")


RESTRICTED = {**RELEASED, "PayoutAccount": ["restricted"]}
REASONS = {
    "authorize-card_declined": Reason(
        operation=AUTHORIZE,
        begin=lambda market, job: market.execute(offering(job, payment_method=REFUSED), key="it"),
        right=NOT_HELD,
    ),
    "capture-hold_expired": Reason(
        operation=CAPTURE,
        arrange=expire_hold,
        right=Right(
            effects=0,
            tries=NOT,
            entities={"Job": ["open"], "Offer": ["expired"], "Payment": ["expired"]},
        ),
    ),
    "void-hold_expired": Reason(
        operation=VOID, arrange=expire_hold, right=evolve(VOID.done, effects=0)
    ),
    "refund-bank_refuses": Reason(
        operation=evolve(
            REFUND,
            prepare=lambda place: assigned(place.market(), payment_method="pm_card_pendingRefund"),
        ),
        afterwards=fail_refund,
        right=evolve(AS_CREDIT, effects=1),
    ),
    "transfer-account_restricted": Reason(
        operation=TRANSFER,
        arrange=set_standing(Standing.RESTRICTED),
        right=evolve(TRANSFER.refused, entities=RESTRICTED),
        mend=set_standing(Standing.ACTIVE),
        mended=TRANSFER.mended,
    ),
    "transfer_reversal-paid_out_elsewhere": Reason(
        operation=TRANSFER_REVERSAL,
        arrange=pay_out_elsewhere,
        afterwards=Place.tell,
        right=Right(
            effects=0,
            tries=NOT,
            entities={**GIVEN_BACK, "Withdrawal": ["paid"]},
            books={
                "processor": "100.00",
                "platform_fee": "80.00",
                "service_fee": "160.00",
                "receivable": "140.00",
            },
            incidents=("payout_elsewhere",),
        ),
    ),
    "payout-account_restricted": Reason(
        operation=PAYOUT,
        arrange=set_standing(Standing.RESTRICTED),
        right=PAYOUT.refused,
        mend=withdraw_again,
        mended=PAYOUT.mended,
    ),
    "payout-bank_refuses": Reason(
        operation=PAYOUT,
        afterwards=fail_payout,
        right=evolve(PAYOUT.refused, effects=1),
        mend=withdraw_again,
        mended=evolve(PAYOUT.mended, effects=2),
    ),
}


# Nothing else happens, or nobody hears of the refusal.
UNHEARD = (
    Fault.WEBHOOK_NEVER,
    Fault.TIMEOUT_AFTER,
    Fault.CRASH_AFTER,
    Fault.CRASH_BEFORE_SETTLING,
)


@pytest.mark.parametrize(
    ("reason", "fault", "place"),
    [
        pytest.param(reason, fault, place, id=f"{name}-{fault}-{place}")
        for name, reason in REASONS.items()
        for fault in UNHEARD
        for place in ("memory", "stripe")
    ],
    indirect=["place"],
)
def test_what_the_processor_has_a_reason_to_refuse_comes_to_what_it_should(
    reason: Reason, fault: Fault, place: Place
) -> None:
    operation = reason.operation
    prepared = operation.prepare(place)
    place.tell()
    before, market = effects(place, operation), place.stricken(operation.request, fault)
    reason.arrange(place)

    def begin() -> None:
        with suppress(PaymentDeclined, Refused):
            (reason.begin or operation.begin)(market, prepared)
        rest(market)

    survive(begin)
    assert place.lines[-1].is_met
    reason.afterwards(place)
    place.recover(SOON * 2)

    assert not left_open(place)
    check(place, operation, reason.right, before)
    if reason.mended is not None and reason.mend is not None:
        reason.mend(place)
        place.recover()
        check(place, operation, reason.mended, before)
    place.tell(times=2, seed=3)
    place.recover(SOON)
    check(place, operation, reason.mended or reason.right, before)


def open_with_fault(place: Place, fault: Fault) -> OverHttp:
    """An account that is open, and of which Stripe is then told to pay nothing out by itself."""
    stripe = place.other_end
    assert isinstance(stripe, OverHttp)
    stripe.server.fault("POST", "/v1/balance_settings", HTTP_FAULTS[fault])
    OPEN_ACCOUNT.begin(place.market(), None)
    assert not stripe.server.faults_left
    return stripe


def check_opened(place: Place, stripe: OverHttp) -> None:
    assert not left_open(place)
    check(place, OPEN_ACCOUNT, OPEN_ACCOUNT.done, 0)
    [account] = place.processor.page(at_processor.Account)
    assert stripe.payout_interval(account.id) == "manual"


@pytest.mark.parametrize("fault", HTTP_FAULTS)
@pytest.mark.parametrize("place", ["stripe"], indirect=True)
def test_an_account_whose_second_call_meets_a_fault_is_opened_all_the_same(
    place: Place, fault: Fault
) -> None:
    stripe = open_with_fault(place, fault)
    assert left_open(place)

    place.recover()

    check_opened(place, stripe)


@pytest.mark.parametrize("fault", [fault for fault in HTTP_FAULTS if fault not in SILENT])
@pytest.mark.parametrize("place", ["stripe"], indirect=True)
def test_so_it_is_if_a_webhook_is_faster_than_the_worker(place: Place, fault: Fault) -> None:
    stripe = open_with_fault(place, fault)

    place.tell()
    place.recover()

    check_opened(place, stripe)


def incidents(place: Place) -> list[str]:
    found = place.store.read(lambda records: records.find(Incident))
    return [one.kind.value for one in found]


@pytest.mark.parametrize("place", ["memory", "stripe"], indirect=True)
def test_a_hold_that_is_captured_elsewhere_before_it_is_known_is_an_incident(place: Place) -> None:
    job = AUTHORIZE.prepare(place)
    AUTHORIZE.begin(place.stricken(Authorize, Fault.TIMEOUT_AFTER), job)
    [payment] = place.processor.page(at_processor.Payment)
    place.processor.capture(payment.id)

    place.recover()

    assert not left_open(place)
    assert incidents(place) == ["captured_elsewhere"]


@pytest.mark.parametrize("place", ["memory", "stripe"], indirect=True)
def test_a_part_that_is_captured_elsewhere_is_an_incident(place: Place) -> None:
    sent = CAPTURE.prepare(place)
    [payment] = place.processor.page(at_processor.Payment)
    place.processor.capture(payment.id, amount=usd("400").minor)

    with suppress(GatewayError, PaymentDeclined):
        accept(place.market(), sent)
    place.recover()

    assert not left_open(place)
    assert incidents(place) == ["captured_elsewhere"]


@pytest.mark.parametrize("place", ["memory", "stripe"], indirect=True)
def test_a_refund_made_elsewhere_arrives_after_ours_was_refused(place: Place) -> None:
    deal = assigned(place.market(), payment_method="pm_card_pendingRefund")
    [payment] = place.processor.page(at_processor.Payment)
    place.processor.refund(payment.id)
    give_back(place.market(), deal, "1000")
    place.tell()
    place.recover()  # by now the bank has taken it

    place.tell()

    webhooks = place.store.read(lambda records: records.find(Webhook))
    assert {one.status for one in webhooks} <= {WebhookStatus.APPLIED, WebhookStatus.IGNORED}
    processor = place.market().query(GetBalance(Account(AccountKind.PROCESSOR, "USD")))
    assert processor.minor == place.processor.balance(PLATFORM, "USD") == 0


@pytest.mark.parametrize("place", ["memory"], indirect=True)
def test_an_account_that_is_never_opened_is_an_incident(place: Place) -> None:
    live(place, OPEN_ACCOUNT, Fault.ERROR_500_BEFORE)

    place.recover()

    assert incidents(place) == ["operation_stuck"]
