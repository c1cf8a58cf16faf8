from pathlib import Path

import numpy as np
import pytest
from tests.build import MIDNIGHT, engine

from tidemark.backtest.rules.recording import Minutes, Recorded, engine_of
from tidemark.errors import CaptureError
from tidemark.ingest.venues import registry
from tidemark.market.closed import Closed, Revised
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings, load

BINANCE = registry.find("binance")


def closed(kind: type[Closed] = Closed, timeframe: Timeframe = Timeframe.M1) -> Closed:
    """Of the slots 0 to 2, the last of which has no candle."""
    ticks = {"open": 10, "high": 13, "low": 9, "close": 11}
    prices = {name: np.array([at, at, 0], np.int32) for name, at in ticks.items()}
    sums = {name: np.array([2.0, 3.0, 0.0], np.float32) for name in ("volume", "turnover", "bought")}
    marks = {"marks": np.array([Origin.TRADES | 5 << 4, Origin.PARTIAL, Origin.ABSENT], np.uint32)}
    return kind(
        timeframe=timeframe, slots=np.arange(3, dtype=np.int32), open_times=np.full(3, MIDNIGHT),
        tick_sizes=np.array([0.5, 0.1, 0.1]), rows={**prices, **sums, **marks},
    )  # fmt: skip


def test_minutes_that_close_are_candles_of_the_markets_that_are_wanted_in_their_order() -> None:
    made = engine(symbols=("AUSDT", "BUSDT", "CUSDT"))

    both = Minutes(made, ("BUSDT", "AUSDT")).of(closed())
    one = Minutes(made, ("BUSDT",)).of(closed())

    assert both is not None
    assert both.market.tolist() == [0, 1]
    assert both.open.tolist() == pytest.approx([1.0, 5.0])
    assert both.volume.tolist() == [3.0, 2.0]
    assert one is not None
    assert one.close.tolist() == pytest.approx([1.1])


@pytest.mark.parametrize("output", [closed(Revised), closed(timeframe=Timeframe.M5)])
def test_what_changed_afterwards_and_other_candles_are_not_traded(output: Closed) -> None:
    assert Minutes(engine(), ("BTCUSDT",)).of(output) is None


def test_the_engine_is_that_of_a_service_with_its_spare_slots_and_books() -> None:
    size = engine_of(Settings(), BINANCE, 5)
    without = engine_of(load(None, {}, {"venue.channels": "trades,tickers"}).settings, BINANCE, 5)

    assert size.series == 5 + Settings().universe.spare_slots
    assert (size.book_depth, size.book_rules) == (Settings().book.depth, BINANCE.book_rules)
    assert (without.book_depth, without.book_rules) == (0, None)
    assert size.is_numbered == BINANCE.has_numbered_trades


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no recording at"):
        Recorded(tmp_path / "nothing")
