import datetime as dt
from pathlib import Path

import pytest
from pyarrow import parquet
from tests.unit.backtest.data.made import BEGIN, whole

from tidemark.backtest.data.dataset import find
from tidemark.backtest.data.download import behind, download, periods
from tidemark.backtest.data.stream import stream
from tidemark.errors import DataError, RateLimitError, StoreError
from tidemark.model.events import Kline
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR, MILLISECOND, MINUTE

NAMES = ["BTCUSDT_1h_2023.parquet", "BTCUSDT_1h_2024.parquet", "BTCUSDT_1h_2025.parquet"]


class Exchange:
    """Answers with the candles of every interval before *now*; the one that holds it is open."""

    klines_page = 1000

    def __init__(self, now: int, fails_after: int = 10**9, missing: frozenset[int] = frozenset()) -> None:
        self.now = now
        self.asked: list[tuple[int, int]] = []
        self._left = fails_after
        self._missing = missing

    async def klines(self, symbol: str, timeframe: Timeframe, start_ms: int, limit: int) -> list[Kline]:
        if not self._left:
            raise RateLimitError("that is enough")
        self._left -= 1
        self.asked.append((start_ms * MILLISECOND, limit))
        found = []
        for at in range(start_ms * MILLISECOND, start_ms * MILLISECOND + limit * timeframe.ns, timeframe.ns):
            if at < self.now and at not in self._missing:
                price = 100.0 + at // timeframe.ns % 7
                found.append(
                    Kline(
                        ts_event=at, ts_recv=at, symbol=symbol, timeframe=timeframe, open_time=at, open=price,
                        high=price + 1, low=price - 1, close=price, volume=2.0, turnover=200.0,
                        is_closed=at + timeframe.ns <= self.now,
                    )
                )  # fmt: skip
        return found


def ns(text: str) -> int:
    moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
    return int(moment.timestamp()) * 1_000_000_000


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def open_times(folder: Path) -> list[int]:
    found: list[int] = whole(list(stream(find(folder), 0)))["open_time"]
    return found


async def test_a_file_a_year_holds_what_was_asked_for(tmp_path: Path) -> None:
    begin, end = ns("2023-12-30"), ns("2025-01-03")
    exchange = Exchange(end + DAY)
    told: list[int] = []

    done = await download(exchange, "BTCUSDT", Timeframe.H1, begin, end, tmp_path, told.append)

    intervals = (end - begin) // HOUR
    assert names(tmp_path) == NAMES
    assert (done.candles, len(done.written), done.kept) == (intervals, 3, 0)
    assert open_times(tmp_path) == list(range(begin, end, HOUR))
    assert told == sorted(told)
    assert told[-1] == intervals
    assert find(tmp_path).markets == ("BTCUSDT",)


async def test_a_second_download_asks_for_nothing_that_is_there(tmp_path: Path) -> None:
    begin, end = ns("2023-12-30"), ns("2025-01-03")
    await download(Exchange(end), "BTCUSDT", Timeframe.H1, begin, end, tmp_path)
    exchange = Exchange(end)

    done = await download(exchange, "BTCUSDT", Timeframe.H1, begin, end, tmp_path)

    assert (done.candles, done.kept, exchange.asked) == (0, 3, [])


async def test_a_download_that_was_stopped_goes_on_behind_the_last_whole_file(tmp_path: Path) -> None:
    begin, end = ns("2023-12-30"), ns("2025-01-03")
    with pytest.raises(RateLimitError):
        await download(Exchange(end, fails_after=3), "BTCUSDT", Timeframe.H1, begin, end, tmp_path)
    assert names(tmp_path) == NAMES[:1]
    exchange = Exchange(end)

    done = await download(exchange, "BTCUSDT", Timeframe.H1, begin, end, tmp_path)

    assert exchange.asked[0][0] == ns("2024-01-01")
    assert (done.kept, len(done.written)) == (1, 2)
    assert open_times(tmp_path) == list(range(begin, end, HOUR))


async def test_a_file_whose_time_was_not_over_is_completed_from_where_it_ends(tmp_path: Path) -> None:
    now = BEGIN + 90 * MINUTE + 30_000_000_000
    await download(Exchange(now), "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + 92 * MINUTE, tmp_path)
    assert open_times(tmp_path) == [BEGIN + at * MINUTE for at in range(90)]
    exchange = Exchange(now + HOUR)

    await download(exchange, "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + 140 * MINUTE, tmp_path)

    # The minute that was open then is asked for again.
    assert exchange.asked == [(BEGIN + 90 * MINUTE, 50)]
    assert open_times(tmp_path) == [BEGIN + at * MINUTE for at in range(140)]


async def test_a_file_that_begins_too_late_is_fetched_anew(tmp_path: Path) -> None:
    await download(Exchange(BEGIN + DAY), "BTCUSDT", Timeframe.M1, BEGIN + HOUR, BEGIN + 2 * HOUR, tmp_path)

    await download(Exchange(BEGIN + DAY), "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + 90 * MINUTE, tmp_path)

    assert open_times(tmp_path) == [BEGIN + at * MINUTE for at in range(90)]


async def test_intervals_without_a_candle_stay_without(tmp_path: Path) -> None:
    missing = frozenset(range(BEGIN + 10 * MINUTE, BEGIN + 20 * MINUTE, MINUTE))
    exchange = Exchange(BEGIN + DAY, missing=missing)

    done = await download(exchange, "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path)

    assert done.candles == 50
    assert set(open_times(tmp_path)) & missing == set()


async def test_a_time_without_any_candle_is_not_asked_for_twice(tmp_path: Path) -> None:
    missing = frozenset(range(BEGIN, BEGIN + HOUR, MINUTE))
    await download(Exchange(BEGIN + DAY, missing=missing), "NEWUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path)
    exchange = Exchange(BEGIN + DAY)

    done = await download(exchange, "NEWUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path)

    assert (done.kept, exchange.asked) == (1, [])
    with pytest.raises(DataError, match="holds no candles"):
        find(tmp_path)


async def test_a_damaged_file_of_ours_is_fetched_anew(tmp_path: Path) -> None:
    await download(Exchange(BEGIN + DAY), "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path)
    (name,) = names(tmp_path)
    path = tmp_path / name
    path.write_bytes(path.read_bytes()[:-9])

    await download(Exchange(BEGIN + DAY), "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path)

    assert len(open_times(tmp_path)) == 60


async def test_a_file_of_somebody_else_is_not_written_over(tmp_path: Path) -> None:
    path = tmp_path / "BTCUSDT_1m_2024-01.parquet"
    await download(Exchange(BEGIN + DAY), "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path)
    parquet.write_table(parquet.ParquetFile(path).read().replace_schema_metadata(), path)

    with pytest.raises(DataError, match="is there already, and no download wrote it"):
        await download(Exchange(BEGIN + DAY), "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path)


async def test_a_disk_that_takes_nothing_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"cannot be written: .*; what was fetched before is kept"):
        await download(Exchange(BEGIN + DAY), "BTCUSDT", Timeframe.M1, BEGIN, BEGIN + HOUR, tmp_path / "file")


def test_short_candles_lie_by_month_and_long_ones_by_year() -> None:
    begin, end = ns("2023-11-30T12:34:56"), ns("2024-02-01T00:00:30")

    short = [(one.name, one.begin, one.end) for one in periods(Timeframe.M1, begin, end)]
    long = [(one.name, one.begin, one.end) for one in periods(Timeframe.D1, begin, end)]

    assert [name for name, _, _ in short] == ["2023-11", "2023-12", "2024-01"]
    assert short[0][1] == ns("2023-11-30T12:35:00")
    assert short[-1][2] == ns("2024-02-01")
    assert long == [("2023", ns("2023-12-01"), BEGIN), ("2024", BEGIN, ns("2024-02-01"))]
    assert list(periods(Timeframe.D1, begin, begin + HOUR)) == []


def test_what_is_done_counts_behind_what_was_done() -> None:
    told: list[int] = []

    behind(told.append, 100)(5)

    assert told == [105]
