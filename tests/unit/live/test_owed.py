import shutil
from pathlib import Path

import pytest
from tests.build import ALL, MIDNIGHT, T, engine, feed, klines_of, step, until

from tidemark.engine.outputs import GapNoted
from tidemark.engine.step import Engine
from tidemark.live.owed import catch_up
from tidemark.live.sink import keep
from tidemark.market.closed import Closed
from tidemark.memory.ledger import Ledger
from tidemark.model.candle import Origin
from tidemark.model.events import StreamGap
from tidemark.model.timeframe import Timeframe
from tidemark.store.gap_log import SUFFIX, GapLog, read_gaps
from tidemark.store.journal import blocks, segments
from tidemark.store.journal_writer import JournalWriter
from tidemark.store.segments import numbered
from tidemark.units import MIB, SECOND

MARKET = [T(n * 7, 100.0 + n % 13 / 10, number=n + 1) for n in range(60)]


class Disk:
    """A journal and a log of gaps in a folder that can go away and come back."""

    def __init__(self, folder: Path) -> None:
        self.engine: Engine = engine()
        self._folder = folder / "kept"
        self._aside = folder / "aside"
        self.gaps = GapLog(self._folder / "gaps", MIB, Ledger())
        rows = {timeframe.value: 10_000 for timeframe in ALL}
        self.journal = JournalWriter(self._folder / "journal", rows, max_bytes=100 * MIB, ledger=Ledger())

    def breaks(self) -> None:
        shutil.move(self._folder, self._aside)

    def comes_back(self) -> None:
        shutil.move(self._aside, self._folder)

    def take(self, outputs: list[object]) -> None:
        """As the service delivers."""
        for output in outputs:
            if isinstance(output, GapNoted):
                self.gaps.offer(output.gap)
        keep([output for output in outputs if isinstance(output, Closed)], self.engine, self.journal)
        catch_up(self.engine, self.journal, self.gaps)

    def trade(self, since: float, to: float) -> None:
        self.take(feed(self.engine.candles, [trade for trade in MARKET if since <= trade.at < to]))
        self.take(until(self.engine.candles, to))

    def candles(self, timeframe: str) -> dict[int, tuple[float, int]]:
        """Open time in seconds to volume and origin, as a restart would find them."""
        folder = self._folder / "journal"
        return {
            (int(row["open_time"]) - MIDNIGHT) // SECOND: (float(row["volume"]), int(row["marks"]) & 7)
            for path in segments(folder, timeframe)
            for block in blocks(path)
            for row in block
        }


def test_candles_that_a_full_disk_refused_are_written_when_it_is_whole_again(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.trade(0, 63)
    disk.breaks()
    disk.trade(63, 123)
    # Trades that the exchange tells of, and the feed did not, while nothing can be written.
    told = klines_of([*MARKET, T(50, 100.0, 5.0, number=1000)], Timeframe.M1, 0, 1)
    disk.take(step(disk.engine, told))
    assert disk.journal.owed == {"10s": MIDNIGHT, "1m": MIDNIGHT}

    disk.comes_back()
    disk.trade(123, 193)

    # 0, 7, ... 56 are nine trades of 1.0, and one of 5.0; of the next two minutes 63 ... 119 and 126 ... 175.
    assert disk.candles("1m") == {0: (14.0, Origin.EXCHANGE), 60: (9.0, Origin.TRADES), 120: (8.0, Origin.TRADES)}
    assert sorted(disk.candles("10s")) == list(range(0, 190, 10))
    assert disk.journal.owed == {}
    assert disk.journal.failure is None


def test_while_the_disk_stays_full_nothing_is_tried_and_nothing_forgotten(tmp_path: Path) -> None:
    disk = Disk(tmp_path)
    disk.breaks()

    disk.trade(0, 123)
    lost = disk.journal.lost
    catch_up(disk.engine, disk.journal, disk.gaps)

    assert disk.journal.lost == lost == 14
    assert disk.journal.owed == {"10s": MIDNIGHT, "1m": MIDNIGHT}


@pytest.mark.parametrize("has_journal", [True, False])
def test_gaps_that_a_full_disk_refused_are_written_when_it_is_whole_again(tmp_path: Path, has_journal: bool) -> None:
    disk = Disk(tmp_path)
    disk.trade(0, 63)
    disk.breaks()
    at = MIDNIGHT + 70 * SECOND
    for gap_to in (None, at + SECOND):
        disk.take(
            step(
                disk.engine,
                StreamGap(
                    ts_event=at, ts_recv=at, venue="bybit", channel="trades", symbols=("BTCUSDT",), gap_from=at,
                    gap_to=gap_to, cause="lost",
                ),
            )
        )  # fmt: skip
    assert disk.gaps.is_owed
    disk.comes_back()

    if has_journal:
        disk.trade(77, 123)
    else:
        catch_up(disk.engine, None, disk.gaps)

    found = [gap for path in numbered(tmp_path / "kept" / "gaps", SUFFIX) for gap, _ in read_gaps(path)]
    assert [(gap.gap_from, gap.gap_to) for gap in found if gap is not None][-1] == (at, at + SECOND)
    assert not disk.gaps.is_owed


def test_a_disk_that_breaks_again_leaves_the_rest_owed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    disk = Disk(tmp_path)
    disk.breaks()
    disk.trade(0, 123)
    disk.comes_back()
    offer, room = JournalWriter.offer, [3]

    def failing(self: JournalWriter, timeframe: str, *rest: object) -> None:
        room[0] -= 1
        if room[0] < 0 and disk.journal.failure is None:
            disk.breaks()
        offer(self, timeframe, *rest)  # type: ignore[arg-type]

    disk.journal.failure = None
    monkeypatch.setattr(JournalWriter, "offer", failing)
    catch_up(disk.engine, disk.journal, disk.gaps)

    assert disk.journal.owed == {"10s": MIDNIGHT + 30 * SECOND, "1m": MIDNIGHT}
