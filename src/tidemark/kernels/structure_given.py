# cython: language_level=3, boundscheck=False, wraparound=False, cdivision=True, initializedcheck=False
"""What a bar gives: events with what was measured, held against rules and odds."""

import cython

if cython.compiled:
    from cython.cimports.tidemark.kernels import structure_columns as c
    from cython.cimports.tidemark.kernels.structure_row import Row
else:
    from tidemark.kernels import structure_columns as c
    from tidemark.kernels.structure_row import Row


@cython.cclass
class Given:
    """Rows of arrays that others own; the next one holds what is weighed, until it is given.

    rules: (KINDS, MOST_RULES, RULE), counts (KINDS,), odds (KINDS, ODDS): an event is given when all its required rules
    hold and its log-odds are not below the least. events: int64 (n, EVENT), values: float64 (n, VALUES).
    """

    def __init__(
        self, row: Row, rules: cython.double[:, :, ::1], counts: cython.int[::1], odds: cython.double[:, ::1],
        events: cython.longlong[:, ::1], values: cython.double[:, ::1],
    ) -> None:  # fmt: skip
        self.row = row
        self.rules = rules
        self.counts = counts
        self.odds = odds
        self.events = events
        self.values = values
        self.count = 0

    @cython.cfunc
    @cython.exceptval(check=False)
    def holds(self, kind: cython.int) -> cython.bint:
        """Whether the values that wait in the next row satisfy what an event of this kind requires."""
        k: cython.int
        place: cython.Py_ssize_t = self.count
        value: cython.double
        odds: cython.double = self.odds[kind, 1]
        for k in range(c.MOST_VALUES):
            if self.odds[kind, 2 + 4 * k + 1] == 0:
                continue
            value = (self.values[place, 1 + k] - self.odds[kind, 2 + 4 * k]) / self.odds[kind, 2 + 4 * k + 1]
            value = 3.0 if value > 3.0 else (-3.0 if value < -3.0 else value)
            odds += value * (self.odds[kind, 2 + 4 * k + 2] + value * self.odds[kind, 2 + 4 * k + 3])
        self.values[place, c.LOG_ODDS] = odds
        if odds < self.odds[kind, 0]:
            return False
        for k in range(self.counts[kind]):
            if self.rules[kind, k, 3] == 0:
                continue
            value = self.values[place, 1 + cython.cast(cython.int, self.rules[kind, k, 0])]
            if self.rules[kind, k, 1] * (value - self.rules[kind, k, 2]) < 0:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(check=False)
    def facts(
        self, level: cython.double, v1: cython.double, v2: cython.double, v3: cython.double, v4: cython.double,
        v5: cython.double, v6: cython.double, v7: cython.double, v8: cython.double, v9: cython.double = 0.0,
        v10: cython.double = 0.0, v11: cython.double = 0.0, v12: cython.double = 0.0,
    ) -> cython.void:  # fmt: skip
        """Write the values of the next event into its row."""
        place: cython.Py_ssize_t = self.count
        self.values[place, 0] = level
        self.values[place, 1] = v1
        self.values[place, 2] = v2
        self.values[place, 3] = v3
        self.values[place, 4] = v4
        self.values[place, 5] = v5
        self.values[place, 6] = v6
        self.values[place, 7] = v7
        self.values[place, 8] = v8
        self.values[place, 9] = v9
        self.values[place, 10] = v10
        self.values[place, 11] = v11
        self.values[place, 12] = v12
        self.values[place, c.LOG_ODDS] = 0.0

    @cython.cfunc
    @cython.exceptval(check=False)
    def give(
        self, base: cython.int, kind: cython.int, direction: cython.int, at: cython.double, is_back: cython.int
    ) -> cython.void:
        """Give the event whose values wait in the next row."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        place: cython.Py_ssize_t = self.count
        self.events[place, 0] = row.slot
        self.events[place, 1] = kind
        self.events[place, 2] = direction
        self.events[place, 3] = cython.cast(cython.longlong, at)
        self.events[place, 4] = cython.cast(cython.longlong, row.n)
        self.events[place, 5] = cython.cast(cython.longlong, state[base + c.ID])
        self.events[place, 6] = is_back
        self.events[place, 7] = cython.cast(cython.longlong, state[base + c.PHASE])
        self.events[place, 8] = row.entry
        if kind < c.KINDS:
            self.pull(kind, -direction if is_back != 0 else direction)
        self.count += 1

    @cython.cfunc
    @cython.exceptval(check=False)
    def pull(self, kind: cython.int, direction: cython.int) -> cython.void:
        """Let an event speak, by the weight of its kind."""
        row: Row = self.row
        state: cython.double[::1] = row.state
        weight: cython.double = row.p[c.PULL_CLIMAX]
        if kind == c.SHAKEOUT or kind == c.SPRING or kind == c.TEST:
            weight = row.p[c.PULL_SPRING]
        elif kind == c.SIGN or kind == c.LAST_POINT or kind == c.BACKUP:
            weight = row.p[c.PULL_SIGN]
        elif kind != c.CLIMAX and kind != c.SECONDARY_TEST:
            return
        now: cython.double = state[c.PULL] + direction * weight
        state[c.PULL] = 1.0 if now > 1.0 else (-1.0 if now < -1.0 else now)
