from typing import Any

import numpy as np
import pytest
from tests.build import MIDNIGHT, T, columns, fresh, history_of, instrument, klines_of

from tidemark.engine.outputs import GapNoted
from tidemark.engine.repairs import Repairs
from tidemark.market.candles import Candles
from tidemark.market.closed import Mismatched, Revised
from tidemark.market.universe import Universe
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.events import Kline, StreamGap
from tidemark.model.gap import Repair
from tidemark.model.timeframe import Timeframe
from tidemark.units import HOUR, SECOND

RETENTION = {Timeframe.S10: 360, Timeframe.M1: 100}
HISTORY = [T(n * 5, 100.0 + n % 7, number=n + 1) for n in range(60)]
SLOT = np.array([0], np.int32)


class Made:
    """Repairs of three slots, the first of which is BTCUSDT, with the candles and the ledger under them."""

    def __init__(self) -> None:
        self.ledger = Ledger()
        self.universe = Universe(series=3, ledger=self.ledger)
        self.candles = Candles(
            series=3, retention=RETENTION, grace_ns=2 * SECOND, largest=256, ledger=self.ledger, opens_at_close=False
        )
        self.repairs = Repairs(
            universe=self.universe, candles=self.candles, series=3, timeframes=tuple(RETENTION), ledger=self.ledger
        )
        self.universe.join(instrument())
        self.candles.join(0, 0.1)
        self.candles.close_gap(SLOT, None, MIDNIGHT - HOUR)

    def feed(self, trades: list[T], end: float) -> None:
        self.candles.apply(columns(trades), fresh(len(trades)))
        self.candles.advance(MIDNIGHT + round(end * SECOND))

    def waiting(self) -> int:
        """Bytes of the candles that wait for ours."""
        return next(line.bytes_used for line in self.ledger.report() if line.owner == "candles/early")

    def break_off(self, since: float, until: float) -> list[Any]:
        """HISTORY but for a gap, to its end; what was noted."""
        self.feed([t for t in HISTORY if t.at < since], since)
        opened = gap(since, None)
        self.candles.open_gap(SLOT, opened.gap_from)
        noted: list[Any] = list(self.repairs.mark(opened, SLOT))
        closed = gap(since, until)
        assert closed.gap_to is not None
        self.candles.close_gap(SLOT, closed.gap_from, closed.gap_to)
        noted += self.repairs.mark(closed, SLOT)
        self.feed([t for t in HISTORY if t.at >= until], 300)
        return noted


def gap(since: float, until: float | None, channel: str = "trades") -> StreamGap:
    begin, end = (None if at is None else MIDNIGHT + round(at * SECOND) for at in (since, until))
    return StreamGap(
        ts_event=MIDNIGHT, ts_recv=MIDNIGHT, venue="bybit", channel=channel, symbols=(), gap_from=begin, gap_to=end,
        cause="test",
    )  # fmt: skip


def pushed(at: float, price: float = 100.0, symbol: str = "BTCUSDT", timeframe: Timeframe = Timeframe.M1) -> Kline:
    ts = MIDNIGHT + round(at * SECOND)
    return Kline(
        ts_event=ts, ts_recv=ts, symbol=symbol, timeframe=timeframe, open_time=ts, open=price, high=price, low=price,
        close=price, volume=12.0, turnover=12.0 * price, is_closed=True,
    )  # fmt: skip


def closes(made: Made) -> list[tuple[float, Origin]]:
    return [(candle.close, candle.origin) for candle in made.candles.closed(0, Timeframe.M1, 10)]


def test_a_gap_is_noted_for_each_slot_that_somebody_occupies() -> None:
    made = Made()
    made.universe.join(instrument("ETHUSDT"))

    noted = made.repairs.mark(gap(10, None), np.array([0, 1, 2], np.int32))

    assert [(o.gap.symbol, o.gap.gap_to) for o in noted if isinstance(o, GapNoted)] == [
        ("BTCUSDT", None), ("ETHUSDT", None),
    ]  # fmt: skip
    assert made.repairs.mark(gap(20, None), SLOT) == [], "it is open already"
    assert [one.symbol for one in made.repairs.gaps.gaps()] == ["BTCUSDT", "ETHUSDT"]


def test_klines_mend_the_candles_and_the_gap_is_noted_behind_them() -> None:
    made = Made()
    noted = made.break_off(70, 95)

    outputs = made.repairs.confirm(klines_of(HISTORY, Timeframe.M1, 60, 1))

    # The gap touches the second minute alone.
    assert [(o.gap.gap_to is None, o.gap.repaired, o.gap.lost) for o in noted] == [(True, 0, 0), (False, 0, 1)]
    assert isinstance(outputs[0], Revised)
    last = outputs[-1]
    assert isinstance(last, GapNoted)
    assert (last.gap.repair, last.gap.repaired, last.gap.lost) == (Repair.KLINES, 1, 0)
    assert closes(made)[1] == (102.0, Origin.REPAIRED)
    assert list(made.repairs.confirm(klines_of(HISTORY, Timeframe.M1, 60, 1))) == [], "there is nothing left to mend"


def test_trades_mend_as_well_and_are_named() -> None:
    made = Made()
    made.break_off(70, 95)

    outputs = made.repairs.complete(history_of(HISTORY, 60, 120))

    last = outputs[-1]
    assert isinstance(last, GapNoted)
    assert (last.gap.repair, last.gap.lost) == (Repair.TRADES, 0)


def test_a_minute_that_trades_made_whole_while_it_was_open_is_no_loss_once_it_has_closed() -> None:
    made = Made()
    made.feed([t for t in HISTORY if t.at < 70], 70)
    made.candles.open_gap(SLOT, MIDNIGHT + 70 * SECOND)
    made.candles.close_gap(SLOT, MIDNIGHT + 70 * SECOND, MIDNIGHT + 95 * SECOND)
    made.repairs.mark(gap(70, 95), SLOT)
    made.feed([t for t in HISTORY if 95 <= t.at < 110], 110)
    early = list(made.repairs.complete(history_of(HISTORY, 60, 100)))
    assert [output for output in early if isinstance(output, GapNoted)] == [], "its minute is not over"

    made.feed([t for t in HISTORY if 110 <= t.at < 122], 122)
    (noted,) = made.repairs.settle()

    assert closes(made)[1] == (102.0, Origin.REPAIRED)
    assert isinstance(noted, GapNoted)
    assert (noted.gap.repair, noted.gap.repaired, noted.gap.lost) == (Repair.TRADES, 1, 0)
    assert list(made.repairs.settle()) == []
    assert made.repairs.gaps.unmended() == []


def test_what_is_of_nobody_is_counted_and_changes_nothing() -> None:
    made = Made()
    made.feed(HISTORY, 300)
    before = closes(made)

    outputs = [
        *made.repairs.confirm(klines_of([T(1, 5.0)], Timeframe.M1, 0, 1, symbol="NOBODY")),
        *made.repairs.push(pushed(0, symbol="NOBODY")),
        *made.repairs.complete(history_of(HISTORY, 0, 60, symbol="NOBODY")),
    ]

    assert outputs == []
    assert made.repairs.unused == 3
    assert closes(made) == before


def test_a_candle_that_is_pushed_early_waits_until_ours_has_closed() -> None:
    made = Made()
    made.feed([t for t in HISTORY if t.at < 60], 61)

    early = made.repairs.push(pushed(0))
    assert (list(early), list(made.repairs.settle())) == ([], [])
    assert made.waiting() > 0
    made.candles.advance(MIDNIGHT + 62 * SECOND)
    outputs = made.repairs.settle()

    (mismatched,) = [output for output in outputs if isinstance(output, Mismatched)]
    assert mismatched.open_times.tolist() == [MIDNIGHT]
    assert closes(made) == [(100.0, Origin.EXCHANGE)]
    assert (made.waiting(), list(made.repairs.settle()), made.repairs.unused) == (0, [], 0)


def test_one_waits_a_slot_and_the_one_told_last_counts() -> None:
    made = Made()
    made.feed([t for t in HISTORY if t.at < 60], 61)
    made.repairs.push(pushed(0, 50.0))
    held = made.waiting()

    made.repairs.push(pushed(0, 60.0))

    assert made.waiting() == held
    made.candles.advance(MIDNIGHT + 62 * SECOND)
    made.repairs.settle()
    assert closes(made) == [(60.0, Origin.EXCHANGE)]


def test_a_candle_that_is_pushed_behind_ours_is_met_at_once() -> None:
    made = Made()
    made.feed([t for t in HISTORY if t.at < 60], 62)

    outputs = made.repairs.push(pushed(0))

    assert any(isinstance(output, Mismatched) for output in outputs)
    assert made.waiting() == 0


@pytest.mark.parametrize("kline", [pushed(3600), pushed(0, timeframe=Timeframe.M5)])
def test_what_ours_will_not_meet_does_not_wait(kline: Kline) -> None:
    made = Made()
    made.feed([T(1, 100.0)], 3)

    assert list(made.repairs.push(kline)) == []

    assert (made.repairs.unused, made.waiting()) == (1, 0)


def test_a_leaver_ends_its_open_gaps_and_nothing_of_it_waits() -> None:
    made = Made()
    made.feed([t for t in HISTORY if t.at < 60], 61)
    made.repairs.mark(gap(30, None, "books"), SLOT)
    made.repairs.push(pushed(0))

    noted = made.repairs.leave(0, MIDNIGHT + 70 * SECOND)
    made.repairs.clear(0)
    made.repairs.clear(0)

    (left,) = noted
    assert isinstance(left, GapNoted)
    assert (left.gap.channel, left.gap.gap_to) == ("books", MIDNIGHT + 70 * SECOND)
    assert made.waiting() == 0
    made.candles.advance(MIDNIGHT + 62 * SECOND)
    assert list(made.repairs.settle()) == []
    assert closes(made) == [(104.0, Origin.TRADES)]


def test_it_takes_what_it_reserves() -> None:
    made = Made()
    listed = {line.owner: line.bytes_reserved for line in made.ledger.report()}

    for one in Repairs.reserve(series=3):
        assert listed[one.owner] == one.bytes
    assert {one.owner for one in Repairs.reserve(series=3)} == {"gaps", "gaps/open", "gaps/recent", "candles/early"}
    made.repairs.push(pushed(0))
    assert made.ledger.violations() == []
