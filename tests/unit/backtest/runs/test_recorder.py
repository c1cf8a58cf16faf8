from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
import sqlalchemy as sa
from tests.round_trips import drawn

from tidemark.backtest.runs.recorder import MOST_POINTS, Recorder, step_for
from tidemark.store.backtest_rows import points, trips
from tidemark.store.database import Database
from tidemark.store.tables import BACKTEST_TRIPS
from tidemark.units import DAY, HOUR, MINUTE


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def recorder(engine: sa.Engine, *, step_ns: int = HOUR, batch: int = 100, written: int = 0) -> Recorder:
    return Recorder(
        engine, "a", start=1000.0, began=0, timeframe_ns=MINUTE, step_ns=step_ns, batch=batch, written=written
    )  # fmt: skip


def kept(engine: sa.Engine) -> list[int]:
    with engine.connect() as connection:
        return [one.number for one in trips(connection, "a")]


def walk(count: int) -> tuple[np.ndarray, np.ndarray]:
    equity = 1000.0 + np.cumsum(np.random.default_rng(3).normal(0, 1, count))
    return np.arange(count, dtype=np.int64) * MINUTE, np.stack([equity, equity + 1, equity / 2], axis=1)


def test_round_trips_are_written_by_batches_and_the_rest_at_the_end(engine: sa.Engine) -> None:
    made = recorder(engine, batch=10)

    made.trips(drawn(25))
    before = kept(engine)
    made.flush()

    assert before == list(range(1, 21))
    assert kept(engine) == list(range(1, 26))
    assert made.count == 25


def test_what_is_there_already_is_not_written_again(engine: sa.Engine) -> None:
    whole = drawn(30)
    first = recorder(engine, batch=10)
    first.trips(whole[:12])
    there = len(kept(engine))
    # Whatever is written again would be seen.
    with engine.begin() as connection:
        connection.execute(sa.update(BACKTEST_TRIPS).values(tag="there"))
    again = recorder(engine, batch=10, written=there)

    again.trips(whole)
    again.flush()

    assert there == 10
    with engine.connect() as connection:
        found = list(trips(connection, "a"))
    assert [one.number for one in found] == list(range(1, 31))
    assert [one.number for one in found if one.tag == "there"] == list(range(1, 11))


def test_the_digest_is_of_the_trips_and_not_of_how_they_came(engine: sa.Engine) -> None:
    whole = drawn(30)
    once, often, other = recorder(engine), recorder(engine), recorder(engine)
    once.trips(whole)
    for one in whole:
        often.trips([one])
    other.trips([*whole[:-1], msgspec.structs.replace(whole[-1], profit=0.125)])

    assert once.digest == often.digest
    assert once.digest != other.digest


@pytest.mark.parametrize("piece", [1, 7, 600, 1000])
def test_of_each_step_the_last_point_is_kept_however_they_come(engine: sa.Engine, piece: int) -> None:
    at, worth = walk(1000)
    made = recorder(engine)

    for begin in range(0, 1000, piece):
        made.equity(at[begin : begin + piece], worth[begin : begin + piece])
    made.flush()

    with engine.connect() as connection:
        found = list(points(connection, "a"))
    ends = at + MINUTE
    last = [k for k in range(1000) if k == 999 or ends[k] // HOUR != ends[k + 1] // HOUR]
    assert [one.at for one in found] == ends[last].tolist()
    assert [one.equity for one in found] == worth[last, 0].tolist()
    assert [one.cash for one in found] == worth[last, 1].tolist()
    assert [one.exposure for one in found] == worth[last, 2].tolist()
    peaks = np.maximum(np.maximum.accumulate(worth[:, 0]), 1000.0)
    assert [one.drawdown for one in found] == (worth[:, 0] / peaks - 1.0)[last].tolist()
    assert made.curve.sums().end == worth[-1, 0]


@pytest.mark.parametrize("span", [HOUR, 3 * DAY, 400 * DAY, 3650 * DAY, 40_000 * DAY])
@pytest.mark.parametrize("timeframe", [MINUTE, HOUR, DAY])
def test_a_chart_has_no_more_points_than_it_can_show(span: int, timeframe: int) -> None:
    step = step_for(span, timeframe)

    assert step >= timeframe
    assert span / step <= MOST_POINTS
