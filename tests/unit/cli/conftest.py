"""The command line in a process of its own: arguments in; exit code, output and error output back.

In this one, the floor of a plan would be what all other tests have imported.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
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


@pytest.fixture(scope="package")
def socket(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The socket of a service that watches eight markets of a local exchange."""
    folder = tmp_path_factory.mktemp("service")
    command = [sys.executable, "-m", "tidemark", "run", "--demo", "--symbols", "8", "--rate", "100", "--no-tui"]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=os.environ | {"TMPDIR": str(folder), "HOME": str(folder)}
        )
        try:
            for _ in range(600):
                found = list(folder.glob("*/*/control.sock"))
                if found or process.poll() is not None:
                    break
                time.sleep(0.1)
            assert found, (folder / "log").read_text()[-2000:]
            yield found[0]
        finally:
            process.terminate()
            process.wait(30)
