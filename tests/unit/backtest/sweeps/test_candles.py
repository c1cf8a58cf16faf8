from pathlib import Path

import msgspec
import pytest
from tests.sweeps import STEP, Home, home

from tidemark.backtest.bars import Bars
from tidemark.backtest.sweeps.candles import TrialCandles, where_of
from tidemark.errors import DataError
from tidemark.units import DAY


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home(tmp_path_factory.mktemp("home"), days=4)


def all_of(bars: list[Bars]) -> list[tuple[int, int, float]]:
    return [
        row for one in bars for row in zip(one.open_time.tolist(), one.market.tolist(), one.close.tolist(), strict=True)
    ]


def test_decoded_columns_are_those_of_the_files(made: Home) -> None:
    source = made.source()
    there = source.columns()
    assert there is not None

    shared = TrialCandles(made.where(source.used), source.used)

    assert all_of(list(shared.bars(100))) == all_of(list(source.bars(1000)))
    assert shared.columns() is not None
    assert [one.symbol for one in shared.instruments()] == ["AUSDT", "BUSDT"]


def test_only_candles_between_the_two_times_are_given(made: Home) -> None:
    used = made.source().used
    some = msgspec.structs.replace(used, begin=used.begin + DAY, end=used.begin + 2 * DAY - STEP)

    found = TrialCandles(made.where(used), some)

    times = [row[0] for row in all_of(list(found.bars(1000)))]
    assert (times[0], times[-1], len(times)) == (some.begin, some.end, 2 * 96)
    assert all_of(list(found.since(used.begin, 1000)))[0][0] == used.begin


def test_a_machine_that_has_other_candles_refuses(made: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    used = made.source().used
    there = msgspec.structs.replace(made.where(used), cache=None)

    assert len(all_of(list(TrialCandles(there, used).bars(1000)))) == used.candles
    with pytest.raises(DataError, match="other candles on this machine"):
        TrialCandles(msgspec.structs.replace(there, digest="0" * 64), used)


def test_ticks_and_lots_are_those_that_the_sweep_found(made: Home) -> None:
    source = made.source()
    ticked = tuple(msgspec.structs.replace(one, tick_size=0.5) for one in source.instruments())

    told = msgspec.structs.replace(where_of(source, made.cache), instruments=ticked)

    assert told == msgspec.structs.replace(made.where(source.used), instruments=ticked)
    assert [one.tick_size for one in TrialCandles(told, source.used).instruments()] == [0.5, 0.5]
