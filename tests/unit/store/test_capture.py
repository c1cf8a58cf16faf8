import gzip
import os
import struct
from pathlib import Path

import pytest
import zstandard
from tests.build import MIDNIGHT

from tidemark.errors import CaptureError
from tidemark.memory.ledger import Ledger
from tidemark.store.capture import HEADER, Kind, find, read
from tidemark.store.capture_writer import CaptureWriter
from tidemark.units import MIB

TRADE = b'{"e":"trade","E":1,"T":1,"s":"BTCUSDT"}'
AGG = b'{"e":"aggTrade","E":1,"T":1,"s":"BTCUSDT"}'
BYBIT = b'{"topic":"publicTrade.BTCUSDT","type":"snapshot"}'


def own(folder: Path, now_ns: int = MIDNIGHT, *payloads: bytes) -> Path:
    writer = CaptureWriter(folder, venue="bybit", stream="", max_bytes=64 * MIB, now_ns=now_ns, ledger=Ledger())
    for payload in payloads:
        writer.frame(3, payload, now_ns + 5, now_ns)
    writer.close()
    return folder


def test_a_folder_is_read_in_the_order_of_its_segments(tmp_path: Path) -> None:
    own(tmp_path, MIDNIGHT + 10, b"second")
    own(tmp_path, MIDNIGHT, b"first", b"and more")

    recording = find(tmp_path)

    assert (recording.layout, recording.venue, recording.stream, len(recording.files)) == ("tidemark", "bybit", "", 2)
    assert [(r.kind, r.connection, r.payload) for r in read(recording)] == [
        (Kind.FRAME, 3, b"first"),
        (Kind.FRAME, 3, b"and more"),
        (Kind.FRAME, 3, b"second"),
    ]


@pytest.mark.parametrize(
    ("line", "venue", "stream"),
    [(TRADE, "binance", "trade"), (AGG, "binance", "aggTrade"), (BYBIT, "bybit", "aggTrade")],
)
def test_lines_with_nanoseconds_are_recognised(tmp_path: Path, line: bytes, venue: str, stream: str) -> None:
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(b"".join(b"%d %s\n" % (MIDNIGHT + n, line) for n in range(3))))

    recording = find(path)

    assert (recording.layout, recording.venue, recording.stream) == ("nanoseconds", venue, stream)
    assert [(r.ts_recv, r.payload) for r in read(recording)] == [(MIDNIGHT + n, line) for n in range(3)]


def test_lines_with_seconds_are_recognised_and_what_the_client_sent_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "x.zst"
    text = b'wss://somewhere -> {"op":"subscribe"}\n1723161255.25: %s\n1723161256.123456: %s' % (BYBIT, BYBIT)
    path.write_bytes(zstandard.compress(text))

    recording = find(path)

    assert (recording.layout, recording.venue) == ("seconds", "bybit")
    assert [r.ts_recv for r in read(recording)] == [1_723_161_255_250_000_000, 1_723_161_256_123_456_000]


def test_a_plain_file_is_read_too_and_its_last_line_needs_no_end(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b"%d %s" % (MIDNIGHT, TRADE))

    assert [r.payload for r in read(find(path))] == [TRADE]


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 100, b"hello\nworld\n", b"{}", b"\x1f\x8bgarbage", b"\x28\xb5\x2f\xfdgarbage", b"123 {}\n",
     gzip.compress(b"nothing"), zstandard.compress(b"nothing"), b'{"format":"tidemark-capture","version":"x"}\n',
     b'{"format":"tidemark-capture","version":9,"venue":"x","stream":"","started_at":0}\n',
     b'{"format":"tidemark-capture","version":1,"venue":"\xe2","stream":"","started_at":0}\n', os.urandom(500),
     b'{"format":"tidemark-capture","x":' + b"[" * 9999 + b"\n"],
    ids=["empty", "zeros", "text", "json", "gzip", "zstd", "short", "lines", "none", "header", "version", "utf8",
         "noise", "deep"],
)  # fmt: skip
def test_what_is_no_recording_is_refused_in_one_line(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "garbage"
    path.write_bytes(content)

    with pytest.raises(CaptureError) as refused:
        list(read(find(path)))
    assert str(path) in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_and_an_empty_folder_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(CaptureError, match="no recording at"):
        find(tmp_path / "nosuch")
    with pytest.raises(CaptureError, match="holds no"):
        find(tmp_path)


@pytest.mark.parametrize("keep", [0.3, 0.6, 0.9])
def test_a_gzip_that_was_cut_gives_the_lines_before_the_cut(tmp_path: Path, keep: float) -> None:
    lines = [b"%d %s" % (MIDNIGHT + n, TRADE + os.urandom(9).hex().encode()) for n in range(2000)]
    whole = gzip.compress(b"\n".join(lines))
    path = tmp_path / "x.gz"
    path.write_bytes(whole[: int(len(whole) * keep)])

    kept = [r.payload for r in read(find(path))]

    assert len(kept) > 2000 * keep * 0.5
    assert kept[:-1] == [line.partition(b" ")[2] for line in lines[: len(kept) - 1]]


def test_a_gzip_that_was_damaged_in_the_middle_raises_nothing_else(tmp_path: Path) -> None:
    lines = b"\n".join(b"%d %s" % (MIDNIGHT + n, TRADE + os.urandom(9).hex().encode()) for n in range(2000))
    data = bytearray(gzip.compress(lines))
    middle = len(data) // 2
    data[middle : middle + 40] = b"\xff" * 40
    path = tmp_path / "x.gz"
    path.write_bytes(data)

    try:
        kept = len(list(read(find(path))))
    except CaptureError:
        kept = 0
    assert kept < 2000


def test_a_segment_of_nothing_is_passed_over_wherever_it_stands(tmp_path: Path) -> None:
    own(tmp_path, MIDNIGHT, b"first")
    for at in (1, 2 * MIDNIGHT):
        (tmp_path / f"bybit-{at:019d}.tmcap.zst").write_bytes(b"")

    assert [r.payload for r in read(find(tmp_path))] == [b"first"]


@pytest.mark.parametrize(("kind", "length"), [(9, 5), (1, (1 << 21) + 1)])
def test_a_record_that_cannot_be_is_damage(tmp_path: Path, kind: int, length: int) -> None:
    header = b'{"format":"tidemark-capture","version":1,"venue":"bybit","stream":"","started_at":0}\n'
    path = tmp_path / "x"
    path.write_bytes(header + HEADER.pack(kind, 1, 1, 1, length) + b"12345")

    with pytest.raises(CaptureError, match="damaged"):
        list(read(find(path)))


@pytest.mark.parametrize("ts_recv", [-1, (1 << 62) + 1, (1 << 63) - 1])
def test_a_record_of_a_time_that_cannot_be_is_damage(tmp_path: Path, ts_recv: int) -> None:
    head = b'{"format":"tidemark-capture","version":1,"venue":"bybit","stream":"","started_at":0}\n'
    (tmp_path / "one.tmcap.zst").write_bytes(head + HEADER.pack(Kind.FRAME, ts_recv, 0, 0, 2) + b"{}")

    with pytest.raises(CaptureError, match="damaged"):
        list(read(find(tmp_path)))


def test_a_line_of_a_time_that_cannot_be_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "lines"
    path.write_bytes(b"9795248009000000000 %b\n1795248009000000000 %b\n" % (TRADE, TRADE))

    assert [record.ts_recv for record in read(find(path))] == [1_795_248_009_000_000_000]


def test_the_layout_of_a_record_never_changes() -> None:
    assert HEADER.size == struct.calcsize("<BqqHI") == 23
    assert {kind.name: kind.value for kind in Kind} == {"FRAME": 1, "EVENT": 2}
