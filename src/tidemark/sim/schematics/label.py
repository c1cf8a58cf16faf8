"""What is true of a made-up market: a row for each event, each phase and the end of each range."""

from collections.abc import Mapping

import msgspec

# The kinds of event, and what each is called where support is tested, +1, and where resistance is, -1.
NAMES: Mapping[str, tuple[str, str]] = {
    "PRELIMINARY": ("PS", "PSY"), "CLIMAX": ("SC", "BC"), "REACTION": ("AR", "AR"), "SECONDARY_TEST": ("ST", "ST"),
    "SHAKEOUT": ("SHAKEOUT", "UT"), "SPRING": ("SPRING", "UTAD"), "TEST": ("TEST", "TEST"),
    "SIGN_OF_STRENGTH": ("SOS", "SOW"), "LAST_POINT": ("LPS", "LPSY"), "BACKUP": ("BU", "RTI"),
}  # fmt: skip
KINDS = tuple(NAMES)
# The kind of each name, and of itself.
KIND_OF: Mapping[str, str] = {name: kind for kind, names in NAMES.items() for name in (kind, *names)}
# The rows that are no events: a phase begins; the range is over.
PHASE, END = "PHASE", "END"
TEMPLATES = (
    "ACCUMULATION_1", "ACCUMULATION_2", "DISTRIBUTION_1", "DISTRIBUTION_2", "RE_ACCUMULATION", "RE_DISTRIBUTION",
)  # fmt: skip
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
