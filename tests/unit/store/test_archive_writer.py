"""The writer process as the service starts it: killed anywhere, on a full disk, beside another, with garbage."""

import fcntl
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import pytest
from tests.archives import job, journal, offer, trades
from tests.build import MIDNIGHT

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap
from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_files import check, read_candles, read_trades
from tidemark.store.archive_job import Done, Job
from tidemark.store.archive_layout import TRADES, parts
from tidemark.store.archive_writer import limit, main, peak_rss, work
from tidemark.store.database import Database
from tidemark.store.gap_log import GapLog
from tidemark.store.journal import segments
from tidemark.units import DAY, MIB

SYMBOLS = ("AUSDT", "BUSDT", "CUSDT")
# The writer, in a process that ends as if it were killed once it has written so many bytes to any files.
DIES = """
import os, signal, sys
from pathlib import Path
from tidemark.store.archive_writer import main
left = int(sys.argv[1])
whole = Path.open

class Failing:
    def __init__(self, file):
        self.file = file
    def write(self, data):
        global left
        data = bytes(data)
        self.file.write(data[:left])
        left -= len(data)
        if left <= 0:
            self.file.flush()
            os.kill(os.getpid(), signal.SIGKILL)
        return len(data)
    def __enter__(self):
        return self
    def __exit__(self, *error):
        self.file.close()
    def __getattr__(self, name):
        return getattr(self.file, name)

def opened(path, mode="r", *rest, **named):
    file = whole(path, mode, *rest, **named)
    return Failing(file) if mode == "wb" else file

Path.open = opened
raise SystemExit(main(sys.stdin.buffer))
"""


def lived(folder: Path, minutes: int = 30) -> None:
    """Logs of three markets: candles of three timeframes over two days, one of them revised, and trades."""
    made = journal(folder, {"1m": 80, "5m": 4000, "1h": 4000})
    for number in range(minutes):
        offer(made, Timeframe.M1, SYMBOLS, number)
        if number % 5 == 4:
            offer(made, Timeframe.M5, SYMBOLS, number // 5 + 287)
    offer(made, Timeframe.H1, SYMBOLS, 0)
    offer(made, Timeframe.M1, ["AUSDT"], minutes - 1, close=7)
    trades(folder, [1, 2, 3])


def encoded(given: Job) -> str:
    return msgspec.json.encode(given).decode()


def run(given: Job, *command: str) -> subprocess.CompletedProcess[str]:
    started = command or ("-m", "tidemark.store.archive_writer")
    return subprocess.run(
        [sys.executable, *started], input=encoded(given), capture_output=True, text=True, check=False, timeout=60
    )


def contents(folder: Path) -> dict[str, list[object]]:
    """Every file of the archive by its place, with all its rows: reading it is the proof that it can be read."""
    root = folder / "archive"
    found = {}
    for part in parts(root):
        rows: list[object] = (
            read_trades(part.path)["sequence"].tolist() if part.kind == TRADES else read_candles(part.path).tolist()
        )
        found[str(part.path.relative_to(root))] = rows
    return found


def left_overs(folder: Path) -> list[Path]:
    return list(folder.rglob("*.partial"))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[object]]:
    """What an undisturbed run makes of the same logs."""
    folder = tmp_path_factory.mktemp("whole")
    lived(folder)
    work(job(folder))
    return contents(folder)


def test_a_run_archives_merges_and_says_so(tmp_path: Path, whole: dict[str, list[object]]) -> None:
    lived(tmp_path)

    done = run(job(tmp_path))

    assert (done.returncode, done.stderr) == (0, "")
    told = msgspec.json.decode(done.stdout, type=Done)
    assert (told.candles, told.trades, told.merged > 0, told.problems) == (30 * 3 + 6 * 3 + 3 + 1, 3, True, ())
    assert 20 * MIB < told.peak_rss < 192 * MIB
    assert contents(tmp_path) == whole
    assert len(whole) == 3 + 3 + 3 + 1
    assert len(segments(tmp_path / "journal", "1m")) == 1


@pytest.mark.parametrize("seed", range(6))
def test_killed_after_any_number_of_bytes_every_file_is_readable_and_the_next_run_completes_it(
    tmp_path: Path, seed: int, whole: dict[str, list[object]]
) -> None:
    lived(tmp_path)
    chosen = random.Random(seed)
    deaths = 0
    for _ in range(4):
        done = run(job(tmp_path), "-c", DIES, str(chosen.randrange(1, 30_000)))
        deaths += done.returncode == -signal.SIGKILL
        for path, rows in contents(tmp_path).items():
            assert set(map(str, rows)) <= set(map(str, whole[path])) or path.endswith("candles.parquet")

    told = work(job(tmp_path))

    assert deaths > 0
    assert contents(tmp_path) == whole
    assert left_overs(tmp_path) == []
    assert told.problems == ()


def test_killed_at_any_time_every_file_is_readable_and_the_next_run_completes_it(
    tmp_path: Path, whole: dict[str, list[object]]
) -> None:
    lived(tmp_path)
    chosen = random.Random(7)
    for _ in range(8):
        command = [sys.executable, "-m", "tidemark.store.archive_writer"]
        given = tmp_path / "job"
        given.write_text(encoded(job(tmp_path)))
        with (
            given.open() as told,
            subprocess.Popen(command, stdin=told, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as child,
        ):
            time.sleep(chosen.uniform(0.05, 0.8))
            child.kill()
        for part in parts(tmp_path / "archive"):
            check(part.path)

    work(job(tmp_path))

    assert contents(tmp_path) == whole
    assert left_overs(tmp_path) == []


def test_on_a_full_disk_it_ends_with_one_line_and_the_next_run_completes_it(
    tmp_path: Path, whole: dict[str, list[object]]
) -> None:
    lived(tmp_path)
    limited = (
        "import resource, sys; from tidemark.store.archive_writer import main;"
        "whole = resource.getrlimit(resource.RLIMIT_FSIZE);"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (3000, whole[1])); code = main(sys.stdin.buffer);"
        # What counts the lines of the tests writes a file as well, at the end.
        "resource.setrlimit(resource.RLIMIT_FSIZE, whole); raise SystemExit(code)"
    )

    done = run(job(tmp_path), "-c", limited)

    assert done.returncode == 1
    assert done.stderr.startswith("File too large: ")
    assert len(done.stderr.splitlines()) == 1
    assert left_overs(tmp_path) == []
    assert run(job(tmp_path)).returncode == 0
    assert contents(tmp_path) == whole


def test_what_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    lived(tmp_path)
    (tmp_path / "archive").write_text("in the way")

    done = run(job(tmp_path))

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "archive" in done.stderr


def test_two_writers_are_never_at_work_together(tmp_path: Path) -> None:
    lived(tmp_path)
    with (tmp_path / ".writer").open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)

        with pytest.raises(StoreError, match="another writer is at work"):
            work(job(tmp_path))
    assert work(job(tmp_path)).files > 0


def test_gaps_are_loaded_into_the_database_and_old_ones_forgotten(tmp_path: Path) -> None:
    log = GapLog(tmp_path / "gaps", MIB, Ledger())
    for start, end in ((MIDNIGHT, MIDNIGHT + 5), (MIDNIGHT - 100 * DAY, MIDNIGHT - 99 * DAY)):
        log.offer(Gap(venue="bybit", symbol="A", channel="trades", gap_from=start, gap_to=end, cause="x"))

    told = work(msgspec.structs.replace(job(tmp_path), archive=None))

    assert told.gaps == 2
    with Database.open(None, tmp_path) as database:
        assert [gap.gap_from for gap in database.gaps()] == [MIDNIGHT]


def test_retention_is_applied(tmp_path: Path) -> None:
    lived(tmp_path)

    told = work(job(tmp_path, now_ns=MIDNIGHT + 2 * DAY, max_age_ns=DAY))

    # What ended a day ago goes: the first day of three markets, and its trades.
    assert told.removed == 4
    assert {part.period for part in parts(tmp_path / "archive")} == {"2026-11-02", "2026"}


def test_garbage_in_every_file_ends_no_run(tmp_path: Path) -> None:
    lived(tmp_path)
    work(job(tmp_path))
    for path in [*tmp_path.rglob("*.parquet"), *tmp_path.rglob("*.journal"), *tmp_path.rglob("*.base")]:
        path.write_bytes(os.urandom(300))
    for path in [*tmp_path.rglob("*.json"), *tmp_path.rglob("*.trades")]:
        path.write_bytes(os.urandom(300))
    lived(tmp_path)

    told = work(job(tmp_path))

    assert told.candles > 0
    assert told.problems
    for part in parts(tmp_path / "archive"):
        assert ".damaged" not in part.path.name


def test_a_lost_journal_is_prepared_on_request(tmp_path: Path) -> None:
    lived(tmp_path)
    work(job(tmp_path))
    for path in (tmp_path / "journal").iterdir():
        path.unlink()

    told = work(msgspec.structs.replace(job(tmp_path), prepare=True, now_ns=MIDNIGHT + DAY))

    assert told.prepared == 90 + 18 + 3


def test_a_job_that_is_none_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    limited = "import sys; from tidemark.store.archive_writer import main; raise SystemExit(main(sys.stdin.buffer))"

    done = subprocess.run([sys.executable, "-c", limited], input="{}", capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert callable(limit)
    assert callable(main)


def test_the_peak_is_at_least_what_is_resident_and_holds_what_was_given_back() -> None:
    held = bytearray(b"x") * (64 * MIB)
    most = peak_rss()
    assert most >= len(held)

    del held

    # The system counts in bundles of pages, a few of which may be on their way.
    assert peak_rss() >= most - MIB
