"""Lists, a page at a time."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from tests.testing.stripe_server.client import Client

Json = dict[str, Any]


@pytest.fixture
def customers(api: Client) -> list[str]:
    """The ids of seven customers, the newest first."""
    made = [api.post("/v1/customers", {"name": f"No. {n}"})["id"] for n in range(7)]
    return made[::-1]


def ids(listed: Json) -> list[str]:
    """Those of a page, in its order."""
    return [each["id"] for each in listed["data"]]


def test_the_newest_come_first(api: Client, customers: list[str]) -> None:
    listed = api.get("/v1/customers", {"limit": 3})

    assert ids(listed) == customers[:3]
    assert (listed["has_more"], listed["url"]) == (True, "/v1/customers")


def test_a_page_starts_behind_an_object(api: Client, customers: list[str]) -> None:
    second = api.get("/v1/customers", {"limit": 3, "starting_after": customers[2]})
    last = api.get("/v1/customers", {"limit": 3, "starting_after": customers[3]})

    assert (ids(second), second["has_more"]) == (customers[3:6], True)
    assert (ids(last), last["has_more"]) == (customers[4:], False)


def test_a_page_ends_before_an_object(api: Client, customers: list[str]) -> None:
    page = api.get("/v1/customers", {"limit": 3, "ending_before": customers[5]})
    first = api.get("/v1/customers", {"limit": 3, "ending_before": customers[2]})

    assert (ids(page), page["has_more"]) == (customers[2:5], True)
    assert (ids(first), first["has_more"]) == (customers[:2], False)


def test_ten_are_a_page_if_nothing_is_said(api: Client) -> None:
    for _ in range(11):
        api.post("/v1/customers")

    assert len(api.get("/v1/customers")["data"]) == 10


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
def test_an_unknown_cursor_is_refused(api: Client, customers: list[str], cursor: str) -> None:
    answer = api.ask("GET", "/v1/customers", {cursor: "cus_unknown"})

    assert (answer.status, answer.error["param"]) == (400, cursor)
    assert answer.error["code"] == "resource_missing"


def test_there_is_one_cursor_at_most(api: Client, customers: list[str]) -> None:
    both = {"starting_after": customers[0], "ending_before": customers[1]}

    assert api.ask("GET", "/v1/customers", both).status == 400


def test_the_sdk_goes_through_all_pages(sdk: stripe.StripeClient, customers: list[str]) -> None:
    listed = sdk.v1.customers.list({"limit": 2})

    assert [each.id for each in listed.auto_paging_iter()] == customers


def test_more_than_a_hundred_are_found_in_one_walk(api: Client, sdk: stripe.StripeClient) -> None:
    for n in range(230):
        api.post("/v1/customers", {"email": f"{n % 2}@market.test"})

    listed = sdk.v1.customers.list({"limit": 100, "email": "0@market.test"})

    assert len([*listed.auto_paging_iter()]) == 115


def test_the_second_api_says_where_the_next_page_is(api: Client, sdk: stripe.StripeClient) -> None:
    made = [api.post("/v2/core/accounts")["id"] for _ in range(5)][::-1]

    first = api.get("/v2/core/accounts", {"limit": 2})
    assert ids(first) == made[:2]
    path, _, query = first["next_page_url"].partition("?")
    assert ids(api.get(path, query)) == made[2:4]

    listed = sdk.v2.core.accounts.list({"limit": 2})
    assert [each.id for each in listed.auto_paging_iter()] == made
    assert api.get("/v2/core/accounts", {"limit": 5})["next_page_url"] is None
    assert api.ask("GET", "/v2/core/accounts", {"page": "acct_unknown"}).status == 400


def test_what_cannot_be_expanded_is_said(api: Client, customers: list[str]) -> None:
    answer = api.ask("GET", "/v1/customers", {"expand": ["data.name"]})

    assert (answer.status, answer.error["param"]) == (400, "expand")
