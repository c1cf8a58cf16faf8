import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.build import MIDNIGHT, instrument

from tidemark.analysis.context import REBUILT, Closes, Context, Relation
from tidemark.analysis.pairs import LEAST
from tidemark.market.closed import Closed, Revised
from tidemark.market.level import Array
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, MINUTE

SYMBOLS = ("AUSDT", "BTCUSDT", "CUSDT")
A, BTC, C = range(3)
TICK = 1e-6


def made(**options: object) -> Context:
    universe = Universe(series=4, ledger=Ledger())
    for symbol in SYMBOLS:
        universe.join(instrument(symbol))
    return Context(universe, series=4, ledger=Ledger(), **options)  # type: ignore[arg-type]


def closed(
    minute: int, closes: Mapping[int, float], *, absent: Sequence[int] = (), kind: type[Closed] = Closed
) -> Closed:
    """The candles of one minute after midnight; a price for each slot."""
    slots = sorted(closes)
    rows: dict[str, Array] = {
        "close": np.array([round(closes[slot] / TICK) for slot in slots], np.int64),
        "marks": np.array([Origin.ABSENT if slot in absent else Origin.TRADES for slot in slots], np.uint32),
    }
    return kind(
        timeframe=Timeframe.M1,
        slots=np.array(slots, np.int32),
        open_times=np.full(len(slots), MIDNIGHT + minute * MINUTE),
        tick_sizes=np.full(len(slots), TICK),
        rows=rows,
    )


def prices(count: int, seed: int = 1) -> dict[int, Array]:
    """Three markets: the leader walks, A goes with it and with what it did before, C does as it likes."""
    rng = np.random.default_rng(seed)
    led = rng.normal(scale=1e-3, size=count)
    changes = {
        A: 0.7 * led + 0.3 * np.concatenate([[0.0], led[:-1]]) + rng.normal(2e-5, 5e-4, count),
        BTC: led,
        C: rng.normal(scale=1e-3, size=count),
    }
    return {slot: np.round(100.0 * np.exp(np.cumsum(change)), 6) for slot, change in changes.items()}


def feed(context: Context, walks: Mapping[int, Array], *, without: Mapping[int, Sequence[int]] | None = None) -> None:
    for minute in range(len(walks[BTC])):
        missing = [slot for slot, minutes in (without or {}).items() if minute in minutes]
        context.close(closed(minute, {slot: walk[minute] for slot, walk in walks.items() if slot not in missing}))


def weighted(pairs: Sequence[tuple[int, float, float]], half_life_ns: int) -> tuple[float, float, float, float, float]:
    """Weight, correlation, beta, alpha and deviation of (minute, x, y) by the formulas as they stand in books."""
    minutes, x, y = (np.array(column) for column in zip(*pairs, strict=True))
    weight = np.exp2(-(minutes[-1] - minutes) * MINUTE / half_life_ns)
    total = weight.sum()
    mean_x, mean_y = (weight * x).sum() / total, (weight * y).sum() / total
    xx, yy = (weight * (x - mean_x) ** 2).sum(), (weight * (y - mean_y) ** 2).sum()
    xy = (weight * (x - mean_x) * (y - mean_y)).sum()
    beta = xy / xx
    residuals = y - (mean_y - beta * mean_x) - beta * x
    return (
        float(total),
        float(xy / np.sqrt(xx * yy)),
        float(beta),
        float(mean_y - beta * mean_x),
        float(np.sqrt((weight * residuals**2).sum() / total)),
    )


def relation(context: Context, slot: int, minute: int) -> Relation:
    read = context.read(slot, Timeframe.M1, MIDNIGHT + (minute + 1) * MINUTE)
    assert read is not None
    return read


def pairs_of(
    walks: Mapping[int, Array], slot: int, lag: int, missing: Mapping[int, Sequence[int]]
) -> list[tuple[int, float, float]]:
    """Pairs of the minute: the leader's return of *lag* candles before or, with -1, the market's of the one before."""

    def change(one: int, minute: int) -> float | None:
        gone = missing.get(one, ())
        if minute < 1 or minute in gone or minute - 1 in gone:
            return None
        return math.log(walks[one][minute] / walks[one][minute - 1])

    found = []
    for minute in range(len(walks[BTC])):
        x = change(BTC, minute - max(lag, 0))
        y = change(slot, minute + min(lag, 0))
        if x is not None and y is not None and change(BTC, minute) is not None and change(slot, minute) is not None:
            found.append((minute, x, y))
    return found


@given(
    seed=st.integers(0, 100),
    holes=st.dictionaries(st.sampled_from([A, BTC]), st.lists(st.integers(0, 118), max_size=6), max_size=2),
)
def test_moments_are_the_exact_weighted_ones_whatever_is_missing(seed: int, holes: dict[int, list[int]]) -> None:
    walks = prices(120, seed)
    context = made(half_lives={Timeframe.M1: HOUR})
    feed(context, walks, without=holes)

    newest = max(minute for minute, _, _ in pairs_of(walks, A, 0, holes))
    read = relation(context, A, newest)

    weight, correlation, beta, alpha, deviation = weighted(pairs_of(walks, A, 0, holes), HOUR)
    assert read.pairs == pytest.approx(weight, rel=1e-9)
    assert read.correlation == pytest.approx(correlation, rel=1e-9)
    assert read.beta == pytest.approx(beta, rel=1e-9)
    assert read.alpha_bps == pytest.approx(1e4 * alpha, rel=1e-6)
    assert read.residual_deviation_bps == pytest.approx(1e4 * deviation, rel=1e-6)
    assert read.correlation_before == pytest.approx(weighted(pairs_of(walks, A, 1, holes), HOUR)[1], rel=1e-6, abs=1e-9)
    assert read.correlation_after == pytest.approx(weighted(pairs_of(walks, A, -1, holes), HOUR)[1], rel=1e-6, abs=1e-9)
    assert (read.symbol, read.leader, read.age_ns) == ("AUSDT", "BTCUSDT", 0)


def test_the_leader_is_its_own_shadow() -> None:
    context = made()
    feed(context, prices(60))

    read = relation(context, BTC, 59)

    assert (read.correlation, read.beta) == pytest.approx((1.0, 1.0))
    assert (read.alpha_bps, read.residual_bps, read.residual_deviation_bps) == pytest.approx((0.0, 0.0, 0.0), abs=1e-6)


def test_who_moves_after_the_leader_goes_with_what_the_leader_did_before() -> None:
    context = made()
    walks = prices(200)
    # The leader's price one candle late.
    late = {**walks, C: np.concatenate([[100.0], walks[BTC][:-1]])}
    feed(context, late)

    read = relation(context, C, 199)

    assert read.correlation_before == pytest.approx(1.0)
    assert abs(read.correlation_after or 0.0) < 0.5
    assert abs(read.correlation or 0.0) < 0.5


def test_the_residual_is_what_beta_before_does_not_explain() -> None:
    context = made()
    walks = prices(100)
    feed(context, {slot: walk[:99] for slot, walk in walks.items()})
    beta = relation(context, A, 98).beta
    assert beta is not None

    context.close(closed(99, {slot: walk[99] for slot, walk in walks.items()}))

    own, led = (math.log(walks[slot][99] / walks[slot][98]) for slot in (A, BTC))
    assert relation(context, A, 99).residual_bps == pytest.approx(1e4 * (own - beta * led))


def test_before_thirty_pairs_nothing_is_said() -> None:
    context = made(half_lives={Timeframe.M1: 10_000 * HOUR})
    walks = prices(40)
    assert context.read(A, Timeframe.M1, MIDNIGHT) is None
    feed(context, {slot: walk[: int(LEAST)] for slot, walk in walks.items()})
    few = relation(context, A, int(LEAST) - 1)
    assert few.pairs == pytest.approx(29.0, abs=0.01)
    assert (few.correlation, few.beta, few.residual_bps) == (None, None, None)

    for minute in (30, 31, 32):
        context.close(closed(minute, {slot: walk[minute] for slot, walk in walks.items()}))
    assert relation(context, A, 32).beta is not None


def test_a_price_that_stands_still_has_no_correlation_and_a_beta_of_nothing() -> None:
    context = made()
    feed(context, {**prices(60), A: np.full(60, 5.0)})

    read = relation(context, A, 59)

    assert (read.correlation, read.beta, read.alpha_bps) == (None, 0.0, 0.0)
    market = context.market(Timeframe.M1, MIDNIGHT + 61 * MINUTE)
    assert {one.symbol: one.correlation is None for one in market.ranking} == {"AUSDT": True, "CUSDT": False}
    assert market.mean_correlation == pytest.approx(relation(context, C, 59).correlation)


def test_a_candle_that_changed_corrects_the_return_after_it() -> None:
    context, straight = made(), made()
    walks = prices(60)
    first = {slot: walk[:50] for slot, walk in walks.items()}
    feed(straight, first)
    feed(context, first)
    context.close(closed(49, {C: 1.0}, kind=Revised))
    context.close(closed(30, {C: 7.0}, kind=Revised))
    context.close(closed(49, {C: walks[C][49]}, kind=Revised))

    for one in (context, straight):
        one.close(closed(50, {slot: walk[50] for slot, walk in walks.items()}))
    assert relation(context, C, 50) == relation(straight, C, 50)

    context.close(closed(50, {C: 1.0}, absent=[C], kind=Revised))
    context.close(closed(51, {slot: walk[51] for slot, walk in walks.items()}))
    assert relation(context, C, 51).at == relation(context, A, 51).at - MINUTE


def test_absent_candles_old_ones_and_other_timeframes_are_passed_over() -> None:
    context = made(half_lives={Timeframe.M5: HOUR})
    context.close(closed(1, {A: 1.0}))
    assert not any(column.any() for column in context.kept().values())

    context = made()
    feed(context, prices(5))
    before = {name: column.copy() for name, column in context.kept().items()}
    context.close(closed(2, {A: 1.0, BTC: 2.0}))
    context.close(closed(7, {A: 1.0, BTC: 2.0}, absent=[A, BTC]))
    assert all(np.array_equal(column, before[name]) for name, column in context.kept().items())


def test_the_whole_market_has_a_mean_a_dispersion_and_an_order() -> None:
    context = made()
    walks = prices(100)
    feed(context, walks)

    read = context.market(Timeframe.M1, MIDNIGHT + 101 * MINUTE)

    changes = [1e4 * math.log(walks[slot][99] / walks[slot][98]) for slot in (A, BTC, C)]
    assert (read.moved, read.at, read.age_ns) == (3, MIDNIGHT + 100 * MINUTE, MINUTE)
    assert read.mean_bps == pytest.approx(np.mean(changes))
    assert read.dispersion_bps == pytest.approx(np.std(changes))
    a, c = relation(context, A, 99), relation(context, C, 99)
    assert read.related == 2
    assert read.mean_beta == pytest.approx(((a.beta or 0.0) + (c.beta or 0.0)) / 2)
    assert read.mean_correlation == pytest.approx(((a.correlation or 0.0) + (c.correlation or 0.0)) / 2)
    ranked = sorted(((one.alpha_bps or 0.0), one.symbol) for one in (a, c))[::-1]
    assert [(one.alpha_bps, one.symbol) for one in read.ranking] == ranked
    assert {one.age_ns for one in read.ranking} == {MINUTE}


def test_a_market_without_candles_for_four_minutes_is_in_no_figure_of_all() -> None:
    context = made()
    walks = prices(100)
    feed(context, walks, without={C: range(96, 100)})

    read = context.market(Timeframe.M1, MIDNIGHT + 100 * MINUTE)
    assert (read.moved, read.related, [one.symbol for one in read.ranking]) == (2, 1, ["AUSDT"])

    later = context.market(Timeframe.M1, MIDNIGHT + 104 * MINUTE)
    assert (later.moved, later.mean_bps, later.dispersion_bps, later.mean_beta, later.at) == (0, None, None, None, None)


def test_without_a_leader_there_is_no_pair() -> None:
    context = made(leader="XUSDT")
    feed(context, prices(60))

    assert context.read(A, Timeframe.M1, MIDNIGHT) is None
    assert context.market(Timeframe.M1, MIDNIGHT + 60 * MINUTE).moved == 3


def test_a_market_that_leaves_takes_its_figures_with_it_and_the_rest_goes_on() -> None:
    context = made()
    walks = prices(61)
    feed(context, {slot: walk[:60] for slot, walk in walks.items()})

    context.clear(BTC)
    assert context.read(BTC, Timeframe.M1, MIDNIGHT) is None
    context.close(closed(60, {slot: walk[60] for slot, walk in walks.items()}))

    # The leader has no return in that minute.
    assert relation(context, A, 59).age_ns == 0


def of(walks: Mapping[int, Array], missing: Mapping[int, Sequence[int]]) -> Callable[[int, Timeframe], Closes]:
    """What `rebuild` asks for, where those candles are kept."""

    def closes(slot: int, timeframe: Timeframe) -> Closes:
        if slot not in walks or timeframe is not Timeframe.M1:
            return np.zeros(0, np.int64), np.zeros(0)
        minutes = np.array([n for n in range(len(walks[slot])) if n not in missing.get(slot, ())], np.int64)
        return MIDNIGHT + minutes * MINUTE, np.round(walks[slot][minutes] / TICK) * TICK

    return closes


def changed(context: Context, *slots: int) -> None:
    """Say that a candle of them from long ago is another one now."""
    context.close(closed(-5000, dict.fromkeys(slots, 1.0), kind=Revised))


@given(
    seed=st.integers(0, 100),
    holes=st.dictionaries(st.sampled_from([A, BTC]), st.lists(st.integers(0, 118), max_size=6), max_size=2),
)
def test_what_is_read_anew_is_what_was_taken_one_by_one(seed: int, holes: dict[int, list[int]]) -> None:
    walks = prices(120, seed)
    taken, read = made(half_lives={Timeframe.M1: HOUR}), made(half_lives={Timeframe.M1: HOUR})
    feed(taken, walks, without=holes)
    changed(read, BTC)
    read.rebuild(of(walks, holes))

    for name, column in taken.kept().items():
        # `change` and `residual` mean nothing where no pair is the newest.
        if name.endswith(("moments", "time", "close")):
            assert read.kept()[name] == pytest.approx(column, rel=1e-6, abs=1e-18), name
    assert (
        read.market(Timeframe.M1, MIDNIGHT + 121 * MINUTE).moved
        == taken.market(Timeframe.M1, MIDNIGHT + 121 * MINUTE).moved
    )
    for one in (taken, read):
        one.close(closed(120, {A: 100.0, BTC: 101.0}))
    assert relation(read, A, 120).residual_bps == pytest.approx(relation(taken, A, 120).residual_bps)
    assert relation(read, A, 120).beta == pytest.approx(relation(taken, A, 120).beta)


def test_history_that_arrives_tells_at_once_what_would_take_hours() -> None:
    walks = prices(300)
    context, whole = made(), made()
    feed(whole, walks)
    for minute in (298, 299):
        context.close(closed(minute, {slot: walk[minute] for slot, walk in walks.items()}))
    assert relation(context, A, 299).beta is None

    changed(context, A)
    context.rebuild(of(walks, {}))

    assert relation(context, A, 299).beta == pytest.approx(relation(whole, A, 299).beta)
    assert relation(context, A, 299).residual_bps == pytest.approx(relation(whole, A, 299).residual_bps)
    assert relation(context, C, 299).beta is None


def test_moments_of_more_than_is_kept_stay() -> None:
    walks = prices(300)
    context = made()
    feed(context, walks)
    before = relation(context, A, 299)

    changed(context, BTC)
    context.rebuild(of(walks, {slot: range(200) for slot in walks}))

    assert relation(context, A, 299) == before


def test_a_corrected_candle_corrects_the_moments() -> None:
    walks = prices(100)
    wrong, context, right = {**walks, A: walks[A].copy()}, made(), made()
    wrong[A][50] *= 1.1
    feed(right, walks)
    feed(context, wrong)
    assert relation(context, A, 99).beta != pytest.approx(relation(right, A, 99).beta)

    context.close(closed(50, {A: walks[A][50]}, kind=Revised))
    context.rebuild(of(walks, {}))

    assert relation(context, A, 99).beta == pytest.approx(relation(right, A, 99).beta)


def test_so_many_are_read_anew_at_a_time_and_each_once() -> None:
    universe = Universe(series=2 * REBUILT, ledger=Ledger())
    for number in range(2 * REBUILT - 1):
        universe.join(instrument("BTCUSDT" if number == 7 else f"M{number}USDT"))
    context = Context(universe, series=2 * REBUILT, ledger=Ledger())
    asked: list[int] = []

    def closes(slot: int, _: Timeframe) -> Closes:
        asked.append(slot)
        return np.zeros(0, np.int64), np.zeros(0)

    changed(context, 7)
    context.rebuild(closes)
    assert sorted(asked) == sorted([7, *range(REBUILT)])
    context.rebuild(closes)
    context.rebuild(closes)

    assert sorted(asked) == sorted([7, 7, *range(2 * REBUILT - 1)])


@given(seed=st.integers(0, 30), cut=st.integers(1, 79))
def test_what_was_kept_goes_on_as_if_nothing_had_been(seed: int, cut: int) -> None:
    walks = prices(80, seed)
    whole, before, after = made(), made(), made()
    feed(whole, walks)
    for minute in range(80):
        if minute == cut:
            for name, column in before.kept().items():
                after.kept()[name][:] = column
        one = before if minute < cut else after
        one.close(closed(minute, {slot: walk[minute] for slot, walk in walks.items()}))

    assert all(np.array_equal(column, after.kept()[name]) for name, column in whole.kept().items())


def test_it_takes_what_it_reserved() -> None:
    ledger, universe = Ledger(), Universe(series=5, ledger=Ledger())
    Context(universe, series=5, ledger=ledger)

    planned = {one.owner: one.bytes for one in Context.reserve(series=5)}
    assert planned == {line.owner: line.bytes_reserved for line in ledger.report() if line.owner in planned}
    assert sum(one.item_bytes for one in Context.reserve(series=5)) == 2 * 209
