"""The file of baselines: what each was asked for, over which candles and with which code, and what came of it.

It is written to be committed: in an order of its own, a line a value, with paths from where it lies.
"""

import os
from pathlib import Path

import msgspec

import tidemark
from tidemark.backtest.baselines.bands import Band, bands_of
from tidemark.backtest.metrics.figure import Figure
from tidemark.backtest.runs.comparison import result_in
from tidemark.backtest.runs.request import DataUsed, Request, Settings, code_of
from tidemark.backtest.runs.result import Result
from tidemark.errors import DECODE_ERRORS, SettingsError, StoreError
from tidemark.store.atomic import write_whole
from tidemark.store.backtest_rows import Run, State

VERSION = 1


class Baseline(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A run as it has to be.

    request: its paths lead from the folder of the file. code, data, instruments, trips: hashes of the strategy, of the
    candles, of what is known of their markets, and of all round trips. made_by: the version of Tidemark.
    """

    request: Request
    parameters: dict[str, str | int | float | bool]
    models: dict[str, str]
    code: str
    data: str
    instruments: str
    trips: str
    figures: dict[str, Band]
    made_by: str


class Baselines(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All baselines of a file, by their names."""

    version: int = VERSION
    baselines: dict[str, Baseline] = {}  # bounded: by the file


def read(file: Path) -> Baselines:
    """What *file* holds. SettingsError where it is not there, or no such file."""
    try:
        found = msgspec.json.decode(file.read_bytes(), type=Baselines)
    except FileNotFoundError:
        raise SettingsError(f"there is no {file}; begin it with: tidemark backtest baseline set RUN") from None
    except OSError as error:
        raise SettingsError(f"{file} cannot be read: {error.strerror}") from error
    except DECODE_ERRORS as error:
        raise SettingsError(f"{file} is no file of baselines: {error}") from error
    if found.version != VERSION:
        raise SettingsError(f"{file} is of version {found.version}, and this Tidemark reads version {VERSION}")
    return found


def write(file: Path, told: Baselines) -> None:
    """Write *told* to *file*, whole or not at all. StoreError where the disk does not take it."""
    text = msgspec.json.format(msgspec.json.encode(told, order="deterministic"), indent=2) + b"\n"
    try:
        write_whole(file, lambda open_file: open_file.write(text))
    except OSError as error:
        raise StoreError(f"{file} cannot be written: {error.strerror}; name another with --file") from error


def baseline_of(run: Run, file: Path, tolerances: dict[str, str]) -> Baseline:
    """What *run* has to be from now on, for *file*.

    SettingsError where it is not over, or its strategy is not what it was: it could not be done again.
    """
    result = result_in(run)
    if run.state is not State.DONE:
        raise SettingsError(f"run {run.id} is {run.state.value}; a baseline has to be a run that was done to its end")
    settings = msgspec.json.decode(run.settings, type=Settings)
    data = msgspec.json.decode(run.data, type=DataUsed)
    path, of = strategy_in(settings.request.strategy)
    if path and code_of(settings.request.strategy).sha256 != settings.code.sha256:
        raise SettingsError(f"{settings.code.file} has changed since {run.id}; run it again, and take that run")
    folder = file.resolve().parent
    request = msgspec.structs.replace(
        settings.request, strategy=f"{_from(path, folder)}{of}" if path else of, data=_from(data.path, folder)
    )
    return Baseline(
        request=request, parameters=settings.parameters, models=settings.models, code=settings.code.sha256,
        data=data.digest, instruments=data.instruments, trips=result.digest,
        figures=bands_of(figures_in(result), tolerances), made_by=tidemark.__version__,
    )  # fmt: skip


def request_from(baseline: Baseline, file: Path) -> Request:
    """What to ask for again, wherever *file* lies now."""
    folder = file.resolve().parent
    path, of = strategy_in(baseline.request.strategy)
    data = baseline.request.data
    # Shuffled markets take as long again as the run, and no band is held against them.
    return msgspec.structs.replace(
        baseline.request,
        strategy=f"{folder / path}{of}" if path else of,
        data=data if "://" in data else str(folder / data),
        shuffles=0,
    )


def figures_in(result: Result) -> dict[str, float | None]:
    """All figures of *result* by their names, None where one is not defined; `trips` says how many there were."""
    found: dict[str, float | None] = {"trips": float(result.trips)}
    for part in (result.curve, result.all):
        for name in part.__struct_fields__:
            value = getattr(part, name)
            if isinstance(value, Figure):
                found[name] = value.value
    return found


def strategy_in(text: str) -> tuple[str, str]:
    """The file of a strategy, and which of it; "" where it lies in no file.

    >>> strategy_in("ideas/cross.py:Fast"), strategy_in("rules")
    (('ideas/cross.py', ':Fast'), ('', 'rules'))
    """
    path, ending, of = text.rpartition(".py")
    return f"{path}{ending}", of


def _from(path: str, folder: Path) -> str:
    return path if "://" in path else Path(os.path.relpath(Path(path).resolve(), folder)).as_posix()
