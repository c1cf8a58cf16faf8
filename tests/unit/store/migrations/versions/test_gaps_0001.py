import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tidemark.store.migrations.versions import gaps_0001


def test_it_makes_the_tables_and_takes_them_away() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        gaps_0001.upgrade()
        assert set(sa.inspect(connection).get_table_names()) == {"gaps", "places"}
        gaps_0001.downgrade()
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()
    assert (gaps_0001.revision, gaps_0001.down_revision) == ("0001", None)
