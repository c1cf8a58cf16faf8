"""The log of trades that are on their way into the archive: what was taken, batch by batch, in the order of arrival.

One folder a venue, with `symbols.txt` as the journal has it, and segments `<number>.trades` of blocks: a header
`<4sIII` (magic, CRC-32 of the rows, bytes of rows, 0) and rows of TRADE_TYPE.
"""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from tidemark.errors import StoreError
from tidemark.kernels.columns import TradeColumns
from tidemark.memory.ledger import Ledger, Reservation, Usage
from tidemark.store.framing import Framing, Rows
from tidemark.store.position import is_archived, read_places
from tidemark.store.segments import SegmentWriter
from tidemark.store.symbol_numbers import MOST, SYMBOL_BYTES, SymbolNumbers

SUFFIX = ".trades"
# The name of this log among the places of position.py.
PLACE = "trades"
TRADE_TYPE = np.dtype(
    [
        ("symbol", "<u4"),
        ("is_buy", "<u4"),
        ("ts_event", "<i8"),
        ("ts_recv", "<i8"),
        ("trade_id", "<u8"),
        ("sequence", "<i8"),
        ("price", "<f8"),
        ("size", "<f8"),
    ]
)
_COLUMNS = ("slot", "ts_event", "ts_recv", "trade_id", "sequence", "price", "size", "is_buy")
# No block is larger: what claims to be is damage.
FRAMING = Framing(b"TMT1", TRADE_TYPE, 1 << 24)
blocks, whole_bytes = FRAMING.blocks, FRAMING.whole_bytes


class TradeLog:
    """Appends what the engine took, within *max_bytes* on disk; what is dropped before it was archived is counted.

    A full or broken disk does not stop the process: trades are then counted in `lost`, and `failure` says why.
    """

    def __init__(self, folder: Path, *, max_bytes: int, ledger: Ledger) -> None:
        self.reservation = self.reserve()
        self.failure: str | None = None
        self.written = 0
        self.lost = 0
        self.unarchived = 0
        self._folder = folder
        try:
            self._log = SegmentWriter(folder, SUFFIX, max_bytes, whole_bytes, self._count)
            self._numbers = SymbolNumbers(folder)
        except OSError as error:
            raise StoreError(
                f"cannot keep trades in {folder}: {error.strerror}; name another folder with store.folder, or switch"
                " this off with archive.trades=false"
            ) from error
        ledger.open(self)

    @staticmethod
    def reserve() -> Reservation:
        """What a log takes in memory: the numbers of the symbols that it knows."""
        return Reservation(
            owner="trade log",
            kind="map",
            capacity=MOST,
            item_bytes=SYMBOL_BYTES,
            fixed_bytes=4096,
            policy="writes no trades of a further symbol, and counts them",
        )

    def usage(self) -> Usage:
        """Symbols that have a number. `rejected` counts the trades that were not written."""
        known = len(self._numbers)
        return Usage(used=known, peak=known, bytes_used=4096 + known * SYMBOL_BYTES, rejected=self.lost)

    def offer(self, trades: TradeColumns, taken: Rows, symbol_of: Callable[[int], str | None]) -> None:
        """Write the trades marked in *taken* as one block. Never raises: what cannot be written is counted.

        symbol_of: the symbol of a slot; trades of a slot that has none are passed over.
        """
        at = np.flatnonzero(taken[: trades.count])
        columns = dict(zip(_COLUMNS, trades.arrays, strict=True))
        slots, where = np.unique(columns["slot"][at], return_inverse=True)
        names = [symbol_of(slot) for slot in slots.tolist()]
        try:
            numbers = np.array([-1 if name is None else self._numbers.number(name) for name in names], np.int64)
            named = numbers[where] >= 0 if names else np.zeros(0, bool)
            if not named.any():
                return
            at, numbers = at[named], numbers[where][named]
            rows = np.zeros(len(at), TRADE_TYPE)
            rows["symbol"] = numbers
            for name in _COLUMNS[1:]:
                rows[name] = columns[name][at]
            self._log.append(FRAMING.block(rows))
        except OSError as error:
            self.failure = f"{error.strerror} at {self._folder}"
            self.lost += len(at)
        else:
            self.failure = None
            self.written += len(at)

    def _count(self, segment: Path) -> None:
        if not is_archived(segment, read_places(self._folder).get(PLACE)):
            self.unarchived += sum(len(rows) for rows in blocks(segment))
