import json
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.build import MIDNIGHT

from tidemark.cli.run import _demo_arguments

Tidemark = Callable[..., tuple[int, str, str]]
FLAGS: dict[str, str | None] = {"venue.name": None, "memory.budget": None}


def test_the_demonstration_speaks_as_the_venue_that_was_asked_for() -> None:
    arguments, flags = _demo_arguments(FLAGS | {"venue.name": "binance"}, None, 30, 500.0, "2")

    assert arguments == ["--venue", "binance", "--symbols", "30", "--rate", "500.0", "--speed", "2"]
    assert flags["venue.name"] == "binance"


def test_a_recording_decides_which_venue_and_which_of_its_trades(tmp_path: Path) -> None:
    path = tmp_path / "x.txt"
    path.write_bytes(b'%d {"stream":"btcusdt@trade","data":{"e":"trade"}}\n' % MIDNIGHT)

    arguments, flags = _demo_arguments(FLAGS, path, 30, 500.0, "max")

    assert arguments == ["--capture", str(path), "--speed", "max"]
    assert (flags["venue.name"], flags["venue.trade_stream"]) == ("binance", "trade")
    assert FLAGS == {"venue.name": None, "memory.budget": None}


@pytest.mark.parametrize("as_json", [True, False])
def test_a_run_ends_after_its_time_with_one_line(tidemark: Tidemark, as_json: bool) -> None:
    code, output, _ = tidemark(
        "run", "--demo", "--symbols", "3", "--rate", "100", "--for", "1s", *(["--json"] if as_json else ["--no-tui"])
    )

    assert code == 0
    assert output.count("\n") == 1
    if as_json:
        assert json.loads(output)["markets"] >= 3
    else:
        assert output.startswith("bybit, ")
