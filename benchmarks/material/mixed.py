"""Synthetic book deltas, and a stream of all kinds, in the wire shape of Bybit; the same seed gives the same bytes.

A book has 50 levels a side around a price that stays, and its first message is a snapshot. A delta changes twelve
levels; now and then it empties one, which the next change of that level brings back.
"""

from bisect import bisect_left
from itertools import accumulate
from random import Random

import msgspec

from benchmarks.material.frames import START_NS, SYMBOLS, Frames, bybit

_DEPTH = 50
_CHANGES = 12
_EMPTIED = 0.1
# Of the mixed stream: trades, deltas, tickers, candles.
_SHARES = (0.30, 0.45, 0.15, 0.10)


class Mix(msgspec.Struct, frozen=True):
    """Frames in the order in which they come: `opening`, the snapshots, and `frames`, what is measured."""

    opening: list[bytes]
    frames: Frames
    books: int


def books(messages: int, seconds: int, seed: int = 3) -> Mix:
    """Deltas of 560 books by a Zipf law, 12 levels each."""
    market = _Market(Random(seed))
    payloads = [market.delta(market.symbol(), _at_ms(number, messages, seconds)) for number in range(messages)]
    return Mix(market.opening, Frames(payloads, 0, 0, seconds), messages)


def mixed(messages: int, seconds: int, seed: int = 4) -> Mix:
    """30 % trade messages, 45 % book deltas, 15 % tickers, 10 % candles, of 560 symbols by a Zipf law."""
    rng = Random(seed)
    market = _Market(rng)
    kinds = rng.choices(range(len(_SHARES)), _SHARES, k=messages)
    trades = bybit(kinds.count(0), seconds, seed)
    trade = iter(trades.payloads)
    payloads = []
    for number, kind in enumerate(kinds):
        ts_ms = _at_ms(number, messages, seconds)
        match kind:
            case 0:
                payloads.append(next(trade))
            case 1:
                payloads.append(market.delta(market.symbol(), ts_ms))
            case 2:
                payloads.append(market.ticker(market.symbol(), ts_ms))
            case _:
                payloads.append(market.kline(market.symbol(), ts_ms))
    return Mix(market.opening, Frames(payloads, trades.trades, trades.duplicates, seconds), kinds.count(1))


def _at_ms(number: int, messages: int, seconds: int) -> int:
    return START_NS // 1_000_000 + number * seconds * 1000 // messages


class _Market:
    """560 books, each around its price in ticks of a hundredth."""

    def __init__(self, rng: Random) -> None:
        self._rng = rng
        self._odds = list(accumulate(1 / rank for rank in range(1, len(SYMBOLS) + 1)))
        self._ticks = {symbol: rng.randrange(1_000, 900_000) for symbol in SYMBOLS}  # bounded: by SYMBOLS
        self._update = dict.fromkeys(SYMBOLS, 1)
        self._sequence = 9_000_000_000
        self.opening = [self._book(symbol, "snapshot", range(_DEPTH), range(_DEPTH)) for symbol in SYMBOLS]

    def symbol(self) -> str:
        return SYMBOLS[bisect_left(self._odds, self._rng.random() * self._odds[-1])]

    def delta(self, symbol: str, ts_ms: int) -> bytes:
        """Six changed levels on each side."""
        self._update[symbol] += 1
        half = _CHANGES // 2
        bids, asks = (sorted(self._rng.sample(range(_DEPTH), half)) for _ in range(2))
        return self._book(symbol, "delta", bids, asks, ts_ms)

    def ticker(self, symbol: str, ts_ms: int) -> bytes:
        """The fields that change with nearly every ticker."""
        price = f"{self._ticks[symbol] / 100:.2f}"
        return (
            f'{{"topic":"tickers.{symbol}","type":"delta","data":{{"symbol":"{symbol}","lastPrice":"{price}",'
            f'"bid1Price":"{price}","bid1Size":"{self._size()}","ask1Price":"{price}","ask1Size":"{self._size()}"}},'
            f'"cs":{self._next()},"ts":{ts_ms}}}'
        ).encode()

    def kline(self, symbol: str, ts_ms: int) -> bytes:
        """The candle of the minute."""
        start, price = ts_ms - ts_ms % 60_000, f"{self._ticks[symbol] / 100:.2f}"
        return (
            f'{{"topic":"kline.1.{symbol}","data":[{{"start":{start},"end":{start + 59_999},"interval":"1",'
            f'"open":"{price}","close":"{price}","high":"{price}","low":"{price}","volume":"{self._size()}",'
            f'"turnover":"{self._size()}","confirm":false,"timestamp":{ts_ms}}}],"ts":{ts_ms},"type":"snapshot"}}'
        ).encode()

    def _book(
        self,
        symbol: str,
        kind: str,
        bids: range | list[int],
        asks: range | list[int],
        ts_ms: int = START_NS // 1_000_000,
    ) -> bytes:
        ticks, is_delta = self._ticks[symbol], kind == "delta"
        below = ",".join(self._level(ticks - 1 - place, is_delta) for place in bids)
        above = ",".join(self._level(ticks + 1 + place, is_delta) for place in asks)
        return (
            f'{{"topic":"orderbook.50.{symbol}","type":"{kind}","ts":{ts_ms + 2},"data":{{"s":"{symbol}",'
            f'"b":[{below}],"a":[{above}],"u":{self._update[symbol]},"seq":{self._next()}}},"cts":{ts_ms}}}'
        ).encode()

    def _level(self, ticks: int, is_delta: bool) -> str:
        size = "0" if is_delta and self._rng.random() < _EMPTIED else self._size()
        return f'["{ticks / 100:.2f}","{size}"]'

    def _size(self) -> str:
        return f"{self._rng.randrange(1, 50_000) / 1000:.3f}"

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence
