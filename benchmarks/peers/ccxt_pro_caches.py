"""ccxt.pro's own caches, full: its handlers take 1,000 trades, 1,000 candles a timeframe and a book of each market.

The limits are its defaults. It has no candles of ten seconds, so one timeframe is missing.
"""

import json
import resource
import sys
from pathlib import Path
from typing import Any

import ccxt.pro

from benchmarks.peers.ccxt_pro import _Client, market

# Its names of the timeframes that we keep.
TIMEFRAMES = {"1": 60, "5": 300, "15": 900, "30": 1800, "60": 3600, "240": 14400, "D": 86400}
TRADES = CANDLES = 1000
LEVELS = 50
START_MS = 1_793_491_200_000


def fill(exchange: Any, symbol: str) -> None:
    """One market, through the handlers that its streams go through."""
    client = _Client()
    rows = [
        {
            "T": START_MS, "s": symbol, "S": "Buy", "v": "0.5", "p": f"100.{n % 100:02d}", "L": "PlusTick",
            "i": f"{symbol}-{n}", "BT": False, "RPI": False, "seq": n + 1,
        }
        for n in range(TRADES)
    ]  # fmt: skip
    for first in range(0, TRADES, 100):
        topic = f"publicTrade.{symbol}"
        message = {"topic": topic, "type": "snapshot", "ts": START_MS, "data": rows[first : first + 100]}
        exchange.handle_message(client, json.loads(json.dumps(message)))
    for interval, seconds in TIMEFRAMES.items():
        candles = [
            {
                "start": START_MS - (CANDLES - n) * seconds * 1000, "end": START_MS, "interval": interval,
                "open": f"{100 + n}.5", "close": f"{101 + n}.5", "high": f"{102 + n}.5", "low": f"{99 + n}.5",
                "volume": f"{n}.25", "turnover": "1", "confirm": True, "timestamp": START_MS,
            }
            for n in range(CANDLES)
        ]  # fmt: skip
        message = {"topic": f"kline.{interval}.{symbol}", "type": "snapshot", "ts": START_MS, "data": candles}
        exchange.handle_message(client, json.loads(json.dumps(message)))
    sides = [[[f"{100 + sign * 0.01 * (n + 1):.2f}", f"{n + 1}"] for n in range(LEVELS)] for sign in (-1, 1)]
    message = {
        "topic": f"orderbook.{LEVELS}.{symbol}", "type": "snapshot", "ts": START_MS,
        "data": {"s": symbol, "b": sides[0], "a": sides[1], "u": 2, "seq": 7},
    }  # fmt: skip
    exchange.handle_message(client, json.loads(json.dumps(message)))


def main(path: str) -> None:
    """Fill as many markets as the file at *path* says, for each line of standard input."""
    count = json.loads(Path(path).read_text(encoding="ascii"))["symbols"]
    symbols = [f"M{number:03d}USDT" for number in range(count)]
    print(json.dumps({"version": ccxt.__version__}), flush=True)
    for _ in sys.stdin:
        exchange = ccxt.pro.bybit({"enableRateLimit": False})
        exchange.set_markets([market(symbol) for symbol in symbols])
        for symbol in symbols:
            fill(exchange, symbol)
        trades = sum(len(cache) for cache in exchange.trades.values())
        candles = sum(len(cache) for each in exchange.ohlcvs.values() for cache in each.values())
        books = sum(len(book["bids"]) == LEVELS for book in exchange.orderbooks.values())
        if (candles, books) != (len(symbols) * len(TIMEFRAMES) * CANDLES, len(symbols)):
            raise AssertionError(f"{candles} candles and {books} books are held")
        # The highest so far: it only fills up.
        rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 10 if sys.platform == "linux" else 1 << 20)
        print(json.dumps({"seconds": 0.0, "trades": trades, "rss_mb": round(rss_mb, 1)}), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
