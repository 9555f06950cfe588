"""What a command reads of a contractor's money."""

from __future__ import annotations

from marketpay.domain.dividing import Parties
from marketpay.domain.ids import WalletId
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refunding import Held
from marketpay.domain.rules import Rules
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
        return Held(wallet=None, moves=(), there=Money.zero(payment.currency))
    return Held(
        wallet=wallet_of(read, payment.contractor, payment.currency, rules),
        moves=read.find(PaymentTransaction, payment=payment.id, kind=MOVES),
        there=there(read, payment.contractor, payment.currency),
    )


def parties_of(read: Reader, payment: Payment, rules: Rules) -> Parties:
    """What has to be known of the contractor before any of it can be divided."""
    return Parties(
        held=held(read, payment, rules),
        wallet=wallet_of(read, payment.contractor, payment.currency, rules),
        accounts=read.find(PayoutAccount, contractor=payment.contractor),
    )


def there(read: Reader, contractor: str, currency: str) -> Money:
    """About how much lies on a contractor's account at the gateway."""
    account = Account(AccountKind.CONNECTED, currency, contractor)
    return unchecked(read.balance(account), currency)
