"""The whole of it, in an engine: what closes is read, what changes is read anew, every second is scored."""

from collections.abc import Sequence

import numpy as np
import pytest
from tests.build import MIDNIGHT, T, columns, engine, instrument, step
from tests.candles_of_prices import walk

from tidemark.analysis.analysis import WEIGHTS, Analysis, Weights
from tidemark.analysis.factors import registry
from tidemark.analysis.regime import Regime
from tidemark.engine.outputs import Scored
from tidemark.engine.step import Engine
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import ClockJump, Delisting, KlineRow, Klines, Listing, StreamGap, Tick
from tidemark.model.timeframe import Timeframe
from tidemark.units import SECOND

MINUTES = 200
PRICES = np.round(walk(6 * MINUTES)["close"], 1)


def scored(symbols: Sequence[str] = ("BTCUSDT",), weights: Weights | None = None) -> Engine:
    return engine(symbols, series=4, weights=weights or Weights())


def analysis(made: Engine) -> Analysis:
    assert made.analysis is not None
    return made.analysis


def live(made: Engine, begin: int, end: int, *, slots: Sequence[int] = (0,), size: float = 1.0) -> list[object]:
    """A trade each 10 s from minute *begin* to *end*, and a tick each."""
    outputs: list[object] = []
    for at in range(6 * begin, 6 * end):
        batch = Batch(16, 16)
        trades = [
            T(10.0 * at + 1.0, float(PRICES[at]), size, is_buy=at % 3 != 0, slot=slot, number=100_000 * slot + at + 1)
            for slot in slots
        ]
        for row in zip(*(column[: len(trades)].tolist() for column in columns(trades).arrays), strict=True):
            assert batch.trades.append(*row)
        now = MIDNIGHT + (10 * at + 9) * SECOND
        batch.add(Tick(ts_event=now, ts_recv=now))
        outputs.extend(made.process(batch))
    return outputs


def rsi(made: Engine, slot: int, timeframe: Timeframe = Timeframe.M1) -> tuple[float, bool, int]:
    """The newest RSI reading, if it has a direction, and when its candle closed."""
    panel = analysis(made).candles[timeframe].panel
    at = tuple(panel.factors).index("rsi")
    return float(panel.value[slot, at]), bool(panel.is_known[slot, at]), int(panel.at[slot])


def test_every_second_is_scored_once_and_said() -> None:
    made = scored()

    outputs = live(made, 0, 2)
    told = [output.ts_recv for output in outputs if isinstance(output, Scored)]

    assert told == [MIDNIGHT + (10 * at + 9) * SECOND for at in range(12)]
    again = step(made, Tick(ts_event=1, ts_recv=told[-1] + SECOND // 2))
    assert not [output for output in again if isinstance(output, Scored)]
    assert analysis(made).scored_at == told[-1]


def test_a_reading_has_the_age_of_its_candle() -> None:
    made = scored()
    live(made, 0, MINUTES)

    value, is_known, closed_at = rsi(made, 0)

    assert is_known
    assert value != 0.0
    # The last minute is over at 200 min; it closes two seconds later.
    assert closed_at == MIDNIGHT + 199 * 60 * SECOND
    assert analysis(made).age_ns(Timeframe.M1)[0] == analysis(made).scored_at - closed_at


def test_a_market_without_data_has_no_score_and_one_with_data_has() -> None:
    made = scored(("BTCUSDT", "ETHUSDT"))
    live(made, 0, MINUTES)
    scores = analysis(made).scores
    assert scores is not None

    assert scores.coverage[0] > 0.0
    assert (scores.coverage[1], bool(scores.is_known[1]), scores.score[1]) == (0.0, False, 50.0)
    assert scores.score == pytest.approx(50.0 + scores.points.sum(axis=1), abs=1e-9)


def test_candles_that_change_are_read_anew_with_all_that_came_before_them() -> None:
    made, untouched = scored(), scored()
    for one in (made, untouched):
        live(one, 0, MINUTES)
    before = rsi(made, 0)
    kline = _klines(made, 150)
    step(made, kline)
    assert analysis(made).waiting > 0

    now = MIDNIGHT + (MINUTES * 60 + 1) * SECOND
    for one in (made, untouched):
        step(one, Tick(ts_event=now, ts_recv=now))

    assert analysis(made).waiting == 0
    assert before[2] == rsi(made, 0)[2]
    # Only the minute's high was another: the closes, and so the RSI, are the same; the candle's own figures are not.
    assert rsi(made, 0)[0] == pytest.approx(before[0])
    assert analysis(made).candles[Timeframe.M1].bank.seen(0) == 199


def test_history_that_comes_all_at_once_is_read_over_several_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tidemark.analysis.analysis.REBUILT", 2000)
    made = scored([f"M{n}USDT" for n in range(4)])
    live(made, 0, 1, slots=range(4))
    for slot in range(4):
        step(made, _history(f"M{slot}USDT", 1440))
    seen = []
    for second in (70, 71, 72):
        now = MIDNIGHT + second * SECOND
        step(made, Tick(ts_event=now, ts_recv=now))
        seen.append([analysis(made).candles[Timeframe.M1].bank.seen(slot) for slot in range(4)])

    # At each tick until 2,000 candles are passed; a series is read whole.
    assert seen == [[1440, 1440, 0, 0], [1440] * 4, [1440] * 4]
    assert analysis(made).waiting == 0
    assert len({rsi(made, slot)[0] for slot in range(4)}) == 1


def test_a_regime_scales_the_weights_of_its_markets_alone() -> None:
    regime = Timeframe.S10
    doubled: dict[Regime, dict[str, float]] = {
        one: {"technical": 2.0, "structure": 0.0} for one in Regime if one is not Regime.UNKNOWN
    }
    plain = scored(("BTCUSDT", "ETHUSDT"), Weights(regime=regime, timeframes={regime: 1.0}))
    scaled = scored(("BTCUSDT", "ETHUSDT"), Weights(regime=regime, timeframes={regime: 1.0}, scales=doubled))
    for one in (plain, scaled):
        live(one, 0, 40)

    known = Regime(int(analysis(scaled).regimes()[0]))
    assert known is not Regime.UNKNOWN
    assert known == analysis(plain).regimes()[0]
    assert analysis(scaled).regimes()[1] == Regime.UNKNOWN
    names = [component.name for component in analysis(scaled).weighing.components]
    for slot, factors in ((0, {"technical": 2.0, "structure": 0.0}), (1, {})):
        expected = [WEIGHTS[name] * factors.get(name, 1.0) for name in names]
        assert analysis(scaled).weight(slot).tolist() == pytest.approx(expected)
        assert analysis(plain).weight(slot).tolist() == pytest.approx([WEIGHTS[name] for name in names])
    first, second = analysis(plain).scores, analysis(scaled).scores
    assert first is not None
    assert second is not None
    of_structure = [
        analysis(scaled).weighing.factors.index(name) for group in registry.groups("structure") for name in group
    ]
    assert first.points[0, of_structure].any()
    assert not second.points[0, of_structure].any()
    assert second.score[0] == pytest.approx(50.0 + second.points[0].sum(), abs=1e-9)


def test_a_regime_whose_candle_is_too_old_is_unknown() -> None:
    made = scored(weights=Weights(regime=Timeframe.S10))
    live(made, 0, 40)
    before = int(analysis(made).regimes()[0])

    # The candles of a gap are absent, and none of them is read.
    lost, now = MIDNIGHT + 40 * 60 * SECOND, MIDNIGHT + (40 * 60 + 45) * SECOND
    step(
        made,
        StreamGap(
            ts_event=lost, ts_recv=lost, venue="bybit", channel="trades", symbols=(), gap_from=lost, cause="lost"
        ),
    )
    step(made, Tick(ts_event=now, ts_recv=now))

    assert before != Regime.UNKNOWN
    assert analysis(made).regimes()[0] == Regime.UNKNOWN


@pytest.mark.parametrize(
    ("wanted", "used"), [(Timeframe.M5, Timeframe.M1), (Timeframe.M1, Timeframe.M1), (Timeframe.S10, Timeframe.S10)]
)
def test_the_regime_is_read_in_the_longest_timeframe_that_is_kept(wanted: Timeframe, used: Timeframe) -> None:
    kept = (Timeframe.S10, Timeframe.M1, Timeframe.H1)

    made = engine(weights=Weights(regime=wanted), timeframes=kept)

    assert analysis(made).regime_timeframe is used
    assert analysis(made).context.timeframes == (Timeframe.M1,)


def test_a_market_that_leaves_takes_its_readings_with_it() -> None:
    made = scored()
    live(made, 0, 30)
    step(made, Delisting(ts_event=MIDNIGHT, ts_recv=MIDNIGHT + 1800 * SECOND, symbol="BTCUSDT"))
    at = MIDNIGHT + 1801 * SECOND
    step(made, Listing(ts_event=at, ts_recv=at, instrument=instrument("NEWUSDT")))

    assert rsi(made, 0) == (0.0, False, 0)
    assert analysis(made).candles[Timeframe.M1].bank.seen(0) == 0


def test_a_clock_that_is_set_back_stops_no_score() -> None:
    made = scored()
    live(made, 0, 1)
    scored_at = analysis(made).scored_at
    hour = 3600 * SECOND
    step(made, ClockJump(ts_event=scored_at, ts_recv=scored_at - hour, step_ns=-hour))

    outputs = step(made, Tick(ts_event=scored_at + 2 * SECOND, ts_recv=scored_at - hour + 2 * SECOND))

    assert [output.ts_recv for output in outputs if isinstance(output, Scored)] == [scored_at - hour + 2 * SECOND]


def test_the_same_input_in_other_batches_gives_the_same_scores() -> None:
    one, other = scored(), scored()
    live(one, 0, 40)
    for begin in range(0, 40, 8):
        live(other, begin, begin + 8)

    first, second = analysis(one).scores, analysis(other).scores
    assert first is not None
    assert second is not None
    for name in first.__struct_fields__:
        assert np.array_equal(getattr(first, name), getattr(second, name)), name


def test_without_weights_nothing_is_analysed() -> None:
    made = engine()

    assert made.analysis is None
    assert not [output for output in live(made, 0, 2) if isinstance(output, Scored)]


def test_it_takes_what_it_reserved() -> None:
    ledger = Ledger()
    made = engine(weights=Weights())
    timeframes = tuple(analysis(made).candles)
    planned = {one.owner: one.bytes for one in Analysis.reserve(timeframes, series=4)}
    Analysis(analysis(made).markets, series=4, weights=Weights(), ledger=ledger)

    assert {line.owner: line.bytes_reserved for line in ledger.report()} | planned == {
        line.owner: line.bytes_reserved for line in ledger.report()
    }


def test_a_whole_market_takes_at_most_40_mb() -> None:
    made = engine(weights=Weights())

    assert sum(one.bytes for one in Analysis.reserve(tuple(analysis(made).candles), series=560)) < 40_000_000


def test_every_component_has_its_weight_and_every_factor_its_place() -> None:
    made = analysis(scored())

    assert sorted(made.weighing.factors) == sorted(registry.factors())
    assert {one.name: one.weight for one in made.weighing.components}.items() <= dict(made.weights.components).items()


def _klines(made: Engine, minute: int) -> Klines:
    """The exchange's own candle of that minute, whose high is 1 above ours."""
    ours = made.candles.closed(0, Timeframe.M1, 1440)[minute]
    row = KlineRow(
        ours.open_time, ours.open, ours.high + 1.0, ours.low, ours.close, ours.volume, ours.turnover, None, None
    )
    return Klines(
        ts_event=ours.open_time, ts_recv=MIDNIGHT + MINUTES * 60 * SECOND, symbol="BTCUSDT", timeframe=Timeframe.M1,
        first=ours.open_time, count=1, rows=(row,),
    )  # fmt: skip


def _history(symbol: str, rows: int) -> Klines:
    begin = MIDNIGHT - rows * 60 * SECOND
    return Klines(
        ts_event=MIDNIGHT, ts_recv=MIDNIGHT + 65 * SECOND, symbol=symbol, timeframe=Timeframe.M1, first=begin,
        count=rows,
        rows=tuple(
            KlineRow(begin + at * 60 * SECOND, price, price, price, price, 1.0, price, None, None)
            for at, price in enumerate(np.resize(PRICES, rows).tolist())
        ),
    )  # fmt: skip
