"""Makes the measured parts of a profile from planted markets: how sure each event is, and how phases follow each other.

One kind of event after the other, since what a range gives depends on which ranges there are: a logistic regression on
the values of the event against whether it was a planted one, the least log-odds where F1 is highest, and behind it the
share of planted ones by log-odds, made to rise (pool adjacent violators). Twice over all kinds, and then, for the kinds
of which one that is given keeps others away, the least log-odds once more, as it is read. Phases are counted.

Only the set TUNE is ever read here; what comes out is measured on the other one.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np

from tidemark.analysis.wyckoff.engine import Batch, Structure
from tidemark.analysis.wyckoff.events.base import Event
from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.analysis.wyckoff.profile import Confidence, Phases, Profile
from tidemark.analysis.wyckoff.reading import Array, Bars, Found
from tidemark.kernels import structure
from tidemark.memory.ledger import Ledger
from tidemark.proof.accuracy.matching import matched, tolerance
from tidemark.proof.accuracy.tester import SERIES_BARS
from tidemark.sim.schematics.label import END, KINDS, PHASE, Label
from tidemark.sim.schematics.market import Market, blocks
from tidemark.sim.schematics.parameters import TUNE

ROUNDS = 2
# In which order: what makes ranges first.
ORDER = (
    structure.CLIMAX, structure.REACTION, structure.SECONDARY_TEST, structure.PRELIMINARY, structure.SHAKEOUT,
    structure.SPRING, structure.TEST, structure.SIGN, structure.LAST_POINT, structure.BACKUP,
)  # fmt: skip
# A range gives one of these, or two: a false one that is given takes the place of a true one that comes later.
FEW = (structure.TEST, structure.LAST_POINT, structure.BACKUP)
TRIED = 8
# A penetration that came back is the one or the other: both are told from all of them.
THRUSTS = (structure.SHAKEOUT, structure.SPRING)
PENALTY = 2.0
STEPS = 40
BINS = 12
THRESHOLDS = 91
# As if so many bars had been seen of each, so that nothing is impossible that was not seen.
PRIOR = 1.0
FAILED_SIGNS = 20.0
_NEVER = -1e9

# Steps of the work; `Each` is called with those that are done.
WORK = ROUNDS * len(ORDER) + len(FEW) + 1
Each = Callable[[int], None]


class Truth(NamedTuple):
    """One series and what is true of it."""

    timeframe_ns: int
    bars: Bars
    labels: list[Label]


class _Sample(NamedTuple):
    """Events of one kind: their values (n, values), which were planted, and how many there were to find."""

    values: Array
    is_true: Array
    planted: int


def truths(
    bars: int, seed: int, *, has_volume: bool = True, timeframes: tuple[str, ...] = TUNE.timeframes
) -> list[Truth]:
    """Markets of the set TUNE in these timeframes; without volume where it is taken away."""
    made = []
    parameters = msgspec.structs.replace(TUNE, timeframes=timeframes)
    for number in range(max(bars // SERIES_BARS, 1)):
        market = Market(parameters, seed, number)
        parts = list(blocks(market.pieces(), SERIES_BARS))
        columns = {
            name: np.concatenate([getattr(part.bars, name) for part in parts]) for name in Bars.__struct_fields__
        }
        if not has_volume:
            columns["volume"] = np.zeros_like(columns["volume"])
        made.append(Truth(market.timeframe.ns, Bars(**columns), [label for part in parts for label in part.labels]))
    return made


def tune(base: Profile, found: Sequence[Truth], each: Each = lambda _: None) -> Profile:
    """*base* with its confidence and its phases measured on what is true."""
    files = {event.KIND: (name, event) for name, event in all_events().items()}
    confidence: dict[str, Confidence] = {}
    for number, kind in enumerate(ORDER * ROUNDS):
        each(number)
        name, event = files[kind]
        own = {files[one][0] for one in THRUSTS} if kind in THRUSTS else {name}
        without = {other: told for other, told in confidence.items() if other not in own}
        batches = _read(msgspec.structs.replace(base, confidence=without, phases=None), found)
        confidence[name] = _fit(event, _sample(found, batches, kind, event, THRUSTS if kind in THRUSTS else (kind,)))
        if kind == THRUSTS[-1]:
            _part(base, found, confidence, files)
    for number, kind in enumerate(FEW):
        each(ROUNDS * len(ORDER) + number)
        name, event = files[kind]
        confidence[name] = _as_read(base, found, confidence, name, event)
    each(WORK - 1)
    tuned = msgspec.structs.replace(base, confidence=confidence, phases=None)
    return msgspec.structs.replace(tuned, phases=_phases(found, _read(tuned, found)))


def _as_read(
    base: Profile, found: Sequence[Truth], confidence: Mapping[str, Confidence], name: str, event: Event
) -> Confidence:
    """The confidence of an event with that of some least log-odds by which F1 is highest, as it is read."""
    told = confidence[name]

    def read(least: float) -> tuple[_Sample, Array]:
        tried = {**confidence, name: msgspec.structs.replace(told, least=least)}
        batches = _read(msgspec.structs.replace(base, confidence=tried, phases=None), found)
        odds = [one.values[(one.events[:, 1] == event.KIND) & (one.events[:, 6] == 0), -1] for one in batches]
        return _sample(found, batches, event.KIND, event, (event.KIND,)), np.concatenate(odds)

    _, odds = read(_NEVER)
    best, chosen = -1.0, told
    for least in [told.least, *(_short(one) for one in np.quantile(odds, np.linspace(0.0, 0.6, TRIED)))]:
        sample, given = read(least)
        score = _f1(sample.is_true, sample.planted)
        if score > best:
            best, steps = score, rising(given, sample.is_true)
            chosen = msgspec.structs.replace(told, least=least, steps=steps)
    return chosen


def _f1(is_true: Array, planted: int) -> float:
    return float(2.0 * is_true.sum() / (len(is_true) + planted))


def _read(profile: Profile, found: Sequence[Truth]) -> list[Batch]:
    batches = []
    for one in found:
        made = Structure("tuning", series=1, timeframe_ns=one.timeframe_ns, profile=profile, ledger=Ledger())
        bars = one.bars
        batches.append(
            made.take(
                np.zeros(len(bars.time), np.int32), bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume
            )
        )
    return batches


def _sample(found: Sequence[Truth], batches: Sequence[Batch], kind: int, event: Event, kinds: Sequence[int]) -> _Sample:
    """The events of *kinds*, as if all of them were of *kind*."""
    values, is_true, planted = [], [], 0
    for one, batch in zip(found, batches, strict=True):
        chosen = np.flatnonzero(np.isin(batch.events[:, 1], kinds) & (batch.events[:, 6] == 0))
        told = [
            Found(
                event=KINDS[kind], direction=int(batch.events[at, 2]), at=int(batch.events[at, 3]),
                confirmed=int(batch.events[at, 4]), level=0.0, confidence=None, range_id=number,
            )
            for number, at in enumerate(chosen)
        ]  # fmt: skip
        labels = list(_labels(one.labels, KINDS[kind]))
        hits = {
            pair.found.range_id for pair in matched(labels, told) if pair.label is not None and pair.found is not None
        }
        values.append(batch.values[chosen, 1 : 1 + len(event.VALUES)])
        is_true.append(np.isin(np.arange(len(chosen)), list(hits)))
        planted += len(labels)
    return _Sample(np.concatenate(values), np.concatenate(is_true), planted)


def _labels(labels: Sequence[Label], kind: str) -> Iterator[tuple[Label, int]]:
    by_range: dict[int, list[Label]] = {}
    for label in labels:
        if label.event not in (PHASE, END):
            by_range.setdefault(label.range_id, []).append(label)
    for own in by_range.values():
        near = tolerance(own)
        yield from ((label, near) for label in own if label.event == kind)


def _fit(event: Event, sample: _Sample) -> Confidence:
    middle = np.median(sample.values, axis=0)
    low, high = np.quantile(sample.values, [0.05, 0.95], axis=0)
    # As wide as a standard deviation of what is spread normally.
    scale = (high - low) / 3.3
    used = np.flatnonzero(scale > 1e-9)
    distance = np.clip((sample.values[:, used] - middle[used]) / scale[used], -3.0, 3.0)
    design = np.concatenate([np.ones((len(distance), 1)), distance, distance**2], axis=1)
    weights = _logistic(design, sample.is_true.astype(np.float64))
    odds = design @ weights
    names = [event.VALUES[at] for at in used]
    count = len(used)
    told = {
        name: (_short(middle[at]), _short(scale[at]), _short(weights[1 + k]), _short(weights[1 + count + k]))
        for k, (name, at) in enumerate(zip(names, used, strict=True))
    }
    return _cut(Confidence(constant=_short(weights[0]), weights=told, least=_NEVER, steps=((0.0, 0.5),)), odds, sample)


def _cut(told: Confidence, odds: Array, sample: _Sample) -> Confidence:
    """With the least log-odds at which F1 is highest, and what was measured of what is left."""
    best, least = -1.0, _NEVER
    for threshold in np.quantile(odds, np.linspace(0.0, 0.9, THRESHOLDS)):
        given = odds >= threshold
        score = _f1(sample.is_true[given], sample.planted)
        if score > best:
            # A little lower: written in seven digits it must not lie above the events that it let in.
            best, least = score, _short(threshold - 1e-5 * max(1.0, abs(threshold)))
    left = odds >= least
    return msgspec.structs.replace(told, least=least, steps=rising(odds[left], sample.is_true[left]))


def _part(
    base: Profile, found: Sequence[Truth], confidence: dict[str, Confidence], files: Mapping[int, tuple[str, Event]]
) -> None:
    """Once both are known, a penetration is what it is more like: find anew where each is given."""
    for kind in THRUSTS:
        name = files[kind][0]
        confidence[name] = msgspec.structs.replace(confidence[name], least=_NEVER)
    batches = _read(msgspec.structs.replace(base, confidence=confidence, phases=None), found)
    for kind in THRUSTS:
        name, event = files[kind]
        sample = _sample(found, batches, kind, event, (kind,))
        odds = np.concatenate([one.values[(one.events[:, 1] == kind) & (one.events[:, 6] == 0), -1] for one in batches])
        confidence[name] = _cut(confidence[name], odds, sample)


def _logistic(design: Array, is_true: Array) -> Array:
    """The weights, by Newton's method, with a penalty on all but the constant."""
    weights = np.zeros(design.shape[1])
    penalty = np.full(design.shape[1], PENALTY)
    penalty[0] = 0.0
    for _ in range(STEPS):
        share = 1.0 / (1.0 + np.exp(-(design @ weights)))
        slope = design.T @ (is_true - share) - penalty * weights
        bend = (design * (share * (1.0 - share))[:, None]).T @ design + np.diag(penalty + 1e-9)
        step = np.linalg.solve(bend, slope)
        weights = weights + step
        if np.abs(step).max() < 1e-9:
            break
    return weights


def rising(odds: Array, is_true: Array, bins: int = BINS) -> tuple[tuple[float, float], ...]:
    """The share of true ones in bins of as many, by log-odds; bins that fall are joined with the one before.

    >>> rising(np.array([1.0, 2.0, 3.0, 4.0]), np.array([False, True, False, True]), bins=4)
    ((1.0, 0.0), (2.5, 0.5), (4.0, 1.0))
    """
    order = np.argsort(odds, kind="stable")
    pooled: list[tuple[float, float, int]] = []
    for part in np.array_split(order, bins):
        if not len(part):
            continue
        pooled.append((float(odds[part].mean()), float(is_true[part].mean()), len(part)))
        while len(pooled) > 1 and pooled[-2][1] >= pooled[-1][1]:
            (x, y, n), (a, b, m) = pooled[-1], pooled[-2]
            pooled[-2:] = [((x * n + a * m) / (n + m), (y * n + b * m) / (n + m), n + m)]
    return tuple((_short(x), _short(y)) for x, y, _ in pooled)


def _phases(found: Sequence[Truth], batches: Sequence[Batch]) -> Phases:
    follows = np.full((structure.PHASES, structure.PHASES), 0.5)
    seen = np.full((structure.PHASES, structure.SEEN), PRIOR)
    for one, batch in zip(found, batches, strict=True):
        phase = phase_row(one.labels, len(one.bars.time))
        live = (batch.seen[:, 0] > 0) & (phase > 0)
        np.add.at(seen, (phase[live] - 1, batch.seen[live, 2]), 1.0)
        before, after = phase[:-1], phase[1:]
        within = (before > 0) & (after >= before)
        np.add.at(follows, (before[within] - 1, after[within] - 1), 1.0)
    # Phases go on; only a sign that failed goes back, which the truth has no label for.
    follows = np.triu(follows)
    follows[3, 2] = FAILED_SIGNS
    follows /= follows.sum(axis=1, keepdims=True)
    seen /= seen.sum(axis=1, keepdims=True)
    return Phases(
        follows=tuple(tuple(_short(one) for one in row) for row in follows.tolist()),
        seen=tuple(tuple(_short(one) for one in row) for row in seen.tolist()),
    )


def phase_row(labels: Sequence[Label], count: int) -> Array:
    """The phase of each bar, int8 (count,); 0 where there is none."""
    phases = np.zeros(count, np.int8)
    marks = sorted(
        (label for label in labels if label.event in (PHASE, END)), key=lambda one: (one.at, one.event != END)
    )
    ends = [mark.at for mark in marks[1:]]
    for mark, end in zip(marks, [*ends, count], strict=True):
        if mark.event == PHASE:
            phases[mark.at : end] = "ABCDE".index(mark.phase) + 1
    return phases


def _short(value: float) -> float:
    """To seven digits: more were not measured."""
    return float(f"{value:.7g}")
