from tests.build import engine

from tidemark.analysis.analysis import Weights


def test_what_is_analysed_is_what_the_engine_has() -> None:
    made = engine(weights=Weights())
    assert made.analysis is not None
    markets = made.analysis.markets

    for name in markets.__struct_fields__:
        assert getattr(markets, name) is getattr(made, name), name
