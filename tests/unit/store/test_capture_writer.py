import random
from pathlib import Path

import msgspec
import pytest
from tests.build import MIDNIGHT, instrument

from tidemark.errors import CaptureError
from tidemark.memory.ledger import Ledger
from tidemark.model.events import Listing, MarketEvent, Tick
from tidemark.store.capture import Kind, find, read
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import HOUR, KIB, MIB, SECOND


def writer(folder: Path, max_bytes: int = 64 * MIB, ledger: Ledger | None = None) -> CaptureWriter:
    return CaptureWriter(
        folder, venue="binance", stream="trade", max_bytes=max_bytes, now_ns=MIDNIGHT, ledger=ledger or Ledger()
    )


def test_frames_and_events_come_back_in_their_order(tmp_path: Path) -> None:
    made = writer(tmp_path)
    listing = Listing(ts_event=MIDNIGHT, ts_recv=MIDNIGHT, instrument=instrument())
    tick = Tick(ts_event=MIDNIGHT + 5, ts_recv=MIDNIGHT + 5)

    made.event(listing)
    made.frame(2, memoryview(b"payload"), MIDNIGHT + 3, MIDNIGHT)
    made.event(tick)
    made.close()

    records = list(read(find(tmp_path)))
    assert [record.kind for record in records] == [Kind.EVENT, Kind.FRAME, Kind.EVENT]
    events = [msgspec.json.decode(records[n].payload, type=MarketEvent) for n in (0, 2)]
    assert events == [listing, tick]
    assert (records[1].connection, records[1].payload, records[1].ts_event) == (2, b"payload", MIDNIGHT)
    assert (made.records, made.lost, made.failure) == (3, 0, None)
    assert str(made).startswith("3 records, ")
    recording = find(tmp_path)
    assert (recording.venue, recording.stream) == ("binance", "trade")


def fill(made: CaptureWriter, count: int, step_ns: int = SECOND) -> None:
    noise = random.Random(1)
    for n in range(1, count + 1):
        made.frame(1, noise.randbytes(4 * KIB), MIDNIGHT + n * step_ns, 0)


def test_the_disk_is_bounded_and_the_oldest_goes_first(tmp_path: Path) -> None:
    made = writer(tmp_path, max_bytes=256 * KIB)

    fill(made, 300)
    made.close()

    sizes = [path.stat().st_size for path in tmp_path.iterdir()]
    assert len(sizes) > 4
    assert sum(sizes) <= 256 * KIB + 8 * KIB
    kept = [record.ts_recv for record in read(find(tmp_path))]
    assert kept == [MIDNIGHT + n * SECOND for n in range(301 - len(kept), 301)]
    assert len(kept) > 40


def test_a_clock_that_was_set_back_neither_stops_the_flushing_nor_mixes_the_segments(tmp_path: Path) -> None:
    made = writer(tmp_path, max_bytes=256 * KIB)

    fill(made, 100, step_ns=-HOUR)
    made.close()

    assert made.failure is None
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 256 * KIB + 8 * KIB
    kept = [record.ts_recv for record in read(find(tmp_path))]
    assert kept == [MIDNIGHT - n * HOUR for n in range(101 - len(kept), 101)]


def test_it_is_flushed_once_a_second(tmp_path: Path) -> None:
    made = writer(tmp_path)
    made.frame(1, b"a", MIDNIGHT + SECOND // 2, 0)
    before = [record.payload for path in tmp_path.iterdir() if path.stat().st_size for record in read(find(path))]
    made.frame(1, b"b", MIDNIGHT + SECOND, 0)
    after = [record.payload for record in read(find(tmp_path))]
    made.close()

    assert (before, after) == ([], [b"a", b"b"])


def test_a_folder_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(CaptureError, match="cannot record into") as refused:
        writer(tmp_path / "file" / "folder")
    assert "\n" not in str(refused.value)


def test_a_disk_that_fails_ends_the_recording_and_says_so(tmp_path: Path) -> None:
    made = writer(tmp_path / "gone", max_bytes=64 * KIB)
    (tmp_path / "gone").rename(tmp_path / "elsewhere")

    fill(made, 20)
    made.close()

    assert made.failure is not None
    assert made.records + made.lost == 20
    assert made.lost > 0
    assert f"{made.lost} lost: {made.failure}" in str(made)


def test_it_takes_what_it_reserved(tmp_path: Path) -> None:
    ledger = Ledger()
    made = writer(tmp_path, ledger=ledger)
    made.close()

    assert made.reservation == CaptureWriter.reserve()
    assert ledger.violations() == []
