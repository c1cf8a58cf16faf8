"""A canary for structure: planted schematics, one each way, run through the engine with the profile that is set.

Every profile that comes with the product finds what is wanted of them; when one does not come out, nothing that is read
of the markets can be believed.
"""

from collections.abc import Iterator

import structlog

from tidemark.analysis.wyckoff.profile import Profile
from tidemark.analysis.wyckoff.reader import Reader
from tidemark.model.timeframe import Timeframe
from tidemark.sim.schematics.example import Example, example
from tidemark.sim.schematics.label import NAMES
from tidemark.units import SECOND

log = structlog.get_logger()

# An accumulation with a spring, and a distribution with an upthrust.
SEEDS = {"accumulation": 29, "distribution": 25}
WANTED = ("CLIMAX", "REACTION", "SECONDARY_TEST", "SPRING", "TEST", "SIGN_OF_STRENGTH", "LAST_POINT")
_NEAR_BARS = 5
# It is run anew when somebody asks, but not more often.
_EVERY_NS = 60 * SECOND


class StructureCanary:
    """Runs the schematics when it is made, and again when it is asked later."""

    def __init__(self, profile: Profile, now_ns: int) -> None:
        self._profile = profile
        self._looked_ns = now_ns
        self._missing = self._look()
        if self._missing:
            log.error("alarm", what=f"structure is not read as it should be: {', '.join(self._missing)} not found")

    def missing(self, now_ns: int) -> tuple[str, ...]:
        """The planted events that the engine does not find, in words; none where all is well."""
        if now_ns - self._looked_ns >= _EVERY_NS:
            self._looked_ns = now_ns
            self._missing = self._look()
        return self._missing

    def _look(self) -> tuple[str, ...]:
        return tuple(
            f"the {name}'s {event}" for name, seed in SEEDS.items() for event in not_found(self._profile, example(seed))
        )


def not_found(profile: Profile, planted: Example) -> Iterator[str]:
    """Which of WANTED are planted there and do not come out."""
    read = Reader(profile, Timeframe.H1.ns).take(planted.bars)
    for kind in WANTED:
        labels = [label for label in planted.labels if label.event == kind]
        is_there = any(
            found.direction == label.direction
            and found.event == NAMES[kind][0 if label.direction > 0 else 1]
            and abs(found.at - label.at) <= _NEAR_BARS
            for label in labels
            for found in read.events
        )
        if not is_there:
            yield NAMES[kind][0 if labels and labels[0].direction > 0 else 1]
