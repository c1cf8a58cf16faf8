from pathlib import Path

import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import load
from tidemark.units import MIB


def test_strategies_and_candles_lie_beside_the_rest() -> None:
    chosen = load(None, {}, {}).settings.backtests

    assert chosen.strategies_in(Path("/kept")) == Path("/kept/strategies")
    assert chosen.data_in(Path("/kept")) == Path("/kept/candles")
    assert (chosen.enabled, chosen.memory, chosen.queue) == (True, 512 * MIB, 8)


def test_they_may_lie_elsewhere() -> None:
    flags = {"backtests.strategies": "~/mine", "backtests.data": "/data"}
    chosen = load(None, {}, flags).settings.backtests

    assert chosen.strategies_in(Path("/kept")) == Path.home() / "mine"
    assert chosen.data_in(Path("/kept")) == Path("/data")


@pytest.mark.parametrize(("key", "value"), [("memory", "100MB"), ("queue", "0"), ("queue", "101"), ("strategies", "")])
def test_what_they_may_take_has_bounds(key: str, value: str) -> None:
    with pytest.raises(SettingsError, match=rf"backtests\.{key}"):
        load(None, {}, {f"backtests.{key}": value})
