"""Which column of a file is what, by the names that exchanges, brokers and data vendors give them."""

from collections.abc import Sequence

import msgspec

from tidemark.backtest.candle_files import FIGURES
from tidemark.errors import CaptureError

MOST_COLUMNS = 64
# As they are after `_plain`; of several the first is used.
_TIMES = (
    "ts", "open_time", "timestamp", "datetime", "date_time", "date", "time", "unix", "unix_timestamp", "gmt_time",
    "local_time", "day",
)  # fmt: skip
_NAMES = {
    "open": ("open", "o", "open_price"),
    "high": ("high", "h", "high_price", "max"),
    "low": ("low", "l", "low_price", "min"),
    "close": ("close", "c", "close_price", "last", "close/last"),
    # Those of MetaTrader last: `vol` is empty for currencies there, and `tickvol` counts changes of the price.
    "volume": ("volume", "v", "vol", "tick_volume", "tickvol"),
}
_SYMBOLS = ("symbol", "ticker", "instrument")
# MetaTrader 4 writes no header.
_HEADLESS = ("date", "time", *FIGURES)
# Binance's klines have one only since 2025. https://github.com/binance/binance-public-data
_KLINES = (
    "open_time", *FIGURES, "close_time", "quote_volume", "count", "taker_buy_volume", "taker_buy_quote_volume",
    "ignore",
)  # fmt: skip


class Columns(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers of the columns that are read, and the names of all.

    when: one column, or a date and the time of the day. figures: in the order of FIGURES; None without a volume.
    """

    names: tuple[str, ...]
    when: tuple[int, ...]
    figures: tuple[int | None, ...]
    symbol: int | None

    @property
    def read(self) -> tuple[int, ...]:
        """All that are read, each once."""
        return tuple(dict.fromkeys(at for at in (*self.when, *self.figures, self.symbol) if at is not None))

    @property
    def ignored(self) -> tuple[str, ...]:
        """The names of those that are not."""
        return tuple(name for at, name in enumerate(self.names) if at not in self.read)


def columns_of(names: Sequence[str], source: str) -> Columns:
    """What the columns of these names are. CaptureError where one is missing that a candle needs."""
    if len(names) > MOST_COLUMNS:
        raise CaptureError(f"{source} has {len(names)} columns; candles have at most {MOST_COLUMNS}")
    plain = [_plain(name) for name in names]
    found = {name: _first(plain, wanted) for name, wanted in _NAMES.items()}
    when = _when(plain)
    missing = [name for name in FIGURES[:4] if found[name] is None]
    if missing or not when:
        told = ", ".join(name.strip()[:32] for name in names[:12])
        raise CaptureError(
            f"{source} has no column for {', '.join([*([] if when else ['the time']), *missing])}: {told}"
        )
    return Columns(
        names=tuple(name.strip() for name in names),
        when=when,
        figures=tuple(found[name] for name in FIGURES),
        symbol=_first(plain, _SYMBOLS),
    )


def headless(cells: Sequence[str]) -> Columns | None:
    """The columns of a file without a header that begins with this row; None where the row is a header, or neither.

    MetaTrader 4: a date, the time of the day, prices and a volume. Binance: an open time in milliseconds or
    microseconds, prices, a volume and the close time, twelve numbers in all.
    """
    if len(cells) == len(_HEADLESS) and cells[0][:4].isdigit() and ":" in cells[1] and cells[0].count(".") == 2:
        return columns_of(_HEADLESS, "MetaTrader")
    if len(cells) == len(_KLINES) and all(
        cells[at].strip().isdigit() and len(cells[at].strip()) >= 13 for at in (0, 6)
    ):
        return columns_of(_KLINES, "Binance")
    return None


def _plain(name: str) -> str:
    """The name without what differs between vendors: `<OPEN>`, `1. open` and `Open ` are all "open"."""
    text = name.strip().strip('<>"').strip().lower()
    number, dot, rest = text.partition(". ")
    return (rest if dot and number.isdigit() else text).replace(" ", "_")


def _first(plain: Sequence[str], wanted: Sequence[str]) -> int | None:
    found = next((plain.index(name) for name in wanted if name in plain), None)
    if found is None and "volume" in wanted:
        # Coins have a column for either currency: "Volume BTC" comes before "Volume USDT".
        return next((at for at, name in enumerate(plain) if name.startswith("volume_")), None)
    return found


def _when(plain: Sequence[str]) -> tuple[int, ...]:
    if "date" in plain and "time" in plain:
        return plain.index("date"), plain.index("time")
    found = _first(plain, _TIMES)
    return () if found is None else (found,)
