"""Arrays as PostgreSQL reads them."""

from datetime import UTC, datetime

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from marketpay.adapters.sql.arrays import array
from tests.servers.postgres import PostgresDatabases

AT = datetime(2026, 3, 29, 1, 30, 0, 123_456, tzinfo=UTC)
texts = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
odd = st.text("\"\\{},N ULnul\n'")


def read(postgres: PostgresDatabases, values: list[object], kind: str) -> list[object]:
    url = postgres.url().replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        query = f"SELECT $1::text::{kind}[]".encode()
        [(found,)] = psycopg.RawCursor(connection).execute(query, [array(values)]).fetchall()
        return list(found)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(values=st.lists(st.none() | texts | odd, min_size=1))
def test_texts_are_read_as_they_are(postgres: PostgresDatabases, values: list[object]) -> None:
    assert read(postgres, values, "text") == values


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, -5, 2**62, 0], "bigint"),
        ([1, None, 3], "bigint"),
        ([None, None], "bigint"),
        ([AT, None], "timestamptz"),
        ([AT, AT], "timestamptz"),
        ([], "text"),
    ],
)
def test_other_values_are_read_as_they_are(
    postgres: PostgresDatabases, values: list[object], kind: str
) -> None:
    assert read(postgres, values, kind) == values
