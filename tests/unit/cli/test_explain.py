"""`tidemark explain` and `tidemark score` as a user runs them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.unit.backtest.test_survey import frame

Tidemark = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Seventy-five minutes of a price that goes up and down, a trade each minute, heard a tenth of a second later."""
    path = tmp_path_factory.mktemp("recording") / "recording.gz"
    with gzip.open(path, "wb") as file:
        for number in range(1, 75):
            price = 61800 + 10 * (number % 7) - 3 * (number % 11)
            record = frame(60_000 * number, f"{price:.1f}", "0.5", recv=60 * number + 0.1)
            file.write(b"%d %s\n" % (record.ts_recv, record.payload))
    return path


def test_a_recording_is_explained_and_its_points_add_up(tidemark: Tidemark, recording: Path) -> None:
    code, output, error = tidemark(
        "explain", "BTCUSDT", "--capture", str(recording), "--json", "--set", "analysis.weights.order_flow=0",
        "--set", "analysis.weights.order_book=0", "--set", "analysis.weights.sentiment=0",
    )  # fmt: skip

    assert (code, error) == (0, "")
    told = json.loads(output)
    points = [factor["points"] for component in told["components"] for factor in component["factors"]]
    assert points
    assert told["score"] == pytest.approx(50.0 + sum(points), abs=1e-9)
    assert told["symbol"] == "BTCUSDT"


def test_people_get_gauges_and_sentences(tidemark: Tidemark, recording: Path) -> None:
    code, output, _ = tidemark("explain", "BTCUSDT", "--capture", str(recording), COLUMNS="100")

    assert code == 0
    assert output.startswith("BTCUSDT ")
    assert "RSI(14)" in output
    assert "times what is usual here" in output
    assert "turns at RSI(14) at 50" in output
    assert "│" in output
    assert max(map(len, output.splitlines())) <= 100


def test_then_is_another_answer_than_at_the_end(tidemark: Tidemark, recording: Path) -> None:
    _, early, _ = tidemark("explain", "BTCUSDT", "--capture", str(recording), "--json", "--at", "60m")
    _, late, _ = tidemark("explain", "BTCUSDT", "--capture", str(recording), "--json")
    _, again, _ = tidemark("explain", "BTCUSDT", "--capture", str(recording), "--json", "--at", "60m")

    assert early == again
    assert json.loads(early)["at"] < json.loads(late)["at"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--at", "10m"), "--at is only for a recording"),
        (("--capture", "RECORDING", "--at", "soon"), "--at 'soon' is not understood"),
        (("--capture", "RECORDING", "--set", "analysis.enabled=false"), "analysis.enabled is false"),
    ],
)
def test_what_cannot_be_answered_says_why_in_one_line(
    tidemark: Tidemark, recording: Path, arguments: tuple[str, ...], words: str
) -> None:
    named = [str(recording) if one == "RECORDING" else one for one in arguments]
    code, output, error = tidemark("explain", "BTCUSDT", *named)

    assert (code, output) == (2, "")
    assert words in error
    assert error.count("\n") == 1


def test_another_market_than_those_of_the_recording_is_named(tidemark: Tidemark, recording: Path) -> None:
    code, _, error = tidemark("explain", "ETHUSDT", "--capture", str(recording))

    assert code == 2
    assert "holds nothing of ETHUSDT; it has BTCUSDT" in error


@pytest.mark.parametrize("arguments", [("score",), ("explain", "BTCUSDT")])
def test_where_nothing_runs_it_says_where_it_looked_and_what_to_do(
    tidemark: Tidemark, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    code, output, error = tidemark(*arguments, "--set", f"store.folder={tmp_path}")

    assert (code, output) == (2, "")
    assert error.startswith(f"tidemark: no process answers at {tmp_path}/bybit/control.sock")
