from pathlib import Path

import pytest

from tidemark.errors import SettingsError
from tidemark.settings.settings import Settings, load, schema


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
    assert len(rows) > 250
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
