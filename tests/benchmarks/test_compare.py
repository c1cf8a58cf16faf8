"""Two sides, round by round: what is paired, what is judged, and what is only listed."""

from pathlib import Path

import pytest
from benchmarks.base import Result
from benchmarks.check.compare import Comparison, rounds
from benchmarks.check.side import Answer, Side, SideError, answer
from benchmarks.check.verdict import Outcome

SOURCE = Path(__file__).resolve().parents[2] / "src"


def gave(*results: Result) -> Answer:
    return Answer(list(results))


def result(name: str, value: float, unit: str = "us", best: float | None = None) -> Result:
    return Result(name=name, value=value, unit=unit, best=best)


def compared(*pairs: tuple[Answer, Answer], names: tuple[str, ...] = ("x",)) -> Comparison:
    comparison = Comparison(names, limit=0.9, sure=0.99)
    for ours, base in pairs:
        comparison.add("x", ours, base)
    return comparison


@pytest.mark.parametrize(("unit", "ours", "base"), [("us", 2.0, 1.0), ("messages/s", 1.0, 2.0)])
def test_half_the_speed_is_a_ratio_of_a_half_in_every_unit(unit: str, ours: float, base: float) -> None:
    pair = gave(result("x/one", ours, unit)), gave(result("x/one", base, unit))

    (row,) = compared(*[pair] * 7).rows()

    assert row.verdict is not None
    assert (row.verdict.ratio, row.verdict.outcome, row.verdict.pairs) == (0.5, Outcome.SLOWER, 7)
    assert (row.ours, row.base) == (ours, base)


def test_the_best_of_the_repetitions_counts() -> None:
    pair = gave(result("x/one", 9.0, best=1.0)), gave(result("x/one", 1.5, best=1.0))

    (row,) = compared(pair).rows()

    assert row.verdict is not None
    assert row.verdict.ratio == 1.0


def test_a_benchmark_goes_on_until_all_of_its_figures_are_decided() -> None:
    clear = gave(result("x/a", 1.0), result("x/b", 1.0))
    comparison = Comparison(("x", "y"), limit=0.9, sure=0.99)
    for round_ in range(7):
        assert comparison.open_names() == ["x", "y"]
        wavers = gave(result("x/a", 1.0), result("x/b", 0.5 if round_ % 2 else 2.0))
        comparison.add("x", clear, wavers)
        comparison.add("y", gave(result("y/a", 1.0)), gave(result("y/a", 1.0)))

    assert comparison.open_names() == ["x"]


def test_memory_and_wall_time_are_not_judged() -> None:
    assert compared((gave(result("x/one", 1.0, "MB")), gave(result("x/one", 1.0, "MB")))).rows() == []


def test_a_figure_that_one_side_has_not_is_left_out() -> None:
    pair = gave(result("x/old", 1.0), result("x/new", 1.0)), gave(result("x/old", 1.0))

    assert [row.name for row in compared(pair).rows()] == ["x/old"]


def test_what_the_base_cannot_run_is_listed_and_not_judged() -> None:
    comparison = compared((gave(result("x/one", 1.0)), Answer(error="ImportError: no such module")))

    (row,) = comparison.rows()

    assert row.verdict is None
    assert row.note == "the base cannot run it: ImportError: no such module"
    assert comparison.failed == {}
    assert comparison.open_names() == []


def test_what_our_own_side_cannot_run_fails() -> None:
    comparison = compared((Answer(error="AssertionError: 3 trades"), gave(result("x/one", 1.0))))

    assert comparison.failed == {"x": "AssertionError: 3 trades"}
    assert comparison.open_names() == []


def test_a_side_runs_benchmarks_of_this_tree_over_the_package_that_it_was_given() -> None:
    with Side(SOURCE) as side:
        told = side.run("dedup")

    assert Path(side.own.package) == SOURCE / "tidemark" / "__init__.py"
    assert {one.name for one in told.results} == {"dedup/numbered", "dedup/hashed"}
    assert told.error is None


def test_a_package_without_what_a_benchmark_needs_is_told(tmp_path: Path) -> None:
    package = tmp_path / "tidemark"
    for folder in (package, package / "kernels"):
        folder.mkdir()
        (folder / "__init__.py").touch()
    (package / "kernels" / "candles.py").touch()

    with Side(tmp_path) as side:
        told = side.run("dedup")

    assert told.results == []
    assert told.error is not None
    assert told.error.startswith("ModuleNotFoundError")


def test_a_folder_without_a_package_is_no_side(tmp_path: Path) -> None:
    with pytest.raises(SideError, match="package came from"):
        Side(tmp_path)


def test_what_goes_wrong_in_a_benchmark_is_an_answer() -> None:
    assert answer("nosuch").error == "ModuleNotFoundError: No module named 'benchmarks.nosuch'"


def test_a_tree_against_itself_in_as_many_rounds_as_are_allowed() -> None:
    comparison = Comparison(["dedup"], limit=0.01, sure=0.5)
    steps: list[str] = []

    done = list(rounds(comparison, SOURCE, SOURCE, 3, steps.append))

    # Half sure is sure after one pair, and a hundred times slower than itself it is not.
    assert done == [1]
    assert steps == ["dedup"]
    assert {row.verdict.outcome for row in comparison.rows() if row.verdict is not None} == {Outcome.FINE}
