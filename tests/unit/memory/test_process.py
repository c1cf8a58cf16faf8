import ctypes
import sys
from pathlib import Path

import pytest

from tidemark.memory.process import Process, parse_cgroup, parse_limit, parse_smaps_rollup

ROLLUP = """\
55a4c0000000-7ffd00000000 ---p 00000000 00:00 0                          [rollup]
Rss:               30000 kB
Pss:               20000 kB
Private_Clean:      1000 kB
Private_Dirty:     11000 kB
Anonymous:         12345 kB
Locked:                0 kB
"""


def test_the_sums_of_the_mappings_are_bytes() -> None:
    mappings = parse_smaps_rollup(ROLLUP)
    assert (mappings.rss, mappings.anonymous, mappings.uss) == (30000 * 1024, 12345 * 1024, 12000 * 1024)


def test_a_missing_field_is_an_error() -> None:
    with pytest.raises(KeyError, match="Anonymous"):
        parse_smaps_rollup(ROLLUP.replace("Anonymous", "Anon"))


def test_version_2_may_limit_at_every_level() -> None:
    assert parse_cgroup("0::/user.slice/app.service\n") == [
        "user.slice/app.service/memory.max",
        "user.slice/memory.max",
        "memory.max",
    ]


def test_version_1_limits_at_the_level_of_the_process() -> None:
    text = "12:cpu,cpuacct:/\n3:memory:/docker/abc\n0::/ignored\n"
    assert parse_cgroup(text) == ["memory/docker/abc/memory.limit_in_bytes"]


def test_without_a_memory_controller_nothing_limits() -> None:
    assert parse_cgroup("12:cpu:/\n") == []


@pytest.mark.parametrize(
    ("text", "limit"), [("max\n", None), ("268435456\n", 268435456), ("9223372036854771712\n", None), ("", None)]
)
def test_no_limit_is_none(text: str, limit: int | None) -> None:
    assert parse_limit(text) == limit


def test_the_tightest_limit_on_the_way_up_counts(tmp_path: Path) -> None:
    proc, cgroups = tmp_path / "proc", tmp_path / "cgroup"
    (cgroups / "a" / "b").mkdir(parents=True)
    proc.mkdir()
    (proc / "smaps_rollup").write_text(ROLLUP)
    (proc / "cgroup").write_text("0::/a/b\n")
    (cgroups / "a" / "b" / "memory.max").write_text("max\n")
    (cgroups / "a" / "memory.max").write_text("5000\n")
    figures = Process(proc, cgroups).read()
    assert (figures.limit, figures.rss, figures.source) == (5000, 30000 * 1024, "smaps_rollup")
    assert figures.blocks > 0


def test_psutil_stands_in_and_says_so(tmp_path: Path) -> None:
    figures = Process(tmp_path, tmp_path).read()
    assert figures.source == "psutil"
    assert figures.rss > figures.uss == figures.anonymous > 0
    assert figures.limit is None


def test_the_figures_of_this_process_make_sense() -> None:
    figures = Process().read()
    assert figures.rss >= figures.anonymous > 1_000_000


def test_trimming_can_be_repeated() -> None:
    process = Process()
    kept = bytearray(1000)
    process.trim()
    assert process.trim() in (True, False)
    assert kept == bytes(1000)


def test_elsewhere_than_on_glibc_nothing_is_trimmed(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(ctypes, "CDLL", lambda _: object())
        assert Process().trim() is False
    with monkeypatch.context() as patch:
        patch.setattr(sys, "platform", "darwin")
        process = Process()
    assert process.trim() is False


def test_the_resident_memory_is_that_of_the_sums_but_read_faster() -> None:
    process = Process()
    # Both count the same pages; the kernel brings its fast counter up to date some pages late.
    assert abs(process.resident() - process.read().rss) < 4 << 20


def test_without_proc_the_resident_memory_is_psutils(tmp_path: Path) -> None:
    assert Process(tmp_path, tmp_path).resident() > 1_000_000
