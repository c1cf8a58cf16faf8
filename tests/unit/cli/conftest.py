"""The command line in this process: arguments in; exit code, output and error output back."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tidemark.cli.main import run

Told = tuple[int, str, str]


@pytest.fixture
def tidemark(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Told]:
    """`tidemark ARGUMENTS` in an empty home."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "120")
    for name in ("XDG_CONFIG_HOME", "XDG_DATA_HOME", "TIDEMARK_MEMORY_BUDGET"):
        monkeypatch.delenv(name, raising=False)

    def call(*arguments: str) -> Told:
        monkeypatch.setattr(sys, "argv", ["tidemark", *arguments])
        with pytest.raises(SystemExit) as ended:
            run()
        captured = capsys.readouterr()
        assert isinstance(ended.value.code, int)
        return ended.value.code, captured.out, captured.err

    return call
