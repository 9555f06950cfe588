"""Job marketplaces with money in them: offers, escrow, commissions, wallets.

Every public name is imported when it is first used (PEP 562), so `import marketpay` is light.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    __version__: str
    from marketpay.adapters.memory.publisher import MemoryPublisher as MemoryPublisher
    from marketpay.adapters.memory.store import MemoryStore as MemoryStore
    from marketpay.adapters.sql.async_store import AsyncSqlStore as AsyncSqlStore
    from marketpay.adapters.sql.store import SqlStore as SqlStore
    from marketpay.adapters.threaded import ThreadedStore as ThreadedStore
    from marketpay.async_marketplace import AsyncMarketplace as AsyncMarketplace
    from marketpay.commands.acceptance import Acceptance as Acceptance
    from marketpay.commands.acceptance import AcceptOffer as AcceptOffer
    from marketpay.commands.adjustments import ApproveAdjustment as ApproveAdjustment
    from marketpay.commands.adjustments import ExpireAdjustment as ExpireAdjustment
    from marketpay.commands.adjustments import ProposeAdjustment as ProposeAdjustment
    from marketpay.commands.adjustments import RejectAdjustment as RejectAdjustment
    from marketpay.commands.agreed_cancellation import AcceptCancellation as AcceptCancellation
    from marketpay.commands.agreed_cancellation import DeclineCancellation as DeclineCancellation
    from marketpay.commands.agreed_cancellation import ProposeCancellation as ProposeCancellation
    from marketpay.commands.applications import AcceptApplication as AcceptApplication
    from marketpay.commands.applications import ApplyToJob as ApplyToJob
    from marketpay.commands.applications import RejectApplication as RejectApplication
    from marketpay.commands.applications import WithdrawApplication as WithdrawApplication
    from marketpay.commands.base import ClientAction as ClientAction
    from marketpay.commands.base import Command as Command
    from marketpay.commands.base import NextAction as NextAction
    from marketpay.commands.base import Pending as Pending
    from marketpay.commands.base import Redirect as Redirect
    from marketpay.commands.base import Result as Result
    from marketpay.commands.calling_off import Cancellation as Cancellation
    from marketpay.commands.cancellation import CancelJob as CancelJob
    from marketpay.commands.cancellation_quote import CancellationQuote as CancellationQuote
    from marketpay.commands.chargebacks import SettleChargeback as SettleChargeback
    from marketpay.commands.charges import JobPayment as JobPayment
    from marketpay.commands.charges import PayExtra as PayExtra
    from marketpay.commands.charges import PayTip as PayTip
    from marketpay.commands.clearance import EndClearance as EndClearance
    from marketpay.commands.completion import CompleteJob as CompleteJob
    from marketpay.commands.completion import Completion as Completion
    from marketpay.commands.confirmations import ExpireConfirmation as ExpireConfirmation
    from marketpay.commands.credits import ExpireCredit as ExpireCredit
    from marketpay.commands.credits import FreeCredit as FreeCredit
    from marketpay.commands.credits import GrantCredit as GrantCredit
    from marketpay.commands.dead_letters import AbandonTransaction as AbandonTransaction
    from marketpay.commands.dispute_deadlines import ExpireDispute as ExpireDispute
    from marketpay.commands.dispute_outcomes import AcceptSettlement as AcceptSettlement
    from marketpay.commands.dispute_outcomes import DisputeOutcome as DisputeOutcome
    from marketpay.commands.dispute_outcomes import ProposeSettlement as ProposeSettlement
    from marketpay.commands.dispute_outcomes import ResolveDispute as ResolveDispute
    from marketpay.commands.disputes import EscalateDispute as EscalateDispute
    from marketpay.commands.disputes import OpenDispute as OpenDispute
    from marketpay.commands.disputes import RespondToDispute as RespondToDispute
    from marketpay.commands.disputes import WithdrawDispute as WithdrawDispute
    from marketpay.commands.erasure import ErasePerson as ErasePerson
    from marketpay.commands.escrow import EmptyEscrow as EmptyEscrow
    from marketpay.commands.evidence import AddEvidence as AddEvidence
    from marketpay.commands.held_back_refunds import RetryRefund as RetryRefund
    from marketpay.commands.holds import SettleHold as SettleHold
    from marketpay.commands.holds import WarnOfExpiry as WarnOfExpiry
    from marketpay.commands.incidents import ClearPayment as ClearPayment
    from marketpay.commands.incidents import FlagPayment as FlagPayment
    from marketpay.commands.incidents import ResolveIncident as ResolveIncident
    from marketpay.commands.jobs import PostJob as PostJob
    from marketpay.commands.jobs import StartJob as StartJob
    from marketpay.commands.jobs import UpdateJob as UpdateJob
    from marketpay.commands.loyalty import EarnPoints as EarnPoints
    from marketpay.commands.loyalty import RedeemPoints as RedeemPoints
    from marketpay.commands.loyalty import Redemption as Redemption
    from marketpay.commands.milestone_closing import MilestoneOutcome as MilestoneOutcome
    from marketpay.commands.milestone_work import (
        ReleaseMilestoneAutomatically as ReleaseMilestoneAutomatically,
    )
    from marketpay.commands.milestone_work import RequestMilestoneChanges as RequestMilestoneChanges
    from marketpay.commands.milestone_work import StartMilestone as StartMilestone
    from marketpay.commands.milestone_work import SubmitMilestone as SubmitMilestone
    from marketpay.commands.milestones import CancelMilestone as CancelMilestone
    from marketpay.commands.milestones import FundMilestone as FundMilestone
    from marketpay.commands.milestones import MilestoneFunding as MilestoneFunding
    from marketpay.commands.milestones import RefundMilestone as RefundMilestone
    from marketpay.commands.milestones import ReleaseMilestone as ReleaseMilestone
    from marketpay.commands.negotiation import CounterOffer as CounterOffer
    from marketpay.commands.negotiation import ReviseOffer as ReviseOffer
    from marketpay.commands.offers import OfferFunding as OfferFunding
    from marketpay.commands.offers import RejectOffer as RejectOffer
    from marketpay.commands.offers import SendOffer as SendOffer
    from marketpay.commands.offers import WithdrawOffer as WithdrawOffer
    from marketpay.commands.payments import LinkPayerAccount as LinkPayerAccount
    from marketpay.commands.payments import PayOffer as PayOffer
    from marketpay.commands.payout_accounts import OpenPayoutAccount as OpenPayoutAccount
    from marketpay.commands.payout_accounts import RetryTransfer as RetryTransfer
    from marketpay.commands.payouts_elsewhere import RecordPayout as RecordPayout
    from marketpay.commands.payouts_elsewhere import RecordReversal as RecordReversal
    from marketpay.commands.processor_fees import BookProcessorFee as BookProcessorFee
    from marketpay.commands.refunds import IssueRefund as IssueRefund
    from marketpay.commands.refunds import RecordRefund as RecordRefund
    from marketpay.commands.refunds import RefundIssued as RefundIssued
    from marketpay.commands.upgrade_refunds import NoteUpgradeChargeback as NoteUpgradeChargeback
    from marketpay.commands.upgrade_refunds import RecordUpgradeRefund as RecordUpgradeRefund
    from marketpay.commands.upgrade_refunds import RefundUpgrade as RefundUpgrade
    from marketpay.commands.upgrade_refunds import UpgradeRefund as UpgradeRefund
    from marketpay.commands.upgrades import BuyUpgrade as BuyUpgrade
    from marketpay.commands.upgrades import ExpireUpgrade as ExpireUpgrade
    from marketpay.commands.upgrades import Purchase as Purchase
    from marketpay.commands.upgrades import RevokeUpgrade as RevokeUpgrade
    from marketpay.commands.wallets import FreezeWallet as FreezeWallet
    from marketpay.commands.wallets import UnfreezeWallet as UnfreezeWallet
    from marketpay.commands.webhooks import BuryWebhook as BuryWebhook
    from marketpay.commands.webhooks import ReplayWebhook as ReplayWebhook
    from marketpay.commands.withdrawals import ApproveWithdrawal as ApproveWithdrawal
    from marketpay.commands.withdrawals import CancelWithdrawal as CancelWithdrawal
    from marketpay.commands.withdrawals import ContinueWithdrawal as ContinueWithdrawal
    from marketpay.commands.withdrawals import MakeScheduledWithdrawal as MakeScheduledWithdrawal
    from marketpay.commands.withdrawals import RequestWithdrawal as RequestWithdrawal
    from marketpay.commands.work import PassDeadline as PassDeadline
    from marketpay.commands.work import ReleaseAutomatically as ReleaseAutomatically
    from marketpay.commands.work import RequestChanges as RequestChanges
    from marketpay.commands.work import SubmitWork as SubmitWork
    from marketpay.delivery.bulk import Done as Done
    from marketpay.delivery.bulk import Failed as Failed
    from marketpay.delivery.joining import AsyncJoinedMarketplace as AsyncJoinedMarketplace
    from marketpay.delivery.joining import JoinedMarketplace as JoinedMarketplace
    from marketpay.delivery.reconciling import Break as Break
    from marketpay.delivery.reconciling import BreakKind as BreakKind
    from marketpay.delivery.reconciling import Reconciliation as Reconciliation
    from marketpay.delivery.webhooks import Received as Received
    from marketpay.delivery.working import Failure as Failure
    from marketpay.delivery.working import WorkReport as WorkReport
    from marketpay.domain.actor import Actor as Actor
    from marketpay.domain.actor import Role as Role
    from marketpay.domain.adjustment import Adjustment as Adjustment
    from marketpay.domain.adjustment import AdjustmentKind as AdjustmentKind
    from marketpay.domain.application import Application as Application
    from marketpay.domain.attachment import Attachment as Attachment
    from marketpay.domain.cancellation_policy import CancellationBasis as CancellationBasis
    from marketpay.domain.cancellation_policy import CancellationPolicy as CancellationPolicy
    from marketpay.domain.cancellation_policy import CancellationTier as CancellationTier
    from marketpay.domain.chargeback import Chargeback as Chargeback
    from marketpay.domain.commission import Commission as Commission
    from marketpay.domain.commission import Fee as Fee
    from marketpay.domain.commission import Rounding as Rounding
    from marketpay.domain.commission import Split as Split
    from marketpay.domain.credit import Credit as Credit
    from marketpay.domain.credit_grant import CreditGrant as CreditGrant
    from marketpay.domain.credit_grant import GrantSource as GrantSource
    from marketpay.domain.currencies import register_currency as register_currency
    from marketpay.domain.decision import Decision as Decision
    from marketpay.domain.decision import Forgetting as Forgetting
    from marketpay.domain.dispute import Dispute as Dispute
    from marketpay.domain.entity import Change as Change
    from marketpay.domain.entity import Entity as Entity
    from marketpay.domain.event import Event as Event
    from marketpay.domain.evidence import Evidence as Evidence
    from marketpay.domain.ids import AdjustmentId as AdjustmentId
    from marketpay.domain.ids import ApplicationId as ApplicationId
    from marketpay.domain.ids import ChargebackId as ChargebackId
    from marketpay.domain.ids import CreditGrantId as CreditGrantId
    from marketpay.domain.ids import CreditId as CreditId
    from marketpay.domain.ids import DisputeId as DisputeId
    from marketpay.domain.ids import EvidenceId as EvidenceId
    from marketpay.domain.ids import IncidentId as IncidentId
    from marketpay.domain.ids import JobId as JobId
    from marketpay.domain.ids import MilestoneId as MilestoneId
    from marketpay.domain.ids import OfferId as OfferId
    from marketpay.domain.ids import PayerAccountId as PayerAccountId
    from marketpay.domain.ids import PaymentId as PaymentId
    from marketpay.domain.ids import PayoutAccountId as PayoutAccountId
    from marketpay.domain.ids import ProcessorFeeId as ProcessorFeeId
    from marketpay.domain.ids import RefundId as RefundId
    from marketpay.domain.ids import SaleId as SaleId
    from marketpay.domain.ids import TransactionId as TransactionId
    from marketpay.domain.ids import UpgradeId as UpgradeId
    from marketpay.domain.ids import WalletId as WalletId
    from marketpay.domain.ids import WebhookId as WebhookId
    from marketpay.domain.ids import WithdrawalId as WithdrawalId
    from marketpay.domain.incident import Incident as Incident
    from marketpay.domain.incident import IncidentKind as IncidentKind
    from marketpay.domain.job import Job as Job
    from marketpay.domain.ledger import Account as Account
    from marketpay.domain.ledger import AccountKind as AccountKind
    from marketpay.domain.ledger import LedgerEntry as LedgerEntry
    from marketpay.domain.lifecycle_data import lifecycles as lifecycles
    from marketpay.domain.lifecycles import AdjustmentStatus as AdjustmentStatus
    from marketpay.domain.lifecycles import ApplicationStatus as ApplicationStatus
    from marketpay.domain.lifecycles import ChargebackStatus as ChargebackStatus
    from marketpay.domain.lifecycles import DisputeStatus as DisputeStatus
    from marketpay.domain.lifecycles import IncidentStatus as IncidentStatus
    from marketpay.domain.lifecycles import JobStatus as JobStatus
    from marketpay.domain.lifecycles import MilestoneStatus as MilestoneStatus
    from marketpay.domain.lifecycles import OfferStatus as OfferStatus
    from marketpay.domain.lifecycles import PaymentStatus as PaymentStatus
    from marketpay.domain.lifecycles import PayoutAccountStatus as PayoutAccountStatus
    from marketpay.domain.lifecycles import RefundStatus as RefundStatus
    from marketpay.domain.lifecycles import TransactionStatus as TransactionStatus
    from marketpay.domain.lifecycles import UpgradeStatus as UpgradeStatus
    from marketpay.domain.lifecycles import WebhookStatus as WebhookStatus
    from marketpay.domain.lifecycles import WithdrawalStatus as WithdrawalStatus
    from marketpay.domain.limits import Limits as Limits
    from marketpay.domain.loyalty import Loyalty as Loyalty
    from marketpay.domain.milestone import Milestone as Milestone
    from marketpay.domain.money import Money as Money
    from marketpay.domain.offer import Offer as Offer
    from marketpay.domain.package import Package as Package
    from marketpay.domain.payer_account import PayerAccount as PayerAccount
    from marketpay.domain.payment import Payment as Payment
    from marketpay.domain.payment import PaymentPurpose as PaymentPurpose
    from marketpay.domain.payment_transaction import PaymentTransaction as PaymentTransaction
    from marketpay.domain.payment_transaction import TransactionKind as TransactionKind
    from marketpay.domain.payout_account import PayoutAccount as PayoutAccount
    from marketpay.domain.plan import MilestonePlan as MilestonePlan
    from marketpay.domain.plan import Plan as Plan
    from marketpay.domain.processor_fee import ProcessorFee as ProcessorFee
    from marketpay.domain.refund import Refund as Refund
    from marketpay.domain.rules import DisputeDefault as DisputeDefault
    from marketpay.domain.rules import Liability as Liability
    from marketpay.domain.rules import Rules as Rules
    from marketpay.domain.rules import TransferPolicy as TransferPolicy
    from marketpay.domain.sale import Sale as Sale
    from marketpay.domain.shares import Shares as Shares
    from marketpay.domain.timer import Timer as Timer
    from marketpay.domain.timer import TimerKind as TimerKind
    from marketpay.domain.upgrade import Upgrade as Upgrade
    from marketpay.domain.wallet import Wallet as Wallet
    from marketpay.domain.webhook import Webhook as Webhook
    from marketpay.domain.withdrawal import Withdrawal as Withdrawal
    from marketpay.domain.withdrawal import WithdrawalOrigin as WithdrawalOrigin
    from marketpay.errors import CommitUnknown as CommitUnknown
    from marketpay.errors import ConfigurationError as ConfigurationError
    from marketpay.errors import Conflict as Conflict
    from marketpay.errors import CurrencyMismatch as CurrencyMismatch
    from marketpay.errors import DatabaseBusy as DatabaseBusy
    from marketpay.errors import DatabaseRefused as DatabaseRefused
    from marketpay.errors import DatabaseUnavailable as DatabaseUnavailable
    from marketpay.errors import Forbidden as Forbidden
    from marketpay.errors import GatewayError as GatewayError
    from marketpay.errors import GatewayUnavailable as GatewayUnavailable
    from marketpay.errors import IdempotencyConflict as IdempotencyConflict
    from marketpay.errors import IllegalTransition as IllegalTransition
    from marketpay.errors import InvalidInput as InvalidInput
    from marketpay.errors import MarketpayError as MarketpayError
    from marketpay.errors import MissingDependency as MissingDependency
    from marketpay.errors import MoneyError as MoneyError
    from marketpay.errors import NotFound as NotFound
    from marketpay.errors import PaymentDeclined as PaymentDeclined
    from marketpay.errors import Reason as Reason
    from marketpay.errors import Refused as Refused
    from marketpay.errors import WebhookRejected as WebhookRejected
    from marketpay.marketplace import Marketplace as Marketplace
    from marketpay.ports.gateway import AccountStanding as AccountStanding
    from marketpay.ports.gateway import AccountState as AccountState
    from marketpay.ports.gateway import ActingRequest as ActingRequest
    from marketpay.ports.gateway import ActionRequired as ActionRequired
    from marketpay.ports.gateway import AskingRequest as AskingRequest
    from marketpay.ports.gateway import AsyncPaymentGateway as AsyncPaymentGateway
    from marketpay.ports.gateway import Authorize as Authorize
    from marketpay.ports.gateway import Authorized as Authorized
    from marketpay.ports.gateway import BalanceChange as BalanceChange
    from marketpay.ports.gateway import BalanceKind as BalanceKind
    from marketpay.ports.gateway import BalancePage as BalancePage
    from marketpay.ports.gateway import Capture as Capture
    from marketpay.ports.gateway import Captured as Captured
    from marketpay.ports.gateway import ChargebackStanding as ChargebackStanding
    from marketpay.ports.gateway import ChargebackState as ChargebackState
    from marketpay.ports.gateway import CheckoutExpired as CheckoutExpired
    from marketpay.ports.gateway import CheckoutOpen as CheckoutOpen
    from marketpay.ports.gateway import CheckoutPaid as CheckoutPaid
    from marketpay.ports.gateway import Declined as Declined
    from marketpay.ports.gateway import ExpireCheckout as ExpireCheckout
    from marketpay.ports.gateway import GatewayNews as GatewayNews
    from marketpay.ports.gateway import GatewayReply as GatewayReply
    from marketpay.ports.gateway import GatewayRequest as GatewayRequest
    from marketpay.ports.gateway import HasLimits as HasLimits
    from marketpay.ports.gateway import HoldGone as HoldGone
    from marketpay.ports.gateway import Inspect as Inspect
    from marketpay.ports.gateway import Link as Link
    from marketpay.ports.gateway import ListBalance as ListBalance
    from marketpay.ports.gateway import LookUp as LookUp
    from marketpay.ports.gateway import NoAnswer as NoAnswer
    from marketpay.ports.gateway import NotThere as NotThere
    from marketpay.ports.gateway import OnboardingLink as OnboardingLink
    from marketpay.ports.gateway import OpenAccount as OpenAccount
    from marketpay.ports.gateway import PaidOut as PaidOut
    from marketpay.ports.gateway import PaymentGateway as PaymentGateway
    from marketpay.ports.gateway import PayOut as PayOut
    from marketpay.ports.gateway import PayoutState as PayoutState
    from marketpay.ports.gateway import Processing as Processing
    from marketpay.ports.gateway import Progress as Progress
    from marketpay.ports.gateway import ReadsWebhooks as ReadsWebhooks
    from marketpay.ports.gateway import Refunded as Refunded
    from marketpay.ports.gateway import RefundPayment as RefundPayment
    from marketpay.ports.gateway import RefundState as RefundState
    from marketpay.ports.gateway import ReversalState as ReversalState
    from marketpay.ports.gateway import Reversed as Reversed
    from marketpay.ports.gateway import ReverseTransfer as ReverseTransfer
    from marketpay.ports.gateway import StartCheckout as StartCheckout
    from marketpay.ports.gateway import Transfer as Transfer
    from marketpay.ports.gateway import Transferred as Transferred
    from marketpay.ports.gateway import TransferState as TransferState
    from marketpay.ports.gateway import Void as Void
    from marketpay.ports.gateway import Voided as Voided
    from marketpay.ports.gateway_events import GatewayEvent as GatewayEvent
    from marketpay.ports.gateway_events import Topic as Topic
    from marketpay.ports.joining import AsyncJoinable as AsyncJoinable
    from marketpay.ports.joining import Joinable as Joinable
    from marketpay.ports.journal import JournalEntry as JournalEntry
    from marketpay.ports.journal import JournalRecord as JournalRecord
    from marketpay.ports.publisher import AsyncPublisher as AsyncPublisher
    from marketpay.ports.publisher import PublishedEvent as PublishedEvent
    from marketpay.ports.publisher import Publisher as Publisher
    from marketpay.ports.store import AsyncStore as AsyncStore
    from marketpay.ports.store import PostedEntry as PostedEntry
    from marketpay.ports.store import Reader as Reader
    from marketpay.ports.store import Records as Records
    from marketpay.ports.store import Store as Store
    from marketpay.ports.store import Work as Work
    from marketpay.queries.adjustments import GetAdjustment as GetAdjustment
    from marketpay.queries.adjustments import ListAdjustments as ListAdjustments
    from marketpay.queries.base import Page as Page
    from marketpay.queries.base import Question as Question
    from marketpay.queries.credit import CreditBalance as CreditBalance
    from marketpay.queries.credit import GetCredit as GetCredit
    from marketpay.queries.credit import ListCreditGrants as ListCreditGrants
    from marketpay.queries.disputes import GetDispute as GetDispute
    from marketpay.queries.disputes import ListDisputes as ListDisputes
    from marketpay.queries.disputes import ListEvidence as ListEvidence
    from marketpay.queries.entities import GetApplication as GetApplication
    from marketpay.queries.entities import GetChargeback as GetChargeback
    from marketpay.queries.entities import GetIncident as GetIncident
    from marketpay.queries.entities import GetJob as GetJob
    from marketpay.queries.entities import GetMilestone as GetMilestone
    from marketpay.queries.entities import GetOffer as GetOffer
    from marketpay.queries.entities import GetPayment as GetPayment
    from marketpay.queries.entities import GetPaymentTransaction as GetPaymentTransaction
    from marketpay.queries.entities import GetPayoutAccount as GetPayoutAccount
    from marketpay.queries.entities import GetRefund as GetRefund
    from marketpay.queries.entities import GetUpgrade as GetUpgrade
    from marketpay.queries.entities import GetWebhook as GetWebhook
    from marketpay.queries.entities import GetWithdrawal as GetWithdrawal
    from marketpay.queries.journal import JournalOf as JournalOf
    from marketpay.queries.journal import OfferHistory as OfferHistory
    from marketpay.queries.listings import FindPayoutAccount as FindPayoutAccount
    from marketpay.queries.listings import ListApplications as ListApplications
    from marketpay.queries.listings import ListChargebacks as ListChargebacks
    from marketpay.queries.listings import ListIncidents as ListIncidents
    from marketpay.queries.listings import ListJobs as ListJobs
    from marketpay.queries.listings import ListMilestones as ListMilestones
    from marketpay.queries.listings import ListOffers as ListOffers
    from marketpay.queries.listings import ListPayments as ListPayments
    from marketpay.queries.listings import ListPaymentTransactions as ListPaymentTransactions
    from marketpay.queries.listings import ListRefunds as ListRefunds
    from marketpay.queries.listings import ListUpgrades as ListUpgrades
    from marketpay.queries.listings import ListWebhooks as ListWebhooks
    from marketpay.queries.listings import ListWithdrawals as ListWithdrawals
    from marketpay.queries.money import EntriesOf as EntriesOf
    from marketpay.queries.money import GetBalance as GetBalance
    from marketpay.queries.money import GetRevenue as GetRevenue
    from marketpay.queries.money import GetWallet as GetWallet
    from marketpay.queries.money import Revenue as Revenue
    from marketpay.queries.money import StatementLine as StatementLine
    from marketpay.queries.money import TrialBalance as TrialBalance
    from marketpay.queries.money import WalletBalance as WalletBalance
    from marketpay.queries.money import WalletStatement as WalletStatement
    from marketpay.queries.sales import GetSale as GetSale
    from marketpay.queries.sales import ListSales as ListSales
    from marketpay.queries.verification import ChainHead as ChainHead
    from marketpay.queries.verification import Verification as Verification
    from marketpay.queries.verification import Verify as Verify

_MODULES: Final = {
    "adapters.memory.publisher": ("MemoryPublisher",),
    "adapters.memory.store": ("MemoryStore",),
    "adapters.sql.async_store": ("AsyncSqlStore",),
    "adapters.sql.store": ("SqlStore",),
    "adapters.threaded": ("ThreadedStore",),
    "async_marketplace": ("AsyncMarketplace",),
    "commands.acceptance": (
        "AcceptOffer",
        "Acceptance",
    ),
    "commands.adjustments": (
        "ApproveAdjustment",
        "ExpireAdjustment",
        "ProposeAdjustment",
        "RejectAdjustment",
    ),
    "commands.agreed_cancellation": (
        "AcceptCancellation",
        "DeclineCancellation",
        "ProposeCancellation",
    ),
    "commands.applications": (
        "AcceptApplication",
        "ApplyToJob",
        "RejectApplication",
        "WithdrawApplication",
    ),
    "commands.base": (
        "ClientAction",
        "Command",
        "NextAction",
        "Pending",
        "Redirect",
        "Result",
    ),
    "commands.calling_off": ("Cancellation",),
    "commands.cancellation": ("CancelJob",),
    "commands.cancellation_quote": ("CancellationQuote",),
    "commands.chargebacks": ("SettleChargeback",),
    "commands.milestones": (
        "CancelMilestone",
        "FundMilestone",
        "MilestoneFunding",
        "RefundMilestone",
        "ReleaseMilestone",
    ),
    "commands.milestone_closing": ("MilestoneOutcome",),
    "commands.milestone_work": (
        "ReleaseMilestoneAutomatically",
        "RequestMilestoneChanges",
        "StartMilestone",
        "SubmitMilestone",
    ),
    "commands.charges": ("JobPayment", "PayExtra", "PayTip"),
    "commands.clearance": ("EndClearance",),
    "commands.completion": (
        "CompleteJob",
        "Completion",
    ),
    "commands.confirmations": ("ExpireConfirmation",),
    "commands.credits": (
        "ExpireCredit",
        "FreeCredit",
        "GrantCredit",
    ),
    "commands.dead_letters": ("AbandonTransaction",),
    "commands.dispute_deadlines": ("ExpireDispute",),
    "commands.dispute_outcomes": (
        "AcceptSettlement",
        "DisputeOutcome",
        "ProposeSettlement",
        "ResolveDispute",
    ),
    "commands.disputes": (
        "EscalateDispute",
        "OpenDispute",
        "RespondToDispute",
        "WithdrawDispute",
    ),
    "commands.erasure": ("ErasePerson",),
    "commands.escrow": ("EmptyEscrow",),
    "commands.evidence": ("AddEvidence",),
    "commands.held_back_refunds": ("RetryRefund",),
    "commands.holds": (
        "SettleHold",
        "WarnOfExpiry",
    ),
    "commands.incidents": (
        "ClearPayment",
        "FlagPayment",
        "ResolveIncident",
    ),
    "commands.jobs": (
        "PostJob",
        "StartJob",
        "UpdateJob",
    ),
    "commands.loyalty": (
        "EarnPoints",
        "RedeemPoints",
        "Redemption",
    ),
    "commands.negotiation": (
        "CounterOffer",
        "ReviseOffer",
    ),
    "commands.offers": (
        "OfferFunding",
        "RejectOffer",
        "SendOffer",
        "WithdrawOffer",
    ),
    "commands.payments": (
        "LinkPayerAccount",
        "PayOffer",
    ),
    "commands.payout_accounts": (
        "OpenPayoutAccount",
        "RetryTransfer",
    ),
    "commands.payouts_elsewhere": (
        "RecordPayout",
        "RecordReversal",
    ),
    "commands.processor_fees": ("BookProcessorFee",),
    "commands.refunds": (
        "IssueRefund",
        "RecordRefund",
        "RefundIssued",
    ),
    "commands.upgrade_refunds": (
        "NoteUpgradeChargeback",
        "RecordUpgradeRefund",
        "RefundUpgrade",
        "UpgradeRefund",
    ),
    "commands.upgrades": (
        "BuyUpgrade",
        "ExpireUpgrade",
        "Purchase",
        "RevokeUpgrade",
    ),
    "commands.wallets": ("FreezeWallet", "UnfreezeWallet"),
    "commands.webhooks": (
        "BuryWebhook",
        "ReplayWebhook",
    ),
    "commands.withdrawals": (
        "ApproveWithdrawal",
        "CancelWithdrawal",
        "ContinueWithdrawal",
        "MakeScheduledWithdrawal",
        "RequestWithdrawal",
    ),
    "commands.work": (
        "PassDeadline",
        "ReleaseAutomatically",
        "RequestChanges",
        "SubmitWork",
    ),
    "delivery.bulk": ("Done", "Failed"),
    "delivery.joining": ("AsyncJoinedMarketplace", "JoinedMarketplace"),
    "delivery.reconciling": (
        "Break",
        "BreakKind",
        "Reconciliation",
    ),
    "delivery.webhooks": ("Received",),
    "delivery.working": (
        "Failure",
        "WorkReport",
    ),
    "domain.actor": (
        "Actor",
        "Role",
    ),
    "domain.adjustment": (
        "Adjustment",
        "AdjustmentKind",
    ),
    "domain.application": ("Application",),
    "domain.attachment": ("Attachment",),
    "domain.cancellation_policy": (
        "CancellationBasis",
        "CancellationPolicy",
        "CancellationTier",
    ),
    "domain.chargeback": ("Chargeback",),
    "domain.commission": (
        "Commission",
        "Fee",
        "Rounding",
        "Split",
    ),
    "domain.credit": ("Credit",),
    "domain.credit_grant": (
        "CreditGrant",
        "GrantSource",
    ),
    "domain.currencies": ("register_currency",),
    "domain.decision": (
        "Decision",
        "Forgetting",
    ),
    "domain.dispute": ("Dispute",),
    "domain.entity": (
        "Change",
        "Entity",
    ),
    "domain.event": ("Event",),
    "domain.evidence": ("Evidence",),
    "domain.ids": (
        "AdjustmentId",
        "ApplicationId",
        "ChargebackId",
        "CreditGrantId",
        "CreditId",
        "DisputeId",
        "EvidenceId",
        "IncidentId",
        "JobId",
        "MilestoneId",
        "OfferId",
        "PayerAccountId",
        "PaymentId",
        "PayoutAccountId",
        "ProcessorFeeId",
        "RefundId",
        "SaleId",
        "TransactionId",
        "UpgradeId",
        "WalletId",
        "WebhookId",
        "WithdrawalId",
    ),
    "domain.incident": (
        "Incident",
        "IncidentKind",
    ),
    "domain.job": ("Job",),
    "domain.ledger": (
        "Account",
        "AccountKind",
        "LedgerEntry",
    ),
    "domain.lifecycle_data": ("lifecycles",),
    "domain.lifecycles": (
        "AdjustmentStatus",
        "ApplicationStatus",
        "ChargebackStatus",
        "DisputeStatus",
        "IncidentStatus",
        "JobStatus",
        "MilestoneStatus",
        "OfferStatus",
        "PaymentPurpose",
        "PaymentStatus",
        "PayoutAccountStatus",
        "RefundStatus",
        "TransactionStatus",
        "UpgradeStatus",
        "WebhookStatus",
        "WithdrawalStatus",
    ),
    "domain.limits": ("Limits",),
    "domain.loyalty": ("Loyalty",),
    "domain.money": ("Money",),
    "domain.milestone": ("Milestone",),
    "domain.plan": ("MilestonePlan", "Plan"),
    "domain.offer": ("Offer",),
    "domain.package": ("Package",),
    "domain.payer_account": ("PayerAccount",),
    "domain.payment": ("Payment", "PaymentPurpose"),
    "domain.payment_transaction": (
        "PaymentTransaction",
        "TransactionKind",
    ),
    "domain.payout_account": ("PayoutAccount",),
    "domain.processor_fee": ("ProcessorFee",),
    "domain.refund": ("Refund",),
    "domain.rules": (
        "DisputeDefault",
        "Liability",
        "Rules",
        "TransferPolicy",
    ),
    "domain.sale": ("Sale",),
    "domain.timer": (
        "Timer",
        "TimerKind",
    ),
    "domain.shares": ("Shares",),
    "domain.upgrade": ("Upgrade",),
    "domain.wallet": ("Wallet",),
    "domain.webhook": ("Webhook",),
    "domain.withdrawal": (
        "Withdrawal",
        "WithdrawalOrigin",
    ),
    "errors": (
        "CommitUnknown",
        "ConfigurationError",
        "Conflict",
        "CurrencyMismatch",
        "DatabaseBusy",
        "DatabaseRefused",
        "DatabaseUnavailable",
        "Forbidden",
        "GatewayError",
        "GatewayUnavailable",
        "IdempotencyConflict",
        "IllegalTransition",
        "InvalidInput",
        "MarketpayError",
        "MissingDependency",
        "MoneyError",
        "NotFound",
        "PaymentDeclined",
        "Reason",
        "Refused",
        "WebhookRejected",
    ),
    "marketplace": ("Marketplace",),
    "ports.gateway": (
        "AccountStanding",
        "AccountState",
        "ActingRequest",
        "ActionRequired",
        "AskingRequest",
        "AsyncPaymentGateway",
        "Authorize",
        "Authorized",
        "BalanceChange",
        "BalanceKind",
        "BalancePage",
        "Capture",
        "Captured",
        "ChargebackStanding",
        "ChargebackState",
        "CheckoutExpired",
        "CheckoutOpen",
        "CheckoutPaid",
        "Declined",
        "ExpireCheckout",
        "GatewayNews",
        "GatewayReply",
        "GatewayRequest",
        "HasLimits",
        "HoldGone",
        "Inspect",
        "Link",
        "ListBalance",
        "LookUp",
        "NoAnswer",
        "NotThere",
        "OnboardingLink",
        "OpenAccount",
        "PaidOut",
        "PayOut",
        "PaymentGateway",
        "PayoutState",
        "Processing",
        "Progress",
        "ReadsWebhooks",
        "RefundPayment",
        "RefundState",
        "Refunded",
        "ReversalState",
        "ReverseTransfer",
        "Reversed",
        "StartCheckout",
        "Transfer",
        "TransferState",
        "Transferred",
        "Void",
        "Voided",
    ),
    "ports.gateway_events": (
        "GatewayEvent",
        "Topic",
    ),
    "ports.joining": ("AsyncJoinable", "Joinable"),
    "ports.journal": (
        "JournalEntry",
        "JournalRecord",
    ),
    "ports.publisher": (
        "AsyncPublisher",
        "PublishedEvent",
        "Publisher",
    ),
    "ports.store": (
        "AsyncStore",
        "PostedEntry",
        "Reader",
        "Records",
        "Store",
        "Work",
    ),
    "queries.adjustments": (
        "GetAdjustment",
        "ListAdjustments",
    ),
    "queries.base": (
        "Page",
        "Question",
    ),
    "queries.credit": (
        "CreditBalance",
        "GetCredit",
        "ListCreditGrants",
    ),
    "queries.disputes": (
        "GetDispute",
        "ListDisputes",
        "ListEvidence",
    ),
    "queries.entities": (
        "GetApplication",
        "GetChargeback",
        "GetIncident",
        "GetJob",
        "GetMilestone",
        "GetOffer",
        "GetPayment",
        "GetPaymentTransaction",
        "GetPayoutAccount",
        "GetRefund",
        "GetUpgrade",
        "GetWebhook",
        "GetWithdrawal",
    ),
    "queries.journal": (
        "JournalOf",
        "OfferHistory",
    ),
    "queries.listings": (
        "FindPayoutAccount",
        "ListApplications",
        "ListChargebacks",
        "ListIncidents",
        "ListJobs",
        "ListMilestones",
        "ListOffers",
        "ListPaymentTransactions",
        "ListPayments",
        "ListRefunds",
        "ListUpgrades",
        "ListWebhooks",
        "ListWithdrawals",
    ),
    "queries.money": (
        "EntriesOf",
        "GetBalance",
        "GetRevenue",
        "GetWallet",
        "Revenue",
        "StatementLine",
        "TrialBalance",
        "WalletBalance",
        "WalletStatement",
    ),
    "queries.sales": (
        "GetSale",
        "ListSales",
    ),
    "queries.verification": (
        "ChainHead",
        "Verification",
        "Verify",
    ),
}
_HOME: Final = {name: module for module, names in _MODULES.items() for name in names}

# The SQL stores are left out of `import *`, which would need the extra `sql`.
__all__ = [
    "AbandonTransaction",
    "AcceptApplication",
    "AcceptCancellation",
    "AcceptOffer",
    "AcceptSettlement",
    "Acceptance",
    "Account",
    "AccountKind",
    "AccountStanding",
    "AccountState",
    "ActingRequest",
    "ActionRequired",
    "Actor",
    "AddEvidence",
    "Adjustment",
    "AdjustmentId",
    "AdjustmentKind",
    "AdjustmentStatus",
    "Application",
    "ApplicationId",
    "ApplicationStatus",
    "ApplyToJob",
    "ApproveAdjustment",
    "ApproveWithdrawal",
    "AskingRequest",
    "AsyncJoinable",
    "AsyncJoinedMarketplace",
    "AsyncMarketplace",
    "AsyncPaymentGateway",
    "AsyncPublisher",
    "AsyncStore",
    "Attachment",
    "Authorize",
    "Authorized",
    "BalanceChange",
    "BalanceKind",
    "BalancePage",
    "BookProcessorFee",
    "Break",
    "BreakKind",
    "BuryWebhook",
    "BuyUpgrade",
    "CancelJob",
    "CancelMilestone",
    "CancelWithdrawal",
    "Cancellation",
    "CancellationBasis",
    "CancellationPolicy",
    "CancellationQuote",
    "CancellationTier",
    "Capture",
    "Captured",
    "ChainHead",
    "Change",
    "Chargeback",
    "ChargebackId",
    "ChargebackStanding",
    "ChargebackState",
    "ChargebackStatus",
    "CheckoutExpired",
    "CheckoutOpen",
    "CheckoutPaid",
    "ClearPayment",
    "ClientAction",
    "Command",
    "Commission",
    "CommitUnknown",
    "CompleteJob",
    "Completion",
    "ConfigurationError",
    "Conflict",
    "ContinueWithdrawal",
    "CounterOffer",
    "Credit",
    "CreditBalance",
    "CreditGrant",
    "CreditGrantId",
    "CreditId",
    "CurrencyMismatch",
    "DatabaseBusy",
    "DatabaseRefused",
    "DatabaseUnavailable",
    "Decision",
    "DeclineCancellation",
    "Declined",
    "Dispute",
    "DisputeDefault",
    "DisputeId",
    "DisputeOutcome",
    "DisputeStatus",
    "Done",
    "EarnPoints",
    "EmptyEscrow",
    "EndClearance",
    "Entity",
    "EntriesOf",
    "ErasePerson",
    "EscalateDispute",
    "Event",
    "Evidence",
    "EvidenceId",
    "ExpireAdjustment",
    "ExpireCheckout",
    "ExpireConfirmation",
    "ExpireCredit",
    "ExpireDispute",
    "ExpireUpgrade",
    "Failed",
    "Failure",
    "Fee",
    "FindPayoutAccount",
    "FlagPayment",
    "Forbidden",
    "Forgetting",
    "FreeCredit",
    "FreezeWallet",
    "FundMilestone",
    "GatewayError",
    "GatewayEvent",
    "GatewayNews",
    "GatewayReply",
    "GatewayRequest",
    "GatewayUnavailable",
    "GetAdjustment",
    "GetApplication",
    "GetBalance",
    "GetChargeback",
    "GetCredit",
    "GetDispute",
    "GetIncident",
    "GetJob",
    "GetMilestone",
    "GetOffer",
    "GetPayment",
    "GetPaymentTransaction",
    "GetPayoutAccount",
    "GetRefund",
    "GetRevenue",
    "GetSale",
    "GetUpgrade",
    "GetWallet",
    "GetWebhook",
    "GetWithdrawal",
    "GrantCredit",
    "GrantSource",
    "HasLimits",
    "HoldGone",
    "IdempotencyConflict",
    "IllegalTransition",
    "Incident",
    "IncidentId",
    "IncidentKind",
    "IncidentStatus",
    "Inspect",
    "InvalidInput",
    "IssueRefund",
    "Job",
    "JobId",
    "JobPayment",
    "JobStatus",
    "Joinable",
    "JoinedMarketplace",
    "JournalEntry",
    "JournalOf",
    "JournalRecord",
    "LedgerEntry",
    "Liability",
    "Limits",
    "Link",
    "LinkPayerAccount",
    "ListAdjustments",
    "ListApplications",
    "ListBalance",
    "ListChargebacks",
    "ListCreditGrants",
    "ListDisputes",
    "ListEvidence",
    "ListIncidents",
    "ListJobs",
    "ListMilestones",
    "ListOffers",
    "ListPaymentTransactions",
    "ListPayments",
    "ListRefunds",
    "ListSales",
    "ListUpgrades",
    "ListWebhooks",
    "ListWithdrawals",
    "LookUp",
    "Loyalty",
    "MakeScheduledWithdrawal",
    "MarketpayError",
    "Marketplace",
    "MemoryPublisher",
    "MemoryStore",
    "Milestone",
    "MilestoneFunding",
    "MilestoneId",
    "MilestoneOutcome",
    "MilestonePlan",
    "MilestoneStatus",
    "MissingDependency",
    "Money",
    "MoneyError",
    "NextAction",
    "NoAnswer",
    "NotFound",
    "NotThere",
    "NoteUpgradeChargeback",
    "Offer",
    "OfferFunding",
    "OfferHistory",
    "OfferId",
    "OfferStatus",
    "OnboardingLink",
    "OpenAccount",
    "OpenDispute",
    "OpenPayoutAccount",
    "Package",
    "Page",
    "PaidOut",
    "PassDeadline",
    "PayExtra",
    "PayOffer",
    "PayOut",
    "PayTip",
    "PayerAccount",
    "PayerAccountId",
    "Payment",
    "PaymentDeclined",
    "PaymentGateway",
    "PaymentId",
    "PaymentStatus",
    "PaymentTransaction",
    "PayoutAccount",
    "PayoutAccountId",
    "PayoutAccountStatus",
    "PayoutState",
    "Pending",
    "Plan",
    "PostJob",
    "PostedEntry",
    "Processing",
    "ProcessorFee",
    "ProcessorFeeId",
    "Progress",
    "ProposeAdjustment",
    "ProposeCancellation",
    "ProposeSettlement",
    "PublishedEvent",
    "Publisher",
    "Purchase",
    "Question",
    "Reader",
    "ReadsWebhooks",
    "Reason",
    "Received",
    "Reconciliation",
    "RecordPayout",
    "RecordRefund",
    "RecordReversal",
    "RecordUpgradeRefund",
    "Records",
    "RedeemPoints",
    "Redemption",
    "Redirect",
    "Refund",
    "RefundId",
    "RefundIssued",
    "RefundMilestone",
    "RefundPayment",
    "RefundState",
    "RefundStatus",
    "RefundUpgrade",
    "Refunded",
    "Refused",
    "RejectAdjustment",
    "RejectApplication",
    "RejectOffer",
    "ReleaseAutomatically",
    "ReleaseMilestone",
    "ReleaseMilestoneAutomatically",
    "ReplayWebhook",
    "RequestChanges",
    "RequestMilestoneChanges",
    "RequestWithdrawal",
    "ResolveDispute",
    "ResolveIncident",
    "RespondToDispute",
    "Result",
    "RetryRefund",
    "RetryTransfer",
    "Revenue",
    "ReversalState",
    "ReverseTransfer",
    "Reversed",
    "ReviseOffer",
    "RevokeUpgrade",
    "Role",
    "Rounding",
    "Rules",
    "Sale",
    "SaleId",
    "SendOffer",
    "SettleChargeback",
    "SettleHold",
    "Shares",
    "Split",
    "StartCheckout",
    "StartJob",
    "StartMilestone",
    "StatementLine",
    "Store",
    "SubmitMilestone",
    "SubmitWork",
    "ThreadedStore",
    "Timer",
    "TimerKind",
    "Topic",
    "TransactionId",
    "TransactionKind",
    "TransactionStatus",
    "Transfer",
    "TransferPolicy",
    "TransferState",
    "Transferred",
    "TrialBalance",
    "UnfreezeWallet",
    "UpdateJob",
    "Upgrade",
    "UpgradeId",
    "UpgradeRefund",
    "UpgradeStatus",
    "Verification",
    "Verify",
    "Void",
    "Voided",
    "Wallet",
    "WalletBalance",
    "WalletId",
    "WalletStatement",
    "WarnOfExpiry",
    "Webhook",
    "WebhookId",
    "WebhookRejected",
    "WebhookStatus",
    "WithdrawApplication",
    "WithdrawDispute",
    "WithdrawOffer",
    "Withdrawal",
    "WithdrawalId",
    "WithdrawalOrigin",
    "WithdrawalStatus",
    "Work",
    "WorkReport",
    "lifecycles",
    "register_currency",
]


if not TYPE_CHECKING:  # a type checker must not take every name for an existing one

    def __getattr__(name: str) -> Any:
        if name == "__version__":
            from importlib.metadata import version

            return version("marketpay")
        if name not in _HOME:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"marketpay.{_HOME[name]}"), name)
        globals()[name] = value
        return value


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
