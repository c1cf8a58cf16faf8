"""A market of any length: schematics, and between them what looks like one and is none.

Memory: one piece of some hundred bars, and one block.
"""

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff.reading import Bars
from tidemark.model.timeframe import Timeframe
from tidemark.sim.schematics.background import Background
from tidemark.sim.schematics.label import END, PHASE, Label
from tidemark.sim.schematics.parameters import Parameters
from tidemark.sim.schematics.path import Course, draw
from tidemark.sim.schematics.shapes import Planter, Shape
from tidemark.units import DAY, HOUR

Array = npt.NDArray[Any]

# The market begins here, and a bar is never before it.
BEGIN = 1_577_836_800_000_000_000
BLOCK = 8192
# The share of the way from home that a market comes back within a piece between schematics, in log price.
HOMEWARD = 0.25
# How the mean bar range grows with the timeframe.
GROWTH = 0.45
_ACCUMULATION = {"ACCUMULATION_1": 0.3, "ACCUMULATION_2": 0.3, "RE_ACCUMULATION": 0.4}


class Block(NamedTuple):
    """Bars in a row, the first one being number *begin* of the series, and the labels that lie on them."""

    begin: int
    bars: Bars
    labels: list[Label]


class Market:
    """One series of *parameters*, a function of *seed* and its *number*."""

    def __init__(self, parameters: Parameters, seed: int, number: int = 0) -> None:
        self._of = parameters
        self._rng = rng = np.random.default_rng((parameters.stream, seed, number))
        self.symbol = f"{parameters.name.upper()}{seed}N{number}"
        self.timeframe = Timeframe(str(rng.choice(parameters.timeframes)))
        self._unit = float(rng.uniform(*parameters.bar_range)) * (self.timeframe.ns / HOUR) ** GROWTH
        self._home = self._log_price = float(rng.uniform(math.log(0.01), math.log(50_000.0)))
        ticks = float(np.exp(rng.uniform(*np.log(parameters.ticks_a_bar))))
        self._tick = tick_near(self._unit * math.exp(self._home) / ticks)
        self._season = float(rng.uniform(*parameters.season)) if self.timeframe.ns < DAY else 0.0
        self._volume = float(np.exp(rng.uniform(math.log(10.0), math.log(1e6))))
        self._volume_noise = float(rng.uniform(*parameters.volume_noise))
        self._effort = float(rng.uniform(*parameters.effort))
        self._regime = 1.0
        self._slot = self._at = self._ranges = 0
        self._planter = Planter(rng, parameters)
        self._background = Background(rng, parameters)

    def pieces(self) -> Iterator[Block]:
        """The market without end, piece by piece."""
        of, rng = self._of, self._rng
        while True:
            for _ in range(int(rng.integers(of.pieces[0], of.pieces[1] + 1))):
                if rng.random() < of.regime_change:
                    self._regime = float(np.exp(rng.uniform(math.log(of.regime[0]), math.log(of.regime[1]))))
                yield self._between()
            yield self._planted()

    def _between(self) -> Block:
        course = self._background.piece()
        pull = HOMEWARD * (self._home - self._log_price) / (self._unit * self._regime)
        return self._bars(course, 1, pull, [])

    def _planted(self) -> Block:
        rng = self._rng
        direction = 1 if rng.random() < 0.5 else -1
        if rng.random() < self._of.failed:
            shape = self._planter.failure()
        else:
            names = list(_ACCUMULATION)
            shape = self._planter.template(str(rng.choice(names, p=list(_ACCUMULATION.values()))))
        return self._bars(shape.course, direction, 0.0, [shape])

    def _bars(self, course: Course, direction: int, pull: float, shapes: list[Shape]) -> Block:
        """The bars of a course from where the market is; *pull* more, spread over all of them."""
        of, rng, count = self._of, self._rng, course.bars
        drawn = draw(course, self._volume_noise, self._effort)
        unit = direction * self._unit * self._regime
        from_ = self._log_price - unit * course.knots[0][1]
        drift = pull * np.arange(1, count + 1) / count
        open_, high, low, close = (
            self._on_tick(np.exp(from_ + unit * (heights + shift)))
            for heights, shift in (
                (drawn.open, np.concatenate(([0.0], drift[:-1]))), (drawn.high, drift), (drawn.low, drift),
                (drawn.close, drift),
            )
        )  # fmt: skip
        if direction < 0:
            high, low = low, high
        high, low = np.maximum(high, np.maximum(open_, close)), np.minimum(low, np.minimum(open_, close))
        slots = self._slot + np.arange(count)
        time = BEGIN + slots * self.timeframe.ns
        hours = time % DAY / HOUR
        season = 1.0 + self._season * np.cos((hours - 14.0) * (2.0 * np.pi / 24.0))
        # What is told of two bars stays so, whatever the hours: a test has less volume than what it tests.
        season[[one.at for one in course.told]] = 1.0
        volume = np.round(self._volume * self._regime * drawn.volume * season, 4)
        keep = rng.random(count) >= of.missing
        if not shapes and rng.random() < of.missing * 20:
            hole = int(rng.integers(count))
            keep[hole : hole + int(rng.integers(2, 20))] = False
        keep[[0, *(one.at for one in course.told)]] = True
        begin = self._at
        numbers = begin + np.concatenate(([0], np.cumsum(keep)))
        bars = Bars(
            time=time[keep], open=open_[keep], high=high[keep], low=low[keep], close=close[keep], volume=volume[keep]
        )
        self._log_price = from_ + unit * (course.height + pull)
        self._slot += count
        self._at += len(bars.time)
        labels = [label for shape in shapes for label in self._labels(shape, direction, from_, unit, numbers, time)]
        return Block(begin, bars, labels)

    def _labels(
        self, shape: Shape, direction: int, from_: float, unit: float, numbers: Array, time: Array
    ) -> Iterator[Label]:
        self._ranges += 1
        bounds = sorted((self._price(from_), self._price(from_ + unit * shape.width)))
        template = shape.template if direction > 0 else _mirrored(shape.template)

        def label(event: str, side: int, at: int, level: float, phase: str, note: str = "") -> Label:
            return Label(
                symbol=self.symbol, timeframe=self.timeframe.value, event=event, direction=side,
                at=int(numbers[at]), time=int(time[0]) + at * self.timeframe.ns, level=level, phase=phase,
                range_id=self._ranges, template=template, ice=bounds[0], creek=bounds[1], note=note,
            )  # fmt: skip

        rows = [
            label(
                one.event, one.direction * direction, one.at, self._price(from_ + unit * one.level), one.phase, one.note
            )
            for one in shape.course.marks
        ]
        rows += [label(PHASE, direction, at, 0.0, phase) for phase, at in shape.course.phases]
        rows.append(label(END, direction, shape.end, 0.0, ""))
        # A phase begins before the events on its first bar.
        yield from sorted(rows, key=lambda row: (row.at, row.event != END, row.event != PHASE))

    def _on_tick(self, prices: Array) -> Array:
        ticks = np.maximum(np.rint(prices / self._tick), 1.0)
        # Below one, to divide by a whole number gives the price as it is written.
        return ticks * self._tick if self._tick >= 1.0 else ticks / round(1.0 / self._tick)

    def _price(self, log_price: float) -> float:
        return float(self._on_tick(np.exp(np.array([log_price])))[0])


def tick_near(size: float) -> float:
    """The tick of 1, 2 or 5 times a power of ten that is next below *size*.

    >>> tick_near(0.3), tick_near(70.0)
    (0.2, 50.0)
    """
    power = 10.0 ** math.floor(math.log10(size))
    lead = max(one for one in (1.0, 2.0, 5.0) if one * power <= size * (1.0 + 1e-12))
    return float(f"{lead * power:.12g}")


def blocks(pieces: Iterable[Block], bars: int, size: int = BLOCK) -> Iterator[Block]:
    """The first *bars* of a series in blocks of *size*; the last one may be shorter."""
    held: list[Block] = []
    begin, ready = 0, 0
    for piece in pieces:
        held.append(piece)
        ready += len(piece.bars.time)
        if begin + ready < bars and ready < size:
            continue
        joined = _joined(held)
        labels = [label for one in held for label in one.labels]
        used = 0
        while min(bars - begin, ready - used) >= size or (0 < bars - begin <= ready - used):
            count = min(size, bars - begin)
            within = [label for label in labels if label.at < begin + count]
            labels = labels[len(within) :]
            yield Block(begin, cut(joined, used, used + count), within)
            begin, used = begin + count, used + count
        if begin >= bars:
            return
        ready -= used
        held = [Block(begin, cut(joined, used, used + ready), labels)]


def cut(bars: Bars, begin: int, end: int) -> Bars:
    """Bars *begin* to before *end* of these."""
    return Bars(
        time=bars.time[begin:end], open=bars.open[begin:end], high=bars.high[begin:end], low=bars.low[begin:end],
        close=bars.close[begin:end], volume=bars.volume[begin:end],
    )  # fmt: skip


def _joined(held: list[Block]) -> Bars:
    if len(held) == 1:
        return held[0].bars
    columns = {name: np.concatenate([getattr(one.bars, name) for one in held]) for name in Bars.__struct_fields__}
    return Bars(**columns)


def _mirrored(template: str) -> str:
    return template.replace("ACCUMULATION", "DISTRIBUTION")
