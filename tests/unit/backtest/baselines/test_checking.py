from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from tests.backtest_files import candle_files
from tests.build import instrument
from tests.unit.backtest.baselines.conftest import run_of

from tidemark.backtest.baselines.bands import Band
from tidemark.backtest.baselines.checking import Outcome, Verdict, again, judged
from tidemark.backtest.baselines.file import Baseline, baseline_of
from tidemark.backtest.data.instruments import add
from tidemark.clock import SystemClock
from tidemark.store.backtest_rows import Run


@pytest.fixture
def file(folder: Path) -> Path:
    return folder / "baselines.json"


@pytest.fixture
def baseline(done: Run, file: Path) -> Baseline:
    return baseline_of(done, file, {"all": "50%"})


def once_more(baseline: Baseline, file: Path) -> tuple[Verdict, list[int]]:
    """It, and how many candles it said that it had taken."""
    seen: list[int] = []

    def progress(name: str, total: int) -> Callable[[int], None]:
        assert (name, total) == ("cross", 3000)
        return seen.append

    return again("cross", baseline, file, SystemClock(), progress), seen


def banded(baseline: Baseline, **bands: Band) -> Baseline:
    return msgspec.structs.replace(baseline, figures={**baseline.figures, **bands})


def test_the_same_run_is_golden_equal_done_again_or_not(done: Run, baseline: Baseline, file: Path) -> None:
    verdict, seen = once_more(baseline, file)

    assert verdict == judged("cross", baseline, done)
    assert (verdict.outcome, verdict.moved, verdict.differs) == (Outcome.EQUAL, (), ())
    assert verdict.passes
    assert seen[-1] == 3000


def test_other_code_that_does_the_same_is_told_and_equal(folder: Path, baseline: Baseline, file: Path) -> None:
    with (folder / "cross.py").open("a") as strategy:
        strategy.write("# a word\n")
    verdict, _ = once_more(baseline, file)

    assert verdict.outcome is Outcome.EQUAL
    assert [one.partition(" ")[0] for one in verdict.differs] == ["code"]


def test_other_code_that_does_something_else_is_held_against_the_bands(
    folder: Path, baseline: Baseline, file: Path
) -> None:
    """Half a position brings about half: within a band of half of it, outside of one of a tenth."""
    text = (folder / "cross.py").read_text()
    (folder / "cross.py").write_text(text.replace("target(1.0", "target(0.8").replace("target(-1.0", "target(-0.8"))
    wide, _ = once_more(baseline, file)
    kept = baseline.figures["total_return"]
    narrow, _ = once_more(banded(baseline, total_return=Band(value=kept.value, tolerance="1%")), file)

    assert (wide.outcome, narrow.outcome) == (Outcome.WITHIN, Outcome.OUTSIDE)
    assert wide.passes
    assert not narrow.passes
    moved = {one.figure: one for one in narrow.moved}
    assert moved["total_return"].was == kept.value != moved["total_return"].now
    assert [one.figure for one in narrow.moved if not one.is_within] == ["total_return"]


def test_the_same_trips_with_another_figure_are_not_equal(done: Run, baseline: Baseline) -> None:
    """As where it is computed another way than before."""
    wrong = banded(baseline, win_rate=Band(value=0.9, tolerance="1%"), sharpe=Band(value=1.0, tolerance="10"))
    verdict = judged("cross", wrong, done)

    assert verdict.outcome is Outcome.OUTSIDE
    assert {one.figure: one.now for one in verdict.moved}["sharpe"] is None


def test_other_candles_are_told_and_not_compared(folder: Path, baseline: Baseline, file: Path) -> None:
    candle_files(folder, ("AUSDT",), 3000, seed=9)
    verdict, _ = once_more(baseline, file)

    assert verdict.outcome is Outcome.INCOMPARABLE
    assert not verdict.passes
    assert verdict.moved == ()
    assert verdict.differs[0].startswith(f"candles {baseline.data[:12]} are now ")


def test_other_ticks_are_told_and_not_compared(folder: Path, baseline: Baseline, file: Path) -> None:
    add(folder / "candles", [instrument("AUSDT")])
    verdict, _ = once_more(baseline, file)

    assert verdict.outcome is Outcome.INCOMPARABLE
    assert verdict.differs[0].startswith(f"ticks and lots {baseline.instruments[:12]} are now ")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"parameters": {"fast": "6", "slow": "20"}}, "parameter fast 5 is now 6"),
        ({"models": {"fees.use": "none"}}, "fees.use venue is now none"),
        ({"cash": 500.0}, "cash 10000.0 is now 500.0"),
        ({"end": 1_704_100_000_000_000_000}, "end nothing is now 1704100000000000000"),
    ],
)
def test_a_run_that_was_asked_otherwise_is_told_and_not_compared(
    engine: sa.Engine, folder: Path, baseline: Baseline, asked: dict[str, object], said: str
) -> None:
    del folder
    verdict = judged("cross", baseline, run_of(engine, "other", **asked))

    assert verdict.outcome is Outcome.INCOMPARABLE
    assert said in verdict.differs


def test_what_does_not_run_any_more_says_why(folder: Path, baseline: Baseline, file: Path) -> None:
    text = (folder / "cross.py").read_text()
    (folder / "cross.py").write_text(text.replace("is_above = ", "is_above = nothing or "))
    raised, _ = once_more(baseline, file)
    (folder / "cross.py").unlink()
    gone, seen = once_more(baseline, file)

    assert (raised.outcome, gone.outcome) == (Outcome.FAILED, Outcome.FAILED)
    assert "NameError" in str(raised.error)
    assert "cross.py" in str(gone.error)
    assert seen == []
