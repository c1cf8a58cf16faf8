from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.sweeps.space import MOST_VALUES, Span, Values, axes_of, grid_of, point, range_of, size
from tidemark.errors import SettingsError


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("fast=5,10,20", ("5", "10", "20")),
        ("slow=50:200:50", ("50", "100", "150", "200")),
        ("slow=50:190:50,500", ("50", "100", "150", "500")),
        ("stop=0:0.3:0.1", ("0.0", "0.1", "0.2", "0.3")),
        ("kind=a,b,a", ("a", "b")),
    ],
)
def test_a_list_holds_each_value_once_as_it_was_written(text: str, values: tuple[str, ...]) -> None:
    assert [float(one) if "." in one else one for one in grid_of(text).values] == [
        float(one) if "." in one else one for one in values
    ]


def test_a_range_is_of_whole_numbers_where_both_ends_are() -> None:
    assert range_of("fast=5:50") == Span("fast", 5, 50, is_whole=True)
    assert range_of("stop=0:0.5") == Span("stop", 0, 0.5, is_whole=False)
    assert range_of("stop=0.0:1") == Span("stop", 0, 1, is_whole=False)
    assert range_of("slow=log:10:1000") == Span("slow", 10, 1000, is_whole=True, is_log=True)


@pytest.mark.parametrize(
    ("grid", "ranges", "words"),
    [
        ("fast", "", "write one like fast=5,10,20"),
        ("=5", "", "write one like"),
        ("fast=5,,6", "", "has an empty value"),
        ("fast=5:6", "", "write FIRST:LAST:STEP"),
        ("fast=5:1:1", "", "has no values"),
        ("fast=1:9:0", "", "has no values"),
        ("fast=a:9:1", "", "'a' is no number"),
        ("fast=1:inf:1", "", "no finite number"),
        (f"fast=1:{MOST_VALUES + 1}:1", "", "more than 10,000 values"),
        ("fast=1:9000:1,1:9000:1.5", "", "more than 10,000 values"),
        ("", "fast=5", "write NAME=LOW:HIGH"),
        ("", "fast=9:5", "is empty"),
        ("", "fast=log:0:5", "has to begin above 0"),
        ("fast=1,2", "fast=1:5", "given twice"),
        ("", "", "nothing is to be tried"),
    ],
)
def test_what_is_wrong_is_told_with_what_to_write(grid: str, ranges: str, words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        axes_of([grid] if grid else [], [ranges] if ranges else [])


def test_a_range_has_no_size() -> None:
    assert size(axes_of(["fast=1,2"], ["slow=1:5"])) == 0


@given(st.lists(st.integers(1, 5), min_size=1, max_size=4))
def test_the_points_of_a_grid_come_in_the_order_of_its_axes_each_once(lengths: list[int]) -> None:
    axes = [Values(f"p{place}", tuple(str(one) for one in range(length))) for place, length in enumerate(lengths)]

    found = [tuple(point(axes, number).values()) for number in range(size(axes))]

    assert found == list(product(*(axis.values for axis in axes)))
    assert list(point(axes, 0)) == [axis.name for axis in axes]
