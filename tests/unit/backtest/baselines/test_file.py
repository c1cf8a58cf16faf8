import doctest
import shutil
from pathlib import Path

import msgspec
import pytest

from tidemark.backtest.baselines import file
from tidemark.backtest.baselines.file import Baselines, baseline_of, figures_in, read, request_from, write
from tidemark.backtest.runs.candles import Candles
from tidemark.backtest.runs.comparison import result_in
from tidemark.backtest.runs.request import DataUsed
from tidemark.errors import SettingsError, StoreError
from tidemark.store.backtest_rows import Run, State


def test_its_examples_are_true() -> None:
    assert doctest.testmod(file).failed == 0


def test_a_baseline_has_the_hashes_and_the_figures_of_its_run(done: Run, folder: Path) -> None:
    made = baseline_of(done, folder / "baselines.json", {"sharpe": "0.05"})
    result = result_in(done)

    assert made.trips == result.digest
    assert made.data == msgspec.json.decode(done.data, type=DataUsed).digest
    assert made.figures["trips"].value == result.trips > 20
    assert made.figures["total_return"].value == result.curve.total_return.value
    # Two days are too few for a ratio of a year.
    assert made.figures["sharpe"].value is None


@pytest.mark.parametrize("place", ["baselines.json", "tests/golden/baselines.json", "../baselines.json"])
def test_paths_lead_from_the_file_and_the_folder_may_be_moved(
    done: Run, folder: Path, tmp_path: Path, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = folder / place
    made = baseline_of(done, where, {})
    write(where, Baselines(baselines={"cross": made}))

    assert not Path(made.request.strategy).is_absolute()
    assert not Path(made.request.data).is_absolute()
    shutil.copytree(tmp_path, tmp_path.with_name("elsewhere") / tmp_path.name)
    shutil.rmtree(folder)
    monkeypatch.chdir("/")
    moved = tmp_path.with_name("elsewhere") / tmp_path.name / "team" / place
    asked = request_from(read(moved).baselines["cross"], moved)
    assert Candles.open(asked).used.digest == made.data
    assert Path(asked.strategy).is_file()


def test_what_lies_in_no_file_is_asked_for_as_it_is(done: Run, folder: Path) -> None:
    where = folder / "baselines.json"
    made = baseline_of(done, where, {})
    far = msgspec.structs.replace(made.request, strategy="rules", data="s3://place/candles")
    asked = request_from(msgspec.structs.replace(made, request=far), where)

    assert (asked.strategy, asked.data) == ("rules", "s3://place/candles")


def test_what_was_written_is_read_again_and_the_same_text_each_time(done: Run, folder: Path) -> None:
    where = folder / "baselines.json"
    told = Baselines(baselines={"b": baseline_of(done, where, {}), "a": baseline_of(done, where, {})})
    write(where, told)
    first = where.read_text()
    write(where, read(where))

    assert read(where) == told
    assert where.read_text() == first
    assert first.endswith("}\n")
    assert first.index('"a"') < first.index('"b"')


def test_all_figures_have_names_of_their_own(done: Run) -> None:
    found = figures_in(result_in(done))

    assert found["trips"] == result_in(done).trips
    assert {"sharpe", "win_rate", "mean_mae_r"} < found.keys()
    assert len(found) > 40


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "begin it with: tidemark backtest baseline set RUN"),
        ("{", "is no file of baselines"),
        ('{"version": 2}', "is of version 2, and this Tidemark reads version 1"),
        ('{"baselines": {"a": {"code": 1}}}', "is no file of baselines"),
        ('{"basslines": {}}', "is no file of baselines"),
        ("[" * 100_000, "is no file of baselines"),
    ],
)
def test_what_is_no_file_of_baselines_is_told(tmp_path: Path, text: str | None, said: str) -> None:
    if text is not None:
        (tmp_path / "baselines.json").write_text(text)

    with pytest.raises(SettingsError, match=said):
        read(tmp_path / "baselines.json")


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        read(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot be written: .*; name another with --file"):
        write(tmp_path / "file" / "baselines.json", Baselines())


def test_a_run_that_could_not_be_done_again_is_no_baseline(done: Run, folder: Path) -> None:
    cancelled = msgspec.structs.replace(done, state=State.CANCELLED)
    failed = msgspec.structs.replace(done, state=State.FAILED, result=None, error="it raised")
    with pytest.raises(SettingsError, match="is cancelled; a baseline has to be"):
        baseline_of(cancelled, folder / "b.json", {})
    with pytest.raises(StoreError, match="has no result: it raised"):
        baseline_of(failed, folder / "b.json", {})
    (folder / "cross.py").write_text("# other\n")
    with pytest.raises(SettingsError, match=r"cross.py has changed since cross; run it again"):
        baseline_of(done, folder / "b.json", {})
