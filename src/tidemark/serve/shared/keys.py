"""Names of what is kept in a Redis, and how much of it is removed without holding anybody up."""

from collections.abc import Callable

import msgspec

from tidemark.serve.shared.link import RedisLink, Words

# Removed in one round; so many are looked at to find them.
BATCH = 1000
ANSWERS = "tidemark:{*}:answer:*"


class Names:
    """Those of one life of a monitor: what is said of another one is never mixed in. One slot of a cluster."""

    def __init__(self, instance: str) -> None:
        self.instance = instance
        self._prefix = f"tidemark:{{{instance}}}:"
        self.lease = f"{self._prefix}lease"
        self.fence = f"{self._prefix}fence"
        self.asks = f"{self._prefix}asks"

    def answer(self, key: str) -> str:
        """Where an answer is kept."""
        return f"{self._prefix}answer:{key}"

    def topic(self, name: str) -> str:
        """The stream of a topic."""
        return f"{self._prefix}topic:{name}"


class Removed(msgspec.Struct, frozen=True, kw_only=True):
    """What a removal did: keys that went, in so many rounds."""

    keys: int
    rounds: int


async def remove(link: RedisLink, pattern: str, tell: Callable[[int, int], None] = lambda _, __: None) -> Removed:
    """Remove all keys that match *pattern*, 1,000 a round; UnreachableError.

    The keys are found step by step and freed beside the server's work, so that it answers others meanwhile. tell: is
    given how many have gone and how many the database had at first, of every kind. Memory: two rounds of names.
    """
    most = int(await link.ask("DBSIZE"))
    removed = rounds = 0
    cursor: bytes | int = 0
    found: list[bytes] = []
    is_done = False
    while not is_done or found:
        batch, found = found[:BATCH], found[BATCH:]
        commands: list[Words] = [("UNLINK", *batch)] if batch else []
        if not is_done and len(found) < BATCH:
            commands.append(("SCAN", cursor, "MATCH", pattern, "COUNT", BATCH))
        answers = await link.ask_all(commands)
        rounds += 1
        if batch:
            removed += int(answers[0])
        if len(answers) > bool(batch):
            cursor, names = answers[-1]
            found += names
            is_done = int(cursor) == 0
        tell(removed, most)
    return Removed(keys=removed, rounds=rounds)
