from typing import Any

import numpy as np
import pytest
from tests.build import MIDNIGHT, engine, step
from tests.signalling import inputs
from tests.unit.analysis.test_analysis import analysis, live, scored

from tidemark.analysis.analysis import Analysis, Weights
from tidemark.analysis.columns import Column
from tidemark.engine.step import Engine
from tidemark.model.events import StreamGap, Tick, TickerUpdate
from tidemark.model.signal import Read
from tidemark.model.timeframe import Timeframe
from tidemark.signals import structures
from tidemark.signals.inputs import MIRROR, PRICES, Inputs, look
from tidemark.signals.rules import registry
from tidemark.units import SECOND


@pytest.fixture(scope="module")
def looked() -> tuple[Analysis, Inputs]:
    """One market that has traded for forty candles of ten seconds, and one that has not."""
    made = scored(("BTCUSDT", "ETHUSDT"), Weights(regime=Timeframe.S10))
    live(made, 0, 40)
    return analysis(made), look(analysis(made), {}, pressure=2)


def ticker(made: Engine, at: int, **fields: Any) -> None:
    step(made, TickerUpdate(symbol="BTCUSDT", ts_event=at, ts_recv=at, **fields))


def test_every_column_that_a_rule_reads_and_nobody_else_measures_is_there(looked: tuple[Analysis, Inputs]) -> None:
    own = {name for name in MIRROR if name.startswith(("pause_", "minute_"))} | set(structures.MIRROR)
    read = {name for rule in registry.rules().values() for name in rule.READS}

    assert read - own <= set(looked[1].columns)
    assert read == set(MIRROR)


def test_each_has_one_row_a_series_and_one_of_the_whole(looked: tuple[Analysis, Inputs]) -> None:
    made = looked[1]

    assert {len(column.values) for column in made.columns.values()} == {5}
    assert all(np.isfinite(column.values).all() for column in made.columns.values())
    assert made.at == looked[0].exchange_ns
    assert (len(made.funding_rate), len(made.funding_due)) == (4, 4)


def test_the_score_and_the_candles_are_those_of_the_analysis(looked: tuple[Analysis, Inputs]) -> None:
    made, told = looked

    assert made.scores is not None
    assert told.value("coverage", 0) == (float(made.scores.coverage[0]) if made.scores.is_known[0] else None)
    age = told.value("candle_age_s", 0)
    assert age is not None
    assert 0.0 <= age < 120.0
    assert told.value("score", 3) is None


def test_the_regime_of_the_whole_is_the_one_that_most_are_in(looked: tuple[Analysis, Inputs]) -> None:
    made, told = looked

    assert told.value("regime", 0) == float(made.regimes()[0])
    assert told.value("regime", 1) is None
    assert (told.value("regime", 4), told.value("regime_share", 4)) == (told.value("regime", 0), 1.0)


def test_the_level_of_memory_is_that_of_the_whole(looked: tuple[Analysis, Inputs]) -> None:
    told = looked[1]

    assert (told.value("pressure", 4), told.value("is_whole", 4)) == (2.0, 1.0)
    assert (told.value("pressure", 0), told.value("is_whole", 0)) == (0.0, 0.0)
    assert told.value("pressure", 3) is None


def test_own_columns_are_added_with_their_ages(looked: tuple[Analysis, Inputs]) -> None:
    own = {"pause_growth": (Column.of(np.array([1.0, np.nan, 2.0, 3.0])), np.full(4, 3 * SECOND))}

    told = look(looked[0], own, pressure=0)

    assert told.reads(["pause_growth", "score_of_yesterday"], 0) == (Read("pause_growth", 1.0, 3.0),)
    assert told.reads(["pause_growth"], 1) == ()


def test_what_is_unknown_is_left_out_and_an_age_is_never_negative() -> None:
    told = inputs(5, ages={"a": np.array([-7, 0])}, a=1.0, b=np.nan)

    assert told.reads(["a", "b"], 0) == (Read("a", 1.0, 0.0),)
    assert told.value("b", 0) is None


def test_a_price_counts_while_its_feed_speaks_and_ten_seconds_longer() -> None:
    made = engine(weights=Weights())
    at = MIDNIGHT
    step(
        made, StreamGap(ts_event=at, ts_recv=at, venue="bybit", channel="tickers", symbols=(), gap_to=at, cause="start")
    )
    ticker(made, at, last=100.0, turnover_24h=5e6, funding_rate=0.0003, next_funding_at=at + 3600 * SECOND)
    step(made, Tick(ts_event=at + SECOND, ts_recv=at + SECOND))

    told = look(analysis(made), {}, pressure=0)
    assert [told.value(name, 0) for name in ("price", "turnover_24h")] == [100.0, 5e6]
    assert (told.funding_rate[0], told.funding_due[0]) == (0.0003, at + 3600 * SECOND)

    gap = StreamGap(
        ts_event=at + SECOND, ts_recv=at + SECOND, venue="bybit", channel="tickers", symbols=(), gap_from=at,
        cause="closed",
    )  # fmt: skip
    step(made, gap)
    for later, price in ((10, 100.0), (11, None)):
        step(made, Tick(ts_event=at + later * SECOND, ts_recv=at + later * SECOND))
        told = look(analysis(made), {}, pressure=0)
        assert told.value("price", 0) == price
    assert (told.value("gap_channels", 0), told.value("affected_share", 4)) == (1.0, 1.0)


def test_without_candles_a_plan_has_no_range(looked: tuple[Analysis, Inputs]) -> None:
    assert set(PRICES) <= set(looked[1].columns)
    assert looked[1].value("atr", 1) is None
