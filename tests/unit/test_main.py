"""`python -m tidemark`."""

import subprocess
import sys

import tidemark


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "tidemark", "--version"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"tidemark {tidemark.__version__}\n", "")
