import doctest
import math

import msgspec

from tidemark.backtest.metrics.curve_figures import CurveFigures
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.months import Month
from tidemark.backtest.metrics.trip_figures import TripFigures, trip_figures
from tidemark.backtest.metrics.trips import TripSums
from tidemark.backtest.reports import tables
from tidemark.backtest.runs.comparison import result_in
from tidemark.store.backtest_rows import Run


def test_its_examples_are_true() -> None:
    assert doctest.testmod(tables).failed == 0


def test_every_figure_stands_in_a_table_with_its_interval_or_its_reason(done: Run) -> None:
    result = result_in(done)
    curve = {row.name: row for row in tables.curve_rows(result)}
    trips = {row.name: row for row in tables.trip_rows(result.all, result)}

    assert len(curve) == figures_of(CurveFigures)
    assert len(trips) == figures_of(TripFigures)
    assert " to " in curve["sharpe"].beside
    assert " % to " in trips["win rate"].beside


def test_what_is_not_defined_says_why() -> None:
    rows = {row.name: row for row in tables.trip_rows(trip_figures(TripSums()), None)}

    assert (rows["win rate"].value, rows["win rate"].beside) == ("-", "no trips")
    assert not rows["win rate"].is_defined


def test_how_likely_skill_is_names_the_tries(done: Run) -> None:
    result = result_in(done)
    luck = msgspec.structs.replace(
        result.luck, trials=7, probabilistic_sharpe=Figure(0.9), deflated_sharpe=Figure.none("too few")
    )
    first, second = tables.chance_rows(msgspec.structs.replace(result, luck=luck))

    assert first.value == "90.00 %"
    assert (second.value, second.beside) == ("-", "too few")
    (_, many) = tables.chance_rows(
        msgspec.structs.replace(result, luck=msgspec.structs.replace(luck, deflated_sharpe=Figure(0.5)))
    )
    assert "of 7 settings" in many.beside


def test_the_groups_with_the_most_trips_are_shown_and_the_others_counted() -> None:
    groups = {f"tag {number}": trip_figures(TripSums(count=number, gained=float(number))) for number in range(1, 51)}
    (table,) = tables.group_tables({"tag": groups, "regime": {"": trip_figures(TripSums(count=3))}})

    assert [row.name for row in table.rows][:2] == ["tag 50", "tag 49"]
    assert (len(table.rows), table.left_out) == (tables.MOST_ROWS, 10)
    assert table.rows[0].share == 1.0
    assert table.rows[0].cells[0] == "50"


def test_months_stand_by_years_and_make_them() -> None:
    (first, second) = tables.years((Month(2023, 12, -0.5), Month(2024, 1, 0.1), Month(2024, 3, 0.2)))

    assert [cell.text if cell else None for cell in second.months[:4]] == ["+10.0", None, "+20.0", None]
    assert math.isclose(second.months[2].strength, 0.4 * first.months[11].strength * -1.0)  # type: ignore[union-attr]
    assert (first.year, first.whole, second.whole) == (2023, "-50.0 %", "+32.0 %")
    assert tables.years(()) == []


def test_what_the_broker_counted_comes_in_words_the_most_frequent_first() -> None:
    assert tables.count_rows({"shrunk": 2, "no_margin": 1500, "linked": 0, "brand_new": 1}) == [
        ("orders refused: no margin was left", "1,500"),
        ("orders made smaller: there was margin for a part", "2"),
        ("brand new", "1"),
    ]


def figures_of(kind: type[msgspec.Struct]) -> int:
    return sum(1 for field in msgspec.structs.fields(kind) if field.type is Figure)
