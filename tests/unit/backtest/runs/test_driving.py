from pathlib import Path

import pytest
from tests.backtests import Kept, Made, file_of, walk

from tidemark.backtest.runs.driving import account_of, driver_of
from tidemark.backtest.runs.request import Request
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger

HOLDS = """
class Holds(Strategy):
    def on_candle(self, ctx: Context) -> None:
        if ctx.candles == 1:
            ctx.target(0.5)
"""


def test_the_account_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    made = Made({"A": walk(100), "B": walk(100, 2, 1)})
    where = file_of(tmp_path / "holds.py", HOLDS)
    kept = Kept()

    account, driver = driver_of(Request(strategy=where, data="made", cash=500.0), made, kept)
    for bars in made.bars(30):
        driver.take(bars)
    driver.end()

    assert {one.symbol for one in kept.all} == {"A", "B"}
    assert account.kernel.cash == pytest.approx(500.0 + sum(one.profit for one in kept.all))
    assert account.kernel.fees > 0


def test_what_cannot_be_is_told() -> None:
    made = Made({"A": walk(10)})
    wrong = Request(strategy="nothing.py", data="made", models={"fees.use": "wrong"})

    with pytest.raises(SettingsError, match=r"fees\.use"):
        account_of(wrong, made, Ledger())
    with pytest.raises(SettingsError, match="no strategy at"):
        driver_of(Request(strategy="nothing.py", data="made"), made, Kept())
