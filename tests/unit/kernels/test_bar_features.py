from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.kernels_modes import load_pure

from tidemark.kernels import bar_features as built

Array = npt.NDArray[Any]
MODES = {"built": built, "plain": load_pure("bar_features")}
each = pytest.mark.parametrize("module", MODES.values(), ids=list(MODES))
RATIO, SCORE, SPREAD, POSITION, ATR, EFFORT = range(6)


class Series:
    """Features of one series of several."""

    def __init__(self, module: ModuleType = built) -> None:
        self.module = module
        self.state = np.zeros((3, built.WIDTH), np.float32)

    def take(self, bars: list[tuple[float, float, float, float, float]], hours: list[int] | None = None) -> Array:
        """open, high, low, close in logarithms, and volume."""
        columns = [np.ascontiguousarray(column, np.float64) for column in np.array(bars).reshape(-1, 5).T]
        out = np.zeros((len(bars), built.GIVEN))
        self.module.measure(
            self.state, np.ones(len(bars), np.int32),
            np.full(len(bars), -1, np.int32) if hours is None else np.array(hours, np.int32), *columns, out,
        )  # fmt: skip
        return out


def bar(spread: float = 1.0, volume: float = 100.0, *, opened: float = 0.5, closed: float = 0.5) -> tuple[float, ...]:
    """One whose low is 0; where it opened and closed as parts of its spread."""
    return 0.0 + opened * spread, spread, 0.0, closed * spread, volume


def usual(count: int, volume: float = 100.0) -> list[Any]:
    return [bar(volume=volume)] * count


@each
@given(seed=st.integers(0, 10_000))
def test_volume_and_spread_are_told_against_the_twenty_bars_before(module: ModuleType, seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 60
    # In steps that float32 holds, with many that are equal, so that windows have ties.
    volume = rng.integers(1, 40, count) * 0.25
    spread = rng.integers(1, 20, count) * 0.125
    bars: list[Any] = [bar(one, other) for one, other in zip(spread.tolist(), volume.tolist(), strict=True)]

    out = Series(module).take(bars)

    for at in range(count):
        window = slice(max(0, at - 20), at)
        if at < 5:
            assert out[at, [RATIO, SCORE, SPREAD]].tolist() == [1.0, 0.0, 1.0]
            continue
        middle = float(np.median(volume[window]))
        deviation = 1.4826 * float(np.median(np.abs(volume[window] - middle)))
        score = (volume[at] - middle) / max(deviation, 0.05 * middle)
        assert out[at, RATIO] == pytest.approx(min(volume[at] / middle, 20.0), rel=1e-12)
        assert out[at, SCORE] == pytest.approx(score, rel=1e-12)
        assert out[at, SPREAD] == pytest.approx(min(spread[at] / np.median(spread[window]), 20.0), rel=1e-12)


@each
def test_the_window_holds_its_twenty_bars_in_order_and_as_they_came(module: ModuleType) -> None:
    series = Series(module)
    volumes = [float(one) for one in np.random.default_rng(4).permutation(50)]
    series.take([bar(volume=one) for one in volumes])  # type: ignore[misc]

    kept, in_order = series.state[1, 4:24], series.state[1, 24:44]
    # 50 bars: the next goes to place 50 % 20 = 10, where the oldest is.
    assert [*kept[10:].tolist(), *kept[:10].tolist()] == volumes[-20:]
    assert in_order.tolist() == sorted(volumes[-20:])
    assert not series.state[[0, 2]].any()


@each
def test_the_average_true_range_counts_gaps_and_cuts_one_climax(module: ModuleType) -> None:
    series = Series(module)
    # Spreads of 1 that overlap; a mean of all as long as there are fewer than 20.
    assert series.take(usual(20))[:, ATR].tolist() == [1.0] * 20
    # From a close of 0.5 to a high of 3: 2.5 is its true range; of twenty one: 1 + 1.5 / 20.
    gap = series.take([(2.5, 3.0, 2.0, 2.5, 100.0)])[0]
    assert gap[ATR] == pytest.approx(1.075)
    # A spread of 100 counts as three: (1.075 * 3 - 1.075) / 20 more.
    assert series.take([(2.5, 102.0, 2.0, 2.5, 100.0)])[0, ATR] == pytest.approx(1.075 * 1.1, rel=1e-6)


@each
def test_the_first_bars_average_what_there_is(module: ModuleType) -> None:
    out = Series(module).take([bar(2.0), bar(1.0), bar(3.0)])  # type: ignore[list-item]

    # The second closes at 0.5 after a close of 1; the third reaches from 0 to 3: (2 + 1) / 2, (2 + 1 + 3) / 3.
    assert out[:, ATR] == pytest.approx([2.0, 1.5, 2.0])


@each
def test_where_a_bar_closes(module: ModuleType) -> None:
    bars: Any = [bar(closed=0.0), bar(closed=0.25), bar(closed=1.0), bar(0.0)]

    out = Series(module).take(bars)

    # A flat bar closes in its middle.
    assert out[:, POSITION].tolist() == [0.0, 0.25, 1.0, 0.5]


@each
@pytest.mark.parametrize(
    ("spread", "volume", "opened", "closed", "kind"),
    [
        (1.0, 200.0, 0.5, 0.5, built.CLIMACTIC),  # twice the volume on the usual spread
        (1.5, 150.0, 0.5, 0.5, built.CLIMACTIC),  # half more of both
        (0.99, 200.0, 0.5, 0.5, built.NORMAL),
        (1.49, 199.0, 0.5, 0.5, built.NORMAL),
        (0.8, 140.0, 0.5, 0.5, built.ABSORPTION),  # effort without result
        (0.8, 250.0, 0.5, 0.5, built.ABSORPTION),
        (0.81, 140.0, 0.5, 0.5, built.NORMAL),
        (0.8, 60.0, 0.2, 0.8, built.NO_DEMAND),  # up, and nobody wants it
        (0.8, 60.0, 0.8, 0.2, built.NO_SUPPLY),
        (0.8, 60.0, 0.5, 0.5, built.NORMAL),
        (0.8, 61.0, 0.2, 0.8, built.NORMAL),
        (0.81, 60.0, 0.2, 0.8, built.NORMAL),
    ],
)
def test_effort_against_result(
    module: ModuleType, spread: float, volume: float, opened: float, closed: float, kind: int
) -> None:
    series = Series(module)
    series.take(usual(20))

    (out,) = series.take([bar(spread, volume, opened=opened, closed=closed)])  # type: ignore[list-item]

    assert int(out[EFFORT]) == kind


@each
def test_before_twenty_bars_there_is_no_class(module: ModuleType) -> None:
    series = Series(module)
    series.take(usual(19))

    assert series.take([bar(3.0, 500.0)])[0, EFFORT] == built.NORMAL  # type: ignore[list-item]
    assert series.take([bar(3.0, 500.0)])[0, EFFORT] == built.CLIMACTIC  # type: ignore[list-item]


@each
def test_markets_that_stand_still_or_do_not_trade(module: ModuleType) -> None:
    series = Series(module)

    still = series.take([(0.0, 0.0, 0.0, 0.0, 0.0)] * 30)
    (first,) = series.take([(0.0, 1.0, 0.0, 0.5, 5.0)])

    # As usual as can be; and then more than anything, but no number without end.
    assert still.tolist() == [[1.0, 0.0, 1.0, 0.5, 0.0, 0.0]] * 30
    assert (first[RATIO], first[SCORE], first[SPREAD]) == (20.0, 0.0, 20.0)
    assert np.isfinite(series.state).all()


@each
def test_what_is_usual_at_an_hour_is_taken_out_after_five_days(module: ModuleType) -> None:
    series = Series(module)
    ratios = []
    for _ in range(9):
        for hour in range(24):
            (out,) = series.take(usual(1, 200.0 if hour == 13 else 100.0), [hour])
            ratios.append((hour, float(out[RATIO])))

    # On the first day nothing but the first five bars is unknown. For five days 13 o'clock trades twice the median;
    # then that is what is usual there.
    assert [one for hour, one in ratios if hour == 13] == pytest.approx([2.0] * 5 + [1.0] * 4)
    assert [one for hour, one in ratios if hour == 12] == pytest.approx([1.0] * 9)


@each
def test_one_day_of_much_does_not_make_an_hour(module: ModuleType) -> None:
    series = Series(module)
    course = []
    for day in range(8):
        for hour in range(24):
            # Twenty times the usual once, which counts as e times.
            (out,) = series.take(usual(1, 2000.0 if (day, hour) == (2, 13) else 100.0), [hour])
            if hour == 13:
                course.append(float(out[RATIO]))

    # Six days are known on the sixth: the mean logarithm of five of them, of which one counts as 1, is 0.2; and that
    # day, told against e to the -0.2, goes on as 0 into the next mean.
    assert course == pytest.approx([1.0, 1.0, 20.0, 1.0, 1.0, np.exp(-1 / 5), np.exp(-1 / 6), np.exp(-1 / 7)], rel=1e-6)


@each
def test_a_day_that_is_one_bar_has_no_hours(module: ModuleType) -> None:
    series = Series(module)
    series.take(usual(40, 100.0), [-1] * 40)

    assert not series.state[1, 84:].any()


@each
def test_rows_over_series_give_what_rows_over_time_give(module: ModuleType) -> None:
    rng = np.random.default_rng(2)
    low = rng.normal(size=120)
    columns = [low + 0.3, low + rng.uniform(0.5, 2.0, 120), low, low + 0.4, rng.exponential(size=120)]
    rows = rng.integers(0, 3, 120).astype(np.int32)
    hours = rng.integers(0, 24, 120).astype(np.int32)
    mixed, apart = np.zeros((3, built.WIDTH), np.float32), np.zeros((3, built.WIDTH), np.float32)
    out, alone = np.zeros((120, built.GIVEN)), np.zeros((120, built.GIVEN))
    module.measure(mixed, rows, hours, *columns, out)
    for row in range(3):
        is_own = rows == row
        one = np.zeros((int(is_own.sum()), built.GIVEN))
        module.measure(apart, rows[is_own], hours[is_own], *(column[is_own] for column in columns), one)
        alone[is_own] = one

    assert np.array_equal(out, alone)
    assert np.array_equal(mixed, apart)
