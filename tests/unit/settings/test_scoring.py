import pytest

from tidemark.analysis.wyckoff.profile import DEFAULT
from tidemark.errors import SettingsError
from tidemark.model.timeframe import Timeframe
from tidemark.settings.scoring import TimeframeWeights
from tidemark.settings.settings import load


def test_every_timeframe_has_a_weight() -> None:
    assert list(TimeframeWeights().named()) == [timeframe.value for timeframe in Timeframe]


def test_a_weight_is_set_by_the_name_of_its_timeframe() -> None:
    settings = load(None, {}, {"analysis.timeframes.15m": "0.25", "analysis.regime.trend.volume": "2"}).settings

    assert settings.analysis.timeframes.named()["15m"] == 0.25
    assert settings.analysis.regime.trend.volume == 2.0


def test_structure_is_read_in_longer_candles_by_the_default_numbers() -> None:
    told = load(None, {}, {}).settings.wyckoff

    assert told.enabled
    assert told.profile == DEFAULT
    assert told.timeframes == ("5m", "1h", "4h", "1d")


def test_in_which_candles_structure_is_read_is_set() -> None:
    told = load(None, {}, {"wyckoff.timeframes": "1h,1d", "wyckoff.enabled": "false"}).settings.wyckoff

    assert (told.timeframes, told.enabled) == (("1h", "1d"), False)


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        ({"wyckoff.profile": "nosuch"}, "'nosuch' is none; there are"),
        ({"wyckoff.timeframes": "1h,1h"}, "wyckoff.timeframes"),
        ({"wyckoff.timeframes": "2h"}, "2h"),
    ],
)
def test_numbers_and_candles_that_there_are_not_are_refused(flags: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        load(None, {}, flags)


def test_signals_of_structure_are_those_of_a_timeframe_in_which_it_is_read() -> None:
    settings = load(None, {}, {"wyckoff.timeframes": "15m, 4h", "wyckoff.signals": "4h"}).settings

    assert settings.wyckoff.signals == "4h"
    with pytest.raises(SettingsError, match=r"wyckoff\.signals is 1h.*one of wyckoff\.timeframes: 15m, 4h"):
        load(None, {}, {"wyckoff.timeframes": "15m, 4h"})
