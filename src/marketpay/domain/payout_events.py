"""Facts about what contractors earn, and how it reaches them."""

from __future__ import annotations

from attrs import frozen

from marketpay.domain.event import Event
from marketpay.domain.money import Money


@frozen(kw_only=True)
class PayoutAccountEvent(Event):
    """Something happened to a contractor's account at the gateway."""

    account: str
    contractor: str


class PayoutAccountOpened(PayoutAccountEvent):
    """The contractor asked for one."""


class PayoutAccountConnected(PayoutAccountEvent):
    """The gateway opened it; the contractor has to give their details there."""


class PayoutAccountActivated(PayoutAccountEvent):
    """It can be paid."""


class PayoutAccountRestricted(PayoutAccountEvent):
    """It cannot be paid until the contractor gives the gateway what it asks for."""


class PayoutAccountRejected(PayoutAccountEvent):
    """The gateway will not pay this contractor."""


@frozen(kw_only=True)
class WalletEvent(Event):
    """Something happened to a wallet.  `amount` is what it holds more or less, above zero;
    where it was frozen, all that it holds; of a transfer, what it moves.
    """

    wallet: str
    owner: str
    amount: Money


class WalletCredited(WalletEvent):
    """The owner has more."""


class WalletDebited(WalletEvent):
    """The owner has less."""


class WalletReserved(WalletEvent):
    """Some of it cannot be spent for now."""


class WalletFreed(WalletEvent):
    """What could not be spent can be again."""


class WalletFrozen(WalletEvent):
    """An administrator lets nothing be paid out of it for now."""


class WalletUnfrozen(WalletEvent):
    """It is a wallet like any other again."""


class WalletTransferStarted(WalletEvent):
    """Some of it that no payment is behind is on its way to the owner's account."""


class WalletTransferReturned(WalletEvent):
    """... and is not there, or no longer: it is sent again when they withdraw."""


class WalletCleared(WalletEvent):
    """What waited for a clearance can be spent, or has paid a debt."""


@frozen(kw_only=True)
class WithdrawalEvent(Event):
    """Something happened to a withdrawal."""

    withdrawal: str
    contractor: str
    amount: Money


class WithdrawalRequested(WithdrawalEvent):
    """Money of a wallet shall go to its owner's bank."""


class WithdrawalApproved(WithdrawalEvent):
    """It may go."""


class WithdrawalStarted(WithdrawalEvent):
    """The gateway is being asked to pay it out."""


class WithdrawalPaid(WithdrawalEvent):
    """It is expected at the bank, which can still send it back."""


class WithdrawalFailed(WithdrawalEvent):
    """It did not go; the wallet has it again."""


class WithdrawalReturned(WithdrawalEvent):
    """The bank sent it back; the wallet has it again."""


class WithdrawalCanceled(WithdrawalEvent):
    """It was called off; the wallet has it again."""


@frozen(kw_only=True)
class PayerAccountEvent(Event):
    """Something happened to a customer's account at the gateway."""

    account: str
    customer: str


class PayerAccountLinked(PayerAccountEvent):
    """The customer's saved cards are known to be those of that account."""


@frozen(kw_only=True)
class ProcessorFeeEvent(Event):
    """Something happened to a fee of the gateway's."""

    fee: str
    payment: str | None
    amount: Money


class ProcessorFeeBooked(ProcessorFeeEvent):
    """The gateway kept it, and the books say so."""
