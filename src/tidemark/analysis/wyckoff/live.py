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
from tidemark.analysis.wyckoff.view import WARM_UP, newest, seen
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.model.timeframe import Timeframe

Array = npt.NDArray[Any]

# What the score and the signals may read of it.
GIVES = ("structure_pull", "structure_phase")


class StructureSize(msgspec.Struct, frozen=True, kw_only=True):
    """By which numbers structure is read, and in which timeframes."""

    profile: Profile
    timeframes: tuple[Timeframe, ...]


class MarketStructure:
    """The structure of every series in one timeframe, and what is kept of its past."""

    def __init__(self, timeframe: Timeframe, profile: Profile, *, series: int, ledger: Ledger) -> None:
        owner = _owner(timeframe)
        self.timeframe = timeframe
        self.profile = profile
        self.structure = Structure(owner, series=series, timeframe_ns=timeframe.ns, profile=profile, ledger=ledger)
        self.kept = Kept(f"{owner}/past", series=series, ledger=ledger)

    @staticmethod
    def reserve(timeframe: Timeframe, *, series: int) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        owner = _owner(timeframe)
        return [*Structure.reserve(owner, series=series), *Kept.reserve(f"{owner}/past", series=series)]

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


def unknown(count: int) -> dict[str, Column]:
    """The columns of GIVES where structure is not read."""
    return {name: Column(np.zeros(count), np.zeros(count, bool)) for name in GIVES}


def _owner(timeframe: Timeframe) -> str:
    return f"analysis/{timeframe.value}/structure"
