"""Markets in which nothing is."""

from itertools import islice

import numpy as np
import pytest

from tidemark.analysis.wyckoff.reading import Bars
from tidemark.sim.schematics.market import Block, Market, blocks
from tidemark.sim.schematics.negatives import DEVIATION, garch, random_walk, shuffled
from tidemark.sim.schematics.parameters import TUNE

BARS = 40_000
REAL = [next(blocks(Market(TUNE, 1, number).pieces(), 3000, 3000)).bars for number in range(2)]
SOURCES = {
    "walk": lambda seed: random_walk(1, seed, 0),
    "garch": lambda seed: garch(1, seed, 0),
    "shuffled": lambda seed: shuffled(REAL, 1, seed, 0),
}


def bars_of(name: str, seed: int = 1) -> Bars:
    return next(blocks(SOURCES[name](seed), BARS, BARS)).bars


def returns(bars: Bars) -> np.ndarray:
    return np.diff(np.log(bars.close))


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.corrcoef(one, other)[0, 1])


@pytest.mark.parametrize("name", SOURCES)
def test_bars_are_bars_and_nothing_is_labelled(name: str) -> None:
    bars = bars_of(name)
    some: list[Block] = list(islice(SOURCES[name](1), 2))

    assert (bars.low <= np.minimum(bars.open, bars.close)).all()
    assert (bars.high >= np.maximum(bars.open, bars.close)).all()
    assert (bars.low > 0).all()
    assert (bars.volume > 0).all()
    assert all(not block.labels for block in some)
    assert some[1].begin == len(some[0].bars.time)


@pytest.mark.parametrize("name", SOURCES)
def test_it_is_a_function_of_its_seed(name: str) -> None:
    assert (bars_of(name).close == bars_of(name).close).all()
    assert (bars_of(name).close != bars_of(name, 2).close).any()


def test_a_walk_remembers_nothing() -> None:
    bars = bars_of("walk")
    moves = returns(bars)

    assert abs(correlation(moves[1:], moves[:-1])) < 0.02
    assert abs(correlation(np.abs(moves[1:]), np.abs(moves[:-1]))) < 0.02
    assert abs(correlation(np.abs(moves), bars.volume[1:])) < 0.02
    assert moves.std() == pytest.approx(DEVIATION, rel=0.03)


def test_a_garch_remembers_its_volatility_has_fat_tails_and_volume_goes_with_it() -> None:
    bars = bars_of("garch")
    moves = returns(bars)

    assert abs(correlation(moves[1:], moves[:-1])) < 0.05
    assert correlation(np.abs(moves[1:]), np.abs(moves[:-1])) > 0.1
    assert correlation(np.abs(moves), bars.volume[1:]) > 0.4
    assert np.mean((moves / moves.std()) ** 4) > 5.0


def test_shuffled_candles_are_those_of_the_market_less_its_trend() -> None:
    moves, real = returns(bars_of("shuffled")), returns(REAL[0])

    assert moves.std() == pytest.approx(real.std(), rel=0.1)
    assert abs(moves.mean()) < 3 * real.std() / np.sqrt(BARS)
    # Within blocks of ten the next bar is the one that really came next.
    wanted = set(np.round(real[1:] - real[:-1], 10))
    kept = np.isin(np.round(np.diff(moves), 10), list(wanted))
    assert 0.8 < kept.mean() < 0.97


def test_sets_do_not_share_them() -> None:
    one, other = (next(random_walk(stream, 1, 0)).bars.close for stream in (1, 2))

    assert (one != other).any()
