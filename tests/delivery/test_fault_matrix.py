"""Every operation meets every fault, and comes to what it should, with one effect or none."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import evolve, field, frozen

from marketpay import (
    AbandonTransaction,
    AcceptOffer,
    AccountKind,
    CancelJob,
    CompleteJob,
    Incident,
    IssueRefund,
    Job,
    Marketplace,
    MemoryStore,
    Offer,
    OpenPayoutAccount,
    Payment,
    PaymentDeclined,
    PaymentTransaction,
    PayOffer,
    PayoutAccount,
    Refund,
    RequestWithdrawal,
    RetryTransfer,
    SqlStore,
    TrialBalance,
    Webhook,
    Withdrawal,
)
from marketpay.domain.lifecycles import PaymentStatus, WebhookStatus
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
    assigned,
    in_progress,
    offering,
    post,
    send,
    usd,
)
from tests.delivery.faults import (
    HOURS,
    HTTP_FAULTS,
    OUTCOMES,
    Fault,
    OverHttp,
    Place,
    Simulated,
    rest,
    survive,
)

Act = Callable[[Marketplace, Any], Any]  # in a process, with what was prepared


@frozen(kw_only=True)
class Right:
    """How everything must stand."""

    entities: dict[str, list[str]]  # the statuses of all there are, by kind
    books: dict[str, str] = field(factory=dict)  # all accounts with something in them
    held: str = "0.00"
    incidents: tuple[str, ...] = ()


@frozen(kw_only=True)
class Operation:
    """One of the operations: how it comes about, and what must come of it."""

    request: type[ActingRequest]
    prepare: Callable[[Place], Any]
    begin: Act  # the command that sends it, or makes a worker send it
    done: Right
    refused: Right  # straight after a refusal
    mend: Act | None = None  # what can be done about it then ...
    waits: tuple[int, ...] = ()
    mended: Right  # ... and what comes of that, in time


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
BEFORE_TRANSFER = {"processor": "1000.00", **EARNED}
TRANSFERRED = {"processor": "300.00", "connected": "700.00", **EARNED}
# Of 200.00 given back, the contractor bears 140.00.
AFTER_REFUND = {"platform_fee": "80.00", "service_fee": "160.00", "wallet.available": "560.00"}
RELEASED = {"Job": ["completed"], "Offer": ["accepted"], "Payment": ["released"],
            "PayoutAccount": ["active"]}  # fmt: skip

AUTHORIZE = Operation(
    request=Authorize,
    prepare=lambda place: post(place.market()),
    begin=lambda market, job: market.execute(offering(job), key="it"),
    done=Right(
        entities={"Job": ["open"], "Offer": ["pending"], "Payment": ["authorized"]}, held="1000.00"
    ),
    refused=Right(entities={"Job": ["open"], "Offer": ["pending"], "Payment": ["failed"]}),
    mend=lambda market, job: pay_again(market, only_offer(market)),
    mended=Right(
        entities={"Job": ["open"], "Offer": ["pending"], "Payment": ["authorized"]}, held="1000.00"
    ),
)
CAPTURE = Operation(
    request=Capture,
    prepare=lambda place: send(place.market()),
    begin=accept,
    done=Right(
        entities={"Job": ["assigned"], "Offer": ["accepted"], "Payment": ["captured"]},
        books=ESCROWED,
    ),
    refused=Right(entities={"Job": ["open"], "Offer": ["pending"], "Payment": ["failed"]}),
    mend=pay_and_accept,
    mended=Right(
        entities={"Job": ["assigned"], "Offer": ["accepted"], "Payment": ["captured"]},
        books=ESCROWED,
    ),
)
VOID = Operation(
    request=Void,
    prepare=lambda place: send(place.market()),
    begin=lambda market, sent: market.execute(CancelJob(by=CUSTOMER, job=sent.offer.job), key="it"),
    done=Right(entities={"Job": ["cancelled"], "Offer": ["withdrawn"], "Payment": ["canceled"]}),
    refused=Right(
        entities={"Job": ["cancelled"], "Offer": ["withdrawn"], "Payment": ["authorized"]},
        held="1000.00",
    ),
    waits=(7 * 24 * HOURS,),
    mended=Right(entities={"Job": ["cancelled"], "Offer": ["withdrawn"], "Payment": ["expired"]}),
)
REFUND = Operation(
    request=RefundPayment,
    prepare=lambda place: assigned(place.market()),
    begin=lambda market, deal: market.execute(
        IssueRefund(by=ADMIN, payment=deal.payment.id, amount=usd("400")), key="it"
    ),
    done=Right(
        entities={"Job": ["assigned"], "Offer": ["accepted"], "Payment": ["captured"],
                  "Refund": ["succeeded"]},
        books={"processor": "600.00", "escrow": "540.00", "platform_fee": "60.00"},
    ),
    refused=Right(
        entities={"Job": ["assigned"], "Offer": ["accepted"], "Payment": ["captured"],
                  "Refund": ["failed"]},
        books={"processor": "1000.00", "escrow": "540.00", "platform_fee": "60.00",
               "credit.available": "400.00"},
        incidents=("refund_failed",),
    ),
    mended=Right(
        entities={"Job": ["assigned"], "Offer": ["accepted"], "Payment": ["captured"],
                  "Refund": ["failed"]},
        books={"processor": "1000.00", "escrow": "540.00", "platform_fee": "60.00",
               "credit.available": "400.00"},
        incidents=("refund_failed",),
    ),
)  # fmt: skip
TRANSFER = Operation(
    request=Transfer,
    prepare=work_to_be_paid,
    begin=lambda market, deal: market.execute(CompleteJob(by=CUSTOMER, job=deal.job.id), key="it"),
    done=Right(entities=RELEASED, books=TRANSFERRED),
    refused=Right(entities=RELEASED, books=BEFORE_TRANSFER),
    mended=Right(entities=RELEASED, books=TRANSFERRED),
)
REVERSAL = Operation(
    request=ReverseTransfer,
    prepare=money_on_the_account,
    begin=lambda market, deal: market.execute(
        IssueRefund(by=ADMIN, payment=deal.payment.id, amount=usd("200")), key="it"
    ),
    done=Right(
        entities={**RELEASED, "Refund": ["succeeded"]},
        books={"processor": "240.00", "connected": "560.00", **AFTER_REFUND},
    ),
    refused=Right(
        entities={**RELEASED, "Refund": ["succeeded"]},
        books={"processor": "100.00", "connected": "700.00", **AFTER_REFUND},
    ),
    mended=Right(
        entities={**RELEASED, "Refund": ["succeeded"]},
        books={"processor": "100.00", "connected": "700.00", **AFTER_REFUND},
    ),
)
PAYOUT = Operation(
    request=PayOut,
    prepare=money_on_the_account,
    begin=lambda market, deal: withdraw(market, "it"),
    done=Right(entities={**RELEASED, "Withdrawal": ["paid"]}, books=PAID_OUT),
    refused=Right(entities={**RELEASED, "Withdrawal": ["failed"]}, books=TRANSFERRED),
    mend=lambda market, deal: withdraw(market, "again"),
    mended=Right(entities={**RELEASED, "Withdrawal": ["failed", "paid"]}, books=PAID_OUT),
)
OPEN_ACCOUNT = Operation(
    request=OpenAccount,
    prepare=lambda place: None,
    begin=lambda market, nothing: market.execute(OpenPayoutAccount(by=CONTRACTOR), key="it"),
    done=Right(entities={"PayoutAccount": ["pending"]}),
    refused=Right(entities={"PayoutAccount": ["rejected"]}),
    mended=Right(entities={"PayoutAccount": ["rejected"]}),
)
SCENARIOS = {
    "authorize": AUTHORIZE,
    "capture": CAPTURE,
    "void": VOID,
    "refund": REFUND,
    "transfer": TRANSFER,
    "transfer_reversal": REVERSAL,
    "payout": PAYOUT,
    "open_account": OPEN_ACCOUNT,
}

PLACES = ("memory", "sqlite", "async memory", "stripe")


@pytest.fixture
def place(
    request: pytest.FixtureRequest, tmp_path: Path, empty_database: Path, clock: VirtualClock
) -> Iterator[Place]:
    kind = request.param
    memory, database = MemoryStore(), tmp_path / "market.db"
    if kind == "sqlite":
        shutil.copyfile(empty_database, database)

    def open_store() -> Any:
        return SqlStore.connect(f"sqlite:///{database}") if kind == "sqlite" else memory

    place = Place(
        clock=clock,
        other_end=OverHttp(clock) if kind == "stripe" else Simulated(clock),
        open_store=open_store,
        is_async=kind.startswith("async"),
    )
    yield place
    place.close()


KINDS: tuple[type[Any], ...] = (Job, Offer, Payment, Refund, PayoutAccount, Withdrawal)


def check(place: Place, right: Right) -> None:
    """Everything is right here and at the processor, and nothing is left to do."""
    market = place.market()

    def look(records: Records) -> dict[str, list[Any]]:
        kinds = (*KINDS, PaymentTransaction, Incident, Webhook)
        return {kind.__name__: records.find(kind) for kind in kinds}

    seen = market.store.read(look)
    found = {kind.__name__: [one.status.value for one in seen[kind.__name__]] for kind in KINDS}
    assert {name: statuses for name, statuses in found.items() if statuses} == right.entities
    totals = market.query(TrialBalance())
    books = {one.kind.value: str(sum.amount) for one, sum in totals.items() if sum.minor}
    assert books == right.books
    assert tuple(sorted(one.kind.value for one in seen["Incident"])) == right.incidents
    assert market.verify().problems == ()
    check_processor(place, right)
    assert [one.status.value for one in seen["Webhook"] if not one.status.value != "applied"] == [
        "applied"
    ] * len([one for one in seen["Webhook"] if one.status is WebhookStatus.APPLIED])
    waiting = (WebhookStatus.RECEIVED, WebhookStatus.DEFERRED, WebhookStatus.DEAD)
    assert not [one for one in seen["Webhook"] if one.status in waiting]
    held = [one for one in seen["Payment"] if one.status is PaymentStatus.AUTHORIZED]
    assert len(held) == (right.held != "0.00")


def check_processor(place: Place, right: Right) -> None:
    """The processor has what the books say that it has."""
    processor = place.processor
    accounts = processor.page(at_processor.Account)
    on_accounts = sum(processor.balance(one.id, "USD") for one in accounts)
    assert processor.balance(PLATFORM, "USD") == usd(right.books.get("processor", "0")).minor
    assert on_accounts == usd(right.books.get("connected", "0")).minor
    assert processor.held("USD") == usd(right.held).minor


def open_operations(place: Place) -> list[Any]:
    """Those of which nobody knows what became of them."""

    def look(records: Records) -> list[Any]:
        accounts = records.find(PayoutAccount)
        return [
            *(one for one in records.find(PaymentTransaction) if not one.is_settled),
            *(one for one in accounts if not one.gateway_account and one.due_at is not None),
        ]

    return place.market().store.read(look)


def effects(place: Place, operation: Operation) -> int:
    """How many times the processor has done such a thing."""
    return place.processor.effects(TALLIES[operation.request])


def cases() -> Iterator[Any]:
    for name, operation in SCENARIOS.items():
        for fault in Fault:
            for place in PLACES:
                there = fault not in (HTTP_FAULTS if place != "stripe" else (Fault.REFUSED,))
                if there or (place != "stripe" and fault in OUTCOMES):
                    id = f"{name}-{fault}-{place.replace(' ', '_')}"
                    yield pytest.param(operation, fault, place, id=id)


@pytest.mark.parametrize(("operation", "fault", "place"), [*cases()], indirect=["place"])
def test_whatever_happens_to_an_operation_it_comes_to_what_it_should(
    operation: Operation, fault: Fault, place: Place
) -> None:
    prepared = operation.prepare(place)
    place.tell()
    before = effects(place, operation)
    market = place.stricken(operation.request, fault)

    def live() -> None:
        try:
            operation.begin(market, prepared)
        except PaymentDeclined:
            assert fault is Fault.REFUSED
        rest(market)

    survive(live)
    if fault is Fault.REFUSED:
        check(place, operation.refused)
        assert effects(place, operation) == before
        return
    if fault is Fault.WEBHOOK_TWICE:
        place.tell(times=2, seed=1)
    place.recover()

    assert not open_operations(place)
    assert effects(place, operation) == before + 1
    check(place, operation.done)
    if fault is not Fault.WEBHOOK_NEVER:
        place.tell(times=2, seed=2)
        place.recover()
        check(place, operation.done)
        assert effects(place, operation) == before + 1
