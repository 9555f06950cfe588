"""Premium listings: bought on the gateway's page, for a time."""

from __future__ import annotations

from datetime import datetime

from attrs import field, frozen

from marketpay.commands.base import PERSONAL, Command, Result, only_system
from marketpay.domain import events as e
from marketpay.domain.actor import Role, check_party
from marketpay.domain.decision import Decision
from marketpay.domain.entity import permit
from marketpay.domain.errors import Forbidden, Reason, Refused
from marketpay.domain.ids import TransactionId, UpgradeId
from marketpay.domain.lifecycles import UPGRADE, UpgradeStatus
from marketpay.domain.package import Package
from marketpay.domain.payment_transaction import PaymentTransaction, TransactionKind
from marketpay.domain.rules import Rules
from marketpay.domain.upgrade import Upgrade
from marketpay.domain.validators import IdOf, is_web_address
from marketpay.ports.store import Reader


@frozen(kw_only=True)
class Purchase(Result):
    """The charge of an upgrade.

    `next_action` is a `Redirect` to the gateway's page, `Pending` where the gateway has not
    answered, None where the page that was open has closed meanwhile: buy again.  Coming back
    from the page proves nothing: the upgrade is active once it is paid.
    """

    transaction: PaymentTransaction


@frozen(kw_only=True)
class BuyUpgrade(Command[Purchase]):
    """A customer wants a listing to be premium, and pays on the gateway's page.

    While a page for the same listing and kind is open, it is that page's address again.  The
    price and the days are the package's at this time (`Rules.packages`).
    """

    listing: str = field(validator=check_party)
    premium_type: str = field(validator=check_party)
    success_url: str = field(validator=is_web_address, metadata=PERSONAL)
    cancel_url: str = field(validator=is_web_address, metadata=PERSONAL)

    def decide(self, read: Reader, rules: Rules) -> Decision[Purchase]:
        """The charge on record; the page is asked for at once."""
        package, at = rules.package(self.premium_type), rules.now()
        if self.by.role is not Role.CUSTOMER:
            raise Forbidden(self.by.id, self.by.role.value, "buy an upgrade", "a customer")
        rules.limits(package.price.currency).check(package.price, "price")
        key = f"{self.listing}:{self.premium_type}"
        for known in read.find(PaymentTransaction, open_purchase=key):
            if known.party != self.by.id:
                raise Refused(Reason.PURCHASE_IN_PROGRESS)
            return Decision(Purchase(transaction=known), waives=(known,), operations=(known,))
        charge = self._charge(package, rules, at)
        return Decision(
            Purchase(transaction=charge),
            changes=(charge.begun(at),),
            operations=(charge,),
        )

    def _charge(self, package: Package, rules: Rules, at: datetime) -> PaymentTransaction:
        id = TransactionId(rules.new_id("ptx"))
        return PaymentTransaction(
            id=id,
            payment=None,
            kind=TransactionKind.CHARGE,
            amount=package.price,
            party=self.by.id,
            group=id,
            listing=self.listing,
            premium_type=self.premium_type,
            days=package.days,
            success_url=self.success_url,
            cancel_url=self.cancel_url,
            due_at=at + rules.lease,
            sent_at=at,
            created_at=at,
        )


@frozen(kw_only=True)
class RevokeUpgrade(Command[Upgrade]):
    """The platform takes an upgrade away.  No money moves."""

    upgrade: UpgradeId = field(validator=IdOf("Upgrade"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Upgrade]:
        """The upgrade, revoked."""
        upgrade, at = read.get(Upgrade, self.upgrade), rules.now()
        permit(self.by, UPGRADE, e.UpgradeRevoked, "revoke this upgrade")
        if upgrade.status is UpgradeStatus.REVOKED:
            return Decision(upgrade, waives=(upgrade,))
        revoked = upgrade.become(e.UpgradeRevoked, self.by.role, at)
        return Decision(revoked.entity, changes=(revoked,))


@frozen(kw_only=True)
class ExpireUpgrade(Command[Upgrade]):
    """An upgrade's time is over."""

    upgrade: UpgradeId = field(validator=IdOf("Upgrade"))

    def decide(self, read: Reader, rules: Rules) -> Decision[Upgrade]:
        """The upgrade, expired if it was not extended meanwhile."""
        only_system(self.by, "expire an upgrade")
        upgrade, at = read.get(Upgrade, self.upgrade), rules.now()
        if upgrade.status is not UpgradeStatus.ACTIVE or upgrade.expires_at > at:
            return Decision(upgrade, waives=(upgrade,))
        expired = upgrade.become(e.UpgradeExpired, self.by.role, at)
        return Decision(expired.entity, changes=(expired,))
