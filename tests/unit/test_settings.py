from pathlib import Path

import pytest

from tidemark.errors import SettingsError
from tidemark.settings import Candles, Settings, Universe, load, schema


def test_the_defaults_are_those_of_the_design() -> None:
    settings = load(None, {}, {}).settings
    assert settings.memory.budget == 384 * 1024 * 1024
    assert settings.memory.maintenance_every == 600.0
    assert settings.venue.name == "bybit"
    assert settings.candles.grace == 2.0
    assert settings.tape.trades_per_symbol == 1000
    assert settings.connection.reconnect_ceiling == 30.0
    kept = {name: settings.candles.retention.rows(name) for name in settings.candles.timeframes}
    assert kept == {"10s": 360, "1m": 1440, "5m": 864, "15m": 672, "30m": 672, "1h": 720, "4h": 360, "1d": 365}


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


def test_the_transient_share_is_smaller_than_the_budget() -> None:
    with pytest.raises(SettingsError, match=r"memory.transient is 64.0 MB and memory.budget 64.0 MB"):
        load(None, {}, {"memory.budget": "64MB", "memory.transient": "64MB"})


@pytest.mark.parametrize("key", ["candles.timeframes", "memory.sacrifice"])
def test_a_timeframe_is_named_once(key: str) -> None:
    with pytest.raises(SettingsError, match=f"{key} names 1h more than once"):
        load(None, {}, {key: "1h,4h,1h"})


def test_a_channel_is_named_once() -> None:
    with pytest.raises(SettingsError, match=r"venue.channels names trades more than once"):
        load(None, {}, {"venue.channels": "trades,trades"})


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("candles.timeframes", "1m,7m"),
        ("candles.timeframes", ""),
        ("venue.channels", "trades,nosuch"),
        ("venue.name", "By bit"),
        ("venue.rest_url", "ftp://x"),
        ("venue.stream_url", "https://x"),
        ("venue.trade_stream", "aggtrade"),
        ("log.level", "loud"),
    ],
)
def test_what_is_not_known_is_refused(key: str, text: str) -> None:
    with pytest.raises(SettingsError, match=f"{key} = "):
        load(None, {}, {key: text})


def test_a_market_is_not_included_and_excluded() -> None:
    with pytest.raises(SettingsError, match="both name BTCUSDT"):
        Universe(include=("BTCUSDT", "X"), exclude=("BTCUSDT",))


def test_the_usual_file_is_read_where_it_exists(tmp_path: Path) -> None:
    usual = tmp_path / ".config" / "tidemark" / "tidemark.toml"
    usual.parent.mkdir(parents=True)
    usual.write_text('[venue]\nname = "binance"\n')
    assert load(None, {"HOME": str(tmp_path)}, {}).settings.venue.name == "binance"
    assert load(None, {"HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}, {}).settings.venue.name == "bybit"


def test_the_folder_follows_the_environment_unless_it_is_written() -> None:
    assert load(None, {"HOME": "/h"}, {}).settings.store.path == Path("/h/.local/share/tidemark")
    assert load(None, {"HOME": "/h", "XDG_DATA_HOME": "/d"}, {}).settings.store.path == Path("/d/tidemark")
    written = load(None, {"HOME": "/h", "XDG_DATA_HOME": "/d"}, {"store.folder": "~/mine"})
    assert written.settings.store.path == Path("/h/mine")
    assert written.source_of("store.folder") == "flag store.folder"


def test_every_setting_says_what_it_is_for() -> None:
    rows = schema()
    assert len(rows) == 118
    assert all(row.help and row.type and row.default for row in rows)


def test_no_two_settings_share_a_variable() -> None:
    names = [row.key.replace(".", "_") for row in schema()]
    assert len(set(names)) == len(names)


def test_every_default_can_be_written_back() -> None:
    for row in schema():
        if row.default != "(empty)":
            assert load(None, {}, {row.key: row.default}).settings == Settings(), row.key


def test_what_holds_is_listed_with_who_set_it() -> None:
    rows = {row.key: row for row in load(None, {"TIDEMARK_MEMORY_BUDGET": "1GB"}, {}).effective()}
    assert (rows["memory.budget"].value, rows["memory.budget"].source) == (
        "1GB",
        "environment TIDEMARK_MEMORY_BUDGET",
    )
    assert rows["memory.transient"].source == "default"


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


def test_the_address_of_a_database_is_shown_to_nobody() -> None:
    loaded = load(None, {}, {"store.database": "postgresql+psycopg://me:word@host/db"})

    (row,) = [row for row in loaded.effective() if row.key == "store.database"]

    assert loaded.settings.store.database is not None
    assert loaded.settings.store.database.reveal().endswith("me:word@host/db")
    assert (row.value, "word" in repr(loaded.settings)) == ("********", False)
    assert load(None, {}, {"store.database": "none"}).settings.store.database is None
    with pytest.raises(SettingsError, match=r"store\.database"):
        load(None, {}, {"store.database": ""})
