"""Answers of the monitor that several processes share; while Redis is away, each keeps its own."""

from tidemark.errors import UnreachableError
from tidemark.serve.relay.answers import KEPT_NS, MOST_BYTES, Answers, Kept
from tidemark.serve.relay.upstream import Upstream
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.link import RedisLink
from tidemark.units import MILLISECOND

_KEPT_MS = KEPT_NS // MILLISECOND
# Between the tag and the body; a tag of ours has no line break.
_END = b"\n"


class SharedAnswers:
    """Kept under the life of the monitor that gave them, for ten minutes; *own* is for when there is no Redis.

    How old one is follows from what is left of its time, so that the clocks of the machines do not matter.
    """

    def __init__(self, link: RedisLink, upstream: Upstream, own: Answers) -> None:
        self._link = link
        self._upstream = upstream
        self._own = own

    async def get(self, key: str) -> Kept | None:
        """What was put there by any process, None where it is no longer."""
        if self._link.is_up:
            try:
                text, left_ms = await self._link.ask_all([("GET", self._name(key)), ("PTTL", self._name(key))])
            except UnreachableError as error:
                self._link.note(error)
            else:
                return _kept(text, int(left_ms))
        return await self._own.get(key)

    async def put(self, key: str, body: bytes, etag: str) -> None:
        """Keep an answer that holds as of now."""
        if len(body) > MOST_BYTES:
            return
        if self._link.is_up:
            try:
                await self._link.ask("SET", self._name(key), etag.encode() + _END + body, "PX", _KEPT_MS)
            except UnreachableError as error:
                self._link.note(error)
            else:
                return
        await self._own.put(key, body, etag)

    def _name(self, key: str) -> str:
        return Names(self._upstream.instance or "").answer(key)


def _kept(text: bytes | None, left_ms: int) -> Kept | None:
    """What was written; None where it has just gone, or has no end, so that it was written by another."""
    if text is None or not 0 <= left_ms <= _KEPT_MS:
        return None
    etag, end, body = text.partition(_END)
    return Kept(body, etag.decode(errors="replace"), (_KEPT_MS - left_ms) * MILLISECOND) if end else None
