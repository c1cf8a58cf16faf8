import numpy as np
from tests.backtests import BEGAN, EAGER, walk
from tests.build import instrument

from tidemark.backtest.rules.asked import asked
from tidemark.backtest.rules.sizes import size_of
from tidemark.backtest.rules.warmth import Warmth
from tidemark.engine.step import Engine
from tidemark.memory.ledger import Ledger
from tidemark.model.batch import Batch
from tidemark.model.events import Listing, Tick
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, MINUTE

SLOWEST = 200


def test_a_market_is_warm_when_the_slowest_indicator_is_in_every_timeframe() -> None:
    engine = Engine(size_of(asked("rules", EAGER).settings, Timeframe.M1, 1), Ledger())
    minute, five, never = (
        Warmth(engine, Timeframe.M1, "1m"),
        Warmth(engine, Timeframe.M1, "5m"),
        Warmth(engine, Timeframe.M1, "none"),
    )
    batch, bars = Batch(1, 2, 1, 1, candles=1), walk(1 + 5 * SLOWEST)
    batch.add(Listing(ts_event=BEGAN, ts_recv=BEGAN, instrument=instrument("AUSDT", 0.001)))
    engine.process(batch)
    batch.clear()
    assert not never.of("BUSDT")
    assert never.of("AUSDT")
    warm = []

    for at in range(len(bars)):
        figures = {name: getattr(bars, name)[at : at + 1] for name in ("open", "high", "low", "close", "volume")}
        batch.candles.extend(np.zeros(1, np.int32), bars.open_time[at : at + 1], figures)
        ends = int(bars.open_time[at]) + MINUTE
        batch.add(Tick(ts_event=ends, ts_recv=ends))
        engine.process(batch)
        batch.clear()
        warm.append((minute.of("AUSDT"), five.of("AUSDT")))

    assert [one for one, _ in warm].index(True) == SLOWEST - 1
    assert [other for _, other in warm].index(True) == 5 * SLOWEST - 1
    assert (minute.span_ns, five.span_ns, never.span_ns) == (SLOWEST * MINUTE, SLOWEST * 5 * MINUTE, 0)
    assert Warmth(engine, Timeframe.M1, "1h").span_ns == SLOWEST * HOUR
