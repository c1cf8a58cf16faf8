"""The lock: names, versions and hashes; no address, so that it holds for every mirror."""

import re
import tomllib
from pathlib import Path

import pytest
from tests.project.repository import ROOT, text_of

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PINNED = re.compile(r"[a-z0-9._-]+(\[[a-z0-9,_-]+\])?==\d[\w.!+-]*( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
COMMENT = re.compile(r" *#.*")


def test_there_is_a_lock_for_each_use() -> None:
    assert [path.name for path in LOCKS] == ["dev.txt", "peers.txt", "runtime.txt"]


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.name)
def test_a_lock_holds_names_versions_and_hashes_alone(lock: Path) -> None:
    others = [
        line
        for line in text_of(lock).splitlines()
        if not (PINNED.fullmatch(line) or HASH.fullmatch(line) or COMMENT.fullmatch(line))
    ]

    assert others == []
    assert "://" not in text_of(lock)


@pytest.mark.parametrize("lock", ["dev.txt", "runtime.txt"])
def test_every_dependency_is_pinned(lock: str) -> None:
    declared = tomllib.loads(text_of(ROOT / "pyproject.toml"))["project"]["dependencies"]

    assert {name_of(entry) for entry in declared} - pinned(ROOT / "requirements" / lock) == set()


def test_every_peer_of_the_benchmarks_is_pinned() -> None:
    declared = text_of(ROOT / "requirements" / "peers.in").splitlines()
    peers = {name_of(line) for line in declared if line and not line.startswith("#")}

    assert peers
    assert peers - pinned(ROOT / "requirements" / "peers.txt") == set()


def pinned(lock: Path) -> set[str]:
    return {line.partition("==")[0].partition("[")[0] for line in text_of(lock).splitlines() if "==" in line}


def name_of(entry: str) -> str:
    return re.split(r"[<>=!;\[ ]", entry)[0].lower().replace("_", "-")


def test_an_index_line_would_be_found() -> None:
    line = "--index-url " + "https" + "://example.invalid/simple"

    assert [pattern for pattern in (PINNED, HASH, COMMENT) if pattern.fullmatch(line)] == []
