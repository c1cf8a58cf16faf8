"""Structure of all markets, in the timeframes that are chosen, as candles close."""

from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.columns import Column
from tidemark.analysis.wyckoff.engine import Structure
from tidemark.analysis.wyckoff.kept import Kept
from tidemark.analysis.wyckoff.profile import Profile
from tidemark.analysis.wyckoff.schematics import TEMPLATES, likest
from tidemark.analysis.wyckoff.turns import Turns
from tidemark.analysis.wyckoff.view import WARM_UP, newest, seen
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]

# What the score and the signals may read of it.
GIVES = ("structure_pull", "structure_phase")


class StructureSize(msgspec.Struct, frozen=True, kw_only=True):
    """By which numbers structure is read, and in which timeframes; signals: of these the one that is traded by."""

    profile: Profile
    timeframes: tuple[Timeframe, ...]
    signals: Timeframe | None = None


class MarketStructure:
    """The structure of every series in one timeframe, and what is kept of its past.

    has_turns: whether the events on which a trade may be begun are kept as columns.
    """

    def __init__(
        self, timeframe: Timeframe, profile: Profile, *, series: int, ledger: Ledger, has_turns: bool = False
    ) -> None:
        owner = _owner(timeframe)
        self.timeframe = timeframe
        self.profile = profile
        self.structure = Structure(owner, series=series, timeframe_ns=timeframe.ns, profile=profile, ledger=ledger)
        self.kept = Kept(f"{owner}/past", series=series, ledger=ledger)
        self.turns = Turns(f"{owner}/turns", series=series, ledger=ledger) if has_turns else None

    @staticmethod
    def reserve(timeframe: Timeframe, *, series: int, has_turns: bool = False) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        owner = _owner(timeframe)
        return [
            *Structure.reserve(owner, series=series),
            *Kept.reserve(f"{owner}/past", series=series),
            *(Turns.reserve(f"{owner}/turns", series=series) if has_turns else ()),
        ]

    def read(self, slots: Array, open_times: Array, candles: Mapping[str, Column]) -> dict[str, Column]:
        """Take closed candles, of one series in order; gives the columns of GIVES, as of each of them."""
        batch = self.structure.take(
            slots, open_times, candles["open"].values, candles["high"].values, candles["low"].values,
            candles["close"].values, candles["volume"].values,
        )  # fmt: skip
        self.kept.take(batch, open_times)
        for slot in np.unique(batch.events[:, 0]).tolist():
            self._liken(slot)
        is_known = batch.bars >= WARM_UP
        self.kept.lean(slots, batch.seen, is_known)
        if self.turns is not None:
            self.turns.take(batch, open_times, self.structure)
        return {
            "structure_pull": Column(batch.pull, is_known),
            "structure_phase": Column(batch.seen[:, 1].astype(np.float64), is_known),
        }

    def _liken(self, slot: int) -> None:
        """Look anew at what the range of a series is like: its events have changed."""
        standing = newest(self.structure.standing(slot)[1])
        like = None if standing is None else likest(seen(self.kept.events(slot), standing))
        if like is None:
            self.kept.liken(slot, 0, 0, 0.0)
        else:
            self.kept.liken(slot, TEMPLATES.index(like.template) + 1, like.direction, like.score)

    def clear(self, slot: int) -> None:
        """Forget the series."""
        self.structure.clear(slot)
        self.kept.clear(slot)
        if self.turns is not None:
            self.turns.clear(slot)


def unknown(count: int) -> dict[str, Column]:
    """The columns of GIVES where structure is not read."""
    return {name: Column(np.zeros(count), np.zeros(count, bool)) for name in GIVES}


def _owner(timeframe: Timeframe) -> str:
    return f"analysis/{timeframe.value}/structure"
