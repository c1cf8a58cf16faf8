"""`tidemark capture` as a user runs it, against the local exchange."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tidemark.store.capture import Kind, find, read

TIDEMARK = [sys.executable, "-m", "tidemark"]


@pytest.fixture
def exchange() -> Iterator[dict[str, str]]:
    """A small local exchange in a process of its own; it ends when its standard input closes."""
    command = [*TIDEMARK, "sim", "--symbols", "20", "--rate", "400", "--json", "--with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        yield json.loads(child.stdout.readline())
        assert child.stdin is not None
        child.stdin.close()
        child.wait(timeout=10)


def capture(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*TIDEMARK, "capture", str(folder), *arguments], capture_output=True, text=True, check=False, timeout=60
    )


def test_every_frame_is_kept_and_the_replay_sees_the_same(exchange: dict[str, str], tmp_path: Path) -> None:
    done = capture(
        tmp_path / "cap",
        *("--for", "6s", "--json", "--set", f"store.folder={tmp_path / 'store'}"),
        *("--set", f"venue.rest_url={exchange['rest']}", "--set", f"venue.stream_url={exchange['stream']}"),
    )

    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["trades"] > 0
    records = list(read(find(tmp_path / "cap")))
    assert sum(record.kind is Kind.FRAME for record in records) == told["messages"]
    assert all(record.ts_recv > 0 for record in records)
    frames_of_trades = [record for record in records if b'"publicTrade.' in record.payload[:40]]
    assert all(abs(record.ts_event - record.ts_recv) < 5_000_000_000 for record in frames_of_trades)
    replayed = subprocess.run(
        [*TIDEMARK, "replay", str(tmp_path / "cap"), "--json"], capture_output=True, text=True, check=True, timeout=60
    )
    again = json.loads(replayed.stdout)
    same = ("messages", "trades", "duplicates", "candles", "revised", "gaps", "decode_errors")
    assert {name: again[name] for name in same} == {name: told[name] for name in same}


def test_a_wrong_size_is_told_in_one_line(tmp_path: Path) -> None:
    done = capture(tmp_path / "cap", "--max-size", "lots")

    assert done.returncode == 2
    assert done.stderr.splitlines() == [
        "tidemark: size 'lots' is not understood; write a number and B, KB, MB or GB, like 256MB"
    ]


def test_a_folder_that_cannot_be_written_is_told_in_one_line(exchange: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")

    done = capture(
        tmp_path / "file" / "cap",
        *("--for", "5s", "--set", f"store.folder={tmp_path / 'store'}", "--set", "log.level=error"),
        *("--set", f"venue.rest_url={exchange['rest']}", "--set", f"venue.stream_url={exchange['stream']}"),
    )

    assert done.returncode == 2
    assert "cannot record into" in done.stderr
    assert len(done.stderr.splitlines()) == 1
