"""Files of labels: read back as they were written, and refused by row and value."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest
from pyarrow import parquet

from tidemark.errors import CaptureError, StoreError
from tidemark.proof.accuracy.labels import BATCH_ROWS, SCHEMA, LabelWriter, read, write_json
from tidemark.sim.schematics.label import PHASE, Label
from tidemark.sim.schematics.market import Market, blocks
from tidemark.sim.schematics.parameters import TUNE

HOUR = 3_600_000_000_000
ROW: dict[str, Any] = {
    "symbol": "BTCUSDT", "timeframe": "1h", "event": "SC", "time": 100 * HOUR, "level": 25.5, "phase": "A",
    "range_id": 1, "source": "by hand", "reviewer": "M", "note": "high volume",
}  # fmt: skip


def made() -> list[Label]:
    market = next(blocks(Market(TUNE, 1).pieces(), 20_000, 20_000))
    return [msgspec.structs.replace(label, at=-1) for label in market.labels]


def json_file(folder: Path, *rows: dict[str, Any]) -> Path:
    file = folder / "labels.json"
    file.write_text(json.dumps(rows))
    return file


def test_parquet_gives_back_what_was_written(tmp_path: Path) -> None:
    labels = made()
    with LabelWriter(tmp_path / "labels.parquet") as writer:
        for begin in range(0, len(labels), 100):
            writer.add(labels[begin : begin + 100])

    assert len(labels) > 500
    assert list(read(tmp_path / "labels.parquet")) == labels
    assert parquet.read_schema(tmp_path / "labels.parquet") == SCHEMA


def test_json_gives_back_what_was_written(tmp_path: Path) -> None:
    labels = made()[:50]
    write_json(tmp_path / "labels.json", labels)

    assert list(read(tmp_path / "labels.json")) == labels


def test_a_name_tells_kind_and_direction_and_time_may_be_text(tmp_path: Path) -> None:
    file = json_file(
        tmp_path, ROW, {**ROW, "event": "AR", "direction": 1, "time": "1970-01-06T08:00:00Z"},
        {**ROW, "event": "UTAD", "time": 200 * HOUR}, {**ROW, "event": "PHASE", "phase": "D", "time": 201 * HOUR},
    )  # fmt: skip

    labels = list(read(file))

    assert [(one.event, one.direction, one.time // HOUR) for one in labels] == [
        ("CLIMAX", 1, 100), ("REACTION", 1, 128), ("SPRING", -1, 200), (PHASE, 0, 201),
    ]  # fmt: skip
    assert (labels[0].source, labels[0].reviewer, labels[0].note) == ("by hand", "M", "high volume")


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"event": "SCC"}, r"row 2: event 'SCC' is unknown; there are PRELIMINARY"),
        ({"event": "AR"}, r"row 2: direction 0 of event 'AR'"),
        ({"event": "SC", "direction": -1}, r"row 2: direction -1 does not go with event 'SC'"),
        ({"event": "CLIMAX", "direction": 2}, r"row 2: direction 2 of event 'CLIMAX'"),
        ({"timeframe": "7m"}, r"row 2: timeframe '7m' is unknown"),
        ({"symbol": ""}, r"row 2: symbol '' is empty"),
        ({"time": -5}, r"row 2: time -5 is before 1970"),
        ({"time": "soon"}, r"row 2 is no label: .*soon"),
        ({"time": 50 * HOUR}, r"row 2: time 180000000000000 is before that of the row above"),
        ({"phase": "F"}, r"row 2: phase 'F' is none of A"),
        ({"event": "PHASE", "phase": ""}, r"row 2: phase '' is none of A"),
        ({"level": -1.0}, r"row 2: level -1.0 is no price"),
        ({"level": "high"}, r"row 2 is no label: .*level.*'high'"),
        ({"template": "HEAD_AND_SHOULDERS"}, r"row 2: template 'HEAD_AND_SHOULDERS' is unknown"),
        ({"time": None}, r"row 2 is no label: .*time"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_bad_row_is_refused_by_number_and_value(tmp_path: Path, wrong: dict[str, Any], words: str) -> None:
    file = json_file(tmp_path, ROW, {**ROW, **wrong})

    with pytest.raises(CaptureError, match=words) as told:
        list(read(file))

    assert "\n" not in str(told.value)


def test_a_row_without_a_symbol_is_refused(tmp_path: Path) -> None:
    file = json_file(tmp_path, {name: value for name, value in ROW.items() if name != "symbol"})

    with pytest.raises(CaptureError, match=r"row 1 is no label: .*symbol"):
        list(read(file))


def test_rows_of_a_series_stand_together(tmp_path: Path) -> None:
    file = json_file(tmp_path, ROW, {**ROW, "symbol": "ETHUSDT"}, ROW)

    with pytest.raises(CaptureError, match="row 3: BTCUSDT 1h comes again"):
        list(read(file))


def test_a_bad_row_of_parquet_is_counted_over_batches(tmp_path: Path) -> None:
    count = BATCH_ROWS + 10
    columns = {name: [value] * count for name, value in ROW.items() if name != "time"}
    columns["event"][BATCH_ROWS + 3] = "XX"
    times = pa.array([100 * HOUR] * count, pa.timestamp("ns"))
    parquet.write_table(pa.table({**columns, "time": times}), tmp_path / "labels.parquet")

    with pytest.raises(CaptureError, match=f"row {BATCH_ROWS + 4}: event 'XX'"):
        list(read(tmp_path / "labels.parquet"))


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    for name in ("labels.json", "labels.parquet"):
        (tmp_path / name).write_text("not a label")
        with pytest.raises(CaptureError, match=f"{name} is no"):
            list(read(tmp_path / name))
        with pytest.raises(CaptureError):
            list(read(tmp_path / f"nosuch-{name}"))
    parquet.write_table(pa.table({"event": ["SC"]}), tmp_path / "labels.parquet")
    with pytest.raises(CaptureError, match="has no column `time` of timestamps"):
        list(read(tmp_path / "labels.parquet"))


def test_where_nothing_can_be_written_that_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="cannot be written"):
        LabelWriter(tmp_path / "nosuch" / "labels.parquet")
    with pytest.raises(StoreError, match="cannot be written"):
        write_json(tmp_path / "nosuch" / "labels.json", [])
