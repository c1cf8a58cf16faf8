"""How far the contract is above the index, against what is usual for it: who is in more of a hurry here than elsewhere.

It follows: a premium above the usual one is demand that comes through the contract. That a premium lasts is crowding,
which is a factor of its own and speaks against it.

Formula: basis - usual basis, in basis points of the index, both of the mark price. Warm-up: 300 seconds. Memory: that
of the source `positions`.

>>> import numpy as np
>>> value(np.array([2.5]), np.array([-1.0]))
array([3.5])
"""

from typing import Any

import numpy.typing as npt

from tidemark.analysis.factors.base import Pace

Array = npt.NDArray[Any]

TITLE = "Basis"
GROUP = "basis"
PACE = Pace.MOMENT
READS = ("basis_bps", "basis_usual_bps")
UNIT = "bps"
UP = "the contract is dearer against the index than usual"
DOWN = "the contract is cheaper against the index than usual"
FACT = "mark {basis_bps:+.2f} bps from the index, usually {basis_usual_bps:+.2f}"
NEUTRAL = "the usual basis"


def value(basis_bps: Array, basis_usual_bps: Array) -> Array:
    """See base.Factor.value."""
    away: Array = basis_bps - basis_usual_bps
    return away
