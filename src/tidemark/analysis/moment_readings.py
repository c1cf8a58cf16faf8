"""What the market of this second says of every series: trades, books and positions, beside the candles."""

from typing import Any

import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column, Columns
from tidemark.analysis.factors.base import Pace
from tidemark.analysis.markets import Markets
from tidemark.analysis.panel import Panel
from tidemark.analysis.sources import registry
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.units import SECOND

Array = npt.NDArray[Any]

# What is usual is learned from one reading in so many nanoseconds, and from so many of them: five and a half hours.
LEARN_NS = 10 * SECOND
MEMORY = 2000
_OWNER = "analysis/moment"


class MomentReadings:
    """The factors of the pace of moments, over all sources there are.

    hears: false where nothing is told but candles. Then there are no sources, and nothing is known of any factor.
    """

    def __init__(self, markets: Markets, *, series: int, ledger: Ledger, hears: bool = True) -> None:
        self._sources = {
            name: registry.find(name).open(markets, series=series, ledger=ledger) for name in registry.names() if hears
        }
        self.panel = Panel(
            _OWNER, Pace.MOMENT, series=series, inputs=_inputs(), memory=MEMORY, ledger=ledger
        )  # fmt: skip
        self._slots: Array = np.arange(series, dtype=np.int32)
        self._learned_at = 0

    @staticmethod
    def reserve(*, series: int, hears: bool = True) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        names = registry.names() if hears else ()
        sources = [planned for name in names for planned in registry.find(name).reserve(series=series)]
        return [*sources, *Panel.reserve(_OWNER, Pace.MOMENT, series=series, inputs=_inputs())]

    def hear(self, trades: TradeColumns, fresh: Array) -> None:
        """Take the trades of a batch that are marked in *fresh*."""
        for source in self._sources.values():
            source.hear(trades, fresh)

    def read(self, now_ns: int) -> None:
        """Read all series as of *now_ns* of our clock: once a second."""
        if not self._sources:
            self.panel.take_nothing(now_ns)
            return
        columns: dict[str, Column] = {}
        for source in self._sources.values():
            columns |= source.read(now_ns)
        learns = not 0 <= now_ns - self._learned_at < LEARN_NS
        if learns:
            self._learned_at = now_ns
        slots = self._slots
        self.panel.take(slots, Columns(len(slots), columns), np.full(len(slots), now_ns), learns=learns)

    def shift(self, step_ns: int) -> None:
        """Our clock was set: what was read before reads *step_ns* more."""
        self._learned_at += step_ns if self._learned_at else 0
        at = self.panel.at
        at[at != 0] += step_ns
        for source in self._sources.values():
            source.shift(step_ns)

    def kept(self) -> dict[str, Array]:
        """What outlives a restart, as views that may be written to; readings are made anew within a second."""
        sources = {
            f"{name}/{kept}": column for name, source in self._sources.items() for kept, column in source.kept().items()
        }
        return {**sources, **{f"usual/{name}": column for name, column in self.panel.kept_usual().items()}}

    def clear(self, slot: int) -> None:
        """Forget the market of *slot*."""
        self.panel.clear(slot)
        for source in self._sources.values():
            source.clear(slot)


def _inputs() -> tuple[str, ...]:
    return tuple(column for name in registry.names() for column in registry.given(name))
