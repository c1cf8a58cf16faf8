"""The process of the alerts as a soak runs it: the same, by the clock of the soak's machine.

Its pauses are those of the wall, which are long in a soak: what is sent over a socket takes the time that it takes.
"""

import sys
from pathlib import Path

from tidemark.alerts.process import main
from tidemark.proof.soak.dial import DialClock

if __name__ == "__main__":
    with open(sys.stdin.fileno(), "rb", buffering=0, closefd=False) as told:
        raise SystemExit(main(told, sys.stdout.buffer, DialClock(Path(sys.argv[1]))))
