from pathlib import Path

import msgspec
import pytest

from tidemark.ingest.rejects import SAMPLE_BYTES, Rejects, Sample
from tidemark.ingest.venues.frame import FrameKind
from tidemark.units import HOUR


def samples(path: Path) -> list[Sample]:
    return [msgspec.json.decode(line, type=Sample) for line in path.read_bytes().splitlines()]


def test_refusals_are_counted_by_kind(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "rejects.jsonl")

    for kind in ("unknown", "malformed", "unknown"):
        rejects.add(kind, "why", b"{}", "bybit-1", 5)

    assert rejects.counts[FrameKind.UNKNOWN] == 2
    assert rejects.counts[FrameKind.MALFORMED] == 1
    assert sum(rejects.counts.values()) == 3


def test_a_sample_says_what_came_from_where_and_why(tmp_path: Path) -> None:
    rejects = Rejects(tmp_path / "deep" / "rejects.jsonl")

    rejects.add("malformed", "invalid character", memoryview(b'{"a":\xff'), "bybit-1", 7)

    assert samples(tmp_path / "deep" / "rejects.jsonl") == [
        Sample(7, "malformed", "bybit-1", "invalid character", 6, '{"a":\\xff')
    ]


def test_few_samples_of_each_kind_are_kept_in_an_hour(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    rejects = Rejects(path, per_hour=2)

    for number in range(5):
        rejects.add("unknown", "why", b"x", "c", number)
        rejects.add("truncated", "why", b"x", "c", number)
    rejects.add("unknown", "why", b"x", "c", HOUR)

    assert [(sample.kind, sample.ts_recv) for sample in samples(path)] == [
        ("unknown", 0),
        ("truncated", 0),
        ("unknown", 1),
        ("truncated", 1),
        ("unknown", HOUR),
    ]
    assert rejects.counts[FrameKind.UNKNOWN] == 6


def test_a_large_frame_is_cut_in_its_sample(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"

    Rejects(path).add("oversized", "w" * 9999, b"x" * 10**6, "c", 1)

    (sample,) = samples(path)
    assert (len(sample.frame), sample.size, len(sample.message)) == (SAMPLE_BYTES, 10**6, 500)


def test_a_full_file_drops_its_older_half(tmp_path: Path) -> None:
    path = tmp_path / "rejects.jsonl"
    rejects = Rejects(path, max_bytes=2000, per_hour=10**6)

    for number in range(200):
        rejects.add("unknown", "why", b"x", "c", number)
        assert path.stat().st_size <= 2000

    kept = [sample.ts_recv for sample in samples(path)]
    assert kept == list(range(kept[0], 200))
    assert len(kept) >= 8


def test_a_disk_that_cannot_be_written_to_costs_the_samples_only(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    rejects = Rejects(tmp_path / "file" / "rejects.jsonl")

    rejects.add("unknown", "why", b"x", "c", 1)

    assert rejects.unwritten == 1
    assert rejects.counts[FrameKind.UNKNOWN] == 1


def test_a_full_disk_costs_the_samples_only() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("this system has no /dev/full")
    rejects = Rejects(full)

    rejects.add("unknown", "why", b"x", "c", 1)

    assert rejects.unwritten == 1


def test_kinds_are_a_closed_set(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="surprise"):
        Rejects(tmp_path / "rejects.jsonl").add("surprise", "why", b"x", "c", 1)
