"""`python -m tidemark`."""

import os
import subprocess
import sys

import tidemark


def test_the_module_is_the_command() -> None:
    done = subprocess.run([sys.executable, "-m", "tidemark", "--version"], capture_output=True, text=True, check=False)

    assert (done.returncode, done.stdout, done.stderr) == (0, f"tidemark {tidemark.__version__}\n", "")


def test_what_is_computed_has_one_thread() -> None:
    """Matrices as large as these are shared by threads otherwise, which wait for each other with a core each."""
    script = (
        "import os, tidemark, numpy; one = numpy.ones((700, 700)); one @ one; print(len(os.listdir('/proc/self/task')))"
    )
    environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, env=environment
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (0, "1\n", "")
