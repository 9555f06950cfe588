"""Lists: by what things have in common, the newest first, page by page."""

import base64
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketpay import (
    AcceptApplication,
    AcceptOffer,
    ApplicationStatus,
    CancelJob,
    GetOffer,
    InvalidInput,
    JobStatus,
    JournalOf,
    ListApplications,
    ListJobs,
    ListOffers,
    ListPayments,
    ListPaymentTransactions,
    Marketplace,
    NotFound,
    OfferHistory,
    OfferStatus,
    PaymentStatus,
    TransactionStatus,
    UpdateJob,
    WalletStatement,
    WithdrawOffer,
)
from marketpay.ports.gateway import Authorize
from marketpay.testing import Outcome, SimulatedGateway, VirtualClock
from tests.conftest import on_one_store
from tests.deals import (
    CONTRACTOR,
    CUSTOMER,
    NONE_SUCH,
    OTHER_CUSTOMER,
    RIVAL,
    applied,
    assigned,
    completed,
    declined,
    now,
    post,
    send,
    usd,
)


def ids(page: Any) -> list[str]:
    return [one.id for one in page.items]


def pages(market: Marketplace, question: Any) -> list[Any]:
    """Every page of a list."""
    found = [market.query(question)]
    while found[-1].next is not None:
        found.append(market.query(evolve(question, cursor=found[-1].next)))
    return found


def test_nothing_is_an_empty_page(market: Marketplace) -> None:
    page = market.query(ListJobs())

    assert (page.items, page.next) == ((), None)


def test_the_newest_come_first(market: Marketplace) -> None:
    jobs = [post(market) for _ in range(3)]

    assert ids(market.query(ListJobs())) == [job.id for job in reversed(jobs)]


@pytest.mark.covers("A143")
@settings(
    max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
@given(limit=st.integers(1, 9))
def test_pages_of_any_size_are_the_whole_list(market: Marketplace, limit: int) -> None:
    while len(market.query(ListJobs()).items) < 7:
        post(market)
    whole = ids(market.query(ListJobs()))
    parts = pages(market, ListJobs(limit=limit))

    assert [id for page in parts for id in ids(page)] == whole
    assert all(len(page.items) == limit for page in parts[:-1])
    assert 1 <= len(parts[-1].items) <= limit


def test_what_comes_meanwhile_moves_no_page(market: Marketplace) -> None:
    jobs = [post(market) for _ in range(4)]
    first = market.query(ListJobs(limit=2))
    late = post(market)
    second = market.query(ListJobs(limit=2, cursor=first.next))

    assert ids(second) == [jobs[1].id, jobs[0].id]
    assert second.next is None
    assert ids(market.query(ListJobs(limit=1))) == [late.id]


def test_what_goes_meanwhile_moves_no_page(market: Marketplace) -> None:
    jobs = [post(market) for _ in range(4)]
    question = ListJobs(limit=2, status=JobStatus.OPEN)
    first = market.query(question)
    market.execute(CancelJob(by=CUSTOMER, job=jobs[2].id))  # where the next page starts from
    second = market.query(ListJobs(limit=2, status=JobStatus.OPEN, cursor=first.next))

    assert ids(second) == [jobs[1].id, jobs[0].id]


@pytest.mark.covers("A034", "A048")
def test_jobs_are_found_by_status_party_and_currency(market: Marketplace) -> None:
    mine, theirs = post(market), post(market, by=OTHER_CUSTOMER, currency="EUR")
    taken = assigned(market).job

    def found(**by: Any) -> set[str]:
        return set(ids(market.query(ListJobs(**by))))

    assert found() == {mine.id, theirs.id, taken.id}
    assert found(status=JobStatus.OPEN) == {mine.id, theirs.id}
    assert found(customer="cus_17") == {mine.id, taken.id}
    assert found(contractor="ctr_42") == {taken.id}
    assert found(currency="EUR") == {theirs.id}
    assert found(currency="EUR", customer="cus_17") == set()
    assert found(customer="CUS_17") == set()


@pytest.mark.covers("A005", "A054")
def test_applications_are_found_by_job_contractor_and_status(market: Marketplace) -> None:
    job, other = post(market), post(market)
    mine, theirs = applied(market, job), applied(market, job, by=RIVAL)
    elsewhere = applied(market, other)
    market.execute(AcceptApplication(by=CUSTOMER, application=mine.id))

    def found(**by: Any) -> set[str]:
        return set(ids(market.query(ListApplications(**by))))

    assert found() == {mine.id, theirs.id, elsewhere.id}
    assert found(job=job.id) == {mine.id, theirs.id}
    assert found(contractor="ctr_42") == {mine.id, elsewhere.id}
    assert found(status=ApplicationStatus.PENDING) == {theirs.id, elsewhere.id}
    assert found(job=other.id, contractor="ctr_43") == set()


def test_offers_are_found_those_that_ended_too(market: Marketplace) -> None:
    job = post(market)
    gone = send(market, job).offer
    market.execute(WithdrawOffer(by=CUSTOMER, offer=gone.id))
    live, theirs = send(market, job).offer, send(market, job, to=RIVAL).offer

    def found(**by: Any) -> set[str]:
        return set(ids(market.query(ListOffers(**by))))

    assert found(job=job.id) == {gone.id, live.id, theirs.id}
    assert found(contractor="ctr_42") == {gone.id, live.id}
    assert found(customer="cus_17", status=OfferStatus.PENDING) == {live.id, theirs.id}
    assert found(customer="cus_18") == set()


@pytest.mark.covers("B007", "B040")
def test_payments_are_found_by_job_party_and_status(market: Marketplace) -> None:
    accepted, sent = assigned(market), send(market, to=RIVAL)

    def found(**by: Any) -> set[str]:
        return set(ids(market.query(ListPayments(**by))))

    assert found() == {accepted.payment.id, sent.payment.id}
    assert found(job=accepted.job.id) == {accepted.payment.id}
    assert found(status=PaymentStatus.AUTHORIZED) == {sent.payment.id}
    assert found(contractor="ctr_43", customer="cus_17") == {sent.payment.id}


@pytest.mark.covers("A041", "A165")
def test_operations_that_wait_for_an_answer_are_found(
    market: Marketplace, gateway: SimulatedGateway
) -> None:
    accepted = assigned(market)
    gateway.script(Authorize, Outcome.TIMEOUT_BEFORE)
    lost = send(market)
    unknown = market.query(ListPaymentTransactions(status=TransactionStatus.UNKNOWN))
    of_one = market.query(ListPaymentTransactions(payment=accepted.payment.id))

    assert [one.payment for one in unknown.items] == [lost.payment.id]
    assert [one.kind.value for one in of_one.items] == ["capture", "authorize"]


@pytest.mark.covers("A065")
def test_the_history_of_an_offer_is_what_made_it_so(
    market: Marketplace, clock: VirtualClock
) -> None:
    offer = declined(market)
    clock.advance(hours=1)
    market.execute(WithdrawOffer(by=CUSTOMER, offer=offer.id))
    entries = market.query(OfferHistory(offer=offer.id)).items

    assert [(one.record.command, one.record.role) for one in entries] == [
        ("WithdrawOffer", "customer"),
        ("SendOffer", "customer"),
    ]
    assert entries[0].record.at == clock()
    assert entries[0].number > entries[1].number
    with pytest.raises(NotFound):
        market.query(OfferHistory(offer=f"off_{NONE_SUCH}"))  # type: ignore[arg-type]


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_journal_comes_page_by_page_too(market: Marketplace, limit: int) -> None:
    job = post(market)
    for title in ("a", "b", "c", "d"):
        market.execute(UpdateJob(by=CUSTOMER, job=job.id, title=title))
    whole = market.query(JournalOf(subject=job.id)).items
    parts = pages(market, JournalOf(subject=job.id, limit=limit))

    assert [one.record.command for one in whole] == [*["UpdateJob"] * 4, "PostJob"]
    assert [one for page in parts for one in page.items] == list(whole)
    assert all(len(page.items) == limit for page in parts[:-1])


def test_the_journal_of_a_job_that_was_taken_up_with_others_has_that_too(
    market: Marketplace,
) -> None:
    accepted = assigned(market)
    of_payment = market.query(JournalOf(subject=accepted.payment.id)).items

    assert [one.record.command for one in of_payment] == [
        "SettleTransaction",
        "AcceptOffer",
        "SettleTransaction",
        "SendOffer",
    ]
    assert market.query(JournalOf(subject="nobody")).items == ()


LISTS: dict[str, Any] = {
    "jobs": ListJobs,
    "applications": ListApplications,
    "offers": ListOffers,
    "payments": ListPayments,
    "operations": ListPaymentTransactions,
    "journal": lambda **page: JournalOf(subject="x", **page),
    "statement": lambda **page: WalletStatement(owner="x", currency="USD", **page),
}
every_list = pytest.mark.parametrize("question", LISTS.values(), ids=LISTS)


def token(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@every_list
@on_one_store
@pytest.mark.parametrize(
    "cursor", ["", "!!!", "nonsense", "é", "eA", token("nobody"), token("-1"), token("1" * 30)]
)
def test_a_cursor_that_no_page_gave_is_invalid(
    market: Marketplace, question: Any, cursor: str
) -> None:
    with pytest.raises(InvalidInput) as invalid:
        market.query(question(cursor=cursor))
    assert invalid.value.field == "cursor"


@every_list
@pytest.mark.parametrize("limit", [0, -1, 501])
def test_a_page_is_neither_empty_nor_endless(question: Any, limit: int) -> None:
    with pytest.raises(InvalidInput) as invalid:
        question(limit=limit)
    assert invalid.value.field == "limit"


@every_list
@pytest.mark.parametrize("limit", ["10", 1.0, True, None])
def test_a_limit_is_a_whole_number(question: Any, limit: Any) -> None:
    with pytest.raises(TypeError):
        question(limit=limit)


def test_a_cursor_of_another_list_is_invalid(market: Marketplace) -> None:
    job = post(market)
    for _ in range(2):
        post(market)
        market.execute(UpdateJob(by=CUSTOMER, job=job.id, title=str(_)))
    of_jobs = market.query(ListJobs(limit=1)).next
    of_journal = market.query(JournalOf(subject=job.id, limit=1)).next

    with pytest.raises(InvalidInput):
        market.query(ListJobs(cursor=of_journal))
    with pytest.raises(InvalidInput):
        market.query(JournalOf(subject=job.id, cursor=of_jobs))


def test_a_list_shows_things_as_they_stand(market: Marketplace) -> None:
    sent = send(market)
    market.execute(AcceptOffer(by=CONTRACTOR, offer=sent.offer.id))
    [listed] = market.query(ListOffers(job=sent.offer.job)).items

    assert listed == market.query(GetOffer(sent.offer.id)) == now(market, sent.offer)
    assert completed(market, price=usd("1")).payment in market.query(ListPayments()).items
