"""The first tables there were.

Revision ID: 0001
Revises: nothing
"""

from __future__ import annotations

from alembic import op
from sqlalchemy.schema import CreateIndex, CreateTable

from marketpay.adapters.sql.migrations import first
from marketpay.adapters.sql.migrations.terms import Place

revision = "0001"
down_revision = None
branch_labels = ("marketpay",)
depends_on = None


def upgrade() -> None:
    """Make them, and go on where it broke off before."""
    place = Place.of_context()
    first.define(place)
    for table in place.metadata.sorted_tables:
        op.execute(CreateTable(table, if_not_exists=True))
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            op.execute(CreateIndex(index, if_not_exists=True))
