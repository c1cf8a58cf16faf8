import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tidemark.backtest.bars import Bars
from tidemark.backtest.metrics.luck.shuffled import Grid, shuffled, slots
from tidemark.units import MINUTE


def walk(count: int, seed: int = 1, market: int = 0, missing: float = 0.0) -> tuple[Bars, Grid]:
    rng = np.random.default_rng(seed)
    grid = Grid(begin=1_000 * MINUTE, step=MINUTE, count=count)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.003, count)))
    opened = np.r_[100.0, close[:-1]] * np.exp(rng.normal(0.0, 0.0005, count))
    spread = np.exp(np.abs(rng.normal(0.0, 0.001, (2, count))))
    figures = {
        "open": opened,
        "high": np.maximum(opened, close) * spread[0],
        "low": np.minimum(opened, close) / spread[1],
        "close": close,
        "volume": np.arange(count, dtype=float),
    }
    rows = np.flatnonzero(rng.random(count) >= missing)
    times = grid.begin + rows * MINUTE
    return Bars.of(market, times, {name: column[rows] for name, column in figures.items()}), grid


def joined(pieces: list[Bars]) -> Bars:
    return Bars(**{name: np.concatenate([getattr(piece, name) for piece in pieces]) for name in Bars.__struct_fields__})


def made(bars: Bars, grid: Grid, block: float = 20.0, seed: int = 3) -> Bars:
    return joined(list(shuffled(bars, grid, block=block, seed=seed)))


def test_slots_are_blocks_as_long_as_asked_over_any_number_of_pieces() -> None:
    found = np.concatenate(list(slots(200_000, 25.0, 1)))

    assert len(found) == 200_000
    goes_on = (found[1:] - found[:-1]) % 200_000 == 1
    assert 1.0 - goes_on.mean() == pytest.approx(1 / 25, rel=0.05)
    assert (found.min() < 100) & (found.max() > 199_900)
    # Where a piece ends, a block may go on.
    turned = np.concatenate(list(slots(200_000, 1e15, 1)))
    assert ((turned[1:] - turned[:-1]) % 200_000 == 1).all()


@given(st.integers(1, 300), st.floats(1.0, 50.0), st.integers(0, 9), st.sampled_from([0.0, 0.2]))
def test_every_candle_is_one_and_looks_like_the_one_it_is_from(
    count: int, block: float, seed: int, missing: float
) -> None:
    bars, grid = walk(count, seed, missing=missing)
    if not len(bars):
        return
    pieces = list(shuffled(bars, grid, block=block, seed=seed))
    if not pieces:
        return
    found = joined(pieces)

    assert (np.diff(found.open_time) > 0).all()
    assert found.open_time[0] >= grid.begin
    assert found.open_time[-1] < grid.begin + count * MINUTE
    for figure in (found.open, found.close):
        assert (found.low <= figure).all()
        assert (figure <= found.high).all()
    # The volume says from which candle it is.
    rows = np.searchsorted(bars.volume, found.volume)
    for name in ("open", "high", "low"):
        shape, wanted = getattr(found, name) / found.close, getattr(bars, name)[rows] / bars.close[rows]
        assert shape == pytest.approx(wanted, rel=1e-12)
    base = np.r_[bars.open[0], bars.close[:-1]]
    assert found.close == pytest.approx(np.r_[bars.open[0], found.close[:-1]] * bars.close[rows] / base[rows], rel=1e-9)


def test_in_one_block_from_the_first_candle_it_is_the_market_itself() -> None:
    bars, grid = walk(500)
    seed = next(seed for seed in range(5000) if next(slots(500, 1e15, seed))[0] == 0)

    found = made(bars, grid, 1e15, seed)

    for name in Bars.__struct_fields__:
        assert getattr(found, name) == pytest.approx(getattr(bars, name), rel=1e-9), name


def test_markets_move_together_as_they_did() -> None:
    (one, grid), (other, _) = walk(3000, 1), walk(3000, 1, market=1)

    first, second = made(one, grid), made(other, grid)

    assert first.close.tobytes() == second.close.tobytes()
    assert set(second.market.tolist()) == {1}


def test_what_lasts_longer_than_a_block_is_gone() -> None:
    # A market that rises for 500 candles and falls for as many.
    grid = Grid(begin=0, step=MINUTE, count=20_000)
    rates = np.where(np.arange(20_000) // 500 % 2, -0.001, 0.001)
    close = 100.0 * np.exp(np.cumsum(rates))
    opened = np.r_[100.0, close[:-1]]
    figures = {
        "open": opened, "high": np.maximum(opened, close), "low": np.minimum(opened, close), "close": close,
        "volume": np.ones(20_000),
    }  # fmt: skip
    bars = Bars.of(0, np.arange(20_000) * MINUTE, figures)

    def persistence(found: Bars) -> float:
        changes = np.diff(np.log(found.close))
        return float(np.corrcoef(changes[:-100], changes[100:])[0, 1])

    # 100 candles later the way is the same in 4 of 5 cases, of which the correlation is 0.6.
    assert persistence(bars) == pytest.approx(0.6, abs=0.02)
    assert persistence(made(bars, grid, block=10.0)) == pytest.approx(0.0, abs=0.05)


def test_a_slot_without_a_candle_has_none_and_nothing_gives_nothing() -> None:
    bars, grid = walk(5000, missing=0.3)

    assert len(made(bars, grid)) == pytest.approx(3500, rel=0.05)
    assert list(shuffled(bars.part(0, 0), grid, block=5.0, seed=1)) == []
