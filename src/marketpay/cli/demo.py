"""`marketpay demo`: one deal told step by step, or a file of deals added up."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

from marketpay.cli.amounts import shown
from marketpay.cli.checks import Checks
from marketpay.cli.deal_file import BadLine, DealLine, opened, read_deals
from marketpay.cli.deals import DealRun, Totals
from marketpay.cli.screen import Screen, progress_bar
from marketpay.cli.sides import SimulatedSide
from marketpay.cli.story import PRICE, Story
from marketpay.cli.workshop import Workshop, workshop


def one_deal(database: Path | None, stripe_url: str | None, *, as_json: bool) -> bool:
    """Run the deal of $1000 and show it.  Whether both checks are true."""
    with workshop(database, stripe_url) as shop:
        story = Story(shop)
        if as_json:
            for _ in story.steps():
                pass
            checks = shop.check()
            _print_json(_facts(story) | _of_checks(checks))
            return checks.ok
        return _show(story)


def many_deals(path: Path, database: Path | None, *, as_json: bool) -> bool:
    """Run a file of deals and show the totals.  Whether both checks are true."""
    with opened(path) as file:
        lines = read_deals(file)
        with workshop(database) as shop:
            totals = _run(lines, file, shop)
            checks = shop.check()
            if as_json:
                _print_json(_of_totals(totals) | _of_checks(checks))
            else:
                screen = Screen.on_stdout()
                screen.title(f"The deals of {path.name}", _place(shop))
                screen.bad_lines(totals.bad_lines)
                screen.totals(totals)
                screen.checks(checks)
            return checks.ok


def _show(story: Story) -> bool:
    shop, screen = story.shop, Screen.on_stdout()
    screen.title(f"A job of {shown(PRICE)}, from posting to payout", _place(shop))
    for number, step in enumerate(story.steps(), 1):
        screen.step(number, step)
    checks = shop.check()
    screen.books(story.books(), checks.balances)
    screen.checks(checks)
    return checks.ok


def _place(shop: Workshop) -> str:
    database = shop.database if shop.is_kept else "a temporary file"
    return f"SQLite in {database}; {shop.side.name}"


def _run(lines: Iterator[DealLine | BadLine], file: TextIO, shop: Workshop) -> Totals:
    assert isinstance(shop.side, SimulatedSide)  # nobody else is told how cards end
    run, size = DealRun(shop.market, shop.side.gateway), os.fstat(file.fileno()).st_size
    with progress_bar() as progress:
        task = progress.add_task("", total=size or None, deals=0)
        for line in lines:
            run.take(line)
            done = file.buffer.tell() if size else 0
            progress.update(task, completed=done, deals=run.totals.deals)
        totals = run.finish()
        progress.update(task, total=1, completed=1)
    return totals


def _facts(story: Story) -> dict[str, Any]:
    sums = story.sums()
    return {
        "held": str(sums.held.amount),
        "platform_fee": str(sums.platform_fee.amount),
        "service_fee": str(sums.service_fee.amount),
        "contractor_available": str(sums.contractor_available.amount),
        "platform_revenue": str(sums.platform_revenue.amount),
        "currency": sums.held.currency,
    }


def _of_totals(totals: Totals) -> dict[str, Any]:
    return {
        "by_currency": {
            code: {
                "deals": total.deals,
                "volume": str(total.volume.amount),
                "revenue": str(total.revenue.amount),
                "paid": str(total.paid.amount),
            }
            for code, total in sorted(totals.by_currency.items())
        },
        "by_outcome": {outcome.value: n for outcome, n in totals.by_outcome.most_common()},
        "bad_lines": [{"line": bad.line, "reason": bad.reason} for bad in totals.bad_lines],
    }


def _of_checks(checks: Checks) -> dict[str, bool]:
    return {
        "trial_balance_ok": checks.trial_balance_ok,
        "processor_matches_ledger": checks.processor_matches_ledger,
    }


def _print_json(value: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(value, indent=2) + "\n")
