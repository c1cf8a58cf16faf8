from pathlib import Path

import numpy as np
from tests.archives import journal, offer
from tests.build import MIDNIGHT

from tidemark.model.timeframe import Timeframe
from tidemark.store.compact import compact, newest_of_each
from tidemark.store.journal import ROW_TYPE, base, blocks, files, segments, symbols
from tidemark.store.position import Place
from tidemark.units import MINUTE

M1 = Timeframe.M1


def kept(folder: Path) -> dict[str, dict[int, int]]:
    """Symbol to candle number to close, as a restart reads them."""
    names = symbols(folder)
    found: dict[str, dict[int, int]] = {}
    for path in files(folder, "1m"):
        for rows in blocks(path):
            for row in rows:
                number = (int(row["open_time"]) - MIDNIGHT) // MINUTE
                found.setdefault(names[row["symbol"]], {})[number] = int(row["close"])
    return found


def test_of_one_candle_the_last_row_counts_and_of_one_symbol_the_newest() -> None:
    rows = np.zeros(6, ROW_TYPE)
    rows["symbol"] = [1, 0, 1, 1, 0, 1]
    rows["open_time"] = [30, 10, 20, 10, 10, 30]
    rows["close"] = range(6)

    assert newest_of_each(rows, 2)["close"].tolist() == [4, 2, 5]
    assert newest_of_each(rows, 9)["close"].tolist() == [4, 3, 2, 5]
    assert len(newest_of_each(rows[:0], 2)) == 0


def test_merging_loses_nothing_that_is_wanted_and_removes_what_it_merged(tmp_path: Path) -> None:
    made = journal(tmp_path, {"1m": 200})
    for number in range(150):
        offer(made, M1, ["A", "B"], number, close=number)
    offer(made, M1, ["A"], 3, close=-5)
    folder = tmp_path / "journal"
    before = kept(folder)
    assert len(segments(folder, "1m")) == 6

    assert compact(folder, "1m", each=1000, total=4000) == 5

    assert kept(folder) == before
    assert before["A"][3] == -5
    assert len(segments(folder, "1m")) == 1
    assert base(folder, "1m") is not None
    assert compact(folder, "1m", each=1000, total=4000) == 0


def test_the_past_of_a_market_stays_while_its_segments_go(tmp_path: Path) -> None:
    made = journal(tmp_path, {"1m": 400})
    folder = tmp_path / "journal"
    for number in range(100):
        offer(made, M1, ["A"], number)
    for number in range(100, 400):
        offer(made, M1, ["A", "B", "C"], number)
        compact(folder, "1m", each=350, total=1200)

    # 350 of the newest, and what the open segment has beside them.
    assert set(range(50, 400)) <= set(kept(folder)["A"])
    assert set(kept(folder)["B"]) == set(range(100, 400))


def test_markets_that_ended_first_go_first_when_there_are_too_many(tmp_path: Path) -> None:
    made = journal(tmp_path, {"1m": 40})
    for number in range(60):
        offer(made, M1, ["OLD"] if number < 20 else ["A", "B"], number)

    compact(tmp_path / "journal", "1m", each=10, total=20)

    assert set(kept(tmp_path / "journal")) == {"A", "B"}


def test_what_the_archive_has_not_read_stays(tmp_path: Path) -> None:
    made = journal(tmp_path, {"1m": 40})
    for number in range(45):
        offer(made, M1, ["A"], number)
    folder = tmp_path / "journal"
    first, second, *_ = segments(folder, "1m")
    places = {"1m": Place(segment=second.name, offset=0)}

    compact(folder, "1m", each=100, total=400, places=places)

    assert not first.exists()
    assert second.exists()
    compact(folder, "1m", each=100, total=400, places={})
    assert second.exists()
    compact(folder, "1m", each=100, total=400)
    assert len(segments(folder, "1m")) == 1
    assert set(kept(folder)["A"]) == set(range(45))


def test_a_journal_that_is_not_there_is_nothing_to_merge(tmp_path: Path) -> None:
    assert compact(tmp_path / "nosuch", "1m", each=1, total=1) == 0
