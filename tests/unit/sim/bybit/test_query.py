import pytest

from tidemark.sim.bybit.query import ParameterError, number


def test_a_number_is_read_or_its_default_taken() -> None:
    assert number({"limit": "7"}, "limit", 50) == 7
    assert number({"start": "-1"}, "start", 0) == -1
    assert number({"limit": ""}, "limit", 50) == number({}, "limit", 50) == 50


@pytest.mark.parametrize("text", ["many", "--5", "²", "7" * 5000])
def test_anything_else_is_a_wrong_parameter(text: str) -> None:
    with pytest.raises(ParameterError, match="limit invalid"):
        number({"limit": text}, "limit", 50)
