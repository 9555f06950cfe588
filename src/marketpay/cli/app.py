"""The commands, their options and their exit status."""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from marketpay.cli.deal_file import Unreadable
from marketpay.cli.demo import many_deals, one_deal
from marketpay.domain.errors import (
    ConfigurationError,
    InvalidInput,
    MarketpayError,
    MissingDependency,
)

if TYPE_CHECKING:
    from marketpay.adapters.sql.schema import Tables

FAILED, USAGE = 1, 2  # exit status: a check is false; what was asked for cannot be done

app = typer.Typer(
    name="marketpay",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _say_version(value: bool) -> None:
    if value:
        import marketpay

        typer.echo(f"marketpay {marketpay.__version__}")
        raise typer.Exit


@app.callback()
def marketpay(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """The money side of a job marketplace."""


database = typer.Typer(no_args_is_help=True, help="The tables of a database.")
app.add_typer(database, name="db")
Url = Annotated[str, typer.Argument(metavar="URL", help="For example sqlite:///market.db.")]


Prefix = Annotated[str, typer.Option(help="What the names of the tables begin with.")]
Schema = Annotated[str | None, typer.Option(help="The schema they are in, if not the usual one.")]
USUAL = "marketpay_"


@contextmanager
def _database(prefix: str, schema: str | None) -> Iterator[Tables]:
    """What goes wrong is said on one line, without the password."""
    from marketpay.adapters.sql.schema import Tables

    try:
        yield Tables(prefix=prefix, schema=schema)
    except MarketpayError as error:
        is_usage = isinstance(error, ConfigurationError | MissingDependency)
        print(" ".join(str(error).split()), file=sys.stderr)
        raise typer.Exit(USAGE if is_usage else FAILED) from None


@database.command()
def upgrade(url: Url, prefix: Prefix = USUAL, schema: Schema = None) -> None:
    """Make the tables in an empty database, or change older ones into this package's.

    Back up first, and stop what uses the database: there is no way back.
    """
    from marketpay.adapters.sql.schema import HEAD
    from marketpay.cli import db

    with _database(prefix, schema) as tables:
        db.upgrade(url, tables)
    typer.echo(f"The tables have revision {HEAD}, as this package needs.")


@database.command()
def check(url: Url, prefix: Prefix = USUAL, schema: Schema = None) -> None:
    """See whether the tables are as this package needs them, and change nothing.

    Exit status 1 means that something has to be done, which is said.
    """
    from marketpay.adapters.sql.schema import HEAD
    from marketpay.cli import db

    with _database(prefix, schema) as tables:
        problem = db.check(url, tables)
    if problem:
        print(problem, file=sys.stderr)
        raise typer.Exit(FAILED)
    typer.echo(f"The tables have revision {HEAD}, as this package needs.")


@database.command()
def sql(
    dialect: Annotated[
        str, typer.Argument(metavar="DIALECT|URL", help="sqlite, postgresql or mariadb.")
    ],
    since: Annotated[
        str | None,
        typer.Option(
            "--from", metavar="REVISION", help="What the database has, if it is not empty."
        ),
    ] = None,
    prefix: Prefix = USUAL,
    schema: Schema = None,
) -> None:
    """Print the SQL that makes the tables, or changes older ones, for somebody else to run."""
    from marketpay.cli import db

    with _database(prefix, schema) as tables:
        script = db.sql(dialect, since, tables)
    typer.echo(script, nl=False)


AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
DealsFile = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE.csv",
        help="Run a whole file of deals: title,customer,contractor,amount,currency,outcome.",
    ),
]
KeptDatabase = Annotated[
    Path | None,
    typer.Option(metavar="PATH", help="Keep the SQLite database there, or add to it."),
]
StripeUrl = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Where Stripe's API is spoken; the key is STRIPE_SECRET_KEY."),
]


@app.command()
def demo(
    deals: DealsFile = None,
    db: KeptDatabase = None,
    stripe_url: StripeUrl = None,
    json: AsJson = False,
) -> None:
    """Run a job of USD 1000 from posting to payout, or a whole file of deals.

    A simulated processor moves the money, unless one is named for the one job.  Exit status 1
    means that a check is false.
    """
    try:
        if deals and stripe_url:
            raise ConfigurationError("A file of deals is run with the simulated processor alone.")
        is_ok = (
            many_deals(deals, db, as_json=json) if deals else one_deal(db, stripe_url, as_json=json)
        )
    except MarketpayError as error:
        is_usage = isinstance(error, Unreadable | ConfigurationError)
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE if is_usage else FAILED) from None
    except sqlite3.Error as error:
        print(f"The database failed: {error}.", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    if not is_ok:
        raise typer.Exit(FAILED)


Day = Annotated[datetime, typer.Option(formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"], help="In UTC.")]


@app.command()
def reconcile(
    url: Url,
    since: Day,
    until: Day,
    stripe_url: StripeUrl = None,
    prefix: Prefix = USUAL,
    schema: Schema = None,
    json: AsJson = False,
) -> None:
    """Compare Stripe's balance transactions of some days with the books.

    Books Stripe's fees and corrects nothing.  The key is that in STRIPE_SECRET_KEY.  Exit
    status 1 means that the two differ.
    """
    from marketpay.cli.reconcile import reconcile as run

    try:
        days = since.replace(tzinfo=UTC), until.replace(tzinfo=UTC)
        is_ok = run(url, *days, stripe_url, prefix, schema, as_json=json)
    except MarketpayError as error:
        is_usage = isinstance(error, ConfigurationError | InvalidInput)
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE if is_usage else FAILED) from None
    if not is_ok:
        raise typer.Exit(FAILED)


@app.command()
def verify(
    url: Url,
    head: Annotated[
        str | None,
        typer.Option(
            metavar="POSITION:HASH", help="The end of the chain at an earlier time, kept elsewhere."
        ),
    ] = None,
    prefix: Prefix = USUAL,
    schema: Schema = None,
    json: AsJson = False,
) -> None:
    """Check the books against themselves and against the chain, and change nothing.

    Prints where the chain ends, or each thing that is wrong.  Exit status 1 means that
    something is.
    """
    from marketpay.cli.verify import verify as run

    try:
        is_ok = run(url, head, prefix, schema, as_json=json)
    except MarketpayError as error:
        is_usage = isinstance(error, ConfigurationError | InvalidInput)
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE if is_usage else FAILED) from None
    except sqlite3.Error as error:
        print(f"The database failed: {error}.", file=sys.stderr)
        raise typer.Exit(FAILED) from None
    if not is_ok:
        raise typer.Exit(FAILED)


@app.command()
def stripe_server(
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="Where to listen on this machine; 0: anywhere.")
    ] = 12111,
    webhooks: Annotated[
        str | None, typer.Option(metavar="URL", help="Post the platform's events there.")
    ] = None,
    connect_webhooks: Annotated[
        str | None, typer.Option(metavar="URL", help="Post those of connected accounts there.")
    ] = None,
) -> None:
    """Answer as Stripe does, until Ctrl-C: for trying out, and for tests in any language.

    Nothing is kept, and no real money moves.
    """
    from marketpay.cli.stripe_server import serve

    try:
        serve(port, webhooks, connect_webhooks)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None


Lifecycles = Annotated[
    list[str] | None,
    typer.Argument(metavar="[NAME]...", help="For example job or offer; all, if none is given."),
]


@app.command()
def lifecycles(
    names: Lifecycles = None,
    json: AsJson = False,
    mermaid: Annotated[
        bool, typer.Option("--mermaid", help="Print Mermaid state diagrams.")
    ] = False,
) -> None:
    """Print every status there is, and who can make what of it.

    With --json one JSON list, for front ends; with --mermaid a diagram of each.
    """
    from marketpay.cli.lifecycles import draw

    try:
        typer.echo(draw(names or [], as_json=json, as_mermaid=mermaid), nl=False)
    except InvalidInput as error:
        print(error, file=sys.stderr)
        raise typer.Exit(USAGE) from None
