"""The command line in a process of its own: arguments in; exit code, output and error output back.

In this one, the floor of a plan would be what all other tests have imported.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Told = tuple[int, str, str]


@pytest.fixture
def tidemark(tmp_path: Path) -> Callable[..., Told]:
    """`tidemark ARGUMENTS` in an empty home, with *given* in its environment."""

    def call(*arguments: str, **given: str) -> Told:
        ours = ("TIDEMARK_", "XDG_")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
        done = subprocess.run(
            [sys.executable, "-m", "tidemark", *arguments],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            env=environment | {"HOME": str(tmp_path / "home"), "COLUMNS": "120"} | given,
        )
        return done.returncode, done.stdout, done.stderr

    return call
