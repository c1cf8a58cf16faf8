"""cryptofeed: `Bybit.message_handler` with one callback that counts; it parses trades, and builds nothing from them."""

import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import version

from cryptofeed.defines import BYBIT, TRADES
from cryptofeed.exchanges import Bybit
from cryptofeed.symbols import Symbols
from yapic import json

from benchmarks.peers.loop import read_frames, serve


class _Connection:
    """As much of a connection as the handler asks for."""

    address = "wss://stream.bybit.com/v5/public/linear"
    uuid = "offline"


def main(path: str) -> None:
    """Serve repetitions over the frames in *path*."""
    frames = read_frames(path)
    symbols = sorted({json.loads(frame)["data"][0]["s"] for frame in frames})
    names = {f"{symbol.removesuffix('USDT')}-USDT-PERP": symbol for symbol in symbols}
    # Known symbols, so that none are fetched.
    Symbols.set(BYBIT, names, {"instrument_type": dict.fromkeys(names, "perpetual")})

    def prepare() -> tuple[Callable[[], None], Callable[[], int]]:
        counted = [0]

        async def on_trade(*_: object) -> None:
            counted[0] += 1

        feed = Bybit(symbols=list(names), channels=[TRADES], callbacks={TRADES: on_trade})
        connection = _Connection()

        async def handle() -> None:
            for frame in frames:
                await feed.message_handler(frame, connection, 0.0)

        return lambda: asyncio.run(handle()), lambda: counted[0]

    serve(version("cryptofeed"), prepare)


if __name__ == "__main__":
    main(sys.argv[1])
