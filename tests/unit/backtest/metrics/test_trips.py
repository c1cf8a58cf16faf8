import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.round_trips import drawn, trip

from tidemark.backtest.metrics.trips import OTHERS, R_EDGES, TripSums, grouped, side_of, summed
from tidemark.model.signal import Side
from tidemark.units import HOUR


def test_four_trips_by_hand() -> None:
    sums = summed(
        [
            trip(1, 8.0, risk=4.0, best=0.05, worst=-0.01),
            trip(2, -4.0, risk=4.0, best=0.01, worst=-0.02, exit_at=trip(1, 0.0).entry_at + 3 * HOUR),
            trip(3, 0.0, risk=None),
            trip(4, -6.0, risk=0.0, bars=1),
        ]
    )

    assert (sums.count, sums.wins, sums.losses) == (4, 1, 2)
    assert (sums.gained, sums.lost, sums.largest_win, sums.largest_loss) == (8.0, 10.0, 8.0, 6.0)
    assert (sums.fees, sums.funding, sums.slippage) == (2.0, -0.4, 0.0)
    assert sums.traded == 4 * 2.0 * (100.0 + 103.0)
    assert (sums.held_s, sums.bars) == (6 * 3600.0, 22)
    assert [sums.best, sums.worst] == pytest.approx([0.12, -0.05])
    assert (sums.furthest_best, sums.furthest_worst) == (0.05, -0.02)
    # In R are the first two alone: 2 and -1, where a price of 100 and a quantity of 2 make 50 R of the whole.
    assert (sums.r.count, sums.r.mean, sums.r.m2) == (2, 0.5, 4.5)
    assert (sums.lowest_r, sums.highest_r) == (-1.0, 2.0)
    assert [sums.best_r, sums.worst_r] == pytest.approx([3.0, -1.5])


@pytest.mark.parametrize(
    ("r", "place"),
    [(-5.1, 0), (-5.0, 1), (-4.6, 1), (-0.5, 10), (0.0, 11), (9.99, 30), (10.0, 31), (99.0, 31)],
)
def test_a_trip_lies_in_one_bin_of_r(r: float, place: int) -> None:
    sums = summed([trip(1, r * 4.0, risk=4.0)])

    assert [number for number, count in enumerate(sums.bins) if count] == [place]
    assert len(sums.bins) == len(R_EDGES) + 1


def test_what_brought_nothing_ends_both_streaks() -> None:
    profits = [1, 1, 0, 1, 1, 1, -1, -1, 0, -1]
    sums = summed(trip(number, float(profit)) for number, profit in enumerate(profits, 1))

    assert (sums.win_streak, sums.loss_streak) == (3, 2)


@given(st.lists(st.sampled_from([-1.0, 0.0, 1.0]), max_size=30))
def test_streaks_are_the_longest_runs(profits: list[float]) -> None:
    sums = summed(trip(number, profit) for number, profit in enumerate(profits, 1))

    signs = "".join("w" if profit > 0 else "l" if profit < 0 else " " for profit in profits)
    assert sums.win_streak == max(map(len, signs.replace("l", " ").split()), default=0)
    assert sums.loss_streak == max(map(len, signs.replace("w", " ").split()), default=0)


def test_groups_are_those_of_a_key_and_the_rest_stands_together() -> None:
    trips = drawn(60)

    of_market = grouped(trips, lambda one: one.symbol)
    few = grouped(trips, lambda one: one.symbol, most=2)

    assert sorted(of_market) == ["M0USDT", "M1USDT", "M2USDT", "M3USDT"]
    assert of_market["M1USDT"] == summed(one for one in trips if one.symbol == "M1USDT")
    first, second = list(of_market)[:2]
    assert set(few) == {first, second, OTHERS}
    assert few[OTHERS] == summed(one for one in trips if one.symbol not in {first, second})
    assert grouped([], side_of) == {}


def test_sides_have_names() -> None:
    assert side_of(trip(1, 0.0)) == "long"
    assert side_of(trip(1, 0.0, side=Side.SHORT)) == "short"


def test_sums_of_nothing_are_nothing() -> None:
    assert summed([]) == TripSums()
    # Each has bins of its own.
    assert TripSums().bins is not TripSums().bins


def test_sums_that_are_written_down_go_on_where_they_were() -> None:
    trips = drawn(100)

    again = msgspec.json.decode(msgspec.json.encode(summed(trips[:37])), type=TripSums)
    for one in trips[37:]:
        again.add(one)

    assert again == summed(trips)
