from pathlib import Path

import msgspec
from tests.backtests_served import fill
from tests.served_jobs import carried_out, job

from tidemark.backtest.broker.base import DEFAULTS, KINDS
from tidemark.backtest.rules.asked import trading_rules
from tidemark.store.backtest_job import LINE_BYTES, Listed, ParameterChoice

MANY = """
from tidemark.backtest.strategies.base import Strategy

class {name}(Strategy):
    {fields}
    def on_candle(self, ctx): ...
"""


def listed(store: Path) -> Listed:
    code, said, words = carried_out(job(store))
    assert (code, words, len(said)) == (0, "", 1)
    assert isinstance(said[0], Listed)
    return said[0]


def test_each_strategy_is_told_whatever_the_others_do(tmp_path: Path) -> None:
    fill(tmp_path, candles=10)
    (tmp_path / "strategies" / "two.py").write_text(
        MANY.format(name="One", fields="n: int = 3") + MANY.format(name="Two", fields="pass")
    )
    told = {one.name: one for one in listed(tmp_path).strategies}

    assert told["mean_cross.py"].text == "Long while the fast mean is above the slow one, short while it is below."
    assert told["mean_cross.py"].parameters[2] == ParameterChoice(
        name="stop", kind="number", default="0.0", minimum=0.0, maximum=0.5
    )
    assert told["two.py:One"].parameters == (ParameterChoice(name="n", kind="integer", default="3"),)
    assert told["two.py:Two"].error is None
    assert told["hangs.py"].error == "it takes more than 2 s to be loaded"
    assert told["dies.py"].error == "it ended the process that loaded it"
    assert told["wrong.py"].error == "wrong.py, line 1: invalid syntax"
    # What it says of itself is nothing of the class that all are made of.
    assert told["two.py:One"].text == ""


def test_the_models_of_the_broker_and_the_candles_are_told_as_well(tmp_path: Path) -> None:
    fill(tmp_path, candles=10)
    for path in (tmp_path / "strategies").glob("*.py"):
        path.unlink()
    told = listed(tmp_path)

    assert [one.name for one in told.strategies] == [f"rules:{name}" for name in trading_rules()]
    assert all(one.text and len(one.parameters) > 4 for one in told.strategies)
    assert [one.name for one in told.data] == ["made"]
    assert {one.kind: one.default for one in told.models} == DEFAULTS
    assert {one.kind for one in told.models} == set(KINDS)
    assert all(model.text for one in told.models for model in one.models)
    assert told.note is None


def test_there_is_room_for_what_is_told_however_much_there_is(tmp_path: Path) -> None:
    folder = tmp_path / "strategies"
    folder.mkdir()
    fields = "\n    ".join(f"a_parameter_with_a_long_name_{number}: int = {number}" for number in range(300))
    for number in range(12):
        (folder / f"many{number:02}.py").write_text(MANY.format(name="Many", fields=fields))
    told = listed(tmp_path)

    assert len(msgspec.json.encode(told)) <= LINE_BYTES
    assert told.note == f"the first {len(told.strategies)} strategies are listed"
    assert 0 < len(told.strategies) < 12 + len(trading_rules())
