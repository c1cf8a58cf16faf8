"""Reads the bars of one series, a chunk after the other: what the accuracy test and the command line use."""

import numpy as np

from tidemark.analysis.wyckoff.engine import Batch, Structure
from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.analysis.wyckoff.profile import Profile
from tidemark.analysis.wyckoff.reading import Array, Bars, Completed, Found, PhaseSpan, Read
from tidemark.analysis.wyckoff.schematics import Seen, likest
from tidemark.kernels import structure
from tidemark.memory.ledger import Ledger

# Events of a range that are kept for its schematic: the newest.
MOST_EVENTS = 32
# A schematic is complete from phase A to D when it is so like its template.
LEAST_LIKENESS = 0.6


class Reader:
    """A detector of one series; the same kernels as live. Memory: the events of its live ranges."""

    def __init__(self, profile: Profile, timeframe_ns: int, ledger: Ledger | None = None) -> None:
        self.profile = profile
        self.structure = Structure(
            "wyckoff/reader", series=1, timeframe_ns=timeframe_ns, profile=profile, ledger=ledger or Ledger()
        )
        events = all_events()
        self._files = {event.KIND: name for name, event in events.items()}
        self._names = {event.KIND: (event.NAME, event.MIRRORED) for event in events.values()}
        self._ranges: dict[int, _Range] = {}  # bounded: live ranges, at most four

    def take(self, bars: Bars) -> Read:
        """Read the next chunk of the series."""
        batch = self.structure.take(
            np.zeros(len(bars.time), np.int32), bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume
        )
        found: list[Found] = []
        completed: list[Completed] = []
        spans: list[PhaseSpan] = []
        for info, values in zip(batch.events.tolist(), batch.values.tolist(), strict=True):
            self._hear(info, values, found, completed, spans)
        return Read(events=found, phases=_phases(batch), completed=completed, spans=spans)

    def _hear(
        self, info: list[int], values: list[float], found: list[Found], completed: list[Completed],
        spans: list[PhaseSpan],
    ) -> None:  # fmt: skip
        _, kind, direction, at, confirmed, number, is_back, _, _ = info
        if kind == structure.BEGINS:
            self._ranges[number] = _Range(lower=values[1], upper=values[2])
            return
        live = self._ranges[number]
        if kind == structure.REVISED:
            return
        if kind == structure.PHASE_CHANGE:
            live.changes.append((int(values[2]), at))
        elif kind == structure.ENDS:
            spans += live.spans(confirmed)
            del self._ranges[number]
        elif is_back:
            live.seen = [one for one in live.seen if (one.kind, one.direction) != (kind, direction)]
        else:
            found.append(
                Found(
                    event=self._names[kind][0 if direction > 0 else 1], direction=direction, at=at,
                    confirmed=confirmed, level=float(np.exp(values[0])), confidence=self.confidence(kind, values),
                    range_id=number,
                )
            )  # fmt: skip
            live.take(Seen(kind, direction, at, (values[0] - live.lower) / (live.upper - live.lower)))
            if kind == structure.SIGN:
                whole = live.complete(direction, confirmed)
                if whole is not None:
                    completed.append(whole)

    def confidence(self, kind: int, values: list[float]) -> float | None:
        """How sure an event is, where the profile was measured."""
        told = self.profile.confidence.get(self._files[kind])
        return None if told is None else told.of(values[-1])


class _Range:
    """What a live range has given so far."""

    def __init__(self, *, lower: float, upper: float) -> None:
        self.lower, self.upper = lower, upper
        self.seen: list[Seen] = []  # bounded: MOST_EVENTS
        self.changes: list[tuple[int, int]] = []  # bounded: phases do not go back but once a failed sign

    def take(self, seen: Seen) -> None:
        self.seen = sorted([*self.seen, seen], key=lambda one: one.at)[-MOST_EVENTS:]

    def complete(self, direction: int, confirmed: int) -> Completed | None:
        """The schematic that the sign in *direction* completes, if there is all that it takes."""
        kinds = {(one.kind, one.direction) for one in self.seen}
        has_stop = any((structure.CLIMAX, way) in kinds for way in (1, -1))
        has_test = (structure.SPRING, direction) in kinds or (structure.LAST_POINT, direction) in kinds
        like = likest(self.seen, direction) if has_stop and has_test else None
        if like is None or like.score < LEAST_LIKENESS:
            return None
        return Completed(
            template=like.template, direction=direction, begin=int(self.seen[0].at), end=int(self.seen[-1].at),
            confirmed=confirmed, score=like.score,
        )  # fmt: skip

    def spans(self, end: int) -> list[PhaseSpan]:
        """The phases as they are drawn: each from where it began to where the next one did."""
        drawn: list[tuple[int, int, int]] = []
        for phase, since in self.changes:
            while drawn and drawn[-1][1] >= since:
                drawn.pop()
            if drawn:
                drawn[-1] = (drawn[-1][0], drawn[-1][1], since)
            drawn.append((phase, since, end))
        return [PhaseSpan(phase=phase, begin=begin, end=last) for phase, begin, last in drawn if last > begin]


def _phases(batch: Batch) -> Array:
    phases: Array = batch.seen[:, 1].astype(np.int8)
    return phases
