"""Bad input: the one error that says so, with nothing changed and nothing sent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import frozen

from marketpay import (
    AbandonTransaction,
    AcceptApplication,
    AcceptCancellation,
    AcceptOffer,
    AcceptSettlement,
    Actor,
    AddEvidence,
    ApplyToJob,
    ApproveAdjustment,
    ApproveWithdrawal,
    BuyUpgrade,
    CancelJob,
    CancelWithdrawal,
    ClearPayment,
    Commission,
    CompleteJob,
    CounterOffer,
    CurrencyMismatch,
    DeclineCancellation,
    DisputeId,
    EscalateDispute,
    Forbidden,
    IllegalTransition,
    IncidentId,
    InvalidInput,
    IssueRefund,
    Job,
    JobId,
    LinkPayerAccount,
    MarketpayError,
    Marketplace,
    Money,
    MoneyError,
    NotFound,
    OpenDispute,
    OpenPayoutAccount,
    PaymentId,
    PayOffer,
    PostJob,
    ProposeAdjustment,
    ProposeCancellation,
    ProposeSettlement,
    Refused,
    RejectAdjustment,
    RejectApplication,
    RejectOffer,
    ReplayWebhook,
    RequestChanges,
    RequestWithdrawal,
    ResolveDispute,
    ResolveIncident,
    RespondToDispute,
    RetryTransfer,
    ReviseOffer,
    RevokeUpgrade,
    SendOffer,
    StartJob,
    SubmitWork,
    UpdateJob,
    WithdrawApplication,
    WithdrawDispute,
    WithdrawOffer,
)
from marketpay.ports.gateway import Capture
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import on_both_stores
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    NONE_SUCH,
    OTHER_CUSTOMER,
    PRICE,
    RIVAL,
    SERVICE,
    applied,
    assigned,
    completed,
    everything,
    in_progress,
    nothing_changes,
    offering,
    payee,
    post,
    send,
    usd,
)
from tests.disputes import PHOTO


@frozen
class World:
    """What there is before the bad input comes."""

    market: Marketplace
    gateway: SimulatedGateway
    clock: VirtualClock


@pytest.fixture
def world(market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock) -> World:
    return World(market, gateway, clock)


Doing = Callable[[], object]
A_DISPUTE = DisputeId(f"dsp_{NONE_SUCH}")
A_JOB = JobId(f"job_{NONE_SUCH}")
A_PAYMENT, AN_INCIDENT = PaymentId(f"pay_{NONE_SUCH}"), IncidentId(f"inc_{NONE_SUCH}")


def attempt(world: World, do: Doing, error: type[Exception], code: str | None) -> Exception:
    """The error that `do` comes to; nothing else may come of it."""
    denials = 1 if error is Forbidden else 0
    with (
        nothing_changes(world.market, world.gateway, denials=denials),
        pytest.raises(error) as raised,
    ):
        do()
    assert type(raised.value) is error
    if isinstance(raised.value, MarketpayError):
        assert raised.value.code == code
        assert str(raised.value)[-1] in ".)?!"  # a sentence
        assert "<" not in str(raised.value)
        assert not raised.value.retryable or code == "acceptance_in_progress"
    return raised.value


def rejected_when_made(make: Callable[[Marketplace], object]) -> Callable[[World], Doing]:
    return lambda world: lambda: make(world.market)


def offered(**changes: Any) -> Callable[[World], Doing]:
    """An offer for an open job, but for these changes."""

    def prepare(world: World) -> Doing:
        job = post(world.market)
        return lambda: world.market.execute(offering(job, **changes))

    return prepare


def made(make: Callable[[], object]) -> Callable[[World], Doing]:
    return lambda world: make


def _adjusting(**changes: Any) -> ProposeAdjustment:
    usual: dict[str, Any] = {
        "by": ADMIN,
        "owner": "ctr_42",
        "amount": usd("1"),
        "kind": "write_off",
        "reason": "gone",
    }
    return ProposeAdjustment(**usual | changes)


AMOUNTS = {
    "a float amount": (made(lambda: Money(10.0, "USD")), TypeError, None),  # type: ignore[arg-type]
    "a float of minor units": (
        made(lambda: Money.from_minor(10.0, "USD")),  # type: ignore[arg-type]
        TypeError,
        None,
    ),
    "a float price": (offered(price=1000.0), TypeError, None),
    "a price without currency": (offered(price="1000"), TypeError, None),
    "too many decimals": (made(lambda: Money("10.005", "USD")), MoneyError, "money_error"),
    "decimals of a whole currency": (made(lambda: Money("10.5", "JPY")), MoneyError, "money_error"),
    "not a number": (made(lambda: Money("NaN", "USD")), MoneyError, "money_error"),
    "infinitely much": (made(lambda: Money("Infinity", "USD")), MoneyError, "money_error"),
    "no amount": (made(lambda: Money("ten", "USD")), MoneyError, "money_error"),
    "too much": (made(lambda: Money("1e30", "USD")), MoneyError, "money_error"),
    "a price of zero": (offered(price=usd("0")), MoneyError, "money_error"),
    "a price below zero": (offered(price=usd("-1")), MoneyError, "money_error"),
    "an unknown currency": (made(lambda: Money("1", "XXQ")), MoneyError, "money_error"),
    "a currency in small letters": (made(lambda: Money("1", "usd")), MoneyError, "money_error"),
    "a job in an unknown currency": (
        rejected_when_made(lambda market: post(market, currency="XXQ")),
        MoneyError,
        "money_error",
    ),
    "a job in a currency that is no text": (
        rejected_when_made(lambda market: post(market, currency=840)),  # type: ignore[arg-type]
        TypeError,
        None,
    ),
    "another currency than the job's": (
        offered(price=Money("1000", "EUR")),
        CurrencyMismatch,
        "currency_mismatch",
    ),
    "a rate above one": (made(lambda: Commission("1.01", "0")), InvalidInput, "invalid_input"),
    "a rate below zero": (made(lambda: Commission("-0.1", "0")), InvalidInput, "invalid_input"),
    "rates that sum above one": (
        made(lambda: Commission("0.6", "0.5")),
        InvalidInput,
        "invalid_input",
    ),
    "a float rate": (made(lambda: Commission(0.1, "0.2")), TypeError, None),  # type: ignore[arg-type]
    "a rate that is no number": (
        made(lambda: Commission("NaN", "0")),
        InvalidInput,
        "invalid_input",
    ),
}


def titled(title: Any) -> tuple[Any, ...]:
    make = rejected_when_made(
        lambda market: market.execute(PostJob(by=CUSTOMER, title=title, currency="USD"))
    )
    if not isinstance(title, str):
        return make, TypeError, None
    return make, InvalidInput, "invalid_input"


def updated(**changes: Any) -> Callable[[World], Doing]:
    def prepare(world: World) -> Doing:
        job = post(world.market)
        return lambda: world.market.execute(UpdateJob(by=CUSTOMER, job=job.id, **changes))

    return prepare


WORDS = {
    "an empty title": titled(""),
    "a blank title": titled("  \t "),
    "a title without end": titled("x" * 256),
    "a title with a control character": titled("a\x00b"),
    "a title that is half a character": titled("a\ud800b"),
    "a title that is no text": titled(7),
    "no title": titled(None),
    "a new title that is empty": (updated(title=" "), InvalidInput, "invalid_input"),
    "an update of nothing": (updated(), InvalidInput, "invalid_input"),
    "an endless description": (updated(description="x" * 20_001), InvalidInput, "invalid_input"),
    "an actor without name": (made(lambda: Actor.customer("")), InvalidInput, "invalid_input"),
    "an actor with a blank name": (
        made(lambda: Actor.customer(" ")),
        InvalidInput,
        "invalid_input",
    ),
    "an actor with a line for a name": (
        made(lambda: Actor.customer("a\nb")),
        InvalidInput,
        "invalid_input",
    ),
    "an actor with an endless name": (
        made(lambda: Actor.customer("x" * 256)),
        InvalidInput,
        "invalid_input",
    ),
    "an actor that is a number": (
        made(lambda: Actor.customer(17)),  # type: ignore[arg-type]
        TypeError,
        None,
    ),
    "a contractor without name": (offered(contractor=""), InvalidInput, "invalid_input"),
    "a card number": (
        offered(payment_method="4242424242424242"),
        InvalidInput,
        "invalid_input",
    ),
    "a date without time zone": (
        offered(expires_at=datetime(2030, 1, 1)),  # noqa: DTZ001
        InvalidInput,
        "invalid_input",
    ),
    "a date that is text": (offered(expires_at="2030-01-01"), TypeError, None),
    "a deadline without time zone": (
        updated(deadline=datetime(2030, 1, 1)),  # noqa: DTZ001
        InvalidInput,
        "invalid_input",
    ),
    "a deadline that is text": (updated(deadline="2030-01-01"), TypeError, None),
    "a deadline in a year without end": (
        updated(deadline=datetime.max.replace(tzinfo=UTC)),
        InvalidInput,
        "invalid_input",
    ),
    "work with an endless message": (
        made(lambda: SubmitWork(by=CONTRACTOR, job=A_JOB, message="x" * 20_001)),
        InvalidInput,
        "invalid_input",
    ),
    "changes that are no text": (
        made(lambda: RequestChanges(by=CUSTOMER, job=A_JOB, message=7)),  # type: ignore[arg-type]
        TypeError,
        None,
    ),
}


def bought(**changes: Any) -> Callable[[World], Doing]:
    """An upgrade, but for these changes."""
    fields = {
        "listing": "lst_1",
        "premium_type": "gold",
        "success_url": "https://host.example/yes",
        "cancel_url": "https://host.example/no",
    }
    said: dict[str, Any] = {"by": CUSTOMER, **fields, **changes}
    return lambda world: lambda: world.market.execute(BuyUpgrade(**said))


INVALID = (InvalidInput, "invalid_input")
MONEY = {
    "a refund of nothing": (
        made(lambda: IssueRefund(by=ADMIN, payment=A_PAYMENT, amount=usd("0"))),
        MoneyError,
        "money_error",
    ),
    "a refund below zero": (
        made(lambda: IssueRefund(by=ADMIN, payment=A_PAYMENT, amount=usd("-1"))),
        MoneyError,
        "money_error",
    ),
    "a refund of a number": (
        made(lambda: IssueRefund(by=ADMIN, payment=A_PAYMENT, amount=10)),  # type: ignore[arg-type]
        TypeError,
        None,
    ),
    "a refund with an endless reason": (
        made(lambda: IssueRefund(by=ADMIN, payment=A_PAYMENT, amount=PRICE, reason="x" * 2_001)),
        *INVALID,
    ),
    "a withdrawal of nothing": (
        made(lambda: RequestWithdrawal(by=CONTRACTOR, amount=usd("0"))),
        MoneyError,
        "money_error",
    ),
    "a withdrawal of a number": (
        made(lambda: RequestWithdrawal(by=CONTRACTOR, amount=1)),  # type: ignore[arg-type]
        TypeError,
        None,
    ),
    "an adjustment of nothing": (
        made(lambda: _adjusting(amount=usd("0"))),
        MoneyError,
        "money_error",
    ),
    "an adjustment of nobody": (
        made(lambda: _adjusting(owner="")),
        *INVALID,
    ),
    "an adjustment without a reason": (
        made(lambda: _adjusting(reason=" ")),
        *INVALID,
    ),
    "a payer without name": (
        made(lambda: LinkPayerAccount(by=ADMIN, customer=" ", gateway_customer="cus_A")),
        *INVALID,
    ),
    "a payer's account without name": (
        made(lambda: LinkPayerAccount(by=ADMIN, customer="cus_17", gateway_customer="")),
        *INVALID,
    ),
    "a payer's account that is a number": (
        made(
            lambda: LinkPayerAccount(by=ADMIN, customer="cus_17", gateway_customer=7)  # type: ignore[arg-type]
        ),
        TypeError,
        None,
    ),
    "a dispute without a reason": (
        made(lambda: OpenDispute(by=CUSTOMER, payment=A_PAYMENT, reason=" \n")),
        *INVALID,
    ),
    "a dispute with an endless reason": (
        made(lambda: OpenDispute(by=CUSTOMER, payment=A_PAYMENT, reason="x" * 20_001)),
        *INVALID,
    ),
    "a response that says nothing": (
        made(lambda: RespondToDispute(by=CONTRACTOR, dispute=A_DISPUTE, message="")),
        *INVALID,
    ),
    "evidence with a note of control characters": (
        made(lambda: AddEvidence(by=CUSTOMER, dispute=A_DISPUTE, attachment=PHOTO, note="\x00")),
        *INVALID,
    ),
    "an incident resolved without a note": (
        made(lambda: ResolveIncident(by=ADMIN, incident=AN_INCIDENT, note="\t ")),
        *INVALID,
    ),
    "an incident with an endless note": (
        made(lambda: ResolveIncident(by=ADMIN, incident=AN_INCIDENT, note="x" * 2_001)),
        *INVALID,
    ),
    "a country of three letters": (
        made(lambda: OpenPayoutAccount(by=CONTRACTOR, country="FRA")),
        *INVALID,
    ),
    "a country in small letters": (
        made(lambda: OpenPayoutAccount(by=CONTRACTOR, country="fr")),
        *INVALID,
    ),
    "an upgrade to what there is not": (bought(premium_type="diamond"), *INVALID),
    "an upgrade of nothing": (bought(listing=""), *INVALID),
    "an upgrade that leads nowhere": (bought(success_url="/yes"), *INVALID),
    "an upgrade that leads to a script": (bought(cancel_url="javascript:alert(1)"), *INVALID),
    "an upgrade that leads to a number": (bought(cancel_url=7), TypeError, None),
}

ABOUT: dict[str, tuple[Any, str, str]] = {
    "update": (lambda value: UpdateJob(by=CUSTOMER, job=value, title="x"), "job", "off"),
    "apply": (lambda value: ApplyToJob(by=CONTRACTOR, job=value), "job", "cus"),
    "send": (
        lambda value: SendOffer(by=CUSTOMER, job=value, contractor="ctr_42", price=PRICE),
        "job",
        "off",
    ),
    "send for an application": (
        lambda value: SendOffer(
            by=CUSTOMER,
            job=f"job_{NONE_SUCH}",  # type: ignore[arg-type]
            application=value,
            price=PRICE,
        ),
        "app",
        "ctr",
    ),
    "start": (lambda value: StartJob(by=CONTRACTOR, job=value), "job", "pay"),
    "complete": (lambda value: CompleteJob(by=CUSTOMER, job=value), "job", "off"),
    "submit": (lambda value: SubmitWork(by=CONTRACTOR, job=value), "job", "off"),
    "changes": (lambda value: RequestChanges(by=CUSTOMER, job=value), "job", "pay"),
    "cancel": (lambda value: CancelJob(by=CUSTOMER, job=value), "job", "off"),
    "propose to cancel": (
        lambda value: ProposeCancellation(by=CUSTOMER, job=value),
        "job",
        "off",
    ),
    "agree to cancel": (lambda value: AcceptCancellation(by=CUSTOMER, job=value), "job", "pay"),
    "decline to cancel": (
        lambda value: DeclineCancellation(by=CUSTOMER, job=value),
        "job",
        "off",
    ),
    "accept": (lambda value: AcceptOffer(by=CONTRACTOR, offer=value), "off", "job"),
    "reject": (lambda value: RejectOffer(by=CONTRACTOR, offer=value), "off", "app"),
    "counter": (
        lambda value: CounterOffer(by=CONTRACTOR, offer=value, price=usd("9")), "off", "job",
    ),
    "revise": (lambda value: ReviseOffer(by=CUSTOMER, offer=value, price=PRICE), "off", "pay"),
    "withdraw": (lambda value: WithdrawOffer(by=CUSTOMER, offer=value), "off", "pay"),
    "pay": (lambda value: PayOffer(by=CUSTOMER, offer=value), "off", "pay"),
    "accept application": (
        lambda value: AcceptApplication(by=CUSTOMER, application=value), "app", "off",
    ),
    "reject application": (
        lambda value: RejectApplication(by=CUSTOMER, application=value), "app", "job",
    ),
    "withdraw application": (
        lambda value: WithdrawApplication(by=CONTRACTOR, application=value), "app", "off",
    ),
    "refund": (lambda value: IssueRefund(by=ADMIN, payment=value, amount=PRICE), "pay", "off"),
    "clear": (lambda value: ClearPayment(by=ADMIN, payment=value), "pay", "off"),
    "retry": (lambda value: RetryTransfer(by=ADMIN, payment=value), "pay", "ptx"),
    "abandon": (lambda value: AbandonTransaction(by=ADMIN, transaction=value), "ptx", "pay"),
    "approve withdrawal": (
        lambda value: ApproveWithdrawal(by=ADMIN, withdrawal=value), "wdr", "wal",
    ),
    "cancel withdrawal": (
        lambda value: CancelWithdrawal(by=CONTRACTOR, withdrawal=value), "wdr", "ref",
    ),
    "resolve": (
        lambda value: ResolveIncident(by=ADMIN, incident=value, note="seen"), "inc", "pay",
    ),
    "replay": (lambda value: ReplayWebhook(by=ADMIN, webhook=value), "whk", "inc"),
    "open dispute": (
        lambda value: OpenDispute(by=CUSTOMER, payment=value, reason="No"), "pay", "dsp",
    ),
    "respond": (
        lambda value: RespondToDispute(by=CUSTOMER, dispute=value, message="No"), "dsp", "pay",
    ),
    "escalate": (lambda value: EscalateDispute(by=CUSTOMER, dispute=value), "dsp", "dp"),
    "add evidence": (
        lambda value: AddEvidence(by=CUSTOMER, dispute=value, attachment=PHOTO), "dsp", "evi",
    ),
    "propose": (
        lambda value: ProposeSettlement(by=CUSTOMER, dispute=value, to_customer=PRICE),
        "dsp",
        "pay",
    ),
    "settle": (
        lambda value: AcceptSettlement(by=CUSTOMER, dispute=value, to_customer=PRICE),
        "dsp",
        "pay",
    ),
    "resolve dispute": (
        lambda value: ResolveDispute(
            by=ADMIN, dispute=value, to_customer=PRICE, to_contractor=PRICE
        ),
        "dsp",
        "chb",
    ),
    "withdraw dispute": (lambda value: WithdrawDispute(by=CUSTOMER, dispute=value), "dsp", "wdr"),
    "approve adjustment": (
        lambda value: ApproveAdjustment(by=ADMIN, adjustment=value), "adj", "wal",
    ),
    "reject adjustment": (
        lambda value: RejectAdjustment(by=ADMIN, adjustment=value, reason="No"), "adj", "wdr",
    ),
    "revoke": (lambda value: RevokeUpgrade(by=ADMIN, upgrade=value), "upg", "ptx"),
}  # fmt: skip


def _ids() -> dict[str, tuple[Any, ...]]:
    rows: dict[str, tuple[Any, ...]] = {}
    for name, (command, right, wrong) in ABOUT.items():
        for what, value in {
            "another kind": f"{wrong}_{NONE_SUCH}",
            "no kind": NONE_SUCH,
            "nothing": "",
            "a number": 7,
            "an endless kind": f"{right}_{'0' * 90}",
        }.items():
            rows[f"{name}, an id of {what}"] = (
                made(lambda command=command, value=value: command(value)),  # type: ignore[misc]
                InvalidInput,
                "invalid_input",
            )
        rows[f"{name}, of what is not there"] = (
            lambda world, command=command, value=f"{right}_{NONE_SUCH}": (
                lambda: world.market.execute(command(value))
            ),
            NotFound,
            "not_found",
        )
    return rows


def _to_oneself(world: World) -> Doing:
    job = post(world.market)
    return lambda: world.market.execute(offering(job, contractor=CUSTOMER.id))


def _of_another_job(world: World) -> Doing:
    application = applied(world.market, post(world.market))
    job = post(world.market)
    command = offering(job, contractor=None, application=application.id)
    return lambda: world.market.execute(command)


def _by_another_customer(world: World) -> Doing:
    job = post(world.market)
    command = SendOffer(by=OTHER_CUSTOMER, job=job.id, contractor="ctr_42", price=PRICE)
    return lambda: world.market.execute(command)


def _for_an_assigned_job(world: World) -> Doing:
    job = assigned(world.market).job
    return lambda: world.market.execute(offering(job, to=RIVAL))


def _for_a_cancelled_job(world: World) -> Doing:
    job = post(world.market)
    world.market.execute(CancelJob(by=CUSTOMER, job=job.id))
    return lambda: world.market.execute(offering(job))


def _in_the_past(world: World) -> Doing:
    job = post(world.market)
    past = world.clock() - timedelta(seconds=1)
    return lambda: world.market.execute(offering(job, expires_at=past))


def _accepting_too_late(world: World) -> Doing:
    sent = send(world.market, expires_at=world.clock() + timedelta(hours=1))
    world.clock.advance(hours=1)
    return lambda: world.market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))


def _accepting_after_the_timer(world: World) -> Doing:
    accepting = _accepting_too_late(world)
    world.market.work()
    return accepting


def _accepting_after_another(world: World) -> Doing:
    job = post(world.market)
    sent, other = send(world.market, job), send(world.market, job, to=RIVAL)
    world.market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    return lambda: world.market.execute(AcceptOffer(by=RIVAL, offer=other.offer.id))


def _accepting_for_another(world: World) -> Doing:
    sent = send(world.market)
    return lambda: world.market.execute(AcceptOffer(by=RIVAL, offer=sent.offer.id))


def _cancelling_while_accepting(world: World) -> Doing:
    sent = send(world.market)
    world.gateway.script(Capture, Outcome.TIMEOUT_BEFORE)
    world.market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    return lambda: world.market.execute(CancelJob(by=CUSTOMER, job=sent.offer.job))


def _completing_before_start(world: World) -> Doing:
    job = assigned(world.market).job
    return lambda: world.market.execute(CompleteJob(by=CUSTOMER, job=job.id))


def _completing_for_another(world: World) -> Doing:
    job = in_progress(world.market).job
    return lambda: world.market.execute(CompleteJob(by=CONTRACTOR, job=job.id))


def _a_deadline_that_has_passed(world: World) -> Doing:
    command = PostJob(by=CUSTOMER, title="Paint", currency="USD", deadline=world.clock())
    return lambda: world.market.execute(command)


def _submitting_before_start(world: World) -> Doing:
    job = assigned(world.market).job
    return lambda: world.market.execute(SubmitWork(by=CONTRACTOR, job=job.id))


def _submitting_for_another(world: World) -> Doing:
    job = in_progress(world.market).job
    return lambda: world.market.execute(SubmitWork(by=CUSTOMER, job=job.id))


def _submitted(world: World) -> Job:
    job = in_progress(world.market).job
    return world.market.execute(SubmitWork(by=CONTRACTOR, job=job.id))


def _changing_nothing(world: World) -> Doing:
    job = in_progress(world.market).job
    return lambda: world.market.execute(RequestChanges(by=CUSTOMER, job=job.id))


def _changing_ones_own(world: World) -> Doing:
    job = _submitted(world)
    return lambda: world.market.execute(RequestChanges(by=CONTRACTOR, job=job.id))


def _cancelling_what_was_submitted(world: World) -> Doing:
    job = _submitted(world)
    return lambda: world.market.execute(CancelJob(by=CUSTOMER, job=job.id))


def _calling_off(by: Actor, amount: Money, proposed: str = "600") -> Callable[[World], Doing]:
    """The customer proposes, and somebody answers."""

    def prepare(world: World) -> Doing:
        job = in_progress(world.market).job
        world.market.execute(
            ProposeCancellation(by=CUSTOMER, job=job.id, to_customer=usd(proposed))
        )
        command = AcceptCancellation(by=by, job=job.id, to_customer=amount)
        return lambda: world.market.execute(command)

    return prepare


def _proposing(amount: Money, by: Actor = CUSTOMER) -> Callable[[World], Doing]:
    def prepare(world: World) -> Doing:
        job = in_progress(world.market).job
        command = ProposeCancellation(by=by, job=job.id, to_customer=amount)
        return lambda: world.market.execute(command)

    return prepare


def _refunding_more_than_there_is(world: World) -> Doing:
    paid = assigned(world.market).payment
    more = PRICE + usd("0.01")
    return lambda: world.market.execute(IssueRefund(by=ADMIN, payment=paid.id, amount=more))


def _refunding_what_is_only_held(world: World) -> Doing:
    held = send(world.market).payment
    return lambda: world.market.execute(IssueRefund(by=ADMIN, payment=held.id, amount=usd("1")))


def _refunding_in_another_currency(world: World) -> Doing:
    paid = assigned(world.market).payment
    euro = Money("1", "EUR")
    return lambda: world.market.execute(IssueRefund(by=ADMIN, payment=paid.id, amount=euro))


def _refunding_by_the_customer(world: World) -> Doing:
    paid = assigned(world.market).payment
    command = IssueRefund(by=CUSTOMER, payment=paid.id, amount=usd("1"))
    return lambda: world.market.execute(command)


def _with_money(world: World) -> None:
    payee(world.market, world.gateway)
    completed(world.market)
    world.market.work()


def _withdrawing(amount: str, by: Actor = CONTRACTOR) -> Callable[[World], Doing]:
    def prepare(world: World) -> Doing:
        _with_money(world)
        return lambda: world.market.execute(RequestWithdrawal(by=by, amount=usd(amount)))

    return prepare


def _withdrawing_twice(world: World) -> Doing:
    again = _withdrawing("1")(world)
    again()
    return again


def _withdrawing_without_an_account(world: World) -> Doing:
    completed(world.market)
    return lambda: world.market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("1")))


def _cancelling_what_was_sent(world: World) -> Doing:
    _with_money(world)
    asked = world.market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("1")))
    world.market.work()
    return lambda: world.market.execute(CancelWithdrawal(by=CONTRACTOR, withdrawal=asked.id))


def _cancelling_anothers(world: World) -> Doing:
    _with_money(world)
    asked = world.market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("1")))
    return lambda: world.market.execute(CancelWithdrawal(by=RIVAL, withdrawal=asked.id))


def _writing_off(by: Actor) -> Callable[[World], Doing]:
    def prepare(world: World) -> Doing:
        world.market.execute(OpenPayoutAccount(by=CONTRACTOR))
        command = _adjusting(by=by)
        return lambda: world.market.execute(command)

    return prepare


def _an_account_of_another(world: World) -> Doing:
    for customer in ("cus_18", "cus_17"):
        command = LinkPayerAccount(by=ADMIN, customer=customer, gateway_customer="cus_A")
        if customer == "cus_18":
            world.market.execute(command)
    return lambda: world.market.execute(command)


def _an_account_of_ones_own(world: World) -> Doing:
    command = LinkPayerAccount(by=CUSTOMER, customer=CUSTOMER.id, gateway_customer="cus_A")
    return lambda: world.market.execute(command)


def _a_page_of_anothers(world: World) -> Doing:
    bought()(world)()
    other = bought(by=OTHER_CUSTOMER)
    return other(world)


def _an_upgrade_by_the_contractor(world: World) -> Doing:
    return bought(by=CONTRACTOR)(world)


SITUATIONS = {
    "agreeing to what is not proposed": (
        _calling_off(CONTRACTOR, usd("599.99")),
        Refused,
        "proposal_changed",
    ),
    "agreeing with oneself": (_calling_off(CUSTOMER, usd("600")), Forbidden, "forbidden"),
    "agreeing for others": (_calling_off(ADMIN, usd("600")), Forbidden, "forbidden"),
    "agreeing in another currency": (
        _calling_off(CONTRACTOR, Money("600", "EUR")),
        CurrencyMismatch,
        "currency_mismatch",
    ),
    "proposing more than there is": (_proposing(usd("1000.01")), Refused, "not_refundable"),
    "proposing in another currency": (
        _proposing(Money("1", "EUR")),
        CurrencyMismatch,
        "currency_mismatch",
    ),
    "proposing for others": (_proposing(usd("1"), RIVAL), Forbidden, "forbidden"),
    "a refund of more than there is": (
        _refunding_more_than_there_is,
        Refused,
        "not_refundable",
    ),
    "a refund of what is only held": (_refunding_what_is_only_held, Refused, "not_refundable"),
    "a refund in another currency": (
        _refunding_in_another_currency,
        CurrencyMismatch,
        "currency_mismatch",
    ),
    "a refund by the customer": (_refunding_by_the_customer, Forbidden, "forbidden"),
    "a withdrawal of more than there is": (_withdrawing("700.01"), Refused, "balance_too_low"),
    "a withdrawal by who has nothing": (_withdrawing("1", RIVAL), Refused, "balance_too_low"),
    "a withdrawal by a customer": (_withdrawing("1", CUSTOMER), Forbidden, "forbidden"),
    "a withdrawal beside another": (_withdrawing_twice, Refused, "withdrawal_in_progress"),
    "a withdrawal to nowhere": (
        _withdrawing_without_an_account,
        Refused,
        "payouts_not_active",
    ),
    "cancelling a withdrawal that was sent": (
        _cancelling_what_was_sent,
        IllegalTransition,
        "illegal_transition",
    ),
    "cancelling another's withdrawal": (_cancelling_anothers, Forbidden, "forbidden"),
    "writing off what nobody owes": (_writing_off(ADMIN), Refused, "balance_too_low"),
    "writing off what a stranger owes": (
        lambda world: lambda: world.market.execute(_adjusting(owner="nobody")),
        NotFound,
        "not_found",
    ),
    "writing off by a service": (_writing_off(SERVICE), Forbidden, "forbidden"),
    "a payer's account of another": (_an_account_of_another, InvalidInput, "invalid_input"),
    "a payer's account of one's own": (_an_account_of_ones_own, Forbidden, "forbidden"),
    "a page that another has open": (_a_page_of_anothers, Refused, "purchase_in_progress"),
    "an upgrade by a contractor": (_an_upgrade_by_the_contractor, Forbidden, "forbidden"),
    "an offer to oneself": (_to_oneself, Refused, "own_job"),
    "an offer to an applicant of another job": (
        _of_another_job,
        Refused,
        "application_of_another_job",
    ),
    "an offer by someone else's customer": (_by_another_customer, Forbidden, "forbidden"),
    "an offer for an assigned job": (_for_an_assigned_job, Refused, "job_not_open"),
    "an offer for a cancelled job": (_for_a_cancelled_job, Refused, "job_not_open"),
    "an offer that has expired": (_in_the_past, InvalidInput, "invalid_input"),
    "accepting after expiry": (_accepting_too_late, Refused, "offer_expired"),
    "accepting after the timer": (_accepting_after_the_timer, Refused, "offer_expired"),
    "accepting after another": (_accepting_after_another, Refused, "job_already_assigned"),
    "accepting for another": (_accepting_for_another, Forbidden, "forbidden"),
    "cancelling while accepting": (
        _cancelling_while_accepting,
        Refused,
        "acceptance_in_progress",
    ),
    "completing before start": (_completing_before_start, IllegalTransition, "illegal_transition"),
    "a deadline that has passed": (_a_deadline_that_has_passed, InvalidInput, "invalid_input"),
    "submitting before start": (_submitting_before_start, IllegalTransition, "illegal_transition"),
    "submitting by the customer": (_submitting_for_another, Forbidden, "forbidden"),
    "changes of what was not submitted": (
        _changing_nothing,
        IllegalTransition,
        "illegal_transition",
    ),
    "changes by the contractor": (_changing_ones_own, Forbidden, "forbidden"),
    "cancelling what was submitted": (
        _cancelling_what_was_submitted,
        IllegalTransition,
        "illegal_transition",
    ),
    "completing by the contractor": (_completing_for_another, Forbidden, "forbidden"),
}

ROWS = {**AMOUNTS, **WORDS, **MONEY, **SITUATIONS}
VALUES = _ids()


@pytest.mark.covers("A079", "A137")
@on_both_stores
@pytest.mark.parametrize(("prepare", "error", "code"), ROWS.values(), ids=ROWS)
def test_bad_input_is_told_apart_and_changes_nothing(
    world: World,
    prepare: Callable[[World], Doing],
    error: type[Exception],
    code: str | None,
) -> None:
    attempt(world, prepare(world), error, code)


@pytest.mark.covers("B072")
def test_an_id_of_another_kind_or_of_nothing_is_told_apart(world: World) -> None:
    send(world.market)
    for name, (prepare, error, code) in VALUES.items():
        raised = attempt(world, prepare(world), error, code)
        assert isinstance(raised, MarketpayError), name


@pytest.mark.parametrize(("prepare", "error", "code"), SITUATIONS.values(), ids=SITUATIONS)
def test_a_preview_says_the_same(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    prepare: Callable[[World], Doing],
    error: type[Exception],
    code: str,
) -> None:
    do = prepare(world)
    monkeypatch.setattr(world.market, "execute", world.market.preview, raising=False)
    with nothing_changes(world.market, world.gateway), pytest.raises(error):
        do()


def test_the_same_contractor_accepting_again_is_no_error(world: World) -> None:
    accepted = assigned(world.market)
    before, calls = everything(world.market), world.gateway.calls
    again = world.market.execute(AcceptOffer(by=CONTRACTOR, offer=accepted.offer.id))

    assert again == accepted
    assert (everything(world.market), world.gateway.calls) == (before, calls)
