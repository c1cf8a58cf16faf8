"""What the reader process is told when it begins, and what it says. Shared with the process that starts it."""

import msgspec

from tidemark.memory.ledger import Reservation
from tidemark.units import MIB

# The address space of the reader process: of its libraries, a stack for each thread of SQLite, and the heap.
ADDRESS_BYTES = 1 << 30
# What it may have resident, which the plan names beside the budget of the service. Measured by benchmarks/database.py.
RESIDENT_BYTES = 160 * MIB
# Of it, for pages and pieces on their way.
TRANSIENT_BYTES = 48 * MIB


class ReaderJob(msgspec.Struct, frozen=True, kw_only=True):
    """database: a URL, None for files of SQLite in `folder`, and for backtests in `backtests`.

    backtests: also has the locks of those that run. socket: where it answers. level: of its log.
    """

    database: str | None
    folder: str
    backtests: str
    socket: str
    level: str = "info"


def reserve() -> Reservation:
    """What it takes beside the service, for as long as somebody asks."""
    return Reservation(
        owner="database reader",
        kind="external",
        capacity=RESIDENT_BYTES,
        item_bytes=1,
        policy="ends when nobody has asked for 5 minutes",
    )
