"""What Alembic runs: the versions, over the connection that it is given."""

from alembic import context
from sqlalchemy import Connection

from tidemark.store.tables import METADATA


def migrate(connection: Connection) -> None:
    """Bring the database behind *connection* up to date, in one transaction."""
    context.configure(connection=connection, target_metadata=METADATA)
    with context.begin_transaction():
        context.run_migrations()


# Alembic loads this file itself; whoever imports it for another reason has no connection to offer.
if getattr(context, "config", None) is not None:
    migrate(context.config.attributes["connection"])
