import io
import json
import os
import subprocess
import sys
from pathlib import Path

import msgspec
from tests.past import fill, gap

from tidemark.api.past import PoolFigures
from tidemark.live.reader_job import ADDRESS_BYTES, ReaderJob
from tidemark.serve.database import reader

LIMIT_S = 30.0


def begun(job: bytes) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-m", "tidemark.serve.database.reader"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert child.stdin is not None
    child.stdin.write(job)
    child.stdin.flush()
    return child


def job(folder: Path) -> bytes:
    (folder / "private").mkdir()
    return (
        msgspec.json.encode(
            ReaderJob(database=None, folder=str(folder), backtests=str(folder), socket=str(folder / "private/s"))
        )
        + b"\n"
    )


def test_it_ends_when_whoever_began_it_is_gone_and_takes_its_folder_along(tmp_path: Path) -> None:
    fill(None, tmp_path, [gap(1)])
    with begun(job(tmp_path)) as child:
        assert child.stdout is not None
        told = msgspec.json.decode(child.stdout.readline(), type=PoolFigures)
        assert (told.kind, told.open) == ("sqlite", 0)
        assert (tmp_path / "private/s").is_socket()
        limits = Path(f"/proc/{child.pid}/limits").read_text() if os.path.exists("/proc") else str(ADDRESS_BYTES)  # noqa: PTH110
        assert str(ADDRESS_BYTES) in limits
        assert child.stdin is not None
        child.stdin.close()
        assert child.wait(LIMIT_S) == 0
    assert not (tmp_path / "private").exists()


def test_what_is_no_job_is_refused_in_one_line() -> None:
    with begun(b"nonsense\n") as child:
        _, told = child.communicate(timeout=LIMIT_S)

    assert child.returncode == 1
    assert told.decode().startswith("no job was given that this reader understands: ")
    assert told.count(b"\n") == 1


def test_a_folder_that_is_not_there_is_said_in_one_line(tmp_path: Path) -> None:
    told = {"database": None, "folder": str(tmp_path), "socket": str(tmp_path / "nosuch/s")}
    with begun(json.dumps(told).encode() + b"\n") as child:
        _, words = child.communicate(timeout=LIMIT_S)

    assert (child.returncode, words.count(b"\n")) == (1, 1)


def test_its_figures_are_one_line(tmp_path: Path) -> None:
    from tests.unit.api.metrics.test_database import pool

    said = io.BytesIO()
    reader.tell(pool(open=3), said)

    assert msgspec.json.decode(said.getvalue(), type=PoolFigures).open == 3
    assert said.getvalue().count(b"\n") == 1


def test_it_loads_none_of_what_reads_candles() -> None:
    code = "import sys, tidemark.serve.database.reader; print(*{name.partition('.')[0] for name in sys.modules})"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()

    assert "sqlalchemy" in loaded
    assert not {"pyarrow", "pandas", "jinja2", "optuna", "distributed"} & set(loaded)
