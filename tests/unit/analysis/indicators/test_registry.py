from tidemark.analysis.indicators.registry import find, names


def test_every_file_of_an_indicator_is_found_and_nothing_else() -> None:
    assert {"rsi", "macd", "adx"} <= set(names())
    assert not {"base", "bank", "registry"} & set(names())
    assert find("rsi").GIVES == ("rsi",)
