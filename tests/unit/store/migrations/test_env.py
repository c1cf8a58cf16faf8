from pathlib import Path

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from tidemark.store.database import Database
from tidemark.store.migrations import env
from tidemark.store.tables import FILE, METADATA


def test_the_versions_lead_to_what_the_program_expects(tmp_path: Path) -> None:
    with Database.open(None, tmp_path):
        pass
    engine = sa.create_engine(f"sqlite:///{tmp_path / FILE}", poolclass=sa.NullPool)

    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []


def test_it_can_be_looked_at_without_a_connection() -> None:
    assert env.migrate.__doc__ is not None
