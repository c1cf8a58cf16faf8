from collections.abc import Iterator
from contextlib import nullcontext

import msgspec
import pytest
import sqlalchemy as sa
from tests.postgresql import postgresql

from tidemark.store import sweep_rows
from tidemark.store.backtest_rows import State
from tidemark.store.sweep_rows import Sweep, Trial, Value
from tidemark.store.tables import METADATA

SWEEP = Sweep(
    id="s1", name="cross", created_at=5, state=State.RUNNING, settings='{"by":"sharpe"}', data="{}", trials=6
)  # fmt: skip
TRIALS = [
    Trial(window=0, number=1, parameters='{"fast":"3"}', value=0.5, figures='{"sharpe":{"value":0.5}}', trips=7,
          digest="0f" * 32, first_day=19_000, returns=b"\x00\x01" * 8),
    Trial(window=0, number=2, parameters='{"fast":"6"}', value=1.5),
    Trial(window=0, number=3, parameters='{"fast":"9"}', error="it raised"),
    Trial(window=0, number=4, parameters='{"fast":"12"}', value=1.5),
    Trial(window=1, number=0, parameters='{"fast":"3"}', value=9.0),
    Trial(window=1, number=1, parameters='{"fast":"3"}', value=None),
]  # fmt: skip


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def engine(request: pytest.FixtureRequest) -> Iterator[sa.Engine]:
    with postgresql() if request.param == "postgresql" else nullcontext() as server:
        engine = sa.create_engine("sqlite://" if server is None else server.url)
        METADATA.create_all(engine)
        yield engine
        engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as connection:
        sweep_rows.put_sweep(connection, SWEEP)
        for one in reversed(TRIALS):
            sweep_rows.put_trial(connection, "s1", one)
        sweep_rows.put_trial(connection, "s2", TRIALS[0])
        yield connection
        connection.rollback()


def test_a_sweep_comes_back_as_it_was_put_there_last(connection: sa.Connection) -> None:
    done = msgspec.structs.replace(SWEEP, state=State.DONE, ended_at=9, summary="{}")
    later = msgspec.structs.replace(SWEEP, id="s2", created_at=6, error="no space left")
    sweep_rows.put_sweep(connection, done)
    sweep_rows.put_sweep(connection, later)

    assert sweep_rows.find(connection, "s1") == done
    assert sweep_rows.find(connection, "s3") is None
    assert list(sweep_rows.sweeps(connection)) == [later, done]
    assert list(sweep_rows.sweeps(connection, most=1)) == [later]


def test_trials_come_back_as_they_were_by_window_and_number(connection: sa.Connection) -> None:
    assert list(sweep_rows.trials(connection, "s1")) == TRIALS
    assert list(sweep_rows.trials(connection, "s1", 1)) == TRIALS[4:]
    assert list(sweep_rows.tests(connection, "s1")) == [TRIALS[4]]
    assert sweep_rows.trial(connection, "s1", 0, 2) == TRIALS[1]
    assert sweep_rows.trial(connection, "s1", 2, 1) is None


def test_a_trial_that_is_there_stays_as_it_is(connection: sa.Connection) -> None:
    sweep_rows.put_trial(connection, "s1", msgspec.structs.replace(TRIALS[0], value=8.0))

    assert sweep_rows.trial(connection, "s1", 0, 1) == TRIALS[0]


def test_of_a_window_the_values_are_told_by_number(connection: sa.Connection) -> None:
    assert list(sweep_rows.values(connection, "s1", 0)) == [Value(1, 0.5), Value(2, 1.5), Value(3, None), Value(4, 1.5)]
    assert list(sweep_rows.values(connection, "s1", 2)) == []


def test_the_best_come_first_and_of_equals_the_lower_number(connection: sa.Connection) -> None:
    highest = sweep_rows.best(connection, "s1", is_highest=True, most=2)
    lowest = sweep_rows.best(connection, "s1", is_highest=False, most=9)

    assert [one.number for one in highest] == [2, 4]
    assert [one.number for one in lowest] == [1, 2, 4]
    assert sweep_rows.best(connection, "s1", is_highest=True, most=2, window=1) == []


def test_trials_and_errors_are_counted(connection: sa.Connection) -> None:
    sweep_rows.put_trial(connection, "s1", Trial(window=2, number=1, parameters="{}", error="it raised"))
    sweep_rows.put_trial(connection, "s1", Trial(window=2, number=2, parameters="{}", error="another"))

    assert sweep_rows.counts(connection, "s1") == (8, 3)
    assert sweep_rows.errors(connection, "s1", 9) == {"it raised": 2, "another": 1}
    assert list(sweep_rows.errors(connection, "s1", 1)) == ["it raised"]


def test_a_sweep_goes_with_its_trials_and_no_others(connection: sa.Connection) -> None:
    assert sweep_rows.remove(connection, "s1")
    assert not sweep_rows.remove(connection, "s1")

    assert list(sweep_rows.trials(connection, "s1")) == []
    assert len(list(sweep_rows.trials(connection, "s2"))) == 1
