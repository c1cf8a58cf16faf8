import numpy as np
import pytest
from tests.candles_of_prices import Candles, mirrored, values, walk

# Twenty candles of a delta of 10 in either direction and a range of 2.
USUAL = [(10.0 if n % 2 else -10.0, 100.0, 100.0, 101.0, 99.0) for n in range(20)]


def after(*candles: tuple[float, ...]) -> list[float]:
    """What is absorbed after each of *candles*, of delta, open, close, high and low, which follow the usual ones."""
    rows = np.array([*USUAL, *candles]).T
    made: Candles = dict(zip(("delta", "open", "close", "high", "low"), rows, strict=True))
    return list(values(made, "absorption")["absorption"].tolist())


def test_buying_that_moves_nothing_speaks_for_the_sellers() -> None:
    # 30 where 10 is usual: two means beyond it, none of the way gone.
    assert after((30.0, 100.0, 100.0, 101.0, 99.0)) == [-2.0]
    assert after((-30.0, 100.0, 100.0, 101.0, 99.0)) == [2.0]


def test_what_the_price_followed_is_not_absorbed() -> None:
    # Half of a mean range of 2, all of it, and the other way, which is none of it.
    assert after((30.0, 100.0, 101.0, 101.0, 99.0)) == [-1.0]
    assert after((30.0, 100.0, 102.0, 102.0, 100.0)) == [0.0]
    assert after((30.0, 100.0, 99.0, 101.0, 99.0)) == [-2.0]
    assert after((-30.0, 100.0, 99.5, 101.0, 99.0)) == [1.5]


def test_no_more_than_the_usual_is_nothing_and_a_shock_is_four_means() -> None:
    assert after((10.0, 100.0, 100.0, 101.0, 99.0)) == [0.0]
    assert after((5000.0, 100.0, 100.0, 101.0, 99.0)) == [-4.0]


def test_a_candle_before_counts_less() -> None:
    # After a delta of 30 the mean is 10 + (30 - 10) / 20 = 11: 22 is one mean beyond it.
    assert after((30.0, 100.0, 100.0, 101.0, 99.0), (22.0, 100.0, 100.0, 101.0, 99.0)) == pytest.approx(
        [-2.0, -2.0 * 0.8 - 1.0]
    )
    assert after((30.0, 100.0, 100.0, 101.0, 99.0), (0.0, 100.0, 100.0, 101.0, 99.0))[1] == -1.6


def test_the_mean_size_is_that_of_the_candles_before() -> None:
    made = walk(30)
    found = values(made, "absorption")["usual_delta"]

    assert found[0] == pytest.approx(np.abs(made["delta"][:20]).mean())
    assert found[1] == pytest.approx(found[0] + (abs(made["delta"][20]) - found[0]) / 20.0)


@pytest.mark.parametrize("seed", range(3))
def test_where_buyers_and_sellers_are_swapped_it_is_the_opposite(seed: int) -> None:
    straight, other = (values(one, "absorption") for one in (walk(300, seed), mirrored(walk(300, seed))))

    assert straight["absorption"] == pytest.approx(-other["absorption"], abs=1e-9)
    assert straight["usual_delta"] == pytest.approx(other["usual_delta"])
