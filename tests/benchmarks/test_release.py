"""Which commit is the base: by hand, by tag, by the changelog, or the one before."""

import subprocess
from pathlib import Path

import pytest
from benchmarks.check.__main__ import main
from benchmarks.check.release import NoBaseError, base_of, tree_of

SETUP = "from setuptools import setup\nsetup()\n"


class Repository:
    """A repository of a few commits."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.git("init", "--quiet", "--initial-branch=main")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=x", "-c", "user.email=x@localhost", "-c", "commit.gpgsign=false"]
        command = ["git", *who, "-C", str(self.folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    def commit(self, **files: str) -> str:
        for name, text in files.items():
            (self.folder / name.replace("_", ".")).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "x")
        return self.git("rev-parse", "HEAD")


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def test_before_the_first_release_it_is_the_commit_before(repository: Repository) -> None:
    first = repository.commit(CHANGELOG_md="## [0.1.0] - Unreleased\n")
    repository.commit(a="2")

    base = base_of(repository.folder)

    assert base.commit == first
    assert "no release yet" in base.why


def test_changes_that_are_not_committed_are_held_against_the_last_commit(repository: Repository) -> None:
    repository.commit(a="1")
    second = repository.commit(a="2")
    (repository.folder / "a").write_text("3")

    assert base_of(repository.folder).commit == second


def test_the_newest_tag_behind_is_the_release(repository: Repository) -> None:
    repository.commit(a="1")
    repository.git("tag", "v0.1.0")
    second = repository.commit(a="2")
    repository.git("tag", "v0.2.0")
    repository.git("tag", "other")
    repository.commit(a="3")
    repository.commit(a="4")

    base = base_of(repository.folder)

    assert base.commit == second
    assert "v0.2.0" in base.why


def test_a_release_is_held_against_the_one_before_it(repository: Repository) -> None:
    first = repository.commit(a="1")
    repository.git("tag", "v0.1.0")
    repository.commit(a="2")
    repository.git("tag", "v0.2.0")

    assert base_of(repository.folder).commit == first


def test_without_tags_the_changelog_says_which_commit_was_released(repository: Repository) -> None:
    repository.commit(CHANGELOG_md="## [0.1.0] - Unreleased\n")
    released = repository.commit(CHANGELOG_md="## [0.1.0] - 2026-10-01\n")
    repository.commit(CHANGELOG_md="## [0.2.0] - Unreleased\n\n## [0.1.0] - 2026-10-01\n")
    repository.commit(a="2")

    base = base_of(repository.folder)

    assert base.commit == released
    assert "0.1.0" in base.why


def test_a_commit_can_be_named(repository: Repository) -> None:
    first = repository.commit(a="1")
    repository.commit(a="2")
    repository.commit(a="3")

    assert base_of(repository.folder, "HEAD~2").commit == first
    with pytest.raises(NoBaseError, match="no commit nosuch"):
        base_of(repository.folder, "nosuch")


def test_without_history_it_says_what_to_do(repository: Repository, tmp_path: Path) -> None:
    repository.commit(a="1")

    with pytest.raises(NoBaseError, match="fetch --unshallow"):
        base_of(repository.folder)
    with pytest.raises(NoBaseError, match="git"):
        base_of(tmp_path.parent / "nowhere")


def test_its_tree_is_unpacked_and_built_once_and_the_one_before_removed(repository: Repository) -> None:
    repository.commit(setup_py=SETUP, a="1")
    repository.commit(a="2")
    repository.commit(a="3")
    older = tree_of(repository.folder, base_of(repository.folder, "HEAD~2"))

    tree = tree_of(repository.folder, base_of(repository.folder))
    (tree / "mine").touch()

    assert (tree / "a").read_text() == "2"
    assert not older.exists()
    assert tree_of(repository.folder, base_of(repository.folder)) == tree
    assert (tree / "mine").exists()
    assert repository.git("worktree", "list").count("\n") == 0


@pytest.mark.parametrize("is_same", [True, False])
def test_kernels_that_are_the_same_are_not_built_again(repository: Repository, is_same: bool) -> None:
    kernels = repository.folder / "src" / "tidemark" / "kernels"
    kernels.mkdir(parents=True)
    (kernels / "candles.py").write_text("LIMIT = 1\n")
    repository.commit(setup_py=SETUP, _gitignore="*.so\nbuild/\n")
    (kernels / "candles.so").write_bytes(b"compiled")
    if not is_same:
        (kernels / "candles.py").write_text("LIMIT = 2\n")
    repository.commit(a="2")

    tree = tree_of(repository.folder, base_of(repository.folder))

    assert (tree / "src" / "tidemark" / "kernels" / "candles.so").exists() is is_same


def test_a_tree_that_cannot_be_built_is_told(repository: Repository) -> None:
    repository.commit(setup_py="raise SystemExit('no compiler of ours')\n")
    repository.commit(setup_py=SETUP)

    with pytest.raises(NoBaseError, match="no compiler of ours"):
        tree_of(repository.folder, base_of(repository.folder))


def test_nothing_to_compare_with_is_no_success(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["dedup", "--base", "nosuch"]) == 3
    assert "no commit nosuch" in capsys.readouterr().err


def test_help_shows_examples_and_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--help"])

    said = capsys.readouterr().out
    assert "Examples:" in said
    assert "Exit codes" in said
    assert "fast_path" in said
