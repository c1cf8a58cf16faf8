import numpy as np
import pytest
from tests.round_trips import trip

from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.metrics.luck.random_entry import Chance, MarketTrips, random_entries
from tidemark.model.signal import Side


def market(opens: np.ndarray, entries: list[int], held: list[int], side: int = 1, cost: float = 0.0) -> MarketTrips:
    """Trips of 1000 each, entered at the open of these candles, and what they brought."""
    entry, length = np.array(entries, np.int64), np.array(held, np.int64)
    gains = 1000.0 * side * (opens[entry + length] / opens[entry] - 1.0)
    return MarketTrips(
        prices=opens.__getitem__,
        candles=len(opens),
        side=np.full(len(entries), float(side)),
        held=length,
        notional=np.full(len(entries), 1000.0),
        costs=cost * len(entries),
        profit=float(gains.sum()) - cost * len(entries),
    )


def at_random(rng: np.random.Generator, candles: int) -> tuple[list[int], list[int]]:
    """Trips as somebody without skill opens them: one at a time, after a wait."""
    entries: list[int] = []
    held: list[int] = []
    now = 0
    while True:
        now += int(rng.integers(0, 40))
        length = int(rng.integers(1, 20))
        if now + length >= candles:
            return entries, held
        entries.append(now)
        held.append(length)
        now += length


def test_trips_become_arrays() -> None:
    trips = [trip(1, 5.6), trip(2, -7.0, side=Side.SHORT, bars=0, quantity=3.0, slippage=0.25)]

    found = MarketTrips.of(trips, np.ones(50).__getitem__, 50)

    assert found.side.tolist() == [1.0, -1.0]
    assert found.held.tolist() == [7, 1]
    assert found.notional.tolist() == [200.0, 300.0]
    assert found.costs == pytest.approx(2 * (0.5 - 0.1) + 0.25)
    assert found.profit == pytest.approx(-1.4)


def test_where_the_price_never_moves_chance_brings_the_costs() -> None:
    found = random_entries([market(np.full(100, 5.0), [3, 50], [10, 20], cost=2.5)], draws=99)

    assert found == Chance(
        trips=2, draws=99, profit=-5.0, mean=Figure(-5.0), low=Figure(-5.0), high=Figure(-5.0), p=Figure(1.0)
    )


def test_where_there_is_only_one_way_to_place_them_it_is_found() -> None:
    # Three candles of a trip fill the four opens: every draw is the run itself.
    opens = np.array([100.0, 110.0, 121.0, 133.1])

    found = random_entries([market(opens, [0], [3])], draws=19)

    assert found.mean.value == pytest.approx(331.0)
    assert found.p == Figure(1.0)


def test_every_place_is_drawn_as_often_and_no_trip_over_another() -> None:
    seen: list[np.ndarray] = []
    opens = np.ones(31)

    def prices(places: np.ndarray) -> np.ndarray:
        seen.append(places.copy())
        found: np.ndarray = opens[places]
        return found

    told = market(opens, [0, 5, 9], [5, 4, 1])
    random_entries(
        [MarketTrips(prices=prices, candles=31, side=told.side, held=told.held, notional=told.notional, costs=0.0,
                     profit=0.0)], draws=30_000,
    )  # fmt: skip

    exits, entries = np.concatenate(seen[0::2]), np.concatenate(seen[1::2])
    assert (np.sort(exits - entries, axis=1) == [1, 4, 5]).all()
    assert (entries[:, 1:] >= exits[:, :-1]).all()
    assert (entries.min(), exits.max()) == (0, 30)
    # The first is any of the three, as often.
    assert np.bincount(exits[:, 0] - entries[:, 0])[[1, 4, 5]] / 30_000 == pytest.approx(1 / 3, abs=0.015)


def test_without_skill_p_is_uniform() -> None:
    rng = np.random.default_rng(6)
    found = []
    for world in range(300):
        markets = []
        for _ in range(2):
            opens = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 1500)))
            markets.append(market(opens, *at_random(rng, 1500), side=int(rng.choice([-1, 1])), cost=1.0))
        found.append(random_entries(markets, draws=99, seed=world).p.value or 0.0)

    distance = np.abs(np.sort(found) - (np.arange(300) + 0.5) / 300).max()
    # Kolmogorov and Smirnov: beyond 1.63 / sqrt(n) once in a hundred times; the steps of p are of 0.01.
    assert distance < 1.63 / 300**0.5 + 0.01


def test_whoever_knows_the_future_is_found_out() -> None:
    rng = np.random.default_rng(8)
    opens = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.01, 5000)))
    ahead = opens[10:] / opens[:-10]
    entries: list[int] = []
    for place in np.argsort(-ahead)[:400].tolist():
        if all(abs(place - other) >= 10 for other in entries):
            entries.append(place)

    found = random_entries([market(opens, entries, [10] * len(entries))], draws=199)

    assert found.p == Figure(1 / 200)
    assert (found.high.value or 0.0) < found.profit


def test_what_is_not_known_says_why() -> None:
    nothing = market(np.ones(10), [], [])
    full = market(np.ones(10), [0], [9])

    assert random_entries([nothing]).p == Figure(None, "no trips")
    assert random_entries([full]).p == Figure(1.0)
    longer = MarketTrips.of([trip(1, 1.0, bars=10)], np.ones(10).__getitem__, 10)
    assert random_entries([full, longer]).p == Figure(None, "the trips of a market last longer than its candles")
