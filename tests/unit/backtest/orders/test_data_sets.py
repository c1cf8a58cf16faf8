import time
from pathlib import Path

import pytest
from tests.backtests_served import BEGAN_MS, fill
from tests.served_jobs import job
from tests.unit.backtest.data.test_dataset import archived

from tidemark.backtest.data.dataset import datasets
from tidemark.backtest.orders import data_sets as module
from tidemark.backtest.orders.data_sets import LATE, data_choices
from tidemark.backtest.orders.patience import Deadline
from tidemark.model.timeframe import Timeframe
from tidemark.store.backtest_job import DataChoice, TimeframeChoice


def test_what_a_data_set_holds_is_told(tmp_path: Path) -> None:
    fill(tmp_path, candles=10)
    (told,) = data_choices(job(tmp_path), Deadline(10.0))

    made = TimeframeChoice(
        timeframe="1m", markets=2, sample=("BTCUSDT", "ETHUSDT"), begin_ms=BEGAN_MS, end_ms=BEGAN_MS + 9 * 60_000,
        candles=20,
    )  # fmt: skip
    assert told == DataChoice(name="made", timeframes=(made,))


def test_one_without_candles_says_why(tmp_path: Path) -> None:
    (tmp_path / "candles" / "empty").mkdir(parents=True)
    (told,) = data_choices(job(tmp_path), Deadline(10.0))

    assert told.error is not None
    assert told.error.startswith("empty holds no candles")


def test_of_an_archive_the_first_and_the_last_file_are_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "archive"
    for day in range(4):
        for name in ("BTCUSDT", "ETHUSDT", "SOLUSDT"):
            archived(root, name, Timeframe.M1, 30, day)
    archived(root, "BTCUSDT", Timeframe.H1, 24)
    opened: list[Path] = []

    def counted(path: Path) -> object:
        opened.append(path)
        return datasets(path)

    monkeypatch.setattr(module, "datasets", counted)
    (told,) = data_choices(job(tmp_path), Deadline(10.0))

    minutes, hours = told.timeframes
    assert (minutes.timeframe, minutes.markets, minutes.candles) == ("1m", 3, None)
    assert (hours.timeframe, hours.markets, hours.sample) == ("1h", 1, ("BTCUSDT",))
    assert minutes.end_ms - minutes.begin_ms == (3 * 24 * 60 + 29) * 60_000
    assert len(opened) == 4


def test_what_there_is_no_time_for_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(tmp_path, candles=10)
    (tmp_path / "candles" / "other").mkdir()
    monkeypatch.setattr(module, "datasets", lambda _: time.sleep(10))

    told = list(data_choices(job(tmp_path), Deadline(0.1)))

    assert told == [DataChoice(name="made", error=LATE), DataChoice(name="other", error=LATE)]
