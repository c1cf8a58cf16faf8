"""A drawn market as it is read: engine, past and view over its candles, up to a bar."""

from typing import NamedTuple

import numpy as np
from tests.structures import ACCUMULATION, START, Drawn, bars_of, draw, profile

from tidemark.analysis.wyckoff import view
from tidemark.analysis.wyckoff.engine import Batch, Structure
from tidemark.analysis.wyckoff.kept import Kept
from tidemark.analysis.wyckoff.profile import Profile
from tidemark.analysis.wyckoff.told import Reading
from tidemark.memory.ledger import Ledger
from tidemark.units import HOUR

WHOLE = draw(START, ACCUMULATION)
# An hour of it, in ms.
HOUR_MS = HOUR // 1_000_000


class Taken(NamedTuple):
    """The engine after a market, what is kept of its past, what the last batch gave, and the bars."""

    structure: Structure
    kept: Kept
    batch: Batch
    bars: view.Bars

    def reading(self, last: int | None = None) -> Reading:
        """What is known; *last*: of how many bars are still there."""
        first = 0 if last is None else len(self.bars.time) - last
        bars = view.Bars(**{name: getattr(self.bars, name)[first:] for name in view.Bars.__struct_fields__})
        return view.read(self.structure, self.kept, 0, bars, HOUR)


def take(drawn: Drawn = WHOLE, until: int | None = None, told: Profile | None = None) -> Taken:
    """The first *until* bars of a market, read at once."""
    ledger = Ledger()
    structure = Structure("structure", series=1, timeframe_ns=HOUR, profile=told or profile(), ledger=ledger)
    kept = Kept("past", series=1, ledger=ledger)
    bars = bars_of(drawn)
    columns = [getattr(bars, name)[:until] for name in ("time", "open", "high", "low", "close", "volume")]
    batch = structure.take(np.zeros(len(columns[0]), np.int32), *columns)
    kept.take(batch, columns[0])
    return Taken(structure, kept, batch, view.Bars(time=columns[0], high=columns[2], low=columns[3], close=columns[4]))
