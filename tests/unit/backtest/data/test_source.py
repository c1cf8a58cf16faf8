from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.unit.backtest.data.made import BEGIN, figures, table, times, write, written

from tidemark.backtest.data.source import NoCandlesError, Source, Stretch
from tidemark.errors import DataError
from tidemark.units import DAY, MICROSECOND, MILLISECOND, MINUTE, SECOND


def test_row_groups_are_told_by_their_statistics(tmp_path: Path) -> None:
    with Source(written(tmp_path / "a.parquet"), {}) as source:
        found = list(source.stretches())

    assert [one.rows for one in found] == [1000, 1000, 500]
    assert found[1] == Stretch("BTCUSDT", None, 1000, BEGIN + 1000 * MINUTE, BEGIN + 1999 * MINUTE)


def test_names_are_read_where_statistics_do_not_say_them(tmp_path: Path) -> None:
    at, names = times(6), ["B", "A", "A", "B", "A", "A"]
    path = write(tmp_path / "a.parquet", table(at, figures(6), names))

    with Source(path, {}) as source:
        found = sorted(source.stretches())

    assert found == [
        Stretch("A", None, 4, int(at[1]), int(at[5])),
        Stretch("B", None, 2, int(at[0]), int(at[3])),
    ]


def test_a_file_without_statistics_is_counted(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(times(5), figures(5)), write_statistics=False)

    with Source(path, {}) as source:
        assert list(source.stretches()) == [Stretch("BTCUSDT", None, 5, BEGIN, BEGIN + 4 * MINUTE)]


@pytest.mark.parametrize(
    ("kind", "unit"),
    [
        (pa.timestamp("s"), SECOND), (pa.timestamp("ms"), MILLISECOND), (pa.timestamp("us", tz="UTC"), MICROSECOND),
        (pa.timestamp("ns"), 1), (pa.int64(), SECOND), (pa.int64(), MILLISECOND), (pa.int64(), MICROSECOND),
        (pa.int64(), 1),
    ],
)  # fmt: skip
def test_times_of_every_unit_are_the_same_in_rows_and_in_statistics(
    tmp_path: Path, kind: pa.DataType, unit: int
) -> None:
    at = times(3)
    rows = pa.table({"ts": pa.array(at // unit).cast(kind), **figures(3)})
    path = write(tmp_path / "a.parquet", rows)

    with Source(path, {}) as source:
        (found,) = source.read(0, 10, None, None)

        assert found.times.tolist() == at.tolist()
        assert source.span(0) == (at[0], at[2])


def test_days_are_times(tmp_path: Path) -> None:
    rows = pa.table({"date": pa.array(np.array([19723, 19724], np.int32)).cast(pa.date32()), **figures(2)})

    with Source(write(tmp_path / "a.parquet", rows), {}) as source:
        (found,) = source.read(0, 10, None, None)

        assert found.times.tolist() == [BEGIN, BEGIN + DAY]
        assert source.span(0) == (BEGIN, BEGIN + DAY)


def test_old_timestamps_have_no_statistics_and_are_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(times(3), figures(3)), use_deprecated_int96_timestamps=True)

    with Source(path, {}) as source:
        assert list(source.stretches()) == [Stretch("BTCUSDT", None, 3, BEGIN, BEGIN + 2 * MINUTE)]


def test_rows_say_where_they_stand(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(times(6), figures(6), ["B", "A", "A", "B", "A", "A"]), group=3)

    with Source(path, {}) as source:
        found = [rows.numbers.tolist() for group in (0, 1) for rows in source.read(group, 2, "A", None)]

    assert found == [[2], [3], [5], [6]]


def test_columns_are_found_by_usual_names_and_by_those_that_are_given(tmp_path: Path) -> None:
    named = pa.table({"Timestamp": times(3) // MILLISECOND, **{name.upper(): col for name, col in figures(3).items()}})
    given = pa.table({"t": times(3) // SECOND, **{name[0]: col for name, col in figures(3).items()}})
    columns = {"time": "t", "open": "o", "high": "h", "low": "l", "close": "c"}

    with Source(write(tmp_path / "a.parquet", named), {}) as source:
        assert source.layout.time == "Timestamp"
        assert source.layout.figures == ("OPEN", "HIGH", "LOW", "CLOSE", "VOLUME")
    with Source(write(tmp_path / "b.parquet", given), columns) as source:
        (found,) = source.read(0, 10, None, None)
        assert found.times.tolist() == times(3).tolist()
        assert found.figures["volume"].tolist() == [0.0, 0.0, 0.0]


def test_a_column_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", pa.table({"ts": times(2), "price": [1.0, 2.0]}))

    with pytest.raises(NoCandlesError, match=r"a\.parquet has no column for open, high, low, close: ts, price; say"):
        Source(path, {})
    with pytest.raises(NoCandlesError, match=r"a\.parquet has no column for open=o; it has ts, price$"):
        Source(path, {"open": "o"})


@pytest.mark.parametrize("name", ["ts", "close", "symbol"])
def test_a_column_of_the_wrong_type_is_named_with_it(tmp_path: Path, name: str) -> None:
    wrong = pa.array([1.5, 2.5]) if name in {"ts", "symbol"} else pa.array(["1", "2"])
    rows = table(times(2), figures(2))
    rows = rows.set_column(rows.column_names.index(name), name, wrong)

    with pytest.raises(DataError, match=rf"a\.parquet: column '{name}' holds (double|string), and has to hold"):
        Source(write(tmp_path / "a.parquet", rows), {})


def test_an_empty_time_is_refused_with_its_row(tmp_path: Path) -> None:
    rows = table(times(3), figures(3))
    rows = rows.set_column(0, "ts", pa.array([0, None, 60_000]).cast(pa.timestamp("ms")))

    with (
        Source(write(tmp_path / "a.parquet", rows), {}) as source,
        pytest.raises(DataError, match=r"a\.parquet row 2: column 'ts' is empty"),
    ):
        list(source.read(0, 10, None, None))


def test_what_is_cut_or_no_parquet_is_told_in_a_line(tmp_path: Path) -> None:
    whole = written(tmp_path / "a.parquet").read_bytes()
    cut, text = tmp_path / "cut.parquet", tmp_path / "text.parquet"
    cut.write_bytes(whole[: len(whole) // 2])
    text.write_text("ts,open\n1,2\n")

    for path in (cut, text):
        with pytest.raises(DataError, match=rf"{path.name} cannot be read as Parquet: .*; if it is of another kind"):
            Source(path, {})
    with pytest.raises(DataError, match=r"none\.parquet is not there"):
        Source(tmp_path / "none.parquet", {})


def test_damage_in_a_page_is_told(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet")
    group = parquet.read_metadata(path).row_group(0).column(4)
    data = bytearray(path.read_bytes())
    begin = group.dictionary_page_offset or group.data_page_offset
    data[begin : begin + 200] = b"\xff" * 200
    path.write_bytes(data)

    with Source(path, {}) as source, pytest.raises(DataError, match="cannot be read as Parquet"):
        list(source.read(0, 4096, None, None))
