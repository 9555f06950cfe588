"""Balances, statements and revenue."""

from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketpay import (
    AcceptOffer,
    Account,
    AccountKind,
    CancelJob,
    EntriesOf,
    GetBalance,
    GetRevenue,
    GetWallet,
    InvalidInput,
    IssueRefund,
    Marketplace,
    Money,
    MoneyError,
    NotFound,
    RequestWithdrawal,
    TrialBalance,
    WalletStatement,
)
from marketpay.testing import SimulatedGateway, VirtualClock
from tests.deals import (
    ADMIN,
    CONTRACTOR,
    CUSTOMER,
    NONE_SUCH,
    RIVAL,
    assigned,
    balance,
    books_are_right,
    completed,
    payee,
    post,
    send,
    usd,
)


def statement(market: Marketplace, owner: str = "ctr_42", **page: Any) -> Any:
    return market.query(WalletStatement(owner=owner, currency="USD", **page))


def test_who_never_earned_anything_has_an_empty_wallet(market: Marketplace) -> None:
    wallet = market.wallet("nobody", "JPY")

    assert (wallet.owner, wallet.currency) == ("nobody", "JPY")
    assert wallet.pending == wallet.available == wallet.reserved == Money("0", "JPY")
    assert wallet.total == Money("0", "JPY")
    assert wallet == market.query(GetWallet(owner="nobody", currency="JPY"))


@pytest.mark.parametrize("ask", [GetWallet, WalletStatement])
def test_a_wallet_has_an_owner_and_a_currency(ask: Any) -> None:
    with pytest.raises(InvalidInput):
        ask(owner="", currency="USD")
    with pytest.raises(MoneyError):
        ask(owner="x", currency="XXQ")
    with pytest.raises(TypeError):
        ask(owner="x", currency=None)


@pytest.mark.covers("A042", "A081")
def test_revenue_is_by_currency(market: Marketplace) -> None:
    completed(market)
    job = post(market, currency="JPY")
    sent = send(market, job, price=Money("1000", "JPY"))
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))

    assert market.revenue("USD").total == usd("300")
    assert market.revenue("JPY").total == Money("100", "JPY")
    assert market.revenue("EUR").total == Money("0", "EUR")
    assert market.revenue("USD") == market.query(GetRevenue(currency="USD"))
    with pytest.raises(MoneyError):
        market.revenue("XXQ")


@pytest.mark.covers("A162")
def test_what_was_refunded_is_no_revenue(market: Marketplace) -> None:
    kept, gone = assigned(market, price=usd("10")), assigned(market)
    market.execute(CancelJob(by=CUSTOMER, job=gone.job.id))

    assert market.revenue("USD").platform_fee == kept.payment.split.platform_fee == usd("1")  # type: ignore[union-attr]


@pytest.mark.covers("A084")
def test_a_statement_has_a_line_for_each_movement(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    first = completed(market)
    clock.advance(days=1)
    second = completed(market, price=usd("10"))
    completed(market, to=RIVAL)
    market.work()
    newest, oldest = statement(market).items

    assert [newest.change, oldest.change] == [usd("7"), usd("700")]
    assert [newest.payment, oldest.payment] == [second.payment.id, first.payment.id]
    assert newest.at == clock() > oldest.at
    assert (str(oldest.debit), str(oldest.credit), oldest.amount) == (
        "escrow",
        "wallet.available(ctr_42)",
        usd("700"),
    )
    assert newest.number > oldest.number


def test_a_line_says_what_the_wallet_has_more_or_less_wherever_the_money_lies(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    payee(market, gateway)
    completed(market)
    market.work()
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("100")))
    market.work()
    clock.advance(days=3)
    market.work()
    gateway.pay_out_elsewhere(CONTRACTOR.id, usd("50"))
    for told in gateway.webhooks():
        market.receive(told.payload, told.headers)
    lines = statement(market).items

    assert [(str(line.debit), str(line.credit), line.change) for line in reversed(lines)] == [
        ("escrow", "wallet.available(ctr_42)", usd("700")),
        ("wallet.available(ctr_42)", "wallet.reserved(ctr_42)", usd("0")),
        ("wallet.reserved(ctr_42)", "payout_in_transit(ctr_42)", usd("-100")),
        ("wallet.available(ctr_42)", "connected(ctr_42)", usd("-50")),
    ]
    wallet = market.wallet("ctr_42", "USD")
    assert sum((line.change for line in lines), usd("0")) == wallet.total == usd("550")


def test_a_debt_is_less_and_paying_it_back_is_more(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    payee(market, gateway)
    paid = completed(market).payment
    market.work()
    market.execute(RequestWithdrawal(by=CONTRACTOR, amount=usd("700")))
    market.work()
    market.execute(IssueRefund(by=ADMIN, payment=paid.id, amount=usd("100")))
    owing = market.wallet("ctr_42", "USD")
    completed(market, price=usd("50"))
    newest, older = statement(market, limit=2).items

    assert (owing.receivable, market.wallet("ctr_42", "USD").receivable) == (usd("70"), usd("35"))
    assert (str(older.debit), older.change) == ("receivable(ctr_42)", usd("-70"))
    assert (str(newest.credit), newest.change) == ("receivable(ctr_42)", usd("35"))


@settings(
    max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(limit=st.integers(1, 5))
def test_a_statement_comes_page_by_page_and_sums_to_the_balance(
    market: Marketplace, limit: int
) -> None:
    while len(statement(market).items) < 4:
        completed(market, price=usd("10"))
    page = statement(market, limit=limit)
    lines = list(page.items)
    while page.next is not None:
        page = statement(market, limit=limit, cursor=page.next)
        lines += page.items

    assert lines == list(statement(market).items)
    total = sum((line.change for line in lines), usd("0"))
    assert total == market.wallet("ctr_42", "USD").total


def test_a_statements_page_does_not_move_when_more_comes(market: Marketplace) -> None:
    for _ in range(3):
        completed(market, price=usd("10"))
    whole = statement(market).items
    first = statement(market, limit=1)
    completed(market, price=usd("10"))

    assert statement(market, limit=5, cursor=first.next).items == whole[1:]


def test_a_statement_is_one_owners_in_one_currency(market: Marketplace) -> None:
    completed(market)

    assert statement(market, owner="ctr_43").items == ()
    assert statement(market, owner="cus_17").items == ()
    question = WalletStatement(owner="ctr_42", currency="EUR")
    assert market.query(question).items == ()


def test_a_balance_is_on_its_own_side_of_the_book(market: Marketplace) -> None:
    assigned(market)

    assert balance(market, AccountKind.PROCESSOR) == usd("1000")  # what the platform has
    assert balance(market, AccountKind.ESCROW) == usd("900")  # what it owes
    assert market.query(GetBalance(account=Account(AccountKind.ESCROW, "EUR"))) == Money("0", "EUR")


@pytest.mark.covers("A144")
def test_the_trial_balance_balances(market: Marketplace, gateway: SimulatedGateway) -> None:
    payee(market, gateway)
    completed(market)
    market.execute(CancelJob(by=CUSTOMER, job=assigned(market, to=RIVAL).job.id))
    market.work()
    found = market.query(TrialBalance())

    assets = sum((money for one, money in found.items() if one.is_debit), usd("0"))
    others = sum((money for one, money in found.items() if not one.is_debit), usd("0"))
    assert assets == others == usd("1000")
    books_are_right(market, gateway)


def test_the_entries_of_a_payment_come_in_order(market: Marketplace) -> None:
    payment = completed(market).payment
    found = market.query(EntriesOf(payment=payment.id))

    assert [one.number for one in found] == sorted(one.number for one in found)
    assert [one.entry.amount for one in found] == [usd("1000"), usd("100"), usd("200"), usd("700")]
    with pytest.raises(NotFound):
        market.query(EntriesOf(payment=f"pay_{NONE_SUCH}"))  # type: ignore[arg-type]


def test_balances_may_pass_the_limit_of_a_single_amount(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    most = Money("10000000000000", "USD")
    for to in (CONTRACTOR, CONTRACTOR):
        completed(market, to=to, price=most)

    assert market.verify().ok
    assert (
        market.query(GetBalance(account=Account(AccountKind.PROCESSOR, "USD"))).minor == 2 * 10**15
    )
    assert market.wallet("ctr_42", "USD").available.minor == 14 * 10**14
    assert evolve(market.revenue("USD"), currency="USD").total.minor == 6 * 10**14
