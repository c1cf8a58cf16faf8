from pathlib import Path

import numpy as np
import pytest
from tests.candles_of_prices import walk

from tidemark.analysis.analysis import Weights
from tidemark.analysis.factors import registry
from tidemark.backtest import evaluation_report
from tidemark.backtest.candle_files import MarketCandles
from tidemark.backtest.evaluation import BINS, Evaluation, evaluate, forward, signals
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, MINUTE

WEIGHTS = Weights(timeframes={Timeframe.M1: 0.6, Timeframe.M5: 0.4})
DAYS = 12


def market(count: int = 2000, seed: int = 1, symbol: str = "AUSDT") -> MarketCandles:
    figures = {name: column for name, column in walk(count, seed).items() if name != "bought"}
    return MarketCandles(
        symbol=symbol, source="walk", timeframe=Timeframe.M1, time=np.arange(count, dtype=np.int64) * MINUTE,
        figures=figures,
    )  # fmt: skip


def first(candles: MarketCandles, count: int) -> MarketCandles:
    return MarketCandles(
        symbol=candles.symbol, source=candles.source, timeframe=candles.timeframe, time=candles.time[:count],
        figures={name: column[:count] for name, column in candles.figures.items()},
    )  # fmt: skip


@pytest.fixture(scope="module")
def told() -> Evaluation:
    # An oscillator around a slow wave: what has fallen far comes back.
    count = DAYS * 1440
    rng = np.random.default_rng(5)
    close = 100.0 + 2.0 * np.sin(np.arange(count) / 20.0) + np.cumsum(rng.normal(size=count)) * 0.01
    spread = np.abs(rng.normal(size=count)) * 0.05
    opened = np.r_[close[0], close[:-1]]
    figures = {
        "open": opened, "high": np.maximum(opened, close) + spread, "low": np.minimum(opened, close) - spread,
        "close": close, "volume": rng.exponential(10.0, count),
    }  # fmt: skip
    wave = MarketCandles(
        symbol="WAVE", source="wave", timeframe=Timeframe.M1, time=np.arange(count, dtype=np.int64) * MINUTE,
        figures=figures,
    )  # fmt: skip
    seen: list[tuple[int, str]] = []
    made = evaluate(
        [wave, market(3000)], [5 * MINUTE, HOUR], WEIGHTS, every_ns=5 * MINUTE, each=lambda *one: seen.append(one)
    )
    assert seen == [(0, "WAVE"), (1, "AUSDT")]
    return made


def test_what_is_said_hangs_on_nothing_that_comes_later() -> None:
    whole = signals(market(), WEIGHTS, 5 * MINUTE)
    for count in (700, 1203):
        part = signals(first(market(), count), WEIGHTS, 5 * MINUTE)
        same = len(part.time)
        assert np.array_equal(part.time, whole.time[:same])
        assert np.array_equal(part.figures, whole.figures[:same], equal_nan=True)


def test_what_is_said_is_what_the_newest_closed_candles_of_each_timeframe_say() -> None:
    said = signals(market(), WEIGHTS, 5 * MINUTE)

    assert said.time[0] == 5 * MINUTE
    names = [name for _, name in said.names]
    assert names[-1] == "score"
    assert set(registry.COMPONENTS) & set(names)
    rsi = said.figures[:, names.index("rsi")]
    # 15 candles of warm-up, and 30 values before anything is usual: 44 minutes, at the next five.
    assert np.isnan(rsi[:8]).all()
    assert np.isfinite(rsi[8:]).all()


def test_the_return_is_that_from_close_to_close_and_of_nothing_that_is_missing() -> None:
    candles = market(30)
    close = candles.figures["close"]
    holed = MarketCandles(
        symbol="A", source="", timeframe=Timeframe.M1, time=np.delete(candles.time, 9),
        figures={name: np.delete(column, 9) for name, column in candles.figures.items()},
    )  # fmt: skip

    found = forward(holed, np.array([5, 10, 26]) * MINUTE, 5 * MINUTE)

    # The tenth candle, which closes at 10 minutes, is not there.
    assert np.isnan(found).tolist() == [True, True, True]
    assert forward(holed, np.array([6]) * MINUTE, 5 * MINUTE)[0] == pytest.approx(close[10] / close[5] - 1.0)


def test_a_market_that_comes_back_is_found_to_come_back_and_to_survive_the_correction(told: Evaluation) -> None:
    by = {(row.kind, row.name, row.horizon_s): row.measured for row in told.rows}
    rsi = by["factor", "rsi", 300.0]

    assert rsi.survives
    assert abs(rsi.correlation.value) > 0.2
    assert rsi.independent <= rsi.samples
    assert rsi.blocks == DAYS + 1 or rsi.blocks == DAYS
    assert sum(row.kind == "score" for row in told.rows) == 2


def test_the_scale_of_the_score_is_told(told: Evaluation) -> None:
    assert len(told.histogram) == BINS
    assert list(told.percentiles.values()) == sorted(told.percentiles.values())
    assert 0.0 < told.coverage < 1.0
    assert [(one.symbol, one.candles) for one in told.markets] == [("WAVE", DAYS * 1440), ("AUSDT", 3000)]


def test_the_page_has_every_row_and_its_picture_every_bar(told: Evaluation, tmp_path: Path) -> None:
    evaluation_report.write(told, tmp_path / "page.md", "tidemark evaluate --data x", 5.5)

    page = (tmp_path / "page.md").read_text()
    assert "![histogram of the score, and the mean return by its decile](page.svg)" in page
    assert "| WAVE | 17,280 |" in page
    for row in told.rows:
        assert f"| {row.name.replace('_', ' ')} | " in page
    assert page.count("| 5m |") >= len(told.rows) // 2
    assert "twice the taker's fee, 11 bps at 5.5 bps a side" in page
    picture = (tmp_path / "page.svg").read_text()
    assert picture.count("<rect") == BINS
    assert picture.count("<circle") == 20
