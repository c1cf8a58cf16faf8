"""The other side: which commit is the last release, its tree below `build/`, and its kernels built there.

The rule: BASE where it is given; else the newest tag `v*` behind this commit; else the commit that brought the newest
dated heading into CHANGELOG.md (a clone may lack the tags); else, before the first release, the commit before this one.
A tree with changes that are not committed counts as the commit after HEAD.
"""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import msgspec

_KERNELS = Path("src") / "tidemark" / "kernels"
_TREES = Path("build") / "bench-check"
_RELEASED = re.compile(r"^## \[\d+\.\d+\.\d+\] - \d{4}-\d{2}-\d{2}$", re.MULTILINE)


class NoBaseError(Exception):
    """There is no commit to compare with, or its tree cannot be had; says why, and what to do."""


class Base(msgspec.Struct, frozen=True, kw_only=True):
    """A commit, and in words why this one."""

    commit: str
    why: str


def base_of(root: Path, wanted: str = "") -> Base:
    """The commit that *root* is held against: *wanted*, or by the rule. Raises NoBaseError."""
    if wanted:
        return Base(commit=_commit(root, wanted), why=f"BASE={wanted}")
    start = "HEAD" if _git(root, "status", "--porcelain", "--untracked-files=no") else "HEAD^"
    try:
        before = _commit(root, start)
    except NoBaseError as error:
        raise NoBaseError(f"{error}; without history: git fetch --unshallow, or BASE=") from error
    tag = _try(root, "describe", "--tags", "--abbrev=0", "--match", "v[0-9]*", before)
    if tag:
        return Base(commit=_commit(root, tag), why=f"the newest release before this, {tag}")
    heading = _RELEASED.search(_try(root, "show", f"{before}:CHANGELOG.md") or "")
    if heading is not None:
        found = _git(root, "log", "--format=%H", "-S", heading[0], before, "--", "CHANGELOG.md").split()
        if found:
            return Base(commit=found[-1], why=f"the release that CHANGELOG.md calls {heading[0][3:]}")
    return Base(commit=before, why="the commit before this, as there is no release yet")


def tree_of(root: Path, base: Base) -> Path:
    """The tree of *base* with its kernels built, below `build/`; other trees there are removed. Raises NoBaseError.

    It is an export, and no work tree: nothing is left in the repository when `build/` is removed.
    """
    folder = root / _TREES
    tree = folder / base.commit[:16]
    mark = tree / ".built"
    if mark.is_file():
        return tree
    shutil.rmtree(folder, ignore_errors=True)
    tree.mkdir(parents=True)
    with tempfile.TemporaryFile() as packed:
        command = ["git", "-c", "safe.directory=*", "-C", str(root), "archive", "--format=tar", base.commit]
        if subprocess.run(command, stdout=packed, check=False).returncode:
            raise NoBaseError(f"the tree of {base.commit[:12]} cannot be unpacked")
        packed.seek(0)
        with tarfile.open(fileobj=packed) as archive:
            archive.extractall(tree, filter="data")
    if _kernels(tree) == _kernels(root):
        for built in (root / _KERNELS).glob("*.so"):
            shutil.copy2(built, tree / _KERNELS)
    else:
        _build(tree, base)
    mark.touch()
    return tree


def _kernels(tree: Path) -> dict[str, bytes]:
    """All that compiled kernels are made from, by name. Where it is the same, so is what comes out of it."""
    sources = [*(tree / _KERNELS).glob("*.py"), *(tree / _KERNELS).glob("*.pxd"), tree / "setup.py"]
    return {path.name: path.read_bytes() for path in sources if path.is_file()}


def _build(tree: Path, base: Base) -> None:
    command = [sys.executable, "setup.py", "--quiet", "build_ext", "--inplace", "--parallel", str(os.cpu_count())]
    built = subprocess.run(command, cwd=tree, capture_output=True, text=True, check=False)
    if built.returncode:
        said = " ".join(built.stderr.split())[-400:]
        raise NoBaseError(f"the kernels of {base.commit[:12]} cannot be built with what is installed here: {said}")


def _commit(root: Path, name: str) -> str:
    found = _try(root, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
    if not found:
        raise NoBaseError(f"there is no commit {name} here")
    return found


def _git(root: Path, *arguments: str) -> str:
    command = ["git", "-c", "safe.directory=*", "-C", str(root), *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise NoBaseError("there is no git on this machine") from error
    except subprocess.CalledProcessError as error:
        raise NoBaseError(f"git {arguments[0]} failed: {' '.join(error.stderr.split())[:300]}") from error
    return done.stdout.strip()


def _try(root: Path, *arguments: str) -> str:
    """What git says; empty when it says no."""
    try:
        return _git(root, *arguments)
    except NoBaseError:
        return ""
