"""The style of this code base, checked by reading it."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src/marketpay"
FILES = sorted(PACKAGE.rglob("*.py"))
DOMAIN = sorted((PACKAGE / "domain").rglob("*.py"))
WRITTEN = sorted(
    path
    for pattern in (
        "src/**/*.py", "tests/**/*.py", "examples/**/*.py", "benchmarks/**/*.py",
        "scripts/**/*.py", "docs/**/*.md", "*.md", "*.toml", "*.lock", "Makefile", ".ci/run",
    )
    for path in ROOT.glob(pattern)
)  # fmt: skip

LONG = {
    "domain/lifecycles.py",  # every table
    "domain/events.py",  # the name of every fact
    "domain/iso4217.py",  # generated
}
CLOCK = "domain/rules.py"  # `Rules.now` is the only clock, and this is its default
CLOCK_READ = re.compile(r"\b(datetime|date)\.(now|today|utcnow)$")
ABSOLUTE = re.compile(
    r"(?<![\w.:/}])/(?:home|root|work|tmp|usr|opt|var|etc|mnt|Users)/(?!bin/env )"
)

type_of_function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def tree(path: Path) -> ast.Module:
    """The file, parsed once for all rules."""
    return ast.parse(path.read_text())


def relative(path: Path) -> str:
    """The path as it is shown for a test and written in an exemption."""
    return str(path.relative_to(PACKAGE if PACKAGE in path.parents else ROOT))


def public(
    node: ast.AST, name: str
) -> Iterator[tuple[str, ast.Module | ast.ClassDef | type_of_function]]:
    """What users of a module can name: itself, its classes and functions, their methods."""
    if isinstance(node, ast.Module | ast.ClassDef | type_of_function):
        yield name, node
    if isinstance(node, ast.Module | ast.ClassDef):
        for child in node.body:
            if isinstance(child, ast.ClassDef | type_of_function) and not is_exempt(child):
                yield from public(child, f"{name}.{child.name}")


def is_exempt(node: ast.ClassDef | type_of_function) -> bool:
    """True for what is private, and for the other halves of something documented."""
    marks = {ast.unparse(mark).rpartition(".")[2] for mark in node.decorator_list}
    return node.name.startswith("_") or bool(marks & {"overload", "setter", "override"})


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_a_file_and_its_functions_fit_the_eye(path: Path) -> None:
    if relative(path) not in LONG and path.name != "__init__.py":
        assert len(path.read_text().splitlines()) <= 300
    for node in ast.walk(tree(path)):
        if isinstance(node, type_of_function):
            assert (node.end_lineno or 0) - node.lineno < 40, node.name


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_everything_public_says_what_it_is(path: Path) -> None:
    bare = [name for name, node in public(tree(path), path.stem) if not ast.get_docstring(node)]
    assert not bare


@pytest.mark.covers("B095")
@pytest.mark.parametrize("path", DOMAIN, ids=relative)
def test_the_rules_use_no_floats(path: Path) -> None:
    for node in ast.walk(tree(path)):
        assert not (isinstance(node, ast.Name) and node.id == "float"), node.lineno
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), node.lineno


def reads_of_a_clock(path: Path) -> Iterator[int]:
    """The lines where `time` is imported, or a date is asked what day it is."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import) and "time" in {name.name for name in node.names}:
            yield node.lineno
        if isinstance(node, ast.ImportFrom) and node.module == "time":
            yield node.lineno
        if isinstance(node, ast.Attribute) and CLOCK_READ.search(ast.unparse(node)):
            yield node.lineno


@pytest.mark.parametrize("path", DOMAIN, ids=relative)
def test_the_rules_read_no_clock(path: Path) -> None:
    assert len(list(reads_of_a_clock(path))) == (relative(path) == CLOCK)


@pytest.mark.parametrize("path", FILES, ids=relative)
def test_only_the_command_line_prints(path: Path) -> None:
    if relative(path).startswith("cli/"):
        return
    for node in ast.walk(tree(path)):
        assert not (isinstance(node, ast.Name) and node.id == "print"), node.lineno


@pytest.mark.parametrize("path", WRITTEN, ids=relative)
def test_no_path_belongs_to_one_machine(path: Path) -> None:
    for number, line in enumerate(path.read_text().splitlines(), 1):
        assert not ABSOLUTE.search(line), f"line {number}: {line.strip()}"


def test_the_lock_names_no_host() -> None:
    assert "://" not in (ROOT / "requirements.lock").read_text()
