"""The first page keeps its promises: short, with a first command at once, and every name in it exists."""

import re

from tests.project.repository import ROOT, text_of

README = text_of(ROOT / "README.md")
TARGETS = set(re.findall(r"^([a-z]+):.*##", text_of(ROOT / "Makefile"), flags=re.MULTILINE))


def test_the_first_command_stands_by_line_30() -> None:
    lines = README.splitlines()
    inside = next(number for number, line in enumerate(lines, 1) if line.startswith("```"))

    assert inside < 30
    assert re.match(r"(\$ )?(make|tidemark|git) ", lines[inside])


def test_it_is_shorter_than_150_lines() -> None:
    assert len(README.splitlines()) < 150


def test_every_make_target_that_it_names_exists() -> None:
    named = set(re.findall(r"`make ([a-z]+)", README)) | set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE))

    assert {"demo", "test"} <= named
    assert named - TARGETS == set()


def test_every_file_that_it_links_to_exists() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]

    assert len(links) > 5
    assert [link for link in links if not (ROOT / link).exists()] == []
