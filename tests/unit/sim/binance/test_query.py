import pytest

from tidemark.sim.binance.query import RequestError, bounded, number


def test_a_number_is_read() -> None:
    assert number({"startTime": "7"}, "startTime") == 7
    assert number({}, "startTime") is None


@pytest.mark.parametrize("text", ["soon", "-5", "²", "7" * 5000])
def test_anything_else_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(RequestError, match="'startTime'") as caught:
        number({"startTime": text}, "startTime")
    assert caught.value.code == -1102


@pytest.mark.parametrize("limit", ["0", "501"])
def test_a_limit_is_bounded(limit: str) -> None:
    assert bounded({}, 30, 500) == 30
    assert bounded({"limit": "500"}, 30, 500) == 500
    with pytest.raises(RequestError) as caught:
        bounded({"limit": limit}, 30, 500)
    assert caught.value.code == -1130
