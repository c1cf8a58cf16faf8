import msgspec
import pytest

from tidemark.api.routes.base import Answer, Symbol


@pytest.mark.parametrize("symbol", ["BTCUSDT", "1000PEPEUSDT", "币安人生USDT", "BTC-29AUG25"])
def test_a_market_may_have_any_name_that_an_exchange_gives(symbol: str) -> None:
    assert msgspec.convert(symbol, Symbol) == symbol


@pytest.mark.parametrize("symbol", ["", "a/b", "a b", "a\\b", "a?b", "a#b", "a%b", "x" * 41, "a\nb"])
def test_what_is_no_name_is_refused(symbol: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(symbol, Symbol)


def test_the_moment_comes_first_whatever_an_answer_adds() -> None:
    class Told(Answer, frozen=True, kw_only=True):
        a: int

    assert msgspec.json.encode(Told(a=1, as_of_ms=2)) == b'{"as_of_ms":2,"a":1}'
