"""The first page keeps its promises: short, with a first command at once, and every name in it exists."""

import re

from tests.project.repository import ROOT, SOURCE, text_of

README = text_of(ROOT / "README.md")
TARGETS = set(re.findall(r"^([a-z-]+):.*##", text_of(ROOT / "Makefile"), flags=re.MULTILINE))


def test_the_first_command_stands_by_line_30() -> None:
    lines = README.splitlines()
    inside = next(number for number, line in enumerate(lines, 1) if line.startswith("```"))

    assert inside < 30
    assert re.match(r"(\$ )?(make|tidemark|git) ", lines[inside])


def test_it_is_shorter_than_150_lines() -> None:
    assert len(README.splitlines()) < 150


def test_every_make_target_that_it_names_exists() -> None:
    named = set(re.findall(r"`make ([a-z-]+)", README)) | set(re.findall(r"^make ([a-z-]+)", README, re.MULTILINE))

    assert {"demo", "test"} <= named
    assert named - TARGETS == set()


def test_every_file_that_it_links_to_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]

    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_map_is_one_page_and_shows_every_package_and_module_of_the_top() -> None:
    page = text_of(ROOT / "ARCHITECTURE.md")
    parts = [
        f"{path.name}/" if path.is_dir() else path.name
        for path in SOURCE.iterdir()
        if not path.name.startswith("__") and (path.suffix == ".py" or (path / "__init__.py").is_file())
    ]

    assert len(page.splitlines()) < 150
    assert [part for part in parts if part not in page] == []


def test_the_documentation_describes_every_package() -> None:
    page = text_of(ROOT / "docs" / "concepts" / "architecture.md")
    packages = [path.parent.name for path in SOURCE.glob("*/__init__.py")]

    assert [name for name in packages if f"`{name}`" not in page] == []
