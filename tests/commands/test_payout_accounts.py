"""The contractor's account at the gateway, and the transfers that wait for it."""

import pytest

from marketpay import (
    Actor,
    FindPayoutAccount,
    Marketplace,
    OpenPayoutAccount,
    PayoutAccountStatus,
    TransactionKind,
    TransactionStatus,
)
from marketpay.commands import payout_accounts
from marketpay.commands.payout_accounts import SettleAccount
from marketpay.ports.gateway import (
    AccountStanding,
    AccountState,
    Declined,
    GatewayNews,
    NoAnswer,
    NotThere,
    OpenAccount,
    Transfer,
)
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import on_one_store
from tests.deals import (
    CONTRACTOR,
    RIVAL,
    books_are_right,
    completed,
    heard,
    nothing_changes,
    now,
    operations,
    payee,
    usd,
)

PENDING, ACTIVE = PayoutAccountStatus.PENDING, PayoutAccountStatus.ACTIVE
RESTRICTED, REJECTED = PayoutAccountStatus.RESTRICTED, PayoutAccountStatus.REJECTED


def wait(market: Marketplace, clock: VirtualClock, *, minutes: int = 6, times: int = 3) -> None:
    """Workers come by now and then."""
    for _ in range(times):
        clock.advance(minutes=minutes)
        market.work()


def test_an_account_is_opened_at_once_and_waits_for_its_owner(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    with heard(market) as told:
        account = market.execute(OpenPayoutAccount(by=CONTRACTOR))

    assert (account.contractor, account.status) == ("ctr_42", PENDING)
    assert account.gateway_account is not None
    assert told.names == ["payout_account.opened", "payout_account.connected"]
    assert gateway.calls == ((OpenAccount, account.id),)
    assert market.query(FindPayoutAccount(contractor="ctr_42")) == account


def test_a_contractor_has_one_account(market: Marketplace, gateway: SimulatedGateway) -> None:
    first = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    with heard(market) as told:
        again = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    other = market.execute(OpenPayoutAccount(by=RIVAL))

    assert again == first
    assert told.names == []
    assert other.id != first.id
    assert gateway.effects(OpenAccount) == 2


def test_an_account_becomes_active_once_its_owner_was_checked(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    wait(market, clock)
    assert now(market, account).status is PENDING
    gateway.activate(account)
    with heard(market) as told:
        wait(market, clock)

    assert now(market, account).status is ACTIVE
    assert now(market, account).due_at is None
    assert told.names == ["payout_account.activated"]


@pytest.mark.parametrize(
    "outcome", [Outcome.TIMEOUT_BEFORE, Outcome.TIMEOUT_AFTER, Outcome.ERROR_500]
)
def test_an_account_whose_opening_got_no_answer_is_opened_once(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock, outcome: Outcome
) -> None:
    gateway.script(OpenAccount, outcome)
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    assert (account.status, account.gateway_account) == (PENDING, None)
    wait(market, clock)

    assert now(market, account).gateway_account is not None
    assert gateway.effects(OpenAccount) == 1


def test_an_account_that_the_gateway_will_not_open_is_rejected(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    gateway.script(OpenAccount, Outcome.DECLINE)
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))

    assert (account.status, account.gateway_account, account.due_at) == (REJECTED, None, None)


def test_what_waited_for_onboarding_is_sent_once_the_account_is_active(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    first, second = completed(market), completed(market, price=usd("10"))
    theirs = completed(market, to=RIVAL)
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    wait(market, clock)
    assert gateway.count(Transfer) == 0
    gateway.activate(account)
    with heard(market) as told:
        wait(market, clock)

    assert told.names.count("payment.transfer_started") == 2
    assert told.names.count("payment.transferred") == 2
    for done, amount in ((first, "700"), (second, "7")):
        payment = now(market, done.payment)
        assert (payment.transferred, payment.transfer_blocked) == (usd(amount), None)
        [sent] = operations(market, payment, TransactionKind.TRANSFER)
        assert (sent.status, sent.amount) == (TransactionStatus.SUCCESS, usd(amount))
    assert now(market, theirs.payment).transfer_blocked == "onboarding"
    assert gateway.connected_balance("ctr_42", "USD") == usd("707")
    assert market.wallet("ctr_42", "USD").available == usd("707")
    books_are_right(market, gateway)


def test_more_than_one_batch_is_swept(
    market: Marketplace,
    gateway: SimulatedGateway,
    clock: VirtualClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(payout_accounts, "BATCH", 2)
    for _ in range(5):
        completed(market, price=usd("1"))
    gateway.activate(market.execute(OpenPayoutAccount(by=CONTRACTOR)))
    wait(market, clock, times=4)

    assert gateway.effects(Transfer) == 5
    assert gateway.connected_balance("ctr_42", "USD") == usd("3.50")
    books_are_right(market, gateway)


def test_a_restricted_account_is_sent_nothing_until_it_is_active_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    gateway.restrict(account)
    with heard(market) as told:
        wait(market, clock)
    assert told.names == ["payout_account.restricted"]
    assert now(market, account).status is RESTRICTED
    done = completed(market)
    assert done.payment.transfer_blocked == "onboarding"
    gateway.activate(account)
    wait(market, clock)

    assert now(market, account).status is ACTIVE
    assert now(market, done.payment).transferred == usd("700")


def test_a_transfer_that_finds_the_account_restricted_is_made_once_it_is_active_again(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = payee(market, gateway)
    gateway.restrict(account)
    with heard(market) as told:
        done = completed(market)
        market.work()
    assert "payment.transfer_blocked" in told.names
    payment = now(market, done.payment)
    assert (payment.transfer_blocked, payment.transferred) == ("account_not_active", usd("0"))
    [refused] = operations(market, payment, TransactionKind.TRANSFER)
    assert (refused.status, refused.failure) == (TransactionStatus.FAILED, "account_not_active")
    books_are_right(market, gateway)

    gateway.activate(account)
    wait(market, clock, times=5)
    payment = now(market, done.payment)
    assert (payment.transfer_blocked, payment.transferred) == (None, usd("700"))
    assert gateway.effects(Transfer) == 1
    books_are_right(market, gateway)


def test_a_rejected_account_is_asked_about_no_more(
    market: Marketplace, gateway: SimulatedGateway, clock: VirtualClock
) -> None:
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    gateway.reject(account)
    wait(market, clock)
    assert now(market, account).status is REJECTED
    calls = gateway.calls
    wait(market, clock)

    assert gateway.calls == calls
    assert completed(market).payment.transfer_blocked == "onboarding"


def state(standing: AccountStanding, id: str = "acct_1") -> AccountState:
    return AccountState(gateway_id=id, standing=standing)


def settle(market: Marketplace, account: str, news: GatewayNews) -> PayoutAccountStatus:
    command = SettleAccount(by=Actor.SYSTEM, account=account, news=news)  # type: ignore[arg-type]
    return market.execute(command).status


@on_one_store
@pytest.mark.parametrize(
    ("heard_before", "news", "then"),
    [
        ((), state(AccountStanding.ACTIVE), ACTIVE),
        ((), state(AccountStanding.RESTRICTED), RESTRICTED),
        ((), state(AccountStanding.REJECTED), REJECTED),
        ((), Declined(code="rejected.fraud"), REJECTED),
        (("active",), state(AccountStanding.PENDING), RESTRICTED),
        (("active",), state(AccountStanding.RESTRICTED), RESTRICTED),
        (("active",), state(AccountStanding.REJECTED), REJECTED),
        (("restricted",), state(AccountStanding.ACTIVE), ACTIVE),
        (("restricted",), state(AccountStanding.REJECTED), REJECTED),
        (("active", "restricted"), state(AccountStanding.ACTIVE), ACTIVE),
    ],
)
def test_an_account_follows_the_news(
    market: Marketplace,
    gateway: SimulatedGateway,
    heard_before: tuple[str, ...],
    news: GatewayNews,
    then: PayoutAccountStatus,
) -> None:
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    id = str(account.gateway_account)
    for standing in heard_before:
        settle(market, account.id, state(AccountStanding(standing), id))
    if isinstance(news, AccountState):
        news = state(news.standing, id)

    assert settle(market, account.id, news) is then
    assert now(market, account).gateway_account == id
    with nothing_changes(market, gateway):
        assert settle(market, account.id, news) is then  # told again


@on_one_store
@pytest.mark.parametrize(
    ("status", "news"),
    [
        ("pending", state(AccountStanding.PENDING)),
        ("restricted", state(AccountStanding.PENDING)),
        ("rejected", state(AccountStanding.ACTIVE)),
        ("rejected", state(AccountStanding.PENDING)),
        ("rejected", state(AccountStanding.RESTRICTED)),
        ("rejected", Declined(code="rejected.fraud")),
        ("pending", NoAnswer()),
        ("active", NoAnswer()),
        ("active", NotThere()),
    ],
)
def test_stale_news_of_an_account_changes_nothing(
    market: Marketplace, gateway: SimulatedGateway, status: str, news: GatewayNews
) -> None:
    account = market.execute(OpenPayoutAccount(by=CONTRACTOR))
    id = str(account.gateway_account)
    settle(market, account.id, state(AccountStanding(status), id))
    if isinstance(news, AccountState):
        news = state(news.standing, id)

    with nothing_changes(market, gateway):
        assert settle(market, account.id, news).value == status
