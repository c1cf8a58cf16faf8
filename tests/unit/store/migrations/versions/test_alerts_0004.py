import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tidemark.store.migrations.versions import alerts_0004, signals_0003


def test_it_makes_the_tables_and_takes_them_away() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        alerts_0004.upgrade()
        made = sa.inspect(connection).get_table_names()
        alerts_0004.downgrade()
        assert made == ["alert_events", "alert_keys", "notifications", "outbox"]
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()
    assert (alerts_0004.revision, alerts_0004.down_revision) == ("0004", signals_0003.revision)
