"""One version, told in one way."""

import re
from importlib.metadata import version

from tests.project.repository import ROOT, text_of

import tidemark


def test_the_newest_version_of_the_changelog_is_the_packages() -> None:
    versions = re.findall(r"^## \[(\d+\.\d+\.\d+)\]", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)

    assert versions[0] == tidemark.__version__ == version("tidemark")


def test_the_versions_of_the_changelog_fall() -> None:
    versions = re.findall(r"^## \[(\d+)\.(\d+)\.(\d+)\]", text_of(ROOT / "CHANGELOG.md"), flags=re.MULTILINE)
    numbers = [tuple(int(part) for part in one) for one in versions]

    assert numbers == sorted(set(numbers), reverse=True)
