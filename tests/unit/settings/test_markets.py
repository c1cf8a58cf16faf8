from pathlib import Path

import pytest

from tidemark.errors import SettingsError
from tidemark.settings.markets import Candles, Universe
from tidemark.settings.settings import load


def test_a_timeframe_that_is_not_there_has_no_retention() -> None:
    with pytest.raises(KeyError):
        Candles().retention.rows("2m")


def test_retention_is_set_by_the_name_of_the_timeframe(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text('[candles.retention]\n"1m" = 100\n')
    settings = load(file, {"TIDEMARK_CANDLES_RETENTION_4H": "50"}, {"candles.retention.1d": "7"}).settings
    assert [settings.candles.retention.rows(name) for name in ("1m", "4h", "1d")] == [100, 50, 7]


@pytest.mark.parametrize("rows", ["0", "-1", "100001"])
def test_no_retention_means_unlimited(rows: str) -> None:
    with pytest.raises(SettingsError, match="at least 1, at most 100000"):
        load(None, {}, {"candles.retention.1m": rows})


def test_no_number_of_markets_means_unlimited() -> None:
    with pytest.raises(SettingsError, match=r"universe.max_symbols = '0'"):
        load(None, {}, {"universe.max_symbols": "0"})
    assert load(None, {}, {}).settings.universe.max_symbols is None


def test_a_channel_is_named_once() -> None:
    with pytest.raises(SettingsError, match=r"venue.channels names trades more than once"):
        load(None, {}, {"venue.channels": "trades,trades"})


def test_a_market_is_not_included_and_excluded() -> None:
    with pytest.raises(SettingsError, match="both name BTCUSDT"):
        Universe(include=("BTCUSDT", "X"), exclude=("BTCUSDT",))


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"always": ("A",), "exclude": ("A",)}, "universe.always and universe.exclude both name A"),
        ({"always": ("A", "A")}, "universe.always names A more than once"),
        ({"always": ("A", "B"), "max_symbols": 1}, "universe.always names 2 markets and universe.max_symbols is 1"),
    ],
)
def test_a_universe_that_contradicts_itself_is_refused(given: dict[str, object], words: str) -> None:
    with pytest.raises(SettingsError, match=words):
        Universe(**given)  # type: ignore[arg-type]
