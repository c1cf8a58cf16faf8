import pytest

from tidemark.engine.sizing import Choice, engine_size, has_signals, kept_timeframes, structure_size, weights
from tidemark.errors import SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.settings.settings import Settings, load


def settings(**given: str) -> Settings:
    return load(None, {}, {name.replace("__", "."): text for name, text in given.items()}).settings


def test_timeframes_stand_from_short_to_long_and_fit_each_other() -> None:
    assert kept_timeframes(settings(candles__timeframes="1h,1m,5m")) == (Timeframe.M1, Timeframe.M5, Timeframe.H1)
    with pytest.raises(SettingsError, match=r"candles\.grace is 21s; with 10s candles it is at most 20s"):
        kept_timeframes(settings(candles__timeframes="10s", candles__grace="21s"))


def test_the_engine_is_as_large_as_the_choice_says() -> None:
    size = engine_size(
        settings(candles__retention__5m="77", tape__trades_per_symbol="9"),
        Choice(timeframes=(Timeframe.M1, Timeframe.M5), series=3),
        is_numbered=True,
    )

    assert (size.series, size.tape_rows, size.is_numbered, size.book_depth) == (3, 9, True, 0)
    assert dict(size.retention) == {Timeframe.M1: 1440, Timeframe.M5: 77}
    assert size.signals is not None
    assert size.signals.series == 3


def test_what_is_not_scored_is_neither_signalled_nor_read() -> None:
    chosen = settings(analysis__enabled="false")
    size = engine_size(chosen, Choice(timeframes=(Timeframe.M1,), series=1), is_numbered=True)

    assert (size.weights, size.signals, size.structure, has_signals(chosen)) == (None, None, None, False)


def test_structure_and_weights_are_those_of_the_settings() -> None:
    chosen = settings(wyckoff__timeframes="5m,1h", wyckoff__signals="5m", analysis__weights__volume="0.5")
    structure = structure_size(chosen)

    assert structure is not None
    assert (structure.timeframes, structure.signals) == ((Timeframe.M5, Timeframe.H1), Timeframe.M5)
    assert weights(chosen).components["volume"] == 0.5
