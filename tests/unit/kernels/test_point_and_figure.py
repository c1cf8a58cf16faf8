"""The kernel against the method written down plainly, in both of its modes."""

from types import ModuleType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import point_and_figure as built

# Rise, fall and close of a bar, in whole boxes: an X and an O stand on the same grid.
BAR = st.tuples(st.integers(-6, 6), st.integers(0, 4), st.integers(0, 4)).map(
    lambda drawn: (drawn[0] + drawn[1], drawn[0] - drawn[2], drawn[0])
)
Bar = tuple[int, int, int]
Drawn = list[tuple[int, bool, int, int, int, int]]


def stated(bars: list[Bar], reversal: int) -> Drawn:
    """The method, a box at a time: each column is a dict from box to mark."""
    columns: list[tuple[int, dict[int, int], int, int]] = []
    highest = lowest = bars[0][2] if bars else 0
    for at, (up, down, _) in enumerate(bars[1:], 1):
        if not columns:
            rise, fall = up - lowest, highest - down
            if max(rise, fall) >= reversal and rise != fall:
                side = 1 if rise > fall else -1
                first, last = (lowest + 1, up) if side > 0 else (down, highest - 1)
                columns.append((side, dict.fromkeys(range(first, last + 1), side), at, at))
            else:
                highest, lowest = max(highest, up), min(lowest, down)
            continue
        side, marks, begin, _ = columns[-1]
        end = max(marks) if side > 0 else min(marks)
        on, back = (up, down) if side > 0 else (down, up)
        if side * (on - end) > 0:
            columns[-1] = (
                side,
                marks | dict.fromkeys(range(end, on + side, side), side) | {end: marks[end]},
                begin,
                at,
            )
        elif side * (end - back) >= reversal:
            added = dict.fromkeys(range(end - side, back - side, -side), -side)
            if reversal == 1 and end - side not in marks:
                columns[-1] = (-side, marks | added, begin, at)
            else:
                columns.append((-side, added, at, at))
    return [
        (side, len(set(marks.values())) == 2, min(marks), max(marks), begin, end) for side, marks, begin, end in columns
    ]


def drawn(mode: ModuleType, bars: list[Bar], reversal: int, kept: int = 64) -> tuple[Drawn, int]:
    count, waiting = np.zeros(2, np.int64), np.zeros((2, 3), np.int64)
    boxes, times = np.zeros((2, kept, 4), np.int32), np.zeros((2, kept, 2), np.int64)
    reached = np.array([(up, down, close, close) for up, down, close in bars], np.int64).reshape(-1, 4)
    rows = np.ones(len(bars), np.int32)
    turns = np.full(2, reversal, np.int32)
    mode.move(rows, np.arange(len(bars), dtype=np.int64), reached, turns, count, waiting, boxes, times)
    assert count[0] == 0
    begun = int(count[1])
    made = []
    for number in range(max(0, begun - kept), begun):
        kind, shared, low, high = boxes[1, number % kept].tolist()
        begin, end = times[1, number % kept].tolist()
        made.append((kind, bool(shared), low, high, begin, end))
    return made, begun


@pytest.mark.parametrize("mode", [built, load_pure("point_and_figure")], ids=["built", "pure"])
@given(bars=st.lists(BAR, max_size=40), reversal=st.sampled_from([1, 2, 3]))
def test_columns_are_those_of_the_method(mode: ModuleType, bars: list[Bar], reversal: int) -> None:
    expected = stated(bars, reversal)

    assert drawn(mode, bars, reversal) == (expected, len(expected))


def test_the_oldest_columns_are_overwritten() -> None:
    bars = [(0, 0, 0)] + [(close, close, close) for close in (3, 0, 5, 1, 4)]

    whole, _ = drawn(built, bars, 3)
    newest, begun = drawn(built, bars, 3, kept=2)

    assert begun == len(whole) == 5
    assert newest == whole[-2:]
