"""What belongs to the project holds everywhere, not on one machine."""

import re
import subprocess
import tempfile
from pathlib import Path

import pytest
from tests.project.repository import ROOT, tracked

# Somebody's home folder, written out.
HOMES = re.compile(r"(?<![\w.~-])/(?:home|Users)/[a-z]\w*|(?<![\w.~-])/root/[.\w]")


def local_paths(text: str, checkout: Path) -> list[str]:
    """The paths in *text* that exist on one machine only."""
    patterns = [HOMES]
    # A checkout in the folder of temporary files may be called as an example is.
    if not checkout.is_relative_to(tempfile.gettempdir()):
        patterns.append(re.compile(rf"(?<![\w.~-]){re.escape(str(checkout))}(?![\w-])"))
    return [match[0] for pattern in patterns for match in pattern.finditer(text)]


def test_no_tracked_file_holds_a_path_of_this_machine() -> None:
    found = {}
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if paths := local_paths(text, ROOT):
            found[str(path.relative_to(ROOT))] = paths

    assert found == {}


def test_every_tracked_text_is_utf8() -> None:
    assert len(tracked()) > 100
    for path in tracked():
        if path.suffix in {".py", ".md", ".toml", ".txt", ".yml"}:
            path.read_text(encoding="utf-8")


def written(*parts: str) -> str:
    """A path that this file does not hold."""
    return "/".join(["", *parts])


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"see {written('home', 'ada', 'notes')}", [written("home", "ada")]),
        (f"cd {written('root', '.cache')}", [written("root", ".")]),
        (f"open {written('srv', 'checkout', 'src')}", ["/srv/checkout"]),
        ("https://example.com/home/page", []),
        ("the folder src/root/x, and ~/.local/share", []),
    ],
)
def test_a_path_of_one_machine_is_found(text: str, expected: list[str]) -> None:
    assert local_paths(text, Path("/srv/checkout")) == expected


def test_the_checks_of_a_change_can_be_started() -> None:
    script = ROOT / ".ci" / "run"

    done = subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False)

    assert script.stat().st_mode & 0o111 == 0o111
    assert done.returncode == 0
