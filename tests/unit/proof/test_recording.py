from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from tests.samples import dear, held, sample

from tidemark.errors import StoreError
from tidemark.proof.recording import Recording, read_samples
from tidemark.units import SECOND


def test_a_whole_sample_is_kept_as_both() -> None:
    recording = Recording()

    recording.add(sample(0))
    recording.add(sample(1, dear=dear()))

    assert [one.dear for one in recording.looks] == [None, None]
    assert [one.lived_ns for one in recording.counts] == [SECOND]


def test_a_run_of_any_length_keeps_a_bounded_number_at_equal_distances() -> None:
    recording = Recording()

    for number in range(10_000):
        recording.add(sample(number, dear=dear() if number % 10 == 0 else None))

    times = [one.lived_ns // SECOND for one in recording.looks]
    assert 120 <= len(times) <= 240
    assert {later - earlier for earlier, later in pairwise(times)} == {64}
    assert 12 <= len(recording.counts) <= 24
    counted = [one.lived_ns // SECOND for one in recording.counts]
    assert {later - earlier for earlier, later in pairwise(counted)} == {640}


def test_what_holds_more_than_at_first_is_to_be_weighed_the_fastest_first() -> None:
    recording = Recording()
    assert recording.rising_names() == ()

    recording.add(sample(0, dear=dear(held("a", 100), held("b", 100), held("c", 100))))
    recording.add(sample(1, dear=dear(held("a", 110), held("b", 107), held("c", 300), held("d", 50, "list"))))

    assert recording.rising_names() == ("dict c", "list d", "dict a")


def test_recorded_samples_are_read_again(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    written = [sample(0), sample(1, dear=dear(held("a", 100)))]
    file.write_bytes(b"".join(msgspec.json.encode(one) + b"\n" for one in written))

    assert list(read_samples(file)) == written


def test_a_line_that_is_no_sample_is_named(tmp_path: Path) -> None:
    file = tmp_path / "samples.jsonl"
    for line in (b"{}", b'{"x":' + b"[" * 9999, b'"\xff"'):
        file.write_bytes(msgspec.json.encode(sample(0)) + b"\n" + line + b"\n")
        with pytest.raises(StoreError, match=r"samples\.jsonl, line 2 is no sample"):
            list(read_samples(file))
    with pytest.raises(StoreError, match="cannot be read"):
        list(read_samples(tmp_path / "nowhere"))
