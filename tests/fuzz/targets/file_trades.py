"""The log of trades, as it is and with its checksum put right, into an archive of its own."""

from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

from tests.fuzz import lived, sealing
from tests.fuzz.target import Take

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger
from tidemark.store.archive_logs import archive_trades
from tidemark.store.framing import HEAD
from tidemark.store.segments import numbered
from tidemark.store.trade_log import FRAMING, SUFFIX, TRADE_TYPE, TradeLog, whole_bytes
from tidemark.units import MIB

REFUSALS: tuple[type[Exception], ...] = (StoreError,)
_AS_IT_IS, _SEALED = b"0", b"1"


def seeds() -> list[bytes]:
    with TemporaryDirectory() as name:
        lived.trades(Path(name))
        whole = numbered(Path(name), SUFFIX)[0].read_bytes()
    content = whole[HEAD.size :][: 8 * TRADE_TYPE.itemsize]
    return [_AS_IT_IS + whole, _SEALED + content]


def opened(folder: Path) -> Take:
    work = folder / "work"

    def take(data: bytes) -> bool:
        lived.trades(work)
        path = numbered(work, SUFFIX)[0]
        path.write_bytes(sealing.rows(data[1:], FRAMING) if data[:1] == _SEALED else data[1:])
        try:
            archived = archive_trades(work, work / "archive", "bybit")
            whole_bytes(path)
            TradeLog(work, max_bytes=8 * MIB, ledger=Ledger())
            return archived.rows > 0
        finally:
            rmtree(work)

    return take
