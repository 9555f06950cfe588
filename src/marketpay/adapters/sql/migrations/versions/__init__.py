"""The revisions, one a file.  A host's own Alembic can include this folder."""
