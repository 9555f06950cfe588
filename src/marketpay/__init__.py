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
    from marketpay.commands.acceptance import (
        Acceptance as Acceptance,
    )
    from marketpay.commands.acceptance import (
        AcceptOffer as AcceptOffer,
    )
    from marketpay.commands.applications import (
        AcceptApplication as AcceptApplication,
    )
    from marketpay.commands.applications import (
        ApplyToJob as ApplyToJob,
    )
    from marketpay.commands.applications import (
        RejectApplication as RejectApplication,
    )
    from marketpay.commands.applications import (
        WithdrawApplication as WithdrawApplication,
    )
    from marketpay.commands.base import (
        ClientAction as ClientAction,
    )
    from marketpay.commands.base import (
        Command as Command,
    )
    from marketpay.commands.base import (
        NextAction as NextAction,
    )
    from marketpay.commands.base import (
        Pending as Pending,
    )
    from marketpay.commands.base import (
        Result as Result,
    )
    from marketpay.commands.cancellation import (
        CancelJob as CancelJob,
    )
    from marketpay.commands.cancellation import (
        Cancellation as Cancellation,
    )
    from marketpay.commands.completion import (
        CompleteJob as CompleteJob,
    )
    from marketpay.commands.completion import (
        Completion as Completion,
    )
    from marketpay.commands.dead_letters import AbandonTransaction as AbandonTransaction
    from marketpay.commands.jobs import (
        PostJob as PostJob,
    )
    from marketpay.commands.jobs import (
        StartJob as StartJob,
    )
    from marketpay.commands.jobs import (
        UpdateJob as UpdateJob,
    )
    from marketpay.commands.offers import (
        OfferFunding as OfferFunding,
    )
    from marketpay.commands.offers import (
        RejectOffer as RejectOffer,
    )
    from marketpay.commands.offers import (
        SendOffer as SendOffer,
    )
    from marketpay.commands.offers import (
        WithdrawOffer as WithdrawOffer,
    )
    from marketpay.commands.payments import PayOffer as PayOffer
    from marketpay.commands.payout_accounts import OpenPayoutAccount as OpenPayoutAccount
    from marketpay.commands.payout_accounts import RetryTransfer as RetryTransfer
    from marketpay.delivery.working import (
        Failure as Failure,
    )
    from marketpay.delivery.working import (
        WorkReport as WorkReport,
    )
    from marketpay.domain.actor import (
        Actor as Actor,
    )
    from marketpay.domain.actor import (
        Role as Role,
    )
    from marketpay.domain.application import Application as Application
    from marketpay.domain.commission import (
        Commission as Commission,
    )
    from marketpay.domain.commission import (
        Fee as Fee,
    )
    from marketpay.domain.commission import (
        Rounding as Rounding,
    )
    from marketpay.domain.commission import (
        Split as Split,
    )
    from marketpay.domain.currencies import register_currency as register_currency
    from marketpay.domain.decision import Decision as Decision
    from marketpay.domain.entity import (
        Change as Change,
    )
    from marketpay.domain.entity import (
        Entity as Entity,
    )
    from marketpay.domain.event import Event as Event
    from marketpay.domain.ids import (
        ApplicationId as ApplicationId,
    )
    from marketpay.domain.ids import (
        JobId as JobId,
    )
    from marketpay.domain.ids import (
        OfferId as OfferId,
    )
    from marketpay.domain.ids import (
        PaymentId as PaymentId,
    )
    from marketpay.domain.ids import (
        PayoutAccountId as PayoutAccountId,
    )
    from marketpay.domain.ids import (
        RefundId as RefundId,
    )
    from marketpay.domain.ids import (
        TransactionId as TransactionId,
    )
    from marketpay.domain.ids import (
        WalletId as WalletId,
    )
    from marketpay.domain.job import Job as Job
    from marketpay.domain.ledger import (
        Account as Account,
    )
    from marketpay.domain.ledger import (
        AccountKind as AccountKind,
    )
    from marketpay.domain.ledger import (
        LedgerEntry as LedgerEntry,
    )
    from marketpay.domain.lifecycles import (
        ApplicationStatus as ApplicationStatus,
    )
    from marketpay.domain.lifecycles import (
        JobStatus as JobStatus,
    )
    from marketpay.domain.lifecycles import (
        OfferStatus as OfferStatus,
    )
    from marketpay.domain.lifecycles import (
        PaymentStatus as PaymentStatus,
    )
    from marketpay.domain.lifecycles import (
        PayoutAccountStatus as PayoutAccountStatus,
    )
    from marketpay.domain.lifecycles import (
        RefundStatus as RefundStatus,
    )
    from marketpay.domain.lifecycles import (
        TransactionStatus as TransactionStatus,
    )
    from marketpay.domain.money import Money as Money
    from marketpay.domain.offer import Offer as Offer
    from marketpay.domain.payment import Payment as Payment
    from marketpay.domain.payment_transaction import (
        PaymentTransaction as PaymentTransaction,
    )
    from marketpay.domain.payment_transaction import (
        TransactionKind as TransactionKind,
    )
    from marketpay.domain.payout_account import PayoutAccount as PayoutAccount
    from marketpay.domain.refund import Refund as Refund
    from marketpay.domain.rules import Rules as Rules
    from marketpay.domain.timer import (
        Timer as Timer,
    )
    from marketpay.domain.timer import (
        TimerKind as TimerKind,
    )
    from marketpay.domain.wallet import Wallet as Wallet
    from marketpay.errors import (
        CommitUnknown as CommitUnknown,
    )
    from marketpay.errors import (
        ConfigurationError as ConfigurationError,
    )
    from marketpay.errors import (
        Conflict as Conflict,
    )
    from marketpay.errors import (
        CurrencyMismatch as CurrencyMismatch,
    )
    from marketpay.errors import (
        DatabaseBusy as DatabaseBusy,
    )
    from marketpay.errors import (
        Forbidden as Forbidden,
    )
    from marketpay.errors import (
        GatewayError as GatewayError,
    )
    from marketpay.errors import (
        GatewayUnavailable as GatewayUnavailable,
    )
    from marketpay.errors import (
        IdempotencyConflict as IdempotencyConflict,
    )
    from marketpay.errors import (
        IllegalTransition as IllegalTransition,
    )
    from marketpay.errors import (
        InvalidInput as InvalidInput,
    )
    from marketpay.errors import (
        MarketpayError as MarketpayError,
    )
    from marketpay.errors import (
        MissingDependency as MissingDependency,
    )
    from marketpay.errors import (
        MoneyError as MoneyError,
    )
    from marketpay.errors import (
        NotFound as NotFound,
    )
    from marketpay.errors import (
        PaymentDeclined as PaymentDeclined,
    )
    from marketpay.errors import (
        Reason as Reason,
    )
    from marketpay.errors import (
        Refused as Refused,
    )
    from marketpay.errors import (
        WebhookRejected as WebhookRejected,
    )
    from marketpay.marketplace import (
        AsyncMarketplace as AsyncMarketplace,
    )
    from marketpay.marketplace import (
        Marketplace as Marketplace,
    )
    from marketpay.ports.gateway import (
        AccountStanding as AccountStanding,
    )
    from marketpay.ports.gateway import (
        AccountState as AccountState,
    )
    from marketpay.ports.gateway import (
        ActionRequired as ActionRequired,
    )
    from marketpay.ports.gateway import (
        AsyncPaymentGateway as AsyncPaymentGateway,
    )
    from marketpay.ports.gateway import (
        Authorize as Authorize,
    )
    from marketpay.ports.gateway import (
        Authorized as Authorized,
    )
    from marketpay.ports.gateway import (
        Capture as Capture,
    )
    from marketpay.ports.gateway import (
        Captured as Captured,
    )
    from marketpay.ports.gateway import (
        Declined as Declined,
    )
    from marketpay.ports.gateway import (
        GatewayReply as GatewayReply,
    )
    from marketpay.ports.gateway import (
        GatewayRequest as GatewayRequest,
    )
    from marketpay.ports.gateway import (
        HoldGone as HoldGone,
    )
    from marketpay.ports.gateway import (
        LookUp as LookUp,
    )
    from marketpay.ports.gateway import (
        NotThere as NotThere,
    )
    from marketpay.ports.gateway import (
        OpenAccount as OpenAccount,
    )
    from marketpay.ports.gateway import (
        PaymentGateway as PaymentGateway,
    )
    from marketpay.ports.gateway import (
        Processing as Processing,
    )
    from marketpay.ports.gateway import (
        Refunded as Refunded,
    )
    from marketpay.ports.gateway import (
        RefundPayment as RefundPayment,
    )
    from marketpay.ports.gateway import (
        Transfer as Transfer,
    )
    from marketpay.ports.gateway import (
        Transferred as Transferred,
    )
    from marketpay.ports.gateway import (
        Void as Void,
    )
    from marketpay.ports.gateway import (
        Voided as Voided,
    )
    from marketpay.ports.journal import (
        JournalEntry as JournalEntry,
    )
    from marketpay.ports.journal import (
        JournalRecord as JournalRecord,
    )
    from marketpay.ports.publisher import (
        AsyncPublisher as AsyncPublisher,
    )
    from marketpay.ports.publisher import (
        PublishedEvent as PublishedEvent,
    )
    from marketpay.ports.publisher import (
        Publisher as Publisher,
    )
    from marketpay.ports.store import (
        AsyncStore as AsyncStore,
    )
    from marketpay.ports.store import (
        PostedEntry as PostedEntry,
    )
    from marketpay.ports.store import (
        Reader as Reader,
    )
    from marketpay.ports.store import (
        Records as Records,
    )
    from marketpay.ports.store import (
        Store as Store,
    )
    from marketpay.ports.store import (
        Work as Work,
    )
    from marketpay.queries.base import (
        Page as Page,
    )
    from marketpay.queries.base import (
        Question as Question,
    )
    from marketpay.queries.entities import (
        GetApplication as GetApplication,
    )
    from marketpay.queries.entities import (
        GetJob as GetJob,
    )
    from marketpay.queries.entities import (
        GetOffer as GetOffer,
    )
    from marketpay.queries.entities import (
        GetPayment as GetPayment,
    )
    from marketpay.queries.entities import (
        GetPaymentTransaction as GetPaymentTransaction,
    )
    from marketpay.queries.entities import (
        GetPayoutAccount as GetPayoutAccount,
    )
    from marketpay.queries.entities import (
        GetRefund as GetRefund,
    )
    from marketpay.queries.listings import (
        FindPayoutAccount as FindPayoutAccount,
    )
    from marketpay.queries.listings import (
        JournalOf as JournalOf,
    )
    from marketpay.queries.listings import (
        ListApplications as ListApplications,
    )
    from marketpay.queries.listings import (
        ListJobs as ListJobs,
    )
    from marketpay.queries.listings import (
        ListOffers as ListOffers,
    )
    from marketpay.queries.listings import (
        ListPayments as ListPayments,
    )
    from marketpay.queries.listings import (
        ListPaymentTransactions as ListPaymentTransactions,
    )
    from marketpay.queries.listings import (
        OfferHistory as OfferHistory,
    )
    from marketpay.queries.money import (
        EntriesOf as EntriesOf,
    )
    from marketpay.queries.money import (
        GetBalance as GetBalance,
    )
    from marketpay.queries.money import (
        GetRevenue as GetRevenue,
    )
    from marketpay.queries.money import (
        GetWallet as GetWallet,
    )
    from marketpay.queries.money import (
        Revenue as Revenue,
    )
    from marketpay.queries.money import (
        StatementLine as StatementLine,
    )
    from marketpay.queries.money import (
        TrialBalance as TrialBalance,
    )
    from marketpay.queries.money import (
        WalletBalance as WalletBalance,
    )
    from marketpay.queries.money import (
        WalletStatement as WalletStatement,
    )
    from marketpay.queries.verification import (
        Verification as Verification,
    )
    from marketpay.queries.verification import (
        Verify as Verify,
    )

_MODULES: Final = {
    "adapters.memory.publisher": ("MemoryPublisher",),
    "adapters.memory.store": ("MemoryStore",),
    "adapters.sql.async_store": ("AsyncSqlStore",),
    "adapters.sql.store": ("SqlStore",),
    "adapters.threaded": ("ThreadedStore",),
    "commands.acceptance": (
        "AcceptOffer",
        "Acceptance",
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
        "Result",
        "RetryTransfer",
    ),
    "commands.cancellation": (
        "CancelJob",
        "Cancellation",
    ),
    "commands.completion": (
        "CompleteJob",
        "Completion",
    ),
    "commands.dead_letters": ("AbandonTransaction",),
    "commands.jobs": (
        "PostJob",
        "StartJob",
        "UpdateJob",
    ),
    "commands.offers": (
        "OfferFunding",
        "RejectOffer",
        "SendOffer",
        "WithdrawOffer",
    ),
    "commands.payments": ("PayOffer",),
    "commands.payout_accounts": ("OpenPayoutAccount", "RetryTransfer"),
    "delivery.working": (
        "Failure",
        "WorkReport",
    ),
    "domain.actor": (
        "Actor",
        "Role",
    ),
    "domain.application": ("Application",),
    "domain.commission": (
        "Commission",
        "Fee",
        "Rounding",
        "Split",
    ),
    "domain.currencies": ("register_currency",),
    "domain.decision": ("Decision",),
    "domain.entity": (
        "Change",
        "Entity",
    ),
    "domain.event": ("Event",),
    "domain.ids": (
        "ApplicationId",
        "JobId",
        "OfferId",
        "PaymentId",
        "PayoutAccountId",
        "RefundId",
        "TransactionId",
        "WalletId",
    ),
    "domain.job": ("Job",),
    "domain.ledger": (
        "Account",
        "AccountKind",
        "LedgerEntry",
    ),
    "domain.lifecycles": (
        "ApplicationStatus",
        "JobStatus",
        "OfferStatus",
        "PaymentStatus",
        "PayoutAccountStatus",
        "RefundStatus",
        "TransactionStatus",
    ),
    "domain.money": ("Money",),
    "domain.offer": ("Offer",),
    "domain.payment": ("Payment",),
    "domain.payment_transaction": (
        "PaymentTransaction",
        "TransactionKind",
    ),
    "domain.payout_account": ("PayoutAccount",),
    "domain.refund": ("Refund",),
    "domain.rules": ("Rules",),
    "domain.timer": (
        "Timer",
        "TimerKind",
    ),
    "domain.wallet": ("Wallet",),
    "errors": (
        "CommitUnknown",
        "ConfigurationError",
        "Conflict",
        "CurrencyMismatch",
        "DatabaseBusy",
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
    "marketplace": (
        "AsyncMarketplace",
        "Marketplace",
    ),
    "ports.gateway": (
        "AccountStanding",
        "AccountState",
        "ActionRequired",
        "AsyncPaymentGateway",
        "Authorize",
        "Authorized",
        "Capture",
        "Captured",
        "Declined",
        "GatewayReply",
        "GatewayRequest",
        "HoldGone",
        "LookUp",
        "NotThere",
        "OpenAccount",
        "PaymentGateway",
        "Processing",
        "RefundPayment",
        "Refunded",
        "Transfer",
        "Transferred",
        "Void",
        "Voided",
    ),
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
    "queries.base": (
        "Page",
        "Question",
    ),
    "queries.entities": (
        "GetApplication",
        "GetJob",
        "GetOffer",
        "GetPayment",
        "GetPaymentTransaction",
        "GetPayoutAccount",
        "GetRefund",
    ),
    "queries.listings": (
        "FindPayoutAccount",
        "JournalOf",
        "ListApplications",
        "ListJobs",
        "ListOffers",
        "ListPaymentTransactions",
        "ListPayments",
        "OfferHistory",
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
    "queries.verification": (
        "Verification",
        "Verify",
    ),
}
_HOME: Final = {name: module for module, names in _MODULES.items() for name in names}

# The SQL stores are left out of `import *`, which would need the extra `sql`.
__all__ = [
    "AbandonTransaction",
    "AcceptApplication",
    "AcceptOffer",
    "Acceptance",
    "Account",
    "AccountKind",
    "AccountStanding",
    "AccountState",
    "ActionRequired",
    "Actor",
    "Application",
    "ApplicationId",
    "ApplicationStatus",
    "ApplyToJob",
    "AsyncMarketplace",
    "AsyncPaymentGateway",
    "AsyncPublisher",
    "AsyncStore",
    "Authorize",
    "Authorized",
    "CancelJob",
    "Cancellation",
    "Capture",
    "Captured",
    "Change",
    "ClientAction",
    "Command",
    "Commission",
    "CommitUnknown",
    "CompleteJob",
    "Completion",
    "ConfigurationError",
    "Conflict",
    "CurrencyMismatch",
    "DatabaseBusy",
    "Decision",
    "Declined",
    "Entity",
    "EntriesOf",
    "Event",
    "Failure",
    "Fee",
    "FindPayoutAccount",
    "Forbidden",
    "GatewayError",
    "GatewayReply",
    "GatewayRequest",
    "GatewayUnavailable",
    "GetApplication",
    "GetBalance",
    "GetJob",
    "GetOffer",
    "GetPayment",
    "GetPaymentTransaction",
    "GetPayoutAccount",
    "GetRefund",
    "GetRevenue",
    "GetWallet",
    "HoldGone",
    "IdempotencyConflict",
    "IllegalTransition",
    "InvalidInput",
    "Job",
    "JobId",
    "JobStatus",
    "JournalEntry",
    "JournalOf",
    "JournalRecord",
    "LedgerEntry",
    "ListApplications",
    "ListJobs",
    "ListOffers",
    "ListPaymentTransactions",
    "ListPayments",
    "LookUp",
    "MarketpayError",
    "Marketplace",
    "MemoryPublisher",
    "MemoryStore",
    "MissingDependency",
    "Money",
    "MoneyError",
    "NextAction",
    "NotFound",
    "NotThere",
    "Offer",
    "OfferFunding",
    "OfferHistory",
    "OfferId",
    "OfferStatus",
    "OpenAccount",
    "OpenPayoutAccount",
    "Page",
    "PayOffer",
    "Payment",
    "PaymentDeclined",
    "PaymentGateway",
    "PaymentId",
    "PaymentStatus",
    "PaymentTransaction",
    "PayoutAccount",
    "PayoutAccountId",
    "PayoutAccountStatus",
    "Pending",
    "PostJob",
    "PostedEntry",
    "Processing",
    "PublishedEvent",
    "Publisher",
    "Question",
    "Reader",
    "Reason",
    "Records",
    "Refund",
    "RefundId",
    "RefundPayment",
    "RefundStatus",
    "Refunded",
    "Refused",
    "RejectApplication",
    "RejectOffer",
    "Result",
    "Revenue",
    "Role",
    "Rounding",
    "Rules",
    "SendOffer",
    "Split",
    "StartJob",
    "StatementLine",
    "Store",
    "ThreadedStore",
    "Timer",
    "TimerKind",
    "TransactionId",
    "TransactionKind",
    "TransactionStatus",
    "Transfer",
    "Transferred",
    "TrialBalance",
    "UpdateJob",
    "Verification",
    "Verify",
    "Void",
    "Voided",
    "Wallet",
    "WalletBalance",
    "WalletId",
    "WalletStatement",
    "WebhookRejected",
    "WithdrawApplication",
    "WithdrawOffer",
    "Work",
    "WorkReport",
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
