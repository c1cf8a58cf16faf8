"""Detectors that tests of the accuracy run try: one that knows the truth, and some that do not."""

from collections.abc import Iterator

import numpy as np

from tidemark.analysis.wyckoff.reading import PHASES, Bars, Completed, Detector, Found, PhaseSpan, Read
from tidemark.model.timeframe import Timeframe
from tidemark.proof.accuracy.tester import Series, planted
from tidemark.sim.schematics.label import END, PHASE, TEMPLATES, Label
from tidemark.sim.schematics.market import BLOCK, Block
from tidemark.sim.schematics.parameters import Parameters

SERIES_BARS = 5000


def nothing(count: int) -> Read:
    return Read(events=[], phases=np.zeros(count, np.int8), completed=[], spans=[])


def found(event: str, direction: int, at: int, confirmed: int | None = None) -> Found:
    return Found(
        event=event, direction=direction, at=at, confirmed=at if confirmed is None else confirmed, level=1.0,
        confidence=None, range_id=0,
    )  # fmt: skip


def label(event: str, direction: int, at: int, range_id: int = 1, template: str = "ACCUMULATION_1") -> Label:
    return Label(
        symbol="A", timeframe="1h", event=event, direction=direction, at=at, time=at, level=1.0, phase="A",
        range_id=range_id, template=template, ice=1.0, creek=2.0,
    )  # fmt: skip


class Silent:
    """Sees nothing."""

    def take(self, bars: Bars) -> Read:
        return nothing(len(bars.time))


class Inventor:
    """Sees a climax on every bar, and a schematic in every chunk."""

    def __init__(self) -> None:
        self._at = 0

    def take(self, bars: Bars) -> Read:
        count, begin = len(bars.time), self._at
        self._at += count
        made = Completed(
            template="ACCUMULATION_1", direction=1, begin=begin, end=begin + 1, confirmed=begin + 1, score=1.0
        )
        return Read(
            events=[found("CLIMAX", 1, begin + at) for at in range(count)], phases=np.full(count, 3, np.int8),
            completed=[made], spans=[],
        )  # fmt: skip


class Broken:
    """Raises at its second chunk."""

    def __init__(self) -> None:
        self._chunks = 0

    def take(self, bars: Bars) -> Read:
        self._chunks += 1
        if self._chunks == 2:
            raise ZeroDivisionError("no range has a width of 0")
        return nothing(len(bars.time))


class Oracle:
    """Tells the labels of a series, *late* bars after they are true and *off* by so many bars."""

    def __init__(self, blocks: Iterator[Block], late: int, off: int) -> None:
        self._blocks, self._late, self._off = blocks, late, off
        self._phase, self._since = 0, 0
        self._open: list[Label] = []

    def take(self, bars: Bars) -> Read:
        block = next(self._blocks)
        phases = np.full(len(bars.time), self._phase, np.int8)
        told = Read(events=[], phases=phases, completed=[], spans=[])
        for one in block.labels:
            if one.event in (PHASE, END):
                self._turn(one, block, told)
            else:
                at = one.at + self._off
                told.events.append(found(one.event, one.direction, at, at + self._late))
                self._open.append(one)
        return told

    def _turn(self, one: Label, block: Block, told: Read) -> None:
        if self._phase:
            told.spans.append(PhaseSpan(phase=self._phase, begin=self._since, end=one.at))
        self._phase, self._since = (PHASES.index(one.phase) if one.event == PHASE else 0), one.at
        told.phases[one.at - block.begin :] = self._phase
        if one.event == END:
            if one.template in TEMPLATES:
                first, last = self._open[0].at, self._open[-1].at
                done = Completed(
                    template=one.template, direction=one.direction, begin=first, end=last, confirmed=one.at, score=1.0
                )
                told.completed.append(done)
            self._open = []


class Oracles:
    """A factory of oracles for the markets of one run, in their order."""

    def __init__(self, parameters: Parameters, bars: int, seed: int, late: int = 0, off: int = 0) -> None:
        self._series: Iterator[Series] = planted(parameters, bars, seed, SERIES_BARS, BLOCK)
        self._late, self._off = late, off

    def __call__(self, _: Timeframe) -> Detector:
        return Oracle(next(self._series).blocks, self._late, self._off)
