"""From the names that clients give to files: nothing outside of the folders that the settings say is ever touched."""

from collections.abc import Iterator
from pathlib import Path

from tidemark.backtest.rules.asked import is_rules
from tidemark.errors import DataError, SettingsError
from tidemark.store.archive_layout import DAILY, YEARLY
from tidemark.store.backtest_job import BacktestJob

# The data set that every monitor has: what it has seen itself.
ARCHIVE = "archive"
_SUFFIX = ".py"
_MOST_WORDS = 300


def strategy_at(job: BacktestJob, name: str) -> str:
    """Where the strategy of that name is, as `loading.load` takes it; SettingsError where there is none.

    name: a file of the folder, with `:Class` where it has several; or `rules:NAME,...`, which stays as it is.
    """
    if is_rules(name):
        return name
    file, colon, kind = name.partition(":")
    folder = Path(job.strategies)
    path = _inside(folder, file)
    if path is None or path.suffix != _SUFFIX or not path.is_file():
        raise SettingsError(f"there is no strategy {file!r} in {folder}; put its file there")
    return f"{path}{colon}{kind}"


def is_ours(job: BacktestJob, where: str) -> bool:
    """Whether a strategy that was run before is one that may be run here."""
    path = Path(where.partition(f"{_SUFFIX}:")[0] + _SUFFIX if f"{_SUFFIX}:" in where else where)
    return is_rules(where) or _inside(Path(job.strategies), path.name) == path


def data_at(job: BacktestJob, name: str) -> Path:
    """Where the data set of that name is; DataError where there is none."""
    if name == ARCHIVE:
        return Path(job.archive)
    folder = Path(job.data)
    path = _inside(folder, name)
    if path is None or not path.exists():
        raise DataError(f"there is no data set {name!r} in {folder}; `{ARCHIVE}` is what was seen here")
    return path


def strategy_files(job: BacktestJob) -> list[Path]:
    """The files that may have strategies, by name."""
    return [path for path in _entries(Path(job.strategies)) if path.suffix == _SUFFIX and path.is_file()]


def data_sets(job: BacktestJob) -> list[tuple[str, Path]]:
    """The data sets that there may be: that of the archive, where it has candles, and those of the folder, by name."""
    archive = Path(job.archive)
    own = [(ARCHIVE, archive)] if any((archive / kind).is_dir() for kind in (DAILY, YEARLY)) else []
    return [*own, *((path.name, path) for path in _entries(Path(job.data)) if path.name != ARCHIVE)]


def in_one_line(error: BaseException, path: Path | None) -> str:
    """What went wrong, with the name of *path* in the place of where it lies."""
    words = str(error) if path is None else str(error).replace(str(path), path.name)
    return " ".join(words.split())[:_MOST_WORDS]


def _inside(folder: Path, name: str) -> Path | None:
    """The entry of *folder* with that name, wherever it is linked to within it; None where that leads out of it."""
    if not name or name.startswith(".") or "/" in name or "\x00" in name:
        return None
    root = folder.resolve()
    path = (root / name).resolve()
    return path if path.parent == root else None


def _entries(folder: Path) -> Iterator[Path]:
    try:
        names = sorted(entry.name for entry in folder.iterdir())
    except OSError:
        return
    for name in names:
        path = _inside(folder, name)
        if path is not None:
            yield path
