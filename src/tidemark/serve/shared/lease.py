"""Which of several processes does what only one of them may do at a time: who holds the lease, until it is over."""

import asyncio
import secrets

from tidemark.errors import UnreachableError
from tidemark.serve.shared.keys import Names
from tidemark.serve.shared.link import RedisLink

# It is over when it was not renewed for so long; it is renewed, and tried for, so often.
LASTS_MS = 3000
_RENEWED_S, _TRIED_S = 0.7, 0.4
# The count of holders outlives all of them.
_FENCE_MS = 24 * 3600 * 1000
_RENEW = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('PEXPIRE',KEYS[1],ARGV[2]) else return 0 end"
_GIVE_BACK = "if redis.call('GET',KEYS[1])==ARGV[1] then return redis.call('DEL',KEYS[1]) else return 0 end"


class LeaseLostError(UnreachableError):
    """Another process holds the lease."""


class Lease:
    """Held by one process at a time.

    What is written on the strength of it names `value`, and the server refuses it once another holds the lease: a
    process that slept through the end of its own cannot write between two messages of the next one.
    """

    def __init__(self, link: RedisLink, names: Names) -> None:
        self.value = ""
        self._link = link
        self._names = names

    async def take(self) -> None:
        """Return when this process holds it; UnreachableError where there is no Redis."""
        counted = [("INCR", self._names.fence), ("PEXPIRE", self._names.fence, _FENCE_MS)]
        fence = int((await self._link.ask_all(counted))[0])
        self.value = f"{fence}-{secrets.token_hex(8)}"
        wanted = ("SET", self._names.lease, self.value, "NX", "PX", LASTS_MS)
        while not await self._link.ask(*wanted):  # noqa: ASYNC110 - another process gives it back, or dies
            await asyncio.sleep(_TRIED_S)

    async def keep(self) -> None:
        """Renew it until cancelled; LeaseLostError when another has it."""
        while True:
            await asyncio.sleep(_RENEWED_S)
            if not await self._link.ask("EVAL", _RENEW, 1, self._names.lease, self.value, LASTS_MS):
                raise LeaseLostError("another process holds the lease of the bridge")

    async def give_back(self) -> None:
        """Let the next one have it at once; nothing happens where another has it."""
        await self._link.ask("EVAL", _GIVE_BACK, 1, self._names.lease, self.value)
