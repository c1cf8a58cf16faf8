"""Parquet files of the archive, of candles and of trades, and a lost journal put together again from them."""

from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from tests.fuzz import lived
from tests.fuzz.target import Take

from tidemark.errors import StoreError
from tidemark.store.archive_files import check, count_rows, read_candles, read_trades
from tidemark.store.archive_layout import parts
from tidemark.store.archive_logs import archive_candles, archive_trades
from tidemark.store.prepare import prepare

REFUSALS: tuple[type[Exception], ...] = (StoreError,)


def seeds() -> list[bytes]:
    with TemporaryDirectory() as name:
        folder = Path(name)
        return [path.read_bytes() for path in _archive(folder)]


def opened(folder: Path) -> Take:
    honest = _archive(folder / "honest")
    candles = next(path for path in honest if path.name.startswith("candles"))

    def take(data: bytes) -> bool:
        candles.write_bytes(data)
        problems = prepare(folder / "put", folder / "honest" / "archive", "bybit", {"1m": 100}, lived.NOW)[1]
        rmtree(folder / "put")
        refused = 0
        for read in (count_rows, check, read_candles, read_trades):
            try:
                read(candles)
            except StoreError:
                refused += 1
        return not problems or refused < 4

    return take


def _archive(folder: Path) -> list[Path]:
    lived.journal(folder / "journal")
    lived.trades(folder / "trades")
    archive_candles(folder / "journal", folder / "archive", "bybit")
    archive_trades(folder / "trades", folder / "archive", "bybit")
    return [part.path for part in parts(folder / "archive")]
