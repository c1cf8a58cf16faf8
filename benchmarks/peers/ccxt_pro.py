"""ccxt.pro: orjson and `handle_message`, offline; it keeps the newest 1,000 trades of each market, and no candles.

Counting the trades that it parses costs it one call in Python each, about half a percent.
"""

import sys
from collections.abc import Callable
from typing import Any

import ccxt.pro
import orjson

from benchmarks.peers.loop import read_frames, serve


class _Counting(ccxt.pro.bybit):  # type: ignore[misc]
    """Bybit, counting what it parses."""

    parsed = 0

    def parse_ws_trade(self, trade: dict[str, Any], market: Any = None) -> Any:
        self.parsed += 1
        return super().parse_ws_trade(trade, market)


class _Client:
    """As much of a client as the handlers ask for."""

    url = "wss://stream.bybit.com/v5/public/linear"

    def resolve(self, result: object, message_hash: str) -> None:
        """Nobody waits."""


def market(symbol: str) -> dict[str, Any]:
    """A linear perpetual, as far as parsing a trade needs it."""
    base = symbol.removesuffix("USDT")
    return {
        "id": symbol, "symbol": f"{base}/USDT:USDT", "base": base, "quote": "USDT", "settle": "USDT", "baseId": base,
        "quoteId": "USDT", "settleId": "USDT", "type": "swap", "spot": False, "margin": False, "swap": True,
        "future": False, "option": False, "active": True, "contract": True, "linear": True, "inverse": False,
        "contractSize": 1.0, "precision": {"amount": 0.001, "price": 0.01}, "limits": {}, "info": {},
    }  # fmt: skip


def main(path: str) -> None:
    """Serve repetitions over the frames in *path*."""
    frames = read_frames(path)
    markets = [market(symbol) for symbol in sorted({orjson.loads(frame)["data"][0]["s"] for frame in frames})]

    def prepare() -> tuple[Callable[[], None], Callable[[], int]]:
        exchange = _Counting({"enableRateLimit": False})
        exchange.set_markets(markets)
        client = _Client()

        def work() -> None:
            for frame in frames:
                exchange.handle_message(client, orjson.loads(frame))

        return work, lambda: exchange.parsed

    serve(ccxt.__version__, prepare)


if __name__ == "__main__":
    main(sys.argv[1])
