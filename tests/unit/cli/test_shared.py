import json
from pathlib import Path

import msgspec
import pytest

from tidemark.api.serving import listen
from tidemark.cli.shared import print_json, server_of, settings
from tidemark.errors import AddressError, SettingsError
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


def test_another_port_will_do_only_where_nobody_set_one() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        set_by_somebody = settings(None, [f"api.port={port}"], {})
        strict = server_of(set_by_somebody, any_port=True)
        assert strict is not None
        with pytest.raises(AddressError, match=f"port {port}: Address already in use"):
            strict.take_port(set_by_somebody.settings)
        loaded = settings(None, None, {})
        api = msgspec.structs.replace(loaded.settings.api, port=port)
        by_default = msgspec.structs.replace(loaded, settings=msgspec.structs.replace(loaded.settings, api=api))

        server = server_of(by_default, any_port=True)

        assert server is not None
        with server.take_port(by_default.settings) as another:
            assert another.getsockname()[1] != port


def test_where_nothing_is_to_be_served_nothing_serves() -> None:
    assert server_of(settings(None, ["api.enabled=false"], {})) is None
