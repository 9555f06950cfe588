"""Hosts: programs with orders of their own beside the marketplace, in one database."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pymysql  # type: ignore[import-untyped]  # it has no types
from attrs import frozen
from sqlalchemy import Engine, String, insert, select
from sqlalchemy.engine import URL
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

KINDS = ("connection", "session", "raw")


class Base(DeclarativeBase):
    """The host's models."""


class Order(Base):
    """An order of the host's own."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(String(40))


class GoneWrong(Exception):
    """The host changes its mind."""


@frozen
class Transaction:
    """A transaction of the host's: what marketpay is given, and the host's own writing."""

    host: Any

    def order(self, job: str) -> None:
        """Write an order, as this kind of host does it."""
        if isinstance(self.host, Session):
            self.host.add(Order(job=job))
        elif hasattr(self.host, "dialect"):
            self.host.execute(insert(Order).values(job=job))
        else:
            cursor = self.host.cursor()
            cursor.execute("INSERT INTO orders (job) VALUES ('" + job + "')")


@frozen
class Shop:
    """A host that keeps orders in the database of the marketplace."""

    engine: Engine
    kind: str

    def make_tables(self) -> None:
        """The host's own, anew."""
        Base.metadata.drop_all(self.engine)
        Base.metadata.create_all(self.engine)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        """One transaction: committed when the block is left, rolled back when it raises."""
        match self.kind:
            case "connection":
                with self.engine.begin() as connection:
                    yield Transaction(connection)
            case "session":
                with Session(self.engine) as session, session.begin():
                    yield Transaction(session)
            case _:
                with closing(raw_connection(self.engine.url)) as connection:
                    try:
                        yield Transaction(connection)
                    except BaseException:
                        connection.rollback()
                        raise
                    connection.commit()

    def orders(self) -> list[str]:
        """The jobs of all orders that are committed."""
        with self.engine.connect() as connection:
            return list(connection.scalars(select(Order.job).order_by(Order.id)))


def raw_connection(url: URL, **options: Any) -> Any:
    """The driver's own connection, with rows that are no tuples where it can have them."""
    where: dict[str, Any] = {"host": url.host, "port": url.port, "user": url.username}
    match url.get_backend_name():
        case "sqlite":
            connection = sqlite3.connect(str(url.database), **options)
            connection.row_factory = _as_dict
            return connection
        case "postgresql":
            rows: Any = psycopg.rows.dict_row
            return psycopg.connect(dbname=url.database, row_factory=rows, **where, **options)
        case _:
            kind = pymysql.cursors.DictCursor
            return pymysql.connect(database=url.database, cursorclass=kind, **where, **options)


def async_url(url: str) -> str:
    """The same database through its async driver."""
    if url.startswith("sqlite:"):
        return url.replace("sqlite:", "sqlite+aiosqlite:", 1)
    return url.replace("+pymysql", "+asyncmy")


def _as_dict(cursor: sqlite3.Cursor, row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip([column[0] for column in cursor.description], row, strict=True))
