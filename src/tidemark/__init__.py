"""Tidemark: every perpetual-futures market of an exchange, watched in a fixed amount of memory."""

import os
from importlib.metadata import version

# The matrices of a score are small: threads that share one take a second core, to wait for each other. To be said
# before numpy is imported, and passed on to every process that is begun from here.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

__version__ = version("tidemark")
