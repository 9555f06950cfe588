"""Freezing a contractor's wallet, and letting go of it."""

from __future__ import annotations

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command
from marketpay.commands.holdings import wallet_of
from marketpay.domain.actor import Role, check_party
from marketpay.domain.decision import Decision
from marketpay.domain.errors import Forbidden, NotFound
from marketpay.domain.lifecycles import WithdrawalStatus
from marketpay.domain.rules import Rules
from marketpay.domain.timer import Timer, TimerKind
from marketpay.domain.validators import Text, is_currency
from marketpay.domain.wallet import Wallet
from marketpay.domain.withdrawal import Withdrawal
from marketpay.ports.store import Reader

GOING_ON = (WithdrawalStatus.APPROVED, WithdrawalStatus.PROCESSING)


@frozen(kw_only=True)
class FreezeWallet(Command[Wallet]):
    """An administrator lets nothing be paid out of a wallet for now.

    What is earned still comes in.  A withdrawal that the gateway has not been asked for waits.
    """

    owner: str = field(validator=check_party)
    currency: str = field(validator=is_currency)
    reason: str = field(validator=Text(at_least=1, at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Wallet]:
        """The wallet, frozen; an empty one for who never had any."""
        _only_admin(self, "freeze a wallet")
        wallet = wallet_of(read, self.owner, self.currency, rules)
        if wallet.is_frozen:
            return Decision(wallet, waives=(wallet,))
        frozen_ = wallet.freeze(rules.now())
        return Decision(frozen_.entity, changes=(frozen_,))


@frozen(kw_only=True)
class UnfreezeWallet(Command[Wallet]):
    """An administrator has looked, and all is well: what waited goes on."""

    owner: str = field(validator=check_party)
    currency: str = field(validator=is_currency)
    reason: str = field(validator=Text(at_least=1, at_most=2_000), metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Wallet]:
        """The wallet as any other again."""
        found, at = read.find(Wallet, owner=self.owner, currency=self.currency), rules.now()
        if not found:
            raise NotFound("Wallet", f"{self.currency}:{self.owner}")
        [wallet] = found
        _only_admin(self, "unfreeze a wallet")
        if not wallet.is_frozen:
            return Decision(wallet, waives=(wallet,))
        waiting = read.find(Withdrawal, open_wallet=wallet.holder, status=GOING_ON)
        free = wallet.unfreeze(at)
        timers = tuple(Timer(TimerKind.WITHDRAWAL, one.id, at) for one in waiting)
        return Decision(free.entity, changes=(free,), waives=waiting, timers=timers)


def _only_admin(command: Command[Wallet], what: str) -> None:
    if command.by.role is not Role.ADMIN:
        raise Forbidden(command.by.id, command.by.role.value, what, "an admin")
