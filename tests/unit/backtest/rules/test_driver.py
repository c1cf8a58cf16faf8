"""Candles through the engine into an account: what it finds is traded, and how candles are cut makes no difference."""

from collections.abc import Sequence
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtests import BEGAN, QUICK, Kept, account, candles, walk

from tidemark.backtest.bars import Bars
from tidemark.backtest.data.stream import joined
from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.driver import RulesDriver
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Side
from tidemark.model.timeframe import Timeframe
from tidemark.units import MINUTE

COUNT, WARM = 300, 200
MARKETS = ("AUSDT", "BUSDT")


def both(count: int = COUNT) -> Bars:
    """Two markets, the second of which begins later and has a hole."""
    late = walk(count, 2, market=1)
    keep = np.r_[20:60, 90:count]
    parts = [walk(count, 1), Bars(**{name: getattr(late, name)[keep] for name in late.__struct_fields__})]
    bars = joined(parts)
    order = np.argsort(bars.open_time, kind="stable")
    return Bars(**{name: getattr(bars, name)[order] for name in bars.__struct_fields__})


def driven(
    stretches: Sequence[Bars], markets: Sequence[str] = MARKETS, strategy: str = "rules", **given: str
) -> tuple[Kept, RulesDriver]:
    kept = Kept()
    made = asked(strategy, QUICK | {name.replace("__", "."): text for name, text in given.items()})
    driver = RulesDriver(
        made, markets, np.full(len(markets), 1e-4), Timeframe.M1, account(*markets), kept, ledger=Ledger()
    )  # fmt: skip
    for bars in stretches:
        driver.take(bars)
    driver.end()
    return kept, driver


@cache
def whole() -> tuple[Kept, RulesDriver]:
    return driven([both()])


def test_signals_become_trips_with_their_rule_their_regime_and_their_risk() -> None:
    kept, driver = whole()

    (said,) = [one for one in driver.told() if one.rule == "confluence"]
    assert len(kept.all) >= 3
    assert said.signals >= said.traded >= len(kept.all)
    assert {trip.tag for trip in kept.all} == {"confluence"}
    assert {trip.regime for trip in kept.all} <= {"range", "trend_up", "trend_down", "volatile", "illiquid"}
    assert all(trip.risk is not None and trip.risk <= 0.01 * 10_000.0 * 1.2 for trip in kept.all)


def test_nothing_is_traded_before_the_indicators_are_warm() -> None:
    kept, driver = whole()
    first = {"AUSDT": BEGAN, "BUSDT": BEGAN + 20 * MINUTE}

    (said,) = [one for one in driver.told() if one.rule == "confluence"]
    assert said.cold > 0
    assert driver.warm_up == WARM
    assert all(trip.entry_at >= first[trip.symbol] + WARM * MINUTE for trip in kept.all)
    assert not driven([both(WARM)])[0].all


def test_every_time_has_its_point_of_equity_and_the_last_one_is_what_is_left() -> None:
    kept, driver = whole()

    assert kept.at == (BEGAN + np.arange(COUNT) * MINUTE).tolist()
    equity, cash, exposure = kept.worth[-1]
    assert exposure == 0.0
    assert equity == pytest.approx(cash)
    assert equity == pytest.approx(10_000.0 + sum(trip.profit for trip in kept.all))
    assert driver.told() == driver.told()


@settings(max_examples=4, deadline=None)
@given(st.lists(st.integers(1, 2 * COUNT - 60), max_size=6))
def test_how_candles_are_cut_makes_no_difference(cuts: list[int]) -> None:
    bars = both()
    edges = [0, *sorted(min(cut, len(bars)) for cut in cuts), len(bars)]

    kept, driver = driven([bars.part(begin, end) for begin, end in pairwise(edges)])

    expected, of = whole()
    assert kept.all == expected.all
    assert (kept.at, kept.worth) == (expected.at, expected.worth)
    assert driver.told() == of.told()


def test_rules_that_lack_what_they_read_say_what_that_is() -> None:
    told = {one.rule: one for one in whole()[1].told()}

    assert told["confluence"].missing == ()
    assert told["whale_flow"].missing == ("large_bought", "large_sold", "usual_turnover")
    assert told["whale_flow"].signals == 0
    assert "funding_bps" in told["funding_extreme"].missing


def test_what_waits_while_nothing_is_there_is_not_held_to_be_new() -> None:
    """A day without candles lies between: the engine goes on with the time, and trades on."""
    first, second = walk(WARM + 60, 1), walk(60, 3)
    later = Bars(**{
        name: getattr(second, name) + (2000 * MINUTE if name == "open_time" else 0) for name in second.__struct_fields__
    })  # fmt: skip

    kept, _ = driven([first, later], MARKETS[:1])

    assert len(kept.at) == WARM + 120
    assert kept.at[-1] == BEGAN + 2059 * MINUTE
    assert all(trip.exit_at <= BEGAN + 2060 * MINUTE for trip in kept.all)


def test_nothing_comes_of_no_candles() -> None:
    kept, driver = driven([walk(0)], MARKETS[:1])

    assert (kept.all, kept.at) == ([], [])
    assert all(one.signals == 0 for one in driver.told())


def test_a_market_that_only_falls_is_sold() -> None:
    falling = candles(100.0 * np.exp(np.cumsum(np.random.default_rng(4).normal(-6e-4, 4e-4, COUNT))))

    kept, _ = driven([falling], MARKETS[:1], "rules:confluence")

    assert kept.all
    assert {trip.side for trip in kept.all} == {Side.SHORT}
