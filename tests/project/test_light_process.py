"""The resident process stays light: what is heavy belongs to other processes."""

import subprocess
import sys

DATABASES = ("sqlalchemy", "alembic", "aiosqlite", "psycopg", "redis", "tidemark.serve.database.pool")
HEAVY = (
    "pandas",
    "polars",
    "pyarrow",
    "numba",
    "ccxt",
    "aiohttp.web",
    "scipy",
    "matplotlib",
    "apprise",
    "jinja2",
    *DATABASES,
)
PROGRAM = """
import sys
import tidemark.live.supervisor, tidemark.cli.run
from tidemark.ingest.venues import registry
for name in registry.names():
    registry.find(name)
print(*sys.modules)
"""


def test_the_live_process_imports_nothing_heavy() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)

    imported = set(done.stdout.split())
    assert "tidemark" in imported
    assert imported.intersection(HEAVY) == set()


def test_what_it_serves_of_the_past_brings_no_library_for_databases() -> None:
    program = "import sys, tidemark.cli.run, tidemark.api.server; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    imported = set(done.stdout.split())
    assert "tidemark.api.reading" in imported
    assert imported.intersection((*DATABASES, "pyarrow")) == set()
