import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.metrics.trip_figures import trip_figures
from tidemark.backtest.metrics.trips import TripSums
from tidemark.backtest.reports import pictures
from tidemark.backtest.reports.against import Against
from tidemark.backtest.reports.gathered import Dot
from tidemark.backtest.runs.comparison import result_in
from tidemark.store.backtest_rows import Point, Run
from tidemark.units import DAY

SPACE = "{http://www.w3.org/2000/svg}"
BEGAN = 19_000 * DAY
numbers = st.floats(-1e6, 1e6)
dots = st.builds(Dot, st.floats(0.0, 1e9), st.floats(-1.0, 0.0), st.floats(0.0, 10.0), st.floats(-2.0, 20.0))


def read(drawn: str) -> ET.Element:
    """It is XML, all that is drawn lies within it, and nothing is fetched."""
    found = ET.fromstring(drawn)  # noqa: S314 - ours
    _, _, width, height = (float(one) for one in found.get("viewBox", "").split())
    for element in found.iter():
        for names, most in ((("x1", "x2", "cx", "x"), width), (("y1", "y2", "cy", "y"), height)):
            for name in names:
                place = float(element.get(name, "0"))
                assert math.isfinite(place)
                assert -1.0 <= place <= most + 1.0
        assert not [name for name in element.attrib if "href" in name or name == "src"]
    return found


def points(values: list[float]) -> list[Point]:
    return [
        Point(at=BEGAN + (n + 1) * DAY, equity=value, cash=0.0, exposure=0.0, drawdown=-abs(value) / 1e7)
        for n, value in enumerate(values)
    ]


@given(st.lists(numbers, min_size=1, max_size=20), st.sampled_from([pictures.WIDE, pictures.NARROW]))
def test_whatever_a_run_was_worth_can_be_drawn(values: list[float], width: int) -> None:
    found = read(pictures.equity(1000.0, points(values), BEGAN, [(float(BEGAN), 1000.0)], width))
    fell = read(pictures.drawdown(points(values), BEGAN, width))

    lines = found.findall(f"{SPACE}polyline")
    assert [len(str(line.get("points")).split()) for line in lines] == [2, 1, len(values) + 1]
    assert len(fell.findall(f"{SPACE}polygon")) == 1


def test_without_anything_held_there_is_no_line_of_it() -> None:
    found = read(pictures.equity(1000.0, points([1100.0]), BEGAN, []))

    assert "bought and held" not in "".join(found.itertext())


def test_holding_is_drawn_at_the_ends_of_months_and_ends_where_it_ended(done: Run) -> None:
    holding = result_in(done).luck.holding
    course = pictures.held_points(holding)

    assert [at for at, _ in course] == [holding.began, 1_706_745_600 * 10**9, holding.ended]
    assert math.isclose(course[-1][1], holding.end)


@given(st.lists(dots, min_size=1, max_size=30))
def test_whatever_trips_were_can_be_drawn(trips: list[Dot]) -> None:
    drawn = (pictures.held_against_gain(trips), pictures.worst_against_gain(trips), pictures.best_against_gain(trips))
    for one in drawn:
        assert len(list(read(one).iter(f"{SPACE}circle"))) == len(trips)


def test_holding_times_that_are_far_apart_are_drawn_by_factors() -> None:
    trips = [Dot(held, -0.01, 0.01, 0.0) for held in (60.0, 3600.0, 86_400.0)]
    places = [float(str(one.get("cx"))) for one in read(pictures.held_against_gain(trips)).iter(f"{SPACE}circle")]

    assert math.isclose(
        (places[1] - places[0]) / (places[2] - places[1]), math.log(60.0) / math.log(24.0), rel_tol=1e-3
    )


@pytest.mark.parametrize(
    ("held", "wanted"),
    [(40.0, ["0", "15s", "30s"]), (36_000.0, ["0", "2h", "4h", "6h", "8h", "10h"]), (2e9, ["0"])],
)
def test_holding_times_that_are_near_each_other_have_marks_that_people_count_in(held: float, wanted: list[str]) -> None:
    found = read(pictures.held_against_gain([Dot(held, 0.0, 0.0, 0.0), Dot(0.9 * held, 0.0, 0.0, 0.0)]))
    words = [text.text for text in found.iter(f"{SPACE}text") if "%" not in str(text.text)][:-1]

    assert words[: len(wanted)] == wanted
    assert len(words) <= 6


def test_every_bin_that_has_trips_and_those_between_are_drawn() -> None:
    sums = TripSums(count=7)
    # Below -5, from 0 to 0.5, and from 10 on.
    sums.bins[0], sums.bins[11], sums.bins[-1] = 1, 4, 2
    found = read(pictures.r_histogram(trip_figures(sums)))

    bars = found.findall(f"{SPACE}rect")
    assert len(bars) == len(sums.bins)
    assert "on the left and right, all beyond" in "".join(found.itertext())
    assert max(float(str(bar.get("height"))) for bar in bars) == float(str(bars[11].get("height")))
    assert [bar.get("class") for bar in bars[10:12]] == ["f-red", "f-blue"]


def test_without_a_stop_there_is_no_histogram_of_r() -> None:
    assert pictures.r_histogram(trip_figures(TripSums(count=3))) == ""


@pytest.mark.parametrize("width", [pictures.WIDE, pictures.NARROW])
@pytest.mark.parametrize("total", [-0.9, 0.0, 0.3, 25.0])
def test_a_run_stands_beside_what_chance_brings(total: float, width: int) -> None:
    rows = [
        Against(name="one", mean=0.1, low=-0.2, high=0.4, p=0.1, said=""),
        Against(name="other", mean=0.2, said=""),
        Against(name="nothing", mean=None, said="why"),
    ]
    found = read(pictures.against(total, rows, width))

    assert len(found.findall(f"{SPACE}rect")) == 1
    assert len(list(found.iter(f"{SPACE}circle"))) == 2
    assert f"this run {100 * total:+,.2f} %" in "".join(found.itertext())
