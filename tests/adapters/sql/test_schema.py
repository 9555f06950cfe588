"""The tables: a column for every field, and constraints that say what the domain says."""

from __future__ import annotations

import attrs
import pytest
from sqlalchemy import make_url

from marketpay import ConfigurationError
from marketpay.adapters.sql import creation
from marketpay.adapters.sql.mapping import columns_of
from marketpay.adapters.sql.schema import DUE, ENTITIES, HEAD, LISTED, RANK, Tables
from marketpay.domain.entity import Entity

TABLES = Tables().of


@pytest.mark.covers("A021", "A022", "A023", "A024", "A025", "A026")
@pytest.mark.parametrize("kind", ENTITIES, ids=lambda kind: kind.__name__)
def test_the_columns_of_a_table_are_the_fields_of_its_entity(kind: type[Entity]) -> None:
    fields = {column for f in attrs.fields(kind) for column in columns_of(kind, f.name)}

    assert {column.name for column in TABLES[kind].columns} - {"currency"} == fields - {"currency"}


@pytest.mark.covers("B018")
@pytest.mark.parametrize("kind", ENTITIES, ids=lambda kind: kind.__name__)
def test_a_unique_field_is_unique_in_the_table(kind: type[Entity]) -> None:
    table = TABLES[kind]
    unique = {column.name for column in table.columns if column.unique}

    assert set(kind.unique) <= unique


@pytest.mark.covers("A142", "B036")
@pytest.mark.parametrize("kind", ENTITIES, ids=lambda kind: kind.__name__)
def test_what_is_looked_up_by_has_an_index(kind: type[Entity]) -> None:
    table = TABLES[kind]
    led = {index.columns[0].name for index in table.indexes}
    led |= {column.name for column in table.columns if column.unique or column.primary_key}

    assert set(kind.indexed) - {"currency"} <= led


@pytest.mark.parametrize("kind", ENTITIES, ids=lambda kind: kind.__name__)
def test_a_table_comes_after_those_that_it_refers_to(kind: type[Entity]) -> None:
    ranks = {TABLES[one].name: rank for one, rank in RANK.items()}

    for key in TABLES[kind].foreign_keys:
        assert ranks[key.column.table.name] <= RANK[kind]


@pytest.mark.parametrize("url", ["sqlite", "postgresql+psycopg", "mariadb+pymysql"])
def test_the_tables_can_be_said_in_every_dialect(url: str) -> None:
    tables = Tables(prefix="pay_", schema="money")
    said = list(creation.statements(make_url(f"{url}://").get_dialect()(), tables))

    for table in tables.all():
        assert [one for one in said if one.startswith(f"CREATE TABLE money.{table.name} (")]
    assert f"VALUES ('{HEAD}')" in said[-1]
    assert len(said) == len(set(said))


@pytest.mark.parametrize("prefix", ["", "Pay_", "1pay", "pay-", "p" * 21])
def test_a_prefix_that_is_no_name_everywhere_is_refused(prefix: str) -> None:
    with pytest.raises(ConfigurationError, match="no prefix of tables"):
        Tables(prefix=prefix)


def test_every_name_fits_the_engine_with_the_shortest_ones() -> None:
    tables = Tables(prefix="p" * 20)

    for table in tables.all():
        names = [str(one.name or "") for one in table.constraints]
        names += [str(one.name) for one in table.indexes]
        assert max(map(len, names)) <= 63
        assert len(f"{table.name}_no_truncate") <= 63


def test_lists_and_workers_are_asked_for_entities_alone() -> None:
    assert set(LISTED) | set(DUE) <= set(ENTITIES)


@pytest.mark.parametrize("schema", ["Money", "my-schema", "1st"])
def test_a_schema_that_would_have_to_be_quoted_is_refused(schema: str) -> None:
    with pytest.raises(ConfigurationError, match="is no schema for tables"):
        Tables(schema=schema)
