"""What holds for every market: structure is a function of the bars so far, and knows neither up nor down."""

from itertools import pairwise
from types import ModuleType

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.kernels_modes import load_pure, load_pure_whole
from tests.structures import Array, Drawn, Given, Kernel, bars_of, ends, mirrored, phases, planted, profile, walk

from tidemark.analysis.wyckoff.engine import Batch, Structure
from tidemark.analysis.wyckoff.profile import Profile, load
from tidemark.analysis.wyckoff.reading import Bars
from tidemark.kernels import bar_features, structure
from tidemark.memory.ledger import Ledger
from tidemark.units import HOUR

PLAIN = load_pure_whole("structure")
PROFILES = {"drawn": profile(), "crypto": load()}
each = pytest.mark.parametrize("told", PROFILES.values(), ids=list(PROFILES))
SEEDS = st.integers(0, 100_000)
MARKETS = st.builds(lambda is_planted, seed: (planted if is_planted else walk_of)(seed), st.booleans(), SEEDS)


def walk_of(seed: int) -> Drawn:
    return walk(400, seed)


def part(drawn: Drawn, begin: int, end: int) -> Drawn:
    return Drawn(*(column[begin:end].copy() for column in drawn))


def cuts(data: st.DataObject, count: int) -> list[int]:
    inner = data.draw(st.lists(st.integers(0, count), max_size=12))
    return sorted({0, count, *inner})


def cut_bars(bars: Bars, begin: int, end: int) -> Bars:
    return Bars(**{name: getattr(bars, name)[begin:end] for name in Bars.__struct_fields__})


def engine(told: Profile, series: int = 1) -> Structure:
    return Structure("test", series=series, timeframe_ns=HOUR, profile=told, ledger=Ledger())


def take(made: Structure, bars: Bars, rows: Array | None = None) -> Batch:
    rows = np.zeros(len(bars.time), np.int32) if rows is None else rows
    return made.take(rows, bars.time, bars.open, bars.high, bars.low, bars.close, bars.volume)


def own(batch: Batch, rows: Array, slot: int) -> tuple[list[list[int]], list[list[float]], Array, Array]:
    """What a batch gave of one series, whatever its row in it and its place there."""
    is_own = batch.events[:, 0] == slot
    return (
        batch.events[is_own][:, 1:8].tolist(), batch.values[is_own].tolist(), batch.seen[rows == slot],
        batch.pull[rows == slot],
    )  # fmt: skip


@each
@given(drawn=MARKETS, data=st.data())
def test_how_bars_are_cut_into_chunks_makes_no_difference(told: Profile, drawn: Drawn, data: st.DataObject) -> None:
    bars = bars_of(drawn)
    whole, pieces = engine(told), engine(told)
    at_once = take(whole, bars)
    bounds = cuts(data, len(bars.time))

    parts = [take(pieces, cut_bars(bars, begin, end)) for begin, end in pairwise(bounds)]

    events = np.concatenate([one.events for one in parts])
    assert events[:, :8].tolist() == at_once.events[:, :8].tolist()
    for name in ("values", "seen", "pull", "bars", "features"):
        assert np.array_equal(np.concatenate([getattr(one, name) for one in parts]), getattr(at_once, name)), name
    assert whole.standing(0) == pieces.standing(0)


@each
@given(drawn=MARKETS, data=st.data())
def test_no_later_bar_changes_what_an_earlier_one_gave(told: Profile, drawn: Drawn, data: st.DataObject) -> None:
    bars = bars_of(drawn)
    count = data.draw(st.integers(1, len(bars.time)))

    whole, prefix = take(engine(told), bars), take(engine(told), cut_bars(bars, 0, count))

    is_known = whole.events[:, 4] < count
    assert prefix.events.tolist() == whole.events[is_known].tolist()
    assert np.array_equal(prefix.values, whole.values[is_known])
    for name in ("seen", "pull", "bars", "features"):
        assert np.array_equal(getattr(prefix, name), getattr(whole, name)[:count]), name
    # Nor is an event known before its own bar.
    assert (whole.events[:, 4] >= whole.events[:, 3]).all()


@each
@given(seeds=st.lists(SEEDS, min_size=2, max_size=4), order=SEEDS)
def test_how_series_are_interleaved_makes_no_difference(told: Profile, seeds: list[int], order: int) -> None:
    markets = [bars_of(planted(seed)) for seed in seeds]
    rows = np.repeat(np.arange(len(seeds), dtype=np.int32), [len(one.time) for one in markets])
    np.random.default_rng(order).shuffle(rows)
    columns = {name: np.zeros(len(rows), getattr(markets[0], name).dtype) for name in Bars.__struct_fields__}
    for slot, one in enumerate(markets):
        for name, column in columns.items():
            column[rows == slot] = getattr(one, name)

    together = take(engine(told, len(seeds)), Bars(**columns), rows)

    for slot, one in enumerate(markets):
        alone = take(engine(told), one)
        expected = own(alone, np.zeros(len(one.time), np.int32), 0)
        found = own(together, rows, slot)
        assert found[:2] == expected[:2]
        assert np.array_equal(found[2], expected[2])
        assert np.array_equal(found[3], expected[3])


@each
@given(drawn=MARKETS)
def test_the_mirrored_market_has_the_mirrored_structure_to_the_last_bit(told: Profile, drawn: Drawn) -> None:
    straight, turned = Kernel(told).take(drawn), Kernel(told).take(mirrored(drawn))

    assert told_of(turned) == told_of(straight, -1)
    assert turned.seen[:, :3].tolist() == straight.seen[:, :3].tolist()
    assert turned.seen[:, 3].tolist() == (-straight.seen[:, 3]).tolist()
    assert turned.pull.tolist() == (-straight.pull).tolist()
    assert phases(turned) == phases(straight)
    assert ends(turned) == ends(straight)


def told_of(given_: Given, sign: int = 1) -> list[tuple[object, ...]]:
    """Events with what was measured; levels and directions times *sign*, of one bar in no order."""
    return sorted(
        (info[4], info[1], sign * info[2], *info[3:4], *info[5:8], sign * values[0], *values[1:])
        for info, values in zip(given_.events.tolist(), given_.values.tolist(), strict=True)
        if info[1] < structure.KINDS
    )


@each
@given(seed=SEEDS)
def test_a_mirrored_walk_of_prices_has_the_mirrored_events(told: Profile, seed: int) -> None:
    # As prices: C / price with high and low swapped. What is left is the rounding of a division and of two logarithms,
    # to float32 in the end, which decides nothing but a tie.
    bars = bars_of(planted(seed))
    level = 2.0**14
    turned = Bars(
        time=bars.time, open=level / bars.open, high=level / bars.low, low=level / bars.high, close=level / bars.close,
        volume=bars.volume,
    )  # fmt: skip

    one, other = take(engine(told), bars), take(engine(told), turned)

    is_event, is_other = one.events[:, 1] < structure.KINDS, other.events[:, 1] < structure.KINDS
    flip = np.array([1, 1, -1, 1, 1, 1, 1, 1, 1])
    assert sorted((one.events[is_event] * flip).tolist()) == sorted(other.events[is_other].tolist())
    assert np.exp(one.values[is_event, 0]) * np.exp(other.values[is_other, 0]) == pytest.approx(level, rel=1e-6)


@each
@given(drawn=MARKETS)
def test_ranges_are_few_and_sound_and_nothing_is_ever_nan(told: Profile, drawn: Drawn) -> None:
    made = Kernel(told)
    alive: dict[int, tuple[float, float]] = {}
    for at in range(len(drawn.close)):
        step = made.take(part(drawn, at, at + 1))
        for info, values in zip(step.events.tolist(), step.values.tolist(), strict=True):
            if info[1] == structure.BEGINS:
                assert info[5] not in alive
                assert values[1] < values[2]
                alive[info[5]] = (values[1], values[2])
            else:
                # Nothing is said of a range that does not live.
                assert info[5] in alive
            if info[1] == structure.ENDS:
                del alive[info[5]]
            assert info[4] == at >= info[3] >= 0
            assert 1 <= info[7] <= 5 or info[1] in {structure.BEGINS, structure.PHASE_CHANGE}
        assert np.isfinite(step.values).all()
        assert len(alive) <= structure.MOST_RANGES
        assert 0 <= step.seen[0, 1] <= 5
        assert 0 <= step.seen[0, 2] < structure.SEEN
        assert step.seen[0, 0] == 0 or int(step.seen[0, 0]) in alive
        assert -1.0 <= step.pull[0] <= 1.0
    sound(made, told, alive)


def sound(made: Kernel, told: Profile, alive: dict[int, tuple[float, float]]) -> None:
    """What is told of live ranges fits what was given of them."""
    assert np.isfinite(made.state).all()
    count, ranges = made.made.standing(0)
    standing = [dict(zip(structure.STANDING, one, strict=True)) for one in ranges]
    assert {int(one["id"]) for one in standing} == set(alive)
    for one in standing:
        assert (one["lower"], one["upper"]) == pytest.approx(alive[int(one["id"])], abs=1e-5)
    assert [one["begin"] for one in standing] == sorted(one["begin"] for one in standing)
    for one in standing:
        assert 0 <= one["inside"] <= one["bars"] <= count - one["begin"]
        assert 1 <= one["phase"] <= 5
        width = (one["upper"] - one["lower"]) / one["atr"]
        assert told.parameters["narrowest"] - 1e-5 <= width <= told.parameters["widest"] + 1e-5
        likely = [one[phase] for phase in "abcde"]
        assert sum(likely) == pytest.approx(1.0, abs=1e-5)
        assert all(0.0 <= share <= 1.0 for share in likely)


@each
@given(drawn=MARKETS)
def test_ranges_that_nothing_has_left_keep_their_closes_inside(told: Profile, drawn: Drawn) -> None:
    made = Kernel(told)
    made.take(drawn)
    for one in made.made.standing(0)[1]:
        standing = dict(zip(structure.STANDING, one, strict=True))
        if standing["broken"] == 0 and standing["bars"] >= 20:
            assert standing["inside"] >= told.parameters["contained"] * standing["bars"]
            assert made.made.count(0) - 1 - standing["begin"] <= told.parameters["longest"]


@each
@settings(max_examples=20)
@given(drawn=MARKETS)
def test_compiled_and_plain_it_is_the_same_to_the_byte(told: Profile, drawn: Drawn) -> None:
    made: list[tuple[Array, ...]] = []
    modules: tuple[ModuleType, ...] = (structure, PLAIN)
    for module in modules:
        kernel = Kernel(told, module=module)
        made.append((*kernel.take(drawn), kernel.state))

    for one, other in zip(*made, strict=True):
        assert np.array_equal(one, other)


@settings(max_examples=20)
@given(seed=SEEDS)
def test_features_are_the_same_to_the_byte_compiled_and_plain(seed: int) -> None:
    bars = bars_of(planted(seed))
    rows = np.random.default_rng(seed).integers(0, 2, len(bars.time)).astype(np.int32)
    hours = (bars.time // HOUR % 24).astype(np.int32)
    made = []
    for module in (bar_features, load_pure("bar_features")):
        state, out = np.zeros((2, bar_features.WIDTH), np.float32), np.zeros((len(rows), bar_features.GIVEN))
        logs = [np.log(one) for one in (bars.open, bars.high, bars.low, bars.close)]
        module.measure(state, rows, hours, *logs, bars.volume, out)
        made.append((state, out))

    assert np.array_equal(made[0][0], made[1][0])
    assert np.array_equal(made[0][1], made[1][1])
