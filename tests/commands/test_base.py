"""What holds for every command: who may, what is on record, previews, keys, reading."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from attrs import evolve, fields, frozen

from marketpay import (
    AcceptApplication,
    AcceptCancellation,
    AcceptOffer,
    AcceptSettlement,
    AccountStanding,
    AccountState,
    Actor,
    AddEvidence,
    ApplyToJob,
    ApproveAdjustment,
    ApproveWithdrawal,
    BookProcessorFee,
    BuryWebhook,
    BuyUpgrade,
    CancelJob,
    CancelMilestone,
    CancelWithdrawal,
    ChargebackStanding,
    ChargebackState,
    CheckoutPaid,
    ClearPayment,
    Command,
    CompleteJob,
    ContinueWithdrawal,
    CounterOffer,
    DeclineCancellation,
    EmptyEscrow,
    EndClearance,
    ErasePerson,
    EscalateDispute,
    ExpireAdjustment,
    ExpireConfirmation,
    ExpireCredit,
    ExpireDispute,
    ExpireUpgrade,
    FlagPayment,
    Forbidden,
    FreeCredit,
    FreezeWallet,
    FundMilestone,
    GetJob,
    GrantCredit,
    IdempotencyConflict,
    InvalidInput,
    IssueRefund,
    JournalOf,
    LinkPayerAccount,
    ListIncidents,
    ListWithdrawals,
    Marketplace,
    Money,
    NoteUpgradeChargeback,
    NotFound,
    OpenDispute,
    OpenPayoutAccount,
    PassDeadline,
    PayExtra,
    PaymentDeclined,
    PayOffer,
    PayoutAccount,
    PayoutState,
    PayTip,
    PostJob,
    Progress,
    ProposeAdjustment,
    ProposeCancellation,
    ProposeSettlement,
    RecordPayout,
    RecordRefund,
    RecordReversal,
    RecordUpgradeRefund,
    RefundMilestone,
    RefundState,
    RefundUpgrade,
    RejectAdjustment,
    RejectApplication,
    RejectOffer,
    ReleaseAutomatically,
    ReleaseMilestone,
    ReleaseMilestoneAutomatically,
    ReplayWebhook,
    RequestChanges,
    RequestMilestoneChanges,
    RequestWithdrawal,
    ResolveDispute,
    ResolveIncident,
    RespondToDispute,
    RetryTransfer,
    ReviseOffer,
    RevokeUpgrade,
    Sale,
    SettleChargeback,
    SettleHold,
    StartJob,
    StartMilestone,
    SubmitMilestone,
    SubmitWork,
    TransactionKind,
    Transferred,
    UnfreezeWallet,
    UpdateJob,
    Upgrade,
    WarnOfExpiry,
    WebhookStatus,
    WithdrawApplication,
    WithdrawDispute,
    WithdrawOffer,
)
from marketpay.commands.payout_accounts import SettleAccount, SweepTransfers
from marketpay.commands.settling import SettleTransaction
from marketpay.commands.timers import ExpireAuthorization, ExpireOffer, PostponeTimer
from marketpay.domain.entity import Entity
from marketpay.domain.timer import TimerKind
from marketpay.ports.gateway import NoAnswer, ReversalState
from marketpay.testing import SimulatedGateway, VirtualClock
from marketpay.testing.store_contract.further_samples import a_webhook
from tests.conftest import OpenMarket, on_one_store
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    EVERYBODY,
    GOOD,
    NONE_SUCH,
    OTHER_CUSTOMER,
    REFUSED,
    RIVAL,
    SERVICE,
    applied,
    assigned,
    completed,
    declined,
    everything,
    happened_to,
    heard,
    in_progress,
    nothing_changes,
    offering,
    operations,
    post,
    send,
    usd,
)
from tests.disputes import PARTIES, PHOTO, disputed
from tests.milestones import in_parts
from tests.money import CHECKER, proposed

SYSTEM = Actor.SYSTEM


@frozen
class Scene:
    """A situation in which a command makes sense, and who may give it then."""

    prepare: Callable[[Marketplace], Command[Any]]
    allowed: tuple[Actor, ...]


def _job(make: Callable[..., Command[Any]], **more: Any) -> Callable[[Marketplace], Command[Any]]:
    return lambda market: make(by=CUSTOMER, job=post(market).id, **more)


def _assigned(make: Callable[..., Command[Any]]) -> Callable[[Marketplace], Command[Any]]:
    return lambda market: make(by=CUSTOMER, job=assigned(market).job.id)


def _submitted(make: Callable[..., Command[Any]]) -> Callable[[Marketplace], Command[Any]]:
    def prepare(market: Marketplace) -> Command[Any]:
        job = in_progress(market).job
        market.execute(SubmitWork(by=CONTRACTOR, job=job.id))
        return make(by=CUSTOMER, job=job.id)

    return prepare


def _application(make: Callable[..., Command[Any]]) -> Callable[[Marketplace], Command[Any]]:
    return lambda market: make(by=CUSTOMER, application=applied(market, post(market)).id)


def _offer(make: Callable[..., Command[Any]], **more: Any) -> Callable[[Marketplace], Command[Any]]:
    return lambda market: make(by=CUSTOMER, offer=send(market).offer.id, **more)


def _settle(market: Marketplace) -> Command[Any]:
    [hold] = operations(market, send(market).payment, TransactionKind.AUTHORIZE)
    return SettleTransaction(by=CUSTOMER, transaction=hold.id, news=NoAnswer())


def _settle_account(market: Marketplace) -> Command[Any]:
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    return SettleAccount(by=CUSTOMER, account=account.id, news=NoAnswer())


def _activated(market: Marketplace, by: Actor) -> PayoutAccount:
    account = market.execute(OpenPayoutAccount(by=by))
    news = AccountState(gateway_id=str(account.gateway_account), standing=AccountStanding.ACTIVE)
    market.execute(SettleAccount(by=SYSTEM, account=account.id, news=news))
    return account


def _refund_elsewhere(market: Marketplace) -> Command[Any]:
    state = RefundState(
        gateway_id="re_1",
        payment=str(assigned(market).payment.gateway_payment),
        amount=usd("1"),
        progress=Progress.PENDING,
        reference=None,
    )
    return RecordRefund(by=CUSTOMER, state=state)


def _chargeback(market: Marketplace) -> Command[Any]:
    state = ChargebackState(
        gateway_id="dp_1",
        payment=str(assigned(market).payment.gateway_payment),
        amount=usd("1"),
        standing=ChargebackStanding.NEEDS_RESPONSE,
        withdrawn=usd("1"),
        fee=usd("15"),
        reason="fraudulent",
    )
    return SettleChargeback(by=CUSTOMER, state=state)


def _payout_elsewhere(market: Marketplace) -> Command[Any]:
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    state = PayoutState(
        gateway_id="po_1",
        account=str(account.gateway_account),
        amount=usd("10"),
        progress=Progress.PENDING,
        reference=None,
    )
    return RecordPayout(by=CUSTOMER, state=state)


def _debt(market: Marketplace) -> Command[Any]:
    market.execute(evolve(_payout_elsewhere(market), by=SYSTEM))
    return ProposeAdjustment(
        by=CUSTOMER, owner=CONTRACTOR.id, amount=usd("1"), kind="write_off", reason="gone"
    )


def _adjusting(make: Callable[..., Command[Any]], **more: Any) -> Callable[..., Command[Any]]:
    """Of what another administrator proposed."""
    return lambda market: make(
        by=CUSTOMER, adjustment=proposed(market, "credit", "1", by=CHECKER).id, **more
    )


def _reversal_elsewhere(market: Marketplace) -> Command[Any]:
    _activated(market, CONTRACTOR)
    [made] = operations(market, completed(market).payment, TransactionKind.TRANSFER)
    news = Transferred(gateway_id="tr_1", amount=made.amount)
    market.execute(SettleTransaction(by=SYSTEM, transaction=made.id, news=news))
    state = ReversalState(gateway_id="trr_1", amount=usd("1"), reference=None)
    return RecordReversal(by=CUSTOMER, transfer=made.id, state=state)


def _withdrawal(market: Marketplace) -> Command[Any]:
    for who in (CONTRACTOR, RIVAL):
        _activated(market, who)
        completed(market, to=who)
    return RequestWithdrawal(by=CUSTOMER, amount=usd("1"))


def _withdrawn(make: Callable[..., Command[Any]]) -> Callable[[Marketplace], Command[Any]]:
    def prepare(market: Marketplace) -> Command[Any]:
        open_ones = market.query(ListWithdrawals(contractor=CONTRACTOR.id)).items
        command = evolve(_withdrawal(market), by=CONTRACTOR)
        asked = open_ones[0] if open_ones else market.execute(command)
        return make(by=CUSTOMER, withdrawal=asked.id)

    return prepare


def _incident(market: Marketplace) -> Command[Any]:
    payment = send(market).payment
    market.execute(FlagPayment(by=SYSTEM, payment=payment.id, detail="issfr_1"))
    [incident] = market.query(ListIncidents(subject=payment.id)).items
    return ResolveIncident(by=CUSTOMER, incident=incident.id, note="seen")


def _webhook(
    make: Callable[..., Command[Any]], status: WebhookStatus
) -> Callable[[Marketplace], Command[Any]]:
    def prepare(market: Marketplace) -> Command[Any]:
        stored = market.store.run(lambda work: work.put(a_webhook(status, status=status)))
        return make(by=CUSTOMER, webhook=stored.id)

    return prepare


def _purchase(_market: Marketplace) -> Command[Any]:
    urls = {"success_url": "https://host.example/yes", "cancel_url": "https://host.example/no"}
    return BuyUpgrade(by=CUSTOMER, listing="lst_1", premium_type="gold", **urls)


def _upgraded(make: Callable[..., Command[Any]]) -> Callable[[Marketplace], Command[Any]]:
    def prepare(market: Marketplace) -> Command[Any]:
        charge = market.execute(_purchase(market)).transaction
        news = CheckoutPaid(
            gateway_id=f"cs_{charge.id}", payment=f"pi_{charge.id}", amount=charge.amount
        )
        market.execute(SettleTransaction(by=SYSTEM, transaction=charge.id, news=news))
        [upgrade] = market.store.read(lambda records: records.find(Upgrade))
        return make(by=CUSTOMER, upgrade=upgrade.id)

    return prepare


def _sold(market: Marketplace) -> Sale:
    _upgraded(RevokeUpgrade)(market)
    *_, sale = market.store.read(lambda records: records.find(Sale))
    return sale


def _sale_refund_elsewhere(market: Marketplace) -> Command[Any]:
    sale = _sold(market)
    state = RefundState(
        gateway_id="re_1",
        payment=sale.gateway_payment,
        amount=sale.amount,
        progress=Progress.SUCCEEDED,
        reference=None,
    )
    return RecordUpgradeRefund(by=CUSTOMER, state=state)


def _sale_chargeback(market: Marketplace) -> Command[Any]:
    sale = _sold(market)
    state = ChargebackState(
        gateway_id="dp_1",
        payment=sale.gateway_payment,
        amount=sale.amount,
        standing=ChargebackStanding.NEEDS_RESPONSE,
        withdrawn=sale.amount,
        fee=Money("15", "TRY"),
        reason="fraudulent",
    )
    return NoteUpgradeChargeback(by=CUSTOMER, state=state)


def _held(make: Callable[..., Command[Any]], **more: Any) -> Callable[[Marketplace], Command[Any]]:
    return lambda market: make(by=CUSTOMER, payment=send(market).payment.id, **more)


def _disputed(
    make: Callable[..., Command[Any]], **more: Any
) -> Callable[[Marketplace], Command[Any]]:
    return lambda market: make(by=CUSTOMER, dispute=disputed(market).id, **more)


def _settlement(market: Marketplace) -> Command[Any]:
    dispute = disputed(market)
    for by in PARTIES:
        market.execute(ProposeSettlement(by=by, dispute=dispute.id, to_customer=usd("250")))
    return AcceptSettlement(by=CUSTOMER, dispute=dispute.id, to_customer=usd("250"))


def _proposed(kind: Any) -> Callable[[Marketplace], Command[Any]]:
    def prepare(market: Marketplace) -> Command[Any]:
        job = in_progress(market).job
        market.execute(ProposeCancellation(by=CUSTOMER, job=job.id))
        command: Command[Any] = kind(by=CONTRACTOR, job=job.id)
        return command

    return prepare


def _part(position: int, kind: Any, *before: Any) -> Callable[[Marketplace], Command[Any]]:
    def prepare(market: Marketplace) -> Command[Any]:
        _, parts = in_parts(market, "600", "400")
        for step in before:
            by = CUSTOMER if step is RequestMilestoneChanges else CONTRACTOR
            market.execute(step(by=by, milestone=parts[position].id))
        more = {"payment_method": GOOD} if kind is FundMilestone else {}
        command: Command[Any] = kind(by=CUSTOMER, milestone=parts[position].id, **more)
        return command

    return prepare


def _frozen(market: Marketplace) -> Command[Any]:
    whose: dict[str, Any] = {"by": ADMIN, "owner": "ctr_42", "currency": "USD"}
    market.execute(FreezeWallet(reason="Stolen?", **whose))
    return UnfreezeWallet(reason="Theirs", **whose)


def _given(market: Marketplace) -> Command[Any]:
    give = GrantCredit(by=ADMIN, customer="cus_17", amount=usd("5"), reason="Welcome")
    return ExpireCredit(by=SYSTEM, grant=market.execute(give).id)


SCENES = {
    "refund": Scene(
        lambda market: IssueRefund(
            by=CUSTOMER, payment=assigned(market).payment.id, amount=usd("1")
        ),
        (ADMIN, SERVICE),
    ),
    "refund elsewhere": Scene(_refund_elsewhere, (SYSTEM,)),
    "chargeback": Scene(_chargeback, (SYSTEM,)),
    "payout elsewhere": Scene(_payout_elsewhere, (SYSTEM,)),
    "reversal elsewhere": Scene(_reversal_elsewhere, (SYSTEM,)),
    "write off": Scene(_debt, (ADMIN,)),
    "approve adjustment": Scene(_adjusting(ApproveAdjustment), (ADMIN,)),
    "reject adjustment": Scene(_adjusting(RejectAdjustment, reason="No"), (ADMIN,)),
    "expire adjustment": Scene(_adjusting(ExpireAdjustment), (SYSTEM,)),
    "request withdrawal": Scene(_withdrawal, (CONTRACTOR, RIVAL)),
    "approve withdrawal": Scene(_withdrawn(ApproveWithdrawal), (ADMIN, SYSTEM)),
    "cancel withdrawal": Scene(_withdrawn(CancelWithdrawal), (CONTRACTOR, ADMIN)),
    "continue withdrawal": Scene(_withdrawn(ContinueWithdrawal), (SYSTEM,)),
    "settle hold": Scene(_held(SettleHold, news=NoAnswer()), (SYSTEM,)),
    "warn": Scene(_held(WarnOfExpiry), (SYSTEM,)),
    "flag": Scene(_held(FlagPayment, detail="issfr_1"), (SYSTEM,)),
    "clear": Scene(_held(ClearPayment), (ADMIN, SYSTEM)),
    "resolve": Scene(_incident, (ADMIN,)),
    "bury": Scene(_webhook(BuryWebhook, WebhookStatus.RECEIVED), (SYSTEM,)),
    "replay": Scene(_webhook(ReplayWebhook, WebhookStatus.APPLIED), (ADMIN,)),
    "link payer": Scene(
        lambda _: LinkPayerAccount(by=CUSTOMER, customer="cus_17", gateway_customer="cus_A"),
        (ADMIN, SERVICE),
    ),
    "book fee": Scene(
        lambda _: BookProcessorFee(by=CUSTOMER, gateway_id="txn_1", amount=usd("1")), (SYSTEM,)
    ),
    "buy": Scene(_purchase, (CUSTOMER, OTHER_CUSTOMER)),
    "refund upgrade": Scene(
        lambda market: RefundUpgrade(by=CUSTOMER, purchase=_sold(market).charge), (ADMIN, SERVICE)
    ),
    "refund of an upgrade elsewhere": Scene(_sale_refund_elsewhere, (SYSTEM,)),
    "chargeback of an upgrade": Scene(_sale_chargeback, (SYSTEM,)),
    "revoke": Scene(_upgraded(RevokeUpgrade), (ADMIN, SERVICE, SYSTEM)),
    "expire upgrade": Scene(_upgraded(ExpireUpgrade), (SYSTEM,)),
    "post": Scene(
        lambda _: PostJob(by=CUSTOMER, title="Paint", currency="USD"), (CUSTOMER, OTHER_CUSTOMER)
    ),
    "update": Scene(_job(UpdateJob, title="Paint it red"), (CUSTOMER, ADMIN)),
    "apply": Scene(_job(ApplyToJob), (CONTRACTOR, RIVAL)),
    "withdraw application": Scene(_application(WithdrawApplication), (CONTRACTOR,)),
    "accept application": Scene(_application(AcceptApplication), (CUSTOMER, SYSTEM)),
    "reject application": Scene(_application(RejectApplication), (CUSTOMER, SYSTEM)),
    "send": Scene(lambda market: offering(post(market)), (CUSTOMER,)),
    "pay": Scene(
        lambda market: PayOffer(
            by=CUSTOMER, offer=declined(market).id, payment_method="pm_card_visa"
        ),
        (CUSTOMER,),
    ),
    "counter": Scene(_offer(CounterOffer, price=usd("1200")), (CONTRACTOR,)),
    "revise": Scene(
        _offer(ReviseOffer, price=usd("1100"), payment_method="pm_card_visa"), (CUSTOMER,)
    ),
    "accept": Scene(_offer(AcceptOffer), (CONTRACTOR,)),
    "reject": Scene(_offer(RejectOffer), (CONTRACTOR,)),
    "withdraw": Scene(_offer(WithdrawOffer), (CUSTOMER, ADMIN, SYSTEM)),
    "cancel open": Scene(_job(CancelJob), (CUSTOMER, ADMIN)),
    "cancel assigned": Scene(_assigned(CancelJob), (CUSTOMER, CONTRACTOR, ADMIN)),
    "propose to cancel": Scene(
        lambda market: ProposeCancellation(by=CUSTOMER, job=in_progress(market).job.id),
        (CUSTOMER, CONTRACTOR),
    ),
    "agree to cancel": Scene(_proposed(AcceptCancellation), (CONTRACTOR,)),
    "decline to cancel": Scene(_proposed(DeclineCancellation), (CUSTOMER, CONTRACTOR)),
    "start": Scene(_assigned(StartJob), (CUSTOMER, CONTRACTOR)),
    "complete": Scene(
        lambda market: CompleteJob(by=CUSTOMER, job=in_progress(market).job.id),
        (CUSTOMER, ADMIN),
    ),
    "pay extra": Scene(
        lambda market: PayExtra(
            by=CUSTOMER, job=in_progress(market).job.id, amount=usd("5"), payment_method=GOOD
        ),
        (CUSTOMER,),
    ),
    "tip": Scene(
        lambda market: PayTip(
            by=CUSTOMER, job=completed(market).job.id, amount=usd("5"), payment_method=GOOD
        ),
        (CUSTOMER,),
    ),
    "fund milestone": Scene(_part(1, FundMilestone), (CUSTOMER,)),
    "start milestone": Scene(_part(0, StartMilestone), (CONTRACTOR,)),
    "submit milestone": Scene(_part(0, SubmitMilestone, StartMilestone), (CONTRACTOR,)),
    "request milestone changes": Scene(
        _part(0, RequestMilestoneChanges, StartMilestone, SubmitMilestone), (CUSTOMER,)
    ),
    "release milestone": Scene(_part(0, ReleaseMilestone), (CUSTOMER, ADMIN)),
    "release milestone automatically": Scene(
        _part(0, ReleaseMilestoneAutomatically, StartMilestone, SubmitMilestone), (SYSTEM,)
    ),
    "refund milestone": Scene(_part(0, RefundMilestone), (CONTRACTOR, ADMIN)),
    "cancel milestone": Scene(_part(1, CancelMilestone), (CUSTOMER, CONTRACTOR, ADMIN)),
    "give credit": Scene(
        lambda _: GrantCredit(by=CUSTOMER, customer="cus_17", amount=usd("5"), reason="Welcome"),
        (ADMIN, SERVICE),
    ),
    "expire confirmation": Scene(
        lambda market: ExpireConfirmation(by=CUSTOMER, payment=send(market).payment.id), (SYSTEM,)
    ),
    "free credit": Scene(_held(FreeCredit), (SYSTEM,)),
    "expire credit": Scene(_given, (SYSTEM,)),
    "erase": Scene(lambda _: ErasePerson(by=CUSTOMER, person="cus_17"), (ADMIN, SERVICE)),
    "freeze": Scene(
        lambda _: FreezeWallet(by=ADMIN, owner="ctr_42", currency="USD", reason="Stolen?"), (ADMIN,)
    ),
    "unfreeze": Scene(_frozen, (ADMIN,)),
    "submit work": Scene(
        lambda market: SubmitWork(by=CUSTOMER, job=in_progress(market).job.id), (CONTRACTOR,)
    ),
    "request changes": Scene(_submitted(RequestChanges), (CUSTOMER,)),
    "release automatically": Scene(_submitted(ReleaseAutomatically), (SYSTEM,)),
    "pass deadline": Scene(_assigned(PassDeadline), (SYSTEM,)),
    "end clearance": Scene(
        lambda market: EndClearance(by=CUSTOMER, payment=completed(market).payment.id), (SYSTEM,)
    ),
    "empty escrow": Scene(
        lambda market: EmptyEscrow(by=CUSTOMER, payment=completed(market).payment.id), (SYSTEM,)
    ),
    "complete submitted": Scene(_submitted(CompleteJob), (CUSTOMER, ADMIN)),
    "open account": Scene(lambda _: OpenPayoutAccount(by=CUSTOMER), (CONTRACTOR, RIVAL)),
    "settle": Scene(_settle, (SYSTEM,)),
    "settle account": Scene(_settle_account, (SYSTEM,)),
    "sweep": Scene(lambda _: SweepTransfers(by=CUSTOMER, contractor="ctr_42"), (SYSTEM,)),
    "postpone": Scene(
        lambda _: PostponeTimer(by=CUSTOMER, kind=TimerKind.TRANSFER_SWEEP, subject="ctr_42"),
        (SYSTEM,),
    ),
    "retry transfer": Scene(
        lambda market: RetryTransfer(by=CUSTOMER, payment=send(market).payment.id), (ADMIN, SYSTEM)
    ),
    "expire offer": Scene(_offer(ExpireOffer), (SYSTEM,)),
    "expire authorization": Scene(
        lambda market: ExpireAuthorization(by=CUSTOMER, payment=send(market).payment.id), (SYSTEM,)
    ),
    "open dispute": Scene(
        lambda market: OpenDispute(
            by=CUSTOMER, payment=in_progress(market).payment.id, reason="Half is missing"
        ),
        PARTIES,
    ),
    "respond": Scene(_disputed(RespondToDispute, message="All is there"), (CONTRACTOR,)),
    "escalate": Scene(_disputed(EscalateDispute), (*PARTIES, ADMIN, SYSTEM)),
    "add evidence": Scene(_disputed(AddEvidence, attachment=PHOTO), (*PARTIES, ADMIN)),
    "propose": Scene(_disputed(ProposeSettlement, to_customer=usd("250")), PARTIES),
    "settle dispute": Scene(_settlement, PARTIES),
    "resolve dispute": Scene(
        _disputed(ResolveDispute, to_customer=usd("250"), to_contractor=usd("750")), (ADMIN,)
    ),
    "withdraw dispute": Scene(_disputed(WithdrawDispute), (CUSTOMER,)),
    "expire dispute": Scene(_disputed(ExpireDispute), (SYSTEM,)),
}
every_command = pytest.mark.parametrize("scene", SCENES.values(), ids=SCENES)
every_command_once_allowed = pytest.mark.parametrize(
    ("scene", "by"),
    [
        pytest.param(scene, by, id=f"{name} by {by}")
        for name, scene in SCENES.items()
        for by in scene.allowed
    ],
)
OF_USERS = {name: scene for name, scene in SCENES.items() if scene.allowed != (SYSTEM,)}
AGAIN = {
    "post", "apply", "send", "refund", "write off", "request withdrawal", "buy", "open dispute",
    "pay extra", "tip", "give credit", "refund upgrade",
}  # fmt: skip
REPEATED = {name: OF_USERS[name] for name in OF_USERS if name not in AGAIN}
every_command_of_a_user = pytest.mark.parametrize("scene", OF_USERS.values(), ids=OF_USERS)


def of_nothing(command: Command[Any]) -> Command[Any]:
    """The same command for something that is not there."""
    names = ("job", "offer", "application", "payment", "transaction", "account", "transfer",
             "withdrawal", "incident", "webhook", "upgrade", "dispute", "milestone", "grant",
             "adjustment", "purchase")  # fmt: skip
    for name in names:
        id = getattr(command, name, None)
        if id is not None:
            other: dict[str, Any] = {name: f"{id.split('_')[0]}_{NONE_SUCH}"}
            return evolve(command, **other)
    raise AssertionError("it is about nothing yet")


ABOUT_SOMETHING = {
    name: scene
    for name, scene in SCENES.items()
    if name
    not in {"post", "refund of an upgrade elsewhere", "chargeback of an upgrade",
            "open account", "sweep", "refund elsewhere", "chargeback", "payout elsewhere",
            "postpone", "write off", "request withdrawal", "link payer", "book fee", "buy",
            "freeze", "unfreeze", "give credit", "erase"}
}  # fmt: skip


@on_one_store
def test_every_command_has_its_scene(market: Marketplace) -> None:
    ours = {
        kind.__name__
        for kind in Command.__subclasses__()
        if kind.__module__.startswith("marketpay.")
    }
    ours.discard("AbandonTransaction")  # its scene takes a day: test_dead_letters.py
    ours.discard("RetryRefund")  # its scene takes a bank: test_held_back_refunds.py
    ours -= {"EarnPoints", "RedeemPoints"}  # their house has points: test_loyalty.py
    ours.discard("MakeScheduledWithdrawal")  # its house has a schedule: test_withdrawals.py

    assert {type(scene.prepare(market)).__name__ for scene in SCENES.values()} == ours


@pytest.mark.covers("A069", "A088", "A136")
@every_command_once_allowed
def test_who_may_does(market: Marketplace, scene: Scene, by: Actor) -> None:
    command = evolve(scene.prepare(market), by=by)

    assert market.execute(command) is not None


@pytest.mark.covers("A136", "A168")
@every_command
def test_who_may_not_is_forbidden_to_and_that_is_on_record(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    command = scene.prepare(market)
    for by in set(EVERYBODY) - set(scene.allowed):
        with (
            nothing_changes(market, gateway, denials=1),
            heard(market) as told,
            pytest.raises(Forbidden) as denied,
        ):
            market.execute(evolve(command, by=by), key="k")
        [record] = told.records
        assert (record.actor, record.role) == (by.id, by.role)
        assert (record.command, record.error) == (type(command).__name__, "forbidden")
        assert (denied.value.actor, denied.value.role) == (by.id, by.role)
        assert str(denied.value).endswith("may.")


def test_the_journal_of_a_job_shows_who_tried_to_change_it(market: Marketplace) -> None:
    job = post(market)
    with pytest.raises(Forbidden):
        market.execute(CancelJob(by=OTHER_CUSTOMER, job=job.id))

    newest = market.query(JournalOf(subject=job.id)).items[0].record
    assert (newest.command, newest.actor, newest.error) == ("CancelJob", "cus_18", "forbidden")


def test_a_denial_uses_up_no_key(market: Marketplace) -> None:
    job = post(market)
    with pytest.raises(Forbidden):
        market.execute(CompleteJob(by=OTHER_CUSTOMER, job=job.id), key="k")

    assert market.execute(PostJob(by=OTHER_CUSTOMER, title="x", currency="USD"), key="k").id


@every_command
def test_a_preview_writes_nothing_and_calls_nobody(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    command = evolve(scene.prepare(market), by=scene.allowed[0])
    with nothing_changes(market, gateway):
        decision = market.preview(command)

    assert type(decision.result) is type(market.execute(command))  # still possible


@every_command
def test_a_preview_of_what_is_forbidden_is_forbidden(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    by = next(one for one in EVERYBODY if one not in scene.allowed)
    command = evolve(scene.prepare(market), by=by)

    with nothing_changes(market, gateway), pytest.raises(Forbidden):
        market.preview(command)


@pytest.mark.parametrize("scene", ABOUT_SOMETHING.values(), ids=ABOUT_SOMETHING)
def test_what_is_not_there_is_not_found_if_it_may_be_asked_for(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    command = of_nothing(scene.prepare(market))
    with nothing_changes(market, gateway), pytest.raises(NotFound) as missing:
        market.execute(evolve(command, by=scene.allowed[0]))
    assert missing.value.id.endswith(NONE_SUCH)


MISSING_FIRST = {
    name: scene for name, scene in ABOUT_SOMETHING.items() if scene.allowed != (SYSTEM,)
}


@pytest.mark.parametrize("scene", MISSING_FIRST.values(), ids=MISSING_FIRST)
def test_that_something_is_not_there_is_said_before_who_may(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    command = of_nothing(scene.prepare(market))
    with nothing_changes(market, gateway), pytest.raises(NotFound):
        market.execute(evolve(command, by=Actor.service("srv_1")))


@every_command_of_a_user
def test_the_same_key_finds_what_came_of_it(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    command = evolve(scene.prepare(market), by=scene.allowed[0])
    first = market.execute(command, key="k")

    with nothing_changes(market, gateway, may_look=True):
        assert market.execute(command, key="k") == first


@every_command_of_a_user
def test_the_same_key_for_another_command_is_a_conflict(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    command = evolve(scene.prepare(market), by=scene.allowed[0])
    posted = PostJob(by=OTHER_CUSTOMER, title="Mow the lawn", currency="EUR")
    other = evolve(posted, by=scene.allowed[0])
    market.execute(command, key="k")

    with nothing_changes(market, gateway), pytest.raises(IdempotencyConflict) as conflict:
        market.execute(other, key="k")
    assert (conflict.value.key, conflict.value.code) == ("k", "idempotency_conflict")


@pytest.mark.parametrize("scene", REPEATED.values(), ids=REPEATED)  # others make another one
def test_repeating_what_is_so_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway, scene: Scene
) -> None:
    command = evolve(scene.prepare(market), by=scene.allowed[0])
    first = market.execute(command)
    before, calls = everything(market), gateway.calls

    assert market.execute(command) == first
    assert everything(market) == before
    assert gateway.calls == calls


@every_command
def test_whatever_was_read_is_changed_relied_on_or_waived(
    market: Marketplace, scene: Scene
) -> None:
    command = evolve(scene.prepare(market), by=scene.allowed[0])
    seen: set[str] = set()

    class Watched:
        def __init__(self, read: Any) -> None:
            self.read = read

        def __getattr__(self, name: str) -> Any:
            def asked(*args: Any, **kwargs: Any) -> Any:
                answer = getattr(self.read, name)(*args, **kwargs)
                found = [answer, *(answer if isinstance(answer, list) else [])]
                if name == "deal":
                    found = [answer.job, *answer.offers, *answer.payments, *answer.applications]
                seen.update(one.id for one in found if isinstance(one, Entity))
                return answer

            return asked

    decision = market.store.read(lambda read: command.decide(Watched(read), market.rules))
    told = (*decision.latest().values(), *decision.relies_on, *decision.waives)

    assert seen <= {entity.id for entity in told}
    assert not {one.id for one in decision.relies_on} & set(decision.latest())


@pytest.mark.covers("A141")
@every_command
def test_one_record_says_who_did_what(market: Marketplace, scene: Scene) -> None:
    command = evolve(scene.prepare(market), by=scene.allowed[0])
    with heard(market) as told:
        market.execute(command, key="k")

    first = told.records[0]
    assert (first.actor, first.role) == (command.by.id, command.by.role)
    assert (first.command, first.key) == (type(command).__name__, "k")
    assert first.error is None
    assert set(json.loads(first.body)) == {f.name for f in fields(type(command))} - {"by"}
    assert all(record.role == "system" and record.key is None for record in told.records[1:])


def test_a_key_belongs_to_one_actor(market: Marketplace) -> None:
    mine = market.execute(PostJob(by=CUSTOMER, title="a", currency="USD"), key="k")
    theirs = market.execute(PostJob(by=OTHER_CUSTOMER, title="b", currency="USD"), key="k")
    other_role = Actor.contractor(CUSTOMER.id)

    assert mine.id != theirs.id
    assert market.execute(ApplyToJob(by=other_role, job=theirs.id), key="k").job == theirs.id


def test_a_key_used_again_gives_what_it_made_as_it_stands_now(market: Marketplace) -> None:
    command = PostJob(by=CUSTOMER, title="Paint", currency="USD")
    job = market.execute(command, key="k")
    market.execute(UpdateJob(by=CUSTOMER, job=job.id, title="Paint it red"))

    again = market.execute(command, key="k")
    assert (again.id, again.title) == (job.id, "Paint it red")
    assert again == market.query(GetJob(job.id))


def test_without_a_key_the_same_words_are_another_job(market: Marketplace) -> None:
    command = PostJob(by=CUSTOMER, title="Paint", currency="USD")

    assert market.execute(command).id != market.execute(command).id


def test_a_refusal_uses_up_no_key_and_the_repeat_decides_again(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    job = post(market)
    sent = market.execute(offering(job))
    with nothing_changes(market, gateway):
        for _ in range(2):
            with pytest.raises(Exception, match="already has an offer"):
                market.execute(offering(job), key="k")
    market.execute(WithdrawOffer(by=CUSTOMER, offer=sent.offer.id))

    assert market.execute(offering(job), key="k").offer.id != sent.offer.id


def test_a_declined_card_is_kept_with_its_key(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    command = offering(post(market), payment_method=REFUSED)
    with pytest.raises(PaymentDeclined) as first:
        market.execute(command, key="k")
    with nothing_changes(market, gateway), pytest.raises(PaymentDeclined) as again:
        market.execute(command, key="k")

    assert again.value.offer == first.value.offer
    assert again.value.payment == first.value.payment
    assert again.value.decline_code == first.value.decline_code == "generic_decline"


@pytest.mark.parametrize("key", ["", "x" * 256, "a\nb", "\x00"])
def test_an_unfit_key_is_invalid(market: Marketplace, gateway: SimulatedGateway, key: str) -> None:
    with nothing_changes(market, gateway), pytest.raises(InvalidInput) as unfit:
        market.execute(PostJob(by=CUSTOMER, title="a", currency="USD"), key=key)
    assert unfit.value.field == "key"


def test_a_key_is_text(market: Marketplace, gateway: SimulatedGateway) -> None:
    with nothing_changes(market, gateway), pytest.raises(TypeError):
        market.execute(
            PostJob(by=CUSTOMER, title="a", currency="USD"),
            key=7,  # type: ignore[arg-type]
        )


@pytest.mark.covers("B014")
def test_who_acts_is_an_actor() -> None:
    with pytest.raises(TypeError, match="Actor"):
        PostJob(by="cus_17", title="a", currency="USD")  # type: ignore[arg-type]


def test_what_is_personal_is_in_the_journal_as_a_digest_only(market: Marketplace) -> None:
    secret = "My door code is 4711"
    with heard(market) as told:
        job = market.execute(PostJob(by=CUSTOMER, title=secret, description=secret, currency="USD"))
        market.execute(UpdateJob(by=CUSTOMER, job=job.id, title=f"{secret}!"))
        market.execute(ApplyToJob(by=CONTRACTOR, job=job.id, message=secret))
        market.execute(offering(job, message=secret))

    for record in told.records:
        assert secret not in record.body + record.events + str(record.result)
        assert secret not in repr(record)
    bodies = [json.loads(record.body) for record in told.records[:3]]
    assert all(len(body.get("title", body.get("message"))["sha256"]) == 64 for body in bodies)


def test_equal_texts_have_unlike_digests(market: Marketplace) -> None:
    with heard(market) as told:
        for _ in range(2):
            market.execute(PostJob(by=CUSTOMER, title="Paint", currency="USD"))
    one, other = (json.loads(record.body)["title"]["sha256"] for record in told.records)

    assert one != other


def test_the_clock_of_the_rules_is_the_only_one(market: Marketplace, clock: VirtualClock) -> None:
    clock.advance(days=400)
    with heard(market) as told:
        job = post(market)

    assert job.created_at == clock()
    assert [record.at for record in told.records] == [clock()]


def test_ids_come_from_the_rules(open_market: OpenMarket) -> None:
    numbers = iter(range(100))
    market = open_market(new_id=lambda prefix: f"{prefix}_{next(numbers):026d}")

    assert send(market).offer.id == "off_00000000000000000000000001"


def test_a_result_has_its_events_in_the_history_of_what_changed(market: Marketplace) -> None:
    accepted = assigned(market)

    assert happened_to(market, accepted.offer.id) == [
        "SendOffer",
        "SettleTransaction",
        "AcceptOffer",
        "SettleTransaction",
    ]
    assert happened_to(market, accepted.job.id) == ["PostJob", "SettleTransaction"]
