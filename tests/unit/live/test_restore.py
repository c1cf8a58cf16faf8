from pathlib import Path

import numpy as np
import pytest
from tests.build import MIDNIGHT, T, engine, feed

from tidemark.engine.step import Engine
from tidemark.live.restore import restore
from tidemark.live.sink import keep
from tidemark.market.closed import Closed
from tidemark.market.level import ROW
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.timeframe import Timeframe
from tidemark.store.compact import compact
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import HOUR, MIB, MINUTE, SECOND

BOTH = ("AUSDT", "BUSDT")


def journal(folder: Path) -> JournalWriter:
    rows = {"10s": 1000, "1m": 1000, "5m": 1000, "1h": 1000}
    return JournalWriter(folder, rows, max_bytes=8 * MIB, ledger=Ledger())


@pytest.fixture
def lived(tmp_path: Path) -> Engine:
    """An engine that lived through 400 s, with all that it closed in the journal at tmp_path."""
    made = engine(BOTH)
    trades = [T(at, 100.0 + at / 10, slot=at % 2, number=at + 1) for at in range(400)]
    outputs = feed(made.candles, trades)
    keep([output for output in outputs if isinstance(output, Closed)], made, journal(tmp_path))
    return made


@pytest.mark.parametrize("order", [BOTH, BOTH[::-1]])
def test_every_candle_comes_back_to_its_symbol_wherever_that_is_now(
    lived: Engine, tmp_path: Path, order: tuple[str, ...]
) -> None:
    after = engine(order)

    count = restore(after, tmp_path, MIDNIGHT + HOUR)

    assert count == 2 * (39 + 6 + 1)
    for symbol in BOTH:
        for timeframe in (Timeframe.S10, Timeframe.M1, Timeframe.M5):
            kept = after.candles.closed(after.universe.slots[symbol], timeframe, 100)
            assert kept == lived.candles.closed(lived.universe.slots[symbol], timeframe, 100)
            assert len(kept) > 0


def test_the_open_hour_goes_on_from_its_closed_parts_and_says_that_it_is_not_whole(
    lived: Engine, tmp_path: Path
) -> None:
    after = engine(BOTH)
    restore(after, tmp_path, MIDNIGHT + 400 * SECOND)

    feed(after.candles, [T(405, 1000.0, slot=0, number=999)])
    after.candles.advance(MIDNIGHT + HOUR + 2 * SECOND)

    (hour,) = after.candles.closed(0, Timeframe.H1, 5)
    # 195 of the 200 trades of this symbol were in closed 10-second candles; one came after the restart.
    assert (hour.open, hour.high, hour.trades, hour.origin) == (100.0, 1000.0, 196, Origin.PARTIAL)


def test_symbols_that_are_not_watched_any_more_are_passed_over(lived: Engine, tmp_path: Path) -> None:
    after = engine(["BUSDT"])

    assert restore(after, tmp_path, MIDNIGHT + HOUR) == 39 + 6 + 1


def test_candles_from_a_clock_that_was_wrong_are_left_out_and_time_goes_on(lived: Engine, tmp_path: Path) -> None:
    after = engine(BOTH)

    count = restore(after, tmp_path, MIDNIGHT + 95 * SECOND)

    assert count == 2 * (9 + 1)
    feed(after.candles, [T(96, 100.0, number=999)])
    after.candles.advance(MIDNIGHT + 112 * SECOND)
    assert after.candles.closed(0, Timeframe.S10, 1)[0].open_time == MIDNIGHT + 100 * SECOND


def test_without_a_journal_nothing_is_restored(tmp_path: Path) -> None:
    after = engine(BOTH)

    assert restore(after, tmp_path / "nosuch", MIDNIGHT) == 0
    assert feed(after.candles, [T(1, 100.0)]) == []


def test_a_later_revision_of_a_candle_is_the_one_that_counts(tmp_path: Path) -> None:
    before = engine(BOTH)
    writer = journal(tmp_path)
    for trades in ([T(1, 100.0), T(13, 101.0)], [T(5, 50.0, number=9)]):
        keep([one for one in feed(before.candles, trades) if isinstance(one, Closed)], before, writer)
    after = engine(BOTH)

    restore(after, tmp_path, MIDNIGHT + HOUR)

    (candle,) = after.candles.closed(0, Timeframe.S10, 5)
    assert (candle.low, candle.close, candle.revised) == (50.0, 50.0, True)


def test_many_candles_of_one_market_in_one_block_come_back_each_in_its_place(tmp_path: Path) -> None:
    made = journal(tmp_path)
    numbers = np.array([5, 3, 4, 3])
    columns = {name: np.full(4, 10, dtype) for name, dtype in ROW.items()}
    columns["close"][:] = [50, 30, 40, 33]
    columns["marks"][:] = Origin.EXCHANGE | 1 << 4
    made.offer("1m", ["AUSDT"] * 4, MIDNIGHT + numbers * MINUTE, np.full(4, 0.1), columns)
    after = engine(BOTH)

    assert restore(after, tmp_path, MIDNIGHT + HOUR) == 4
    kept = after.candles.closed(0, Timeframe.M1, 10)
    assert [(candle.open_time - MIDNIGHT, candle.close) for candle in kept] == [
        (3 * MINUTE, 3.3),
        (4 * MINUTE, 4.0),
        (5 * MINUTE, 5.0),
    ]


def test_merging_the_journal_changes_nothing_that_a_restart_sees(lived: Engine, tmp_path: Path) -> None:
    merged = journal(tmp_path)
    for n in range(30):
        columns = {name: np.full(1, 1000 + n, dtype) for name, dtype in ROW.items()}
        columns["marks"][:] = Origin.TRADES | 1 << 4
        merged.offer("5m", ["AUSDT"], np.array([MIDNIGHT - 5 * (n + 1) * MINUTE]), np.full(1, 0.1), columns)
    before, after = engine(BOTH), engine(BOTH)
    first = restore(before, tmp_path, MIDNIGHT + HOUR)

    for name in ("10s", "1m", "5m"):
        compact(tmp_path, name, each=1000, total=4000)

    assert restore(after, tmp_path, MIDNIGHT + HOUR) == first
    for timeframe in (Timeframe.S10, Timeframe.M1, Timeframe.M5):
        assert after.candles.closed(0, timeframe, 2000) == before.candles.closed(0, timeframe, 2000)
    assert after.candles.closed(0, Timeframe.S10, 2000) == lived.candles.closed(0, Timeframe.S10, 2000)


def test_files_of_garbage_are_passed_over(lived: Engine, tmp_path: Path) -> None:
    (tmp_path / f"1m-{0:019d}.base").write_bytes(b"garbage" * 50)
    (tmp_path / f"10s-{1:019d}.journal").mkdir()
    after = engine(BOTH)

    assert restore(after, tmp_path, MIDNIGHT + HOUR) == 2 * (39 + 6 + 1)
    assert after.candles.closed(0, Timeframe.M1, 9) == lived.candles.closed(0, Timeframe.M1, 9)
