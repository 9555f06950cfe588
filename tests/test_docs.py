"""The documentation says what the code does.

`UPDATE_DOCS=1 .venv/bin/pytest tests/test_docs.py` writes what is generated again: the diagrams,
and what stands between `<!-- generated: NAME -->` and `<!-- end -->`.
"""

import inspect
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import attrs
import pytest
from sqlalchemy import Column
from sqlalchemy.dialects import sqlite

import marketpay
from marketpay.adapters.sql.schema import HEAD, Tables
from marketpay.domain import errors, lifecycles
from marketpay.domain.event import SUBJECTS, Event
from marketpay.domain.ledger import ASSETS, EXPENSES, INCOME, MOVES, OWNED, AccountKind
from marketpay.domain.rules import NO_FEES
from marketpay.domain.state_machine import Lifecycle
from tests import covering

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(DOCS.rglob("*.md"))
LIFECYCLES = DOCS / "reference/lifecycles.md"
TOLD = [*sorted((DOCS / "tutorial").glob("*.md")), *sorted((DOCS / "how-to").glob("*.md"))]
RUN = [ROOT / "README.md", *(page for page in TOLD if "```python" in page.read_text())]
TABLES = Tables().metadata  # every table there is
UPDATE = bool(os.environ.get("UPDATE_DOCS"))

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROMISE = re.compile(r"^( *)print\(.*\n((?:\1# .*\n)+)", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")
PART = re.compile(r"(<!-- generated: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
TESTS = re.compile(r"^(class Test|def test_)", re.MULTILINE)
ROW = r"^\| `([\w.]+)` "  # a table's row that is about a name


def name_of(page: Path) -> str:
    return str(page.relative_to(ROOT))


# --- what is executed


def run_blocks(page: Path) -> dict[str, Any]:
    """Execute a page's Python from top to bottom; every print is followed by what it prints.

    One print in a loop is followed by one comment for each time.
    """
    printed: list[str] = []
    names: dict[str, Any] = {
        "__name__": "__main__",
        "print": lambda *args: printed.append(" ".join(map(str, args))),
    }
    for block in BLOCK.findall(page.read_text()):
        printed.clear()
        exec(compile(block, str(page), "exec"), names)  # noqa: S102  # our own documentation
        promised = PROMISE.findall(block)
        assert block.count("print(") == len(promised), "a print without what it prints"
        assert printed == [
            line.strip().removeprefix("# ") for _, lines in promised for line in lines.splitlines()
        ]
    return names


@pytest.mark.parametrize("page", RUN, ids=name_of)
def test_what_a_page_shows_runs(
    page: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    monkeypatch.chdir(tmp_path)
    if "DATABASE_URL" in page.read_text():
        monkeypatch.setenv("DATABASE_URL", request.getfixturevalue("postgres_url"))
    monkeypatch.syspath_prepend(str(ROOT / "examples"))
    for value in run_blocks(page).values():
        if isinstance(value, marketpay.Marketplace):
            value.close()


@pytest.mark.parametrize(
    "page", [page for page in RUN if TESTS.search(page.read_text())], ids=name_of
)
def test_the_tests_that_a_page_shows_pass(page: Path, tmp_path: Path) -> None:
    file = tmp_path / "test_page.py"
    file.write_text("\n".join(BLOCK.findall(page.read_text())))
    options = ("-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--rootdir", str(tmp_path))
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(file)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert " passed" in ran.stdout


def test_the_quickstart_stays_short() -> None:
    (block,) = BLOCK.findall((ROOT / "README.md").read_text())
    assert len(block.splitlines()) <= 28


def test_all_how_to_pages_show_code() -> None:
    assert {page.stem for page in TOLD} - {page.stem for page in RUN} == {"index"}


# --- what leads somewhere


@pytest.mark.parametrize("page", [ROOT / "README.md", *PAGES], ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), target


def test_every_page_is_in_the_navigation() -> None:
    told = re.findall(r'"([\w/-]+\.md)"', (ROOT / "zensical.toml").read_text())
    assert sorted(told) == sorted(str(page.relative_to(DOCS)) for page in PAGES)


# --- what is generated


def drawn() -> str:
    """The lifecycles as diagrams."""
    text = "# Lifecycles\n\nDrawn from `marketpay/domain/lifecycles.py`: each arrow is an event\n"
    text += "and, in brackets, who may cause it.\n"
    for machine in vars(lifecycles).values():
        if isinstance(machine, Lifecycle):
            title = machine.name.replace("_", " ").capitalize()
            text += f"\n## {title}\n\n```mermaid\n{machine.to_mermaid()}\n```\n"
    return text


def test_the_diagrams_are_current() -> None:
    if UPDATE:
        LIFECYCLES.write_text(drawn())

    assert LIFECYCLES.read_text() == drawn()


def table(*head: str) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield "|" + "---|" * len(head)


def said_of(kind: type[Any]) -> str:
    """The first paragraph of its docstring, on one line."""
    return " ".join((inspect.getdoc(kind) or "").split("\n\n")[0].split())


def error_kinds() -> list[type[errors.MarketpayError]]:
    found = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    base = errors.MarketpayError
    return [kind for kind in found if issubclass(kind, base) and kind is not base]


def error_table() -> Iterator[str]:
    yield from table("error", "code", "status", "retryable", "fields", "meaning")
    for kind in error_kinds():
        is_refused = kind is errors.Refused
        code = "its reason" if is_refused else f"`{kind.code}`"
        retryable = "by its reason" if is_refused else "yes" if kind.retryable else "no"
        has = attrs.fields(kind) if attrs.has(kind) else ()
        names = [f"`{one.name}`" for one in has] or ["`kind`", "`id`"][: 2 * is_conflict(kind)]
        if kind is errors.CurrencyMismatch:
            names += ["`left`", "`right`"]
        cells = (f"`{kind.__name__}`", code, str(kind.status_hint), retryable, ", ".join(names))
        yield f"| {' | '.join((*cells, said_of(kind)))} |"


def is_conflict(kind: type[Any]) -> bool:
    return issubclass(kind, errors.Conflict)


def reason_table() -> Iterator[str]:
    yield from table("code", "sentence", "retryable")
    for reason in errors.Reason:
        refused = errors.Refused(reason)
        yield f"| `{refused.code}` | {refused} | {'yes' if refused.retryable else 'no'} |"


def event_tables() -> Iterator[str]:
    ours = [kind for kind in Event.kinds.values() if kind.__module__.startswith("marketpay.")]
    for subject in dict.fromkeys(map(subject_of, ours)):
        kinds = [kind for kind in ours if subject_of(kind) == subject]
        fields = [f"`{one.name}`" for one in attrs.fields(kinds[0])]
        yield f"### {subject}\n\nFields: {', '.join(fields)}.\n"
        yield from table("event", "what happened")
        yield from (f"| `{kind.name}` | {said_of(kind)} |" for kind in kinds)
        yield ""


def subject_of(kind: type[Event]) -> str:
    return next(subject for subject in SUBJECTS if kind.__name__.startswith(subject))


def move_table() -> Iterator[str]:
    yield from table("debit", "credit", "by")
    for (debit, credit), commands in MOVES.items():
        by = ", ".join(f"`{command}`" for command in sorted(commands))
        yield f"| `{debit}` | `{credit}` | {by} |"


def column_tables() -> Iterator[str]:
    for one in TABLES.sorted_tables:
        yield f"### {one.name}\n"
        yield from table("column", "type", "")
        yield from (f"| `{c.name}` | {type_of(c)} | {notes_on(c)} |" for c in one.columns)
        yield ""


def type_of(column: Column[Any]) -> str:
    return str(column.type.compile(dialect=sqlite.dialect())).lower()


def notes_on(column: Column[Any]) -> str:
    notes = ["primary key"] if column.primary_key else []
    notes += ["may be null"] if column.nullable else []
    notes += ["unique"] if column.unique else []
    notes += [f"refers to `{key.column.table.name}`" for key in column.foreign_keys]
    return ", ".join(notes)


GENERATED: dict[str, Callable[[], Iterator[str]]] = {
    "errors": error_table,
    "reasons": reason_table,
    "events": event_tables,
    "moves": move_table,
    "columns": column_tables,
    "coverage": covering.table,
}


@pytest.mark.covers("B102")
@pytest.mark.parametrize("page", [p for p in PAGES if PART.search(p.read_text())], ids=name_of)
def test_what_is_generated_is_current(page: Path) -> None:
    text = page.read_text()
    current = PART.sub(
        lambda part: f"{part[1]}\n" + "\n".join(GENERATED[part[2]]()).rstrip() + f"\n\n{part[3]}",
        text,
    )
    if UPDATE:
        page.write_text(current)

    assert page.read_text() == current


def test_all_that_can_be_generated_is() -> None:
    parts = [part[1] for page in PAGES for part in PART.findall(page.read_text())]
    assert sorted(parts) == sorted(GENERATED)


# --- tables that are written by hand, and complete


def test_the_table_of_errors_is_complete_and_right() -> None:
    page = (DOCS / "how-to/handle-errors.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", page, re.MULTILINE))
    assert told == {kind.__name__: str(kind.status_hint) for kind in error_kinds()}


def public(base: type[Any]) -> dict[str, type[Any]]:
    everything = {name: getattr(marketpay, name) for name in marketpay.__all__}
    return {
        name: one
        for name, one in everything.items()
        if isinstance(one, type) and issubclass(one, base) and not inspect.isabstract(one)
    }


def fields_of(kind: type[Any]) -> str:
    """As in a call: those that may be left out in brackets."""
    has = [one for one in attrs.fields(kind) if one.name != "by"]
    needed = [one.name for one in has if one.default is attrs.NOTHING]
    optional = [f"[{one.name}]" for one in has if one.default is not attrs.NOTHING]
    return " ".join(needed + optional)


def answer_of(method: Any) -> str:
    said = re.sub(r"^Decision\[(.*)\]$", r"\1", inspect.signature(method).return_annotation)
    return str(said).replace(" | ", " or ")


def test_the_tables_of_commands_and_questions_are_complete_and_right() -> None:
    page = (DOCS / "reference/commands.md").read_text()
    told = re.findall(rf"{ROW}\| `(.*?)` \| `(.*?)` \|", page, re.MULTILINE)
    commands, questions = public(marketpay.Command), public(marketpay.Question)
    right = [(n, fields_of(one) or "-", answer_of(one.decide)) for n, one in commands.items()]
    right += [(n, fields_of(one) or "-", answer_of(one.answer)) for n, one in questions.items()]
    assert sorted(told) == sorted(right)


def test_the_table_of_rules_is_complete_and_right() -> None:
    page = (DOCS / "reference/rules.md").read_text()
    told = dict(re.findall(rf"{ROW}\| (.*?) \|", page, re.MULTILINE))
    rules = marketpay.Rules()
    right = {one.name: default_text(getattr(rules, one.name)) for one in attrs.fields(type(rules))}
    assert told == right
    for package in rules.packages:
        assert f"`{package.premium_type}` for {package.price}, {package.days} days" in page


def default_text(value: Any) -> str:
    if isinstance(value, timedelta):
        seconds = int(value.total_seconds())
        sizes = (("day", 86400), ("hour", 3600), ("minute", 60), ("second", 1))
        unit, size = next(one for one in sizes if seconds % one[1] == 0)
        return f"{seconds // size} {unit}{'s' if seconds != size else ''}"
    if isinstance(value, marketpay.Commission):
        told = {"": marketpay.Commission(), "platform=0, service=0": NO_FEES}
        return next(f"`Commission({text})`" for text, one in told.items() if one == value)
    is_long = callable(value) or value == marketpay.Rules().packages
    return "see right" if is_long else f"`{value}`"


def test_the_chart_of_accounts_is_complete_and_right() -> None:
    page = (DOCS / "reference/ledger.md").read_text()
    sides = "asset|liability|income|expense"
    told = re.findall(rf"{ROW}\| ({sides}) \| (.*?) \|", page, re.MULTILINE)

    def side(kind: AccountKind) -> str:
        if kind in EXPENSES:
            return "expense"
        return "asset" if kind in ASSETS else "income" if kind in INCOME else "liability"

    right = [(one.value, side(one), "yes" if one in OWNED else "no") for one in AccountKind]
    assert sorted(told) == sorted(right)


def test_the_tables_of_the_database_are_all_explained() -> None:
    page = (DOCS / "reference/database.md").read_text()
    told = re.findall(rf"{ROW}\| [A-Z]", page, re.MULTILINE)
    assert sorted(told) == sorted(TABLES.tables)
    assert f"The revision of the tables is `{HEAD}`." in page


def test_every_table_of_figures_was_measured() -> None:
    page = (DOCS / "explanation/performance.md").read_text()
    tables = re.findall(r"<!-- measured: (\w+) -->\n(.*?)<!-- end -->", page, re.DOTALL)
    assert len(tables) > 10
    assert [name for name, table in tables if not table.strip()] == []


def test_every_public_name_is_in_the_reference() -> None:
    pages = "".join(page.read_text() for page in (DOCS / "reference/api").glob("*.md"))
    told = set(re.findall(r"^::: ([\w.]+)$", pages, re.MULTILINE))
    values = (getattr(marketpay, name) for name in marketpay.__all__)
    homes = {value.__module__ for value in values if hasattr(value, "__module__")}
    assert {home for home in homes if home.startswith("marketpay.")} <= told
