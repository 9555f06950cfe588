"""`import marketpay` is light, and every public name is there when asked for."""

import subprocess
import sys

import pytest

import marketpay

HEAVY = ("sqlalchemy", "stripe", "typer", "rich", "psycopg", "hypothesis", "asyncio")


def modules_after(statement: str) -> set[str]:
    """The modules that a fresh interpreter has loaded once it has run `statement`."""
    code = f"import sys\n{statement}\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], check=True, capture_output=True, text=True
    )
    return set(done.stdout.split())


@pytest.mark.covers("A177")
def test_importing_the_package_loads_no_driver_and_no_tool() -> None:
    assert not modules_after("import marketpay") & set(HEAVY)


def test_a_value_loads_no_database() -> None:
    loaded = modules_after("from marketpay import Commission, Money, PostJob")
    assert not loaded & {"sqlalchemy", "stripe", "typer"}


def test_every_public_name_can_be_imported() -> None:
    assert len(set(marketpay.__all__)) == len(marketpay.__all__)
    for name in marketpay.__all__:
        assert getattr(marketpay, name) is not None, name
    assert set(marketpay.__all__) <= set(dir(marketpay))


def test_an_unknown_name_is_an_attribute_error() -> None:
    assert not hasattr(marketpay, "no_such_name")
