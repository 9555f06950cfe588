"""How a database of an earlier revision becomes one of today's: Alembic revisions.

A revision says what was: it shares no definition with the tables of today, and once it is
released nobody changes it.  `terms` and `first` belong to the revisions.
"""
