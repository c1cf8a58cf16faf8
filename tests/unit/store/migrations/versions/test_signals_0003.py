import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tidemark.store.migrations.versions import gaps_0002, signals_0003
from tidemark.store.tables import METADATA


def test_it_makes_the_tables_with_their_indexes_and_takes_them_away() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        signals_0003.upgrade()
        made = sa.inspect(connection)
        for name in ("signals", "transitions", "outcomes"):
            table = METADATA.tables[name]
            assert [column["name"] for column in made.get_columns(name)] == [column.name for column in table.c]
            assert {one["name"] for one in made.get_indexes(name)} == {index.name for index in table.indexes}
        signals_0003.downgrade()
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()
    assert (signals_0003.revision, signals_0003.down_revision) == ("0003", gaps_0002.revision)
