from pathlib import Path

import numpy as np
import pytest
from tests.archives import journal, offer, trades
from tests.build import MIDNIGHT

from tidemark.model.timeframe import Timeframe
from tidemark.store import archive_logs
from tidemark.store.archive_files import read_candles, read_trades
from tidemark.store.archive_layout import parts
from tidemark.store.archive_logs import add_trades, archive_candles, archive_trades, pieces
from tidemark.store.journal import blocks, segments
from tidemark.store.position import Place, read_places, write_places
from tidemark.store.trade_log import TRADE_TYPE
from tidemark.units import MINUTE

M1, H1 = Timeframe.M1, Timeframe.H1


def archived(root: Path) -> dict[tuple[str, str], list[int]]:
    """Market and period to the minutes after midnight at which its candles open, all timeframes together."""
    return {
        (part.symbol, part.period): [(int(t) - MIDNIGHT) // MINUTE for t in read_candles(part.path)["open_time"]]
        for part in parts(root)
    }


def test_each_market_and_day_gets_its_file_and_long_candles_their_year(tmp_path: Path) -> None:
    made = journal(tmp_path)
    for number in (0, 1439, 1440):
        offer(made, M1, ["AUSDT", "BUSDT"], number)
    offer(made, H1, ["AUSDT"], 0)
    offer(made, H1, ["AUSDT"], 24 * 61)

    progress = archive_candles(tmp_path / "journal", tmp_path / "archive", "bybit")

    day = {"2026-11-01": [0, 1439], "2026-11-02": [1440]}
    assert archived(tmp_path / "archive") == {
        **{(symbol, date): minutes for symbol in ("AUSDT", "BUSDT") for date, minutes in day.items()},
        ("AUSDT", "2026"): [0],
        ("AUSDT", "2027"): [24 * 61 * 60],
    }
    assert (progress.rows, progress.files, progress.problems) == (8, 6, [])


def test_what_was_archived_is_not_read_again_and_what_comes_is_added(tmp_path: Path) -> None:
    made = journal(tmp_path)
    offer(made, M1, ["AUSDT"], 0)
    root, folder = tmp_path / "archive", tmp_path / "journal"
    archive_candles(folder, root, "bybit")

    assert archive_candles(folder, root, "bybit").rows == 0
    offer(made, M1, ["AUSDT"], 1)
    offer(made, M1, ["AUSDT"], 0, close=7)
    assert archive_candles(folder, root, "bybit").rows == 2
    (part,) = parts(root)
    assert read_candles(part.path)["close"].tolist() == [7, 1000]


def test_each_file_is_written_once_however_little_is_held_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = journal(tmp_path)
    names = ["AUSDT", "BUSDT", "CUSDT", "DUSDT"]
    for number in range(20):
        offer(made, M1, names, number)
    offer(made, H1, names, 0)
    monkeypatch.setattr(archive_logs, "_AT_ONCE", 7)

    progress = archive_candles(tmp_path / "journal", tmp_path / "archive", "bybit")

    assert archived(tmp_path / "archive") == {
        (name, period): minutes
        for name in names
        for period, minutes in {"2026-11-01": [*range(20)], "2026": [0]}.items()
    }
    assert (progress.rows, progress.files) == (84, 8)


def test_after_each_span_it_is_remembered_how_far_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = journal(tmp_path)
    for number in range(20):
        offer(made, M1, ["AUSDT", "BUSDT"], number)
    offer(made, H1, ["AUSDT", "BUSDT"], 0)
    root, folder = tmp_path / "archive", tmp_path / "journal"
    monkeypatch.setattr(archive_logs, "_AT_ONCE", 4)
    monkeypatch.setattr(archive_logs, "_SPAN", 12)
    offsets: list[int] = []

    def remembered(where: Path, places: dict[str, Place]) -> None:
        write_places(where, places)
        offsets.append(places["1m"].offset)
        if len(offsets) == 2:
            raise OSError("the disk is full")

    monkeypatch.setattr(archive_logs, "write_places", remembered)
    with pytest.raises(OSError, match="the disk is full"):
        archive_candles(folder, root, "bybit")
    assert archived(root) == {(name, "2026-11-01"): [*range(12)] for name in ("AUSDT", "BUSDT")}
    monkeypatch.setattr(archive_logs, "write_places", write_places)

    assert archive_candles(folder, root, "bybit").rows == 18
    assert offsets == sorted(set(offsets))
    assert archived(root)["AUSDT", "2026-11-01"] == [*range(20)]
    assert archived(root)["BUSDT", "2026"] == [0]


def test_without_the_place_everything_is_taken_again_and_nothing_is_there_twice(tmp_path: Path) -> None:
    made = journal(tmp_path)
    for number in range(5):
        offer(made, M1, ["AUSDT"], number)
    root, folder = tmp_path / "archive", tmp_path / "journal"
    archive_candles(folder, root, "bybit")
    (folder / "archived.json").write_text("garbage")

    assert archive_candles(folder, root, "bybit").rows == 5
    assert archived(root) == {("AUSDT", "2026-11-01"): [0, 1, 2, 3, 4]}


def test_a_damaged_file_is_put_aside_told_of_and_begun_anew(tmp_path: Path) -> None:
    made = journal(tmp_path)
    offer(made, M1, ["AUSDT"], 0)
    root, folder = tmp_path / "archive", tmp_path / "journal"
    archive_candles(folder, root, "bybit")
    (part,) = parts(root)
    part.path.write_bytes(b"garbage")
    offer(made, M1, ["AUSDT"], 1)

    progress = archive_candles(folder, root, "bybit")

    assert archived(root) == {("AUSDT", "2026-11-01"): [1]}
    assert len(progress.problems) == 1
    assert "put aside" in progress.problems[0]
    assert part.path.with_name("candles.parquet.damaged").read_bytes() == b"garbage"


def test_pieces_go_on_at_the_place_and_end_before_what_is_not_whole(tmp_path: Path) -> None:
    made = journal(tmp_path, {"1m": 8})
    for number in range(6):
        offer(made, M1, ["AUSDT"], number)
    found = segments(tmp_path / "journal", "1m")
    with found[-1].open("ab") as file:
        file.write(b"half a block")

    ((rows, place),) = pieces(found, None, blocks)
    assert len(rows) == 6
    assert list(pieces(found, place, blocks)) == []
    assert place.segment == found[-1].name

    earlier = Place(segment=found[1].name, offset=0)
    assert sum(len(rows) for rows, _ in pieces(found, earlier, blocks)) == 4
    beyond = Place(segment=found[-1].name, offset=10**6)
    assert sum(len(rows) for rows, _ in pieces(found, beyond, blocks)) == 2
    nowhere = Place(segment=found[-1].name, offset=20)
    assert sum(len(rows) for rows, _ in pieces(found, nowhere, blocks)) == 2


def test_a_long_backlog_goes_in_bounded_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_logs, "_AT_ONCE", 10)
    made = journal(tmp_path)
    for number in range(35):
        offer(made, M1, ["AUSDT"], number)

    found = list(pieces(segments(tmp_path / "journal", "1m"), None, blocks))
    archive_candles(tmp_path / "journal", tmp_path / "archive", "bybit")

    assert [len(rows) for rows, _ in found] == [10, 10, 10, 5]
    assert archived(tmp_path / "archive") == {("AUSDT", "2026-11-01"): list(range(35))}


def test_trades_are_archived_by_day_each_once(tmp_path: Path) -> None:
    trades(tmp_path, [1, 2, 86_400])
    root, folder = tmp_path / "archive", tmp_path / "trades"

    assert archive_trades(folder, root, "bybit").rows == 3
    trades(tmp_path, [3])
    (folder / "archived.json").unlink()
    assert archive_trades(folder, root, "bybit").rows == 4

    found = {part.period: read_trades(part.path)["sequence"].tolist() for part in parts(root)}
    assert found == {"2026-11-01": [1, 2, 3], "2026-11-02": [86_400]}
    assert set(read_places(folder)) == {"trades"}


def test_a_full_file_of_trades_is_closed_and_another_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive_logs, "TRADES_A_FILE", 3)
    rows = np.zeros(8, TRADE_TYPE)
    rows["sequence"] = rows["trade_id"] = range(8)

    for upto in (2, 4, 4, 5, 8):
        add_trades(tmp_path, rows[max(0, upto - 4) : upto])

    found = [read_trades(path)["sequence"].tolist() for path in sorted(tmp_path.iterdir())]
    # The second file begins when the first has three or more; of what was offered twice, the last file knows.
    assert found[0] == [0, 1, 2, 3]
    assert found[1][-4:] == [4, 5, 6, 7]


def test_a_segment_that_was_dropped_meanwhile_is_passed_over(tmp_path: Path) -> None:
    made = journal(tmp_path)
    offer(made, M1, ["AUSDT"], 0)
    (kept,) = segments(tmp_path / "journal", "1m")
    gone = kept.with_name("1m-0000000000000000001.journal")

    for place in (None, Place(segment=gone.name, offset=100)):
        found = list(pieces([gone, kept], place, blocks))
        assert [(len(rows), behind.segment) for rows, behind in found] == [(1, kept.name)]
