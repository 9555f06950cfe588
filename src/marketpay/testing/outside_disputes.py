"""Payers' banks that want money back from the simulated gateway."""

from __future__ import annotations

from marketpay.domain.money import Money
from marketpay.testing import processor_values as sim
from marketpay.testing.outside import HasId, Outside, done, minor


class OutsideDisputes(Outside):
    """What payers' banks do.  A dispute also goes by its payment; then it is the newest one."""

    def dispute(
        self,
        payment: str | HasId,
        *,
        amount: Money | None = None,
        reason: str = "fraudulent",
        inquiry: bool = False,
        withdrawn: bool = True,
    ) -> sim.Dispute:
        """The bank disputes a payment, or `amount` of it, or with `inquiry` only asks.

        The money is withdrawn at once, unless `withdrawn` is false or it is an inquiry.
        """
        id = self._found(sim.Payment, "payment", payment).id
        opened = self.processor.open_dispute(
            id, amount=minor(amount), reason=reason, inquiry=inquiry, withdrawn=withdrawn
        )
        return done(opened, id)

    def escalate(self, dispute: str | HasId) -> sim.Dispute:
        """An inquiry becomes a dispute: the money is withdrawn."""
        id = self._found(sim.Dispute, "dispute", dispute).id
        return done(self.processor.escalate(id), id)

    def withdraw(self, dispute: str | HasId) -> sim.Dispute:
        """The money of a dispute is withdrawn, later than it was opened."""
        id = self._found(sim.Dispute, "dispute", dispute).id
        return done(self.processor.withdraw_dispute(id), id)

    def review(self, dispute: str | HasId) -> sim.Dispute:
        """Somebody submitted evidence, which the bank looks at."""
        id = self._found(sim.Dispute, "dispute", dispute).id
        return done(self.processor.review_dispute(id), id)

    def win(self, dispute: str | HasId, *, fee_returned: bool = False) -> sim.Dispute:
        """The bank gives in, and the money comes back; the fee only if said so."""
        id = self._found(sim.Dispute, "dispute", dispute).id
        return done(self.processor.win_dispute(id, fee_returned=fee_returned), id)

    def lose(self, dispute: str | HasId) -> sim.Dispute:
        """The payer keeps the money."""
        id = self._found(sim.Dispute, "dispute", dispute).id
        return done(self.processor.lose_dispute(id), id)

    def close_inquiry(self, dispute: str | HasId) -> sim.Dispute:
        """Nothing comes of an inquiry."""
        id = self._found(sim.Dispute, "dispute", dispute).id
        return done(self.processor.close_inquiry(id), id)

    def warn(self, payment: str | HasId) -> sim.FraudWarning:
        """The issuer of the card takes the payment for fraud, and says so early."""
        id = self._found(sim.Payment, "payment", payment).id
        return done(self.processor.warn(id), id)
