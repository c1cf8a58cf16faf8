"""A canary for structure: planted schematics, one each way, run through the engine with the profile that is set.

Every profile that comes with the product finds what is wanted of them; when one does not come out, nothing that is read
of the markets can be believed. They lie in a file: see tests/planted_schematics.py.
"""

from collections.abc import Iterator, Mapping
from importlib import resources

import msgspec
import numpy as np
import structlog

from tidemark.analysis.wyckoff.profile import Profile
from tidemark.analysis.wyckoff.reader import Reader
from tidemark.analysis.wyckoff.reading import Bars
from tidemark.units import SECOND

log = structlog.get_logger()

WANTED = frozenset({"SC", "BC", "AR", "ST", "SPRING", "UTAD", "TEST", "SOS", "SOW", "LPS", "LPSY"})
_NEAR_BARS = 5
# It is run anew when somebody asks, but not more often.
_EVERY_NS = 60 * SECOND


class PlantedEvent(msgspec.Struct, frozen=True, gc=False):
    """What was planted, and on which bar."""

    name: str
    direction: int
    at: int


class Planted(msgspec.Struct, frozen=True, kw_only=True):
    """A schematic. begin, step: when its first bar opened, and how far bars are apart (ns)."""

    begin: int
    step: int
    open: list[float]
    high: list[float]
    low: list[float]
    close: list[float]
    volume: list[float]
    events: list[PlantedEvent]


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
            f"the {name}'s {event}"
            for name, schematic in schematics().items()
            for event in not_found(self._profile, schematic)
        )


def schematics() -> Mapping[str, Planted]:
    """Those of the file, by name."""
    text = resources.files(__package__).joinpath("planted.json").read_bytes()
    return msgspec.json.decode(text, type=dict[str, Planted])


def not_found(profile: Profile, planted: Planted) -> Iterator[str]:
    """Which kinds of WANTED are planted there, and do not come out once."""
    figures = {name: np.array(getattr(planted, name)) for name in ("open", "high", "low", "close", "volume")}
    bars = Bars(time=planted.begin + planted.step * np.arange(len(planted.open)), **figures)
    found = Reader(profile, planted.step).take(bars).events
    for name in dict.fromkeys(event.name for event in planted.events if event.name in WANTED):
        is_there = any(
            (one.event, one.direction) == (event.name, event.direction) and abs(one.at - event.at) <= _NEAR_BARS
            for event in planted.events
            if event.name == name
            for one in found
        )
        if not is_there:
            yield name
