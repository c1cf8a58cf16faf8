"""The settings file: TOML, as far as the settings that hold, and what `tidemark config` prints of them."""

from pathlib import Path

from tests.fuzz.target import Take

from tidemark.errors import SettingsError
from tidemark.settings.settings import load, schema

REFUSALS: tuple[type[Exception], ...] = (SettingsError,)
_NESTED = b"""
[candles]
timeframes = ["1m", "5m"]
retention = { 1m = 700, "5m" = 300 }
[universe]
include = ["BTCUSDT", 'ETHUSDT']
max_symbols = 2
[venue]
stream_url = "wss://127.0.0.1:8080"
"""


def seeds() -> list[bytes]:
    """Every setting at its default, one section a file, and all of them in one."""
    lines: dict[str, list[str]] = {}
    for row in schema():
        section, _, name = row.key.rpartition(".")
        value = row.default if row.default.isdecimal() or row.default in {"true", "false"} else f'"{row.default}"'
        lines.setdefault(section, []).append(f'"{name}" = {value}')
    files = ["\n".join([f"[{section}]", *rows]) for section, rows in lines.items()]
    return [file.encode() for file in files] + ["\n".join(files).encode(), _NESTED]


def opened(folder: Path) -> Take:
    file = folder / "tidemark.toml"

    def take(data: bytes) -> bool:
        file.write_bytes(data)
        loaded = load(file, {}, {})
        assert len(loaded.effective()) == len(schema())
        return bool(loaded.sources)

    return take
