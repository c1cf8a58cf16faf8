from pathlib import Path

import pytest

from tidemark.backtest.runs.request import LARGEST_SOURCE, code_of
from tidemark.errors import SettingsError


def test_the_file_is_kept_as_it_was_run(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    path.write_text("x = 1\n", encoding="utf-8")

    code = code_of(f"{path}:Name")

    assert (code.file, code.text) == (str(path), "x = 1\n")
    assert code.sha256 == code_of(str(path)).sha256
    path.write_text("x = 2\n", encoding="utf-8")
    assert code.sha256 != code_of(str(path)).sha256


def test_what_is_no_text_is_told(tmp_path: Path) -> None:
    path = tmp_path / "mine.py"
    with pytest.raises(SettingsError, match=r"mine\.py cannot be read: No such file"):
        code_of(str(path))
    path.write_bytes(b"x = '\xff'\n")
    with pytest.raises(SettingsError, match="no text in UTF-8: byte 5"):
        code_of(str(path))
    path.write_bytes(b"#" * (LARGEST_SOURCE + 1))
    with pytest.raises(SettingsError, match="1,048,577 bytes; at most 1,048,576"):
        code_of(str(path))
