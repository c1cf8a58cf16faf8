from pathlib import Path
from typing import Any

import pytest
from tests.backtests_served import BEGAN_MS, fill
from tests.served_jobs import asked, carried_out, job

from tidemark.store.backtest_job import Accepted, Asked, Checking, Refused, Said
from tidemark.units import MILLISECOND


def checked(store: Path, wanted: Asked) -> Said:
    code, said, words = carried_out(job(store, Checking(asked=wanted)))
    assert (code, words, len(said)) == (0, "", 1)
    return said[0]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("store")
    fill(made, candles=100)
    return made


def test_what_can_be_run_gets_an_id(store: Path) -> None:
    told = checked(store, asked(parameters={"fast": "10"}, models={"fees.use": "none"}, name="My run!"))

    assert isinstance(told, Accepted)
    assert told.run.startswith("My-run-")
    assert (told.name, told.strategy, told.data, told.candles) == ("My run!", "mean_cross.py", "made", 200)


def test_without_a_name_it_has_that_of_the_strategy(store: Path) -> None:
    told = checked(store, asked("slow.py:Slow", markets=("ETHUSDT",)))

    assert isinstance(told, Accepted)
    assert (told.name, told.candles) == ("slow", 100)


def test_rules_of_signals_can_be_run_as_well(store: Path) -> None:
    told = checked(store, asked("rules:confluence,whale_flow", parameters={"risk": "0.02", "confluence.enter": "70"}))
    wrong = checked(store, asked("rules:confluence", parameters={"confluence.nothing": "1"}))

    assert isinstance(told, Accepted), told
    assert told.strategy == "rules:confluence,whale_flow"
    assert isinstance(wrong, Refused)
    assert "confluence.nothing" in wrong.why


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"strategy": "rules:nothing"}, "'nothing' is no rule; those that trade are"),
        ({"strategy": "nothing.py"}, "there is no strategy 'nothing.py' in "),
        ({"strategy": "wrong.py"}, "wrong.py, line 1: invalid syntax"),
        ({"strategy": "dies.py"}, "it ended the process that loaded it"),
        ({"parameters": {"fast": "1"}}, "parameters of MeanCross: Expected `int` >= 2"),
        ({"parameters": {"quick": "1"}}, "MeanCross has no parameter 'quick'; its parameters: fast, slow, stop"),
        ({"models": {"fees.use": "wishes"}}, "fees.use = 'wishes'"),
        ({"models": {"wishes": "1"}}, "wishes"),
        ({"data": "nothing"}, "there is no data set 'nothing' in "),
        ({"data": "archive"}, "archive is not there"),
        ({"markets": ("BTC",)}, "made has no candles of 'BTC'; did you mean BTCUSDT?"),
        ({"timeframe": "5m"}, "made holds no candles of 5m"),
        ({"begin": (BEGAN_MS + 100 * 60_000) * MILLISECOND}, "made has no candles between the two dates"),
        ({"end": BEGAN_MS * MILLISECOND}, "made has no candles between the two dates"),
    ],
)
def test_what_is_wrong_is_told_in_one_line(store: Path, changed: dict[str, Any], why: str) -> None:
    told = checked(store, asked(**changed))

    assert isinstance(told, Refused)
    assert told.status == 422
    assert why in told.why
    assert "\n" not in told.why
