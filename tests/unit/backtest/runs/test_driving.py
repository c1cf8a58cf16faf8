from pathlib import Path

import msgspec
import pytest
from tests.backtests import QUICK, Kept, Made, candles, file_of, walk

from tidemark.backtest.runs.driving import account_of, digest_now, driver_of, must_fit, named, taken, ticks_of
from tidemark.backtest.runs.request import DataUsed, Request
from tidemark.errors import SettingsError
from tidemark.memory.ledger import Ledger
from tidemark.model.instrument import Instrument

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


def test_rules_are_driven_as_strategies_are() -> None:
    made = Made({"A": walk(230), "B": walk(230, 2, 1)})
    request = Request(strategy="rules:confluence", data="made", parameters=QUICK, models={"fees.use": "none"})
    kept = Kept()

    must_fit(request, made)
    account, driver = driver_of(request, made, kept)
    minutes = sum(len(bars) for bars in taken(driver, made))
    driver.end()

    assert minutes == 460
    assert kept.all
    assert {one.tag for one in kept.all} == {"confluence"}
    assert account.kernel.cash == pytest.approx(kept.worth[-1][1])
    assert [one.rule for one in driver.told()] == ["confluence"]


def test_a_request_has_a_name_parameters_and_code(tmp_path: Path) -> None:
    strategy = Request(strategy=file_of(tmp_path / "holds.py", HOLDS), data="made")
    rules = Request(strategy="rules:spring_long", data="made", parameters={"spring_long.depth": "0.2"})

    assert named(strategy).strategy == "Holds"
    assert named(strategy).code.sha256 == digest_now(strategy)
    assert named(rules).strategy == "rules:spring_long"
    assert named(rules).parameters["spring_long.depth"] == "0.2"
    assert named(rules).code.sha256 == digest_now(rules)
    assert "a spring" in named(rules).code.text


def test_rules_over_candles_that_are_too_long_are_refused_before_anything_is_read() -> None:
    class Days(Made):
        @property
        def used(self) -> DataUsed:
            return msgspec.structs.replace(super().used, timeframe="1d")

    with pytest.raises(SettingsError, match="those of 1d are too long"):
        must_fit(Request(strategy="rules", data="made"), Days({"A": walk(3)}))


def test_prices_count_in_the_steps_that_are_told_and_in_those_that_candles_show_elsewhere() -> None:
    class Partly(Made):
        def instruments(self) -> list[Instrument]:
            told = super().instruments()
            return [told[0], msgspec.structs.replace(told[1], tick_size=0.0)]

    markets = {"A": candles([100.25, 100.5]), "B": candles([7.0, 7.125], market=1)}

    assert ticks_of(Made(markets)).tolist() == [0.1, 0.1]
    assert ticks_of(Partly(markets)).tolist() == pytest.approx([0.1, 0.001])
