import json
from collections.abc import Callable
from pathlib import Path

Tidemark = Callable[..., tuple[int, str, str]]


def test_the_document_is_printed_or_written_the_same(tidemark: Tidemark, tmp_path: Path) -> None:
    code, printed, error = tidemark("openapi")
    assert (code, error) == (0, "")
    assert json.loads(printed)["info"]["title"] == "Tidemark"

    code, output, error = tidemark("openapi", "--output", str(tmp_path / "openapi.json"))

    assert (code, output, error) == (0, "", "")
    assert (tmp_path / "openapi.json").read_text() == printed
