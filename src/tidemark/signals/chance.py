"""When the random entry that stands against a signal is drawn: same market and side, same time of day, another day.

A signal is compared with what the same market would have brought at a moment that no rule chose. The moment is one to
three days later, within half an hour of the same time of day, and follows from the signal's id and the seed alone.
"""

from hashlib import blake2b

from tidemark.units import DAY, MINUTE, SECOND

DAYS = 3
JITTER_S = 1800
# It is drawn later than that only if what it takes was not known; then it is left out.
LATE_NS = 30 * MINUTE


def drawn_at(identity: str, raised_at: int, seed: int = 1) -> int:
    """When the entry against the signal *identity* of *raised_at* (ns) is to be drawn (ns).

    >>> (drawn_at("BTCUSDT-whale_flow-long-0", 0) - 0) // DAY in (0, 1, 2, 3)
    True
    """
    digest = blake2b(f"{seed}/{identity}".encode(), digest_size=8).digest()
    day, jitter = int.from_bytes(digest[:4], "big"), int.from_bytes(digest[4:], "big")
    return raised_at + (1 + day % DAYS) * DAY + (jitter % (2 * JITTER_S + 1) - JITTER_S) * SECOND
