from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa
from tests.backtests import BEGAN, Made, file_of, walk
from tests.recorded_rules import lived

from tidemark.backtest.data.cache import Columns
from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.runs.chance import MOST_CANDLES, MOST_OF_RULES, RECORDED, TOO_MANY, draws_of, held_against
from tidemark.backtest.runs.execution import Execution
from tidemark.backtest.runs.recording import Recording
from tidemark.backtest.runs.request import DataUsed, Request
from tidemark.clock import SystemClock
from tidemark.store.database import Database

CROSS = """
class Cross(Strategy):
    def indicators(self):
        return {"fast": "sma(3)", "slow": "sma(12)"}

    def on_candle(self, ctx: Context) -> None:
        ctx.target(1.0 if ctx["fast"] > ctx["slow"] else -1.0)
"""


class Unmapped(Made):
    def columns(self) -> Columns | None:  # type: ignore[override]
        return None


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def used(candles: int) -> DataUsed:
    return DataUsed(path="", digest="", markets=("A",), timeframe="1m", candles=candles, begin=0, end=0)


def test_as_many_markets_are_shuffled_as_take_little() -> None:
    request = Request(strategy="cross.py", data="made")

    assert draws_of(request, used(1000)) == 19
    assert draws_of(request, used(MOST_CANDLES // 5)) == 5
    assert draws_of(request, used(MOST_CANDLES + 1)) == 0
    assert draws_of(Request(strategy="cross.py", data="made", shuffles=70), used(MOST_CANDLES)) == 70


def test_a_run_says_what_chance_would_have_brought(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)
    request = Request(strategy=where, data="made", shuffles=4)
    told: list[int] = []
    execution = Execution(engine, SystemClock(), progress=told.append)
    made = Made({"BTCUSDT": walk(3000)})

    _, result = execution.run(execution.begin("a", "a", request, made), made)

    assert result is not None
    luck = result.luck
    assert (luck.entries.trips, luck.entries.draws) == (result.trips, 999)
    assert luck.entries.profit == pytest.approx(result.end - result.start)
    assert luck.shuffled.draws == 4
    # Costs eat all of a walk, at whatever times it is traded.
    assert (luck.entries.p.value or 0.0) > 0.01
    assert (luck.shuffled.p.value or 0.0) >= 0.2
    assert told[-1] == 5 * 3000
    assert told == sorted(told)


def test_without_columns_nothing_is_drawn(engine: sa.Engine) -> None:
    made = Unmapped({"BTCUSDT": walk(100)})

    entries, shuffled = held_against(
        engine, "a", Request(strategy="cross.py", data="made"), made, Curve(1.0, BEGAN), 5, lambda _: True
    )

    assert (entries.p.why, shuffled.p.why) == (TOO_MANY, TOO_MANY)


def test_without_trips_there_is_nothing_to_hold_it_against(engine: sa.Engine) -> None:
    made = Made({"BTCUSDT": walk(100)})

    entries, shuffled = held_against(
        engine, "a", Request(strategy="cross.py", data="made"), made, Curve(1.0, BEGAN), 0, lambda _: True
    )

    assert (entries.p.why, shuffled.p.why) == ("no trips", "no trips")


def test_rules_take_longer_and_are_run_over_fewer_shuffled_markets(tmp_path: Path) -> None:
    rules = Request(strategy="rules", data="candles")

    assert draws_of(rules, used(MOST_OF_RULES // 3)) == 3
    assert draws_of(rules, used(MOST_OF_RULES + 1)) == 0
    (tmp_path / "x.gz").write_bytes(b"")
    recorded = msgspec.structs.replace(used(10), path=str(tmp_path / "x.gz"))
    assert draws_of(rules, recorded) == 0


def test_nothing_is_drawn_from_a_recording(engine: sa.Engine, tmp_path: Path) -> None:
    lived(tmp_path / "recording", minutes=2)
    request = Request(strategy="rules", data=str(tmp_path / "recording"))

    entries, shuffled = held_against(
        engine, "a", request, Recording.open(request), Curve(1.0, BEGAN), 5, lambda _: True
    )  # fmt: skip

    assert entries.p.why == RECORDED
    assert shuffled.p.why == RECORDED
