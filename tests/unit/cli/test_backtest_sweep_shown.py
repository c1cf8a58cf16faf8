import msgspec
import pytest
from tests.sweeps import home

from tidemark.backtest.sweeps.asked import Settings, asked_of
from tidemark.backtest.sweeps.space import axes_of
from tidemark.cli.backtest_sweep_shown import in_json, show_sweep, show_sweeps
from tidemark.store.backtest_rows import State
from tidemark.store.sweep_rows import Sweep


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


def test_nothing_yet_says_how_to_begin(capsys: pytest.CaptureFixture[str]) -> None:
    show_sweeps([], [])

    assert "no sweeps yet; begin with: tidemark backtest sweep run" in capsys.readouterr().out


def test_texts_are_told_as_objects(sweep: Sweep) -> None:
    told = in_json(sweep)

    assert msgspec.json.decode(msgspec.json.encode(told))["settings"]["asked"]["by"] == "sharpe"
    assert told["summary"] is None
