import errno
import os
from pathlib import Path

import pytest
from tests.signal_records import moved, outcome, signal, story

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger
from tidemark.model.signal import Record
from tidemark.store import segments
from tidemark.store.append import append_whole
from tidemark.store.segments import numbered
from tidemark.store.signal_log import SUFFIX, WAITING_BYTES, Place, SignalLog, records_since
from tidemark.units import MIB

BEGINNING = Place("", 0)


def log(folder: Path, max_bytes: int = MIB) -> SignalLog:
    return SignalLog(folder / "signals", max_bytes, Ledger())


def kept(folder: Path, place: Place = BEGINNING) -> list[Record]:
    return list(records_since(folder / "signals", place))


def test_records_come_back_in_their_order(tmp_path: Path) -> None:
    made = log(tmp_path)
    made.offer(story(0))
    made.offer(story(1))

    assert kept(tmp_path) == story(0) + story(1)
    assert (made.written, made.lost, made.failure) == (10, 0, None)


def test_what_was_told_is_counted_by_rule_and_kind(tmp_path: Path) -> None:
    made = log(tmp_path)
    made.offer([*story(0, symbol="A-B-USDT"), outcome(signal(0), is_null=True), signal(1, rule="whale_flow")])

    assert made.told == {
        ("confluence", "signal"): 1,
        ("confluence", "transition"): 3,
        ("confluence", "outcome"): 1,
        ("confluence", "random"): 1,
        ("whale_flow", "signal"): 1,
    }


def test_a_place_is_behind_what_was_written(tmp_path: Path) -> None:
    made = log(tmp_path)
    assert made.place == BEGINNING
    made.offer(story(0))
    place = made.place
    made.offer(story(1))

    assert kept(tmp_path, place) == story(1)
    assert kept(tmp_path, log(tmp_path).place) == []


def test_where_the_segment_of_a_place_was_dropped_all_that_is_left_is_given(tmp_path: Path) -> None:
    made = log(tmp_path, 60_000)
    made.offer(story(0))
    place = made.place
    for number in range(1, 60):
        made.offer(story(number))

    assert place.segment not in {path.name for path in numbered(tmp_path / "signals", SUFFIX)}
    left = kept(tmp_path, place)
    assert left == kept(tmp_path)
    assert left[-5:] == story(59)
    assert sum(path.stat().st_size for path in (tmp_path / "signals").iterdir()) <= 60_000


def test_what_a_full_disk_refuses_is_written_first_when_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = log(tmp_path)
    made.offer(story(0))
    append, full = append_whole, True

    def refuse(path: Path, data: bytes, size: int) -> None:
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        append(path, data, size)

    monkeypatch.setattr(segments, "append_whole", refuse)
    made.offer(story(1))
    made.offer(story(2))
    assert kept(tmp_path) == story(0)
    assert "No space left on device" in str(made.failure)
    assert 0 < made.usage().bytes_used <= made.reservation.bytes

    full = False
    made.offer([signal(3)])
    assert kept(tmp_path) == [*story(0), *story(1), *story(2), signal(3)]
    assert made.usage().bytes_used == made.lost == 0
    assert made.failure is None


def test_what_waits_is_bounded_and_what_finds_no_place_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(path: Path, data: bytes, size: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr(segments, "append_whole", refuse)
    made = log(tmp_path)
    wide = [moved(signal(number), 1) for number in range(200)]
    while not made.lost:
        made.offer(wide)

    assert made.usage().bytes_used <= WAITING_BYTES
    assert made.usage().rejected == made.lost > 0


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "signals").write_text("in the way")

    with pytest.raises(StoreError, match=r"cannot keep the log of signals in .*; name another folder"):
        log(tmp_path)
