"""Runs a detector over series of which the truth is known, block by block, and counts what it got right.

A detector that raises ends the run: nothing is caught. One that says nothing scores zero.

Memory: one block, the last *HORIZON* bars of phases and bars, what waits to be matched, and the first examples.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import count
from typing import Any, NamedTuple

import msgspec
import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff.reading import PHASES, Bars, Completed, Detector, Found, PhaseSpan, Read
from tidemark.model.timeframe import Timeframe
from tidemark.proof.accuracy.matching import HORIZON, Matching
from tidemark.proof.accuracy.tally import Cases, EventScore, Negative, PhaseScore, SchematicScore, Tally
from tidemark.sim.schematics.label import END, KIND_OF, PHASE, TEMPLATES, Label
from tidemark.sim.schematics.market import BLOCK, Block, Market, blocks, cut
from tidemark.sim.schematics.negatives import garch, random_walk, shuffled
from tidemark.sim.schematics.parameters import Parameters

Array = npt.NDArray[Any]
# Makes a detector for a series of such bars.
Factory = Callable[[Timeframe], Detector]
# Called with the bars that are done.
Each = Callable[[int], None]

# Of one made-up market; then comes another, with a price, tick, timeframe and volatility of its own.
SERIES_BARS = 20_000
# How much of a planted schematic and of what was found must be the same.
OVERLAP = 0.5
PICTURES_A_TEMPLATE = 2
PICTURE_MARGIN = 30
MOST_PICTURE_BARS = 600
# Found events that are kept to be drawn.
MOST_SHOWN = 4096


class Series(NamedTuple):
    """One series in blocks."""

    symbol: str
    timeframe: Timeframe
    blocks: Iterator[Block]


class Picture(msgspec.Struct, frozen=True, kw_only=True):
    """A planted range, and what was found there; bars count from *begin*."""

    symbol: str
    timeframe: str
    begin: int
    bars: Bars
    labels: list[Label]
    found: list[Found]


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a run over the truth, and over markets without any, came to."""

    dataset: str
    seed: int | None
    bars: int
    series: int
    events: list[EventScore]
    phases_known: PhaseScore
    phases_drawn: PhaseScore
    schematics: list[SchematicScore]
    false_schematics: int
    negatives: list[Negative]
    cases_written: int
    cases_left_out: int


class Run(NamedTuple):
    """An outcome, its examples, and pictures."""

    outcome: Outcome
    cases: Cases
    pictures: list[Picture]


class _Planted(NamedTuple):
    template: str
    direction: int
    begin: int
    last: int
    end: int
    labels: list[Label]


def evaluate(
    factory: Factory, parameters: Parameters, bars: int, seed: int, *, series_bars: int = SERIES_BARS,
    block: int = BLOCK, negative_bars: int | None = None, candles: Sequence[Bars] = (), cases: Cases | None = None,
    each: Each | None = None,
) -> Run:  # fmt: skip
    """Try what *factory* makes, once for each series, on *bars* of planted markets and on the negatives.

    negative_bars: of each negative, half of *bars* by default; 0 leaves them out. candles: real ones of some markets,
    which are shuffled for the third negative; without any there are two.
    """
    progress = _Progress(each)
    tested = Trial(Cases() if cases is None else cases)
    tested.run(factory, planted(parameters, bars, seed, series_bars, block), progress)
    wanted = bars // 2 if negative_bars is None else negative_bars
    negatives = []
    for name, sources in negative_series(wanted, parameters.stream, seed, candles, series_bars, block).items():
        empty = Trial(Cases())
        empty.run(factory, sources, progress)
        negatives.append(empty.tally.negative(name))
    return tested.told(parameters.name, seed, negatives)


def try_series(factory: Factory, series: Iterable[Series], name: str, cases: Cases, each: Each | None = None) -> Run:
    """Try what *factory* makes on any series, with what is known of them."""
    tested = Trial(cases)
    tested.run(factory, series, _Progress(each))
    return tested.told(name, None, [])


def planted(parameters: Parameters, bars: int, seed: int, series_bars: int, block: int) -> Iterator[Series]:
    """Markets of *series_bars* each, *bars* in all."""
    for number, length in _lengths(bars, series_bars):
        market = Market(parameters, seed, number)
        yield Series(market.symbol, market.timeframe, blocks(market.pieces(), length, block))


def negative_series(
    bars: int, stream: int, seed: int, candles: Sequence[Bars], series_bars: int, block: int
) -> dict[str, Iterator[Series]]:
    """By name: markets in which nothing is, *bars* of each."""
    if bars <= 0:
        return {}
    sources: dict[str, Callable[[int], Iterator[Block]]] = {
        "random walk": lambda number: random_walk(stream, seed, number),
        "GARCH": lambda number: garch(stream, seed, number),
    }
    if candles:
        sources["shuffled candles"] = lambda number: shuffled(candles, stream, seed, number)

    def made(name: str, source: Callable[[int], Iterator[Block]]) -> Iterator[Series]:
        for number, length in _lengths(bars, series_bars):
            yield Series(f"{name} {number}", Timeframe.H1, blocks(source(number), length, block))

    return {name: made(name, source) for name, source in sources.items()}


class Trial:
    """Counts over series after series."""

    def __init__(self, cases: Cases) -> None:
        self.tally = Tally(cases)
        self.pictures: list[Picture] = []  # bounded: PICTURES_A_TEMPLATE of each
        self._cases = cases

    def run(self, factory: Factory, series: Iterable[Series], each: Callable[[int], None]) -> None:
        """Try every series with a detector of its own."""
        for one in series:
            reading = _Reading(one, self.tally, self.pictures)
            detector = factory(one.timeframe)
            for block in one.blocks:
                read = detector.take(block.bars)
                reading.take(block, read)
                each(len(block.bars.time))
            reading.end()
            self.tally.series += 1

    def told(self, dataset: str, seed: int | None, negatives: list[Negative]) -> Run:
        """What came out."""
        tally = self.tally
        outcome = Outcome(
            dataset=dataset, seed=seed, bars=tally.bars, series=tally.series, events=tally.events(),
            phases_known=tally.phase_score("known"), phases_drawn=tally.phase_score("drawn"),
            schematics=tally.schematic_scores(), false_schematics=tally.false_schematics, negatives=negatives,
            cases_written=self._cases.written, cases_left_out=self._cases.left_out,
        )  # fmt: skip
        return Run(outcome, self._cases, self.pictures)


class _Reading:
    """One series: truth and findings of its last bars."""

    def __init__(self, series: Series, tally: Tally, pictures: list[Picture]) -> None:
        self._series, self._tally, self._pictures = series, tally, pictures
        self._matching = Matching()
        self._now = 0
        self._phase = 0
        # From bar `_begin`: the true phase, and the phase as drawn so far.
        self._begin = 0
        self._true = np.zeros(0, np.int8)
        self._drawn = np.zeros(0, np.int8)
        self._bars: list[Block] = []  # bounded: blocks of HORIZON bars
        self._shown: list[Found] = []  # bounded: MOST_SHOWN
        self._open: list[Label] = []  # bounded: one range
        self._ranges: list[_Planted] = []  # bounded: ranges of HORIZON bars
        self._completed: list[Completed] = []  # bounded: MOST_SHOWN

    def take(self, block: Block, read: Read) -> None:
        """One more block, and what was said to it."""
        count = len(block.bars.time)
        events = self._checked(read, count)
        true = self._truth(block, count)
        self._now += count
        self._tally.bars += count
        self._tally.phases("known", true, read.phases)
        self._true, self._drawn = (
            np.concatenate((self._true, true)),
            np.concatenate((self._drawn, np.zeros(count, np.int8))),
        )
        self._draw(read.spans)
        self._bars.append(block)
        self._matching.label([label for label in block.labels if label.event not in (PHASE, END)])
        pairs = [*self._matching.find(events), *self._matching.settle(self._now)]
        for pair in pairs:
            self._tally.pair(pair, self._series.symbol)
        self._shown = [*self._shown, *events][-MOST_SHOWN:]
        self._completed += read.completed
        if len(self._completed) > MOST_SHOWN:
            self._tally.false_schematics += len(self._completed) - MOST_SHOWN
            self._completed = self._completed[-MOST_SHOWN:]
        self._forget(self._now - HORIZON)

    def end(self) -> None:
        """The series is over."""
        for pair in self._matching.settle(self._now, is_over=True):
            self._tally.pair(pair, self._series.symbol)
        self._forget(self._now + HORIZON)

    def _checked(self, read: Read, count: int) -> list[Found]:
        """The events, by their kinds; ValueError where what was told is none."""
        if read.phases.shape != (count,):
            raise ValueError(f"the detector told {read.phases.shape} phases for {count} bars; it tells one a bar")
        for one in read.events:
            if one.event not in KIND_OF or one.direction not in (-1, 1):
                raise ValueError(f"the detector found {one.event!r} of direction {one.direction}, which is no event")
        return [
            one if one.event == KIND_OF[one.event] else msgspec.structs.replace(one, event=KIND_OF[one.event])
            for one in read.events
        ]

    def _truth(self, block: Block, count: int) -> Array:
        """The true phase of each bar; ranges are written down as they end."""
        true = np.full(count, self._phase, np.int8)
        for label in block.labels:
            self._open.append(label)
            if label.event == PHASE:
                self._phase = PHASES.index(label.phase)
            elif label.event == END:
                self._phase = 0
                events = [one for one in self._open if one.event not in (PHASE, END)]
                if events:
                    self._ranges.append(
                        _Planted(label.template, label.direction, self._open[0].at, events[-1].at, label.at, self._open)
                    )
                self._open = []  # bounded: one range
            else:
                continue
            true[label.at - block.begin :] = self._phase
        return true

    def _draw(self, spans: Sequence[PhaseSpan]) -> None:
        for span in spans:
            first = max(span.begin - self._begin, 0)
            self._drawn[first : max(span.end - self._begin, first)] = span.phase

    def _forget(self, until: int) -> None:
        """What is before bar *until* is settled."""
        done = min(max(until - self._begin, 0), len(self._true))
        self._tally.phases("drawn", self._true[:done], self._drawn[:done])
        self._true, self._drawn = self._true[done:], self._drawn[done:]
        self._begin += done
        over = [one for one in self._ranges if one.end < until]
        self._ranges = [one for one in self._ranges if one.end >= until]
        for planted in over:
            self._settle(planted)
            self._picture(planted)
        old = [one for one in self._completed if one.end < until - HORIZON // 2]
        self._tally.false_schematics += len(old)
        self._completed = [one for one in self._completed if one.end >= until - HORIZON // 2]
        self._bars = [one for one in self._bars if one.begin + len(one.bars.time) > until - HORIZON]
        # What lies before the bars that are kept is in no picture any more; each holds its rules, two kilobytes.
        first = self._bars[0].begin if self._bars else self._now
        self._shown = [one for one in self._shown if one.at >= first]

    def _settle(self, planted: _Planted) -> None:
        """Whether a planted schematic was told as complete; each telling counts for one."""
        if planted.template not in TEMPLATES:
            return
        near = [one for one in self._completed if _overlap(one, planted) >= OVERLAP]
        named = [one for one in near if one.template == planted.template]
        self._tally.schematic(planted.template, is_found=bool(near), is_named=bool(named))
        for one in (named or near)[:1]:
            self._completed.remove(one)

    def _picture(self, planted: _Planted) -> None:
        taken = sum(one.labels[0].template == planted.template for one in self._pictures)
        begin = max(planted.begin - PICTURE_MARGIN, 0)
        end = min(planted.end + PICTURE_MARGIN, begin + MOST_PICTURE_BARS, self._now)
        held = [one for one in self._bars if one.begin < end and one.begin + len(one.bars.time) > begin]
        if taken >= PICTURES_A_TEMPLATE or not held or held[0].begin > begin:
            return
        # Copies: a view would keep whole blocks.
        parts = [cut(one.bars, max(begin - one.begin, 0), end - one.begin) for one in held]
        columns = {name: np.concatenate([getattr(one, name) for one in parts]) for name in Bars.__struct_fields__}
        self._pictures.append(
            Picture(
                symbol=self._series.symbol, timeframe=self._series.timeframe.value, begin=begin, bars=Bars(**columns),
                labels=planted.labels, found=[one for one in self._shown if begin <= one.at < end],
            )
        )  # fmt: skip


class _Progress:
    """Bars that are done, over all series."""

    def __init__(self, each: Each | None) -> None:
        self._each, self._done = each, 0

    def __call__(self, bars: int) -> None:
        self._done += bars
        if self._each is not None:
            self._each(self._done)


def _overlap(one: Completed, planted: _Planted) -> float:
    """What both have in common, as a share of what either has."""
    if one.direction != planted.direction:
        return 0.0
    common = min(one.end, planted.last) - max(one.begin, planted.begin)
    either = max(one.end, planted.last) - min(one.begin, planted.begin)
    return common / max(either, 1)


def _lengths(bars: int, series_bars: int) -> Iterator[tuple[int, int]]:
    """The number and the length of each series."""
    for number in count():
        left = bars - number * series_bars
        if left <= 0:
            return
        yield number, min(left, series_bars)
