# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""How likely each phase of a range is: a filter forward in time over how the range is seen."""

import cython
import numpy as np

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_row import Row
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_row import Row


@cython.cclass
class Phases:
    """The likelihoods of the ranges of the series at hand.

    likely: (PHASES + SEEN, PHASES): how likely each phase is followed by each within a bar, and below it how likely a
    range is seen so in each phase; all 0 where nothing was measured.
    """

    def __init__(self, row: Row, likely: cython.double[:, ::1]) -> None:
        self.row = row
        self.likely = likely
        self.moved = np.zeros(c.PHASES)

    @cython.cfunc
    @cython.exceptval(check=False)
    def weigh(self, base: cython.int) -> cython.void:
        """Move the likelihoods of the phases by how the range is seen from this bar: a filter forward in time.

        Source: L. Rabiner, A Tutorial on Hidden Markov Models (1989), the forward variable, scaled.
        """
        state: cython.double[::1] = self.row.state
        k: cython.int
        j: cython.int
        how: cython.int = self.view(base)
        state[base + c.SEEN_AS] = how
        if self.likely[0, 0] == 0:
            return
        moved: cython.double[::1] = self.moved
        total: cython.double = 0.0
        for k in range(c.PHASES):
            moved[k] = 0.0
            for j in range(c.PHASES):
                moved[k] += state[base + c.LIKELY + j] * self.likely[j, k]
            moved[k] *= self.likely[c.PHASES + how, k]
            total += moved[k]
        for k in range(c.PHASES):
            state[base + c.LIKELY + k] = moved[k] / total

    @cython.cfunc
    @cython.exceptval(check=False)
    def likeliest(self, base: cython.int) -> cython.int:
        """The phase that is likeliest, or the one of the events where no likelihoods were measured."""
        state: cython.double[::1] = self.row.state
        k: cython.int
        best: cython.int = 0
        if self.likely[0, 0] == 0:
            return cython.cast(cython.int, state[base + c.PHASE])
        for k in range(1, c.PHASES):
            if state[base + c.LIKELY + k] > state[base + c.LIKELY + best]:
                best = k
        return best + 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def view(self, base: cython.int) -> cython.int:
        """How the range is seen from this bar: one of SEEN ways."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        lower: cython.double = state[base + c.LOWER]
        width: cython.double = state[base + c.UPPER] - lower
        place: cython.double = (row.close - lower) / width
        broken: cython.int = cython.cast(cython.int, state[base + c.BROKEN])
        if broken != 0:
            place = place - 1.0 if broken > 0 else -place
            pullbacks: cython.double = state[base + c.PULLBACKS]
            if pullbacks == 0:
                return 10 if place < 0.25 else 11
            if pullbacks == 1:
                return 12 if place < 0.3 else 13
            return 14
        below: cython.int = base + c.SIDES
        above: cython.int = base + c.SIDES + c.SIDE
        # The newer of the springs of both sides; of a bar that was one on both, that of the side where it closed.
        apart: cython.double = state[below + c.SPRING_AT] - state[above + c.SPRING_AT]
        own: cython.int = below if apart > 0 or (apart == 0 and place < 0.5) else above
        if state[own + c.SPRING_AT] >= 0:
            place = place if own == below else 1.0 - place
            if place < 0:
                return 6
            third: cython.int = 0 if place < 0.33 else (1 if place < 0.67 else 2)
            return (7 if state[own + c.IS_TESTED] != 0 else 3) + third
        far: cython.double = place - 0.5 if place > 0.5 else 0.5 - place
        return 0 if far < 0.33 else (1 if far <= 0.5 else 2)
