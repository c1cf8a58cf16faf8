import json
from collections.abc import Callable
from pathlib import Path

import msgspec
from tests.archives import job, journal, offer, trades

from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_layout import parts
from tidemark.store.archive_writer import work

Tidemark = Callable[..., tuple[int, str, str]]


def lived(store: Path) -> list[str]:
    """An archive of two markets, with trades of one; the arguments that name it."""
    folder = store / "bybit"
    made = journal(folder)
    for number in range(3):
        offer(made, Timeframe.M1, ["AUSDT", "BUSDT"], number)
    offer(made, Timeframe.M1, ["AUSDT"], 2000)
    trades(folder, [1, 2])
    work(msgspec.structs.replace(job(folder), archive=str(store / "archive")))
    return ["--set", f"store.folder={store}"]


def test_the_archive_is_listed_market_by_market(tidemark: Tidemark, tmp_path: Path) -> None:
    at = lived(tmp_path)

    code, output, error = tidemark("archive", *at)
    told = json.loads(tidemark("archive", "--json", *at)[1])

    assert (code, error) == (0, "")
    for words in ("AUSDT", "BUSDT", "2026-11-02", "trades", "4 files, 9 rows"):
        assert words in output
    assert (told["files"], told["rows"], told["checked"], told["unreadable"]) == (4, 9, False, [])
    assert [(one["kind"], one["symbol"], one["periods"], one["rows"]) for one in told["holdings"]] == [
        ("candles", "AUSDT", 2, 4),
        ("candles", "BUSDT", 1, 3),
        ("trades", "AUSDT", 1, 2),
    ]


def test_nothing_is_cut_on_a_terminal_of_80_columns(tidemark: Tidemark, tmp_path: Path) -> None:
    code, output, _ = tidemark("archive", *lived(tmp_path), COLUMNS="80")

    assert code == 0
    assert "…" not in output
    rows = [line.split()[:5] for line in output.splitlines() if line.startswith(("AUSDT", "BUSDT"))]
    assert rows == [
        ["AUSDT", "candles", "2026-11-01", "2026-11-02", "4"],
        ["BUSDT", "candles", "2026-11-01", "2026-11-01", "3"],
        ["AUSDT", "trades", "2026-11-01", "2026-11-01", "2"],
    ]


def test_one_market_is_chosen(tidemark: Tidemark, tmp_path: Path) -> None:
    at = lived(tmp_path)

    told = json.loads(tidemark("archive", "--symbol", "BUSDT", "--json", *at)[1])

    assert [one["symbol"] for one in told["holdings"]] == ["BUSDT"]
    assert "nothing of CUSDT" in tidemark("archive", "--symbol", "CUSDT", *at)[1]


def test_a_check_reads_every_file_and_finds_the_damaged_one(tidemark: Tidemark, tmp_path: Path) -> None:
    at = lived(tmp_path)
    code, output, _ = tidemark("archive", "--check", *at)
    assert code == 0
    assert "every file can be read" in output
    part = next(iter(parts(tmp_path / "archive")))
    data = bytearray(part.path.read_bytes())
    data[4:60] = bytes(56)
    part.path.write_bytes(data)

    code, output, _ = tidemark("archive", "--check", *at)

    assert code == 1
    assert "cannot be read" in output
    assert tidemark("archive", *at)[0] == 0


def test_an_empty_archive_explains_itself(tidemark: Tidemark, tmp_path: Path) -> None:
    at = f"store.folder={tmp_path}"

    code, output, _ = tidemark("archive", "--set", at)
    assert code == 0
    assert "tidemark run` writes it every 600 s" in output
    assert "archive.enabled is false" in tidemark("archive", "--set", at, "--set", "archive.enabled=false")[1]
    assert json.loads(tidemark("archive", "--set", at, "--json")[1])["files"] == 0
