from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from tests.sweeps import Home, home, rows

from tidemark.backtest.sweeps.summary import Summary
from tidemark.backtest.sweeps.trial import returns_of
from tidemark.backtest.sweeps.walked import Walked, joined
from tidemark.backtest.sweeps.windows import Walk
from tidemark.store.database import Database
from tidemark.store.sweep_rows import Trial


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("home"), days=64)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def walked(made: Home, engine: sa.Engine, walk: Walk, by: str = "total_return") -> Walked:
    found = msgspec.json.decode(made.swept(engine, made.asked(walk=walk, by=by)).summary or "", type=Summary).walked
    assert found is not None
    return found


def test_tests_are_joined_and_held_against_their_trainings(made: Home, engine: sa.Engine) -> None:
    told = walked(made, engine, Walk(train=20, test=10, purge=2))

    tests = [one for one in rows(engine) if one.number == 0]
    returns = np.concatenate([returns_of(one) for one in tests])
    assert len(told.windows) == 4
    assert told.unused == 2
    assert len(returns) == 40
    assert told.end == pytest.approx(10_000 * np.prod(1 + returns))
    assert told.figures["total_return"].value == pytest.approx(told.end / told.start - 1)
    assert told.figures["sharpe"].value == pytest.approx(returns.mean() / returns.std(ddof=1) * 365**0.5)
    assert [row.test for row in told.windows] == [one.value for one in tests]
    best = [
        max(one.value or 0.0 for one in rows(engine) if one.window == row.window.number and one.number)
        for row in told.windows
    ]
    assert [row.train for row in told.windows] == best
    assert told.train.value == pytest.approx(np.mean(best))
    assert told.test.value == pytest.approx(np.mean([row.test for row in told.windows]))
    assert told.worse.value == np.mean([(row.test or 0.0) < (row.train or 0.0) for row in told.windows])
    # All of them lost in training already: there is nothing to keep.
    assert told.kept.why == "the trainings were not above 0"
    assert 0.0 < (told.probabilistic_sharpe.value or 0.0) < 1.0


def test_what_is_kept_is_the_test_by_the_training(made: Home, engine: sa.Engine) -> None:
    told = walked(made, engine, Walk(train=31, test=31), by="volatility")

    (row,) = told.windows
    assert row.test is not None
    assert row.train is not None
    assert told.kept.value == pytest.approx(row.test / row.train)
    # Of this less is better.
    assert told.worse.value == float(row.test > row.train)


def test_what_is_not_defined_says_why(made: Home, engine: sa.Engine) -> None:
    told = walked(made, engine, Walk(train=30, test=10), by="sharpe")

    why = "sharpe is not defined in both parts of any window; a test has fewer than 30 days"
    assert (told.train.why, told.test.why, told.kept.why, told.worse.why) == (why,) * 4
    assert told.windows[0].train is not None


def test_windows_without_a_test_hold_nothing(made: Home, engine: sa.Engine) -> None:
    told = walked(made, engine, Walk(train=10, test=20), by="sharpe")

    assert all("nothing was chosen" in str(row.error) for row in told.windows)
    assert told.end == told.start
    assert told.figures["total_return"].value == 0.0


def test_each_test_goes_on_with_what_the_last_one_left() -> None:
    found = [
        Trial(
            window=number,
            number=0,
            parameters="{}",
            first_day=10 + 2 * number,
            returns=np.array(returns, "<f8").tobytes(),
        )
        for number, returns in enumerate(([0.1, 0.0], [], [-0.5, 1.0]))
    ]

    days = joined(found, 100.0)

    assert [one.day for one in days] == [10, 11, 14, 15]
    assert [one.equity for one in days] == pytest.approx([110, 110, 55, 110])
