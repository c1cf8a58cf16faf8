"""The ring against a plain dictionary of rows."""

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from tidemark.memory.ring import Ring

ROWS = 5


class RingAgainstRows(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.ring = Ring("r", series=2, rows=ROWS, columns={"a": np.int64, "b": np.float32})
        self.rows: list[dict[int, tuple[int, float]]] = [{}, {}]
        self.heads = [-1, -1]
        self.rejected = 0
        self.limit = ROWS

    def advance(self, series: int, sequence: int, row: tuple[int, float]) -> None:
        for skipped in range(max(0, self.heads[series] + 1, sequence - self.limit), sequence):
            self.rows[series][skipped] = (0, 0.0)
        self.heads[series] = sequence
        self.rows[series][sequence] = row
        for old in [q for q in self.rows[series] if q <= sequence - self.limit]:
            del self.rows[series][old]

    @rule(series=st.integers(0, 1), a=st.integers(1, 9))
    def append(self, series: int, a: int) -> None:
        self.ring.append(series, a=a, b=a / 2)
        self.advance(series, self.heads[series] + 1, (a, a / 2))

    @rule(series=st.integers(0, 1), step=st.integers(-8, 12), a=st.integers(1, 9))
    def put(self, series: int, step: int, a: int) -> None:
        sequence = self.heads[series] + step
        accepted = self.ring.put(series, sequence, a=a)
        if sequence > self.heads[series]:
            self.advance(series, sequence, (a, 0.0))
            assert accepted
        elif sequence >= 0 and sequence > self.heads[series] - self.limit:
            self.rows[series][sequence] = (a, self.rows[series][sequence][1])
            assert accepted
        else:
            self.rejected += 1
            assert not accepted

    @rule(series=st.integers(0, 1))
    def clear(self, series: int) -> None:
        self.ring.clear(series)
        self.rows[series] = {}
        self.heads[series] = -1

    @rule(limit=st.integers(1, ROWS))
    def resize(self, limit: int) -> None:
        assert self.ring.resize(limit) >= 0
        kept, self.limit = min(limit, self.limit), limit
        for series, head in enumerate(self.heads):
            rows = self.rows[series]
            held = range(max(0, head - limit + 1), head + 1)
            self.rows[series] = {q: rows[q] if q > head - kept else (0, 0.0) for q in held}

    @rule()
    def release_empty(self) -> None:
        assert self.ring.release_empty() >= 0

    @rule(series=st.integers(0, 1), first=st.integers(-3, 40), count=st.integers(0, 8))
    def window(self, series: int, first: int, count: int) -> None:
        expected = [self.rows[series][q] for q in range(first, first + count) if q in self.rows[series]]
        got = self.ring.window(series, first, count)
        assert list(zip(got["a"].tolist(), got["b"].tolist(), strict=True)) == expected

    @invariant()
    def what_is_held_agrees(self) -> None:
        for series in (0, 1):
            rows = self.rows[series]
            got = self.ring.last(series, ROWS + 3)
            assert list(zip(got["a"].tolist(), got["b"].tolist(), strict=True)) == [rows[q] for q in sorted(rows)]
            assert self.ring.held(series) == (min(rows, default=0), self.heads[series] + 1)
        usage = self.ring.usage()
        assert usage.used == len(self.rows[0]) + len(self.rows[1]) <= self.ring.reservation.capacity
        assert usage.rejected == self.rejected


TestRing = RingAgainstRows.TestCase
TestRing.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
