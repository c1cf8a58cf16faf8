import pytest

from tidemark.backtest.strategies.template import class_name, written


@pytest.mark.parametrize(("name", "kind"), [("mean_cross", "MeanCross"), ("rsi2", "Rsi2"), ("a-b_c", "ABC")])
def test_a_file_name_becomes_a_class_name(name: str, kind: str) -> None:
    assert class_name(name) == kind
    assert f"class {kind}(Strategy):" in written(name)


def test_what_is_written_is_python() -> None:
    compile(written("mean_cross"), "mean_cross.py", "exec")
