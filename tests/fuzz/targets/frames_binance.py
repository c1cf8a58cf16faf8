"""Stream frames of Binance, through scanner and decoder: both read the same, and nothing that is not sound."""

from pathlib import Path
from random import Random

from tests.fuzz import corpus
from tests.fuzz.frames import Pair, made
from tests.fuzz.target import Take

# The pair asks for them itself: it holds one refusal against the other.
REFUSALS: tuple[type[Exception], ...] = ()
_MADE = 600


def seeds() -> list[bytes]:
    rng = Random(1)
    return corpus.frames("binance") + [made("binance", rng) for _ in range(_MADE)]


def opened(folder: Path) -> Take:
    pair = Pair("binance")

    def take(frame: bytes) -> bool:
        pair.check(frame)
        return pair.check_events(frame)

    return take
