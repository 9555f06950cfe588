"""Disputes at the simulated processor: a payer's bank takes money back, or asks."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from attrs import evolve

from marketpay.testing.processor_payments import Payments
from marketpay.testing.processor_records import new_id
from marketpay.testing.processor_refusals import no, wrong
from marketpay.testing.processor_values import (
    PLATFORM,
    Charge,
    Dispute,
    DisputeStatus,
    FraudWarning,
    Movement,
    Payment,
    Refusal,
)

RESPOND_WITHIN: Final = timedelta(days=7)
NOT_OPEN: Final = "dispute_not_open"


class Disputes(Payments):
    """Disputes, inquiries and warnings of fraud.

    A real dispute costs the platform the amount and a fee, from the day on which the funds are
    withdrawn; its balance may become negative by that.
    """

    def open_dispute(
        self,
        payment: str,
        *,
        amount: int | None = None,
        reason: str = "fraudulent",
        inquiry: bool = False,
        withdrawn: bool = True,
        metadata: Mapping[str, str] | None = None,
    ) -> Dispute | Refusal:
        """The payer's bank disputes `amount` of a payment, or what was not given back of it.

        The funds are withdrawn at once, unless it is an inquiry or `withdrawn` is false.
        """
        with self._up_to_date():
            charge = self._charge_named(payment)
            if charge is None:
                return no("resource_missing")
            amount = charge.captured - charge.refunded if amount is None else amount
            left = charge.captured - charge.disputed
            if problem := wrong(amount, charge.currency, left, charge.currency):
                return no(problem)
            asks = DisputeStatus.WARNING_NEEDS_RESPONSE
            dispute = Dispute(
                id=new_id("du"),
                payment=charge.payment,
                charge=charge.id,
                amount=amount,
                currency=charge.currency,
                reason=reason,
                status=asks if inquiry else DisputeStatus.NEEDS_RESPONSE,
                respond_by=self._at() + RESPOND_WITHIN,
                metadata=metadata or {},
                created=self._at(),
            )
            self._put(evolve(charge, dispute=dispute.id, disputed=charge.disputed + amount))
            self._emit("charge.dispute.created", self._put(dispute))
            return dispute if inquiry or not withdrawn else self._withdraw(dispute)

    def withdraw_dispute(self, id: str) -> Dispute | Refusal:
        """The network takes the money of a dispute that it has not taken yet."""
        with self._up_to_date():
            dispute = self._open_dispute(id)
            if not isinstance(dispute, Dispute):
                return dispute
            if dispute.inquiry or dispute.withdrawn:
                return no("dispute_not_withdrawable")
            return self._withdraw(dispute)

    def escalate(self, id: str) -> Dispute | Refusal:
        """An inquiry becomes a real dispute."""
        with self._up_to_date():
            dispute = self._open_dispute(id)
            if not isinstance(dispute, Dispute):
                return dispute
            if not dispute.inquiry:
                return no("dispute_not_an_inquiry")
            real = self._put(evolve(dispute, status=DisputeStatus.NEEDS_RESPONSE))
            self._emit("charge.dispute.updated", real)
            return self._withdraw(real)

    def review_dispute(self, id: str) -> Dispute | Refusal:
        """Evidence was submitted; the payer's bank looks at it."""
        with self._up_to_date():
            dispute = self._open_dispute(id)
            if not isinstance(dispute, Dispute):
                return dispute
            asked = dispute.inquiry
            under = DisputeStatus.WARNING_UNDER_REVIEW if asked else DisputeStatus.UNDER_REVIEW
            reviewed = self._put(evolve(dispute, status=under, has_evidence=True))
            self._emit("charge.dispute.updated", reviewed)
            return reviewed

    def win_dispute(self, id: str, *, fee_returned: bool = False) -> Dispute | Refusal:
        """The payer's bank gives in: what was withdrawn comes back, the fee only if said so."""
        with self._up_to_date():
            dispute = self._open_dispute(id)
            if not isinstance(dispute, Dispute):
                return dispute
            if dispute.inquiry:
                return no("dispute_is_an_inquiry")
            won = self._end(dispute, DisputeStatus.WON)
            return self._reinstate(won, fee_returned=fee_returned) if won.withdrawn else won

    def lose_dispute(self, id: str) -> Dispute | Refusal:
        """The payer keeps the money: decided so, or accepted by the platform."""
        with self._up_to_date():
            dispute = self._open_dispute(id)
            if not isinstance(dispute, Dispute):
                return dispute
            if not dispute.withdrawn:
                dispute = self._withdraw(dispute)
            return self._end(dispute, DisputeStatus.LOST)

    def close_inquiry(self, id: str) -> Dispute | Refusal:
        """Nothing comes of an inquiry."""
        with self._up_to_date():
            dispute = self._open_dispute(id)
            if not isinstance(dispute, Dispute):
                return dispute
            if not dispute.inquiry:
                return no("dispute_not_an_inquiry")
            return self._end(dispute, DisputeStatus.WARNING_CLOSED)

    def warn(
        self, payment: str, *, kind: str = "unauthorized_use_of_card"
    ) -> FraudWarning | Refusal:
        """The issuer of the card takes a payment for fraud."""
        with self._up_to_date():
            charge = self._charge_named(payment)
            if charge is None:
                return no("resource_missing")
            warning = FraudWarning(
                id=new_id("issfr"),
                payment=charge.payment,
                charge=charge.id,
                kind=kind,
                actionable=charge.refunded < charge.captured and charge.dispute is None,
                created=self._at(),
            )
            self._emit("radar.early_fraud_warning.created", warning)
            return self._put(warning)

    def _captured(self, payment: Payment, charge: Charge) -> Payment:
        done = super()._captured(payment, charge)
        card = self._behaviour(charge.method)
        if card.disputed is not None:
            self.open_dispute(charge.id, reason=card.disputed, inquiry=card.inquiry)
        if card.warned:
            self.warn(charge.id)
        return done

    def _open_dispute(self, id: str) -> Dispute | Refusal:
        dispute = self._get(Dispute, id)
        if dispute is None:
            return no("resource_missing")
        return dispute if dispute.open else no(NOT_OPEN)

    def _withdraw(self, dispute: Dispute) -> Dispute:
        fee, currency = self.terms.dispute_fee, dispute.currency
        amount = -dispute.amount
        booked = self._book(PLATFORM, amount, currency, Movement.DISPUTE, dispute.id, fee=fee)
        taken = evolve(
            dispute,
            withdrawn=dispute.amount,
            fee=fee,
            balance_transactions=(*dispute.balance_transactions, booked.id),
        )
        self._emit("charge.dispute.funds_withdrawn", self._put(taken))
        return taken

    def _reinstate(self, dispute: Dispute, *, fee_returned: bool) -> Dispute:
        fee, currency = dispute.fee if fee_returned else 0, dispute.currency
        why, amount = Movement.DISPUTE_REVERSAL, dispute.withdrawn
        booked = self._book(PLATFORM, amount, currency, why, dispute.id, fee=-fee)
        back = evolve(
            dispute,
            withdrawn=0,
            fee=dispute.fee - fee,
            balance_transactions=(*dispute.balance_transactions, booked.id),
        )
        self._emit("charge.dispute.funds_reinstated", self._put(back))
        return back

    def _end(self, dispute: Dispute, status: DisputeStatus) -> Dispute:
        ended = self._put(evolve(dispute, status=status))
        charge = self._get(Charge, dispute.charge)
        if charge is not None and status is not DisputeStatus.LOST:
            self._put(evolve(charge, disputed=charge.disputed - dispute.amount))
        self._emit("charge.dispute.closed", ended)
        return ended
