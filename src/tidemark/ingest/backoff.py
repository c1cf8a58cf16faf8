"""How long to wait before the next attempt to connect."""

from collections.abc import Iterator
from random import Random

FIRST_S = 0.5
CEILING_S = 30.0


def backoff(rng: Random, ceiling_s: float = CEILING_S) -> Iterator[float]:
    """Seconds to wait, without end: doubling from half a second to *ceiling_s*, each cut at random by up to one half.

    The random part keeps connections that were lost together from coming back together.
    """
    full = FIRST_S
    while True:
        yield full * rng.uniform(0.5, 1.0)
        full = min(full * 2, ceiling_s)
