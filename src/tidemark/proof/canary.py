"""Whether this run could have told: a leak and a plateau that are known, judged in the noise of the run itself."""

from collections.abc import Callable

import msgspec
import numpy as np

from tidemark.live.probe import Sample
from tidemark.memory.growth import LEAST_SAMPLES, Growth, judge, theil_sen
from tidemark.proof.run import Run, Values

# The canary leaks so many times the growth that matters; when it is not seen, twice as much, and so on.
_TIMES = (4, 8, 16, 32, 64)
# The plateau takes as much as the largest canary, in the first tenth of the run.
_WARM_UP = 0.1


class Canary(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the two beside one series.

    `least`: the smallest planted leak that was called VALID, in units of the series per run; None: none was.
    `plateau`: the verdict on the plateau, which must not be VALID.
    """

    series: str
    least: float | None
    plateau: Growth

    @property
    def is_sound(self) -> bool:
        """Whether the leak was seen and the plateau was not called one."""
        return self.least is not None and self.plateau is not Growth.VALID


def plant(run: Run) -> tuple[Canary, ...]:
    """The canaries of anonymous memory and of blocks; empty while there are too few samples for any verdict."""
    if len(run.looks) < LEAST_SAMPLES:
        return ()
    series: tuple[tuple[str, Callable[[Sample], float], float], ...] = (
        ("anonymous memory, bytes", lambda sample: sample.process.anonymous, run.byte_threshold),
        ("blocks", lambda sample: sample.process.blocks, run.block_threshold),
    )
    return tuple(_plant(name, run.series(of), threshold) for name, of, threshold in series)


def _plant(name: str, values: Values, threshold: float) -> Canary:
    noise = _noise(values)
    course = np.linspace(0.0, 1.0, len(noise))
    least = next(
        (
            times * threshold
            for times in _TIMES
            if judge(noise + course * times * threshold, threshold).growth is Growth.VALID
        ),
        None,
    )
    plateau = noise + _TIMES[-1] * threshold * (1.0 - np.exp(-course / _WARM_UP))
    return Canary(series=name, least=least, plateau=judge(plateau, threshold).growth)


def _noise(values: Values) -> Values:
    """What is left of a series when its trend is taken out of each third: the leak under test is not the canary."""
    left = []
    for part in np.array_split(values, 3):
        slope = theil_sen(part)[0]
        trend = slope * np.arange(len(part))
        left.append(part - trend - np.median(part - trend))
    return np.concatenate(left)
