from pathlib import Path

import pytest
from tests.alerting import message, sink

from tidemark.errors import SettingsError, SinkError, SinkRefusedError
from tidemark.model.notification import Severity


def program(folder: Path, name: str, body: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_the_program_of_the_machine_is_given_title_and_text_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path, "notify-send", f'printf "%s\\n" "$@" >{tmp_path}/said')
    monkeypatch.setenv("PATH", str(tmp_path))
    made = sink("desk desktop:", tmp_path)
    made.send(message(title="--$(touch x)", text="a; b", severity=Severity.CRITICAL))

    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["--app-name=Tidemark", "--urgency=critical", "--", "--$(touch x)", "a; b"]
    assert not made.is_idempotent


def test_the_program_of_macos_is_asked_where_there_is_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(tmp_path, "osascript", f'printf "%s\\n" "$3" "$4" >{tmp_path}/said')
    monkeypatch.setenv("PATH", str(tmp_path))
    sink("desk desktop:", tmp_path).send(message())

    assert (tmp_path / "said").read_text().splitlines() == [message().notification.title, message().notification.text]


def test_a_machine_without_a_desktop_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SinkRefusedError, match="no notify-send"):
        sink("desk desktop:", tmp_path).send(message())
    program(tmp_path, "notify-send", "echo no display >&2; exit 1")
    with pytest.raises(SinkError, match="did not show it: no display") as caught:
        sink("desk desktop:", tmp_path).send(message())
    assert caught.value.retry


def test_it_has_no_address(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="write desktop:"):
        sink("desk desktop://elsewhere", tmp_path)
