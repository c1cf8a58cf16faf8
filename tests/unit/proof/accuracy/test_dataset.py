"""A truth on disk: what is read is what was made, in little memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from tests.wyckoff_truth import Silent

from tidemark.analysis.wyckoff.reading import Bars
from tidemark.errors import CaptureError, StoreError
from tidemark.proof.accuracy import dataset
from tidemark.proof.accuracy.labels import write_json
from tidemark.proof.accuracy.tally import Cases
from tidemark.proof.accuracy.tester import evaluate, planted, try_series
from tidemark.sim.schematics.label import Label
from tidemark.sim.schematics.parameters import TUNE

BARS, SERIES_BARS = 24_000, 10_000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("truth")
    written = dataset.write(place, planted(TUNE, BARS, 3, SERIES_BARS, 4096), lambda _: None)
    assert (written.bars, written.series) == (BARS, 3)
    assert written.events > 500
    assert written.ranges > 40
    return place


def both(folder: Path) -> tuple[Path, Path]:
    return folder / dataset.CANDLES, folder / dataset.LABELS


def test_what_is_read_is_what_was_made(folder: Path) -> None:
    made = list(planted(TUNE, BARS, 3, SERIES_BARS, 4096))
    count = 0
    for series, original in zip(dataset.read(*both(folder)), made, strict=True):
        assert (series.symbol, series.timeframe) == (original.symbol, original.timeframe)
        parts, wanted = list(series.blocks), list(original.blocks)
        for name in Bars.__struct_fields__:
            told = np.concatenate([getattr(one.bars, name) for one in parts])
            assert (told == np.concatenate([getattr(one.bars, name) for one in wanted])).all()
        labels = [label for one in parts for label in one.labels]
        assert labels == [label for one in wanted for label in one.labels]
        assert all(one.begin <= label.at < one.begin + len(one.bars.time) for one in parts for label in one.labels)
        count += len(labels)

    assert count > 700
    assert dataset.bars_in(folder / dataset.CANDLES) == BARS


def test_a_file_is_judged_like_the_market_it_came_from(folder: Path) -> None:
    made = evaluate(lambda _: Silent(), TUNE, BARS, 3, series_bars=SERIES_BARS, negative_bars=0).outcome

    told = try_series(lambda _: Silent(), dataset.read(*both(folder)), "labels.parquet", Cases()).outcome

    assert told.events == made.events
    assert told.phases_known == made.phases_known
    assert told.schematics == made.schematics
    assert (told.dataset, told.seed) == ("labels.parquet", None)


def test_the_candles_can_be_read_by_whoever_reads_candles(folder: Path) -> None:
    from tidemark.backtest.candle_files import markets

    first = next(planted(TUNE, BARS, 3, SERIES_BARS, 4096))
    found = {one.symbol: one for one in markets(folder, first.timeframe)}

    assert len(found[first.symbol].time) == SERIES_BARS


def test_a_long_truth_is_in_parts_and_none_is_left_of_an_older_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dataset, "PART_ROWS", 9000)
    dataset.write(tmp_path, planted(TUNE, BARS, 3, SERIES_BARS, 4096), lambda _: None)
    parts = dataset.parts_of(tmp_path / dataset.CANDLES)
    one = try_series(lambda _: Silent(), dataset.read(*both(folder)), "x", Cases()).outcome

    told = try_series(lambda _: Silent(), dataset.read(*both(tmp_path)), "x", Cases()).outcome

    assert [part.name for part in parts] == ["candles.parquet", "candles-0001.parquet", "candles-0002.parquet"]
    assert dataset.bars_in(tmp_path / dataset.CANDLES) == BARS
    assert told == one
    dataset.write(tmp_path, planted(TUNE, 2000, 3, SERIES_BARS, 4096), lambda _: None)
    assert dataset.bars_in(tmp_path / dataset.CANDLES) == 2000


def candles(
    file: Path, symbols: list[str], times: list[int], timeframe: str = "1h", unit: str = "ms", drop: str = ""
) -> Path:
    count = len(times)
    columns = {
        "symbol": symbols, "timeframe": [timeframe] * count,
        "ts": pa.array([time * 3_600_000 for time in times], pa.timestamp(unit)),
        **{name: [100.0] * count for name in dataset.FIGURES},
    }  # fmt: skip
    parquet.write_table(pa.table({name: value for name, value in columns.items() if name != drop}), file)
    return file


def by_hand(file: Path, hour: int, symbol: str = "A") -> Path:
    label = Label(
        symbol=symbol, timeframe="1h", event="SPRING", direction=1, at=-1, time=hour * 3_600_000_000_000, level=99.0,
        phase="C", range_id=1, template="", ice=0.0, creek=0.0,
    )  # fmt: skip
    write_json(file, [label])
    return file


def test_labels_by_hand_lie_on_their_bars(tmp_path: Path) -> None:
    some = candles(tmp_path / "c.parquet", ["A"] * 3 + ["B"] * 2, [10, 11, 13, 10, 11])

    series = [(one.symbol, list(one.blocks)) for one in dataset.read(some, by_hand(tmp_path / "l.json", 13))]

    assert [symbol for symbol, _ in series] == ["A", "B"]
    assert [label.at for label in series[0][1][0].labels] == [2]
    assert not series[1][1][0].labels


@pytest.mark.parametrize(
    ("hour", "symbol", "words"),
    [
        (12, "A", r"l.json row 1: time 43200000000000 is no bar of A 1h"),
        (99, "A", r"l.json row 1: time .* is behind the last bar of A"),
        (10, "C", r"l.json row 1: .* has no candles of C 1h"),
    ],
)
def test_a_label_without_a_bar_is_refused(tmp_path: Path, hour: int, symbol: str, words: str) -> None:
    some = candles(tmp_path / "c.parquet", ["A"] * 3, [10, 11, 13])

    labels = by_hand(tmp_path / "l.json", hour, symbol)

    with pytest.raises(CaptureError, match=words):
        try_series(lambda _: Silent(), dataset.read(some, labels), "x", Cases())


def test_candles_that_are_none_are_refused(tmp_path: Path) -> None:
    labels = by_hand(tmp_path / "l.json", 10)
    (tmp_path / "c.parquet").write_text("no candle")
    with pytest.raises(CaptureError, match="is no Parquet file of candles"):
        list(dataset.read(tmp_path / "c.parquet", labels))
    with pytest.raises(CaptureError, match="has no column volume"):
        list(dataset.read(candles(tmp_path / "c.parquet", ["A"], [10], drop="volume"), labels))
    with pytest.raises(CaptureError, match="has no column symbol"):
        list(dataset.read(candles(tmp_path / "c.parquet", ["A"], [10], drop="symbol"), labels))
    with pytest.raises(CaptureError, match="timeframe '7m', which is none"):
        list(dataset.read(candles(tmp_path / "c.parquet", ["A"], [10], timeframe="7m"), labels))


def test_a_folder_that_cannot_be_made_says_which(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match="name another folder"):
        dataset.write(tmp_path / "file" / "x", iter(()), lambda _: None)


PROGRAM = """
import sys
from pathlib import Path
from tidemark.cli.main import run
sys.argv = ["tidemark", "wyckoff", "accuracy", "--json", "--dataset", sys.argv[1] + "/labels.parquet"]
try:
    run()
finally:
    # Not getrusage: it would tell the peak of the process that started this one.
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(peak.split()[1], file=sys.stderr)
"""


def test_a_file_of_any_length_is_read_in_less_than_a_hundred_megabytes(tmp_path: Path) -> None:
    dataset.write(tmp_path, planted(TUNE, 300_000, 1, 20_000, 8192), lambda _: None)

    # What measures which lines are run would be measured as well.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("COV")}
    command = [sys.executable, "-c", PROGRAM, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=kept)

    assert json.loads(done.stdout)["bars"] == 300_000
    assert int(done.stderr) * 1024 < 100_000_000
