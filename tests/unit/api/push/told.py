"""Topics whose messages a test tells, one by one: what delivery makes of them is what is tested."""

import asyncio

from tidemark.api.push.frames import text_frame
from tidemark.api.push.source import Followed, Message
from tidemark.errors import RequestError
from tidemark.memory.ledger import Usage


class ToldTopics:
    """Topics by the names that are asked for; `t.missing` does not exist. It has no snapshot until one is told."""

    def __init__(self) -> None:
        self.live: dict[str, Followed] = {}
        self.waiting: list[tuple[str, Message]] = []
        self.snapshot: bytes | None = None
        self.prepared: list[tuple[str, int | None]] = []
        self.is_ended = False

    def tell(self, name: str, seq: int, base: int) -> None:
        """A message of a topic, whose words are its number."""
        self.live[name].seq = seq
        self.waiting.append((name, Message(frame(seq), seq, base)))

    def usage(self) -> Usage:
        return Usage(used=len(self.live), peak=len(self.live), bytes_used=0)

    async def prepare(self, name: str, since: int | None) -> None:
        self.prepared.append((name, since))

    async def pause(self, most_s: float) -> None:
        await asyncio.sleep(0)

    def get(self, name: str) -> Followed | None:
        return self.live.get(name)

    def find(self, name: str, now_ns: int) -> Followed:
        if name == "t.missing":
            raise RequestError(404, "there is none")
        return self.live.setdefault(name, Followed(name, name, -1, now_ns + 1))

    def due(self, now_ns: int) -> list[Followed]:
        return [self.live[name] for name in dict.fromkeys(name for name, _ in self.waiting)]

    def next_due_ns(self) -> int | None:
        return 0 if self.waiting else None

    def next(self, live: Followed, now_ns: int) -> Message | None:
        if self.is_ended:
            raise RequestError(404, "it has ended")
        at = next((at for at, (name, _) in enumerate(self.waiting) if name == live.name), None)
        return None if at is None else self.waiting.pop(at)[1]

    def whole(self, live: Followed) -> list[bytes]:
        return [] if self.snapshot is None else [self.snapshot]

    def missed(self, live: Followed, since: int) -> list[bytes] | None:
        return None

    def end(self, live: Followed) -> None:
        del self.live[live.name]

    def expire(self, now_ns: int) -> None: ...


def frame(number: int) -> bytes:
    return text_frame(str(number).encode())
