"""The owners of connected accounts and their banks, as seen by the simulated gateway."""

from __future__ import annotations

from marketpay.domain.money import Money
from marketpay.testing import processor_values as sim
from marketpay.testing.outside import HasId, Outside, done, minor
from marketpay.testing.processor_values import Standing


class OutsideAccounts(Outside):
    """What happens to connected accounts, and to the money on them, without us."""

    def activate(self, account: str | HasId) -> None:
        """The owner of the account has been checked: it can be paid."""
        self._set_standing(account, Standing.ACTIVE)

    def restrict(self, account: str | HasId) -> None:
        """Something about the account's owner is missing: it cannot be paid for now."""
        self._set_standing(account, Standing.RESTRICTED)

    def reject(self, account: str | HasId) -> None:
        """The account's owner is turned down."""
        self._set_standing(account, Standing.REJECTED)

    def deauthorize(self, account: str | HasId) -> None:
        """The account's owner cuts the platform off, for good."""
        id = self._found(sim.Account, "account", account).id
        done(self.processor.deauthorize(id), id)

    def pay_out_elsewhere(self, account: str | HasId, amount: Money) -> sim.Payout:
        """The account's owner has money sent to their bank without us."""
        id = self._found(sim.Account, "account", account).id
        paid = self.processor.pay_out(id, amount=amount.minor, currency=amount.currency)
        return done(paid, id)

    def reverse_elsewhere(self, transfer: str | HasId, amount: Money | None = None) -> sim.Reversal:
        """Somebody takes transferred money back at the dashboard; all of it, if nothing is said."""
        id = self._found(sim.Transfer, "transfer", transfer).id
        return done(self.processor.reverse(id, amount=minor(amount)), id)

    def cancel_payout(self, payout: str | HasId) -> sim.Payout:
        """Somebody stops a payout that is still pending."""
        id = self._found(sim.Payout, "payout", payout).id
        return done(self.processor.cancel_payout(id), id)

    def arrive_payout(self, payout: str | HasId) -> sim.Payout:
        """The bank has the money, whatever the clock says."""
        id = self._found(sim.Payout, "payout", payout).id
        return done(self.processor.arrive_payout(id), id)

    def fail_payout(self, payout: str | HasId, code: str = "account_closed") -> sim.Payout:
        """The bank does not take the money: it is back on the connected account."""
        id = self._found(sim.Payout, "payout", payout).id
        return done(self.processor.fail_payout(id, code), id)

    def return_payout(self, payout: str | HasId, code: str = "account_closed") -> sim.Payout:
        """The bank takes the money, so that the payout counts as paid, and sends it back."""
        found = self._found(sim.Payout, "payout", payout)
        if found.open:
            done(self.processor.arrive_payout(found.id), found.id)
        return done(self.processor.fail_payout(found.id, code), found.id)

    def _set_standing(self, account: str | HasId, standing: Standing) -> None:
        id = self._found(sim.Account, "account", account).id
        done(self.processor.set_standing(id, standing), id)
