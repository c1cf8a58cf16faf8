from collections.abc import Iterator

import numpy as np
import pytest
import sqlalchemy as sa

from tidemark.backtest.metrics.luck.deflated import best_of_tries, deflated_sharpe
from tidemark.backtest.metrics.luck.overfitting import overfitting
from tidemark.backtest.metrics.moments import Moments
from tidemark.backtest.runs.request import DataUsed
from tidemark.backtest.sweeps import judging
from tidemark.backtest.sweeps.judging import correlation_of, days_of, judged, not_judged, padded
from tidemark.store.sweep_rows import Trial, put_trial
from tidemark.store.tables import METADATA
from tidemark.units import DAY, HOUR

DAYS = 96
USED = DataUsed(
    path="", digest="", markets=("A",), timeframe="1h", candles=0, begin=19_000 * DAY,
    end=(19_000 + DAYS) * DAY - HOUR,
)  # fmt: skip


@pytest.fixture
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    METADATA.create_all(engine)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def put(connection: sa.Connection, returns: np.ndarray) -> list[Trial]:
    """A trial of each column."""
    made = [
        Trial(
            window=0, number=number, parameters="{}", value=1.0, first_day=19_000, returns=one.astype("<f8").tobytes()
        )
        for number, one in enumerate(returns.T, 1)
    ]
    for one in made:
        put_trial(connection, "a", one)
    put_trial(connection, "a", Trial(window=0, number=len(made) + 1, parameters="{}", error="it raised"))
    return made


def walks(trials: int, shared: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(5)
    return shared * rng.normal(0, 0.01, (DAYS, 1)) + rng.normal(0.0005, 0.01, (DAYS, trials))


def test_the_best_is_judged_as_all_returns_together_say(connection: sa.Connection) -> None:
    returns = walks(12, shared=1.5)
    made = put(connection, returns)

    told = judged(connection, "a", USED, made[3])

    pairs = np.corrcoef(returns.T)
    mean = (pairs.sum() - 12) / (12 * 11)
    tries = mean + (1 - mean) * 12
    ratios = returns.mean(axis=0) / returns.std(axis=0, ddof=1)
    moments = Moments()
    for one in returns[:, 3].tolist():
        moments.add(one)
    assert told.correlation.value == pytest.approx(mean)
    assert told.independent.value == pytest.approx(tries)
    assert told.chance_sharpe.value == pytest.approx(best_of_tries(tries, ratios.var(ddof=1)) * 365**0.5)
    assert told.deflated_sharpe.value == pytest.approx(deflated_sharpe(moments, tries, ratios.var(ddof=1)).value)
    assert told.overfitting == overfitting(returns)


@pytest.mark.parametrize(("name", "most"), [("MOST_CELLS", 4 * DAYS), ("MOST_COMPARED", 4)])
def test_where_there_are_too_many_only_some_are_compared(
    connection: sa.Connection, monkeypatch: pytest.MonkeyPatch, name: str, most: int
) -> None:
    returns = walks(10)
    made = put(connection, returns)
    monkeypatch.setattr(judging, name, most)

    told = judged(connection, "a", USED, made[0])

    assert told.overfitting == overfitting(returns[:, ::3])
    assert told.overfitting.trials == 4
    assert told.independent.value == pytest.approx(10, abs=2)


def test_one_trial_has_no_other_to_be_compared_with(connection: sa.Connection) -> None:
    made = put(connection, walks(1))

    told = judged(connection, "a", USED, made[0])

    assert told.independent.value == 1.0
    assert told.chance_sharpe.value == 0.0
    assert (told.correlation.why, told.overfitting.probability.why) == ("fewer than two trials",) * 2


def test_trials_that_are_the_same_are_one(connection: sa.Connection) -> None:
    made = put(connection, np.repeat(walks(1), 5, axis=1))

    assert judged(connection, "a", USED, made[0]).independent.value == pytest.approx(1.0)


def test_an_account_that_was_ruined_earns_nothing_afterwards() -> None:
    assert padded(np.array([0.1, -1.0]), 4).tolist() == [0.1, -1.0, 0.0, 0.0]
    assert correlation_of(np.zeros(4), 1).why == "fewer than two trials"


def test_the_days_of_the_candles_are_counted_as_those_of_a_curve_are() -> None:
    assert days_of(USED) == DAYS


def test_what_cannot_be_judged_says_why() -> None:
    told = not_judged("no trial")

    assert {told.deflated_sharpe.why, told.independent.why, told.overfitting.probability.why} == {"no trial"}
