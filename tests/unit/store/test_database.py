import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa
from tests.postgresql import postgresql

from tidemark.errors import StoreError
from tidemark.memory.ledger import Ledger
from tidemark.model.gap import Gap, Repair
from tidemark.store.database import Database
from tidemark.store.gap_log import GapLog
from tidemark.store.tables import FILE, GAPS, METADATA
from tidemark.units import MIB


def gap(n: int, symbol: str = "BTCUSDT", *, gap_to: int | None = None, lost: int = 0) -> Gap:
    return Gap(
        venue="bybit",
        symbol=symbol,
        channel="trades",
        gap_from=n,
        gap_to=gap_to,
        cause="connection lost",
        repair=Repair.KLINES,
        repaired=3,
        lost=lost,
    )


def log(folder: Path, *gaps: Gap, max_bytes: int = MIB) -> Path:
    made = GapLog(folder / "gaps", max_bytes, Ledger())
    for one in gaps:
        made.offer(one)
    return folder / "gaps"


@contextmanager
def database(folder: Path) -> Iterator[Database]:
    with Database.open(None, folder) as opened:
        yield opened


def test_the_log_is_loaded_once_and_later_records_replace_earlier_ones(tmp_path: Path) -> None:
    gaps = log(tmp_path, gap(1), gap(2, "ETHUSDT"), gap(1, gap_to=9, lost=4))

    with database(tmp_path) as opened:
        assert (opened.load_gaps(gaps), opened.load_gaps(gaps)) == (3, 0)
        log(tmp_path, gap(3))
        assert opened.load_gaps(gaps) == 1
    with database(tmp_path) as again:
        assert again.gaps() == [gap(3), gap(2, "ETHUSDT"), gap(1, gap_to=9, lost=4)]


def test_gaps_are_found_by_market_channel_time_and_state(tmp_path: Path) -> None:
    with database(tmp_path) as opened:
        opened.load_gaps(log(tmp_path, gap(10, gap_to=20), gap(30), gap(40, "ETHUSDT", gap_to=50)))

        def starts(**wanted: object) -> list[int]:
            return [one.gap_from for one in opened.gaps(**wanted)]  # type: ignore[arg-type]

        assert starts(symbol="BTCUSDT") == [30, 10]
        assert starts(channel="books") == []
        assert starts(venue="binance") == []
        assert starts(since_ns=45) == [40, 30]
        assert starts(only_open=True) == [30]
        assert starts(most=1) == [40]


def test_old_gaps_are_forgotten_by_their_end(tmp_path: Path) -> None:
    with database(tmp_path) as opened:
        opened.load_gaps(log(tmp_path, gap(10, gap_to=90), gap(20, gap_to=30), gap(95)))

        assert opened.forget(50) == 1
        assert [one.gap_from for one in opened.gaps()] == [95, 10]


def test_a_log_that_began_anew_is_read_from_its_beginning(tmp_path: Path) -> None:
    gaps = log(tmp_path, *(gap(n) for n in range(300)), max_bytes=9000)
    with database(tmp_path) as opened:
        loaded = opened.load_gaps(gaps)
        for path in gaps.iterdir():
            path.unlink()
        log(tmp_path, gap(1000))

        assert opened.load_gaps(gaps) == 1
        assert len(opened.gaps()) == loaded + 1


def test_many_gaps_go_in_pieces(tmp_path: Path) -> None:
    with database(tmp_path) as opened:
        assert opened.load_gaps(log(tmp_path, *(gap(n) for n in range(1234)))) == 1234
        assert len(opened.gaps()) == 1234


def test_the_tables_are_those_that_the_versions_make(tmp_path: Path) -> None:
    with database(tmp_path):
        pass
    engine = sa.create_engine(f"sqlite:///{tmp_path / FILE}", poolclass=sa.NullPool)

    found = sa.inspect(engine)
    for table in METADATA.sorted_tables:
        assert [column["name"] for column in found.get_columns(table.name)] == [column.name for column in table.c]
        assert found.get_pk_constraint(table.name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]
        nullable = {column["name"]: column["nullable"] for column in found.get_columns(table.name)}
        assert nullable == {column.name: column.nullable for column in table.c}
    assert [index["name"] for index in found.get_indexes(GAPS.name)] == ["gaps_by_market", "gaps_by_time", "gaps_open"]
    with engine.connect() as connection:
        assert connection.execute(sa.text("PRAGMA journal_mode")).scalar() == "wal"


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("nope", "store.database is no URL"),
        ("mssql+nosuch://h/x", "store.database is no URL"),
        ("postgresql+nosuch://u:pass@h/x", "store.database"),
        ("sqlite:////nosuch/folder/x.db", "unable to open database file"),
    ],
)
def test_a_database_that_cannot_be_is_told_in_one_line(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(StoreError, match=words) as raised, Database.open(url, tmp_path):
        pass

    assert "\n" not in str(raised.value)


def test_a_driver_that_is_missing_is_named_with_what_to_install(tmp_path: Path) -> None:
    with (
        pytest.raises(StoreError, match=r"driver psycopg2?, .*pip install"),
        Database.open("postgresql+psycopg2://u:secret@127.0.0.1/x", tmp_path),
    ):
        pass


@pytest.mark.parametrize("content", [b"garbage" * 1000, b"SQLite format 3\0" + bytes(200)])
def test_a_file_that_is_no_database_is_told_in_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / FILE).write_bytes(content)

    with pytest.raises(StoreError, match=FILE) as raised, database(tmp_path):
        pass

    assert "\n" not in str(raised.value)


def test_a_folder_that_cannot_be_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="Not a directory"), database(tmp_path / "file" / "x"):
        pass


_OPEN = """
import pathlib, sys
from tidemark.store.database import Database
print("ready", flush=True)
sys.stdin.readline()
with Database.open(sys.argv[2] or None, pathlib.Path(sys.argv[1])) as database:
    print(database.gaps(), flush=True)
"""


def opened_at_once(folder: Path, url: str = "") -> list[str]:
    """What four processes say that open a database that is not there, all at the same moment."""
    command = [sys.executable, "-c", _OPEN, str(folder), url]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    processes = [subprocess.Popen(command, text=True, **pipes) for _ in range(4)]  # type: ignore[call-overload]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("\n")
        process.stdin.flush()
    told = [process.communicate(timeout=60) for process in processes]
    return [out.strip() or error.strip().splitlines()[-1] for out, error in told]


def test_several_processes_may_open_a_database_that_is_not_there_yet(tmp_path: Path) -> None:
    assert opened_at_once(tmp_path) == ["[]"] * 4


def test_several_processes_may_open_a_new_postgresql(tmp_path: Path) -> None:
    with postgresql() as server:
        assert opened_at_once(tmp_path, server.url) == ["[]"] * 4
