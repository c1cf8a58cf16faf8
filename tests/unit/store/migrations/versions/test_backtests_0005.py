import sqlalchemy as sa
from alembic.operations import Operations
from alembic.runtime.migration import MigrationContext

from tidemark.store.migrations.versions import alerts_0004, backtests_0005


def test_it_makes_the_tables_and_takes_them_away() -> None:
    engine = sa.create_engine("sqlite://")
    with engine.connect() as connection, Operations.context(MigrationContext.configure(connection)):
        backtests_0005.upgrade()
        made = sa.inspect(connection).get_table_names()
        backtests_0005.downgrade()
        assert made == ["backtest_equity", "backtest_runs", "backtest_trips"]
        assert sa.inspect(connection).get_table_names() == []
    engine.dispose()
    assert (backtests_0005.revision, backtests_0005.down_revision) == ("0005", alerts_0004.revision)
