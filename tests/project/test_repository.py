"""What belongs to the project holds everywhere, not on one machine."""

import re
from pathlib import Path

import pytest
from tests.project.repository import ROOT, tracked

# Somebody's home folder, written out.
HOMES = re.compile(r"(?<![\w.~-])/(?:home|Users)/[a-z]\w*|(?<![\w.~-])/root/[.\w]")


def local_paths(text: str, checkout: Path) -> list[str]:
    """The paths in *text* that exist on one machine only."""
    here = re.compile(rf"(?<![\w.~-]){re.escape(str(checkout))}(?![\w-])")
    return [match[0] for pattern in (HOMES, here) for match in pattern.finditer(text)]


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
