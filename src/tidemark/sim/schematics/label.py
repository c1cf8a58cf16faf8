"""What is true of a made-up market: a row for each event, each phase and the end of each range."""

from collections.abc import Mapping

import msgspec

from tidemark.analysis.wyckoff import schematics
from tidemark.analysis.wyckoff.events.registry import all_events

# The kinds of event, as their files are called, and what each is called where support is tested, +1, and where
# resistance is, -1.
NAMES: Mapping[str, tuple[str, str]] = {
    file.upper(): (event.NAME, event.MIRRORED) for file, event in all_events().items()
}
KINDS = tuple(NAMES)
# The kind of each name, and of itself.
KIND_OF: Mapping[str, str] = {name: kind for kind, names in NAMES.items() for name in (kind, *names)}
# The rows that are no events: a phase begins; the range is over.
PHASE, END = "PHASE", "END"
TEMPLATES = schematics.TEMPLATES
FAILED = ("FAILED_ACCUMULATION", "FAILED_DISTRIBUTION")


class Label(msgspec.Struct, frozen=True, gc=False):
    """One row of the truth.

    direction: +1 where the lower bound is tested or the upper one broken, -1 for the mirror; of PHASE and END rows that
    of the template. at: the bar since the series' begin; time: its open, ns. phase: A to E. template: one of TEMPLATES
    or FAILED; ice and creek: the lower and the upper bound of the range, as prices.
    """

    symbol: str
    timeframe: str
    event: str
    direction: int
    at: int
    time: int
    level: float
    phase: str
    range_id: int
    template: str
    ice: float
    creek: float
    source: str = "planted"
    reviewer: str = ""
    note: str = ""
