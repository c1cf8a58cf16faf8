import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tidemark.store.migrations.versions import backtests_0005, sweeps_0006


def test_it_makes_the_tables_and_takes_them_away() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        sweeps_0006.upgrade()
        made = sa.inspect(connection).get_table_names()
        sweeps_0006.downgrade()
        assert made == ["backtest_sweeps", "backtest_trials"]
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()
    assert (sweeps_0006.revision, sweeps_0006.down_revision) == ("0006", backtests_0005.revision)
