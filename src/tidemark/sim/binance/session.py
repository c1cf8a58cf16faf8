"""A client's conversation with Binance's market streams: by address, or by SUBSCRIBE and its kin.

Measured on the exchange in 2026: every SUBSCRIBE is acknowledged, even of a stream that does not exist; the stream past
the limit is answered with an error, then the connection is closed; so is one that talks too much.
"""

from collections import deque
from collections.abc import Mapping

import msgspec

from tidemark.errors import DECODE_ERRORS
from tidemark.sim.venue import Answer

MOST_STREAMS = 1024
# Messages, pings and pongs of a client within one second.
MOST_MESSAGES = 10
# Since 2026 books come only under /public and the rest only under /market; the older paths carry all of it here.
ONLY_PUBLIC = ("@depth", "@bookTicker", "!bookTicker")
ONLY_MARKET = ("@aggTrade", "@kline_", "@ticker", "!ticker", "@miniTicker", "!miniTicker", "@markPrice", "!markPrice",
               "@forceOrder", "!forceOrder")  # fmt: skip


class Command(msgspec.Struct):
    """What a client sends."""

    method: str
    id: int | str | None
    params: list[str] = []  # bounded: one message of a client, which aiohttp limits


class BinanceSession:
    """One connection."""

    def __init__(self) -> None:
        self.is_combined = False
        self._side = ""
        self._heard_ms: deque[int] = deque(maxlen=MOST_MESSAGES + 1)

    def opened(self, path: str, query: Mapping[str, str]) -> Answer:
        """Streams named by the address: /ws/<stream> or /stream?streams=<stream>/<stream>."""
        parts = path.strip("/").split("/")
        self._side = parts.pop(0) if parts[0] in {"market", "public"} else ""
        self.is_combined = parts[0] == "stream"
        if self.is_combined:
            named = [stream for stream in query.get("streams", "").split("/") if stream]
        else:
            named = [stream for stream in parts[1:] if stream]
        # A client that numbers its connections does so behind /ws; a number is no stream.
        return self._subscribe([stream for stream in named if not stream.isdigit()], set(), b"")

    def delivers(self, topic: str) -> bool:
        """Whether the path the client came by carries *topic*."""
        if self._side == "public":
            return not any(kind in topic for kind in ONLY_MARKET)
        if self._side == "market":
            return not any(kind in topic for kind in ONLY_PUBLIC)
        return True

    def heard(self, text: str | None, now_ms: int, topics: set[str]) -> Answer:
        """Answer a command."""
        self._heard_ms.append(now_ms)
        if len(self._heard_ms) > MOST_MESSAGES and now_ms - self._heard_ms[0] < 1000:
            return Answer(close="Too many requests")
        if text is None:
            return Answer()
        try:
            command = msgspec.json.decode(text, type=Command)
        except msgspec.ValidationError as error:
            return self._error(2, f"Invalid request: {error}")
        except DECODE_ERRORS as error:
            return self._error(3, f"Invalid JSON: {error}")
        done = msgspec.json.encode({"result": None, "id": command.id})
        match command.method:
            case "SUBSCRIBE":
                return self._subscribe(command.params, topics, done)
            case "UNSUBSCRIBE":
                return Answer((done,), unsubscribe=tuple(command.params))
            case "LIST_SUBSCRIPTIONS":
                return Answer((msgspec.json.encode({"result": sorted(topics), "id": command.id}),))
            case _:
                return self._error(2, f"Invalid request: unknown variant `{command.method}`")

    @staticmethod
    def _subscribe(streams: list[str], topics: set[str], done: bytes) -> Answer:
        if len(topics.union(streams)) > MOST_STREAMS:
            error = msgspec.json.encode({"error": {"code": 4, "msg": "Too many subscriptions"}})
            return Answer((error,), close="Invalid request")
        return Answer((done,) if done else (), subscribe=tuple(dict.fromkeys(streams)))

    @staticmethod
    def _error(code: int, message: str) -> Answer:
        return Answer((msgspec.json.encode({"error": {"code": code, "msg": message}}),))
