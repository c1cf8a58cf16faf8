"""What may run in the same process as the monitor and read it, such as a server: it is planned, opened and kept."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from tidemark.live.assembly import Parts
from tidemark.memory.ledger import Reservation
from tidemark.settings.settings import Settings


class Beside(Protocol):
    """Reads the parts between two turns of the loop, and changes none of them."""

    def begin(self, settings: Settings) -> None:
        """Take what another process could have, such as a port, before the exchange is asked; UserError."""
        ...

    def reserve(self, settings: Settings, series: int) -> Sequence[Reservation]:
        """Every owner that `open` will register beside *series* slots of markets, for the plan; allocates nothing."""
        ...

    def open(self, parts: Parts) -> Callable[[], Awaitable[None]]:
        """Register the owners before the ledger is sealed; give what is to run until it is cancelled.

        It is run again after a failure that a retry can mend.
        """
        ...
