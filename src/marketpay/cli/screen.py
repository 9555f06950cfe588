"""What the commands look like in a terminal: with colours or without, wide or narrow, piped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen
from rich.box import Box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from marketpay.cli.amounts import digits
from marketpay.cli.checks import Checks
from marketpay.cli.deal_file import BadLine
from marketpay.cli.deals import Totals
from marketpay.cli.story import Books, Move, Step
from marketpay.domain.ledger import Account, AccountKind, LedgerEntry
from marketpay.domain.money import Money, unchecked

# Ruled under the names of the columns and above their sums.
RULED = "    \n    \n ── \n    \n ── \n ── \n    \n    \n"
FAINT, STRONG, NAME, GOOD, BAD = "dim", "bold", "bold cyan", "bold green", "bold red"


@frozen
class Screen:
    """Prints on `console`, which takes no text for markup: titles may have [brackets]."""

    console: Console

    @classmethod
    def on_stdout(cls) -> Screen:
        """For what was asked for."""
        return cls(Console(markup=False, emoji=False, highlight=False))

    def title(self, text: str, *under: str) -> None:
        """What is being done, and where."""
        self.console.print(Text(text, STRONG))
        for line in under:
            self.console.print(Text(line, FAINT))

    def step(self, number: int, step: Step) -> None:
        """Who did what, the statuses that came of it, the ledger entries."""
        line = Text.assemble((f"{number:2}  ", FAINT), (step.who, NAME))
        if step.role:
            line.append(f" ({step.role})", FAINT)
        self.console.print()
        self.console.print(line.append(f" {step.what}"))
        if step.moves:
            self._indented(self._moves(step.moves))
        if step.entries:
            self._indented(self._entries(step.entries))
        if step.note:
            self._indented(Text(step.note, "italic"))

    def books(self, books: Books) -> None:
        """The contractor's wallet and the platform's revenue."""
        wallet, revenue = books.wallet, books.revenue
        self._sums(
            f"Wallet of {wallet.owner}, {wallet.currency}",
            {
                "pending": wallet.pending,
                "available": wallet.available,
                "reserved": wallet.reserved,
            },
            wallet.total,
        )
        self._sums(
            f"Revenue of the platform, {revenue.currency}",
            {"platform fee": revenue.platform_fee, "service fee": revenue.service_fee},
            revenue.total,
        )

    def trial_balance(self, balances: Mapping[Account, Money], currency: str) -> None:
        """Every account on its own side of the book; both sides have the same sum."""
        rows = [*_by_kind(balances, currency)]
        debits, credits = (
            sum(minor for _, side, minor in rows if side is is_debit) for is_debit in (True, False)
        )
        table = _table("account", "debit", "credit", footer=["total", debits, credits], of=currency)
        for name, is_debit, minor in rows:
            amount = digits(unchecked(minor, currency))
            table.add_row(name, *((amount, "") if is_debit else ("", amount)))
        self._headed(f"Trial balance, {currency}", table)

    def bad_lines(self, lines: Sequence[BadLine]) -> None:
        """What was not run, and why."""
        if not lines:
            return
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style=FAINT, no_wrap=True)
        table.add_column()
        for line in lines:
            table.add_row(f"line {line.line}", line.reason)
        self._headed(f"{_many(len(lines), 'line')} not run", table)

    def totals(self, totals: Totals) -> None:
        """By outcome and by currency."""
        table = _table("outcome", "deals", footer=["total", f"{totals.deals:,}"])
        for outcome, count in totals.by_outcome.most_common():
            table.add_row(outcome.value, f"{count:,}")
        self._headed("By outcome", table)
        table = _table("currency", "deals", "captured", "revenue", "paid")
        for code, total in sorted(totals.by_currency.items()):
            amounts = (digits(m) for m in (total.volume, total.revenue, total.paid))
            table.add_row(code, f"{total.deals:,}", *amounts)
        self._headed("By currency", table)

    def checks(self, checks: Checks) -> None:
        """Whether all is well, or else what is wrong."""
        table = Table.grid(padding=(0, 2))
        for name, problems in (
            ("trial balance", checks.problems),
            ("processor matches ledger", checks.differences),
        ):
            table.add_row(name, Text("FALSE", BAD) if problems else Text("ok", GOOD))
            for problem in problems:
                table.add_row("", Text(str(problem), BAD))
        self._headed("Checks", table)

    def _sums(self, title: str, parts: Mapping[str, Money], total: Money) -> None:
        table = _table("", "", footer=["total", total.minor], of=total.currency)
        table.show_header = False
        for name, part in parts.items():
            table.add_row(name, digits(part))
        self._headed(title, table)

    def _moves(self, moves: Sequence[Move]) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(style=FAINT, min_width=14)
        for move in moves:
            status = Text.assemble((move.before, FAINT), self._arrow) if move.before else Text()
            table.add_row(move.entity, status.append(move.after, "green"))
        return table

    def _entries(self, entries: Sequence[LedgerEntry]) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(style=FAINT, min_width=14)
        table.add_column(min_width=34)
        table.add_column(justify="right", style=STRONG, min_width=12, no_wrap=True)
        for number, entry in enumerate(entries):
            line = f"{entry.debit}{self._arrow}{entry.credit}"
            table.add_row("" if number else "debit, credit", line, digits(entry.amount))
        return table

    @property
    def _arrow(self) -> str:
        return " -> " if self.console.options.ascii_only else " → "

    def _headed(self, title: str, content: RenderableType) -> None:
        self.console.print()
        self.console.print(Text(title, STRONG))
        self._indented(content)

    def _indented(self, content: RenderableType) -> None:
        self.console.print(Padding(content, (0, 0, 0, 4), expand=False))


def progress_bar() -> Progress:
    """How far it is, on the standard error."""
    return Progress(
        TextColumn("{task.fields[deals]:,} deals"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


def _table(*columns: str, footer: Sequence[str | int] = (), of: str | None = None) -> Table:
    """A first column of words and others of numbers, and a line for their sums, if any."""
    table = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, show_footer=bool(footer))
    for number, name in enumerate(columns):
        total = footer[number] if footer else ""
        if of is not None and isinstance(total, int):
            total = digits(unchecked(total, of))
        table.add_column(
            name,
            str(total),
            justify="right" if number else "left",
            header_style=FAINT,
            footer_style=STRONG,
        )
    return table


def _by_kind(balances: Mapping[Account, Money], currency: str) -> Iterator[tuple[str, bool, int]]:
    """The accounts that are not empty, those of many owners taken together: name, side, sum."""
    for kind in AccountKind:
        found = {
            account: balance.minor
            for account, balance in balances.items()
            if (account.kind, account.currency) == (kind, currency) and balance
        }
        if found:
            first, *others = found
            name = f"{kind}({len(found)} owners)" if others else str(first)
            yield name, first.is_debit, sum(found.values())


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"
