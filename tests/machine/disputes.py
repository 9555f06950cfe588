"""The customer and the contractor do not agree about a payment."""

from attrs import evolve
from hypothesis import strategies as st
from hypothesis.stateful import rule

from marketpay import (
    AcceptSettlement,
    Actor,
    AddEvidence,
    Attachment,
    Dispute,
    EscalateDispute,
    ExpireDispute,
    Job,
    Money,
    OpenDispute,
    PayExtra,
    Payment,
    PaymentPurpose,
    ProposeSettlement,
    ResolveDispute,
    RespondToDispute,
    WithdrawDispute,
)
from tests.machine.machine import ADMIN, NUMBER, Machine, goes_on, said_by, there_is

PHOTO = Attachment("https://files.example/gate.jpg", "image/jpeg", "0b" * 32)
SIDES = ("customer", "contractor")
SHARE = st.sampled_from((0, 1, 33, 50, 100))  # hundredths of what is left
WORD = st.sampled_from(("No", "Not at all"))


@there_is(Payment)
@rule(number=NUMBER, role=said_by(*SIDES), is_free=st.sampled_from((True, True, True, False)))
def open_dispute(machine: Machine, number: int, role: str, is_free: bool) -> None:
    """Of a payment that can be contested, mostly."""
    paid = machine.prefer(Payment, number, lambda one: is_free is _is_disputable(machine, one))
    machine.say(OpenDispute(by=machine.who(role, paid), payment=paid.id, reason="Hm"))


@there_is(Job)
@rule(number=NUMBER, role=said_by(*SIDES))
def dispute_an_extra(machine: Machine, number: int, role: str) -> None:
    """... as soon as it is paid."""
    job = machine.prefer(Job, number, goes_on)
    by, amount = machine.who("customer", job), Money("2.50", "USD")
    machine.say(PayExtra(by=by, job=job.id, amount=amount, payment_method="pm_card_visa"))
    for extra in machine.sight.of(Payment, job=job.id, purpose=PaymentPurpose.EXTRA)[:1]:
        machine.say(OpenDispute(by=machine.who(role, job), payment=extra.id, reason="Hm"))


@there_is(Dispute)
@rule(number=NUMBER, role=said_by(*SIDES), word=WORD)
def respond_to_dispute(machine: Machine, number: int, role: str, word: str) -> None:
    dispute = newest(machine, number)
    by = machine.who(role, dispute)
    machine.say(RespondToDispute(by=by, dispute=dispute.id, message=word))


@there_is(Dispute)
@rule(number=NUMBER, role=said_by(*SIDES, "admin"))
def escalate_dispute(machine: Machine, number: int, role: str) -> None:
    dispute = newest(machine, number)
    machine.say(EscalateDispute(by=machine.who(role, dispute), dispute=dispute.id))


@there_is(Dispute)
@rule(number=NUMBER, role=said_by(*SIDES, "admin"), page=st.integers(0, 2))
def add_evidence(machine: Machine, number: int, role: str, page: int) -> None:
    dispute, photo = newest(machine, number), evolve(PHOTO, sha256=f"0{page}" * 32)
    by = machine.who(role, dispute)
    machine.say(AddEvidence(by=by, dispute=dispute.id, attachment=photo))


@there_is(Dispute)
@rule(number=NUMBER, role=said_by(*SIDES), share=SHARE)
def propose_settlement(machine: Machine, number: int, role: str, share: int) -> None:
    dispute = newest(machine, number)
    amount = share_of(machine.sight.get(Payment, dispute.payment), share)
    by = machine.who(role, dispute)
    machine.say(ProposeSettlement(by=by, dispute=dispute.id, to_customer=amount))


@there_is(Dispute)
@rule(number=NUMBER, role=said_by(*SIDES))
def accept_settlement(machine: Machine, number: int, role: str) -> None:
    """On what the other side proposes, where it does."""
    dispute = newest(machine, number)
    by = machine.who(role, dispute)
    amount = dispute.proposed_to(by.role) or Money.zero(dispute.currency)
    machine.say(AcceptSettlement(by=by, dispute=dispute.id, to_customer=amount))


@there_is(Dispute)
@rule(number=NUMBER, share=SHARE, beside=st.sampled_from((0, 0, 0, 1)))
def resolve_dispute(machine: Machine, number: int, share: int, beside: int) -> None:
    """An administrator decides, now and then a cent beside it."""
    dispute = newest(machine, number)
    paid = machine.sight.get(Payment, dispute.payment)
    customers = share_of(paid, share)
    contractors = paid.refundable - customers + Money.from_minor(beside, paid.currency)
    machine.say(
        ResolveDispute(
            by=ADMIN, dispute=dispute.id, to_customer=customers, to_contractor=contractors
        )
    )


@there_is(Dispute)
@rule(number=NUMBER, is_opener=st.sampled_from((True, True, True, False)))
def withdraw_dispute(machine: Machine, number: int, is_opener: bool) -> None:
    dispute = newest(machine, number)
    mine = SIDES.index(dispute.opened_by.value)
    by = machine.who(SIDES[mine if is_opener else 1 - mine], dispute)
    machine.say(WithdrawDispute(by=by, dispute=dispute.id))


@there_is(Dispute)
@rule(number=NUMBER)
def expire_dispute(machine: Machine, number: int) -> None:
    machine.say(ExpireDispute(by=Actor.SYSTEM, dispute=newest(machine, number).id))


def newest(machine: Machine, number: int) -> Dispute:
    """One that goes on, if there is one."""
    return machine.prefer(Dispute, number, lambda one: not one.is_over)


def share_of(paid: Payment, share: int) -> Money:
    """So many hundredths of what is left."""
    return Money.from_minor(paid.refundable.minor * share // 100, paid.currency)


def _is_disputable(machine: Machine, paid: Payment) -> bool:
    by = machine.who("customer", paid)
    return "OpenDispute" in machine.houses[0].market.possible(paid, by)
