import pytest
from tests.api_process import SYMBOL, Lived

from tidemark.api.monitor import Monitor
from tidemark.api.routes.candles import ROUTES, Asked, CandlePage, Hole
from tidemark.errors import RequestError
from tidemark.model.events import StreamGap
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND, MINUTE, SECOND


def page(monitor: Monitor, **asked: object) -> CandlePage:
    told = ROUTES[0].give(monitor, Asked(symbol=SYMBOL, **asked))  # type: ignore[arg-type]
    assert isinstance(told, CandlePage)
    return told


def test_pages_cover_everything_once_back_to_the_oldest(monitor: Monitor) -> None:
    whole = page(monitor, timeframe="10s", limit=5000)
    times: list[int] = []
    before = None
    while True:
        told = page(monitor, timeframe="10s", limit=37, before_ms=before)
        times = told.columns.open_time_ms + times
        before = told.next_before_ms
        if before is None:
            break

    assert times == whole.columns.open_time_ms
    assert len(times) > 200
    assert whole.next_before_ms is None


def test_the_newest_page_has_the_candle_that_is_open(monitor: Monitor) -> None:
    newest = page(monitor, limit=3)

    assert newest.provisional is not None
    assert newest.provisional.origin == "provisional"
    assert newest.provisional.open_time_ms == newest.columns.open_time_ms[-1] + 60_000
    assert page(monitor, limit=3, before_ms=newest.next_before_ms).provisional is None


def test_the_columns_are_those_of_the_candles(monitor: Monitor) -> None:
    candle = monitor.engine.candles.closed(monitor.slot(SYMBOL), Timeframe.M1, 1)[0]
    told = page(monitor, limit=1).columns

    assert told.open_time_ms == [candle.open_time // MILLISECOND]
    assert (told.open, told.high, told.low, told.close) == ([candle.open], [candle.high], [candle.low], [candle.close])
    assert told.volume == [pytest.approx(candle.volume, rel=1e-6)]
    assert (told.origin, told.trades) == (["trades"], [candle.trades])


def test_a_stretch_that_nobody_saw_is_a_hole_and_no_candle(own: Lived) -> None:
    parts, began = own.parts, own.clock.at_ns
    lost = {"ts_event": began, "ts_recv": began, "venue": "bybit", "channel": "trades", "symbols": (SYMBOL,)}
    parts.sink.on_event(StreamGap(**lost, gap_from=began, cause="lost"))  # type: ignore[arg-type]
    own.clock.at_ns += 5 * MINUTE
    now = own.clock.at_ns
    parts.sink.on_event(
        StreamGap(**lost | {"ts_event": now, "ts_recv": now}, gap_from=began, gap_to=now, cause="lost")  # type: ignore[arg-type]
    )
    own.live(130)

    (hole,) = page(own.monitor, limit=20).holes

    assert isinstance(hole, Hole)
    assert hole.from_ms * MILLISECOND <= began + MINUTE
    assert 3 * MINUTE <= (hole.to_ms - hole.from_ms) * MILLISECOND <= 7 * MINUTE
    assert hole.to_ms % (60 * SECOND // MILLISECOND) == 0


def test_candles_that_are_not_kept_are_refused_by_name(monitor: Monitor) -> None:
    with pytest.raises(RequestError, match="there are no 4h candles; there are: 10s, 1m, 5m"):
        page(monitor, timeframe="4h")
