import numpy as np
import pytest
from tests.build import MIDNIGHT
from tests.structured import PRICE, analysis, fill, read, structured
from tests.structures import Drawn, bars_of, mirrored, price_of
from tests.structures_read import WHOLE

from tidemark.analysis.wyckoff import market
from tidemark.analysis.wyckoff.view import WARM_UP
from tidemark.engine.step import Engine
from tidemark.model.timeframe import Timeframe
from tidemark.units import MILLISECOND

H1, M15 = Timeframe.H1, Timeframe.M15
UNTIL = Drawn(*(column[:125] for column in WHOLE))


@pytest.fixture(scope="module")
def made() -> Engine:
    """A rises in both timeframes, B falls in quarters of an hour and rises in hours, C has had too little."""
    one = structured(("AUSDT", "BUSDT", "CUSDT"))
    fill(one, "AUSDT", UNTIL, M15)
    fill(one, "BUSDT", mirrored(UNTIL), M15)
    fill(one, "CUSDT", Drawn(*(column[: WARM_UP - 1] for column in WHOLE)), M15)
    for symbol in ("AUSDT", "BUSDT"):
        analysis(one).candles[H1].clear(slot(one, symbol))
        read(one, symbol, UNTIL, H1)
    return one


def slot(made: Engine, symbol: str) -> int:
    return made.universe.slots[symbol]


def test_the_timeframes_are_those_in_which_it_is_read(made: Engine) -> None:
    assert market.timeframes(analysis(made)) == [M15, H1]
    assert market.timeframes(analysis(structured(read=(Timeframe.D1,)))) == [Timeframe.D1]


def test_one_market_is_read_whole(made: Engine) -> None:
    told = market.read(analysis(made), slot(made, "AUSDT"), M15)

    assert (told.bars, told.phase, told.direction) == (125, "E", 1)
    assert told.as_of_ms == (MIDNIGHT - M15.ns) // MILLISECOND
    assert [one.name for one in told.events] == ["PS", "SC", "AR", "ST", "ST", "SPRING", "TEST", "SOS", "LPS"]
    spring = told.events[5]
    assert spring.at_ms == (MIDNIGHT - (125 - 92) * M15.ns) // MILLISECOND
    # To half a tick and the precision of float32.
    assert spring.level == pytest.approx(price_of(UNTIL, 23.25, PRICE), abs=0.1)
    assert told.range is not None
    assert told.range.creek == pytest.approx(price_of(UNTIL, 30.125, PRICE), abs=0.1)


def test_the_next_longer_timeframe_agrees_or_does_not(made: Engine) -> None:
    agrees = market.higher(analysis(made), slot(made, "AUSDT"), M15, 1)
    differs = market.higher(analysis(made), slot(made, "BUSDT"), M15, -1)
    nowhere = market.higher(analysis(made), slot(made, "CUSDT"), M15, 1)

    assert agrees == market.Higher(timeframe=H1, phase="E", direction=1, agrees=True)
    assert differs == market.Higher(timeframe=H1, phase="E", direction=1, agrees=False)
    # One of the two leans nowhere.
    assert nowhere == market.Higher(timeframe=H1, phase="", direction=0, agrees=None)
    assert market.higher(analysis(made), slot(made, "AUSDT"), H1, 1) is None


def test_a_scan_says_of_each_market_what_its_reading_says(made: Engine) -> None:
    told = market.scan(analysis(made), M15)

    assert [one.symbol for one in told.rows] == ["AUSDT", "BUSDT"]
    assert (told.timeframe, told.timeframes, told.warming_up, told.watched) == (M15, [M15, H1], 1, 3)
    for row, way in zip(told.rows, (1, -1), strict=True):
        reading = market.read(analysis(made), slot(made, row.symbol), M15)
        assert reading.range is not None
        assert reading.schematic is not None
        assert (row.phase, row.direction) == (reading.phase, reading.direction) == ("E", way)
        assert (row.creek, row.ice) == (reading.range.creek, reading.range.ice)
        assert row.quality == pytest.approx(reading.range.quality)
        assert row.schematic == reading.schematic.template
        assert row.score == pytest.approx(reading.schematic.score, rel=1e-6)
        assert row.price == pytest.approx(PRICE, abs=0.1)
        assert row.likelihood is None
        newest = row.newest
        assert newest is not None
        assert (newest.name, newest.direction) == (("LPS", "LPSY")[way < 0], way)
        # Known at the close of 120, and 124 was the last.
        assert (newest.bars_ago, newest.confirmed_ms) == (4, reading.events[-1].confirmed_ms)
        assert newest.level == pytest.approx(reading.events[-1].level)
        assert row.higher is not None
        assert row.higher.agrees is (way > 0)


def test_markets_without_a_range_have_none_in_a_scan() -> None:
    one = structured(("AUSDT",))
    fill(one, "AUSDT", WHOLE, H1)
    (row,) = market.scan(analysis(one), H1).rows

    assert (row.phase, row.direction, row.quality, row.creek, row.ice, row.schematic) == ("", 0, None, None, None, None)
    # Its newest event is known all the same.
    assert row.newest is not None
    assert row.newest.name == "BU"
    assert row.higher is None


def test_candles_come_with_it_where_they_are_asked_for(made: Engine) -> None:
    told = market.structured(analysis(made), "AUSDT", slot(made, "AUSDT"), M15, candles=10)
    without = market.structured(analysis(made), "AUSDT", slot(made, "AUSDT"), M15)

    assert without.candles is None
    assert (told.symbol, told.timeframe, told.timeframes, told.higher) == (
        "AUSDT",
        M15,
        [M15, H1],
        market.higher(analysis(made), 0, M15, 1),
    )
    assert told.reading == without.reading
    assert told.candles is not None
    bars = bars_of(UNTIL, last=PRICE)
    assert told.candles.time_ms == [(MIDNIGHT - n * M15.ns) // MILLISECOND for n in range(10, 0, -1)]
    for name in ("open", "high", "low", "close"):
        assert getattr(told.candles, name) == pytest.approx(np.round(getattr(bars, name)[-10:], 1).tolist())
    assert told.candles.volume == pytest.approx(bars.volume[-10:].tolist())


def test_a_timeframe_in_which_it_is_not_read_is_none(made: Engine) -> None:
    with pytest.raises(KeyError):
        market.read(analysis(made), 0, Timeframe.M1)
