from pathlib import Path

from tidemark.store.segments import SEGMENTS, SegmentWriter, numbered


def test_segments_are_numbered_and_the_oldest_go_within_the_bound(tmp_path: Path) -> None:
    dropped: list[str] = []
    log = SegmentWriter(tmp_path, ".log", 90, lambda path: path.stat().st_size, lambda path: dropped.append(path.name))

    for n in range(30):
        log.append(b"%05d" % n)

    kept = numbered(tmp_path, ".log")
    text = b"".join(path.read_bytes() for path in kept)
    # Ten bytes a segment, two pieces each: eight segments at most, of which the oldest went.
    assert len(kept) == SEGMENTS
    assert text == b"".join(b"%05d" % n for n in range(14, 30))
    assert dropped == [f"{n:012d}.log" for n in range(1, 8)]


def test_a_restart_goes_on_behind_what_is_whole(tmp_path: Path) -> None:
    SegmentWriter(tmp_path, ".log", 900, lambda _: 0, lambda _: None).append(b"wholeHAL")

    SegmentWriter(tmp_path, ".log", 900, lambda _: 5, lambda _: None).append(b"next")

    assert numbered(tmp_path, ".log")[0].read_bytes() == b"wholenext"
