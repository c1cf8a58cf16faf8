"""One clear schematic, with a little market around it: what every reader of structure has to find."""

from itertools import chain
from typing import NamedTuple

import numpy as np

from tidemark.analysis.wyckoff.reading import Bars
from tidemark.sim.schematics.label import Label
from tidemark.sim.schematics.market import Market
from tidemark.sim.schematics.parameters import CLEAR


class Example(NamedTuple):
    """The bars of it, and what is true of them."""

    bars: Bars
    labels: list[Label]


def example(seed: int) -> Example:
    """The first schematic of the market of *seed*, with what lies before and behind it: some 500 bars of an hour."""
    pieces = Market(CLEAR, seed).pieces()
    parts = []
    for piece in pieces:
        parts.append(piece)
        if piece.labels:
            break
    parts.append(next(pieces))
    columns = {name: np.concatenate([getattr(part.bars, name) for part in parts]) for name in Bars.__struct_fields__}
    return Example(Bars(**columns), list(chain.from_iterable(part.labels for part in parts)))
