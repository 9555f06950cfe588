"""What the commands look like in a terminal: with colours or without, wide or narrow, piped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from attrs import frozen
from rich.box import Box
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
GAP = 4  # columns between two tables
COMFORT = 72  # columns that the steps are laid out for
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
            self.console.print(Text(line, FAINT), soft_wrap=True)  # a path stays whole

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

    def books(self, books: Books, balances: Mapping[Account, Money]) -> None:
        """The contractor's wallet, the platform's revenue, and all accounts."""
        wallet, revenue = books.wallet, books.revenue
        in_wallet = {
            "pending": wallet.pending,
            "available": wallet.available,
            "reserved": wallet.reserved,
        }
        fees = {"platform fee": revenue.platform_fee, "service fee": revenue.service_fee}
        self._side_by_side(
            self._block(f"Wallet of {wallet.owner}", self._sums(in_wallet, wallet.total)),
            self._block("Revenue of the platform", self._sums(fees, revenue.total)),
            self._trial_balance(balances, revenue.currency),
        )

    def _trial_balance(self, balances: Mapping[Account, Money], currency: str) -> RenderableType:
        """Every account on its own side of the book; both sides have the same sum."""
        rows = [*_by_kind(balances, currency)]
        debits, credits = (
            sum(minor for _, side, minor in rows if side is is_debit) for is_debit in (True, False)
        )
        footer = ["total", *(digits(unchecked(side, currency)) for side in (debits, credits))]
        table = self._table("account", "debit", "credit", footer=footer)
        for name, is_debit, minor in rows:
            amount = digits(unchecked(minor, currency))
            table.add_row(name, *((amount, "") if is_debit else ("", amount)))
        return self._block(f"Trial balance in {currency}", table)

    def bad_lines(self, lines: Sequence[BadLine]) -> None:
        """What was not run, and why."""
        if not lines:
            return
        table = Table.grid(padding=(0, 2))
        table.add_column(justify="right", style=FAINT, no_wrap=True)
        table.add_column()
        for line in lines:
            table.add_row(f"line {line.line}", line.reason)
        self._print(self._block(f"{_many(len(lines), 'line')} not run", table))

    def totals(self, totals: Totals) -> None:
        """By outcome and by currency."""
        count = f"{totals.deals:,}"
        outcomes = self._table("outcome", "deals", footer=["total", count])
        for outcome, deals in totals.by_outcome.most_common():
            outcomes.add_row(outcome.value, f"{deals:,}")
        footer = ["total", count, "", "", ""]
        currencies = self._table("currency", "deals", "captured", "revenue", "paid", footer=footer)
        for code, total in sorted(totals.by_currency.items()):
            amounts = (digits(m) for m in (total.volume, total.revenue, total.paid))
            currencies.add_row(code, f"{total.deals:,}", *amounts)
        self._side_by_side(
            self._block("By outcome", outcomes), self._block("By currency", currencies)
        )

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
        self._print(self._block("Checks", table))

    def _sums(self, parts: Mapping[str, Money], total: Money) -> Table:
        table = self._table("", total.currency, footer=["total", digits(total)])
        for name, part in parts.items():
            table.add_row(name, digits(part))
        return table

    def _moves(self, moves: Sequence[Move]) -> Table:
        table = Table.grid(padding=(0, 2))
        table.add_column(style=FAINT, min_width=14)
        for move in moves:
            status = Text.assemble((move.before, FAINT), self._arrow) if move.before else Text()
            table.add_row(move.entity, status.append(move.after, "green"))
        return table

    def _entries(self, entries: Sequence[LedgerEntry]) -> Table:
        table = Table.grid(padding=(0, 2))
        is_wide = self.console.width >= COMFORT
        table.add_column(style=FAINT, min_width=14 if is_wide else None)
        table.add_column(min_width=34 if is_wide else None)
        table.add_column(justify="right", style=STRONG, no_wrap=True)
        label = f"debit{self._arrow}credit"
        for number, entry in enumerate(entries):
            line = f"{entry.debit}{self._arrow}{entry.credit}"
            table.add_row("" if number else label, line, digits(entry.amount))
        return table

    @property
    def _arrow(self) -> str:
        return " -> " if self.console.options.ascii_only else " → "

    def _table(self, *columns: str, footer: Sequence[str]) -> Table:
        """A first column of words and others of numbers, and a line for their sums."""
        is_plain = self.console.options.ascii_only
        rules = Box(RULED.replace("─", "-"), ascii=True) if is_plain else Box(RULED)
        table = Table(box=rules, show_edge=False, pad_edge=False, show_footer=True)
        for number, (name, total) in enumerate(zip(columns, footer, strict=True)):
            table.add_column(
                name,
                total,
                justify="right" if number else "left",
                overflow="fold",  # an amount is never cut
                header_style=FAINT,
                footer_style=STRONG,
            )
        return table

    def _block(self, title: str, content: RenderableType) -> RenderableType:
        return Group(Text(title, STRONG), Padding(content, (0, 0, 0, 4), expand=False))

    def _side_by_side(self, *blocks: RenderableType) -> None:
        """As many in a row as there is room for."""
        rows: list[list[RenderableType]] = [[]]
        room = self.console.width
        for block in blocks:
            width = self.console.measure(block).maximum + GAP
            if rows[-1] and width > room + GAP:
                rows.append([])
                room = self.console.width
            rows[-1].append(block)
            room -= width
        for row in rows:
            grid = Table.grid(padding=(0, GAP, 0, 0))
            grid.add_row(*row)
            self._print(grid)

    def _print(self, content: RenderableType) -> None:
        self.console.print()
        self.console.print(content)

    def _indented(self, content: RenderableType) -> None:
        self.console.print(Padding(content, (0, 0, 0, 4), expand=False))


def progress_bar() -> Progress:
    """How far it is, on the standard error."""
    return Progress(
        TextColumn("deals"),
        BarColumn(),
        TaskProgressColumn(),
        TextColumn("{task.fields[deals]:,}"),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )


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
