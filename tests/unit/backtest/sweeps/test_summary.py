from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from tests.sweeps import Home, home, rows

from tidemark.backtest.sweeps.summary import Summary, told, top
from tidemark.backtest.sweeps.windows import Walk
from tidemark.store.database import Database
from tidemark.store.sweep_rows import Sweep


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("home"), days=64)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def summary_in(sweep: Sweep) -> Summary:
    return msgspec.json.decode(sweep.summary or "", type=Summary)


def test_the_best_trial_and_how_much_of_it_is_luck_are_told(made: Home, engine: sa.Engine) -> None:
    summary = summary_in(made.swept(engine))

    found = rows(engine)
    best = max(found, key=lambda one: one.value or 0.0)
    assert summary.best == told(best)
    assert (summary.by, summary.done, summary.failed, summary.errors) == ("sharpe", 6, 0, {})
    assert summary.luck.overfitting.trials == 6
    assert 0.0 < (summary.luck.deflated_sharpe.value or 0.0) < 1.0
    assert 1.0 <= (summary.luck.independent.value or 0.0) <= 6.0
    assert summary.walked is None


def test_of_what_costs_less_is_better(made: Home, engine: sa.Engine) -> None:
    asked = made.asked(by="volatility")
    summary = summary_in(made.swept(engine, asked))

    values = sorted(one.value for one in rows(engine) if one.value is not None)
    assert summary.best is not None
    assert summary.best.value == values[0]
    with engine.connect() as connection:
        assert [one.value for one in top(connection, "a", asked, 3)] == values[:3]


def test_where_no_trial_has_a_value_it_says_so(made: Home, engine: sa.Engine) -> None:
    # Without a stop there is no R.
    summary = summary_in(made.swept(engine, made.asked(by="expectancy_r")))

    assert summary.best is None
    assert summary.luck.deflated_sharpe.why == "expectancy_r is not defined for any trial"


def test_a_walk_forward_has_tests_in_the_place_of_a_best_trial(made: Home, engine: sa.Engine) -> None:
    summary = summary_in(made.swept(engine, made.asked(walk=Walk(train=30, test=15))))

    assert summary.best is None
    assert summary.walked is not None
    assert summary.luck.overfitting.probability.why.startswith("every window chooses anew")
