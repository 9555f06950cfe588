"""`marketpay demo --deals`: a file of deals, run and added up."""

import csv
import json
from collections import Counter
from decimal import ROUND_HALF_EVEN, Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from marketpay import Marketplace
from marketpay.cli.deal_file import LONGEST, BadLine, DealLine, Unreadable, read_deals
from marketpay.cli.deals import DealRun, Totals
from marketpay.ports.gateway import Authorize
from marketpay.testing import SimulatedGateway
from tests.cli.test_demo import marketpay, printed_json, process

EXAMPLE = Path(__file__).parents[2] / "examples/data/deals.csv"
HEADER = "title,customer,contractor,amount,currency,outcome\n"
OUTCOMES = ("completed", "rejected", "withdrawn", "declined", "cancelled")
EXPONENTS = {"JPY": 0, "KWD": 3}


def expected(path: Path) -> dict[str, Any]:
    """The totals of a file without bad lines, worked out from nothing but the file."""
    by_currency: dict[str, dict[str, Any]] = {}
    by_outcome: Counter[str] = Counter()
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            outcome, code = row["outcome"], row["currency"]
            by_outcome[outcome] += 1
            unit = Decimal(1).scaleb(-EXPONENTS.get(code, 2))
            zero = Decimal(0).quantize(unit)
            new = {"deals": 0, "volume": zero, "revenue": zero, "paid": zero}
            total = by_currency.setdefault(code, new)
            price = Decimal(row["amount"]).quantize(unit)
            total["deals"] += 1
            total["volume"] += price
            if outcome == "completed":
                platform, service = (
                    (price * Decimal(rate)).quantize(unit, ROUND_HALF_EVEN)
                    for rate in ("0.10", "0.20")
                )
                total["revenue"] += platform + service
                total["paid"] += price - platform - service
    texts = {
        c: {k: v if k == "deals" else str(v) for k, v in t.items()} for c, t in by_currency.items()
    }
    return {
        "by_currency": texts,
        "by_outcome": dict(by_outcome),
        "bad_lines": [],
        "trial_balance_ok": True,
        "processor_matches_ledger": True,
    }


def test_the_totals_of_the_example_are_right() -> None:
    done = marketpay("demo", "--deals", EXAMPLE, "--json")
    assert printed_json(done) == expected(EXAMPLE)
    assert "deals" in done.err  # the progress


def test_the_example_has_everything() -> None:
    totals = expected(EXAMPLE)
    assert set(totals["by_outcome"]) == set(OUTCOMES)
    assert {"USD", "EUR", "JPY", "KWD"} <= set(totals["by_currency"])


def test_the_totals_are_shown() -> None:
    done = marketpay("demo", "--deals", EXAMPLE)
    assert done.status == 0
    shown = " ".join(done.out.split())
    assert "completed 15 " in shown
    assert "JPY 4 271,002 61,500 143,502 " in shown
    assert "processor matches ledger ok" in shown
    assert "not run" not in shown
    assert "\x1b" not in done.out + done.err


def test_a_kept_database_is_added_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept.db"
    marketpay("demo", "--db", kept)
    for _ in range(2):
        done = marketpay("demo", "--deals", EXAMPLE, "--db", kept, "--json")
        assert printed_json(done) == expected(EXAMPLE)
    golden = printed_json(marketpay("demo", "--db", kept, "--json"))
    assert (golden["platform_revenue"], golden["contractor_available"]) == ("300.00", "700.00")


BAD = """\
too,few,fields
too,many,fields,1,USD,completed,x
Unknown outcome,ana,ben,1,USD,paid
No number,ana,ben,abc,USD,completed
Too precise,ana,ben,1.005,USD,completed
Too precise,ana,ben,1.5,JPY,completed
Negative,ana,ben,-1,USD,completed
Zero,ana,ben,0.00,USD,completed
Exponent,ana,ben,1e3,USD,completed
Not finite,ana,ben,NaN,USD,completed
Too large,ana,ben,99999999999999999999,USD,completed
Unknown currency,ana,ben,1,ZZZ,completed
Not a currency,ana,ben,1,usd,completed
,ana,ben,1,USD,completed
  ,ana,ben,1,USD,completed
Nobody,,ben,1,USD,completed
Nobody,ana,,1,USD,completed
Themselves,ana,ana,1,USD,completed
"""
REASONS = """\
The line has 3 fields, not 6.
The line has 7 fields, not 6.
outcome: 'paid' is not one of: completed, rejected, withdrawn, declined, cancelled.
amount: 'abc' is not an amount.
amount: USD has 2 digits after the point, too few for 1.005.
amount: JPY has no digits after the point, too few for 1.5.
amount: must be above zero, not USD -1.00.
amount: must be above zero, not USD 0.00.
amount: '1e3' is not an amount.
amount: 'NaN' is not an amount.
amount: This amount is too large; the largest is USD 10000000000000.00.
currency: 'ZZZ' is not a known currency.
currency: 'usd' is not a known currency.
title: must not be empty.
title: must not be empty.
customer: must be 1 to 255 printable characters.
contractor: must be 1 to 255 printable characters.
The customer of a job cannot be its contractor.
"""


def test_bad_lines_are_named_and_the_others_run(tmp_path: Path) -> None:
    file = tmp_path / "bad.csv"
    good = "Good,ana,ben,10,USD,completed\n"
    file.write_text(HEADER + good + BAD + good)
    printed = printed_json(marketpay("demo", "--deals", file, "--json"))
    assert printed["bad_lines"] == [
        {"line": line, "reason": reason} for line, reason in enumerate(REASONS.splitlines(), 3)
    ]
    assert printed["by_outcome"] == {"completed": 2}
    usd = {"deals": 2, "volume": "20.00", "revenue": "6.00", "paid": "14.00"}
    assert printed["by_currency"] == {"USD": usd}
    shown = marketpay("demo", "--deals", file, columns=120)
    assert shown.status == 0
    assert "18 lines not run" in shown.out
    for line, reason in enumerate(REASONS.splitlines(), 3):
        assert f"line {line}  {reason}" in shown.out


def read(text: str) -> list[DealLine | BadLine]:
    return list(read_deals(StringIO(HEADER + text)))


def lines(text: str) -> list[tuple[int, str]]:
    """The number of each record's line, with its title or with what is wrong."""
    return [
        (one.line, one.title if isinstance(one, DealLine) else one.reason) for one in read(text)
    ]


REST = ",ana,ben,1,USD,completed\n"


def test_a_record_is_numbered_by_the_line_it_starts_on() -> None:
    text = f'"Two\nlines"{REST}short\n\n"Three\n\nlines",x\nlast{REST}'
    assert lines(text) == [
        (2, "Two\nlines"),
        (4, "The line has 1 field, not 6."),
        (6, "The line has 2 fields, not 6."),
        (9, "last"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", ""])
def test_the_end_of_the_last_line_is_free(tmp_path: Path, end: str) -> None:
    file = tmp_path / "deals.csv"
    file.write_bytes((HEADER + "Job" + REST).rstrip().replace("\n", "\r\n").encode() + end.encode())
    with file.open(encoding="utf-8-sig") as opened:
        assert [deal.line for deal in read_deals(opened)] == [2]


def test_a_quote_that_is_never_closed_costs_only_its_line() -> None:
    unclosed = f'"Unclosed{REST}'
    assert lines(f"{unclosed}next{REST}last{REST}") == [
        (2, "The line is not CSV: a quoted field has no end."),
        (3, "next"),
        (4, "last"),
    ]
    _, *others = lines(f'{unclosed}next{REST}"quo""ted"{REST}')
    assert others == [(3, "next"), (4, 'quo"ted')]


def test_a_quote_in_the_middle_is_a_quote() -> None:
    assert lines(f'5" pipe{REST}') == [(2, '5" pipe')]


@pytest.mark.parametrize("length", [LONGEST - 1, LONGEST, LONGEST + 1, 5 * LONGEST])
@pytest.mark.parametrize("start", ["", '"'])
def test_an_endless_line_is_one_line(length: int, start: str) -> None:
    found = lines(f"{start}{'x' * length}\nlast{REST}")
    assert [line for line, _ in found] == [2, 3]
    assert found[1] == (3, "last")


def test_bytes_that_are_no_text_cost_only_their_line(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    body = b"caf\xe9" + REST.encode() + b"caf\xc3\xa9" + REST.encode()
    file.write_bytes(b"\xef\xbb\xbf" + HEADER.encode() + body)
    printed = printed_json(marketpay("demo", "--deals", file, "--json"))
    assert printed["bad_lines"] == [{"line": 2, "reason": "The line is not UTF-8."}]
    assert printed["by_outcome"] == {"completed": 1}


@pytest.mark.parametrize(
    "text",
    ["", "\n" + HEADER, "title,customer\n", HEADER.replace("title", "Title"), '"', "\x00\ufffd"],
)
def test_a_file_without_its_header_is_refused(text: str) -> None:
    with pytest.raises(Unreadable, match="title,customer,contractor,amount,currency,outcome"):
        read_deals(StringIO(text))


def test_a_file_of_something_else_exits_with_a_sentence(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(b"\xff\xfet\x00i\x00")
    for path in (wrong, tmp_path, tmp_path / "missing.csv"):
        done = marketpay("demo", "--deals", path, "--db", tmp_path / "new.db", "--json")
        assert (done.status, done.out) == (2, "")
        assert len(done.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == [wrong]  # no database was made


def test_a_file_of_nothing_is_no_failure(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text(HEADER)
    printed = printed_json(marketpay("demo", "--deals", file, "--json"))
    assert printed["by_currency"] == printed["by_outcome"] == {}
    assert marketpay("demo", "--deals", file).status == 0


def test_titles_are_text_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "deals.csv"
    file.write_text(HEADER + "[$250] [bold]Wallet[/] :smile:" + REST + "x,y,z,1,[red],:smile:\n")
    done = marketpay("demo", "--deals", file)
    assert done.status == 0
    assert "line 3  currency: '[red]' is not a known currency." in done.out


def run(text: str) -> tuple[Totals, Marketplace, SimulatedGateway]:
    """Run deals without any command line."""
    gateway = SimulatedGateway()
    market = Marketplace(gateway=gateway)
    deals = DealRun(market, gateway)
    for line in read_deals(StringIO(HEADER + text)):
        deals.take(line)
    return deals.finish(), market, gateway


def test_nothing_is_left_under_way() -> None:
    text = "".join(f"Job,ana,ben{n % 7},{n + 1},USD,{OUTCOMES[n % 5]}\n" for n in range(60))
    totals, market, gateway = run(text)
    assert totals.by_outcome == dict.fromkeys(OUTCOMES, 12)
    assert not market.work()
    assert not gateway.held("USD")
    paid = sum(gateway.connected_balance(f"ben{n}", "USD").minor for n in range(7))
    assert paid == totals.by_currency["USD"].paid.minor > 0
    assert (
        gateway.balance("USD") == totals.by_currency["USD"].revenue == market.revenue("USD").total
    )


def test_a_deal_that_fails_on_the_way_is_a_bad_line() -> None:
    gateway = SimulatedGateway()
    market = Marketplace(gateway=gateway)
    gateway.script(Authorize, "decline")
    deals = DealRun(market, gateway)
    for line in read_deals(StringIO(f"{HEADER}First{REST}Second{REST}")):
        deals.take(line)
    totals = deals.finish()
    [bad] = totals.bad_lines
    assert bad.line == 2
    assert "was declined" in bad.reason
    assert totals.by_outcome == {"completed": 1}


def test_json_is_all_of_the_output() -> None:
    done = process("demo", "--deals", EXAMPLE, "--json", FORCE_COLOR="1")
    json.loads(done.out)
    assert done.out.startswith("{")
    assert done.out.endswith("}\n")
    assert done.out.isascii()
