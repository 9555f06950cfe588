"""The documentation says what the code does.

`UPDATE_DOCS=1 .venv/bin/pytest tests/test_docs.py` redraws what is generated.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
TUTORIAL = sorted((ROOT / "docs/tutorial").glob("*.md"))
LIFECYCLES = ROOT / "docs/reference/lifecycles.md"

BLOCK = re.compile(r"^```python\n(.*?)^```", re.DOTALL | re.MULTILINE)
PROMISE = re.compile(r"^( *)print\(.*\n\1# (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


def run_blocks(page: Path) -> int:
    """Execute a page's Python from top to bottom; every print is followed by what it prints."""
    printed: list[str] = []
    names: dict[str, Any] = {
        "__name__": "__main__",
        "print": lambda *args: printed.append(" ".join(map(str, args))),
    }
    blocks = BLOCK.findall(page.read_text())
    for block in blocks:
        printed.clear()
        exec(compile(block, str(page), "exec"), names)  # noqa: S102  # our own documentation
        promised = PROMISE.findall(block)
        assert block.count("print(") == len(promised), "a print without what it prints"
        assert printed == [text for _indent, text in promised]
    if "market" in names:
        names["market"].close()
    return len(blocks)


def test_the_readme_runs() -> None:
    assert run_blocks(ROOT / "README.md") == 1


def test_the_quickstart_stays_short() -> None:
    (block,) = BLOCK.findall((ROOT / "README.md").read_text())
    assert len(block.splitlines()) <= 28


@pytest.mark.parametrize("page", TUTORIAL, ids=lambda page: page.stem)
def test_the_tutorial_runs(page: Path) -> None:
    assert run_blocks(page) > 0 or page.stem == "index"


def test_the_links_of_the_readme_lead_somewhere() -> None:
    for target in LINK.findall((ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target


def test_the_table_of_errors_is_complete_and_right() -> None:
    from marketpay.domain import errors

    page = (ROOT / "docs/how-to/handle-errors.md").read_text()
    told = dict(re.findall(r"^\| `(\w+)` \|.*\| (\d+) \|$", page, re.MULTILINE))
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    assert told == {
        kind.__name__: str(kind.status_hint)
        for kind in kinds
        if issubclass(kind, errors.MarketpayError) and kind is not errors.MarketpayError
    }


def test_the_diagrams_are_current() -> None:
    from marketpay.domain import lifecycles
    from marketpay.domain.state_machine import Lifecycle

    drawn = "# Lifecycles\n\nDrawn from `marketpay/domain/lifecycles.py`: each arrow is an event\n"
    drawn += "and, in brackets, who may cause it.\n"
    for machine in vars(lifecycles).values():
        if isinstance(machine, Lifecycle):
            title = machine.name.replace("_", " ").capitalize()
            drawn += f"\n## {title}\n\n```mermaid\n{machine.to_mermaid()}\n```\n"
    if os.environ.get("UPDATE_DOCS"):
        LIFECYCLES.write_text(drawn)

    assert LIFECYCLES.read_text() == drawn
