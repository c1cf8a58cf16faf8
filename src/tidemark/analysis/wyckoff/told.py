"""What is told of the structure of one series: its range, phase, events, schematic and cause, and what comes next.

Everything is a figure that was measured, or a sentence made of such; a time is that of a bar's opening.
"""

from collections.abc import Mapping

import msgspec

from tidemark.analysis.wyckoff.events.base import Judged


class Revision(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """What changed of something that had been told, and with the close of which bar that was known.

    what: "deeper", the price went on beyond its extreme; "withdrawn", the sign did not hold; "failed", the break failed
    in the end; "replaced", a climax took the place of the one before it. from, to: when the bars opened, and prices:
    of the extreme, or of what did not hold and the bound through which the price came back; None where it is not kept.
    """

    what: str
    words: str
    known_ms: int
    from_ms: int
    to_ms: int
    from_level: float | None
    to_level: float


class EventView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """An event of a range.

    name: as "SPRING"; direction: +1 as support is tested or resistance broken, -1 mirrored. at_ms, confirmed_ms: when
    its bar opened, and the bar at whose close it was known. level: a price. confidence: the share of such events
    that were planted ones where it was measured. is_withdrawn: what it promised did not hold; revision: how it changed
    after it was known. rules: each with what was measured. facts: all that was measured, by name.
    """

    id: str
    name: str
    title: str
    direction: int
    phase: str
    at_ms: int
    confirmed_ms: int
    level: float
    confidence: float | None
    is_withdrawn: bool
    revision: Revision | None
    range_id: int
    rules: tuple[Judged, ...]
    facts: Mapping[str, float]


class CandidateView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A climax that waits for its range: nothing of it is confirmed. reaction: the price of its reaction, if any.

    revisions: how it changed so far.
    """

    name: str
    title: str
    direction: int
    at_ms: int
    level: float
    reaction: float | None
    revisions: tuple[Revision, ...]


class PhaseView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A phase as it is drawn: from its first bar to its last (opening times, ms); the newest has no end.

    entered: why it began, in words; left: why it ended.
    """

    phase: str
    begin_ms: int
    end_ms: int | None
    entered: str
    left: str | None


class QualityPart(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A part of a range's quality: points of at most so many, and what was measured."""

    name: str
    points: float
    most: float
    measured: float
    unit: str


class RangeView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A live trading range.

    origin: "selling climax", "buying climax" or "compression". creek: its resistance, ice: its support, as prices.
    phase: the likeliest one; likelihoods: of all five. broken: 1 above, -1 below, 0 not. touches: of support and of
    resistance; is_confirmed: whether each has two, in turn: a range is known from its first test on, which may be
    before. quality: 0 to 100.
    """

    id: int
    origin: str
    begin_ms: int
    bars: int
    creek: float
    ice: float
    width_atr: float
    phase: str
    phase_since_ms: int
    likelihoods: Mapping[str, float]
    broken: int
    touches: tuple[int, int]
    is_confirmed: bool
    contained: float
    quality: float
    parts: tuple[QualityPart, ...]
    phases: tuple[PhaseView, ...]


class PastRange(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A range that is over; end is one of ENDS, direction where the price went; reason: why it ended, in words.

    phases: those that are still kept.
    """

    id: int
    begin_ms: int
    ended_ms: int
    creek: float
    ice: float
    direction: int
    end: str
    reason: str
    phases: tuple[PhaseView, ...]


class SchematicView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The template that the range is most like, 0 to 1; points: (ms, price) of it laid over the bars."""

    template: str
    direction: int
    score: float
    points: tuple[tuple[int, float], ...]
    missing: tuple[str, ...]


class ColumnView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """A column of X or O: prices of its lowest and highest box, and when the bars opened that began and ended it."""

    kind: str
    low: float
    high: float
    begin_ms: int
    end_ms: int


class CauseView(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """The cause that was built, counted on a point and figure chart, and how far it may carry the price.

    columns: how many were counted, along `line`, the price of the last point or the newest test. The targets are
    prices; None where a fall would end at nothing. is_whole: whether bars back to the range's begin are still there.
    chart: all columns since then.
    """

    direction: int
    box_percent: float
    reversal: int
    columns: int
    line: float
    conservative: float | None
    halfway: float | None
    maximum: float | None
    is_whole: bool
    chart: tuple[ColumnView, ...]


class Reading(msgspec.Struct, frozen=True, kw_only=True):
    """The structure of a series.

    as_of_ms: opening time of the newest bar; None without one. bars: how many there were, of which the first `warm_up`
    say nothing. direction: where the range leans, by its schematic: 1, -1 or 0. jump: a target by the profile's
    factors, where it has any. candidate: a climax without its range yet, and waiting: the same in words. next: what to
    watch for.
    """

    as_of_ms: int | None
    bars: int
    warm_up: int
    profile: str
    phase: str
    direction: int
    range: RangeView | None
    events: tuple[EventView, ...]
    past: tuple[PastRange, ...]
    schematic: SchematicView | None
    cause: CauseView | None
    jump: float | None
    candidate: CandidateView | None
    waiting: str | None
    next: tuple[str, ...]
