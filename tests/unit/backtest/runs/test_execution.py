from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from tests.backtests import QUICK, Made, file_of, walk

from tidemark.backtest.bars import Bars
from tidemark.backtest.metrics.trip_figures import trip_figures
from tidemark.backtest.metrics.trips import summed
from tidemark.backtest.runs.execution import Execution, settings_of
from tidemark.backtest.runs.request import Request
from tidemark.backtest.runs.result import Result, last_trips
from tidemark.clock import SystemClock
from tidemark.errors import SettingsError, StoreError, StrategyError, UserError
from tidemark.store.backtest_rows import Run, State, find, points, trips
from tidemark.store.database import Database

CROSS = """
class Cross(Strategy):
    fast: int = 3
    slow: int = 12

    def indicators(self):
        return {"fast": f"sma({self.fast})", "slow": f"sma({self.slow})"}

    def on_candle(self, ctx: Context) -> None:
        ctx.target(1.0 if ctx["fast"] > ctx["slow"] else -1.0)
"""
BROKEN = CROSS + "        if ctx.candles == 1500:\n            raise ValueError('no idea')\n"


class Cut(Made):
    """Candles whose disk gives up after the first stretch."""

    def bars(self, chunk: int) -> Iterator[Bars]:
        whole = super().bars(1000)
        yield next(whole)
        raise OSError(28, "No space left on device")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[sa.Engine]:
    with Database.open(None, tmp_path) as database:
        yield database.engine


def source(count: int = 3000, digest: str = "made") -> Made:
    return Made({"BTCUSDT": walk(count)}, digest)


def begun(engine: sa.Engine, where: str, name: str = "a", **asked: Any) -> Run:
    request = Request(strategy=where, data="made", **{"batch": 10, **asked})
    return Execution(engine, SystemClock()).begin(name, name, request, source())


def run(engine: sa.Engine, one: Run, over: Made | None = None) -> tuple[Run, Result | None]:
    return Execution(engine, SystemClock()).run(one, over or source())


def kept(engine: sa.Engine, name: str) -> Run:
    with engine.connect() as connection:
        found = find(connection, name)
    assert found is not None
    return found


def numbers(engine: sa.Engine, name: str) -> list[int]:
    with engine.connect() as connection:
        return [one.number for one in trips(connection, name)]


def test_a_run_is_written_down_with_all_that_it_was(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)

    done, result = run(engine, begun(engine, where, parameters={"fast": "5"}))

    assert done.state is State.DONE
    assert done == kept(engine, "a")
    assert result is not None
    settings = settings_of(done)
    assert settings.parameters == {"fast": 5, "slow": 12}
    assert settings.code.text.endswith(CROSS)
    assert settings.models["fees.use"] == "venue"
    assert msgspec.json.decode(done.data)["digest"] == "made"
    assert msgspec.json.decode(done.result or "", type=Result) == result


def test_its_figures_are_those_of_its_trips_and_its_equity(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)

    _, result = run(engine, begun(engine, where))

    assert result is not None
    with engine.connect() as connection:
        all_trips, equity = list(trips(connection, "a")), list(points(connection, "a"))
        newest = last_trips(connection, "a", 3)
    assert len(all_trips) == result.trips > 50
    assert result.all == trip_figures(summed(all_trips))
    assert newest == all_trips[-3:]
    assert result.end == equity[-1].equity
    # All that was lost or gained is that of the trips, since nothing is open at the end.
    assert sum(one.profit for one in all_trips) == pytest.approx(result.end - result.start, rel=1e-9)
    assert result.all.fees.value is not None
    assert result.all.fees.value > 0
    assert set(result.groups["side"]) == {"long", "short"}


def test_the_same_is_done_again_to_the_last_bit(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)

    _, one = run(engine, begun(engine, where, "a"))
    _, other = run(engine, begun(engine, where, "b"))
    _, third = run(engine, begun(engine, where, "c", parameters={"fast": "4"}))

    assert one == other
    assert one is not None
    assert third is not None
    assert one.digest != third.digest


def test_an_interrupted_run_keeps_what_it_had_and_is_finished_as_if_nothing_were(
    engine: sa.Engine, tmp_path: Path
) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)
    _, whole = run(engine, begun(engine, where, "whole"))
    one = begun(engine, where, "cut")

    with pytest.raises(OSError, match="No space left"):
        run(engine, one, Cut({"BTCUSDT": walk(3000)}))
    left = kept(engine, "cut")
    there = numbers(engine, "cut")
    done, result = run(engine, left)

    assert left.state is State.INTERRUPTED
    assert "No space left on device" in (left.error or "")
    assert 0 < len(there) < len(numbers(engine, "cut"))
    assert (done.state, done.error) == (State.DONE, None)
    assert result == whole
    with engine.connect() as connection:
        assert list(trips(connection, "cut")) == list(trips(connection, "whole"))
        assert list(points(connection, "cut")) == list(points(connection, "whole"))


def test_what_has_changed_since_is_not_gone_on_with(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)
    one = begun(engine, where)

    with pytest.raises(StoreError, match="other candles: those of made have changed"):
        run(engine, one, source(digest="other"))
    file_of(tmp_path / "cross.py", CROSS + "\n")
    with pytest.raises(StoreError, match=r"another strategy: .*cross\.py has changed"):
        run(engine, one)


def test_a_strategy_that_raises_fails_the_run_which_keeps_its_trips(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "broken.py", BROKEN)

    with pytest.raises(StrategyError, match=r"ValueError: no idea \(broken\.py, line 13\)"):
        run(engine, begun(engine, where))

    failed = kept(engine, "a")
    assert failed.state is State.FAILED
    assert "no idea" in (failed.error or "")
    assert len(numbers(engine, "a")) > 10
    assert numbers(engine, "a") == list(range(1, len(numbers(engine, "a")) + 1))


def test_a_run_that_is_cancelled_keeps_what_it_had(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)
    one = begun(engine, where)
    seen: list[int] = []
    execution = Execution(
        engine, SystemClock(), progress=seen.append, is_wanted=lambda: not seen
    )  # fmt: skip
    many = Made({"BTCUSDT": walk(70_000)})

    done, result = execution.run(one, many)

    assert done.state is State.CANCELLED
    assert result is not None
    assert seen == [65_536]
    assert len(numbers(engine, "a")) == result.trips > 100


def test_one_that_raises_at_the_end_fails_as_well(engine: sa.Engine, tmp_path: Path) -> None:
    where = file_of(
        tmp_path / "broken.py", CROSS + "\n    def on_end(self, ctx):\n        raise ValueError('no idea')\n"
    )

    with pytest.raises(StrategyError, match="no idea"):
        run(engine, begun(engine, where))

    assert kept(engine, "a").state is State.FAILED


@pytest.mark.parametrize("words", ['{"x": "smaa(3)"}', "1 / 0"])
def test_indicators_that_are_none_are_told_before_anything_is_written(
    engine: sa.Engine, tmp_path: Path, words: str
) -> None:
    where = file_of(tmp_path / "wrong.py", f"class A(Strategy):\n    def indicators(self):\n        return {words}\n")

    with pytest.raises(UserError, match=r"smaa|division by zero"):
        begun(engine, where)

    with engine.connect() as connection:
        assert find(connection, "a") is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"parameters": {"fats": "3"}}, "no parameter 'fats'"),
        ({"models": {"fees.use": "free"}}, "fees.use"),
        ({"cash": -1.0}, "cash above 0"),
    ],
)
def test_what_is_wrong_is_told_before_anything_is_run(
    engine: sa.Engine, tmp_path: Path, asked: dict[str, Any], said: str
) -> None:
    where = file_of(tmp_path / "cross.py", CROSS)

    with pytest.raises(SettingsError, match=said):
        begun(engine, where, **asked)

    with engine.connect() as connection:
        assert find(connection, "a") is None


def test_a_run_of_rules_that_was_interrupted_is_finished_as_if_nothing_were(engine: sa.Engine) -> None:
    over = Made({"AUSDT": walk(260)})
    asked = {"parameters": QUICK | {"risk": "0.02"}, "models": {"fees.use": "none"}, "shuffles": 0, "batch": 1}
    _, whole = run(engine, begun(engine, "rules", "whole", **asked), over)
    one = begun(engine, "rules", "cut", **asked)
    with pytest.raises(KeyboardInterrupt):
        Execution(engine, SystemClock(), progress=_interrupt).run(one, over)
    before = len(numbers(engine, "cut"))

    done, result = run(engine, kept(engine, "cut"), over)

    assert done.state is State.DONE
    assert result is not None
    assert whole is not None
    assert (result.digest, result.trips, result.rules) == (whole.digest, whole.trips, whole.rules)
    assert numbers(engine, "cut") == list(range(1, result.trips + 1))
    assert before <= result.trips > 0
    assert result.warm_up == 200
    assert {one.rule for one in result.rules} >= {"confluence", "spring_long"}
    assert set(result.groups["regime"]) <= {"range", "trend_up", "trend_down", "volatile", "illiquid"}
    assert settings_of(done).parameters["risk"] == 0.02


def _interrupt(candles: int) -> None:
    del candles
    raise KeyboardInterrupt
