"""cryptofeed: `Bybit.message_handler` for order books, with one callback that counts; prices and sizes are Decimals."""

import asyncio
import sys
from collections.abc import Callable
from importlib.metadata import version

from cryptofeed.defines import BYBIT, L2_BOOK
from cryptofeed.exchanges import Bybit
from cryptofeed.symbols import Symbols
from yapic import json

from benchmarks.peers.loop import read_frames, serve


class _Connection:
    """As much of a connection as the handler asks for."""

    address = "wss://stream.bybit.com/v5/public/linear"
    uuid = "offline"


def main(path: str) -> None:
    """Serve repetitions over the frames in *path*: snapshots first, which are not timed, then deltas."""
    frames = read_frames(path)
    snapshots = [frame for frame in frames if b'"type":"snapshot"' in frame[:80]]
    deltas = frames[len(snapshots) :]
    symbols = sorted({json.loads(frame)["data"]["s"] for frame in snapshots})
    names = {f"{symbol.removesuffix('USDT')}-USDT-PERP": symbol for symbol in symbols}
    # Known symbols, so that none are fetched.
    Symbols.set(BYBIT, names, {"instrument_type": dict.fromkeys(names, "perpetual")})

    def prepare() -> tuple[Callable[[], None], Callable[[], int]]:
        counted = [0]

        async def on_book(*_: object) -> None:
            counted[0] += 1

        feed = Bybit(symbols=list(names), channels=[L2_BOOK], callbacks={L2_BOOK: on_book})
        connection = _Connection()

        async def handle(some: list[bytes]) -> None:
            for frame in some:
                await feed.message_handler(frame, connection, 0.0)

        asyncio.run(handle(snapshots))
        counted[0] = 0
        return lambda: asyncio.run(handle(deltas)), lambda: counted[0]

    serve(version("cryptofeed"), prepare)


if __name__ == "__main__":
    main(sys.argv[1])
