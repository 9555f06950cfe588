"""Where each thing that marketpay is meant to do is shown, read from the sources.

A test says so with `@pytest.mark.covers("A001")`, a page with a comment `covers: A001`, an
example likewise.  Nothing is run for it.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from os.path import relpath
from pathlib import Path
from typing import Any

from attrs import field, frozen

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference"
ITEMS = REFERENCE / "coverage.toml"
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
PAGES = sorted((ROOT / "docs").rglob("*.md"))
EXAMPLES = sorted((ROOT / "examples").rglob("*.py"))

IN_A_PAGE = re.compile(r"<!-- covers: (.+?) -->")
IN_AN_EXAMPLE = re.compile(r"^ *# covers: (.+)$", re.MULTILINE)


@frozen
class Items:
    """What is in the data file: each id's title, what it waits for, what is missing of it."""

    titles: dict[str, str]
    not_yet: dict[str, str] = field(factory=dict)
    in_part: dict[str, str] = field(factory=dict)


def items() -> Items:
    """All of them, as they are written down."""
    return Items(**tomllib.loads(ITEMS.read_text()))


@cache
def tree(path: Path) -> ast.Module:
    """A file of tests, parsed once."""
    return ast.parse(path.read_text())


def is_marker(node: ast.AST, marker: str) -> bool:
    """Whether this is `pytest.mark.<marker>(...)`."""
    return isinstance(node, ast.Call) and ast.unparse(node.func) == f"pytest.mark.{marker}"


def marked(marker: str) -> Iterator[tuple[Any, str]]:
    """What each such marker says, with the test that it stands on."""
    for path in TESTS:
        if f"mark.{marker}(" in path.read_text():
            yield from _marked(tree(path), marker, str(path.relative_to(ROOT)))


def _marked(node: ast.Module | ast.ClassDef, marker: str, name: str) -> Iterator[tuple[Any, str]]:
    for child in node.body:
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            its_name = f"{name}::{child.name}"
            for mark in child.decorator_list:
                if isinstance(mark, ast.Call) and is_marker(mark, marker):
                    yield from ((ast.literal_eval(said), its_name) for said in mark.args)
            if isinstance(child, ast.ClassDef):
                yield from _marked(child, marker, its_name)


def count_of_markers(marker: str) -> int:
    """What all such markers say, wherever they stand."""
    files = [tree(path) for path in TESTS if f"mark.{marker}(" in path.read_text()]
    return sum(
        len(node.args)
        for file in files
        for node in ast.walk(file)
        if isinstance(node, ast.Call) and is_marker(node, marker)
    )


def told(path: Path, comment: re.Pattern[str]) -> list[str]:
    """The ids in the comments of one file."""
    return [id for said in comment.findall(path.read_text()) for id in said.split(", ")]


def shown() -> dict[str, list[str]]:
    """Where each id is shown, as a cell of the table says it: tests, pages, examples."""
    found: dict[str, list[str]] = {}
    for id, name in marked("covers"):
        found.setdefault(id, []).append(f"`{name}`")
    for page in PAGES:
        link = f"[{page.relative_to(ROOT)}]({relpath(page, REFERENCE)})"
        for id in told(page, IN_A_PAGE):
            found.setdefault(id, []).append(link)
    for example in EXAMPLES:
        for id in told(example, IN_AN_EXAMPLE):
            found.setdefault(id, []).append(f"`{example.relative_to(ROOT)}`")
    return found


def table() -> Iterator[str]:
    """One row for each id."""
    all_items, where = items(), shown()
    yield f"{len(all_items.titles) - len(all_items.not_yet)} of {len(all_items.titles)} are shown."
    yield ""
    yield "| id | what it is | where it is shown |"
    yield "|---|---|---|"
    for id, title in all_items.titles.items():
        cells = list(where.get(id, ()))
        if id in all_items.not_yet:
            cells.append(f"not yet: {all_items.not_yet[id]}")
        if id in all_items.in_part:
            cells.append(f"but for {all_items.in_part[id]}")
        yield f"| {id} | {title} | {', '.join(cells)} |"
