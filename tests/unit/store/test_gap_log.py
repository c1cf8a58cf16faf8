import shutil
import zlib
from pathlib import Path

import pytest

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap
from tidemark.store.gap_log import SUFFIX, GapLog, read_gaps
from tidemark.store.lines import whole_bytes
from tidemark.store.segments import numbered
from tidemark.units import MIB


def sealed(body: bytes) -> bytes:
    """A line whose checksum is right."""
    return b"%08x %b\n" % (zlib.crc32(body), body)


DEEP = sealed(b'{"x":' + b"[" * 9999)
# No database holds it.
LARGE = sealed(b'{"venue":"x","symbol":"x","channel":"x","gap_from":99999999999999999999,"cause":""}')


def gap(n: int, *, gap_to: int | None = None, lost: int = 0) -> Gap:
    return Gap(
        venue="bybit", symbol="BTCUSDT", channel="trades", gap_from=n, gap_to=gap_to, cause="connection lost", lost=lost
    )


def log(folder: Path, max_bytes: int = MIB) -> GapLog:
    return GapLog(folder, max_bytes, Ledger())


def kept(folder: Path) -> list[Gap | None]:
    return [one for path in numbered(folder, SUFFIX) for one, _ in read_gaps(path)]


def test_gaps_are_written_line_by_line(tmp_path: Path) -> None:
    made = log(tmp_path)
    made.offer(gap(1))
    made.offer(gap(1, gap_to=5, lost=2))

    assert kept(tmp_path) == [gap(1), gap(1, gap_to=5, lost=2)]
    assert (made.written, made.lost, made.failure) == (2, 0, None)
    assert made.usage().bytes_used <= made.reservation.bytes


def test_a_kill_in_the_middle_of_a_line_costs_that_line(tmp_path: Path) -> None:
    log(tmp_path).offer(gap(1))
    (path,) = numbered(tmp_path, SUFFIX)
    whole = path.stat().st_size
    with path.open("ab") as file:
        file.write(b"1234 half a li")
    assert kept(tmp_path) == [gap(1)]

    log(tmp_path).offer(gap(2))

    assert kept(tmp_path) == [gap(1), gap(2)]
    assert whole_bytes(path) == 2 * whole


@pytest.mark.parametrize("garbage", [b"nonsense\n", b"00000000 {}\n", b"\xff\xfe\n", b"\n", DEEP, LARGE])
def test_a_damaged_line_is_passed_over(tmp_path: Path, garbage: bytes) -> None:
    log(tmp_path).offer(gap(1))
    (path,) = numbered(tmp_path, SUFFIX)
    path.write_bytes(garbage + path.read_bytes())

    assert kept(tmp_path) == [None, gap(1)]


def test_it_stays_within_its_bound_and_keeps_the_newest(tmp_path: Path) -> None:
    made = log(tmp_path, 20_000)

    for n in range(500):
        made.offer(gap(n))

    held = kept(tmp_path)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 20_000
    assert held == [gap(n) for n in range(500 - len(held), 500)]
    assert len(held) > 50


def test_a_folder_that_went_away_costs_gaps_and_is_told_until_it_is_back(tmp_path: Path) -> None:
    made = log(tmp_path / "gaps")
    shutil.rmtree(tmp_path / "gaps")

    made.offer(gap(1))
    assert made.failure is not None
    assert (made.written, made.lost, made.usage().rejected, made.is_owed) == (0, 1, 1, True)

    (tmp_path / "gaps").mkdir()
    made.offer(gap(2))
    failure: str | None = made.failure
    assert failure is None
    assert made.written == 1


def test_a_folder_that_cannot_be_is_refused_with_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"store\.folder"):
        log(tmp_path / "file" / "gaps")
