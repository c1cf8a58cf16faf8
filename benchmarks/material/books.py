"""Synthetic book frames in Bybit's documented wire shape: 50 levels a side, about 12 changes a delta."""

from bisect import bisect_left
from itertools import accumulate
from pathlib import Path
from random import Random

import msgspec

from benchmarks.material.frames import LENGTH, START_NS, SYMBOLS

DEPTH = 50
# Sizes that change on each side, beside one level that goes and one that comes.
_CHANGED = 6


class BookFrames(msgspec.Struct, frozen=True):
    """One snapshot a symbol, then deltas; `books` holds both sides of each in the end, best first, (price, size)."""

    snapshots: list[bytes]
    deltas: list[bytes]
    books: dict[str, tuple[list[tuple[float, float]], list[tuple[float, float]]]]

    def write(self, path: Path) -> None:
        """Write them for a peer: each behind its length, 4 bytes, little-endian."""
        path.write_bytes(b"".join(LENGTH.pack(len(one)) + one for one in (*self.snapshots, *self.deltas)))


def bybit_books(deltas: int, seed: int = 3) -> BookFrames:
    """Messages of orderbook.50.SYMBOL, the symbols by a Zipf law."""
    rng = Random(seed)
    odds = list(accumulate(1 / rank for rank in range(1, len(SYMBOLS) + 1)))
    books = [_Book(symbol, rng) for symbol in SYMBOLS]
    first_ms = START_NS // 1_000_000
    snapshots = [book.snapshot(first_ms) for book in books]
    frames = []
    for number in range(deltas):
        book = books[bisect_left(odds, rng.random() * odds[-1])]
        frames.append(book.delta(first_ms + number // 2))
    return BookFrames(snapshots, frames, {book.symbol: book.read() for book in books})


class _Side:
    """Levels by distance: a bid's price is *origin* less the distance, an ask's more, in ticks; nearest first."""

    def __init__(self, origin: int, sign: int, rng: Random) -> None:
        self.origin = origin
        self.sign = sign
        self.at = [1 + 2 * n for n in range(DEPTH)]
        self.size = {distance: rng.randrange(1, 90_000) for distance in self.at}
        self._rng = rng

    def price(self, distance: int) -> float:
        return (self.origin + self.sign * distance) / 100

    def row(self, distance: int, size: int) -> str:
        return f'["{self.price(distance):.2f}","{size / 1000:.3f}"]'

    def rows(self) -> list[str]:
        return [self.row(distance, self.size[distance]) for distance in self.at]

    def change(self) -> list[str]:
        """Sizes near the best change, one level goes, one comes: the window stays as long as it was."""
        rng = self._rng
        free = next(one for one in range(max(1, self.at[0] - 1), self.at[-1] + 2) if one not in self.size)
        if free < self.at[-1] and (self.at[0] > 3 or rng.random() < 0.5):
            gone, come = self.at[-1], free
        else:
            gone, come = self.at[min(int(rng.expovariate(0.3)), DEPTH - 1)], self.at[-1] + rng.randrange(1, 4)
        rows = [self.row(gone, 0)]
        self.at.remove(gone)
        del self.size[gone]
        # Each level at most once in a message, as the exchange has it.
        for distance in {self.at[min(int(rng.expovariate(0.15)), DEPTH - 2)]: None for _ in range(_CHANGED)}:
            self.size[distance] = rng.randrange(1, 90_000)
            rows.append(self.row(distance, self.size[distance]))
        self.at.insert(bisect_left(self.at, come), come)
        self.size[come] = rng.randrange(1, 90_000)
        return [*rows, self.row(come, self.size[come])]


class _Book:
    """One symbol: two sides that never meet, and its update id."""

    def __init__(self, symbol: str, rng: Random) -> None:
        self.symbol = symbol
        middle = rng.randrange(5_000, 900_000)
        self.bids, self.asks = _Side(middle, -1, rng), _Side(middle, 1, rng)
        self.update = rng.randrange(1, 1_000_000)

    def snapshot(self, ts_ms: int) -> bytes:
        return self._frame("snapshot", ts_ms, self.bids.rows(), self.asks.rows())

    def delta(self, ts_ms: int) -> bytes:
        self.update += 1
        return self._frame("delta", ts_ms, self.bids.change(), self.asks.change())

    def read(self) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        bids, asks = (
            [(side.price(distance), side.size[distance] / 1000) for distance in side.at]
            for side in (self.bids, self.asks)
        )
        return bids, asks

    def _frame(self, kind: str, ts_ms: int, bids: list[str], asks: list[str]) -> bytes:
        return (
            f'{{"topic":"orderbook.50.{self.symbol}","type":"{kind}","ts":{ts_ms + 2},"data":{{"s":"{self.symbol}",'
            f'"b":[{",".join(bids)}],"a":[{",".join(asks)}],"u":{self.update},"seq":{10**10 + self.update * 7}}},'
            f'"cts":{ts_ms}}}'
        ).encode()
