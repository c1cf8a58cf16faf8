"""The documentation says what the code does: what follows from it is generated, and what it shows is run."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from tests.project import reference
from tests.project.repository import ROOT, text_of

from tidemark.settings.settings import load, schema
from tidemark.store.capture import HEADER
from tidemark.store.framing import HEAD
from tidemark.store.journal import ROW_TYPE

GENERATED = reference.blocks()
PAGES = reference.pages()
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
EXAMPLES = [
    (page, block)
    for page in PAGES
    for block in re.findall(r"<!-- run -->\n```sh\n(.*?)```", text_of(page), flags=re.DOTALL)
]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def fenced(page: Path, language: str) -> list[str]:
    return [body for kind, body in FENCE.findall(text_of(page)) if kind == language]


def commands_in(page: Path) -> list[list[str]]:
    """Every line of a shell block that calls tidemark, as words behind its name."""
    lines = [line for block in fenced(page, "sh") for line in block.splitlines() if "tidemark " in line]
    return [shlex.split(line.partition("tidemark ")[2], comments=True) for line in lines]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_what_follows_from_the_code_is_up_to_date(page: Path) -> None:
    wanted = reference.filled(text_of(page), GENERATED)

    assert text_of(page) == wanted, "run `python -m tests.project.reference`"


def test_every_part_that_follows_from_the_code_stands_on_a_page() -> None:
    shown = [name for page in PAGES for name in reference.marked(text_of(page))]

    assert sorted(shown) == sorted(GENERATED)


def test_a_page_that_differs_is_found() -> None:
    stale = "<!-- begin: settings -->\n\n| setting |\n\n<!-- end -->\n"

    assert (
        reference.filled(stale, GENERATED) == f"<!-- begin: settings -->\n\n{GENERATED['settings']}\n\n<!-- end -->\n"
    )


def test_the_settings_page_is_what_the_command_prints() -> None:
    page = text_of(ROOT / "docs" / "reference" / "settings.md")
    command = [sys.executable, "-m", "tidemark", "config", "--schema"]

    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert printed in page
    assert all(f"| `{row.key}` |" in page for row in schema())


@pytest.mark.parametrize("name", reference.commands())
def test_every_option_of_a_command_is_described(name: str) -> None:
    page = text_of(ROOT / "docs" / "reference" / "cli.md")
    section = page.partition(f"\n## tidemark {name}\n")[2].partition("\n## ")[0]

    written = set(re.findall(r"^\| `(--[a-z-]+|[A-Z]+)", section, flags=re.MULTILINE))

    options = reference.options(reference.commands()[name])
    assert written == {option.opts[0] if option.opts[0].startswith("-") else option.metavar for option in options}


@pytest.mark.parametrize("kind", reference.event_kinds(), ids=lambda kind: kind.__name__)
def test_every_event_is_described(kind: type) -> None:
    assert f"\n### {kind.__name__}\n" in text_of(ROOT / "docs" / "reference" / "events.md")


@pytest.mark.parametrize("kind", reference.error_classes(), ids=lambda kind: kind.__name__)
def test_every_error_stands_in_the_drawn_tree(kind: type) -> None:
    tree = fenced(ROOT / "docs" / "reference" / "errors.md", "text")[0]

    assert re.search(rf"(^|── ){kind.__name__}\b", tree)


@pytest.mark.parametrize(("page", "block"), EXAMPLES, ids=lambda value: named(value) if isinstance(value, Path) else "")
def test_an_example_runs(page: Path, block: str, tmp_path: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("TIDEMARK_", "XDG_"))}
    places = {"HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}

    done = subprocess.run(["sh", "-ec", block], env=kept | places, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{named(page)}: {done.stderr}"
    assert done.stdout


def test_there_are_examples_that_run() -> None:
    assert len(EXAMPLES) >= 4


@pytest.mark.parametrize("page", [*PAGES, ROOT / "README.md"], ids=named)
def test_every_command_that_a_page_shows_exists(page: Path) -> None:
    keys = {row.key for row in schema()}
    for words in commands_in(page):
        known = {flag for param in reference.options(reference.called(words)) for flag in param.opts}
        given = {word.partition("=")[0] for word in words[1:] if word.startswith("--")}
        assert given - known == set(), words
        settings = {words[at + 1].partition("=")[0] for at, word in enumerate(words) if word == "--set"}
        assert settings - keys == set(), words


@pytest.mark.parametrize("number", range(len(fenced(ROOT / "docs" / "reference" / "settings.md", "toml"))))
def test_a_settings_file_that_is_shown_can_be_read(number: int, tmp_path: Path) -> None:
    file = tmp_path / "tidemark.toml"
    file.write_text(fenced(ROOT / "docs" / "reference" / "settings.md", "toml")[number])

    loaded = load(file, {}, {})

    assert loaded.settings.candles.retention.m1 == 2880
    assert loaded.settings.universe.exclude == ("USDCUSDT",)


@pytest.mark.parametrize(
    ("name", "size"),
    [("capture", HEADER.size), ("journal", HEAD.size)],
)
def test_the_head_of_a_record_is_as_long_as_described(name: str, size: int) -> None:
    page = text_of(ROOT / "docs" / "reference" / f"{name}-format.md")
    table = page.partition(f"<!-- check: {name} head -->")[2].strip().partition("\n\n")[0]

    lengths = [int(cell) for cell in re.findall(r"^\| [^|]+ \| (\d+) \|", table, flags=re.MULTILINE)]

    assert sum(lengths) == size
    assert f"head of {size} bytes" in page


def test_a_row_of_the_journal_is_as_long_as_described() -> None:
    assert f"rows of {ROW_TYPE.itemsize} bytes" in text_of(ROOT / "docs" / "reference" / "journal-format.md")


def test_the_limits_of_the_systemd_unit_are_those_of_the_plan() -> None:
    unit = fenced(ROOT / "docs" / "howto" / "run-for-months.md", "ini")[0]
    command = [sys.executable, "-m", "tidemark", "plan", "--budget", "256MB", "--json"]

    plan = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)

    assert [line for line in unit.splitlines() if line.startswith("Memory")] == plan["systemd"]


def test_it_builds_without_a_warning_and_without_foreign_assets(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--strict", "--site-dir", str(tmp_path)]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    foreign = re.compile(r"""<(?:script|img|iframe)[^>]+src=["']?(?:https?:)?//|<link[^>]+href=["']?(?:https?:)?//""")
    assert [page.name for page in tmp_path.rglob("*.html") if foreign.search(text_of(page))] == []
    imported = re.compile(r"""url\(\s*["']?(?:https?:)?//|@import""")
    assert [sheet.name for sheet in tmp_path.rglob("*.css") if imported.search(text_of(sheet))] == []
