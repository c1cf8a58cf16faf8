"""Recordings and journals: what was written is read back, and a crash at any byte costs only what it cut."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.build import MIDNIGHT

from tidemark.errors import CaptureError
from tidemark.memory.ledger import Ledger
from tidemark.store.capture import Record, find, read
from tidemark.store.capture_writer import CaptureWriter
from tidemark.store.journal import ROW_TYPE, blocks, segments, symbols
from tidemark.store.journal_writer import JournalWriter
from tidemark.units import MIB, SECOND

BIG = 10_000_000

frames = st.lists(
    st.tuples(st.integers(0, 65_535), st.binary(max_size=300), st.integers(0, 3 * SECOND), st.integers(0, 2**62)),
    max_size=30,
)
candles = st.tuples(st.sampled_from(["BTCUSDT", "ETHUSDT", "币安人生USDT", "A"]), st.integers(1, 2**31 - 1))
written_blocks = st.lists(st.lists(candles, min_size=1, max_size=5), min_size=1, max_size=8)


def write(folder: Path, given_frames: list[tuple[int, bytes, int, int]]) -> list[tuple[int, int, int, bytes]]:
    writer = CaptureWriter(folder, venue="bybit", stream="", max_bytes=64 * MIB, now_ns=MIDNIGHT, ledger=Ledger())
    at = MIDNIGHT
    told = []
    for connection, payload, later, ts_event in given_frames:
        at += later
        writer.frame(connection, payload, at, ts_event)
        told.append((at, ts_event, connection, payload))
    writer.close()
    assert writer.failure is None
    assert (writer.records, writer.lost) == (len(told), 0)
    return told


def as_told(records: list[Record]) -> list[tuple[int, int, int, bytes]]:
    return [(record.ts_recv, record.ts_event, record.connection, record.payload) for record in records]


@settings(max_examples=50, deadline=None)
@given(frames)
def test_what_is_recorded_is_read_back(given_frames: list[tuple[int, bytes, int, int]]) -> None:
    with TemporaryDirectory() as name:
        told = write(Path(name), given_frames)

        recording = find(Path(name))

        assert (recording.layout, recording.venue) == ("tidemark", "bybit")
        assert as_told(list(read(recording))) == told


@settings(max_examples=60, deadline=None)
@given(frames, st.floats(0, 1))
def test_a_recording_cut_at_any_byte_gives_its_first_whole_records(
    given_frames: list[tuple[int, bytes, int, int]], share: float
) -> None:
    with TemporaryDirectory() as name:
        told = write(Path(name), given_frames)
        (segment,) = Path(name).iterdir()
        whole = segment.read_bytes()
        segment.write_bytes(whole[: int(len(whole) * share)])

        try:
            kept = as_told(list(read(find(Path(name)))))
        except CaptureError:
            kept = []

        assert kept == told[: len(kept)]


def test_a_crash_loses_no_more_than_the_last_second(tmp_path: Path) -> None:
    """Every length of the file that a crash can leave: what was flushed before the cut is read."""
    writer = CaptureWriter(tmp_path, venue="bybit", stream="", max_bytes=64 * MIB, now_ns=MIDNIGHT, ledger=Ledger())
    (segment,) = tmp_path.iterdir()
    flushed = [(0, 0)]
    for n in range(5):
        writer.frame(1, b"payload %d" % n, MIDNIGHT + (n + 1) * SECOND, 0)
        flushed.append((segment.stat().st_size, n + 1))
    whole = segment.read_bytes()
    writer.close()

    for (size, count), (end, _) in pairwise([*flushed, (len(whole) + 1, 0)]):
        for length in range(size, end):
            segment.write_bytes(whole[:length])
            try:
                kept = list(read(find(segment)))
            except CaptureError:
                kept = []
            assert len(kept) >= count
    assert [count for _, count in flushed] == [0, 1, 2, 3, 4, 5]


@settings(max_examples=60, deadline=None)
@given(frames, st.integers(0, 10_000), st.integers(1, 255))
def test_a_damaged_recording_raises_nothing_but_its_own_error(
    given_frames: list[tuple[int, bytes, int, int]], place: int, flip: int
) -> None:
    with TemporaryDirectory() as name:
        write(Path(name), given_frames)
        (segment,) = Path(name).iterdir()
        data = bytearray(segment.read_bytes())
        data[place % len(data)] ^= flip
        segment.write_bytes(data)

        try:
            records = list(read(find(segment)))
        except CaptureError:
            records = []
        assert len(records) <= len(given_frames) + 1


def offer(writer: JournalWriter, block: list[tuple[str, int]], n: int) -> None:
    count = len(block)
    prices = np.array([price for _, price in block], np.int32)
    zeros = np.zeros(count, np.float32)
    writer.offer(
        "1m",
        [name for name, _ in block],
        np.full(count, MIDNIGHT + n * 60 * SECOND, np.int64),
        np.full(count, 0.1),
        {
            "open": prices,
            "high": prices,
            "low": prices,
            "close": prices,
            "volume": zeros,
            "turnover": zeros,
            "bought": zeros,
            "marks": np.full(count, 17, np.uint32),
        },
    )


def journal(folder: Path, rows: int = 100_000) -> JournalWriter:
    return JournalWriter(folder, {"1m": rows}, max_bytes=64 * MIB, ledger=Ledger())


def kept(folder: Path) -> list[list[tuple[str, int]]]:
    names = symbols(folder)
    return [
        [(names[row["symbol"]], int(row["close"])) for row in rows]
        for path in segments(folder, "1m")
        for rows in blocks(path)
    ]


@settings(max_examples=40, deadline=None)
@given(written_blocks, written_blocks, st.floats(0, 1), st.floats(0, 1))
def test_a_journal_cut_at_any_byte_keeps_its_whole_blocks_and_goes_on(
    before: list[list[tuple[str, int]]], after: list[list[tuple[str, int]]], share: float, named: float
) -> None:
    with TemporaryDirectory() as name:
        folder = Path(name)
        writer = journal(folder)
        for n, block in enumerate(before):
            offer(writer, block, n)
        assert kept(folder) == before
        (segment,) = segments(folder, "1m")
        whole = segment.read_bytes()
        cut = int(len(whole) * share)
        segment.write_bytes(whole[:cut])
        names = (folder / "symbols.txt").read_bytes()
        (folder / "symbols.txt").write_bytes(names if named < 0.5 else names + "币安人生".encode()[: int(named * 12)])
        ends = np.cumsum([16 + len(block) * ROW_TYPE.itemsize for block in before])
        survived = before[: int((ends <= cut).sum())]
        assert kept(folder) == survived

        again = journal(folder)
        for n, block in enumerate(after):
            offer(again, block, len(before) + n)

        assert kept(folder) == survived + after
        assert again.failure is None


FULL_DISK = """
import resource, sys
from pathlib import Path
from tests.property.test_capture import BIG, journal, offer
from tidemark.memory.ledger import Ledger
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import MIB, SECOND

folder = Path(sys.argv[1])
writer = journal(folder / "journal")
capture = CaptureWriter(folder / "capture", venue="bybit", stream="", max_bytes=64 * MIB, now_ns=0, ledger=Ledger())
block = [("BTCUSDT", 1), ("ETHUSDT", 2)]
for n in range(3):
    offer(writer, block, n)
resource.setrlimit(resource.RLIMIT_FSIZE, (500, BIG))
for n in range(3, 6):
    offer(writer, block, n)
print(writer.written, writer.lost, writer.failure is not None)
import random
noise = random.Random(1)
for n in range(1, 6):
    capture.frame(1, noise.randbytes(2000), n * SECOND, 0)
print(capture.records, capture.lost, capture.failure is not None)
capture.close()
resource.setrlimit(resource.RLIMIT_FSIZE, (BIG, BIG))
offer(writer, block, 6)
print(writer.written, writer.lost, writer.failure)
"""


def test_a_full_disk_costs_what_did_not_fit_and_not_the_process(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-X", "dev", "-W", "error", "-c", FULL_DISK, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=Path(__file__).parents[2],
    )

    assert done.stderr == ""
    # 500 bytes hold three blocks of 16 + 2 * 56 bytes; the first chunk of the recording is over them at once.
    assert done.stdout.splitlines() == ["6 6 True", "0 5 True", "8 6 None"]
    assert kept(tmp_path / "journal") == [[("BTCUSDT", 1), ("ETHUSDT", 2)]] * 4


def test_a_revision_of_an_old_candle_at_a_full_segment_still_comes_last(tmp_path: Path) -> None:
    writer = journal(tmp_path, rows=8)  # two rows a segment
    offer(writer, [("A", 1), ("B", 1)], 5)
    offer(writer, [("A", 7)], 4)
    offer(writer, [("A", 8)], 3)
    offer(writer, [("A", 9)], 2)

    assert kept(tmp_path) == [[("A", 1), ("B", 1)], [("A", 7)], [("A", 8)], [("A", 9)]]


@pytest.mark.parametrize("cut", range(1, 12))
def test_a_symbol_that_a_crash_cut_short_takes_no_number(tmp_path: Path, cut: int) -> None:
    writer = journal(tmp_path)
    offer(writer, [("BTCUSDT", 1)], 0)
    offer(writer, [("币安人生", 2)], 1)
    path = tmp_path / "symbols.txt"
    path.write_bytes(path.read_bytes()[:-cut])

    again = journal(tmp_path)
    offer(again, [("SOLUSDT", 3)], 2)

    assert symbols(tmp_path) == ["BTCUSDT", "SOLUSDT"]
