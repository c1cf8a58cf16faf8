import math
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.analysis.wyckoff.point_and_figure import Boxes, BoxKind, Chart, Charts, Column, Method, chart, count
from tidemark.memory.ledger import Ledger

Bars = dict[str, npt.NDArray[Any]]
# Steps of a quarter of a box, and how far high and low reach beyond.
COURSE = st.lists(st.tuples(st.integers(-12, 12), st.integers(0, 12), st.integers(0, 12)), max_size=60)
REVERSAL = st.sampled_from([1, 2, 3])
METHOD = st.sampled_from(list(Method))
FIXED = Boxes(unit=0.25)
PERCENT = Boxes.of(BoxKind.PERCENT, 1.0)


def of_closes(*closes: float) -> Bars:
    prices = np.array(closes, np.float64)
    return {"time": np.arange(len(closes), dtype=np.int64), "high": prices, "low": prices, "close": prices}


def of_steps(course: list[tuple[int, int, int]]) -> Bars:
    """Bars in sixteenths, which binary fractions hold exactly, around 100."""
    close = 100.0 + np.cumsum([step for step, _, _ in course]) / 16.0 if course else np.zeros(0)
    above = np.array([up for _, up, _ in course]) / 16.0
    below = np.array([down for _, _, down in course]) / 16.0
    return {"time": np.arange(len(course), dtype=np.int64), "high": close + above, "low": close - below, "close": close}


def shape(made: Chart) -> list[tuple[str, int, int]]:
    return [(column.kind, column.low_box, column.high_box) for column in made.columns]


def upside_down(made: Chart, level: int) -> list[tuple[str, bool, int, int, int, int]]:
    """The columns as they would be of the mirrored market; *level*: the sum of a box and its mirror image."""
    return [
        ("O" if one.kind == "X" else "X", one.is_shared, level - one.high_box, level - one.low_box, one.begin, one.end)
        for one in made.columns
    ]


def as_drawn(made: Chart) -> list[tuple[str, bool, int, int, int, int]]:
    return [(one.kind, one.is_shared, one.low_box, one.high_box, one.begin, one.end) for one in made.columns]


# An accumulation in boxes of 1 with a reversal of 3, by the close:
#
#   31 |       X                        From 36 the price falls to 24 (the climax), rallies to 31, tests 25, goes up to
#   30 | O     X O   X O   X            30, springs to 23, and comes up to 30. The last point of support is the reaction
#   ...                                 to 27 after that; then it leaves the range.
#   24 | O           O
#   23 |             O
ACCUMULATION = (36.0, 24.0, 31.0, 25.0, 30.0, 23.0, 30.0, 27.0, 33.0)


def test_a_textbook_accumulation_is_counted_to_its_targets() -> None:
    made = chart(of_closes(*ACCUMULATION), Boxes(unit=1.0), 3)

    assert shape(made) == [
        ("O", 24, 35), ("X", 25, 31), ("O", 25, 30), ("X", 26, 30), ("O", 23, 29), ("X", 24, 30), ("O", 27, 29),
        ("X", 28, 33),
    ]  # fmt: skip

    counted = count(made, 1, last_at=7, line=27.0, phases=[("C", 5), ("B", 3), ("A", 1)])

    assert counted is not None
    assert (counted.line_box, counted.extreme_box, counted.is_whole) == (27, 23, True)
    # Back to the spring: the columns 29-23, 24-30 and 29-27; to the test two more; to the climax seven in all.
    # 3 x 1 x 3 = 9, 5 x 1 x 3 = 15 and 7 x 1 x 3 = 21, from 23, from 25 and from 27.
    told = [(one.name, one.columns, one.conservative, one.halfway, one.maximum) for one in counted.segments]
    assert told == [("C", 3, 32.0, 34.0, 36.0), ("B", 5, 38.0, 40.0, 42.0), ("A", 7, 44.0, 46.0, 48.0)]


def test_columns_without_a_box_in_the_row_are_counted_too() -> None:
    """In the row of 30 stand only the columns 24-35, 25-31, 25-30, 26-30 and 24-30; all seven are counted."""
    made = chart(of_closes(*ACCUMULATION), Boxes(unit=1.0), 3)

    counted = count(made, 1, last_at=7, line=30.0, phases=[("A", 1)])

    assert counted is not None
    assert counted.segments[0].columns == 7
    assert sum(one.low_box <= 30 <= one.high_box for one in made.columns[:7]) == 5


def test_a_distribution_is_the_mirror_of_it() -> None:
    prices = [100.0 - price for price in ACCUMULATION]
    made = chart(of_closes(*prices), Boxes(unit=1.0), 3)

    counted = count(made, -1, last_at=7, line=73.0, phases=[("C", 5), ("A", 1)])

    assert counted is not None
    assert (counted.line, counted.extreme) == (73.0, 77.0)
    told = [(one.columns, one.conservative, one.halfway, one.maximum) for one in counted.segments]
    assert told == [(3, 68.0, 66.0, 64.0), (7, 56.0, 54.0, 52.0)]


def test_a_fall_below_nothing_is_no_target() -> None:
    made = chart(of_closes(10.0, 14.0, 10.0, 14.0, 10.0), Boxes(unit=1.0), 3)

    counted = count(made, -1, last_at=4, line=12.0, phases=[("A", 0)])

    # Four columns, 12 boxes: from 14 to 2, from 13 to 1, from 12 to 0.
    assert counted is not None
    (segment,) = counted.segments
    assert (segment.columns, segment.conservative, segment.halfway, segment.maximum) == (4, 2.0, 1.0, None)


def test_in_percent_the_distance_is_a_ratio() -> None:
    boxes = Boxes.of(BoxKind.PERCENT, 10.0)
    made = chart(of_closes(*(1.1**box for box in (0, 3, 0, 3, 0, 3))), boxes, 3)

    counted = count(made, 1, last_at=4, line=1.0, phases=[("A", 1)])

    # X 1-3, O 0-2, X 1-3, O 0-2: four columns, 12 boxes above box 0.
    assert counted is not None
    assert counted.segments[0].columns == 4
    assert counted.segments[0].maximum == pytest.approx(1.1**12)


def test_of_high_and_low_one_at_most_is_used() -> None:
    bars = {
        "time": np.arange(5, dtype=np.int64),
        "close": np.array([10.0, 14.0, 14.0, 14.0, 12.0]),
        "high": np.array([10.0, 14.0, 15.0, 14.9, 17.0]),
        "low": np.array([10.0, 13.0, 11.0, 12.1, 11.5]),
    }

    # 15 goes on with the column, so that 11 is passed over; 12.1 turns nothing: an O reaches no lower than 13. Then 17
    # comes before 11.5.
    assert shape(chart(bars, Boxes(unit=1.0), 3)) == [("X", 11, 17)]
    assert shape(chart(bars, Boxes(unit=1.0), 3, method=Method.CLOSE)) == [("X", 11, 14)]


def test_with_a_reversal_of_one_box_an_x_and_an_o_share_a_column() -> None:
    made = chart(of_closes(10.0, 13.0, 12.0, 13.0, 11.0, 13.0), Boxes(unit=1.0), 1)

    # X 11-13, then an O at 12; 13 comes above that single O, into its column; O from 12 to 11, X from 12 to 13.
    assert shape(made) == [("X", 11, 13), ("X", 12, 13), ("O", 11, 12), ("X", 12, 13)]
    assert [column.is_shared for column in made.columns] == [False, True, False, False]
    assert (made.columns[1].begin, made.columns[1].end) == (2, 3)


def test_a_price_that_floating_point_misses_is_at_its_box() -> None:
    prices = np.array([0.3, 0.7, 1.1])

    assert Boxes(unit=0.1).rise(prices).tolist() == Boxes(unit=0.1).fall(prices).tolist() == [3, 7, 11]


def test_boxes_are_given_as_a_price_in_percent_or_by_atr() -> None:
    assert Boxes.of(BoxKind.FIXED, 0.5) == Boxes(unit=0.5)
    assert Boxes.of(BoxKind.ATR, 0.5, atr=3.0) == Boxes(unit=1.5)
    assert Boxes.of(BoxKind.PERCENT, 2.0).price(1) == pytest.approx(1.02)
    with pytest.raises(ValueError, match="need the ATR"):
        Boxes.of(BoxKind.ATR, 0.5)


@pytest.mark.parametrize(
    ("kind", "size"),
    [(BoxKind.FIXED, 0.0), (BoxKind.FIXED, math.nan), (BoxKind.PERCENT, -1.0), (BoxKind.FIXED, math.inf)],
)
def test_what_is_no_size_is_refused(kind: BoxKind, size: float) -> None:
    with pytest.raises(ValueError, match="is none"):
        Boxes.of(kind, size)


@pytest.mark.parametrize("price", [0.0, -1.0, math.nan, math.inf])
def test_what_is_no_price_is_refused(price: float) -> None:
    with pytest.raises(ValueError, match="no price"):
        chart(of_closes(1.0, price), PERCENT, 3)
    with pytest.raises(ValueError, match="too small"):
        chart(of_closes(1e9), Boxes(unit=1e-3), 3)
    with pytest.raises(ValueError, match="reversal of 0"):
        chart(of_closes(1.0), FIXED, 0)


def test_nothing_is_counted_where_nothing_is() -> None:
    made = chart(of_closes(*ACCUMULATION), Boxes(unit=1.0), 3)

    assert count(made, 1, last_at=7, line=27.0, phases=[]) is None
    assert count(made, 1, last_at=0, line=27.0, phases=[("A", 0)]) is None
    assert count(made, 1, last_at=7, line=27.0, phases=[("A", 100)]) is None


def test_a_count_says_when_the_chart_begins_too_late() -> None:
    made = chart(of_closes(*ACCUMULATION), Boxes(unit=1.0), 3, columns=4)

    late = count(made, 1, last_at=7, line=27.0, phases=[("A", 1)])
    held = count(made, 1, last_at=7, line=27.0, phases=[("C", 5)])

    assert late is not None
    assert held is not None
    assert (late.is_whole, late.segments[0].columns) == (False, 3)
    assert (held.is_whole, held.segments[0].columns) == (True, 3)


@given(course=COURSE, reversal=REVERSAL, method=METHOD)
def test_bar_by_bar_it_is_the_chart_of_what_was_until_then(
    course: list[tuple[int, int, int]], reversal: int, method: Method
) -> None:
    bars = of_steps(course)
    charts = Charts("charts", series=2, ledger=Ledger(), columns=8)
    charts.begin(1, FIXED, reversal)
    charts.begin(0, FIXED, reversal)

    for at in range(len(course)):
        charts.take(1, {name: column[at : at + 1] for name, column in bars.items()}, method)

        until = {name: column[: at + 1] for name, column in bars.items()}
        assert charts.of(1) == chart(until, FIXED, reversal, method=method, columns=8)
    assert charts.of(0).columns == ()


@given(course=COURSE, reversal=REVERSAL, method=METHOD)
def test_columns_alternate_and_are_as_high_as_the_reversal(
    course: list[tuple[int, int, int]], reversal: int, method: Method
) -> None:
    made = chart(of_steps(course), FIXED, reversal, method=method)

    for column in made.columns:
        assert column.high_box - column.low_box + 1 >= reversal + column.is_shared
        assert column.begin <= column.end
    for before, after in zip(made.columns, made.columns[1:], strict=False):
        assert first_kind(after) != before.kind
        assert before.end < after.begin
        # It begins a box inside of where the column before it ended.
        if before.kind == "X":
            assert (after.high_box if not after.is_shared else after.low_box) == before.high_box - 1
        else:
            assert (after.low_box if not after.is_shared else after.high_box) == before.low_box + 1


def first_kind(column: Column) -> str:
    if not column.is_shared:
        return column.kind
    return "O" if column.kind == "X" else "X"


@given(course=COURSE, reversal=REVERSAL, method=METHOD)
def test_the_mirrored_market_has_the_mirrored_chart_and_count(
    course: list[tuple[int, int, int]], reversal: int, method: Method
) -> None:
    bars = of_steps(course)
    turned = {
        "time": bars["time"], "high": 200.0 - bars["low"], "low": 200.0 - bars["high"], "close": 200.0 - bars["close"],
    }  # fmt: skip
    made, other = (chart(each, FIXED, reversal, method=method) for each in (bars, turned))

    # 200 is box 800.
    assert as_drawn(other) == upside_down(made, 800)
    phases = [("B", len(course) // 2), ("A", 0)]
    up = count(made, 1, last_at=len(course), line=99.0, phases=phases)
    down = count(other, -1, last_at=len(course), line=101.0, phases=phases)
    assert (up is None) == (down is None)
    if up is not None and down is not None:
        assert (down.line, down.extreme) == (200.0 - up.line, 200.0 - up.extreme)
        assert [one.columns for one in up.segments] == [one.columns for one in down.segments]
        for one, opposite in zip(up.segments, down.segments, strict=True):
            assert one.maximum is not None
            assert (opposite.maximum or 0.0) == max(0.0, 200.0 - one.maximum)


@given(course=COURSE, reversal=REVERSAL, method=METHOD)
def test_the_mirror_is_exact_in_percent(course: list[tuple[int, int, int]], reversal: int, method: Method) -> None:
    steps = of_steps(course)
    bars = {name: column if name == "time" else np.exp(column / 100.0) for name, column in steps.items()}
    turned = {
        "time": bars["time"], "high": 1.0 / bars["low"], "low": 1.0 / bars["high"], "close": 1.0 / bars["close"],
    }  # fmt: skip
    made, other = (chart(each, PERCENT, reversal, method=method) for each in (bars, turned))

    assert as_drawn(other) == upside_down(made, 0)


def test_the_ledger_holds_what_was_reserved() -> None:
    ledger = Ledger()
    charts = Charts("charts", series=3, ledger=ledger)

    assert [Charts.reserve("charts", series=3)[0].owner] == ["charts"]
    assert Charts.reserve("charts", series=3)[0].item_bytes == 45 + 256 * 32

    charts.begin(2, FIXED, 3)
    charts.take(2, of_closes(100.0, 101.0))
    assert charts.of(2).begun == 1
    charts.clear(2)
    charts.begin(2, FIXED, 3)
    assert charts.of(2).columns == ()
