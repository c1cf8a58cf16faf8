"""What push reads: the parts of the process, what others put together of them, and the columns of their owners."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy.typing as npt

from tidemark.clock import Clock
from tidemark.engine.step import Engine
from tidemark.errors import OwnerError
from tidemark.live.alerting import Alerting
from tidemark.live.backtesting import Backtesting
from tidemark.live.health import Figures
from tidemark.live.lags import Lags
from tidemark.memory.ledger import Ledger
from tidemark.memory.ring import Ring
from tidemark.memory.table import Table
from tidemark.signals.recent import RecentSignals

Array = npt.NDArray[Any]


class Clients(msgspec.Struct, frozen=True, kw_only=True):
    """Who is connected: `open` of `capacity`, closed because they were too slow, messages that were conflated."""

    open: int = 0
    capacity: int = 0
    slow_closed: int = 0
    conflated: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reads:
    """What the topics are made of. Nothing of it is changed here.

    is_conflated: whether pushes are to be fewer, because memory is short. figures: of the last second, None before the
    first. health: every part of the process and how it is. memory: the ledger and the process, as REST gives them.
    clients: who receives push. recent: the newest signals, None where nothing is signalled.
    alerting: who tells people, None where nobody is to be told. backtesting: who runs backtests, None where nobody may.
    """

    engine: Engine
    ledger: Ledger
    clock: Clock
    lags: Lags
    is_conflated: Callable[[], bool]
    figures: Callable[[], Figures | None]
    health: Callable[[], Sequence[msgspec.Struct]]
    memory: Callable[[], msgspec.Struct]
    clients: Callable[[], Clients] = Clients
    recent: RecentSignals | None = None
    alerting: Alerting | None = None
    backtesting: Backtesting | None = None


class Columns:
    """The columns of an owner of the ledger: a figure of every slot at once, where its class gives one at a time.

    They are looked up anew each time, since a ring that gives memory back has other arrays. Read only.
    """

    def __init__(self, ledger: Ledger, owner: str) -> None:
        found = [one for one in ledger.owners() if one.reservation.owner == owner]
        if not found or not isinstance(found[0], Table | Ring):
            raise OwnerError(f"the ledger lists no columns of {owner!r}; they are read before it opens them")
        self._owner: Table | Ring = found[0]

    @property
    def now(self) -> Mapping[str, Array]:
        """All of them, by name."""
        return self._owner.columns

    @property
    def head(self) -> Array:
        """The newest sequence number of each series of a ring, -1 where it is empty."""
        if isinstance(self._owner, Table):
            raise OwnerError(f"{self._owner.reservation.owner!r} is no ring: its columns have no newest row")
        return self._owner.head
