from pathlib import Path

from tidemark.proof.soak.dial import Dial, DialClock
from tidemark.proof.soak.plan import EPOCH_NS


def test_who_reads_it_knows_the_time_also_when_it_is_set_back_or_another_one_shows_it(tmp_path: Path) -> None:
    file = tmp_path / "dial"
    first = Dial(file, EPOCH_NS)
    clock = DialClock(file)
    seen = [clock.now_ns()]
    first.show(EPOCH_NS + 5)
    seen.append(clock.now_ns())
    first.show(-1)
    seen.append(clock.now_ns())
    Dial(file, EPOCH_NS + 9)
    seen.append(clock.now_ns())

    assert seen == [EPOCH_NS, EPOCH_NS + 5, -1, EPOCH_NS + 9]
    assert file.stat().st_size == 8


def test_what_lasts_is_measured_by_the_wall(tmp_path: Path) -> None:
    Dial(tmp_path / "dial", EPOCH_NS)
    clock = DialClock(tmp_path / "dial")

    assert clock.monotonic_ns() < clock.monotonic_ns()
