import pytest

from tidemark.backtest.candle_files import FIGURES
from tidemark.backtest.imports.columns import Columns, columns_of, headless
from tidemark.errors import CaptureError


def told(columns: Columns) -> tuple[list[str], list[str | None], str | None]:
    """By name: the time, the figures, the symbol."""
    names = columns.names
    figures = [None if at is None else names[at] for at in columns.figures]
    return [names[at] for at in columns.when], figures, None if columns.symbol is None else names[columns.symbol]


@pytest.mark.parametrize(
    ("header", "when", "figures", "symbol"),
    [
        ("Date,Open,High,Low,Close,Adj Close,Volume", ["Date"], ["Open", "High", "Low", "Close", "Volume"], None),
        ("timestamp,open,high,low,close,volume", ["timestamp"], list(FIGURES), None),
        (
            "timestamp,1. open,2. high,3. low,4. close,5. volume", ["timestamp"],
            ["1. open", "2. high", "3. low", "4. close", "5. volume"], None,
        ),
        (
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>", ["<DATE>", "<TIME>"],
            ["<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<VOL>"], "<TICKER>",
        ),
        (
            "<DATE>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<TICKVOL>,<SPREAD>", ["<DATE>"],
            ["<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<TICKVOL>"], None,
        ),
        (
            "unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT,tradecount", ["date"],
            ["open", "high", "low", "close", "Volume BTC"], "symbol",
        ),
        ("Gmt time,Open,High,Low,Close", ["Gmt time"], ["Open", "High", "Low", "Close", None], None),
    ],
)  # fmt: skip
def test_columns_are_known_by_the_names_of_many_vendors(
    header: str, when: list[str], figures: list[str | None], symbol: str | None
) -> None:
    assert told(columns_of(header.split(","), "a.csv")) == (when, figures, symbol)


def test_what_is_not_read_is_named() -> None:
    columns = columns_of(["Date", "Open", "High", "Low", "Close", " Adj Close", "Volume"], "a.csv")

    assert columns.ignored == ("Adj Close",)
    assert columns.read == (0, 1, 2, 3, 4, 6)


def test_a_column_that_is_missing_is_named_with_those_that_are_there() -> None:
    with pytest.raises(CaptureError, match=r"a\.csv has no column for the time, high: open, low, close$"):
        columns_of(["open", "low", "close"], "a.csv")


def test_too_many_columns_are_no_candles() -> None:
    with pytest.raises(CaptureError, match="65 columns"):
        columns_of([f"c{at}" for at in range(65)], "a.csv")


def test_a_row_of_metatrader_is_known_without_a_header() -> None:
    found = headless(["2024.01.02", "00:05", "1.1", "1.2", "1.0", "1.1", "77"])

    assert found is not None
    assert told(found) == (["date", "time"], list(FIGURES), None)
    assert headless(["2024-01-02", "00:05", "1.1", "1.2", "1.0", "1.1", "77"]) is None
    assert headless(["date", "time", "open", "high", "low", "close", "volume"]) is None


def test_a_row_of_binance_is_known_without_a_header() -> None:
    prices = ["0.016", "0.8", "0.0157", "0.0157", "148.9"]
    rest = ["2434.1", "308", "1756.8", "28.4", "0"]

    found = headless(["1499040000000", *prices, "1499644799999", *rest])

    assert found is not None
    assert told(found) == (["open_time"], list(FIGURES), None)
    assert headless(["1499040000000", *prices, "close_time", *rest]) is None
    assert headless(["1499040000000", *prices, "1499644799999"]) is None
