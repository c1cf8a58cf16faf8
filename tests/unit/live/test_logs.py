import json
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from tidemark.errors import StoreError
from tidemark.live.logs import configure
from tidemark.settings.process import Log
from tidemark.units import MIB

# Every write to it fails as on a disk that is full.
FULL = Path("/dev/full")


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    for handler in root.handlers:
        if handler not in handlers:
            handler.close()
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def test_lines_are_json_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(), None)

    structlog.get_logger().info("connection live", id="bybit-1", topics=3)
    structlog.get_logger().debug("not told")

    (line,) = capsys.readouterr().err.splitlines()
    told = json.loads(line)
    assert (told["event"], told["id"], told["topics"], told["level"]) == ("connection live", "bybit-1", 3, "info")
    assert told["timestamp"].endswith("Z")


def test_a_level_hides_what_is_below_it(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(level="error", format="console"), None)

    structlog.get_logger().warning("hidden")
    structlog.get_logger().error("told", why="disk")

    output = capsys.readouterr().err
    assert "hidden" not in output
    assert "told" in output
    assert "why=disk" in output


def test_a_file_is_written_under_the_view_and_stays_small(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "deep" / "tidemark.log"
    configure(Log(), file)

    for n in range(3000):
        structlog.get_logger().info("line", n=n, filler="x" * 1000)

    assert capsys.readouterr().err == ""
    assert sum(path.stat().st_size for path in file.parent.iterdir()) <= 2 * MIB
    assert json.loads(file.read_text().splitlines()[-1])["n"] == 2999


def test_a_file_that_cannot_be_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"cannot write the log .*store\.folder"):
        configure(Log(), tmp_path / "file" / "tidemark.log")


@pytest.mark.skipif(not FULL.exists(), reason="there is no /dev/full")
def test_a_full_disk_loses_lines_and_not_the_screen(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Log(), FULL)

    structlog.get_logger().info("line")

    assert capsys.readouterr().err == ""
