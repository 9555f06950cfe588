"""What a command reads of a contractor's money."""

from __future__ import annotations

from marketpay.domain.ids import WalletId
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.refunding import Held
from marketpay.domain.rules import Rules
from marketpay.domain.transferring import spare
from marketpay.domain.wallet import Wallet
from marketpay.ports.store import Reader

MOVES = (TransactionKind.TRANSFER, TransactionKind.TRANSFER_REVERSAL)


def wallet_of(read: Reader, owner: str, currency: str, rules: Rules) -> Wallet:
    """The owner's wallet; an empty one, not yet saved, for who never had any."""
    found = read.find(Wallet, owner=owner, currency=currency)
    if found:
        return found[0]
    return Wallet.empty(WalletId(rules.new_id("wal")), owner, currency, rules.now())


def held(read: Reader, payment: Payment, rules: Rules) -> Held:
    """What a refund or a loss may have to be taken from; nothing before the release."""
    if not payment.is_released:
        zero = Money.zero(payment.currency)
        return Held(wallet=None, moves=(), there=zero, in_transit=zero)
    return Held(
        wallet=wallet_of(read, payment.contractor, payment.currency, rules),
        moves=read.find(PaymentTransaction, payment=payment.id, kind=MOVES),
        there=there(read, payment.contractor, payment.currency),
        in_transit=_balance(read, AccountKind.PAYOUT_IN_TRANSIT, payment),
    )


def spare_of(read: Reader, payment: Payment, arriving: Money, rules: Rules) -> tuple[Money, Wallet]:
    """About how much lies on a contractor's account, with what is `arriving`, beyond what they
    are owed; and their wallet.
    """
    wallet = wallet_of(read, payment.contractor, payment.currency, rules)
    on_account = there(read, payment.contractor, payment.currency) + arriving
    in_transit = _balance(read, AccountKind.PAYOUT_IN_TRANSIT, payment)
    return spare(on_account, in_transit, wallet), wallet


def _balance(read: Reader, kind: AccountKind, payment: Payment) -> Money:
    account = Account(kind, payment.currency, payment.contractor)
    return unchecked(read.balance(account), payment.currency)


def there(read: Reader, contractor: str, currency: str) -> Money:
    """About how much lies on a contractor's account at the gateway."""
    account = Account(AccountKind.CONNECTED, currency, contractor)
    return unchecked(read.balance(account), currency)
