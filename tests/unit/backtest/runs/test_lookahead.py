from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.backtests import QUICK, Made, account, walk
from tests.recorded_rules import lived
from tests.unit.backtest.test_driver import AtOnce, Cross

from tidemark.backtest.bars import Array
from tidemark.backtest.broker.account import Account
from tidemark.backtest.driver import Driver
from tidemark.backtest.runs.lookahead import check, cuts_of, examined, forgetting
from tidemark.backtest.runs.recording import Recording
from tidemark.backtest.runs.request import Request
from tidemark.backtest.strategies.base import Context, Strategy, Stretch
from tidemark.backtest.strategies.loading import Loaded, parameters
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger

SOURCE = Made({"BTCUSDT": walk(2000)})
CUTS = cuts_of(SOURCE.used.begin, SOURCE.used.end, 4, seed=1)


def checked(kind: type[Strategy], chunk: int = 500) -> tuple[int, tuple[Any, ...]]:
    def make(sink: Any) -> tuple[Account, Driver]:
        made = account("BTCUSDT")
        return made, Driver(Loaded(kind, parameters(kind, {})), ["BTCUSDT"], made, sink, ledger=Ledger())

    return check(make, lambda: SOURCE.bars(chunk), CUTS, lambda _: None)


class SeesTheMean(AtOnce):
    """Holds against the mean of all candles of the stretch, of which most come later."""

    def signals(self, stretch: Stretch) -> Array:
        return np.where(stretch.close > stretch.close.mean(), 1, -1)


class SeesTheEnd(Cross):
    """Knows the last candle of all from elsewhere."""

    def on_candle(self, ctx: Context) -> None:
        last = walk(2000).close[-1] if ctx.candles > 1900 else 100.0
        ctx.target(1.0 if last > ctx.close else -1.0)


@pytest.mark.parametrize("kind", [Cross, AtOnce])
@pytest.mark.parametrize("chunk", [1, 500, 5000])
def test_a_strategy_that_knows_only_the_past_passes(kind: type[Strategy], chunk: int) -> None:
    compared, changes = checked(kind, chunk)

    assert compared > 100
    assert changes == ()


def test_a_strategy_that_is_measured_by_what_comes_later_is_found() -> None:
    _, changes = checked(SeesTheMean)

    assert {one.cut for one in changes} <= set(CUTS)
    assert changes[0].what.startswith(("round trip", "positions", "orders", "sizes", "account"))
    assert changes[0].whole != changes[0].truncated


def test_what_is_known_from_elsewhere_than_the_candles_cannot_be_found() -> None:
    assert checked(SeesTheEnd)[1] == ()


def test_what_an_indicator_remembers_fades() -> None:
    found = forgetting({"mean": "sma(20)", "slow": "ema(20)"}, lambda: SOURCE.bars(300), 0)

    by_name = {one.name: one for one in found}
    assert by_name["mean"].candles == (20, 40, 100, 200)
    assert max(apart or 0.0 for apart in by_name["mean"].apart) < 1e-12
    faded = [apart for apart in by_name["slow"].apart if apart is not None]
    assert faded[0] > faded[1] > faded[2] > faded[3]
    assert faded[3] < 1e-8


def test_where_there_are_too_few_candles_nothing_is_said() -> None:
    found = forgetting({"slow": "ema(900)"}, lambda: SOURCE.bars(300), 0)

    assert found[0].apart[0] is not None
    assert found[0].apart[2:] == (None, None)


def test_cuts_are_drawn_the_same_every_time() -> None:
    assert cuts_of(0, 1000, 5, seed=3) == cuts_of(0, 1000, 5, seed=3)
    assert all(100 <= one < 1000 for one in cuts_of(0, 1000, 50, seed=4))


def test_rules_know_only_the_past() -> None:
    made = Made({"A": walk(320)})
    taken: list[int] = []

    told = examined(
        Request(strategy="rules:confluence", data="made", parameters=QUICK), made, cuts=1, seed=5, each=taken.append
    )

    assert told.passed
    assert told.compared > 0
    assert told.forgetting == ()
    assert taken


def test_a_recording_is_not_cut(tmp_path: Path) -> None:
    lived(tmp_path / "recording", minutes=2)
    request = Request(strategy="rules", data=str(tmp_path / "recording"))

    with pytest.raises(SettingsError, match="a recording is not cut"):
        examined(request, Recording.open(request), cuts=1, seed=1, each=lambda _: None)
