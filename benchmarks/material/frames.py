"""Synthetic trade frames in the documented wire shapes of Bybit and Binance; the same seed gives the same bytes."""

import struct
from bisect import bisect_left
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from random import Random
from uuid import UUID

import msgspec

from tidemark.units import SECOND

# 2026-11-01 00:00:00 UTC, the start of a candle in every timeframe.
START_NS = 1_793_491_200 * SECOND
SYMBOLS = tuple(f"M{number:03d}USDT" for number in range(560))
_MEAN_TRADES = 2.8
_DUPLICATED = 0.01
LENGTH = struct.Struct("<I")


class Frames(msgspec.Struct, frozen=True):
    """Frames in the order in which they come, evenly over `seconds` from START_NS on.

    `trades` counts every row; `duplicates` those among them that came before, a repeated message being a repeated row.
    """

    payloads: list[bytes]
    trades: int
    duplicates: int
    seconds: int

    def seconds_of(self) -> Iterator[tuple[int, list[bytes]]]:
        """Each second's time (ns) and its frames."""
        per_second = -(-len(self.payloads) // self.seconds)
        for second in range(self.seconds):
            yield START_NS + second * SECOND, self.payloads[second * per_second : (second + 1) * per_second]

    def write(self, path: Path) -> None:
        """Write them for a peer: each behind its length, 4 bytes, little-endian."""
        path.write_bytes(b"".join(LENGTH.pack(len(payload)) + payload for payload in self.payloads))


def bybit(messages: int, seconds: int, seed: int = 1) -> Frames:
    """Messages of publicTrade.SYMBOL, 2.8 trades each on average, as the exchange joins the fills of one order."""
    rng = Random(seed)
    walk = _Walk(rng)
    payloads: list[bytes] = []
    counts: list[int] = []
    duplicates = 0
    sequence = 10_000_000_000
    for number in range(messages):
        if payloads and rng.random() < _DUPLICATED:
            back = rng.randrange(1, min(50, len(payloads)) + 1)
            payloads.append(payloads[-back])
            counts.append(counts[-back])
            duplicates += counts[-1]
            continue
        ts_ms = START_NS // 1_000_000 + number * seconds * 1000 // messages
        symbol, side = walk.symbol(), rng.choice(("Buy", "Sell"))
        rows = []
        for _ in range(_trades(rng)):
            sequence += 1
            rows.append(
                f'{{"T":{ts_ms},"s":"{symbol}","S":"{side}","v":"{walk.size()}","p":"{walk.price(symbol)}",'
                f'"L":"PlusTick","i":"{UUID(int=rng.getrandbits(128), version=4)}","BT":false,"RPI":false,'
                f'"seq":{sequence}}}'
            )
        counts.append(len(rows))
        payloads.append(
            f'{{"topic":"publicTrade.{symbol}","type":"snapshot","ts":{ts_ms + 2},"data":[{",".join(rows)}]}}'.encode()
        )
    return Frames(payloads, sum(counts), duplicates, seconds)


def binance(messages: int, seconds: int, seed: int = 2) -> Frames:
    """Messages of SYMBOL@aggTrade on a combined stream: one trade each."""
    rng = Random(seed)
    walk = _Walk(rng)
    payloads: list[bytes] = []
    duplicates = 0
    ids = dict.fromkeys(SYMBOLS, 1_000_000)
    for number in range(messages):
        if payloads and rng.random() < _DUPLICATED:
            payloads.append(payloads[-rng.randrange(1, min(50, len(payloads)) + 1)])
            duplicates += 1
            continue
        ts_ms = START_NS // 1_000_000 + number * seconds * 1000 // messages
        symbol = walk.symbol()
        ids[symbol] += 1
        is_sell = "true" if rng.random() < 0.5 else "false"
        size = walk.size()
        payloads.append(
            f'{{"stream":"{symbol.lower()}@aggTrade","data":{{"e":"aggTrade","E":{ts_ms + 3},"a":{ids[symbol]},'
            f'"s":"{symbol}","p":"{walk.price(symbol)}","q":"{size}","nq":"{size}","f":{ids[symbol] * 2},'
            f'"l":{ids[symbol] * 2 + 1},"T":{ts_ms},"m":{is_sell}}}}}'.encode()
        )
    return Frames(payloads, messages, duplicates, seconds)


class _Walk:
    """Symbols by a Zipf law, and a random walk of one tick a step for each of them."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._odds = list(accumulate(1 / rank for rank in range(1, len(SYMBOLS) + 1)))
        self._ticks = {symbol: rng.randrange(1_000, 900_000) for symbol in SYMBOLS}  # bounded: by SYMBOLS

    def symbol(self) -> str:
        return SYMBOLS[bisect_left(self._odds, self._rng.random() * self._odds[-1])]

    def price(self, symbol: str) -> str:
        self._ticks[symbol] += self._rng.choice((-1, 0, 1))
        return f"{self._ticks[symbol] / 100:.2f}"

    def size(self) -> str:
        return f"{self._rng.randrange(1, 50_000) / 1000:.3f}"


def _trades(rng: Random) -> int:
    """A geometric number of trades, from 1 on."""
    count = 1
    while rng.random() > 1 / _MEAN_TRADES:
        count += 1
    return min(count, 1000)
