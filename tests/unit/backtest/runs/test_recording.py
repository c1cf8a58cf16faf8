"""A recording as the data of runs: of rules, and of strategies over the minutes that it makes."""

from pathlib import Path

import pytest
from tests.build import MIDNIGHT
from tests.recorded_rules import ASKED, MARKETS, MINUTES, lived

from tidemark.backtest.data.stream import joined
from tidemark.backtest.runs.recording import Recording, is_recording
from tidemark.backtest.runs.request import Request
from tidemark.errors import CaptureError, SettingsError
from tidemark.units import MINUTE


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("service") / "recording"
    lived(folder)
    return folder


def test_it_says_what_it_holds(recording: Path) -> None:
    source = Recording.open(Request(strategy="rules", parameters=ASKED, data=str(recording)))

    used = source.used
    assert (used.markets, used.timeframe, used.candles) == (MARKETS, "1m", 2 * (MINUTES - 1))
    assert (used.begin, used.end) == (MIDNIGHT, MIDNIGHT + (MINUTES - 2) * MINUTE)
    assert len(used.digest) == 64
    assert [one.tick_size for one in source.instruments()] == [0.1, 0.1]
    assert source.columns() is None
    assert is_recording(recording)
    assert not is_recording(recording.parent)


def test_its_minutes_come_in_time_order_however_many_at_once(recording: Path) -> None:
    source = Recording.open(Request(strategy="x.py", data=str(recording), markets=MARKETS[:1]))

    few, many = list(source.bars(3)), list(source.bars(1000))

    assert [len(one) for one in few] == [3, 3, 3, 2]
    (whole,) = many
    assert whole.open_time.tolist() == [MIDNIGHT + at * MINUTE for at in range(MINUTES - 1)]
    assert joined(few).close.tolist() == whole.close.tolist()
    assert (whole.volume > 0.0).all()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"begin": 5}, "leave out --from"), ({"timeframe": "5m"}, "leave out"),
        ({"markets": ("XUSDT",)}, "has no XUSDT; it has BTC"),
    ],
)  # fmt: skip
def test_what_a_recording_cannot_be_asked_for_is_refused(recording: Path, asked: dict[str, object], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        Recording.open(Request(strategy="rules", data=str(recording), **asked))  # type: ignore[arg-type]


def test_a_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gz").write_bytes(b"nothing")

    assert is_recording(tmp_path / "x.gz")
    with pytest.raises(CaptureError):
        Recording.open(Request(strategy="rules", data=str(tmp_path / "x.gz")))
