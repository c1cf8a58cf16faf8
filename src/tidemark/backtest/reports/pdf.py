"""A page as a PDF, made by WeasyPrint in a process of its own, which has a limit of memory and one of time.

It is loaded by nobody else: it takes 60 MB, and what it needs of the system (Pango) may not be there.
"""

import signal
import subprocess
import sys

from tidemark.backtest.reports.pdf_process import TOLD
from tidemark.errors import StoreError

LIMIT_S = 120.0
# Address space: four times what a report of 800 points and 5,000 dots takes.
ADDRESS_BYTES = 1 << 30


def pdf_of(page: str, *, limit_s: float = LIMIT_S, address_bytes: int = ADDRESS_BYTES) -> bytes:
    """*page*, which is HTML, as a PDF. StoreError, in one line, where it cannot be made."""
    command = [sys.executable, "-m", "tidemark.backtest.reports.pdf_process", str(address_bytes)]
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            command, input=page.encode(), capture_output=True, timeout=limit_s, check=False
        )
    except subprocess.TimeoutExpired:
        raise StoreError(f"no PDF was made within {limit_s:g} s; write the report as .html and print it") from None
    if done.returncode == 0 and done.stdout.startswith(b"%PDF-"):
        return done.stdout
    if done.returncode == TOLD:
        raise StoreError(done.stderr.decode(errors="replace").strip().splitlines()[-1])
    # Libraries that get no memory end in many ways.
    raise StoreError(
        f"no PDF was made: its process ended with {_ending(done.returncode)}, and may take {address_bytes >> 20:,} MB;"
        " write the report as .html and print it"
    )


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"
