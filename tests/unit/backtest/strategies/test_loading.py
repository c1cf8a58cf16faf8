from pathlib import Path
from typing import Annotated, Any, ClassVar

import pytest
from msgspec import Meta

from tidemark.backtest.strategies.base import Context, Strategy
from tidemark.backtest.strategies.loading import load, parameters
from tidemark.backtest.strategies.template import written
from tidemark.errors import SettingsError

HEAD = "from tidemark.backtest.strategies.base import Strategy\n"


class Cross(Strategy):
    COLOUR: ClassVar[str] = "red"
    HISTORY = 5
    _own: int = 3
    fast: Annotated[int, Meta(ge=2, le=500)] = 20
    share: float = 0.5
    both: bool = True

    def on_candle(self, ctx: Context) -> None:
        ctx.target(self.share)


@pytest.fixture
def file(tmp_path: Path) -> Any:
    def write(text: str) -> str:
        path = tmp_path / "mine.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_parameters_are_the_fields_that_have_a_type() -> None:
    assert parameters(Cross, {}) == {"fast": 20, "share": 0.5, "both": True}


def test_words_become_what_the_field_is() -> None:
    assert parameters(Cross, {"fast": "30", "share": "0.25", "both": "false"}) == {
        "fast": 30, "share": 0.25, "both": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"fas": "3"}, "no parameter 'fas'; its parameters: both, fast, share"),
        ({"fast": "1"}, "`int` >= 2"),
        ({"fast": "many"}, "$.fast"),
    ],
)
def test_a_wrong_parameter_is_told(given: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match="Cross") as error:
        parameters(Cross, given)

    assert said in str(error.value)


def test_the_template_is_a_strategy(file: Any) -> None:
    loaded = load(file(written("mean_cross")), {"fast": "10"})
    made: Any = loaded.make()

    assert loaded.kind.__name__ == "MeanCross"
    assert loaded.parameters == {"fast": 10, "slow": 100, "stop": 0.0}
    assert made.indicators() == {"fast": "sma(10)", "slow": "sma(100)"}


def test_one_of_several_is_chosen_by_name(file: Any) -> None:
    where = file(f"{HEAD}class A(Strategy): pass\nclass B(Strategy): pass\n")

    assert load(f"{where}:B").kind.__name__ == "B"
    with pytest.raises(SettingsError, match=r"has 2 strategies; choose one, like .*:A"):
        load(where)
    with pytest.raises(SettingsError, match="no strategy 'C'; it has A, B"):
        load(f"{where}:C")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("class A:\n    pass\n", "no class that is a Strategy"),
        ("def broken(:\n", "line 1: "),
        ("x = 1\ny = x / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("import nothing_of_that_name\n", "ModuleNotFoundError"),
        (f"{HEAD}class A(Strategy):\n    fast: int\n", "parameter 'fast' of A has no default"),
    ],
)
def test_a_file_that_is_none_is_told_by_its_line(file: Any, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as error:
        load(file(text))

    assert said in str(error.value)
    assert "mine.py" in str(error.value) or "parameter" in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no strategy at .*new-strategy"):
        load(str(tmp_path / "nothing.py"))


def test_a_strategy_that_decides_nothing_says_so() -> None:
    with pytest.raises(NotImplementedError, match="on_candle"):
        Strategy().on_candle(None)  # type: ignore[arg-type]
