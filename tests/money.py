"""Money on its way: staff who refund, contractors who withdraw, webhooks that are heard."""

from functools import partial

from marketpay import (
    AccountKind,
    Actor,
    Adjustment,
    ApproveAdjustment,
    GetPayment,
    GetRefund,
    GetWithdrawal,
    IncidentKind,
    IssueRefund,
    ListIncidents,
    ListRefunds,
    Marketplace,
    Payment,
    PayoutAccount,
    ProposeAdjustment,
    Refund,
    RefundIssued,
    RequestWithdrawal,
    Wallet,
    WalletId,
    WebhookStatus,
    Withdrawal,
)
from marketpay.domain.ids import new_id
from marketpay.ports.store import Work
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import ADMIN, CONTRACTOR, CUSTOMER, balance, books_are_right, usd

K = AccountKind
CHECKER = Actor.admin("adm_2")  # who agrees with the other one, or not
ROUNDS = 20


def refund(
    market: Marketplace, payment: Payment, amount: str, key: str | None = None
) -> RefundIssued:
    """So many dollars of a payment go back."""
    command = IssueRefund(by=ADMIN, payment=payment.id, amount=usd(amount))
    return market.execute(command, key=key)


def withdraw(market: Marketplace, amount: str) -> Withdrawal:
    """So many dollars of the contractor's wallet go to their bank."""
    return market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd(amount)))


def paid_out(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, amount: str
) -> Withdrawal:
    """The same, and the bank has it."""
    asked = withdraw(market, amount)
    work_off(market)
    clock.advance(days=3)
    settle(market, gateway)
    return withdrawal_of(market, asked)


def work_off(market: Marketplace) -> None:
    """Workers do what is due, until nothing is."""
    for _ in range(ROUNDS):
        report = market.work()
        assert report.failures == ()
        if not report:
            return
    raise AssertionError("there is always more to do")


def hear(market: Marketplace, gateway: SimulatedGateway) -> list[WebhookStatus]:
    """Every webhook arrives, in order, and can be applied."""
    heard = [market.receive(one.payload, one.headers).status for one in gateway.webhooks()]
    assert set(heard) <= {WebhookStatus.APPLIED, WebhookStatus.IGNORED}
    return heard


def settle(market: Marketplace, gateway: SimulatedGateway) -> None:
    """Everything is heard and done."""
    for _ in range(ROUNDS):
        work_off(market)
        if not hear(market, gateway):
            return
    raise AssertionError("there is always more to hear")


def all_is_right(market: Marketplace, gateway: SimulatedGateway) -> None:
    """Once all is heard and done, the books say what the processor says, of everybody."""
    settle(market, gateway)
    books_are_right(market, gateway)
    for contractor in ("ctr_42", "ctr_43"):
        there = gateway.connected_balance(contractor, "USD")
        assert balance(market, K.CONNECTED, contractor) == there


def payment_now(market: Marketplace, payment: Payment) -> Payment:
    """A payment as it stands now."""
    return market.query(GetPayment(payment.id))


def refund_now(market: Marketplace, issued: Refund) -> Refund:
    """A refund as it stands now."""
    return market.query(GetRefund(issued.id))


def refunds_of(market: Marketplace, payment: Payment) -> list[Refund]:
    """All refunds of a payment, the newest first."""
    return list(market.query(ListRefunds(payment=payment.id)).items)


def at_gateway(market: Marketplace, issued: Refund) -> str:
    """What the gateway calls a refund."""
    name = refund_now(market, issued).gateway_id
    assert name is not None
    return name


def withdrawal_of(market: Marketplace, asked: Withdrawal) -> Withdrawal:
    """A withdrawal as it stands now."""
    return market.query(GetWithdrawal(asked.id))


def payout_of(market: Marketplace, asked: Withdrawal) -> str:
    """What the gateway calls a withdrawal's payout."""
    name = withdrawal_of(market, asked).gateway_payout
    assert name is not None
    return name


def wallet(market: Marketplace) -> tuple[str, str, str]:
    """What the contractor has available and reserved, and what they owe."""
    has = market.wallet(CONTRACTOR.id, "USD")
    return tuple(str(part.amount) for part in (has.available, has.reserved, has.receivable))  # type: ignore[return-value]


def credit(market: Marketplace) -> str:
    """What the customer has here, since it could not be paid back."""
    return str(balance(market, K.CREDIT_AVAILABLE, CUSTOMER.id).amount)


def incidents(market: Marketplace) -> list[tuple[IncidentKind, str]]:
    """What somebody should look at, the oldest first: its kind and what it is about."""
    found = market.query(ListIncidents(limit=100)).items
    return [(one.kind, one.subject) for one in reversed(found)]


def restricted(market: Marketplace, gateway: SimulatedGateway, account: PayoutAccount) -> None:
    """The gateway no longer pays an account, and it is known here."""
    gateway.restrict(account)
    settle(market, gateway)


def known_here(owner: str, work: Work) -> None:
    """Somebody without a wallet has an empty one."""
    if not work.find(Wallet, owner=owner):
        work.put(Wallet.empty(WalletId(new_id("wal")), owner, "USD", VirtualClock()()))


def proposed(
    market: Marketplace, kind: str, amount: str, owner: str = CONTRACTOR.id, by: Actor = ADMIN
) -> Adjustment:
    """So many dollars that one administrator would give, take or give up."""
    if kind != "take_credit":  # which is of customers
        market.store.run(partial(known_here, owner))
    return market.execute(
        ProposeAdjustment(by=by, owner=owner, amount=usd(amount), kind=kind, reason="It is fair")
    )


def adjusted(market: Marketplace, kind: str, amount: str, owner: str = CONTRACTOR.id) -> Adjustment:
    """The same, and another one agrees."""
    waiting = proposed(market, kind, amount, owner)
    return market.execute(ApproveAdjustment(by=CHECKER, adjustment=waiting.id))
