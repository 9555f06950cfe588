"""The tables of the first revision."""

from __future__ import annotations

from marketpay.adapters.sql.migrations.first import books, deals, listed, payments, payouts
from marketpay.adapters.sql.migrations.terms import Place


def define(place: Place) -> None:
    """Define every table, parents before children, with its indexes."""
    deals.define(place)
    payments.define(place)
    payouts.define(place)
    payments.define_operations(place)
    books.define(place)
    listed.define(place)
