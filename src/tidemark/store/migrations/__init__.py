"""The versions of the database; Alembic runs them in order."""
