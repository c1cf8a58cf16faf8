import os
import subprocess
import sys
from pathlib import Path

import pytest

from tidemark.backtest.reports.pdf_process import MISSING, NO_PANGO, TOLD, made_of

COMMAND = [sys.executable, "-m", "tidemark.backtest.reports.pdf_process", str(1 << 30)]


def told(page: str, folder: Path | None = None) -> tuple[int, bytes, str]:
    """The process over *page*, with what lies in *folder* in the place of libraries of that name."""
    paths = [] if folder is None else [str(folder)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([*paths, *filter(None, [os.environ.get("PYTHONPATH")])])}
    done = subprocess.run(COMMAND, input=page.encode(), capture_output=True, env=environment, check=False)
    return done.returncode, done.stdout, done.stderr.decode()


def test_a_page_becomes_a_pdf_and_no_word_is_said() -> None:
    code, made, said = told("<h1>Tidemark</h1><svg viewBox='0 0 9 9'><circle cx='4' cy='4' r='2'/></svg>")

    assert (code, said) == (0, "")
    assert made.startswith(b"%PDF-")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("raise ModuleNotFoundError(\"No module named 'weasyprint'\")", MISSING),
        ("raise OSError(\"cannot load library 'libpango-1.0-0': error 0x7e\")", NO_PANGO),
        ("raise OSError('the disk is odd')", "the disk is odd"),
        ("raise MemoryError", "no PDF was made: it takes more than the 1024 MB that it may; write .html"),
    ],
)
def test_what_is_missing_is_told_in_a_line_with_what_to_do(tmp_path: Path, text: str, said: str) -> None:
    """A folder beside stands for a machine on which it is not installed, or without what it needs."""
    (tmp_path / "weasyprint.py").write_text(text)

    assert told("<p>", tmp_path) == (TOLD, b"", f"{said}\n")


def test_nothing_is_fetched_for_a_page(tmp_path: Path) -> None:
    """A picture of a file that is there takes no room in the PDF: it is the same without it."""
    (tmp_path / "secret.svg").write_text("<svg xmlns='http://www.w3.org/2000/svg'><text>secret</text></svg>")
    with_it = made_of(f"<p>a<img src='{(tmp_path / 'secret.svg').as_uri()}'>")

    assert abs(len(with_it) - len(made_of("<p>a"))) < 200
