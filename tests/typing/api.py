"""The types of the public API.  Checked by mypy and pyright; never executed."""

from typing import assert_type

from marketpay import (
    Acceptance,
    AcceptCancellation,
    AcceptOffer,
    Actor,
    AddEvidence,
    Adjustment,
    ApproveAdjustment,
    AsyncJoinable,
    AsyncJoinedMarketplace,
    AsyncMarketplace,
    AsyncSqlStore,
    BuyUpgrade,
    CancelJob,
    Cancellation,
    CancellationQuote,
    Chargeback,
    ClientAction,
    Command,
    CompleteJob,
    Completion,
    CreditBalance,
    CreditGrant,
    Decision,
    Dispute,
    DisputeOutcome,
    ErasePerson,
    Evidence,
    FundMilestone,
    GetJob,
    GrantCredit,
    Incident,
    IssueRefund,
    Job,
    JobId,
    JobPayment,
    Joinable,
    JoinedMarketplace,
    LinkPayerAccount,
    ListChargebacks,
    ListDisputes,
    ListIncidents,
    ListMilestones,
    ListOffers,
    Marketplace,
    Milestone,
    MilestoneFunding,
    MilestoneOutcome,
    MilestonePlan,
    Money,
    Offer,
    OfferFunding,
    OfferId,
    OpenDispute,
    OpenPayoutAccount,
    Page,
    PayerAccount,
    PayExtra,
    Payment,
    PayoutAccount,
    Pending,
    PostJob,
    ProposeCancellation,
    Purchase,
    Received,
    RedeemPoints,
    Redemption,
    Redirect,
    RefundIssued,
    RefundUpgrade,
    ReleaseMilestone,
    ReplayWebhook,
    RequestWithdrawal,
    ResolveDispute,
    ResolveIncident,
    Revenue,
    SendOffer,
    Shares,
    Split,
    SqlStore,
    SubmitMilestone,
    UpgradeRefund,
    Verification,
    WalletBalance,
    Webhook,
    Withdrawal,
    WorkReport,
)
from marketpay.ports.gateway import (
    AsyncPaymentGateway,
    GatewayReply,
    GatewayRequest,
    PaymentGateway,
)
from marketpay.ports.store import Store
from marketpay.testing import SimulatedGateway


def a_command_says_what_it_returns(
    market: Marketplace,
    post: PostJob,
    send: SendOffer,
    accept: AcceptOffer,
    complete: CompleteJob,
    cancel: CancelJob,
    account: OpenPayoutAccount,
    refund: IssueRefund,
    withdraw: RequestWithdrawal,
    buy: BuyUpgrade,
    resolve: ResolveIncident,
    replay: ReplayWebhook,
    link: LinkPayerAccount,
    open_dispute: OpenDispute,
    add: AddEvidence,
    decide: ResolveDispute,
    propose: ProposeCancellation,
    agree: AcceptCancellation,
) -> None:
    assert_type(market.execute(post), Job)
    assert_type(market.execute(send, key="k"), OfferFunding)
    assert_type(market.execute(accept), Acceptance)
    assert_type(market.execute(complete), Completion)
    assert_type(market.execute(cancel), Cancellation)
    assert_type(market.execute(account), PayoutAccount)
    assert_type(market.execute(refund), RefundIssued)
    assert_type(market.execute(withdraw), Withdrawal)
    assert_type(market.execute(buy), Purchase)
    assert_type(market.execute(resolve), Incident)
    assert_type(market.execute(replay), Webhook)
    assert_type(market.execute(link), PayerAccount)
    assert_type(market.execute(open_dispute), Dispute)
    assert_type(market.execute(add), Evidence)
    assert_type(market.execute(decide), DisputeOutcome)
    assert_type(market.execute(propose), Job)
    assert_type(market.execute(agree), Cancellation)
    assert_type(market.preview(send), Decision[OfferFunding])


def so_does_one_beside_the_main_job(
    market: Marketplace,
    extra: PayExtra,
    fund: FundMilestone,
    submit: SubmitMilestone,
    release: ReleaseMilestone,
    grant: GrantCredit,
    redeem: RedeemPoints,
    approve: ApproveAdjustment,
    sell_back: RefundUpgrade,
    erase: ErasePerson,
) -> None:
    assert_type(market.execute(extra), JobPayment)
    assert_type(market.execute(fund), MilestoneFunding)
    assert_type(market.execute(submit), Milestone)
    assert_type(market.execute(release), MilestoneOutcome)
    assert_type(market.execute(grant), CreditGrant)
    assert_type(market.execute(redeem), Redemption)
    assert_type(market.execute(approve), Adjustment)
    assert_type(market.execute(sell_back), UpgradeRefund)
    assert_type(market.execute(erase), int)


def a_plan_is_any_parts(job: JobId, parts: list[MilestonePlan]) -> SendOffer:
    price = Money("1000", "USD")
    return SendOffer(
        by=Actor.customer("cus_17"), job=job, contractor="ctr_42", price=price, milestones=parts
    )


def a_question_says_what_it_answers(market: Marketplace, job: JobId) -> None:
    assert_type(market.query(GetJob(job)), Job)
    assert_type(market.query(ListOffers(job=job)), Page[Offer])
    assert_type(market.wallet("ctr_42", "USD"), WalletBalance)
    assert_type(market.wallet("ctr_42", "USD").available, Money)
    assert_type(market.revenue("USD"), Revenue)
    assert_type(market.verify(), Verification)
    assert_type(market.work(), WorkReport)
    assert_type(market.query(ListIncidents()), Page[Incident])
    assert_type(market.query(ListChargebacks()), Page[Chargeback])
    assert_type(market.query(ListDisputes()), Page[Dispute])
    assert_type(market.query(ListMilestones(job=job)), Page[Milestone])
    assert_type(market.credit("cus_17", "USD"), CreditBalance)
    assert_type(market.receive(b"", {}), Received)


def a_quote_says_what_it_comes_to(market: Marketplace, job: Job, by: Actor) -> None:
    assert_type(market.quote_fees(Money("1", "USD")), Split)
    assert_type(market.quote_cancellation(job, by), CancellationQuote)
    assert_type(market.quote_cancellation(job.id, by).shares, Shares)
    assert_type(market.possible(job, by), frozenset[str])


def within_a_transaction_of_the_host(
    market: Marketplace, connection: object, post: PostJob, send: SendOffer, job: JobId
) -> None:
    within = market.within(connection)
    assert_type(within, JoinedMarketplace)
    assert_type(within.execute(post), Job)
    assert_type(within.execute(send, key="k"), OfferFunding)
    assert_type(within.preview(send), Decision[OfferFunding])
    assert_type(within.query(GetJob(job)), Job)


async def within_a_transaction_awaited(
    market: AsyncMarketplace, connection: object, send: SendOffer, job: JobId
) -> None:
    within = market.within(connection)
    assert_type(within, AsyncJoinedMarketplace)
    assert_type(await within.execute(send, key="k"), OfferFunding)
    assert_type(await within.preview(send), Decision[OfferFunding])
    assert_type(await within.query(GetJob(job)), Job)


def a_store_may_be_joined(store: SqlStore, awaited: AsyncSqlStore) -> None:
    _joinable: Joinable = store
    _also: AsyncJoinable = awaited


def what_is_still_to_do_is_a_value(sent: OfferFunding) -> None:
    assert_type(sent.next_action, ClientAction | Redirect | Pending | None)
    assert_type(sent.offer, Offer)
    assert_type(sent.payment, Payment)


async def awaited_or_not(market: AsyncMarketplace, post: PostJob, job: JobId) -> None:
    assert_type(await market.execute(post), Job)
    assert_type(await market.query(GetJob(job)), Job)
    assert_type(await market.wallet("ctr_42", "USD"), WalletBalance)
    assert_type(await market.quote_fees(Money("1", "USD")), Split)
    assert_type(await market.quote_cancellation(job, Actor.SYSTEM), CancellationQuote)


class MyGateway:
    def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        return SimulatedGateway().perform(request, key=key)


class MyAsyncGateway:
    async def perform(self, request: GatewayRequest, /, *, key: str) -> GatewayReply:
        return SimulatedGateway().perform(request, key=key)


def a_gateway_is_whatever_has_its_one_method(store: Store) -> Marketplace:
    gateway: PaymentGateway = MyGateway()
    also: AsyncPaymentGateway = MyAsyncGateway()
    AsyncMarketplace(gateway=also)
    return Marketplace(gateway=gateway, store=store)


def a_command_is_covariant(offer: OfferId) -> list[Command[Acceptance]]:
    return [AcceptOffer(by=Actor.contractor("ctr_42"), offer=offer)]
