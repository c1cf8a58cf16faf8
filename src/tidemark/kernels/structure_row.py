# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""The series at hand, with its newest bar: what all kernels of structure work on."""

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
else:
    from tidemark.kernels import structure_columns as c


@cython.cclass
class Row:
    """One series at a time of arrays that others own, and the parameters.

    kept: float32 (series, WIDTH); state: the columns of the series at hand, float64, so that all of it is reckoned
    with, while what is kept is half as large. The bar: its number, prices (logarithms), volume and spread against the
    usual, average true range; turned, nodded: 1 where it confirmed a high of the coarse or the fine zig-zag, -1 a low.
    """

    def __init__(self, kept: cython.float[:, ::1], parameters: cython.double[::1]) -> None:
        self.kept = kept
        self.state = np.zeros(c.WIDTH)
        self.p = parameters
        self.slot = 0
        self.entry = 0
        self.n = 0.0
        self.high = self.low = self.close = 0.0
        self.volume = self.spread = self.atr = 0.0
        self.turned = 0
        self.nodded = 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def load(self, slot: cython.int) -> cython.void:
        """Take the series at *slot* in hand."""
        k: cython.int
        self.slot = slot
        if not cython.compiled:
            self.state[:] = self.kept[slot]
            return
        for k in range(c.WIDTH):
            self.state[k] = self.kept[slot, k]

    @cython.cfunc
    @cython.exceptval(check=False)
    def store(self) -> cython.void:
        """Put it back."""
        k: cython.int
        if not cython.compiled:
            self.kept[self.slot] = self.state
            return
        for k in range(c.WIDTH):
            self.kept[self.slot, k] = cython.cast(cython.float, self.state[k])
