"""Files as vendors write them, imported and read by `candle_files`."""

import csv
import datetime as dt
import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest
from pyarrow import parquet

from tidemark.backtest.candle_files import MarketCandles, markets
from tidemark.backtest.imports import conversion
from tidemark.backtest.imports.continuity import Split
from tidemark.backtest.imports.conversion import Imported, Wishes, convert, stem_of
from tidemark.errors import CaptureError, SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.units import DAY, HOUR

# Weekdays from Tuesday, 2 January 2024, but for the holiday on Monday the 15th.
HOLIDAY = dt.date(2024, 1, 15)
DAYS = [
    day
    for day in (dt.date(2024, 1, 2) + dt.timedelta(at) for at in range(30))
    if day.weekday() < 5 and day != HOLIDAY
]  # fmt: skip
Row = tuple[dt.date, float, float, float, float, int]


def rows(days: Iterable[dt.date] = DAYS) -> list[Row]:
    return [(day, 100.0 + at, 102.0 + at, 99.0 + at, 101.0 + at, 1000 + at) for at, day in enumerate(days)]


def text_of(header: str, lines: Iterable[Iterable[object]], mark: str = ",") -> str:
    return header + "\n" + "".join(mark.join(map(str, line)) + "\n" for line in lines)


def imported(folder: Path, name: str, text: str, **wishes: Any) -> Imported:
    (folder / name).write_text(text, encoding="utf-8")
    return convert(folder / name, Wishes(out=folder / "candles", **wishes))


def only(told: Imported) -> MarketCandles:
    (found,) = markets(Path(told.output), told.timeframe)
    return found


def ns(day: dt.date) -> int:
    return (day - dt.date(1970, 1, 1)).days * DAY


YAHOO = text_of("Date,Open,High,Low,Close,Adj Close,Volume", [(*row[:5], row[4], row[5]) for row in rows()])
STOOQ = text_of("Date,Open,High,Low,Close,Volume", rows())
STOOQ_BULK = text_of(
    "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
    [("AAPL", "D", f"{row[0]:%Y%m%d}", "000000", *row[1:], 0) for row in rows()],
)
ALPHA_VANTAGE = text_of("timestamp,open,high,low,close,volume", reversed(rows()))
METATRADER_5 = text_of(
    "<DATE>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<SPREAD>",
    [(f"{row[0]:%Y.%m.%d}", *row[1:], 3) for row in rows()], "\t",
)  # fmt: skip
METATRADER_4 = "".join(
    f"{day:%Y.%m.%d},00:00,{opened},{high},{low},{close},{volume}\n" for day, opened, high, low, close, volume in rows()
)
YAHOO_ZONED = text_of("Date,Open,High,Low,Close,Volume", [(f"{row[0]} 00:00:00-05:00", *row[1:]) for row in rows()])
EPOCH = text_of("time,open,high,low,close,volume", [(ns(row[0]) // 10**9, *row[1:]) for row in rows()])


@pytest.mark.parametrize(
    "text", [YAHOO, STOOQ, STOOQ_BULK, ALPHA_VANTAGE, METATRADER_5, METATRADER_4, YAHOO_ZONED, EPOCH],
    ids=["yahoo", "stooq", "stooq in bulk", "alpha vantage", "metatrader 5", "metatrader 4", "with an offset", "epoch"],
)  # fmt: skip
def test_the_same_candles_come_out_of_each_vendors_file(tmp_path: Path, text: str) -> None:
    told = imported(tmp_path, "AAPL.csv", text)

    assert (told.timeframe, told.rows, told.candles, told.bad, told.quarantine) == (Timeframe.D1, 21, 21, {}, None)
    found = only(told)
    assert (found.symbol, found.time.tolist()) == ("AAPL", [ns(day) for day in DAYS])
    assert found.figures["close"].tolist() == [101.0 + at for at in range(21)]
    assert found.figures["volume"].tolist() == [1000.0 + at for at in range(21)]
    assert told.is_turned == (text == ALPHA_VANTAGE)


def test_weekends_and_holidays_are_told_and_not_filled(tmp_path: Path) -> None:
    told = imported(tmp_path, "AAPL.csv", YAHOO)

    # Four weekends, the second of them with the holiday behind it.
    assert (told.gaps.places, told.gaps.weekends, told.gaps.missing) == (4, 4, 9)
    assert (told.gaps.longest_from, told.gaps.longest_to) == (ns(dt.date(2024, 1, 12)), ns(dt.date(2024, 1, 16)))
    assert (told.begin, told.end) == (ns(DAYS[0]), ns(DAYS[-1]))
    assert (told.volume, told.has_volume, told.ignored) == ("Volume", True, ("Adj Close",))


def test_every_bad_row_is_in_quarantine_with_line_reason_and_value(tmp_path: Path) -> None:
    lines = STOOQ.splitlines()
    lines[3] = "2024-01-04,102,98,101,103,1002"
    lines[5] = "2024-01-08,104,106,103,105,-5"
    lines[7] = "2024-01-09,106,108,105,107,1006"
    lines[9] = "sometime,108,110,107,109,1008"
    lines[11] = "2024-01-17,0,112,109,111,1010"

    told = imported(tmp_path, "AAPL.csv", "\n".join(lines), most_bad=0.3)

    assert told.quarantine is not None
    with Path(told.quarantine).open(encoding="utf-8", newline="") as file:
        listed = list(csv.reader(file))
    assert listed == [
        ["line", "reason", "value"],
        ["4", "high below low", "open 102 high 98 low 101 close 103 volume 1002"],
        ["6", "negative volume", "volume -5"],
        ["8", "time twice", "2024-01-09T00:00:00"],
        ["10", "time not understood", "sometime"],
        ["12", "price not above 0", "open 0 high 112 low 109 close 111 volume 1010"],
    ]
    assert told.bad == dict.fromkeys([row[1] for row in listed[1:]], 1)
    assert (told.rows, told.candles, len(only(told).time)) == (21, 16, 16)


def test_too_many_bad_rows_are_an_error_that_says_so(tmp_path: Path) -> None:
    lines = STOOQ.splitlines()
    lines[3] = "2024-01-04,102,98,101,103,1002"
    lines[4] = "2024-01-05,,98,101,103,1002"

    with pytest.raises(
        CaptureError, match=r"2 of 21 rows \(9\.52 %\) .* more than 5 %: 1 .*, 1 .*AAPL_1d\.rejected\.csv"
    ):
        imported(tmp_path, "AAPL.csv", "\n".join(lines))

    assert [path.name for path in (tmp_path / "candles").iterdir()] == ["AAPL_1d.rejected.csv"]
    # A file that was mended needs no quarantine any more.
    imported(tmp_path, "AAPL.csv", STOOQ)
    assert [path.name for path in (tmp_path / "candles").iterdir()] == ["AAPL_1d.parquet"]


def test_a_market_without_volume_has_0_and_says_so(tmp_path: Path) -> None:
    without = imported(tmp_path, "EURUSD.csv", text_of("Date,Open,High,Low,Close", [row[:5] for row in rows()]))
    empty = imported(
        tmp_path, "GBPUSD.csv", text_of("Date,Open,High,Low,Close,Volume", [(*row[:5], 0) for row in rows()])
    )

    assert (without.volume, without.has_volume) == (None, False)
    assert (empty.volume, empty.has_volume) == ("Volume", False)
    assert set(only(without).figures["volume"].tolist()) == {0.0}


def test_hours_of_another_timezone_are_hours_of_utc(tmp_path: Path) -> None:
    # A Friday and a Monday in Athens, two hours ahead of UTC.
    hours = [f"2024-01-{day:02} {hour:02}:00" for day in (5, 8) for hour in range(24)]
    text = text_of("time,open,high,low,close", [(hour, 1.1, 1.2, 1.0, 1.15) for hour in hours])

    told = imported(tmp_path, "EURUSD_1h.csv", text, zone=ZoneInfo("Europe/Athens"))

    assert (told.timeframe, told.symbols) == (Timeframe.H1, ("EURUSD",))
    assert told.begin == ns(dt.date(2024, 1, 5)) - 2 * HOUR
    assert (told.gaps.places, told.gaps.weekends, told.gaps.missing) == (1, 1, 48)


def test_days_that_are_stamped_at_another_midnight_stand_at_theirs(tmp_path: Path) -> None:
    """New York's midnights in UTC: at five in winter, and at four from 10 March 2024."""
    days = [dt.date(2024, 3, 6) + dt.timedelta(at) for at in range(8)]
    stamps = [f"{day}T{'04' if day > dt.date(2024, 3, 10) else '05'}:00:00Z" for day in days]
    text = text_of("timestamp,open,high,low,close", [(stamp, 10, 12, 9, 11) for stamp in stamps])

    told = imported(tmp_path, "SPY.csv", text, timeframe=Timeframe.D1, zone=ZoneInfo("America/New_York"))

    assert only(told).time.tolist() == [ns(day) for day in days]
    with pytest.raises(CaptureError, match=r"line 2 has a daily candle of 2024-03-06T05:00:00.*--timezone"):
        imported(tmp_path, "SPY.csv", text, timeframe=Timeframe.D1)


def test_a_split_that_nobody_adjusted_is_told_and_left_alone(tmp_path: Path) -> None:
    split = [row if at < 10 else (row[0], *(price / 4.0 for price in row[1:5]), 4000) for at, row in enumerate(rows())]

    told = imported(tmp_path, "AAPL.csv", text_of("Date,Open,High,Low,Close,Volume", split))

    # From a close of 110 to an open of 27.5.
    assert told.splits == (Split(symbol="AAPL", at=ns(DAYS[10]), before=110.0, after=27.5, ratio=4.0),)
    assert only(told).figures["open"][10] == 27.5


def test_a_file_may_hold_several_markets(tmp_path: Path) -> None:
    by_day = itertools.chain.from_iterable((("A", *row), ("B", *row)) for row in rows())

    told = imported(tmp_path, "both.csv", text_of("symbol,date,open,high,low,close,volume", by_day))

    assert (told.symbols, told.symbol_count, told.candles) == (("A", "B"), 2, 42)
    assert [len(found.time) for found in markets(Path(told.output), Timeframe.D1)] == [21, 21]
    with pytest.raises(SettingsError, match="leave --symbol out"):
        imported(tmp_path, "both.csv", "symbol,date,open,high,low,close\n", symbol="A")


def test_parquet_is_imported_like_text(tmp_path: Path) -> None:
    columns = list(zip(*rows(), strict=True))
    names = ("Date", "Open", "High", "Low", "Close", "Volume")
    parquet.write_table(pa.table(dict(zip(names, columns, strict=True))), tmp_path / "AAPL.parquet", row_group_size=5)

    told = convert(tmp_path / "AAPL.parquet", Wishes(out=tmp_path / "candles", symbol="Apple"))

    assert (only(told).symbol, only(told).time.tolist()) == ("Apple", [ns(day) for day in DAYS])


def test_a_long_file_that_begins_with_the_newest_is_turned(tmp_path: Path) -> None:
    count = 40_000
    begin = ns(dt.date(2024, 1, 1)) // 10**9
    text = text_of(
        "time,open,high,low,close", [(begin + 60 * at, 1, 2, 1, 1 + at / count) for at in range(count)[::-1]]
    )

    told = imported(tmp_path, "A.csv", text)

    found = only(told)
    assert (told.is_turned, told.gaps.places, told.timeframe) == (True, 0, Timeframe.M1)
    assert found.time.tolist() == [(begin + 60 * at) * 10**9 for at in range(count)]
    stored = parquet.read_table(told.output)
    assert stored["ts"].cast(pa.int64()).to_pylist() == [(begin + 60 * at) * 1000 for at in range(count)]


def test_candles_that_are_far_apart_are_read_by_what_the_file_says(tmp_path: Path) -> None:
    """No two of them are a day apart, so that their distances do not tell a timeframe."""
    text = text_of("Date,Open,High,Low,Close", [row[:5] for row in rows(DAYS[::3])])

    told = imported(tmp_path, "rare.csv", text, timeframe=Timeframe.D1)

    assert len(only(told).time) == 7
    assert list(markets(Path(told.output), Timeframe.H1)) == []


@pytest.mark.parametrize(
    ("text", "wishes", "message"),
    [
        ("Date,Open,High,Low,Close\n", {}, "a header and no row"),
        ("Date,Open,High,Low,Close\n2024-01-02,1,1,1,1\n", {}, "say --timeframe"),
        ("Date,Open,High,Low,Close\n2024-01-01,1,1,1,1\n2024-01-08,1,1,1,1\n", {}, "7 days apart, which is none of"),
        ("Date,Open,High,Low,Close\n2024-01-01 00:00,1,1,1,1\n2024-01-01 00:05,1,1,1,1\n", {"timeframe": Timeframe.H1},
         "5 minutes apart, so they are none of 1h"),
        ("Date,Open,High,Low,Close\n2024-01-02,x,1,1,1\n", {"timeframe": Timeframe.D1}, r"1 of 1 rows \(100 %\)"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_says_why(tmp_path: Path, text: str, wishes: dict[str, Any], message: str) -> None:
    with pytest.raises(CaptureError, match=message):
        imported(tmp_path, "A.csv", text, **wishes)


def test_a_file_that_no_import_wrote_is_never_written_over(tmp_path: Path) -> None:
    first = imported(tmp_path, "AAPL.csv", YAHOO)
    again = imported(tmp_path, "AAPL.csv", YAHOO)
    assert again == first

    parquet.write_table(pa.table({"ts": [1]}), first.output)
    with pytest.raises(CaptureError, match="no import wrote it"):
        imported(tmp_path, "AAPL.csv", YAHOO)


def test_what_is_read_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversion, "MOST_BYTES", 1000)
    with pytest.raises(CaptureError, match="split it"):
        imported(tmp_path, "AAPL.csv", YAHOO)
    monkeypatch.undo()
    monkeypatch.setattr(conversion, "MOST_SYMBOLS", 2)
    lines = [(f"S{at}", *row) for at, row in enumerate(rows())]
    with pytest.raises(CaptureError, match="more than 2 symbols"):
        imported(tmp_path, "many.csv", text_of("symbol,date,open,high,low,close,volume", lines), timeframe=Timeframe.D1)
    with pytest.raises(CaptureError, match="is no file"):
        convert(tmp_path, Wishes(out=tmp_path))


def test_the_name_of_a_market_is_that_of_its_file() -> None:
    names = ("a/AAPL.csv", "EURUSD_1h.csv", "btc-1m.parquet", "1d.csv", "AAPL_2d.csv")

    assert [stem_of(Path(name)) for name in names] == ["AAPL", "EURUSD", "btc", "1d", "AAPL_2d"]
