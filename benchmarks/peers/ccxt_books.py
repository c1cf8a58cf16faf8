"""ccxt.pro: orjson and `handle_message` for order books, offline; every book that it hands on is counted."""

import sys
from collections.abc import Callable

import ccxt.pro
import orjson

from benchmarks.peers.ccxt_pro import market
from benchmarks.peers.loop import read_frames, serve


class _Client:
    """As much of a client as the handlers ask for."""

    url = "wss://stream.bybit.com/v5/public/linear"

    def __init__(self) -> None:
        self.resolved = 0

    def resolve(self, result: object, message_hash: str) -> None:
        """Nobody waits."""
        del result, message_hash
        self.resolved += 1


def main(path: str) -> None:
    """Serve repetitions over the frames in *path*: snapshots first, which are not timed, then deltas."""
    frames = read_frames(path)
    snapshots = [frame for frame in frames if b'"type":"snapshot"' in frame[:80]]
    deltas = frames[len(snapshots) :]
    markets = [market(symbol) for symbol in sorted({orjson.loads(frame)["data"]["s"] for frame in snapshots})]

    def prepare() -> tuple[Callable[[], None], Callable[[], int]]:
        exchange = ccxt.pro.bybit({"enableRateLimit": False})
        exchange.set_markets(markets)
        client = _Client()

        def handle(some: list[bytes]) -> None:
            for frame in some:
                exchange.handle_message(client, orjson.loads(frame))

        handle(snapshots)
        client.resolved = 0
        return lambda: handle(deltas), lambda: client.resolved

    serve(ccxt.__version__, prepare)


if __name__ == "__main__":
    main(sys.argv[1])
