"""A client's conversation with Bybit's public stream: subscribe, unsubscribe, ping."""

import hashlib
from collections.abc import Mapping

import msgspec

from tidemark.errors import DECODE_ERRORS
from tidemark.sim.market import Source
from tidemark.sim.venue import Answer

# All topics of one connection together, as the page on connecting says.
MOST_CHARACTERS = 21_000


class Command(msgspec.Struct):
    """What a client sends."""

    op: str
    args: list[str] | None = None
    req_id: str | int | None = None


class BybitSession:
    """One connection. Subscribing is all or nothing: one unknown topic refuses the whole message."""

    is_combined = False

    def __init__(self, source: Source) -> None:
        self._source = source
        self._conn_id = ""

    def opened(self, path: str, query: Mapping[str, str]) -> Answer:
        """Nothing is subscribed by the address alone."""
        digest = hashlib.blake2s(f"{path}{sorted(query.items())}{id(self)}".encode(), digest_size=10).hexdigest()
        self._conn_id = f"{digest[:16]}-{digest[16:]}"
        return Answer()

    def delivers(self, topic: str) -> bool:
        """Every topic comes on every connection."""
        return bool(topic)

    def heard(self, text: str | None, now_ms: int, topics: set[str]) -> Answer:  # noqa: ARG002 - nothing is timed here
        """Answer a command."""
        if text is None:
            return Answer()
        try:
            command = msgspec.json.decode(text, type=Command)
        except DECODE_ERRORS:
            return self._say("", success=False, message="error:invalid request format")
        match command.op:
            case "ping":
                return self._say("ping", success=True, message="pong", command=command)
            case "subscribe":
                return self._subscribe(command, topics)
            case "unsubscribe":
                gone = tuple(command.args or ())
                answer = self._say("unsubscribe", success=True, command=command)
                return msgspec.structs.replace(answer, unsubscribe=gone)
            case _:
                return self._say(command.op, success=False, message="error:invalid op", command=command)

    def _subscribe(self, command: Command, topics: set[str]) -> Answer:
        asked = list(dict.fromkeys(command.args or ()))
        for topic in asked:
            if not self._source.knows(topic):
                message = f"error:handler not found,topic:{topic}"
                return self._say("subscribe", success=False, message=message, command=command)
        if sum(map(len, topics.union(asked))) > MOST_CHARACTERS:
            message = f"error:args length over {MOST_CHARACTERS} characters"
            return self._say("subscribe", success=False, message=message, command=command)
        fresh = [topic for topic in asked if topic not in topics]
        snapshots = tuple(text for text in map(self._source.snapshot, fresh) if text is not None)
        answer = self._say("subscribe", success=True, command=command)
        return msgspec.structs.replace(answer, replies=answer.replies + snapshots, subscribe=tuple(fresh))

    def _say(self, op: str, *, success: bool, message: str = "", command: Command | None = None) -> Answer:
        body = {
            "success": success,
            "ret_msg": message,
            "conn_id": self._conn_id,
            "req_id": "" if command is None or command.req_id is None else str(command.req_id),
            "op": op,
        }
        return Answer((msgspec.json.encode(body),))
