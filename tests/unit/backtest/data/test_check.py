from pathlib import Path

import numpy as np
import pytest
from tests.unit.backtest.data.made import BEGIN, figures, table, times, write, written

from tidemark.backtest.data.check import QUIET, TOLD, Checked, checked
from tidemark.backtest.data.dataset import find
from tidemark.backtest.data.stream import stream
from tidemark.errors import DataError
from tidemark.units import MINUTE


def faults(found: Checked) -> dict[str, list[int]]:
    return {one.kind: [case.row for case in one.first] for one in found.faults}


def test_sound_candles_have_nothing_wrong(tmp_path: Path) -> None:
    found = checked(find(written(tmp_path / "a.parquet")), 0)

    assert found.is_sound
    assert (found.rows, found.first, found.last) == (2500, BEGIN, BEGIN + 2499 * MINUTE)
    assert (found.gaps.places, found.quiet.places) == (0, 0)


@pytest.mark.parametrize("group", [2, 1000])
def test_gaps_are_counted_with_the_candles_that_are_missing(tmp_path: Path, group: int) -> None:
    at = np.delete(times(20), [3, 4, 10])
    path = write(tmp_path / "a.parquet", table(at, figures(17)), group=group)

    gaps = checked(find(path), 0).gaps

    assert (gaps.places, gaps.candles) == (2, 3)
    assert [(case.row, case.time, case.count) for case in gaps.first] == [
        (4, BEGIN + 2 * MINUTE, 2), (9, BEGIN + 9 * MINUTE, 1),
    ]  # fmt: skip


def test_every_kind_of_bad_row_is_told_by_its_first_cases(tmp_path: Path) -> None:
    made, at = figures(40), times(40)
    made["close"][1], made["low"][3], made["volume"][5] = np.nan, 0.0, -1.0
    made["low"][7], made["open"][9] = made["high"][7] * 2, made["high"][9] * 2
    at[11] += 1_000_000
    at[13], at[15] = at[12], at[2]
    path = write(tmp_path / "a.parquet", table(at, made), group=8)

    found = checked(find(path), 0)

    assert not found.is_sound
    assert faults(found) == {
        "not finite": [2], "price not above 0": [4], "negative volume": [6], "high below low": [8],
        "open or close outside high and low": [10], "time between two candles": [12], "time twice": [14],
        "time out of order": [16],
    }  # fmt: skip


def test_only_the_first_cases_are_kept_and_all_are_counted(tmp_path: Path) -> None:
    made = figures(100)
    made["volume"][::2] = -1.0
    path = write(tmp_path / "a.parquet", table(times(100), made), group=10)

    (fault,) = checked(find(path), 0).faults

    assert (fault.places, len(fault.first)) == (50, TOLD)
    assert [case.row for case in fault.first] == [1, 3, 5, 7, 9]


@pytest.mark.parametrize("group", [7, 1000])
def test_stretches_without_volume_are_told_by_length(tmp_path: Path, group: int) -> None:
    made = figures(300)
    made["volume"][20 : 20 + QUIET] = 0.0
    made["volume"][100 : 100 + QUIET - 1] = 0.0
    made["volume"][230:] = 0.0
    path = write(tmp_path / "a.parquet", table(times(300), made), group=group)

    quiet = checked(find(path), 0).quiet

    assert [(case.row, case.count) for case in quiet.first] == [(21, QUIET), (231, 70)]
    assert quiet.candles == QUIET + 70


def test_what_is_sound_is_what_a_stream_takes(tmp_path: Path) -> None:
    made = figures(10)
    made["high"][4] = made["low"][4] / 2
    bad = find(write(tmp_path / "bad.parquet", table(times(10), made)))

    assert not checked(bad, 0).is_sound
    with pytest.raises(DataError):
        list(stream(bad, 0))


def test_a_market_of_bad_rows_alone_has_no_time(tmp_path: Path) -> None:
    made = figures(3)
    made["open"][:] = -1.0
    path = write(tmp_path / "a.parquet", table(times(3), made))

    found = checked(find(path), 0)

    assert (found.first, found.last, found.rows) == (None, None, 3)
