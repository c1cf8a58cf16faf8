import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tidemark.store.migrations.versions import gaps_0001, gaps_0002


def test_it_makes_the_indexes_and_takes_them_away() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        gaps_0001.upgrade()
        before = sa.inspect(connection).get_indexes("gaps")
        gaps_0002.upgrade()
        names = [one["name"] for one in sa.inspect(connection).get_indexes("gaps")]
        gaps_0002.downgrade()
        assert names == ["gaps_by_market", "gaps_by_time", "gaps_open"]
        assert sa.inspect(connection).get_indexes("gaps") == before
    engine.dispose()
    assert (gaps_0002.revision, gaps_0002.down_revision) == ("0002", gaps_0001.revision)
