from typing import Any

import msgspec
import pytest
from tests.sweeps import home

from tidemark.backtest.runs.request import Request
from tidemark.backtest.sweeps.asked import Settings, asked_of
from tidemark.backtest.sweeps.space import axes_of
from tidemark.backtest.sweeps.windows import Walk
from tidemark.cli.backtest_sweep_shown import has_a_map, in_json, show_sweep, show_sweeps
from tidemark.store.backtest_rows import State
from tidemark.store.sweep_rows import Sweep, Value


@pytest.fixture
def sweep(tmp_path_factory: pytest.TempPathFactory) -> Sweep:
    made = home(tmp_path_factory.mktemp("home"), 2)
    asked = asked_of(made.request(), axes_of(["fast=3,6"], []))
    used = made.source().used
    code = made.task(used).code
    settings = Settings(asked=asked, strategy="Cross", models={}, code=code)
    return Sweep(
        id="cross-sweep-1", name="cross", created_at=used.begin, state=State.INTERRUPTED, trials=2,
        settings=msgspec.json.encode(settings).decode(), data=msgspec.json.encode(used).decode(), error="killed",
    )  # fmt: skip


def test_a_sweep_that_is_not_over_says_how_far_it_is(sweep: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
    show_sweep(sweep, [], 1)
    show_sweeps([sweep], [1])

    told = capsys.readouterr().out
    assert "cross-sweep-1: interrupted: killed" in told
    assert "1 of 2 trials are done" in told
    assert "1 of 2 " in told


def test_a_grid_of_two_parameters_is_a_map(sweep: Sweep, capsys: pytest.CaptureFixture[str]) -> None:
    settings = msgspec.json.decode(sweep.settings, type=Settings)
    asked = asked_of(settings.asked.request, axes_of(["fast=3,6", "slow=12,24,36"], []), by="volatility")
    two = msgspec.structs.replace(
        sweep, settings=msgspec.json.encode(msgspec.structs.replace(settings, asked=asked)).decode()
    )
    worth = [Value(number, None if number == 5 else 0.1 * number) for number in range(1, 6)]

    show_sweep(two, [], 5, worth)

    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["volatility:", "fast,", "slow", "12", "24", "36"] in lines
    assert ["3", "10.00", "%", "20.00", "%", "30.00", "%"] in lines
    # One has no value, and one is not done.
    assert ["6", "40.00", "%", "-", "-"] in lines


@pytest.mark.parametrize(
    ("grid", "how", "expected"),
    [
        (["fast=3,6", "slow=12,24"], {}, True),
        (["fast=3,6"], {}, False),
        (["fast=3", "slow=12,24"], {}, False),
        (["fast=3,6", "slow=1:11:1"], {}, False),
        (["fast=3,6", "slow=12,24"], {"search": "random", "trials": 4}, False),
        (["fast=3,6", "slow=12,24"], {"walk": Walk(train=2, test=1)}, False),
    ],
)
def test_only_what_fits_on_a_screen_is_a_map(grid: list[str], how: dict[str, Any], expected: bool) -> None:
    asked = asked_of(Request(strategy="cross.py", data="candles"), axes_of(grid, []), **how)

    assert has_a_map(asked) is expected


def test_nothing_yet_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    show_sweeps([], [])

    assert "no sweeps yet; begin with: tidemark backtest sweep run" in capsys.readouterr().out


def test_texts_are_told_as_objects(sweep: Sweep) -> None:
    told = in_json(sweep)

    assert msgspec.json.decode(msgspec.json.encode(told))["settings"]["asked"]["by"] == "sharpe"
    assert told["summary"] is None
