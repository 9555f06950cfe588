"""The stores on SQL: SQLAlchemy Core is the schema and the compiler, the driver runs it."""
