import numpy as np
import pytest
from tests.round_trips import BEGAN

from tidemark.backtest.metrics.curve import Curve
from tidemark.backtest.metrics.curve_figures import curve_figures
from tidemark.backtest.metrics.luck.interval import Interval
from tidemark.backtest.metrics.luck.return_intervals import ReturnIntervals, return_intervals
from tidemark.units import DAY

NAMES = (
    "total_return", "annual_return", "volatility", "downside_deviation", "sharpe", "sortino", "max_drawdown", "calmar",
)  # fmt: skip


def test_the_figures_are_those_of_the_equity() -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.02, 400)
    curve = Curve(100.0, BEGAN)
    curve.put(BEGAN + DAY * np.arange(1, 401), 100.0 * np.cumprod(1.0 + returns), np.zeros(400))

    found, wanted = return_intervals(curve.daily(), draws=200), curve_figures(curve.sums())

    assert [found.days, found.draws, found.block] == pytest.approx([400, 200, 400 ** (1 / 3)])
    for name in NAMES:
        estimate = getattr(found, name).estimate
        assert estimate.value == pytest.approx(getattr(wanted, name).value, rel=1e-9), name
        assert estimate.low < estimate.high


def test_the_same_seed_gives_the_same_intervals() -> None:
    returns = np.random.default_rng(1).normal(0.001, 0.02, 100)

    assert return_intervals(returns, draws=100) == return_intervals(returns, draws=100)
    assert return_intervals(returns, draws=100) != return_intervals(returns, draws=100, seed=2)


def covered(block: float | None, memory: float) -> dict[str, float]:
    """In what share of years the interval held the truth: returns whose noise keeps *memory* of itself."""
    rng, worlds, days, mean, deviation = np.random.default_rng(7), 300, 365, 0.002, 0.02
    truth = {"sharpe": mean / deviation * 365**0.5, "volatility": deviation * 365**0.5}
    held = dict.fromkeys(truth, 0)
    for world in range(worlds):
        fresh = rng.normal(0.0, deviation * (1.0 - memory**2) ** 0.5, days)
        noise = np.empty(days)
        noise[0] = rng.normal(0.0, deviation)
        for day in range(1, days):
            noise[day] = memory * noise[day - 1] + fresh[day]
        found = return_intervals(mean + noise, draws=300, block=block, seed=world)
        for name, value in truth.items():
            estimate = getattr(found, name).estimate
            held[name] += estimate.low <= value <= estimate.high
    return {name: count / worlds for name, count in held.items()}


def test_the_intervals_hold_the_truth_in_95_of_100_years() -> None:
    shares = covered(None, 0.0)

    # Of 300 years the share has a deviation of 1.3 %; blocks of seven days in one year cost a few of a hundred.
    assert 0.90 <= shares["sharpe"] <= 0.985
    assert 0.88 <= shares["volatility"] <= 0.985


def test_days_that_hang_together_need_blocks() -> None:
    apart, together = covered(1.0, 0.5)["sharpe"], covered(12.0, 0.5)["sharpe"]

    # Noise with such a memory has a deviation of the mean that is sqrt(3) times that of independent days: an interval
    # that takes them for independent holds 1.96 / 1.73 deviations, 74 %.
    assert apart == pytest.approx(0.74, abs=0.08)
    assert together >= 0.87


def test_what_is_not_known_says_why() -> None:
    few = return_intervals(np.full(29, 0.01))
    cut = return_intervals(np.full(300, 0.01), is_cut=True)
    rising = return_intervals(np.full(40, 0.01), draws=50)
    won_once = return_intervals(np.r_[np.full(59, 0.01), -0.01], draws=200)

    assert {getattr(few, name).why for name in NAMES} == {"fewer than 30 days"}
    assert {getattr(cut, name).why for name in NAMES} == {"more than 300 days, of which no more were kept"}
    assert rising.sortino == rising.calmar == rising.sharpe == Interval(None, "it does not exist")
    # Without the one day that lost, which a third of the draws do not have, there is no ratio to it.
    assert won_once.sortino == Interval(None, "more than 5% of the draws have none")
    assert set(NAMES) | {"days", "draws", "block"} == set(ReturnIntervals.__struct_fields__)
