import doctest
import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark import plot
from tidemark.plot import COLORS, DARK, Axis, Plot, drawing, times
from tidemark.units import DAY, SECOND

SPACE = "{http://www.w3.org/2000/svg}"


def read(drawn: str) -> ET.Element:
    return ET.fromstring(drawn)  # noqa: S314 - ours


def made() -> Plot:
    return Plot(200.0, 100.0, Axis(0.0, 10.0), Axis(0.0, 1.0), left=50.0, right=10.0, top=10.0, bottom=20.0)


def test_its_examples_are_true() -> None:
    assert doctest.testmod(plot).failed == 0


def test_values_stand_where_the_axes_say() -> None:
    one = made()

    assert (one.x(0.0), one.x(10.0), one.x(5.0)) == (50.0, 190.0, 120.0)
    assert (one.y(0.0), one.y(1.0)) == (80.0, 10.0)


def test_a_field_stands_where_it_is_put() -> None:
    one = Plot(100.0, 50.0, Axis(0.0, 1.0), Axis(0.0, 1.0), left=0.0, top=0.0, bottom=0.0, x0=300.0, y0=40.0)

    assert (one.x(0.0), one.x(1.0), one.y(0.0), one.y(1.0)) == (300.0, 400.0, 90.0, 40.0)


def test_factors_are_equally_far_apart_on_an_axis_of_factors() -> None:
    axis = Axis(1.0, 100.0, is_log=True)

    assert [axis.share(value) for value in (1.0, 10.0, 100.0)] == [0.0, 0.5, 1.0]
    assert axis.steps() == [1.0, 10.0, 100.0]


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_steps_are_few_in_order_and_within(low: float, span: float) -> None:
    axis = Axis(low, low + span)
    steps = axis.steps() if axis.high > axis.low else []

    assert len(steps) <= 6
    assert steps == sorted(steps)
    slack = 1e-9 * max(abs(axis.low), abs(axis.high), 1e-3)
    assert all(axis.low - slack <= value <= axis.high + slack for value in steps)


@given(st.lists(st.floats(-1e12, 1e12), max_size=20))
def test_an_axis_around_values_has_all_of_them_and_is_never_empty(values: list[float]) -> None:
    axis = Axis.around(values)

    assert axis.high > axis.low
    assert all(axis.low <= value <= axis.high for value in values)


def test_a_drawing_is_well_formed_whatever_it_says_and_fetches_nothing() -> None:
    hostile = "<script>alert('1')</script> & \"quotes\""
    one = made()
    one.grid([0.0, 0.5], lambda _: hostile)
    one.foot([(0.0, hostile), (5.0, "middle"), (10.0, "end")])
    one.line([(0.0, 0.0), (10.0, 1.0)], "blue", dash="3 3")
    one.area([(0.0, 0.5), (10.0, 1.0)], 0.0, "green")
    one.bar((1.0, 2.0), (0.0, 0.5), "red", opacity=0.5)
    one.dots([(1.0, 0.1), (2.0, 0.2)], "amber")
    one.upright(3.0, "soft", dash="1 1")
    one.legend([(hostile, "ink")])

    found = read(drawing(200.0, 100.0, hostile, [one]))

    assert found.get("aria-label") == hostile
    assert {text.text for text in found.iter(f"{SPACE}text")} == {hostile, "middle", "end"}
    assert [text.get("text-anchor") for text in found.iter(f"{SPACE}text")][2:5] == ["start", "middle", "end"]
    assert found.find(f".//{SPACE}script") is None
    assert not [name for element in found.iter() for name in element.attrib if "href" in name or name == "src"]


def test_a_line_and_a_bar_lie_where_their_values_are() -> None:
    one = made()
    one.line([(0.0, 0.0), (10.0, 1.0)], "blue")
    one.bar((2.0, 1.0), (0.5, 0.0), "blue", gap=1.0)
    found = read(drawing(200.0, 100.0, "", [one]))
    line, bar = found

    assert line.get("points") == "50.0,80.0 190.0,10.0"
    assert [bar.get(name) for name in ("x", "y", "width", "height")] == ["64.0", "45.0", "13.0", "35.0"]


def test_nothing_is_drawn_of_an_area_without_points() -> None:
    one = made()
    one.area([], 0.0, "blue")

    assert one.marks == []


@pytest.mark.parametrize(
    ("days", "first", "last"),
    [
        (0.02, "2024-01-01 00:00", "2024-01-01 00:25"),
        (1, "2024-01-01 00:00", "2024-01-02 00:00"),
        (7, "2024-01-01", "2024-01-08"),
        (40, "2024-01-04", "2024-02-08"),
        (200, "2024-01", "2024-07"),
        (700, "2024-01", "2025-10"),
        (3000, "2024", "2032"),
        (20_000, "2040", "2060"),
    ],
)
def test_an_axis_of_time_has_marks_where_its_units_begin(days: float, first: str, last: str) -> None:
    begin = 1_704_067_200 * SECOND
    found = times(begin, begin + int(days * DAY), 9)

    assert (found[0][1], found[-1][1]) == (first, last)


@given(st.integers(0, 4 * 10**9), st.integers(60, 10**9), st.integers(2, 12))
def test_marks_of_time_are_few_in_order_and_within(begin: int, span: int, most: int) -> None:
    found = times(begin * SECOND, (begin + span) * SECOND, most)

    assert len(found) <= most
    places = [at for at, _ in found]
    assert places == sorted(set(places))
    assert all(begin * SECOND <= at <= (begin + span) * SECOND for at in places)


@pytest.mark.parametrize("name", COLORS)
def test_every_colour_can_be_read_on_both_grounds(name: str) -> None:
    """The ratio of WCAG: 4.5 for text, 3 for what is drawn; the grid is to be seen, and not to be read."""
    dark = DARK.partition(f".f-{name}{{fill:")[2][:7]
    wanted = 1.2 if name == "grid" else 4.5

    assert contrast(COLORS[name], "#ffffff") >= wanted
    assert contrast(dark, "#161a20") >= wanted


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(color: str) -> float:
    parts = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else math.pow((part + 0.055) / 1.055, 2.4) for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
