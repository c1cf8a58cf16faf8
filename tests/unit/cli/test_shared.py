import json
from pathlib import Path

import msgspec
import pytest

from tidemark.cli.shared import print_json, settings
from tidemark.errors import SettingsError
from tidemark.units import MIB


def test_later_sources_win(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.toml"
    file.write_text('[memory]\nbudget = "100MB"\ntransient = "10MB"\n[tape]\ntrades_per_symbol = 5\n')
    monkeypatch.setenv("TIDEMARK_MEMORY_TRANSIENT", "11MB")
    monkeypatch.setenv("TIDEMARK_TAPE_TRADES_PER_SYMBOL", "6")

    loaded = settings(file, ["tape.trades_per_symbol=7"], {"memory.budget": "200MB", "venue.name": None})

    assert loaded.settings.memory.budget == 200 * MIB
    assert loaded.settings.memory.transient == 11 * MIB
    assert loaded.settings.tape.trades_per_symbol == 7
    assert loaded.settings.venue.name == "bybit"


def test_a_value_may_hold_an_equals_sign() -> None:
    assert settings(None, ["store.folder=/a=b"], {}).settings.store.folder == "/a=b"


@pytest.mark.parametrize("pair", ["memory.budget", "=1", ""])
def test_what_is_no_pair_is_refused(pair: str) -> None:
    with pytest.raises(SettingsError, match="KEY=VALUE"):
        settings(None, [pair], {})


def test_json_is_one_object_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    class Thing(msgspec.Struct):
        name: str

    print_json(Thing("a\nb"))

    output = capsys.readouterr().out
    assert output.count("\n") == 1
    assert json.loads(output) == {"name": "a\nb"}
