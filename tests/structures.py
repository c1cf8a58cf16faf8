"""Bars for tests of structure: markets that are drawn leg by leg, in average ranges, and numbers to read them by.

An accumulation as the text-books draw it, its mirror, and walks at random; the kernel over them, compiled or plain.
"""

from collections.abc import Sequence
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from tidemark.analysis.wyckoff.events.registry import all_events
from tidemark.analysis.wyckoff.profile import Profile, Threshold, check
from tidemark.analysis.wyckoff.reading import Bars
from tidemark.kernels import structure
from tidemark.units import HOUR

Array = npt.NDArray[Any]

# Round numbers that belong to no profile: what is tuned may move without these tests.
PARAMETERS = {
    "turn_atr": 1.5, "fine_turn_atr": 1.0, "trend_atr": 5.0, "trend_bars": 40.0, "climax_volume": 2.0,
    "climax_spread": 1.5, "reaction_atr": 2.0, "reaction_bars": 20.0, "test_bars": 45.0, "test_height": 0.45,
    "undercut": 0.2, "beyond": 0.03, "recover_bars": 6.0, "hold_bars": 5.0, "hold_depth": 0.3, "shakeout_volume": 2.0,
    "shakeout_spread": 1.5, "cause_bars": 15.0, "touch": 0.3, "test_from": 2.0, "test_until": 18.0,
    "pullback_low": -0.35, "pullback_bars": 25.0, "fail_depth": 0.4, "longest": 400.0, "contained": 0.85,
    "narrowest": 2.0, "widest": 12.0, "compression_bars": 24.0, "compression_spread": 0.25, "leave_bars": 25.0,
    "leave_widths": 1.0, "preliminary_volume": 1.2, "preliminary_bars": 60.0, "likely_volume": 2.4,
    "likely_spread": 1.7, "pull_kept": 0.5, "pull_climax": 0.1, "pull_spring": 0.4, "pull_sign": 0.5,
}  # fmt: skip
RULES = {
    "preliminary": {"bounce": 0.8, "further": 1.0},
    "climax": {"volume": 2.0, "trend": 5.0, "test_volume": 0.9},
    "reaction": {"size": 2.0, "bars": 20.0},
    "secondary_test": {"height": 0.45, "volume": 0.9},
    "shakeout": {"depth": 0.5},
    "spring": {"depth": 0.45, "bars": 6.0},
    "test": {"above": 0.0, "height": 0.5, "volume": 1.1},
    "sign_of_strength": {"beyond": 0.05, "volume": 1.3, "spread": 1.1},
    "last_point": {"height": 0.9},
    "backup": {"height": 0.6, "depth": -0.3},
}


def profile(parameters: dict[str, float] | None = None, **rules: dict[str, float]) -> Profile:
    """Rules that are all required and nothing that was measured; *parameters* and *rules* instead of the usual ones."""
    told = {**RULES, **rules}
    return check(
        Profile(
            name="drawn", version="1", asset_class="none", about="for tests",
            parameters={**PARAMETERS, **(parameters or {})},
            rules={event: {rule: Threshold(at) for rule, at in one.items()} for event, one in told.items()},
        )
    )  # fmt: skip


class Leg(NamedTuple):
    """Closes on a line to *to*, in so many bars; the last of them with this volume and spread, against the usual."""

    to: float
    bars: int
    volume: float = 1.0
    spread: float = 1.0


class Drawn(NamedTuple):
    """Bars whose prices are in average ranges: what the kernel takes, of one series."""

    high: Array
    low: Array
    close: Array
    features: Array


REACH = 0.125


def draw(start: float, legs: Sequence[Leg]) -> Drawn:
    """The legs one after the other; each bar reaches an eighth beyond where it opened and closed; its range is 1."""
    close, volume, spread = [start], [1.0], [1.0]
    for leg in legs:
        before = close[-1]
        close += [before + (leg.to - before) * (n + 1) / leg.bars for n in range(leg.bars)]
        volume += [1.0] * (leg.bars - 1) + [leg.volume]
        spread += [1.0] * (leg.bars - 1) + [leg.spread]
    closes = np.array(close)
    opened = np.concatenate([closes[:1], closes[:-1]])
    features = np.zeros((len(closes), 6))
    features[:, 0], features[:, 2], features[:, 4] = volume, spread, 1.0
    return Drawn(np.maximum(opened, closes) + REACH, np.minimum(opened, closes) - REACH, closes, features)


def mirrored(drawn: Drawn) -> Drawn:
    """The same market upside down, to the last bit."""
    return Drawn(-drawn.low, -drawn.high, -drawn.close, drawn.features)


# Bars that the legs below end with are counted from 0, the start.
TREND = (
    Leg(32.0, 16),  # 16
    Leg(30.0, 4, volume=1.5),  # 20: preliminary support
    Leg(32.0, 4),  # 24
    Leg(24.0, 12, volume=3.0, spread=2.0),  # 36: the climax
)
RANGE = (
    Leg(30.0, 8),  # 44: the automatic rally
    Leg(24.5, 8, volume=1.2),  # 52: the secondary test
    Leg(29.5, 10),  # 62
    Leg(24.5, 10, volume=0.9),  # 72: another, in phase B
    Leg(29.5, 10),  # 82
)
SPRUNG = (
    Leg(23.375, 10, volume=0.75),  # 92: the spring
    Leg(27.0, 4),  # 96
    Leg(24.5, 4, volume=0.5),  # 100: its test
)
SIGN = (
    Leg(29.875, 8),  # 108
    Leg(31.875, 1, volume=2.0, spread=2.0),  # 109: the sign of strength
)
AFTER = (
    Leg(33.0, 4),  # 113
    Leg(30.5, 5, volume=0.625),  # 118: the last point of support
    Leg(34.0, 6),  # 124
    Leg(32.0, 5, volume=0.625),  # 129: the backup
    Leg(44.0, 30),  # 159
)
# A spring at 92 that is back inside and goes deeper, to 96, before it is tested, at 104.
DEEPER = (
    Leg(23.375, 10, volume=0.75),
    Leg(24.5, 1),
    Leg(23.0, 3, volume=0.7),
    Leg(27.0, 4),  # 100
    Leg(24.25, 4, volume=0.5),  # 104
    Leg(27.0, 4),
)
ACCUMULATION = (*TREND, *RANGE, *SPRUNG, *SIGN, *AFTER)
START = 40.0
# Five turns on two levels, 6 apart: a range without a climax.
SWINGS = (Leg(6.0, 8), Leg(0.0, 8), Leg(6.0, 8), Leg(0.0, 8), Leg(6.0, 8), Leg(0.0, 8))


class Given(NamedTuple):
    """What the kernel gave: events and their values, what was seen at each bar, the pull, and counts of bars."""

    events: Array
    values: Array
    seen: Array
    pull: Array
    bars: Array


class Kernel:
    """The kernel over a state of its own."""

    def __init__(self, told: Profile, *, series: int = 1, room: int = 256, module: ModuleType = structure) -> None:
        self.state = np.zeros((series, structure.WIDTH), np.float32)
        self.events = np.zeros((room, structure.EVENT), np.int64)
        self.values = np.zeros((room, structure.VALUES))
        rules, counts = told.rule_table()
        self.made = module.Structures(
            self.state, told.parameter_row(), rules, counts, told.odds_table(), told.likely_table(), self.events,
            self.values,
        )  # fmt: skip
        self.rounds = 0

    def take(self, drawn: Drawn, rows: Array | None = None) -> Given:
        """Take all these bars, those of series 0 where *rows* does not say another."""
        count = len(drawn.close)
        rows = np.zeros(count, np.int32) if rows is None else np.ascontiguousarray(rows, np.int32)
        # Prices as precise as the engine hands them on.
        prices = [one.astype(np.float32).astype(np.float64) for one in drawn[:3]]
        columns = [*prices, np.ascontiguousarray(drawn.features)]
        seen, pull, bars = np.zeros((count, 4), np.int32), np.zeros(count), np.zeros(count, np.int32)
        events, values, begin = [], [], 0
        while begin < count:
            begin, given = self.made.take(rows, *columns, begin, seen, pull, bars)
            events.append(self.events[:given].copy())
            values.append(self.values[:given].copy())
            self.rounds += 1
        none = (self.events[:0], self.values[:0])
        return Given(np.concatenate([none[0], *events]), np.concatenate([none[1], *values]), seen, pull, bars)


class Event(NamedTuple):
    """An event of a schematic, or what was taken back of it (`back`); its name is that of its direction."""

    name: str
    at: int
    confirmed: int
    level: float


def named(given: Given) -> list[Event]:
    """Events by name, without beginnings, ends and phases; one that was taken back has a minus before its name."""
    names = {event.KIND: (event.NAME, event.MIRRORED) for event in all_events().values()}
    return [
        Event(("-" if info[6] else "") + names[info[1]][info[2] < 0], info[3], info[4], round(values[0], 5))
        for info, values in zip(given.events.tolist(), given.values.tolist(), strict=True)
        if info[1] < structure.KINDS
    ]


def phases(given: Given) -> list[tuple[int, int, int]]:
    """How the phases went: which, since which bar, known at which."""
    return [
        (int(values[2]), info[3], info[4])
        for info, values in zip(given.events.tolist(), given.values.tolist(), strict=True)
        if info[1] == structure.PHASE_CHANGE
    ]


def ends(given: Given) -> list[tuple[int, int]]:
    """Why ranges ended, and when."""
    return [
        (int(values[1]), info[4])
        for info, values in zip(given.events.tolist(), given.values.tolist(), strict=True)
        if info[1] == structure.ENDS
    ]


def walk(count: int, seed: int) -> Drawn:
    """A market that trends, climaxes and ranges at random, often enough for all kinds of events."""
    rng = np.random.default_rng(seed)
    legs: list[Leg] = []
    price, total = 0.0, 0
    while total < count:
        kind = rng.integers(4)
        bars = int(rng.integers(3, 14))
        if kind == 0:
            to = price + rng.choice([-1.0, 1.0]) * rng.uniform(4.0, 10.0)
            leg = Leg(to, bars, rng.uniform(1.0, 4.0), rng.uniform(1.0, 3.0))
        else:
            to = rng.uniform(-4.0, 4.0) + round(price / 12.0) * 12.0
            leg = Leg(to, bars, rng.uniform(0.3, 1.8), rng.uniform(0.5, 1.8))
        legs.append(leg)
        price, total = to, total + bars
    made = draw(0.0, legs)
    return Drawn(*(one[:count].copy() for one in made))


def schematic(rng: np.random.Generator) -> list[Leg]:
    """The accumulation above, or a part of it, with its legs longer or shorter."""
    cut = int(rng.integers(6, len(ACCUMULATION) + 1))
    return [
        Leg(leg.to + rng.normal(0.0, 0.1), max(1, leg.bars + int(rng.integers(-1, 3))), leg.volume, leg.spread)
        for leg in ACCUMULATION[:cut]
    ]


def planted(seed: int) -> Drawn:
    """Schematics and random legs one after the other, some of them upside down."""
    rng = np.random.default_rng(seed)
    parts, level = [], 0.0
    for _ in range(3):
        part = draw(START, schematic(rng)) if rng.uniform() < 0.7 else walk(60, int(rng.integers(1 << 30)))
        part = mirrored(part) if rng.uniform() < 0.5 else part
        shift = level - part.close[0]
        parts.append(Drawn(part.high + shift, part.low + shift, part.close + shift, part.features))
        level = parts[-1].close[-1]
    return Drawn(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


# A range of an average bar as a part of the price.
UNIT = 0.01
# How wide a bar of spread 1 is, about, among those that are drawn.
WIDE = 0.9


def bars_of(drawn: Drawn, *, begin_ns: int = 0, step_ns: int = HOUR, last: float = 100.0) -> Bars:
    """The same market as candles that end at a price of *last*, of which a range is a hundredth; a volume of 100.

    A wide bar is one: it reaches that much further to where it came from.
    """
    opened = np.concatenate([drawn.close[:1], drawn.close[:-1]])
    spread = drawn.features[:, 2]
    further = np.where(spread > 1.0, np.maximum(WIDE * spread - (drawn.high - drawn.low), 0.0), 0.0)
    high = drawn.high + np.where(drawn.close < opened, further, 0.0)
    low = drawn.low - np.where(drawn.close > opened, further, 0.0)

    def price(units: Array) -> Array:
        return np.asarray(last * np.exp(UNIT * (units - drawn.close[-1])))

    return Bars(
        time=begin_ns + step_ns * np.arange(len(drawn.close), dtype=np.int64), open=price(opened), high=price(high),
        low=price(low), close=price(drawn.close), volume=100.0 * drawn.features[:, 0],
    )  # fmt: skip


def price_of(drawn: Drawn, units: float, last: float = 100.0) -> float:
    """A level of what was drawn, as a price of `bars_of`."""
    return float(last * np.exp(UNIT * (units - drawn.close[-1])))
