"""Point and figure charts, and the cause that is counted on them: how far a range may carry the price.

A column of X is a rise, one of O a fall, in boxes; time does not matter. A bar adds to its column, or turns it where
the price comes back by the reversal, or does nothing: of its high and low one at most is used, and that which goes on
with the column comes first (A. W. Cohen, How to Use the Three-Point Reversal Method, 1947). By the close alone, both
are the close. An X stands where its price was reached from below, an O where it was reached from above. With a reversal
of one box a column that has only one takes the opposite one as well: its place is empty (J. du Plessis, The Definitive
Guide to Point and Figure, 2005). The first column begins when the price has gone as far as the reversal from where it
was.

Boxes are equal in price, or in percent: the mirrored market gives the mirrored chart, box by box.
"""

import math
from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.kernels import point_and_figure as kernel
from tidemark.memory.ledger import Ledger, Reservation
from tidemark.memory.table import Layout, Table

Array = npt.NDArray[Any]

COLUMNS = 256
# A price is at a box that it misses by less than this part of one: 0.3 is the third box of 0.1.
_TOLERANCE = 1e-7
_MOST_BOX = 1 << 30


class BoxKind(Enum):
    """What the size of a box is given in."""

    FIXED = "fixed"
    PERCENT = "percent"
    ATR = "atr"


class Method(Enum):
    """Which prices of a bar count."""

    HIGH_LOW = "high_low"
    CLOSE = "close"


class Boxes(msgspec.Struct, frozen=True, kw_only=True):
    """The scale of a chart: box n stands at n times *unit*, or where it is in percent at e to the power of that."""

    unit: float
    is_log: bool = False

    def __post_init__(self) -> None:
        if not 0.0 < self.unit < math.inf:
            raise ValueError(f"a box of {self.unit} is none: it is above 0, and finite")

    @staticmethod
    def of(kind: BoxKind, size: float, *, atr: float | None = None) -> "Boxes":
        """Boxes of *size*: a price, percent, or so many times the *atr* that is known when the chart begins.

        An ATR that moved later does not change the chart: its columns would be of different boxes.
        """
        if kind is BoxKind.PERCENT:
            if not size > 0.0:
                raise ValueError(f"a box of {size} % is none: it is above 0")
            return Boxes(unit=math.log1p(size / 100.0), is_log=True)
        if kind is BoxKind.FIXED:
            return Boxes(unit=size)
        if atr is None:
            raise ValueError("boxes by ATR need the ATR that is known when the chart begins")
        return Boxes(unit=size * atr)

    def price(self, box: int) -> float:
        """The price at which *box* stands."""
        return math.exp(box * self.unit) if self.is_log else box * self.unit

    def rise(self, prices: Array) -> Array:
        """The highest box that an X has at each of *prices* (int64)."""
        return np.floor(self._measured(prices) + _TOLERANCE).astype(np.int64)

    def fall(self, prices: Array) -> Array:
        """The lowest box that an O has at each of *prices* (int64)."""
        return np.ceil(self._measured(prices) - _TOLERANCE).astype(np.int64)

    def _measured(self, prices: Array) -> Array:
        with np.errstate(divide="ignore", invalid="ignore"):
            measured: Array = (np.log(prices) if self.is_log else np.asarray(prices, np.float64)) / self.unit
        # Not so for what is no number as well.
        if not (np.abs(measured) < _MOST_BOX).all():
            raise ValueError(f"boxes of {self.unit} are too small for these prices, or one of them is no price")
        return measured


class Column(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One column: `X` or `O`, its lowest and highest box and their prices, the bars (ns) of its first and last box.

    is_shared: its first box is of the other kind: the highest one of an O, the lowest one of an X.
    """

    kind: str
    is_shared: bool
    low_box: int
    high_box: int
    low: float
    high: float
    begin: int
    end: int


class Chart(msgspec.Struct, frozen=True, kw_only=True):
    """Columns, oldest first, at most as many as are kept, and how many there ever were."""

    boxes: Boxes
    reversal: int
    columns: tuple[Column, ...]
    begun: int


class Segment(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The count back to the begin of one phase, and what follows from it.

    name, begin: the phase's. columns: how many were counted. maximum: added to the count line; conservative: to the end
    of the range that lies farthest away; halfway: between those. None where a fall would end at or below nothing.
    """

    name: str
    begin: int
    columns: int
    conservative: float | None
    halfway: float | None
    maximum: float | None


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """A horizontal count: its line, the farthest end of what it goes across, and a segment for each phase.

    direction: 1 up, -1 down. is_whole: whether the chart reaches back to the begin of the earliest phase.
    """

    direction: int
    line_box: int
    line: float
    extreme_box: int
    extreme: float
    is_whole: bool
    segments: tuple[Segment, ...]


_STATE: Layout = {
    "unit": (np.float64, ()), "is_log": (np.bool_, ()), "reversal": (np.int32, ()), "count": (np.int64, ()),
    "waiting": (np.int64, (3,)),
}  # fmt: skip


def _layout(columns: int) -> Layout:
    return {**_STATE, "boxes": (np.int32, (columns, 4)), "times": (np.int64, (columns, 2))}


class Charts:
    """The chart of every series, moved at each closed bar. Memory: 45 bytes a series and 32 a column of it."""

    def __init__(self, owner: str, *, series: int, ledger: Ledger, columns: int = COLUMNS) -> None:
        self._table = Table(owner, slots=series, columns=_layout(columns))
        ledger.open(self._table)

    @staticmethod
    def reserve(owner: str, *, series: int, columns: int = COLUMNS) -> list[Reservation]:
        """What the same arguments will take, without allocating it."""
        return [Table.reserve(owner, slots=series, columns=_layout(columns))]

    def begin(self, slot: int, boxes: Boxes, reversal: int) -> None:
        """Begin the series' chart anew."""
        _begin(self._table.columns, slot, boxes, reversal)

    def take(self, slot: int, bars: Mapping[str, Array], method: Method = Method.HIGH_LOW) -> None:
        """Take the next bars of a series: time (int64 ns), high, low and close (float64), shape (n,) each."""
        _take(self._table.columns, slot, bars, method)

    def of(self, slot: int) -> Chart:
        """The chart of a series as it is now."""
        return _chart(self._table.columns, slot)

    def clear(self, slot: int) -> None:
        """Forget the series; `begin` comes before anything else then."""
        self._table.clear(slot)


def chart(
    bars: Mapping[str, Array],
    boxes: Boxes,
    reversal: int,
    *,
    method: Method = Method.HIGH_LOW,
    columns: int = COLUMNS,
) -> Chart:
    """The newest *columns* of the chart of *bars*, as `Charts` has it after taking them all."""
    state = {name: np.zeros((1, *shape), dtype) for name, (dtype, shape) in _layout(columns).items()}
    _begin(state, 0, boxes, reversal)
    _take(state, 0, bars, method)
    return _chart(state, 0)


def count(made: Chart, direction: int, *, last_at: int, line: float, phases: Sequence[tuple[str, int]]) -> Count | None:
    """Count the columns from the last point of support (1) or supply (-1) back to where each of *phases* began.

    Every column in between is counted, also one without a box in the row of the line: it is the width of the congestion
    that is measured (du Plessis, 2005). Columns times box times reversal is the distance. Whole phases only, and from
    the line, from half-way and from the extreme: so the count guide of the Stock Market Institute has it (H. O. Pruden,
    The Three Skills of Top Trading, 2007).

    Args:
        made: the chart.
        direction: 1 for the count of an accumulation, -1 for that of a distribution.
        last_at: the bar (ns) of the last point; the column that had begun by then is the first one counted.
        line: the price of the last point: the row of its box is the count line.
        phases: name and begin (ns) of each; segments come in their order.

    Returns:
        None where nothing is to be counted: no phase, or no column between the last point and the earliest of them.
    """
    ordered = [column for column in made.columns if column.begin <= last_at]
    if not phases or not ordered:
        return None
    earliest = min(begin for _, begin in phases)
    across = [column for column in ordered if column.end >= earliest]
    if not across:
        return None
    boxes = made.boxes
    row = int((boxes.fall if direction > 0 else boxes.rise)(np.array([line]))[0])
    reached = [column.low_box if direction > 0 else -column.high_box for column in across]
    extreme = direction * min([direction * row, *reached])
    segments = [
        _segment(
            boxes, phase, sum(column.end >= phase[1] for column in across), (row, extreme), direction * made.reversal
        )
        for phase in phases
    ]
    return Count(
        direction=direction, line_box=row, line=boxes.price(row), extreme_box=extreme, extreme=boxes.price(extreme),
        is_whole=made.begun == len(made.columns) or made.columns[0].begin <= earliest, segments=tuple(segments),
    )  # fmt: skip


def _segment(boxes: Boxes, phase: tuple[str, int], columns: int, ends: tuple[int, int], step: int) -> Segment:
    """ends: the boxes of the line and of the extreme. step: what a column is worth, in boxes."""
    row, extreme = (end + columns * step for end in ends)
    return Segment(
        name=phase[0],
        begin=phase[1],
        columns=columns,
        conservative=_positive(boxes.price(extreme)),
        halfway=_positive(_between(boxes, row, extreme)),
        maximum=_positive(boxes.price(row)),
    )


def _between(boxes: Boxes, one: int, other: int) -> float:
    """The price half-way between two boxes, on the chart's own scale."""
    middle = (one + other) / 2.0 * boxes.unit
    return math.exp(middle) if boxes.is_log else middle


def _positive(price: float) -> float | None:
    return price if price > 0.0 else None


def _begin(state: Mapping[str, Array], slot: int, boxes: Boxes, reversal: int) -> None:
    if not 1 <= reversal <= 100:
        raise ValueError(f"a reversal of {reversal} boxes is none: it is 1 to 100, by custom 1 or 3")
    for name in ("count", "waiting", "boxes", "times"):
        state[name][slot] = 0
    state["unit"][slot], state["is_log"][slot], state["reversal"][slot] = boxes.unit, boxes.is_log, reversal


def _take(state: Mapping[str, Array], slot: int, bars: Mapping[str, Array], method: Method) -> None:
    boxes = _boxes(state, slot)
    close = bars["close"]
    high, low = (close, close) if method is Method.CLOSE else (bars["high"], bars["low"])
    reached = np.stack([boxes.rise(high), boxes.fall(low), boxes.rise(close), boxes.fall(close)], axis=1)
    kernel.move(
        np.full(len(close), slot, np.int32), np.ascontiguousarray(bars["time"], np.int64), reached, state["reversal"],
        state["count"], state["waiting"], state["boxes"], state["times"],
    )  # fmt: skip


def _boxes(state: Mapping[str, Array], slot: int) -> Boxes:
    return Boxes(unit=float(state["unit"][slot]), is_log=bool(state["is_log"][slot]))


def _chart(state: Mapping[str, Array], slot: int) -> Chart:
    boxes, begun = _boxes(state, slot), int(state["count"][slot])
    kept = state["boxes"].shape[1]
    order = np.arange(max(0, begun - kept), begun) % kept
    rows = zip(state["boxes"][slot][order].tolist(), state["times"][slot][order].tolist(), strict=True)
    columns = tuple(_column(boxes, marks, begin, end) for marks, (begin, end) in rows)
    return Chart(boxes=boxes, reversal=int(state["reversal"][slot]), columns=columns, begun=begun)


def _column(boxes: Boxes, marks: tuple[int, int, int, int], begin: int, end: int) -> Column:
    kind, shared, low, high = marks
    return Column(
        kind="X" if kind > 0 else "O",
        is_shared=bool(shared),
        low_box=low,
        high_box=high,
        low=boxes.price(low),
        high=boxes.price(high),
        begin=begin,
        end=end,
    )
