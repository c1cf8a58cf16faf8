"""Which models hold, by settings."""

import pytest
from tests.brokers import instrument

from tidemark.backtest.broker import models
from tidemark.backtest.broker.base import KINDS
from tidemark.backtest.broker.models import Models
from tidemark.errors import SettingsError
from tidemark.units import HOUR, MINUTE


def test_costs_are_on_where_nothing_is_said() -> None:
    numbers = Models().numbers(instrument(), MINUTE)

    assert (numbers["taker"], numbers["maker"], numbers["slip_fixed"]) == pytest.approx((0.00055, 0.0002, 0.0001))
    assert (numbers["funding_rate"], numbers["funding_interval"]) == (0.0001, 8 * HOUR)
    assert (numbers["margin"], numbers["leverage"], numbers["tick_div"]) == (1.0, 1.0, 10.0)


def test_null_models_cost_nothing_and_bound_nothing() -> None:
    numbers = Models.null().numbers(instrument(), MINUTE)
    bounds = {"leverage": 1.0, "slip_power": 1.0, "slip_is_clamped": 1.0, "tick_mul": 1.0, "lot_mul": 1.0}

    assert {name: number for name, number in numbers.items() if number} == bounds


def test_settings_choose_and_change_models() -> None:
    made = Models.load({"slippage.use": "spread", "slippage.spread.bps": "4", "fees.venue.tier": "2"})

    assert (made.name("slippage"), made.parameters("slippage").bps, made.parameters("fees").tier) == ("spread", 4.0, 2)
    assert made.said()["slippage.spread.bps"] == "4.0"
    assert {key.split(".")[0] for key in made.said()} == set(KINDS)
    assert made.model("slippage").TITLE == "Half the spread"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"slippage.use": "magic"}, "slippage.use"),
        ({"slippage.fixed.bps": "-1"}, "slippage.fixed.bps"),
        ({"slippage.fixed.bpz": "1"}, "slippage.fixed.bps"),
        ({"margin.isolated.leverage": "500"}, "at most 125"),
        ({"slippage.spread.bps": "4"}, "set slippage.use=spread"),
    ],
    ids=str,
)
def test_a_setting_that_is_wrong_or_means_nothing_is_refused(given: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Models.load(given)


def test_every_setting_says_what_it_means() -> None:
    rows = {row.key: row for row in models.schema()}

    assert all(row.help for row in rows.values())
    assert rows["fees.use"].default == "venue"
    assert rows["margin.cross.leverage"].type == "a number, at least 0.1, at most 125.0"
