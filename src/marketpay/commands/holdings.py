"""What a command reads of a contractor's money, and of a customer's credit."""

from __future__ import annotations

from marketpay.domain.credit import Credit
from marketpay.domain.credit_grant import CreditGrant
from marketpay.domain.dividing import Parties
from marketpay.domain.ids import CreditId, WalletId
from marketpay.domain.ledger import Account, AccountKind
from marketpay.domain.money import Money, unchecked
from marketpay.domain.payment import Payment
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.payout_account import PayoutAccount
from marketpay.domain.refund import Refund
from marketpay.domain.refunding import Held
from marketpay.domain.rules import Rules
from marketpay.domain.spending import Purse
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
    """What a refund or a loss may have to be taken from; nothing before the release.

    Of a payment that credit paid in part, that credit too: it may be given back.
    """
    is_of_credit = payment.credit.minor > 0
    purse = purse_of(read, payment.customer, payment.currency, rules) if is_of_credit else None
    refunds = read.find(Refund, payment=payment.id) if is_of_credit else ()
    if not payment.is_released:
        nothing = Money.zero(payment.currency)
        return Held(wallet=None, moves=(), there=nothing, purse=purse, refunds=refunds)
    return Held(
        wallet=wallet_of(read, payment.contractor, payment.currency, rules),
        moves=read.find(PaymentTransaction, payment=payment.id, kind=MOVES),
        there=there(read, payment.contractor, payment.currency),
        purse=purse,
        refunds=refunds,
    )


def purse_of(read: Reader, customer: str, currency: str, rules: Rules) -> Purse:
    """The customer's credit with its grants; for who has none yet, what the books say.

    What was refunded to them before there was a row for it is lasting.
    """
    for known in read.find(Credit, customer=customer, currency=currency):
        return Purse(credit=known, grants=read.find(CreditGrant, open_credit=known.id))
    lasting = unchecked(
        read.balance(Account(AccountKind.CREDIT_AVAILABLE, currency, customer)), currency
    )
    id = CreditId(rules.new_id("crd"))
    return Purse(credit=Credit.begun(id, customer, currency, lasting, rules.now()), grants=())


def behind(read: Reader, payment: Payment, rules: Rules) -> Purse | None:
    """The credit that stands behind a payment, if there is any."""
    if not payment.credit_reserved.minor:
        return None
    return purse_of(read, payment.customer, payment.currency, rules)


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
