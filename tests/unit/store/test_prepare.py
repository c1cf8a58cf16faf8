from pathlib import Path

from tests.archives import journal, offer
from tests.build import MIDNIGHT

from tidemark.model.timeframe import Timeframe
from tidemark.store.archive_layout import parts
from tidemark.store.archive_logs import archive_candles
from tidemark.store.journal import blocks, files, symbols
from tidemark.store.prepare import prepare
from tidemark.units import DAY

M1, H4 = Timeframe.M1, Timeframe.H4
EACH = {"1m": 100, "4h": 3}


def kept(folder: Path, timeframe: Timeframe) -> dict[str, list[int]]:
    names = symbols(folder)
    found: dict[str, list[int]] = {}
    for path in files(folder, timeframe.value):
        for rows in blocks(path):
            for row in rows:
                found.setdefault(names[row["symbol"]], []).append((int(row["open_time"]) - MIDNIGHT) // timeframe.ns)
    return found


def lived(folder: Path) -> Path:
    """An archive of two days, whose journal has gone."""
    made = journal(folder)
    for number in range(2900):
        offer(made, M1, ["AUSDT"], number)
        if number > 2850:
            offer(made, M1, ["BUSDT"], number)
    for number in range(12):
        offer(made, H4, ["AUSDT", "BUSDT"], number, close=number)
    archive_candles(folder / "journal", folder / "archive", "bybit")
    return folder / "archive"


def test_a_lost_journal_has_the_newest_candles_of_the_archive_again(tmp_path: Path) -> None:
    root = lived(tmp_path)
    fresh = tmp_path / "fresh"

    rows, problems = prepare(fresh, root, "bybit", EACH, MIDNIGHT + 2 * DAY)

    assert kept(fresh, M1) == {"AUSDT": list(range(2800, 2900)), "BUSDT": list(range(2851, 2900))}
    assert kept(fresh, H4) == {"AUSDT": [9, 10, 11], "BUSDT": [9, 10, 11]}
    assert (rows, problems) == (149 + 6, [])


def test_a_timeframe_that_the_journal_has_is_left_alone(tmp_path: Path) -> None:
    root = lived(tmp_path)
    made = journal(tmp_path / "fresh")
    offer(made, M1, ["AUSDT"], 1)

    rows, _ = prepare(tmp_path / "fresh" / "journal", root, "bybit", EACH, MIDNIGHT + 2 * DAY)

    assert rows == 6
    assert kept(tmp_path / "fresh" / "journal", M1) == {"AUSDT": [1]}


def test_what_is_damaged_or_too_old_is_left_out(tmp_path: Path) -> None:
    root = lived(tmp_path)
    damaged = [part.path for part in parts(root) if part.symbol == "BUSDT" and part.kind == "candles"]
    for path in damaged:
        path.write_bytes(b"garbage")

    rows, problems = prepare(tmp_path / "fresh", root, "bybit", EACH, MIDNIGHT + 2 * DAY)

    assert (rows, len(problems)) == (106, 2)
    assert prepare(tmp_path / "later", root, "bybit", {"1m": 100}, MIDNIGHT + 9 * DAY) == (0, [])
