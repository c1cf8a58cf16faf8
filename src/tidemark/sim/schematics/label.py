"""What is true of a made-up market: a row for each event, each phase and the end of each range."""

import msgspec

# The kinds of event, of both directions; which name each has there is told by the direction.
KINDS = (
    "PRELIMINARY", "CLIMAX", "REACTION", "SECONDARY_TEST", "SHAKEOUT",
    "SPRING", "TEST", "SIGN_OF_STRENGTH", "LAST_POINT", "BACKUP",
)  # fmt: skip
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
