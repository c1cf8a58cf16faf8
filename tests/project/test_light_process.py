"""The resident process stays light: what is heavy belongs to other processes."""

import subprocess
import sys

HEAVY = ("pandas", "polars", "pyarrow", "numba", "ccxt", "aiohttp.web", "scipy", "matplotlib")
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
