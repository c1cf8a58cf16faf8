from pathlib import Path

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from tests.round_trips import drawn
from tests.sweeps import CROSS, STEP, Home, home

from tidemark.backtest.metrics.trip_figures import trip_figures
from tidemark.backtest.metrics.trips import summed
from tidemark.backtest.runs.execution import Execution
from tidemark.backtest.sweeps.trial import Tally, done, figures_of, returns_of
from tidemark.clock import SystemClock
from tidemark.errors import DataError
from tidemark.store.database import Database
from tidemark.units import DAY


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("home"))


def test_a_trial_is_the_run_of_the_same_request(made: Home, tmp_path: Path) -> None:
    source = made.source()
    with Database.open(None, tmp_path) as database:
        execution = Execution(database.engine, SystemClock())
        request = made.request(parameters={"fast": "6"}, shuffles=0)
        _, result = execution.run(execution.begin("a", "a", request, source), source)

    trial = done(made.task(source.used, fast="6"))

    assert result is not None
    assert (trial.digest, trial.trips, trial.error) == (result.digest, result.trips, None)
    figures = figures_of(trial)
    for part in (result.curve, result.all):
        for name, figure in figures.items():
            whole = getattr(part, name, figure)
            assert (figure.value is None, figure.why) == (whole.value is None, whole.why), name
            assert (figure.value or 0.0) == pytest.approx(whole.value or 0.0, rel=1e-9, abs=1e-12), name
    assert trial.value == figures["sharpe"].value
    assert np.prod(1 + returns_of(trial)) - 1 == pytest.approx(figures["total_return"].value)
    assert (trial.first_day, len(returns_of(trial))) == (source.used.begin // DAY, 40)


def test_a_trial_says_the_same_again_bit_for_bit(made: Home) -> None:
    used = made.source().used

    assert done(made.task(used, fast="3")) == done(made.task(used, fast="3"))
    assert done(made.task(used, fast="3")) != done(made.task(used, fast="4"))


def test_candles_before_a_window_give_the_indicators_their_values(made: Home) -> None:
    used = made.source().used
    window = msgspec.structs.replace(used, begin=used.begin + 5 * DAY, end=used.begin + 36 * DAY - STEP)

    cold = done(made.task(window, slow="300"))
    warm = done(made.task(window, leads=True, slow="300"))

    # 300 candles of a quarter of an hour: three days of the first without a position.
    assert np.flatnonzero(returns_of(cold))[0] == 3
    assert np.flatnonzero(returns_of(warm))[0] == 0
    assert (warm.first_day, len(returns_of(warm))) == (window.begin // DAY, 31)
    # Where there is nothing before, it begins as it can.
    assert done(made.task(used, leads=True)).digest == done(made.task(used)).digest


def test_what_is_wrong_with_a_strategy_is_told_as_the_trials(made: Home, tmp_path: Path) -> None:
    used = made.source().used
    broken = home(tmp_path, 2, CROSS.replace("return np.where", "raise ValueError('no idea')\n        return np.where"))

    assert "fast" in str(done(made.task(used, fast="1")).error)
    raised = done(broken.task(broken.source().used))
    assert "ValueError: no idea (cross.py, line 1" in str(raised.error)
    garbled = home(tmp_path / "other", 2, CROSS + "    def")
    assert done(garbled.task(garbled.source().used)).error == f"{garbled.strategy}, line 16: invalid syntax"
    assert (raised.value, raised.returns, raised.figures) == (None, b"", "{}")


def test_the_strategy_is_as_it_was_when_the_sweep_began(made: Home, tmp_path: Path) -> None:
    other = home(tmp_path, 2)
    used = other.source().used
    task = other.task(used)
    before = done(task)

    Path(other.strategy).unlink()

    assert done(task) == before


def test_what_no_trial_can_mend_is_raised(made: Home) -> None:
    task = made.task(made.source().used)
    gone = msgspec.structs.replace(task.where, data=str(made.folder / "elsewhere"))

    with pytest.raises(DataError, match="is not there"):
        done(msgspec.structs.replace(task, where=gone))


def test_a_tally_adds_up_what_it_is_told_from_its_beginning_on() -> None:
    tally = Tally(100.0, DAY, STEP)
    trips = drawn(50)

    tally.trips(trips[:20])
    tally.trips(trips[20:])
    tally.equity(np.array([DAY - STEP, DAY]), np.array([[90.0, 90.0, 0.0], [110.0, 110.0, 0.0]]))

    assert trip_figures(tally.sums) == trip_figures(summed(trips))
    assert tally.curve.daily().tolist() == pytest.approx([0.1])


def test_nothing_of_a_trial_is_written(made: Home, tmp_path: Path) -> None:
    with Database.open(None, tmp_path) as database:
        done(made.task(made.source().used))
        with database.engine.connect() as connection:
            assert connection.scalar(sa.text("select count(*) from backtest_trips")) == 0
