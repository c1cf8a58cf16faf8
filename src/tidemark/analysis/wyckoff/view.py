"""What the structure of one series says, for people: range, phase, events with rules, schematic, cause, what next.

Everything is a figure that was measured, or a sentence made of such; a time is that of a bar's opening.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import msgspec

from tidemark.analysis.wyckoff import point_and_figure as chart
from tidemark.analysis.wyckoff import reasons
from tidemark.analysis.wyckoff.engine import Candidate, Standing, Structure
from tidemark.analysis.wyckoff.events.base import Event
from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.analysis.wyckoff.kept import DEEPER, FAILED, WITHDRAWN, Kept, KeptEvent, KeptRange, KeptRevision
from tidemark.analysis.wyckoff.profile import Profile
from tidemark.analysis.wyckoff.reading import PHASES, Array
from tidemark.analysis.wyckoff.schematics import Likeness, Seen, likest
from tidemark.analysis.wyckoff.told import (
    CandidateView,
    CauseView,
    ColumnView,
    EventView,
    PastRange,
    PhaseView,
    QualityPart,
    RangeView,
    Reading,
    Revision,
    SchematicView,
)
from tidemark.kernels import structure
from tidemark.units import MILLISECOND, SECOND

# Bars that a series has to have had before its structure says anything.
WARM_UP = 100
ENDS = ("left", "failed", "shapeless", "too long", "displaced")
# A box of the point and figure chart, in average true ranges when the range began, and its reversal.
BOX_ATR, REVERSAL = 0.5, 3
# From one bound to the other so often: four touches, two a side.
_LEAST_TURNS = 3
# Fewer are no cause.
LEAST_COLUMNS = 3


class Bars(msgspec.Struct, frozen=True, kw_only=True):
    """The bars of the series that are still there, oldest first, but for what is absent; the newest was read last."""

    time: Array
    high: Array
    low: Array
    close: Array


def read(made: Structure, kept: Kept, slot: int, bars: Bars, timeframe_ns: int) -> Reading:
    """What is known of the series at *slot* at the close of its newest bar."""
    return _View(made, kept, slot, bars, timeframe_ns).reading()


class _View:
    def __init__(self, made: Structure, kept: Kept, slot: int, bars: Bars, timeframe_ns: int) -> None:
        self.profile: Profile = made.profile
        self.made, self.slot, self.bars, self.length = made, slot, bars, timeframe_ns
        self.count, self.standing = made.standing(slot)
        self.by_kind = events()
        self.kept = kept.events(slot)
        self.changes = kept.changes(slot)
        self.ended = kept.ended(slot)

    def reading(self) -> Reading:
        standing = newest(self.standing)
        live = [] if standing is None else _own(self.kept, standing)
        like = None if standing is None else likest(seen(live, standing))
        direction = 0 if standing is None else int(standing.broken) or (0 if like is None else like.direction)
        return Reading(
            as_of_ms=int(self.bars.time[-1]) // MILLISECOND if len(self.bars.time) else None, bars=self.count,
            warm_up=WARM_UP, profile=f"{self.profile.name} {self.profile.version}",
            phase="" if standing is None else PHASES[int(standing.phase)], direction=direction,
            range=None if standing is None else self._range(standing),
            events=tuple(self._event(one) for one in self.kept),
            past=tuple(
                PastRange(
                    id=one.range_id, begin_ms=self._at(one.begin_at) // MILLISECOND,
                    ended_ms=one.time // MILLISECOND,
                    creek=math.exp(one.upper), ice=math.exp(one.lower), direction=one.direction, end=ENDS[one.why],
                    reason=reasons.ended(one.why, one.direction), phases=self._phases(one.range_id, one),
                )
                for one in self.ended
            ),
            schematic=None if standing is None or like is None else self._schematic(like, standing),
            cause=None if standing is None else self._cause(standing, direction, live),
            jump=None if standing is None else self._jump(standing, direction),
            candidate=self._candidate(), waiting=self._waiting(), next=tuple(self._next(standing, like)),
        )  # fmt: skip

    def _at(self, bar: float) -> int:
        """When a bar, counted from the first of the series, opened (ns); by its length where it is gone."""
        place = len(self.bars.time) - self.count + round(bar)
        if 0 <= place < len(self.bars.time):
            return int(self.bars.time[place])
        return int(self.bars.time[0]) + place * self.length if len(self.bars.time) else 0

    def _event(self, one: KeptEvent) -> EventView:
        name, event = self.by_kind[one.kind]
        told = self.profile.confidence.get(name)
        facts = one.values[1 : 1 + len(event.VALUES)]
        at = self._at(one.at)
        title = event.NAME if one.direction > 0 else event.MIRRORED
        return EventView(
            id=f"{title.lower()}-{at // SECOND}", name=title,
            title=event.TITLE if one.direction > 0 else event.MIRRORED_TITLE, direction=one.direction,
            phase=PHASES[one.phase], at_ms=at // MILLISECOND, confirmed_ms=one.time // MILLISECOND,
            level=math.exp(float(one.values[0])),
            confidence=None if told is None else told.of(float(one.values[-1])), is_withdrawn=one.is_back,
            revision=None if one.revision is None else self._revision(one, one.revision),
            range_id=one.range_id, rules=tuple(self.profile.judge(name, event, facts)),
            facts=dict(zip(event.VALUES, facts.tolist(), strict=True)),
        )  # fmt: skip

    def _revision(self, one: KeptEvent, change: KeptRevision) -> Revision:
        before, now = float(one.values[0]), change.level
        what, words = {
            DEEPER: ("deeper", f"it went deeper, from {_price(before)} to {_price(now)}"),
            WITHDRAWN: ("withdrawn", f"taken back: the price came back through {_price(now)}"),
            FAILED: ("failed", f"the break failed: the price came back through {_price(now)}"),
        }[change.what]
        return Revision(
            what=what, words=words, known_ms=self._at(change.known) // MILLISECOND,
            from_ms=self._at(one.at) // MILLISECOND, to_ms=self._at(change.at) // MILLISECOND,
            from_level=math.exp(before), to_level=math.exp(now),
        )  # fmt: skip

    def _range(self, one: Standing) -> RangeView:
        parts = _parts(one)
        origin = "compression" if one.origin == 0 else ("selling climax" if one.origin > 0 else "buying climax")
        return RangeView(
            id=int(one.id), origin=origin, begin_ms=self._at(one.begin) // MILLISECOND,
            bars=int(self.count - one.begin),
            creek=math.exp(one.upper), ice=math.exp(one.lower), width_atr=(one.upper - one.lower) / one.atr,
            phase=PHASES[int(one.phase)], phase_since_ms=self._at(one.phase_from) // MILLISECOND,
            likelihoods={} if self.profile.phases is None else dict(zip("ABCDE", likelihoods(one)[1:], strict=True)),
            broken=int(one.broken),
            touches=(int(one.touches_lower), int(one.touches_upper)), is_confirmed=is_confirmed(one),
            contained=one.inside / one.bars if one.bars else 1.0, quality=sum(part.points for part in parts),
            parts=parts, phases=self._phases(int(one.id)),
        )  # fmt: skip

    def _phases(self, number: int, over: KeptRange | None = None) -> tuple[PhaseView, ...]:
        """Those of a range, of one that is *over* to its end."""
        drawn: list[tuple[int, int, str]] = []
        for one in self.changes:
            if one.range_id != number:
                continue
            since = self._at(one.at)
            while drawn and drawn[-1][1] >= since:
                drawn.pop()
            drawn.append((one.phase, since, reasons.entered(one.why, one.direction)))
        ends: list[tuple[int | None, str | None]] = [(since, why) for _, since, why in drawn[1:]]
        ends.append((None, None) if over is None else (over.time, reasons.ended(over.why, over.direction)))
        return tuple(
            PhaseView(
                phase=PHASES[phase], begin_ms=begin // MILLISECOND, end_ms=None if end is None else end // MILLISECOND,
                entered=entered, left=left,
            )
            for (phase, begin, entered), (end, left) in zip(drawn, ends, strict=False)
        )  # fmt: skip

    def _name(self, kind: int, direction: int) -> str:
        event = self.by_kind[kind][1]
        return event.NAME if direction > 0 else event.MIRRORED

    def _schematic(self, like: Likeness, standing: Standing) -> SchematicView:
        width = standing.upper - standing.lower
        return SchematicView(
            template=like.template, direction=like.direction, score=like.score,
            points=tuple(
                (self._at(at) // MILLISECOND, math.exp(standing.lower + level * width)) for at, level in like.points
            ),
            missing=tuple(self._name(kind, way) for kind, way in like.missing),
        )  # fmt: skip

    def _cause(self, standing: Standing, direction: int, events: Sequence[KeptEvent]) -> CauseView | None:
        """Counted along the last point, or the newest low where there is none yet; of what bars are still there."""
        begin = self._at(standing.begin)
        first = int(self.bars.time.searchsorted(begin))
        if direction == 0 or len(self.bars.time) - first < 2:
            return None
        unit = BOX_ATR * standing.atr
        bars = {
            "high": self.bars.high[first:], "low": self.bars.low[first:], "close": self.bars.close[first:],
            "time": self.bars.time[first:],
        }  # fmt: skip
        made = chart.chart(bars, chart.Boxes(unit=unit, is_log=True), REVERSAL)
        points = [one for one in events if one.kind == structure.LAST_POINT and one.direction == direction]
        tests = [one for one in events if one.kind in (structure.TEST, structure.SPRING) and one.direction == direction]
        last = (points or tests)[-1] if points or tests else None
        line = (
            math.exp(float(last.values[0])) if last else math.exp(standing.lower if direction > 0 else standing.upper)
        )
        at = self._at(last.at) if last else int(self.bars.time[-1])
        told = chart.count(made, direction, last_at=at, line=line, phases=[("range", begin)])
        if told is None or not told.segments:
            return None
        whole = told.segments[-1]
        if whole.columns < LEAST_COLUMNS:
            return None
        return CauseView(
            direction=direction, box_percent=100.0 * math.expm1(unit), reversal=REVERSAL, columns=whole.columns,
            line=line, conservative=whole.conservative, halfway=whole.halfway, maximum=whole.maximum,
            is_whole=told.is_whole and begin >= int(self.bars.time[0]),
            chart=tuple(
                ColumnView(
                    kind=one.kind, low=one.low, high=one.high, begin_ms=one.begin // MILLISECOND,
                    end_ms=one.end // MILLISECOND,
                )
                for one in made.columns
            ),
        )  # fmt: skip

    def _jump(self, standing: Standing, direction: int) -> float | None:
        """Where the profile says that a range of this length carries the price, in multiples of its width."""
        bars = self.count - standing.begin
        factors = [factor for least, factor in self.profile.jump if bars >= least]
        if not factors or direction == 0:
            return None
        creek, ice = math.exp(standing.upper), math.exp(standing.lower)
        target = creek + factors[-1] * (creek - ice) if direction > 0 else ice - factors[-1] * (creek - ice)
        return target if target > 0 else None

    def _candidate(self) -> CandidateView | None:
        for one in self.made.candidates(self.slot):
            event, side = self.by_kind[structure.CLIMAX][1], one.direction
            return CandidateView(
                name=self._name(structure.CLIMAX, side), title=event.TITLE if side > 0 else event.MIRRORED_TITLE,
                direction=side, at_ms=self._at(one.at) // MILLISECOND, level=math.exp(one.level),
                reaction=math.exp(one.reaction) if one.stage > 1 else None, revisions=tuple(self._changes(one)),
            )  # fmt: skip
        return None

    def _changes(self, one: Candidate) -> Iterator[Revision]:
        """How a climax that waits has changed."""
        at = self._at(one.at) // MILLISECOND
        if one.replaced_at >= 0:
            name, before = self._name(structure.CLIMAX, one.direction), one.at - one.replaced_at
            yield Revision(
                what="replaced", words=f"it took the place of a {name} {before} bar{'s' * (before > 1)} before",
                known_ms=at, from_ms=self._at(one.replaced_at) // MILLISECOND, to_ms=at, from_level=None,
                to_level=math.exp(one.first_level),
            )  # fmt: skip
        if one.lowered_at >= 0:
            lowered = self._at(one.lowered_at) // MILLISECOND
            yield Revision(
                what="deeper", words=f"it went deeper, from {_price(one.first_level)} to {_price(one.level)}",
                known_ms=lowered, from_ms=at, to_ms=lowered, from_level=math.exp(one.first_level),
                to_level=math.exp(one.level),
            )  # fmt: skip

    def _waiting(self) -> str | None:
        for one in self.made.candidates(self.slot):
            side = one.direction
            climax, reaction = self._name(structure.CLIMAX, side), self._name(structure.REACTION, side)
            begun = f"a {climax} at {_price(one.level)} {self.count - 1 - one.at} bars ago"
            if one.stage == 1:
                return f"{begun}; its {reaction} is still to come"
            test = self._name(structure.SECONDARY_TEST, side)
            return f"{begun}, {reaction} at {_price(one.reaction)}; its {test} is still to come"
        return None

    def _next(self, standing: Standing | None, like: Likeness | None) -> list[str]:
        """What would move the reading on, and what would end it."""
        if standing is None:
            return []
        creek, ice = _price(standing.upper), _price(standing.lower)
        if standing.broken != 0:
            up = standing.broken > 0
            bound = creek if up else ice
            name = self._name(structure.LAST_POINT if standing.pullbacks == 0 else structure.BACKUP, 1 if up else -1)
            side = "above" if up else "below"
            return [
                f"{name}: a pullback on less volume that holds {side} {bound}",
                f"the break fails with a close well back {'below' if up else 'above'} {bound}",
            ]
        words = []
        for kind, way in (like.missing if like is not None else ())[:2]:
            bound = ice if way > 0 else creek
            beyond = creek if way > 0 else ice
            if kind in (structure.SPRING, structure.SHAKEOUT):
                words.append(f"{self._name(kind, way)}: through {bound} and back within a few bars")
            elif kind == structure.TEST:
                words.append(f"{self._name(kind, way)}: back towards {bound} on less volume, and not as far")
            elif kind == structure.SIGN:
                least = self._least("sign_of_strength", "volume")
                words.append(
                    f"{self._name(kind, way)}: a wide close {'above' if way > 0 else 'below'} {beyond}"
                    f"{'' if least is None else f' on {least:g} times the usual volume'}"
                )
            elif kind == structure.SECONDARY_TEST:
                words.append(f"{self._name(kind, way)}: {bound} again, on less volume than the climax")
        words.append(f"a close above {creek} or below {ice} that stays there ends the range")
        return words

    def _least(self, event: str, rule: str) -> float | None:
        told = self.profile.rules.get(event, {}).get(rule)
        return None if told is None else told.at


@cache  # bounded: one, the files of events
def events() -> Mapping[int, tuple[str, Event]]:
    """Files of events by the kernel's numbers, with their names."""
    return {one.KIND: (name, one) for name, one in all_events().items()}


def likelihoods(one: Standing) -> tuple[float, ...]:
    """Of each phase by its number; of none, 0, nothing."""
    return 0.0, one.a, one.b, one.c, one.d, one.e


def is_confirmed(one: Standing) -> bool:
    """Whether the price has touched each bound twice, and one after the other."""
    return min(one.touches_lower, one.touches_upper) >= 2 and one.alternations >= _LEAST_TURNS


def quality(one: Standing) -> float:
    """0 to 100."""
    return sum(part.points for part in _parts(one))


def seen(kept: Sequence[KeptEvent], standing: Standing) -> list[Seen]:
    """The events of a range, in order, as schematics take them."""
    width = standing.upper - standing.lower
    told = [
        Seen(one.kind, one.direction, one.at, (float(one.values[0]) - standing.lower) / width)
        for one in _own(kept, standing)
    ]
    return sorted(told, key=lambda one: one.at)


def _own(kept: Sequence[KeptEvent], standing: Standing) -> list[KeptEvent]:
    """Those of this range that were not taken back."""
    return [one for one in kept if one.range_id == int(standing.id) and not one.is_back]


def newest(standing: Sequence[Standing]) -> Standing | None:
    """The range that is shown: the newest one that a climax began, else the newest."""
    born = [one for one in standing if one.origin != 0]
    return (born or list(standing))[-1] if standing else None


def _parts(one: Standing) -> tuple[QualityPart, ...]:
    """Duration, touches, tightness, containment and volume that dries up; together at most 100."""
    count = max(one.bars, 1.0)
    contained = one.inside / count if one.bars else 1.0
    width = (one.upper - one.lower) / one.atr
    mean = one.volume_sum / count
    # The slope of volume over the bars of the range, times their number: how much less it is at the end.
    spread = (count * count - 1.0) / 12.0
    slope = (one.volume_time / count - 0.5 * (count + 1.0) * mean) / spread if count > 2.0 else 0.0
    drying = (0.0 - slope) * count / mean if mean > 0 else 0.0
    tight = 1.0 if 3.0 <= width <= 8.0 else max(0.0, 1.0 - (3.0 - width if width < 3.0 else (width - 8.0) / 4.0))
    in_turn = "in turn" if is_confirmed(one) else "in turn, not yet two a side"
    told = (
        ("duration", 20.0, min(count / 60.0, 1.0), count, "bars"),
        ("touches", 25.0, min(one.alternations / 6.0, 1.0), one.alternations, in_turn),
        ("tightness", 15.0, tight, width, "ATR wide"),
        ("containment", 25.0, min(max((contained - 0.7) / 0.3, 0.0), 1.0), contained, "of closes inside"),
        ("volume drying up", 15.0, min(max(0.0, drying / 0.5), 1.0), drying, "less at its end"),
    )
    return tuple(
        QualityPart(name=name, points=most * share + 0.0, most=most, measured=measured, unit=unit)
        for name, most, share, measured, unit in told
    )


def _price(logarithm: float) -> str:
    return f"{math.exp(logarithm):.6g}"
